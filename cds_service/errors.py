"""The errors of the service, each with the HTTP status and the FHIR issue code that answer it."""

from collections.abc import Sequence
from typing import ClassVar


class CdsServiceError(Exception):
    """Any error that the service raises on purpose; by itself, a fault of the service.

    `message` says what was expected, what came and what to do, and holds no patient data.
    `expression` is the place in the request, as in `context.draftOrders.entry[0]`; empty where there is none.
    """

    status: ClassVar[int] = 500
    issue_code: ClassVar[str] = "exception"

    def __init__(self, message: str, *, expression: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.expression = expression


class BadRequest(CdsServiceError):
    """The body is not JSON, not an object, or has the wrong shape; or the request is no well-formed HTTP."""

    status = 400
    issue_code = "structure"


class RequiredMissing(BadRequest):
    """A member that the answer depends on is absent."""

    issue_code = "required"


class BadValue(BadRequest):
    """A member is there and has a value that cannot be meant."""

    issue_code = "value"


class NotAuthenticated(CdsServiceError):
    """The request carries no token that proves a trusted client."""

    status = 401
    issue_code = "login"


class Forbidden(CdsServiceError):
    """A trusted client asks for what it may not use."""

    status = 403
    issue_code = "forbidden"


class NotFound(CdsServiceError):
    """There is no such service or page."""

    status = 404
    issue_code = "not-found"


class MethodNotSupported(CdsServiceError):
    """The address exists, the method does not apply to it."""

    status = 405
    issue_code = "not-supported"


class TooSlow(CdsServiceError):
    """The request did not come whole in time."""

    status = 408
    issue_code = "timeout"


class MissingData(CdsServiceError):
    """Data that no advice can do without were neither sent nor obtainable."""

    status = 412
    issue_code = "incomplete"


class TooLarge(CdsServiceError):
    """The body is larger than the site allows."""

    status = 413
    issue_code = "too-long"


class UnsupportedMediaType(CdsServiceError):
    """The media type of the body is not JSON."""

    status = 415
    issue_code = "not-supported"


class TooManyRequests(CdsServiceError):
    """One client, or one address, sends more than the site allows; `seconds` until the next may come."""

    status = 429
    issue_code = "throttled"

    def __init__(self, message: str, *, seconds: int = 1) -> None:
        super().__init__(message)
        self.seconds = seconds


class HeadTooLong(CdsServiceError):
    """The address and the headers are longer than the service reads."""

    status = 431
    issue_code = "too-long"


class Unavailable(CdsServiceError):
    """Something the service needs, such as its database or room for a large body, is not there for now."""

    status = 503
    issue_code = "transient"


class StartupError(CdsServiceError):
    """The service cannot start; holds every fault found, and its message lists them all."""

    subject: ClassVar[str] = "The start"

    def __init__(self, faults: Sequence[str], *, subject: str = "") -> None:
        self.faults = tuple(faults)
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        super().__init__(
            "\n".join([f"{subject or self.subject}: {count}", *(f"- {fault}" for fault in self.faults)])
        )


class SettingsError(StartupError):
    """The environment holds settings that the service cannot run with."""

    subject = "Settings"


class KnowledgeError(StartupError):
    """The knowledge data contradict themselves or cannot be read."""

    subject = "Knowledge"


def trail_of(error: BaseException) -> str:
    """The kind of an error and the places in the code that it passed, innermost last.

    CAUTION: all that may be told of an unexpected error. Its text can quote the chart.
    """
    places = []
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        places.append(f"{code.co_qualname}:{traceback.tb_lineno}")
        traceback = traceback.tb_next
    return f"{type(error).__name__} at {' > '.join(places[-6:])}"
