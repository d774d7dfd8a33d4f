"""Errors as OperationOutcome: one shape for every route, whatever went wrong."""

import logging

from flask import Flask, Response
from werkzeug.exceptions import HTTPException, InternalServerError

from cds_service.errors import (
    BadRequest,
    CdsServiceError,
    Fault,
    MethodNotSupported,
    NotFound,
    TooLarge,
    UnsupportedMediaType,
    trail_of,
)
from cds_service.web.bodies import TOO_LARGE, json_response

_LOG = logging.getLogger(__name__)


_BY_STATUS: dict[int, CdsServiceError] = {
    404: NotFound("There is no such address; GET /cds-services lists the services."),
    405: MethodNotSupported("This address does not take that method."),
    413: TooLarge(TOO_LARGE),
    415: UnsupportedMediaType("Send the body as application/json."),
}


def register_problems(app: Flask) -> None:
    """Answer every error of every route with an OperationOutcome.

    CAUTION: Flask's own logger would write the address and the text of an error, which quote the request.
    """
    app.logger.disabled = True
    app.register_error_handler(CdsServiceError, problem)
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(Exception, _fault)


def problem(error: CdsServiceError) -> Response:
    """The OperationOutcome of an error, with its status."""
    _LOG.info("problem status=%d code=%s", error.status, error.issue_code)
    return json_response(outcome_of(error), status=error.status)


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


def fault_from(error: BaseException) -> Fault:
    """What a fault of ours is answered with, after it was logged.

    CAUTION: neither the answer nor the log may hold the error's text, which can quote the request.
    """
    _LOG.error("fault %s", trail_of(error))
    return Fault(_OUR_FAULT)


def _http_problem(error: HTTPException) -> Response:
    if isinstance(error, InternalServerError) and error.original_exception:
        return _fault(error.original_exception)
    status = error.code or 500
    known = _BY_STATUS.get(status)
    if known is None:
        known = BadRequest("The request is not understood.") if status < 500 else Fault(_OUR_FAULT)
    response = problem(known)
    if status == 405 and (allowed := error.get_headers()):
        response.headers.extend((name, value) for name, value in allowed if name == "Allow")
    return response


def _fault(error: BaseException) -> Response:
    return problem(fault_from(error))


_OUR_FAULT = "A fault of this service. No advice was given; the request was not the cause to be mended."
