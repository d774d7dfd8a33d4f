"""The fixtures as clients with a FHIR server send them, and whether two answers give the same advice."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.cards.texts import KIND
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.load import load_knowledge
from cds_service.knowledge.model import Knowledge
from cds_service.setting_values import SHIPPED_KNOWLEDGE
from cds_service.settings import settings_from
from tests.scenarios.assemble import request_for
from tests.scenarios.catalog import scenarios
from tests.scenarios.chart import Json
from tests.scenarios.clients import ratings_in
from tests.scenarios.replies import posted

Queried = Callable[[str], dict[str, Json]]

KEYS: Final = (
    "patient", "conditions", "bleeding", "vitals", "vital-signs", "labs", "pregnancy",
    "procedures", "allergies", "medications", "administrations", "imaging", "encounter",
)  # fmt: skip
MAX_BODY_BYTES: Final = 1024 * 1024  # bounds what is read of an answer too
_SCENARIOS: Final = {scenario.name: scenario for scenario in scenarios()}
NAMES: Final = tuple(f"{hook}/{name}" for name, scenario in _SCENARIOS.items() for hook in scenario.hooks)
_ONE_OF_EACH: Final = {s.patient: f"{s.hooks[0]}/{s.name}" for s in reversed(_SCENARIOS.values())}

every_request = pytest.mark.parametrize("name", NAMES)
# For what concerns the data alone, whatever is ordered.
every_patient = pytest.mark.parametrize("name", list(_ONE_OF_EACH.values())[::-1])


def client_with(folder: Path, *, deadline_ms: int) -> FlaskClient:
    """A client of a development service that waits so long for a FHIR server."""
    environment = {
        "CDS_DATABASE_URL": f"sqlite:///{folder}/{deadline_ms}.db",
        "CDS_FHIR_DEADLINE_MS": str(deadline_ms),
        "CDS_MAX_BODY_BYTES": str(MAX_BODY_BYTES),
    }
    return create_app(settings_from(environment)).test_client()


@cache
def _knowledge() -> Knowledge:
    return load_knowledge(SHIPPED_KNOWLEDGE)


def body_of(name: str) -> Json:
    """The request of a scenario, with everything in its prefetch that the chart holds."""
    hook, _, scenario = name.partition("/")
    return request_for(replace(_SCENARIOS[scenario], not_sent=frozenset()), hook, _knowledge())


def patient_of(body: Json) -> str:
    patient_id: str = body["context"]["patientId"]
    return patient_id


def sending(body: Json, prefetch: Mapping[str, Any], **members: Any) -> Json:
    """The body with this prefetch, and with more members (fhirServer)."""
    return {**body, "prefetch": dict(prefetch), **members}


def milder_in(answer: Json, whole: Json) -> list[str]:
    """What an answer from less data says that the one from all data does not leave open.

    Less data may leave more variants plausible and an order without a rating; any other variant, any
    other rating and an order that is passed over is a fault.
    """
    ratings, topics = ratings_in(whole), {*topics_of(whole), "undetermined"}
    faults = [
        f"{order}: {codes}" for order, codes in ratings_in(answer).items() if codes != ratings.get(order)
    ]
    faults += [f"topic {topic}" for topic in topics_of(answer) if topic not in topics]
    if len(answer["cards"]) < max(len(ratings), bool(whole["cards"])):
        faults.append("an order without a card")
    return faults


def topics_of(answer: Json) -> Iterator[str]:
    return (card["source"]["topic"]["code"] for card in answer["cards"])


def refusal_is_due(body: Json) -> bool:
    """Whether nothing can be said of this request without conditions (BEHAVIOUR 1.5)."""
    if body["hook"] == "patient-view":
        return True
    drafts = [entry["resource"] for entry in body["context"]["draftOrders"]["entry"]]
    studies = [draft for draft in drafts if draft["resourceType"] == "ServiceRequest"]
    return bool(studies) and not any("reasonCode" in study for study in studies)


def honest_answer(client: FlaskClient, body: Json) -> Json:
    """The answer; where it is refused, as BEHAVIOUR 1.5 allows, one without cards."""
    reply = posted(client, body)
    if reply.status_code == 412 and refusal_is_due(body):
        outcome = json.loads(reply.text)
        assert [issue["code"] for issue in outcome["issue"]] == ["incomplete"]
        return {}
    assert reply.status_code == 200, reply.text
    answer: Json = json.loads(reply.text)
    return answer


_WHAT_IS_MISSING: Final = (
    *("Not available: ", "Read in part: ", "Could not be read: "),
    *("Never charted: ", "Not assessed: "),
)


def missing_in(answer: Json) -> str:
    """The lines of the cards that say what is missing; "cautions" stands for the kinds they rest on."""
    parts = [part for card in answer["cards"] for part in card.get("detail", "").split("\n\n")]
    lines = "\n".join(part for part in parts if part.startswith(_WHAT_IS_MISSING))
    kinds = ", ".join(KIND[kind] for kind in (Kind.LABS, Kind.ALLERGIES, Kind.MEDICATIONS, Kind.IMAGING))
    return re.sub(r"(?<=Not assessed: )(other )?cautions", kinds, lines)
