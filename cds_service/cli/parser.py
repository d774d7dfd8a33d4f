"""One request as waitress parses it, made strict, and what is answered to one that is refused."""

import re
import sys
from http import HTTPStatus
from typing import Any, Final, cast

import msgspec
from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.receiver import ChunkedReceiver
from waitress.task import ErrorTask
from waitress.utilities import BadRequest as NotHttp
from waitress.utilities import Error

from cds_service.errors import BadRequest, CdsServiceError, HeadTooLong, TooLarge, TooSlow, Unavailable
from cds_service.random_uuids import new_uuid
from cds_service.settings import Settings
from cds_service.telemetry.counted import count_request
from cds_service.web.bodies import NOT_WHOLE, OUR_FAULT, TOO_LARGE, outcome_of
from cds_service.web.request_log import REQUEST_ID, write_line

MOST_BYTES_OF_A_HEAD: Final = 65_536
MOST_BYTES_OF_FRAMING: Final = 262_144
"""Of the sizes, ends and trailers of chunks, which cost more to read than what they frame."""

_SIZE_LINE: Final = re.compile(rb"[0-9A-Fa-f]{1,15}(?:;[^\r\n]*)?\r\n")
_BARE: Final = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_READ_AT_ONCE: Final = 65_536
_NEVER: Final = sys.maxsize


_NOT_HTTP: Final = BadRequest("The request is not well-formed HTTP.")
_NOT_WHOLE: Final = BadRequest(NOT_WHOLE)
REFUSALS: Final[dict[int, CdsServiceError]] = {
    408: TooSlow("The request did not come in time; send it again."),
    413: TooLarge(TOO_LARGE),
    431: HeadTooLong("The address and the headers are longer than this service reads."),
    500: CdsServiceError(OUR_FAULT),
    503: Unavailable("Too many large requests are coming in at once; send it again."),
}
"""What never reaches a route, beside what is no HTTP, by the status that waitress has for it."""


def adjustments(settings: Settings) -> Adjustments:
    """How waitress reads and writes.

    CAUTION: what overflows a buffer of waitress is written to a temporary file, patient data too.
    """
    return Adjustments(
        inbuf_overflow=_NEVER,
        outbuf_overflow=_NEVER,
        outbuf_high_watermark=_NEVER,
        max_request_header_size=MOST_BYTES_OF_A_HEAD,
        max_request_body_size=settings.max_body_bytes + MOST_BYTES_OF_FRAMING,
        recv_bytes=_READ_AT_ONCE,
        connection_limit=_NEVER,  # it would count those of all listeners together; each has its own
        cleanup_interval=1,
        clear_untrusted_proxy_headers=True,
        expose_tracebacks=False,
        log_socket_errors=False,
        ident=None,
    )


def error_with(code: int) -> Error:
    """Waitress's error for a status."""
    error = Error("")
    error.code = code
    return error


class _Chunks(ChunkedReceiver):
    """A body in chunks as waitress reads it, each line of its framing ended by CR LF alone.

    CAUTION: waitress takes a line feed for a part of such a line, where others take it for its end.
    """

    trailer: bytes
    control_line: bytes

    def received(self, data: bytes) -> int:
        """Read some bytes, one line or the data of one chunk after another; how many were read."""
        read = 0
        while read < len(data) and not self.completed and self.error is None:
            part = data[read : self._end_of_part(data, read)]
            is_size = self._awaits_size()
            if is_size and part.endswith(b"\n") and not _SIZE_LINE.fullmatch(self.control_line + part):
                self.error = NotHttp("")
            read += super().received(part)
        whole_lines = self.trailer.removesuffix(b"\r")  # waitress leaves half of the last line end
        if self.completed and _BARE.search(whole_lines):
            self.error = NotHttp("")
        return read

    def _awaits_size(self) -> bool:
        return not (self.chunk_remainder or self.validate_chunk_end or self.all_chunks_received)

    def _end_of_part(self, data: bytes, start: int) -> int:
        if self.chunk_remainder:
            return start + self.chunk_remainder
        if self.validate_chunk_end:
            return start + 2 - len(self.chunk_end)
        return (self._awaits_size() and data.find(b"\n", start) + 1) or len(data)


class RequestParser(HTTPRequestParser):
    """Waitress's parser of one request, which refuses what two readers could read in two ways."""

    def received(self, data: bytes) -> int:
        """Read some bytes; how many of them belong to this request."""
        consumed = super().received(data)
        if self.chunked and self.body_rcv is not None:
            framing = self.body_bytes_received - len(self.body_rcv)
            if framing > MOST_BYTES_OF_FRAMING:
                self.error, self.completed = error_with(400), True
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Read a head; raises ParsingError for one that is refused."""
        try:
            super().parse_header(header_plus)
        except ValueError:  # of a length too long to be a number, or an address that is none
            raise ParsingError("no number or no address") from None
        if self._is_ambiguous(header_plus):
            self.body_rcv = None
            raise ParsingError("ambiguous")
        if self.chunked and self.body_rcv is not None:
            self.body_rcv = _Chunks(self.body_rcv.getbuf())

    def _is_ambiguous(self, head: bytes) -> bool:
        headers = self.headers
        is_folded = b"\r\n " in head or b"\r\n\t" in head
        host = headers.get("HOST", "," if self.version == "1.1" else "")
        has_two_lengths = "TRANSFER_ENCODING" in headers or (self.chunked and "CONTENT_LENGTH" in headers)
        expects_other = headers.get("EXPECT", "100-continue").lower() != "100-continue"
        is_version_known = self.version in ("1.0", "1.1")
        is_plain = not (is_folded or has_two_lengths or expects_other) and is_version_known
        return "," in host or not is_plain or _codings(head) not in ([], [b"chunked"])


def _codings(head: bytes) -> list[bytes]:
    """What each header of transfer codings says, which waitress takes out and reads kindly."""
    lines = (line.partition(b":") for line in head.lower().split(b"\r\n"))
    return [value.strip(b" \t") for name, _, value in lines if name == b"transfer-encoding"]


class Refusal(ErrorTask):
    """Answers what never reached the routes as they answer, quotes none of it, and ends the connection."""

    def execute(self) -> None:
        """Write the answer."""
        server = cast(Any, self.channel).server
        error = _refusal_of(cast(HTTPRequestParser, self.request))
        request_id = new_uuid()
        noted = {"id": request_id, "status": error.status, "code": error.issue_code}
        write_line(noted)
        count_request(server.meter, noted, seconds=0)
        body = msgspec.json.encode(outcome_of(error))
        self.version = "1.1"
        self.status = f"{error.status} {HTTPStatus(error.status).phrase}"
        self.response_headers = [
            ("Content-Type", "application/json"),
            (REQUEST_ID, request_id),
            *(("Access-Control-Allow-Origin", origin) for origin in server.origins_of_refusals),
        ]
        self.content_length = len(body)
        self.set_close_on_finish()
        self.write(body)


def _refusal_of(request: HTTPRequestParser) -> CdsServiceError:
    """What is answered to a request that has an error; that error's text quotes the request."""
    code = request.error.code if request.error else 500
    return REFUSALS.get(code, _NOT_HTTP if request.body_rcv is None else _NOT_WHOLE)
