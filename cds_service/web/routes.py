"""The CDS Hooks routes: discovery, the services, feedback on their cards, and which browsers may call."""

import time
from typing import Final

from flask import Blueprint, Flask, Response, request

from cds_service.cds_hooks.catalog import discovery, service_with
from cds_service.cds_hooks.feedback import feedback_from_json
from cds_service.cds_hooks.parse import hook_request_from
from cds_service.cds_hooks.response import ServiceResponse
from cds_service.errors import NotFound
from cds_service.evaluate import Advisor, Evaluation, evaluate
from cds_service.web.bodies import json_body, json_response, problem
from cds_service.web.recording import Called, Recording
from cds_service.web.request_log import note, uuid_or_none

_METHODS: Final = "GET, POST, OPTIONS"
_HEADERS: Final = "Authorization, Content-Type"
_SECONDS: Final = "600"
_ASKED_PRIVATE: Final = "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK"
EVERY_ORIGIN: Final = "*"


def services(advisor: Advisor, recording: Recording) -> Blueprint:
    """The routes under /cds-services."""
    routes = Blueprint("services", __name__, url_prefix="/cds-services")

    @routes.get("", strict_slashes=False)
    def discover() -> Response:
        """The discovery document."""
        return json_response(discovery(advisor.knowledge))

    @routes.post("/<service_id>", strict_slashes=False)
    def call(service_id: str) -> Response:
        """Evaluate one hook request; which of the services is called does not matter.

        In silent mode the answer is empty; what was judged is recorded all the same. Of a service that the
        site switched off for now a critical alert leaves, and nothing else.
        """
        _require_service(service_id)
        began = time.perf_counter()
        asked = hook_request_from(json_body(request))
        keys = recording.keys_of(asked)
        if asked.access is not None:
            keys.client.require_fhir_server(asked.access.server)
        mode, evaluation = recording.shown(evaluate(asked, advisor), keys, service_id)
        _note_what_came_of_it(evaluation)
        if mode == "silent":
            note(mode=mode)
        recording.keep(evaluation, keys, Called(service_id, mode, began))
        return json_response(evaluation.response if mode == "live" else ServiceResponse())

    @routes.post("/<service_id>/feedback", strict_slashes=False)
    def take_feedback(service_id: str) -> Response:
        """Keep the well-formed items; a bad one is answered with a 400 that names it."""
        _require_service(service_id)
        batch = feedback_from_json(json_body(request))
        recording.keep_feedback(service_id, batch, at=advisor.now())
        note(kept=len(batch.items), refused=batch.refused)
        return problem(batch.refusal()) if batch.refused else json_response({})

    return routes


def _require_service(service_id: str) -> None:
    if service_with(service_id) is None:
        raise NotFound("There is no such service; GET /cds-services lists them.")


def _note_what_came_of_it(evaluation: Evaluation) -> None:
    trace, gathered = evaluation.trace, evaluation.trace.gathered
    note(
        instance=uuid_or_none(trace.hook_instance) or "-",
        judged=len(trace.judged),
        resources=sum(map(len, gathered.resources.values())) if gathered else 0,
        cards=len(evaluation.response.cards),
        topic=trace.decision.classification.topic if trace.decision else "-",
    )


def allow_browsers(app: Flask, origins: tuple[str, ...], *, is_development: bool) -> None:
    """Let browser clients of these origins call; `*` is every one.

    Some browsers ask before a public page may reach a private or loopback address (Private Network Access):
    a page of a listed origin may, and in development every page that may call at all. Another one gets no
    answer to that: the specification knows `true` alone.
    """

    @app.after_request
    def with_cors(response: Response) -> Response:
        headers, origin = response.headers, request.environ.get("HTTP_ORIGIN", "")
        if EVERY_ORIGIN in origins:
            headers["Access-Control-Allow-Origin"] = EVERY_ORIGIN
        elif origin in origins:
            headers["Access-Control-Allow-Origin"] = origin
        if origins and EVERY_ORIGIN not in origins:
            headers.add("Vary", "Origin")
        is_preflight = request.method == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in request.environ
        if is_preflight and "Access-Control-Allow-Origin" in headers:
            headers["Access-Control-Allow-Methods"] = _METHODS
            headers["Access-Control-Allow-Headers"] = _HEADERS
            headers["Access-Control-Max-Age"] = _SECONDS
            is_near = request.environ.get(_ASKED_PRIVATE, "").strip().lower() == "true"
            if is_near and (is_development or origin in origins):
                headers["Access-Control-Allow-Private-Network"] = "true"
        return response
