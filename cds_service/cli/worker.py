"""The gunicorn worker: answers what it cannot read as the routes answer, and quotes none of it."""

import logging
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final, Protocol, cast

import msgspec
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, NoMoreData, ParseException
from gunicorn.http.message import Request
from gunicorn.workers.gthread import TConn, ThreadWorker

from cds_service.cli.logs import withhold_words_of
from cds_service.errors import BadRequest, CdsServiceError
from cds_service.web.errors import fault_from, outcome_of

_LOG = logging.getLogger(__name__)


class _AddressTooLong(BadRequest):
    status = 414
    issue_code = "too-long"


class _HeadersTooLong(BadRequest):
    status = 431
    issue_code = "too-long"


_NOT_HTTP: Final = BadRequest("The request is not well-formed HTTP.")


_REFUSALS: Final[dict[type[BaseException], CdsServiceError]] = {
    LimitRequestLine: _AddressTooLong("The address is longer than this service reads."),
    LimitRequestHeaders: _HeadersTooLong("The headers are longer or more than this service reads."),
}


class Worker(ThreadWorker):
    """Gunicorn's worker with threads; its application must know the `settings` of the service."""

    def init_process(self) -> None:
        """Begin to answer; from here on gunicorn's own messages may quote a request."""
        withhold_words_of("gunicorn.error")
        super().init_process()

    def handle_request(self, req: Request, conn: TConn) -> bool:
        """Answer a request whose head was read."""
        if req.body is not None:
            req.body.reader = cast(Any, _Arriving(req.body.reader, req))
        return super().handle_request(req, conn)

    def handle_error(self, req: Request | None, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer what never reached the routes, in their shape; the connection is closed afterwards.

        Without a request its head could not be read, which is the client's; anything else is ours.
        """
        is_of_client = req is None and isinstance(exc, ParseException)
        error = _REFUSALS.get(type(exc), _NOT_HTTP) if is_of_client else fault_from(exc)
        _LOG.info("refused status=%d code=%s", error.status, error.issue_code)
        settings = cast(Any, self.app).settings
        with suppress(OSError):
            client.sendall(refusal(error, origins=settings.cors_origins))


class _Reader(Protocol):
    def read(self, size: int) -> bytes: ...


class _Arriving:
    """Reads one body; when that fails, nothing more is read from its connection.

    CAUTION: behind a body that cannot be read to its end, nobody knows where the next request begins.
    What gunicorn raises quotes the body; NoMoreData is the one error that neither logs nor answers.
    """

    def __init__(self, reader: _Reader, request: Request) -> None:
        self._reader = reader
        self._request = request
        self._is_broken = False

    def read(self, size: int) -> bytes:
        """At most `size` bytes; raises NoMoreData, an OSError, when the body cannot be read."""
        data = None if self._is_broken else self._part(size)
        if data is None:
            self._is_broken = True
            self._request.force_close()
            raise NoMoreData
        return data

    def _part(self, size: int) -> bytes | None:
        """What came, or None; a reader of a length that was announced ends early without an error."""
        announced: int = getattr(self._reader, "length", 0)
        try:
            data = self._reader.read(size)
        except (ParseException, OSError):
            return None
        return data if len(data) >= min(size, announced) else None


def refusal(error: CdsServiceError, *, origins: tuple[str, ...]) -> bytes:
    """A whole HTTP answer, after which the connection ends.

    Where several origins are allowed none is named: the one that asks stands in a head nobody could read.
    """
    body = msgspec.json.encode(outcome_of(error))
    lines = [
        f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}",
        "Connection: close",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"Access-Control-Allow-Origin: {origin}" for origin in origins if len(origins) == 1),
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body
