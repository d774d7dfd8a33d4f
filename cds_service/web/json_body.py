"""JSON in and out over HTTP: media types, bodies, responses."""

from collections.abc import Mapping

import msgspec
from flask import Request, Response

from cds_service.errors import UnsupportedMediaType

_ENCODER = msgspec.json.Encoder()


def json_response(content: object, *, status: int = 200, media_type: str = "application/json") -> Response:
    """The content as JSON; msgspec.Raw in it is written as it is."""
    return Response(_ENCODER.encode(content), status=status, content_type=media_type)


def json_body(request: Request) -> bytes:
    """The body of a request, at most the site's limit of it.

    Raises UnsupportedMediaType unless it is said to be JSON, or nothing is said; and when compressed.
    """
    media_type = request.mimetype
    is_json = media_type in ("", "application/json") or _has_json_suffix(media_type)
    if not is_json:
        raise UnsupportedMediaType("Send the body as application/json.")
    if request.content_encoding not in (None, "", "identity"):
        raise UnsupportedMediaType("Send the body uncompressed, without Content-Encoding.")
    return request.get_data(cache=False)


def _has_json_suffix(media_type: str) -> bool:
    return media_type.startswith("application/") and media_type.endswith("+json")


def as_json(resource: Mapping[str, object], *, status: int = 200) -> Response:
    """A FHIR resource as JSON."""
    return json_response(resource, status=status, media_type="application/fhir+json")
