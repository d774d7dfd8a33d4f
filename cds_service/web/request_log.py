"""One line for each request: its id, who sent it where, what came of it, and how long it took."""

import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from http import HTTPMethod
from typing import Any, Final
from uuid import UUID

import msgspec
from flask import Flask, request

from cds_service.cds_hooks.catalog import service_with
from cds_service.outbound.client import Answer, FhirReader
from cds_service.random_uuids import new_uuid
from cds_service.telemetry.counted import count_request
from cds_service.telemetry.meter import Meter
from cds_service.telemetry.tracing import NoTracing

REQUEST_ID: Final = "X-Request-ID"
_METHODS: Final = frozenset(HTTPMethod)
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LOG = logging.getLogger(__name__)
_NOTED: ContextVar[dict[str, object] | None] = ContextVar("noted", default=None)


class RequestLine(msgspec.Struct, frozen=True):
    """What the log has of one request.

    CAUTION: ids, counts, times and words of ours, never what a client wrote.
    """

    noted: Mapping[str, object]

    def __str__(self) -> str:
        return "request " + " ".join(f"{name}={value}" for name, value in self.noted.items())


def note(**noted: object) -> None:
    """Add to the line of the request at hand; nothing where there is none.

    CAUTION: what this service made, what the site set up, and UUIDs. All else may be of a patient.
    """
    line = _NOTED.get()
    if line is not None:
        line.update(noted)


def noted(name: str, default: object) -> object:
    """What was noted by that name in the line of the request at hand; the default where nothing was."""
    return (_NOTED.get() or {}).get(name, default)


def id_of_request() -> str:
    """The id of the request at hand; empty where there is none."""
    return str((_NOTED.get() or {}).get("id", ""))


def uuid_or_none(text: str) -> str | None:
    """A UUID that came, in our own spelling; what is none could hold anything, and is not logged."""
    if _UUID.fullmatch(text):
        return text
    try:
        return str(UUID(text))
    except ValueError:
        return None


def log_requests(app: Flask, meter: Meter, tracing: NoTracing) -> None:
    """Write one line for each request of an application, count it, and give its answer the id.

    Around all else, so that it is written whatever fails within. Who calls may send the id, if it is a UUID.
    """
    within = app.wsgi_app

    def logged(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        began = time.perf_counter()
        request_id = uuid_or_none(environ.get("HTTP_X_REQUEST_ID", "")) or new_uuid()
        method = environ.get("REQUEST_METHOD", "")
        noted: dict[str, object] = {"id": request_id, "method": method if method in _METHODS else "other"}

        def answered(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            noted["status"] = int(status[:3])
            return start_response(status, [*headers, (REQUEST_ID, request_id)], *error)

        token = _NOTED.set(noted)
        try:
            with tracing.request(environ, noted):
                return within(environ, answered)
        finally:
            seconds = time.perf_counter() - began
            write_line({**noted, "ms": round(seconds * 1000, 1)})
            count_request(meter, noted, seconds=seconds)
            _NOTED.reset(token)

    app.wsgi_app = logged  # type: ignore[method-assign] # what Flask's documentation says to do
    app.before_request(_note_route)


def write_line(noted: Mapping[str, object]) -> None:
    """Write the line of one request."""
    _LOG.info(RequestLine(noted))


class NotedReader(FhirReader):
    """Another reader of FHIR servers, whose queries and time are noted."""

    def __init__(self, reader: FhirReader) -> None:
        self._reader = reader

    def read(self, server: str, token: str, queries: Mapping[str, str]) -> Mapping[str, Answer]:
        """The answers of the other reader."""
        began = time.perf_counter()
        answers = self._reader.read(server, token, queries)
        failed = sum(answer.failure is not None for answer in answers.values())
        note(queries=len(answers), failed=failed, fhir_ms=_ms_since(began))
        return answers


def _note_route() -> None:
    if request.url_rule is not None:
        note(route=request.url_rule.rule)
        service = service_with((request.view_args or {}).get("service_id", ""))
        if service is not None:
            note(service=service.id)


def _ms_since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 1)
