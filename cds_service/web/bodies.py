"""JSON in and out over HTTP: media types, bodies, responses."""

from collections.abc import Mapping

import msgspec
from flask import Request, Response, current_app
from werkzeug.exceptions import ClientDisconnected

from cds_service.errors import BadRequest, TooLarge, UnsupportedMediaType

TOO_LARGE = "The body is larger than this site allows (CDS_MAX_BODY_BYTES)."


NOT_WHOLE = "The body did not arrive whole; send it again."


_ENCODER = msgspec.json.Encoder()


def json_response(content: object, *, status: int = 200, media_type: str = "application/json") -> Response:
    """The content as JSON; msgspec.Raw in it is written as it is."""
    return Response(_ENCODER.encode(content), status=status, content_type=media_type)


def json_body(request: Request) -> bytes:
    """The body of a request, at most the site's limit of it.

    Raises UnsupportedMediaType unless it is said to be JSON, or nothing is said; and when compressed.
    Raises TooLarge, also for a body whose length was not announced.
    Raises BadRequest when less came than was announced, or when its chunks cannot be read.
    """
    media_type = request.mimetype
    is_json = media_type in ("", "application/json") or _has_json_suffix(media_type)
    if not is_json:
        raise UnsupportedMediaType("Send the body as application/json.")
    if request.content_encoding not in (None, "", "identity"):
        raise UnsupportedMediaType("Send the body uncompressed, without Content-Encoding.")
    return _at_most(request, current_app.config["MAX_CONTENT_LENGTH"])


def _at_most(request: Request, limit: int) -> bytes:
    """CAUTION: where no length is announced, werkzeug stops at its limit in silence: ask for one more."""
    if request.content_length is None:
        request.max_content_length = limit + 1
    body = _received(request)
    if len(body) > limit:
        raise TooLarge(TOO_LARGE)
    if len(body) < (request.content_length or 0):
        raise BadRequest(NOT_WHOLE)
    return body


def _received(request: Request) -> bytes:
    """CAUTION: a server that cannot read a body raises an OSError, which werkzeug may turn into its own."""
    try:
        return request.get_data(cache=False)
    except (ClientDisconnected, OSError):
        raise BadRequest(NOT_WHOLE) from None


def _has_json_suffix(media_type: str) -> bool:
    return media_type.startswith("application/") and media_type.endswith("+json")


def as_json(resource: Mapping[str, object], *, status: int = 200) -> Response:
    """A FHIR resource as JSON."""
    return json_response(resource, status=status, media_type="application/fhir+json")
