"""What each route takes and answers with, beside what the route itself and its errors say of it."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from cds_service.cards.code_systems import OVERRIDE_MAP, code_system_names
from cds_service.cds_hooks.catalog import SERVICES
from cds_service.errors import BadRequest, CdsServiceError, MissingData, Unavailable
from cds_service.web.criteria import VARIANTS
from cds_service.web.insights import ASKED, COMPARED
from cds_service.web.openapi.protocol import Schema, any_of, named
from cds_service.web.patient import LANGUAGES

JSON, FHIR_JSON, HTML = "application/json", "application/fhir+json", "text/html"
_TEXT: Final[Schema] = {"type": "string"}
_BYTES: Final[Schema] = {}


class Operation(msgspec.Struct, frozen=True):
    """What a route answers with 200, by media type; what it takes; and what else can go wrong there.

    `query` are the parameters that may follow the address.
    """

    answers: Mapping[str, Schema]
    takes: Schema | None = None
    errors: tuple[type[CdsServiceError], ...] = ()
    query: tuple[str, ...] = ()


_PAGE: Final = Operation({HTML: _TEXT})
_FIGURES: Final = (*ASKED, *COMPARED)
_BAD_QUESTION: Final = (BadRequest, Unavailable)

OPERATIONS: Final[Mapping[str, Operation]] = {
    "/": _PAGE,
    "/CodeSystem/<code_system_id>": Operation({FHIR_JSON: named("CodeSystem")}),
    "/ConceptMap/<concept_map_id>": Operation({FHIR_JSON: named("ConceptMap")}),
    "/criteria": _PAGE,
    "/criteria/<variant>": _PAGE,
    "/rules": _PAGE,
    "/health/live": Operation({JSON: named("Live")}),
    "/health/ready": Operation({JSON: named("Ready")}, errors=(Unavailable,)),
    "/openapi.json": Operation({JSON: {"type": "object", "description": "This document."}}),
    "/patient": _PAGE,
    "/patient/<language>": _PAGE,
    "/static/<digest>/<path:name>": Operation(
        {"text/css": _BYTES, "text/javascript": _BYTES, "image/svg+xml": _BYTES}
    ),
    "/workbench/evaluate": Operation(
        {JSON: named("WorkbenchAnswer")}, named("WorkbenchQuestion"), (MissingData, Unavailable)
    ),
    "/workbench/feedback": Operation({JSON: named("Nothing")}, named("Feedback")),
    "/status": Operation({JSON: named("Status")}),
    "/insights": Operation({HTML: _TEXT}, errors=_BAD_QUESTION, query=_FIGURES),
    "/insights/style.css": Operation({"text/css": _TEXT}),
    "/insights/<sheet_id>.csv": Operation({"text/csv": _TEXT}, errors=_BAD_QUESTION, query=_FIGURES),
    "/cds-services": Operation({JSON: named("Discovery")}),
    "/cds-services/<service_id>": Operation(
        {JSON: named("ServiceResponse")}, named("HookRequest"), (MissingData, Unavailable)
    ),
    "/cds-services/<service_id>/feedback": Operation(
        {JSON: named("Nothing")}, named("Feedback"), (Unavailable,)
    ),
}
"""Every route by its rule, as in `ROUTES`; a test asks for the line of a new one."""

PARAMETERS: Final[Mapping[str, dict[str, Any]]] = {
    "service_id": {
        "description": "The id of a service, as discovery lists it.",
        "schema": any_of([service.id for service in SERVICES]),
    },
    "code_system_id": {
        "description": "The end of the system's URL.",
        "schema": any_of(list(code_system_names())),
    },
    "concept_map_id": {"description": "The end of the map's URL.", "schema": {"const": OVERRIDE_MAP}},
    "variant": {"description": "A variant of hemoptysis.", "schema": any_of([v.value for v in VARIANTS])},
    "language": {"description": "The language of the page.", "schema": any_of(list(LANGUAGES))},
    "digest": {"description": "What the files come to, as the pages have it.", "schema": _TEXT},
    "name": {"description": "The path of the file, slashes in it as they are.", "schema": _TEXT},
    "sheet_id": {"description": "The id of a figure of the report.", "schema": _TEXT},
}
"""Each variable part of an address."""
