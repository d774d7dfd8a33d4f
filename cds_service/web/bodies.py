"""JSON in and out over HTTP; every error of every route as one OperationOutcome."""

import logging
from collections.abc import Mapping

import msgspec
from flask import Flask, Request, Response, current_app
from werkzeug.exceptions import ClientDisconnected, HTTPException, InternalServerError

from cds_service.deadline import OutOfTime
from cds_service.errors import (
    BadRequest,
    CdsServiceError,
    MethodNotSupported,
    NotAuthenticated,
    NotFound,
    TooLarge,
    TooManyRequests,
    UnsupportedMediaType,
    trail_of,
)
from cds_service.web.request_log import note

TOO_LARGE = "The body is larger than this site allows (CDS_MAX_BODY_BYTES)."
NOT_WHOLE = "The body did not arrive whole; send it again."
_ENCODER = msgspec.json.Encoder()
_LOG = logging.getLogger(__name__)
_BY_STATUS: dict[int, CdsServiceError] = {
    404: NotFound("There is no such address; GET /cds-services lists the services."),
    405: MethodNotSupported("This address does not take that method."),
    413: TooLarge(TOO_LARGE),
    415: UnsupportedMediaType("Send the body as application/json."),
}
OUR_FAULT = "A fault of this service. No advice was given; nothing in the request needs to be corrected."


def json_response(content: object, *, status: int = 200, media_type: str = "application/json") -> Response:
    """The content as JSON; msgspec.Raw in it is written as it is."""
    return Response(_ENCODER.encode(content), status=status, content_type=media_type)


def json_body(request: Request) -> bytes:
    """The body of a request, at most the site's limit of it.

    Raises UnsupportedMediaType unless it is said to be JSON, and when compressed. CAUTION: a page of any
    origin may have a browser post a body of no media type, without asking first.
    Raises TooLarge, also for a body whose length was not announced.
    Raises BadRequest when less came than was announced, or when its chunks cannot be read.
    """
    media_type = request.mimetype
    is_json = media_type == "application/json" or _has_json_suffix(media_type)
    if not is_json:
        raise UnsupportedMediaType("Send the body as application/json.")
    if request.content_encoding not in (None, "", "identity"):
        raise UnsupportedMediaType("Send the body uncompressed, without Content-Encoding.")
    return _at_most(request, current_app.config["MAX_CONTENT_LENGTH"])


def _at_most(request: Request, limit: int) -> bytes:
    announced = request.content_length or 0
    if announced > limit:
        raise TooLarge(TOO_LARGE)
    body = _received(request, limit)
    if len(body) > limit:
        raise TooLarge(TOO_LARGE)
    if len(body) < announced:
        raise BadRequest(NOT_WHOLE)
    return body


def _received(request: Request, limit: int) -> bytes:
    """The body, or one byte more than the limit of it.

    CAUTION: werkzeug reads in parts of 64 KiB and copies them twice. A server that ends the stream where the
    body ends has it whole in memory, and is asked for all of it at once.
    CAUTION: a server that cannot read a body raises an OSError, which werkzeug may turn into its own.
    """
    try:
        if request.environ.get("wsgi.input_terminated"):
            body: bytes = request.environ["wsgi.input"].read(limit + 1)
            return body
        return request.get_data(cache=False)
    except (ClientDisconnected, OSError):
        raise BadRequest(NOT_WHOLE) from None


def _has_json_suffix(media_type: str) -> bool:
    return media_type.startswith("application/") and media_type.endswith("+json")


def as_json(resource: Mapping[str, object]) -> Response:
    """A FHIR resource as JSON."""
    return json_response(resource, media_type="application/fhir+json")


def register_problems(app: Flask) -> None:
    """Answer every error of every route with an OperationOutcome.

    CAUTION: Flask's own logger would write the address and the text of an error, which quote the request.
    """
    app.logger.disabled = True
    app.register_error_handler(CdsServiceError, problem)
    app.register_error_handler(HTTPException, http_problem)
    app.register_error_handler(Exception, _fault)


def problem(error: CdsServiceError) -> Response:
    """The OperationOutcome of an error, with its status."""
    note(code=error.issue_code)
    if isinstance(error, OutOfTime):
        note(reason="deadline")
    response = json_response(outcome_of(error), status=error.status)
    if isinstance(error, NotAuthenticated):
        response.headers["WWW-Authenticate"] = "Bearer"
    elif isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.seconds)
    return response


def outcome_of(error: CdsServiceError) -> dict[str, object]:
    """The OperationOutcome of an error."""
    issue: dict[str, object] = {
        "severity": "error" if error.status < 500 else "fatal",
        "code": error.issue_code,
        "diagnostics": error.message,
    }
    if error.expression:
        issue["expression"] = [error.expression]
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def fault_from(error: BaseException) -> CdsServiceError:
    """What a fault of ours is answered with, after it was logged.

    CAUTION: neither the answer nor the log may hold the error's text, which can quote the request.
    """
    _LOG.error("fault %s", trail_of(error))
    return CdsServiceError(OUR_FAULT)


def http_problem(error: HTTPException) -> Response:
    """The OperationOutcome of what the routing refuses, with its status."""
    if isinstance(error, InternalServerError) and error.original_exception:
        return _fault(error.original_exception)
    status = error.code or 500
    known = _BY_STATUS.get(status)
    if known is None:
        known = BadRequest("The request is not understood.") if status < 500 else CdsServiceError(OUR_FAULT)
    response = problem(known)
    if status == 405 and (allowed := error.get_headers()):
        response.headers.extend((name, value) for name, value in allowed if name == "Allow")
    return response


def _fault(error: BaseException) -> Response:
    return problem(fault_from(error))
