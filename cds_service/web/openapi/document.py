"""The OpenAPI document, made of the routes that there are, who may use them, and the errors."""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from flask import Flask
from werkzeug.routing import Rule

from cds_service.errors import (
    BadRequest,
    CdsServiceError,
    Forbidden,
    HeadTooLong,
    NotAuthenticated,
    NotFound,
    TooLarge,
    TooManyRequests,
    TooSlow,
    Unavailable,
    UnsupportedMediaType,
)
from cds_service.settings import Settings
from cds_service.web.access import ROUTES, Access
from cds_service.web.openapi.operations import HTML, JSON, OPERATIONS, PARAMETERS, Operation
from cds_service.web.openapi.protocol import Schema, named
from cds_service.web.openapi.schemas import every_error, every_schema

VERSION: Final = "3.1.0"
_METHODS: Final = ("GET", "POST")
_ABOUT: Final = (
    "A CDS Hooks service that rates chest imaging orders for patients who cough up blood, by the ACR "
    "Appropriateness Criteria. Decision support for health professionals; not a medical device, and no "
    "substitute for clinical judgment.\n\n"
    "A slash at the end of an address is accepted. OPTIONS is open everywhere, HEAD wherever GET is. "
    "A method that an address does not take is a 405 with `Allow`. A page, a file of one or this "
    "document is a 304 where `If-None-Match` names what it is. Every error is a FHIR OperationOutcome."
    "\n\n"
    "What is no well-formed HTTP, comes too slowly, or is longer than is read reaches no address: 400, 408, "
    "413 or 431, and 503 where too many large bodies come at once. The connection ends then. Under another "
    "server than `cds-service serve` that server refuses in a shape of its own."
)
_REQUEST_ID: Final[Schema] = {
    "description": "The id of the request in the log: the UUID that came as this header, or a new one.",
    "schema": {"type": "string", "format": "uuid"},
}
_HEADERS_OF: Final[Mapping[type[CdsServiceError], Mapping[str, Schema]]] = {
    NotAuthenticated: {
        "WWW-Authenticate": {"description": "What is asked for.", "schema": {"const": "Bearer"}}
    },
    TooManyRequests: {
        "Retry-After": {
            "description": "Seconds to wait.",
            "schema": {"type": "string", "pattern": "^[0-9]+$"},
        }
    },
}
_BEFORE_ANY_ROUTE: Final = (BadRequest, TooSlow, HeadTooLong)
"""What the server itself refuses, whatever address is called."""

_TAGS: Final[Mapping[str, str]] = {
    "services": "CDS Hooks: discovery, the services, feedback",
    "pages": "The first page, and the code systems that cards and ratings name",
    "criteria": "The criteria and rules, for clinicians",
    "patient": "For patients",
    "health": "Whether the process lives and is ready",
    "management": "For those who run the service, at the management's address",
    "insights": "The report on the record, at the management's address",
    "workbench": "What the workbench asks",
    "static": "Files of the pages",
    "openapi": "This document",
}


def document_of(apps: Iterable[Flask], settings: Settings, version: str) -> dict[str, Any]:
    """Every route of the applications, as they are set up."""
    paths: dict[str, Any] = {}
    for app in apps:
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
            about = app.view_functions[rule.endpoint]
            paths.setdefault(_path_of(rule), {}).update(_operations(rule, about, settings))
    return {
        "openapi": VERSION,
        "info": {
            "title": "Hemoptysis imaging: a CDS Hooks service",
            "version": version,
            "summary": "Rates chest imaging orders for patients who cough up blood.",
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": settings.public_url}],
        "tags": [{"name": name, "description": about} for name, about in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": every_schema(),
            "responses": {error.__name__: _refusal(error) for error in _answering()},
            "headers": {"X-Request-ID": _REQUEST_ID},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "A token that the client signs for the URL it calls, as CDS Hooks says.",
                }
            },
        },
    }


def _path_of(rule: Rule) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)


def _operations(
    rule: Rule, view: Callable[..., Any], settings: Settings
) -> Iterator[tuple[str, dict[str, Any]]]:
    operation = OPERATIONS.get(rule.rule, Operation({}))
    summary, _, description = (inspect.getdoc(view) or "").partition("\n\n")
    for method in _METHODS:
        if method not in (rule.methods or ()):
            continue
        told: dict[str, Any] = {
            "operationId": rule.endpoint,
            "tags": [rule.endpoint.partition(".")[0]],
            "summary": " ".join(summary.split()),
            **({"description": " ".join(description.split())} if description else {}),
            "parameters": [*_of_path(rule), *_of_query(operation)],
            "security": _security(rule, settings),
            "responses": _responses(rule, method, operation),
        }
        if operation.takes is not None:
            told["requestBody"] = {"required": True, "content": {JSON: {"schema": operation.takes}}}
        if ROUTES.get(rule.rule) is Access.MANAGEMENT and settings.management_bind:
            told["servers"] = [_MANAGEMENT]
        yield method.lower(), told


# CAUTION: where it is set up to listen is told to nobody here; the route is open.
_MANAGEMENT: Final = {
    "url": "http://{management}",
    "description": "The address of the management (CDS_MANAGEMENT_BIND), which the site alone reaches.",
    "variables": {"management": {"default": "127.0.0.1:8001"}},
}


def _of_path(rule: Rule) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"<(?:\w+:)?(\w+)>", rule.rule):
        yield {"name": name, "in": "path", "required": True, **PARAMETERS.get(name, {"schema": {}})}


def _of_query(operation: Operation) -> Iterator[dict[str, Any]]:
    for name in operation.query:
        yield {
            "name": name,
            "in": "query",
            "description": "A filter of the report, as its form has it.",
            "schema": {"type": "string"},
        }


def _security(rule: Rule, settings: Settings) -> list[dict[str, list[str]]]:
    """A token, none, or where the site names no client either."""
    if ROUTES.get(rule.rule, Access.TOKEN) is not Access.TOKEN:
        return []
    return [{"token": []}] if settings.trusted_clients is not None else [{}, {"token": []}]


def _responses(rule: Rule, method: str, operation: Operation) -> dict[str, Any]:
    content = {media_type: {"schema": schema} for media_type, schema in operation.answers.items()}
    well = {"description": "What was asked for.", "headers": _headers(), "content": content}
    errors = {error.status: error.__name__ for error in _errors_of(rule, method, operation)}
    refusals = {
        str(status): {"$ref": f"#/components/responses/{errors[status]}"} for status in sorted(errors)
    }
    return {"200": well, **refusals}


def _errors_of(rule: Rule, method: str, operation: Operation) -> Iterator[type[CdsServiceError]]:
    yield from (CdsServiceError, TooManyRequests, *_BEFORE_ANY_ROUTE, *operation.errors)
    if ROUTES.get(rule.rule, Access.TOKEN) is Access.TOKEN:
        yield from (NotAuthenticated, Unavailable)
        if rule.arguments:
            yield Forbidden
    if rule.arguments:
        yield NotFound
    if method == "POST":
        yield from (TooLarge, UnsupportedMediaType, Unavailable)


def _answering() -> list[type[CdsServiceError]]:
    """The errors that a request can be answered with, one for each status."""
    return [CdsServiceError, *(error for error in CdsServiceError.__subclasses__() if error.status != 500)]


def _refusal(error: type[CdsServiceError]) -> dict[str, Any]:
    """An error as an answer: what it and the kinds under it say of themselves."""
    kinds = [kind for kind in every_error(error) if kind.status == error.status]
    told = [" ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split()) for kind in kinds[: _told(error)]]
    content = {JSON: {"schema": named("OperationOutcome")}}
    if error is NotFound:
        content[HTML] = {"schema": {"type": "string", "description": "A page, for who names HTML first."}}
    headers = {**_headers(), **_HEADERS_OF.get(error, {})}
    return {"description": " ".join(told), "headers": headers, "content": content}


def _told(error: type[CdsServiceError]) -> int | None:
    """Of a fault of ours only what it is; all other kinds stand under it."""
    return 1 if error is CdsServiceError else None


def _headers() -> dict[str, Any]:
    return {"X-Request-ID": {"$ref": "#/components/headers/X-Request-ID"}}
