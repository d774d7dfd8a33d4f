"""The address of the OpenAPI document."""

from collections.abc import Sequence
from functools import cache

import msgspec
from flask import Blueprint, Flask, Response, request

from cds_service.settings import Settings
from cds_service.web.bodies import json_response
from cds_service.web.openapi.document import document_of


def openapi(apps: Sequence[Flask], settings: Settings, version: str) -> Blueprint:
    """The route of the document, made when it is first asked for: the applications are whole by then."""
    routes = Blueprint("openapi", __name__)

    @cache
    def made() -> bytes:
        return msgspec.json.encode(document_of(apps, settings, version))

    @routes.get("/openapi.json", strict_slashes=False)
    def document() -> Response:
        """Every route of this service, as an OpenAPI 3.1 document."""
        answer = json_response(msgspec.Raw(made()))
        answer.headers["Cache-Control"] = "no-cache"
        answer.add_etag()
        answer.make_conditional(request)
        return answer

    return routes
