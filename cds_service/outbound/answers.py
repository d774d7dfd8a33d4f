"""What one query to a FHIR server gave, and the reasons for which it can give less than was asked."""

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class ServerPolicy:
    """What a site allows.

    `allowed` are base URLs; what lies beneath their path is allowed too. `loopback_allowed`: any server on
    this machine may be called; otherwise none, even if it is listed. `deadline_seconds` is for all queries
    of one request together; `max_pages` and `max_bytes` (unpacked, all pages together) are for each query.
    """

    allowed: tuple[str, ...]
    loopback_allowed: bool
    deadline_seconds: float
    max_pages: int
    max_bytes: int


class Failure(StrEnum):
    """Why a query, or the rest of its pages, gave nothing; names no address, token or patient."""

    NOT_ALLOWED = "not-allowed"
    """The server, the query or a `next` link is outside what may be called; nothing was sent there."""

    DEADLINE = "deadline"
    """There was no whole answer in time."""

    UNREACHABLE = "unreachable"
    """No connection, no trusted certificate, or the connection broke before the answer was whole."""

    REFUSED = "refused"
    """The server asks for another token (401, 403), or the token cannot stand in a header."""

    NOT_FOUND = "not-found"
    """The server has no such resource or type (404, 410)."""

    NOT_ACCEPTED = "not-accepted"
    """The server does not accept the query (any other 4xx)."""

    SERVER_ERROR = "server-error"
    """The server failed or has too much to do (5xx, 408, 425, 429)."""

    REDIRECTED = "redirected"
    """The server names another address (3xx), which is never followed."""

    NOT_FHIR = "not-fhir"
    """HTML, XML, cut-off JSON, or JSON that is no FHIR resource."""

    TOO_LARGE = "too-large"
    """The answer is larger than the site allows."""

    TOO_MANY_PAGES = "too-many-pages"
    """The answer has more pages than the site allows."""

    ENDLESS = "endless"
    """A `next` link leads back to a page that was read already."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The answer to one query: the pages that came whole, as raw JSON in order.

    Without a failure every page came; with one, those that came before it are there.
    """

    pages: tuple[bytes, ...] = field(default=(), repr=False)
    failure: Failure | None = None


class CallFailed(Exception):
    """One call gave no page.

    CAUTION: carries the reason only. What lies beneath it may quote the address (with the patient's id)
    or the header (with the token), so it is raised `from None` and never logged.
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.value)
        self.failure = failure
