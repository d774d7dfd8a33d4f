"""The workbench: its page, and the two addresses that the page posts to; nothing that comes is kept."""

import json
from datetime import date
from functools import cache
from typing import Final

from flask import Blueprint, Response, render_template, request

from cds_service import examples
from cds_service.cards.site import Site
from cds_service.cds_hooks.catalog import discovery
from cds_service.cds_hooks.feedback import feedback_from_json
from cds_service.cds_hooks.request import JUDGE_AT_KEY, Hook
from cds_service.evaluate import Advisor
from cds_service.knowledge.model import Knowledge, Procedure, TopicStatus
from cds_service.web.bodies import json_body, json_response, problem
from cds_service.web.request_log import note
from cds_service.web.workbench.answer import answer_to
from cds_service.web.workbench.asked import AS_IN_THE_EXAMPLE, REASONS, ask_from
from cds_service.web.workbench.controls import SLIDERS, SWITCHES
from cds_service.web.workbench.explanation import Part

_GROUPS: Final[dict[TopicStatus, str]] = {
    "rated": "Rated by the topic",
    "contrast-unspecified": "Not said how",
    "not-in-topic": "Not in the topic",
}
_NEVER_KEPT: Final = {"Cache-Control": "no-store"}


def workbench(advisor: Advisor) -> Blueprint:
    """The routes under /workbench."""
    routes = Blueprint("workbench", __name__, url_prefix="/workbench")

    @routes.post("/evaluate", strict_slashes=False)
    def ask() -> Response:
        """The answer of the service and all that led to it; not recorded."""
        return json_response(answer_to(ask_from(json_body(request), advisor.knowledge), advisor))

    @routes.post("/feedback", strict_slashes=False)
    def check_feedback() -> Response:
        """Feedback as the service takes it, checked and not kept."""
        batch = feedback_from_json(json_body(request))
        note(right=len(batch.items), refused=batch.refused)
        return problem(batch.refusal()) if batch.refused else json_response({})

    @routes.after_request
    def never_kept(response: Response) -> Response:
        response.headers.update(_NEVER_KEPT)
        return response

    return routes


def workbench_page(site: Site) -> str:
    """The page with everything that can be chosen."""
    return render_template(
        "workbench/page.html",
        patients=_patients(),
        hooks=list(Hook),
        groups=_studies_by_group(site.knowledge),
        own=AS_IN_THE_EXAMPLE,
        reasons=REASONS,
        sliders=SLIDERS,
        switches=SWITCHES,
        services=discovery(site.knowledge)["services"],
        public_url=site.settings.public_url,
    )


def _studies_by_group(knowledge: Knowledge) -> dict[str, list[Procedure]]:
    return {
        name: [p for p in knowledge.procedures.values() if p.topic_status == status]
        for status, name in _GROUPS.items()
    }


@cache
def _patients() -> tuple[Part, ...]:
    return tuple(_patient(name) for name in examples.names())


def _patient(name: str) -> Part:
    """An example as the list shows it: its name, who it is, what it shows."""
    body = json.loads(examples.text(name))
    patient = body["prefetch"]["patient"]
    born = date.fromisoformat(patient["birthDate"])
    at = date.fromisoformat(body["extension"][JUDGE_AT_KEY][:10])
    age = at.year - born.year - ((at.month, at.day) < (born.month, born.day))
    told = {"age": age, "about": examples.about(name), "hook": body["hook"]}
    return {"example": name, "person": patient, **told}
