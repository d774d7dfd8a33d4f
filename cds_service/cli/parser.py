"""One request as waitress parses it, made strict, and what is answered to one that is refused."""

import logging
from http import HTTPStatus
from typing import Any, Final, cast

import msgspec
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask
from waitress.utilities import Error

from cds_service.errors import BadRequest, CdsServiceError, TooLarge, Unavailable
from cds_service.web.bodies import NOT_WHOLE, OUR_FAULT, TOO_LARGE, outcome_of

MOST_BYTES_OF_FRAMING: Final = 262_144
"""Of the sizes, ends and trailers of chunks, which cost more to read than what they frame."""

_CHUNKS_READ_AT_ONCE: Final = 4096
_LOG = logging.getLogger(__name__)


class _TooSlow(BadRequest):
    status = 408
    issue_code = "timeout"


class _HeadersTooLong(BadRequest):
    status = 431
    issue_code = "too-long"


_NOT_HTTP: Final = BadRequest("The request is not well-formed HTTP.")
_NOT_WHOLE: Final = BadRequest(NOT_WHOLE)
_REFUSALS: Final[dict[int, CdsServiceError]] = {
    408: _TooSlow("The request did not come in time; send it again."),
    413: TooLarge(TOO_LARGE),
    431: _HeadersTooLong("The address and the headers are longer than this service reads."),
    500: CdsServiceError(OUR_FAULT),
    503: Unavailable("Too many large requests are coming in at once; send it again."),
}


def error_with(code: int) -> Error:
    """Waitress's error for a status."""
    error = Error("")
    error.code = code
    return error


class RequestParser(HTTPRequestParser):
    """Waitress's parser of one request, which refuses what two readers could read in two ways."""

    def received(self, data: bytes) -> int:
        """Read some bytes; how many of them belong to this request.

        CAUTION: waitress copies all that is left for every chunk: it is given little at a time.
        """
        if self.body_rcv is None or not self.chunked:
            return super().received(data)
        consumed = super().received(data[:_CHUNKS_READ_AT_ONCE])
        if self.body_bytes_received - len(self.body_rcv) > MOST_BYTES_OF_FRAMING:
            self.error, self.completed = error_with(400), True
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Read a head; raises ParsingError for one that is refused."""
        super().parse_header(header_plus)
        if self._is_ambiguous(header_plus):
            self.body_rcv = None
            raise ParsingError("ambiguous")

    def _is_ambiguous(self, head: bytes) -> bool:
        headers = self.headers
        is_folded = b"\r\n " in head or b"\r\n\t" in head
        host = headers.get("HOST", "," if self.version == "1.1" else "")
        has_two_lengths = "TRANSFER_ENCODING" in headers or (self.chunked and "CONTENT_LENGTH" in headers)
        expects_other = headers.get("EXPECT", "100-continue").lower() != "100-continue"
        is_version_known = self.version in ("1.0", "1.1")
        return is_folded or "," in host or has_two_lengths or expects_other or not is_version_known


class Refusal(ErrorTask):
    """Answers what never reached the routes as they answer, quotes none of it, and ends the connection."""

    def execute(self) -> None:
        """Write the answer."""
        origins = cast(Any, self.channel).server.origins_of_refusals
        error = _refusal_of(cast(HTTPRequestParser, self.request))
        _LOG.info("refused status=%d code=%s", error.status, error.issue_code)
        body = msgspec.json.encode(outcome_of(error))
        self.version = "1.1"
        self.status = f"{error.status} {HTTPStatus(error.status).phrase}"
        self.response_headers = [
            ("Content-Type", "application/json"),
            *(("Access-Control-Allow-Origin", origin) for origin in origins),
        ]
        self.content_length = len(body)
        self.set_close_on_finish()
        self.write(body)


def _refusal_of(request: HTTPRequestParser) -> CdsServiceError:
    """What is answered to a request that has an error; that error's text quotes the request."""
    code = request.error.code if request.error else 500
    return _REFUSALS.get(code, _NOT_HTTP if request.body_rcv is None else _NOT_WHOLE)
