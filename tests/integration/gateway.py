"""A gateway before a FHIR server, or with canned answers, that demands a token and misbehaves on demand."""

import gzip
import json
import ssl
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

from tests.integration.gateway_answers import (
    BASE_PATH,
    FHIR_JSON,
    canned_answer,
    from_upstream,
    of_a_stranger,
    outcome,
    with_next,
)

DRIP_SECONDS: Final = 0.05
HUGE_BYTES: Final = 64 * 1024 * 1024
DEEP: Final = 100_000
MADE_UP_PAGE: Final = "_getpages=made-up-"


class Mode(StrEnum):
    """What the gateway does with a request whose token is right."""

    HONEST = "honest"
    SLOW = "slow"  # the answer comes after `seconds`
    HANGS = "hangs"  # no answer
    DRIPS_HEADERS = "drips headers"
    DRIPS_BODY = "drips the body"
    DRIPS_CHUNK_SIZE = "drips the size of a chunk"
    CUTS = "cuts the connection"  # before an answer
    CUTS_KEPT = "cuts a connection that was kept"  # at its second request
    CUTS_BODY = "cuts the connection in the body"
    SERVER_ERROR = "server error"  # 500 with an OperationOutcome
    BUSY = "busy"  # 429
    REFUSES = "refuses"  # 403
    NOT_FOUND = "not found"
    HTML = "HTML"  # an error page with status 200
    XML = "XML"
    TRUNCATED_JSON = "truncated JSON"  # well-framed, but half of the JSON
    NOT_A_RESOURCE = "JSON that is no resource"
    DEEP_JSON = "deep JSON"
    HUGE = "huge"  # 64 MiB
    HUGE_HEADERS = "huge headers"  # 5 MiB, each line of a length that clients accept
    GZIP_BOMB = "gzip bomb"  # 64 KiB that unpack to 64 MiB
    WRONG_PATIENT = "wrong patient"  # the data, with every reference to a patient changed
    ENDLESS_PAGES = "endless pages"  # each page leads to a new one
    LOOPING_PAGES = "looping pages"  # the first page leads to itself
    REDIRECTS = "redirects"  # to `elsewhere`
    PAGES_ELSEWHERE = "pages elsewhere"  # the `next` link leads to `elsewhere`


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that came: its type of resource, path with query, header fields and the client's port.

    The type is empty for a further page, whose address does not tell it.
    """

    resource_type: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    port: int

    @property
    def authorization(self) -> str:
        """The Authorization header, empty if there was none."""
        return self.headers.get("authorization", "")


class Gateway:
    """A FHIR server at `base_url`, on a free port of this machine, while in its context.

    With `upstream`, a base URL, it passes reads and searches on and puts its own address for the upstream's
    in the answers, so that pages come through it as well. Without, it answers with `canned` (JSON by type
    of resource), or with a Bundle of one such resource of the patient who was asked for.
    `token`: what must come as bearer token, else 401; empty: none is asked for.
    `only`: the types of resource to misbehave for; empty: all.
    """

    def __init__(self, upstream: str | None, token: str, mode: Mode) -> None:
        self.upstream = upstream
        self.token = token
        self.mode = mode
        self.only: Collection[str] = ()
        self.canned: Mapping[str, Any] = {}
        self.elsewhere = "http://localhost:9/fhir"
        self.seconds = 5.0
        self.requests: list[Seen] = []
        self.stopped = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.gateway = self
        self._scheme = "http"

    @classmethod
    def canned_with(cls, canned: Mapping[str, Any], token: str = "", mode: Mode = Mode.HONEST) -> Self:
        """A gateway without upstream that gives these answers, by type of resource."""
        gateway = cls(None, token, mode)
        gateway.canned = canned
        return gateway

    def misbehaving_for(self, *resource_types: str) -> Self:
        """The same gateway, honest but for these types of resource."""
        self.only = resource_types
        return self

    def with_tls(self, context: ssl.SSLContext) -> Self:
        """The same gateway, to be called by https."""
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self._scheme = "https"
        return self

    @property
    def base_url(self) -> str:
        """The base URL of the FHIR server that it plays."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}{BASE_PATH}"

    def mode_for(self, resource_type: str) -> Mode:
        """What to do with a request for this type of resource."""
        return self.mode if not self.only or resource_type in self.only else Mode.HONEST

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    gateway: Gateway

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else 40 ms between headers and body
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""

    def do_GET(self) -> None:
        gateway = self.server.gateway
        seen = self._seen()
        gateway.requests.append(seen)
        with suppress(OSError):  # the client has hung up
            if gateway.token and seen.authorization != f"Bearer {gateway.token}":
                self.send_json(outcome("login"), status=401)
            elif MADE_UP_PAGE in self.path:
                _endless_pages(self)
            else:
                self._behave(gateway.mode_for(seen.resource_type))

    def _seen(self) -> Seen:
        resource_type = urlsplit(self.path).path.removeprefix(BASE_PATH).strip("/").partition("/")[0]
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Seen(resource_type, self.path, headers, self.client_address[1])

    def _behave(self, mode: Mode) -> None:
        if mode in _STATUSES:
            status, code = _STATUSES[mode]
            self.send_json(outcome(code), status=status)
        elif mode in _BODIES:
            content_type, body = _BODIES[mode]
            self.send_body(body, content_type=content_type)
        else:
            _BEHAVIORS[mode](self)

    def honest(self) -> tuple[int, str]:
        """The status and the text of the honest answer to this request."""
        gateway = self.server.gateway
        if gateway.upstream:
            return from_upstream(gateway.upstream, self.path, gateway.base_url)
        return 200, json.dumps(canned_answer(gateway.canned, self.path))

    def honest_json(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.honest()[1])
        return answer

    def send_json(self, body: Mapping[str, Any], *, status: int = 200) -> None:
        self.send_body(json.dumps(body).encode(), status=status)

    def send_body(
        self, body: bytes, *, status: int = 200, content_type: str = FHIR_JSON, **headers: str
    ) -> None:
        self.send_head(len(body), status=status, content_type=content_type, **headers)
        self.wfile.write(body)

    def send_head(
        self, length: int, *, status: int = 200, content_type: str = FHIR_JSON, **headers: str
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Set-Cookie", "patient=1")
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def send_start_of_chunks(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")

    def drip(self, data: Iterator[bytes]) -> None:
        """Send a little at a time until the gateway stops or the client hangs up."""
        for piece in data:
            if self.server.gateway.stopped.wait(DRIP_SECONDS):
                break
            self.wfile.write(piece)
        self.close_connection = True


def _honest(handler: _Handler) -> None:
    status, text = handler.honest()
    handler.send_body(text.encode(), status=status)


def _slow(handler: _Handler) -> None:
    handler.server.gateway.stopped.wait(handler.server.gateway.seconds)
    _honest(handler)


def _hangs(handler: _Handler) -> None:
    handler.server.gateway.stopped.wait()
    handler.close_connection = True


def _drips_headers(handler: _Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    handler.drip(b"X-%d: 1\r\n" % number for number in range(90))


def _drips_body(handler: _Handler) -> None:
    handler.send_head(1000)
    handler.drip(b" " for _ in range(1000))


def _drips_chunk_size(handler: _Handler) -> None:
    handler.send_start_of_chunks()
    handler.drip(b"0" for _ in range(1000))


def _cuts(handler: _Handler) -> None:
    handler.close_connection = True


def _cuts_kept(handler: _Handler) -> None:
    ports = [seen.port for seen in handler.server.gateway.requests]
    is_first = ports.count(handler.client_address[1]) == 1
    (_honest if is_first else _cuts)(handler)


def _cuts_body(handler: _Handler) -> None:
    body = handler.honest()[1].encode()
    handler.send_head(len(body))
    handler.wfile.write(body[: len(body) // 2])
    handler.close_connection = True


def _truncated_json(handler: _Handler) -> None:
    body = handler.honest()[1].encode()
    handler.send_body(body[: len(body) // 2])


def _huge(handler: _Handler) -> None:
    handler.send_head(HUGE_BYTES)
    for _ in range(HUGE_BYTES // 65536):
        handler.wfile.write(b" " * 65536)


def _huge_headers(handler: _Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(90):
        handler.wfile.write(b"X-%d: %b\r\n" % (number, b"1" * 60_000))
    handler.send_head(0)


def _gzip_bomb(handler: _Handler) -> None:
    handler.send_body(gzip.compress(b" " * HUGE_BYTES), Content_Encoding="gzip")


def _wrong_patient(handler: _Handler) -> None:
    handler.send_json(of_a_stranger(handler.honest_json()))


def _endless_pages(handler: _Handler) -> None:
    gateway = handler.server.gateway
    is_first = MADE_UP_PAGE not in handler.path
    page = handler.honest_json() if is_first else {"resourceType": "Bundle", "type": "searchset"}
    handler.send_json(with_next(page, f"{gateway.base_url}?{MADE_UP_PAGE}{len(gateway.requests)}"))


def _looping_pages(handler: _Handler) -> None:
    own_address = handler.server.gateway.base_url + handler.path.removeprefix(BASE_PATH)
    handler.send_json(with_next(handler.honest_json(), own_address))


def _redirects(handler: _Handler) -> None:
    location = handler.server.gateway.elsewhere + handler.path.removeprefix(BASE_PATH)
    # CAUTION: larger than any answer may be, so that a client which reads it on the way fails otherwise.
    handler.send_body(bytes(4 * 1024 * 1024), status=302, Location=location)


def _pages_elsewhere(handler: _Handler) -> None:
    handler.send_json(with_next(handler.honest_json(), f"{handler.server.gateway.elsewhere}?_getpages=1"))


_STATUSES: Final = {
    Mode.SERVER_ERROR: (500, "exception"),
    Mode.BUSY: (429, "throttled"),
    Mode.REFUSES: (403, "forbidden"),
    Mode.NOT_FOUND: (404, "not-found"),
}
_BODIES: Final = {
    Mode.HTML: ("text/html", b"<!doctype html><title>Maintenance</title>"),
    Mode.XML: ("application/fhir+xml", b'<Bundle xmlns="http://hl7.org/fhir"><total value="0"/></Bundle>'),
    Mode.NOT_A_RESOURCE: (FHIR_JSON, b'{"error": "session expired"}'),
    Mode.DEEP_JSON: (FHIR_JSON, b'{"resourceType": "Bundle", "entry": %b%b}' % (b"[" * DEEP, b"]" * DEEP)),
}
_BEHAVIORS: Final = {
    Mode.HONEST: _honest,
    Mode.SLOW: _slow,
    Mode.HANGS: _hangs,
    Mode.DRIPS_HEADERS: _drips_headers,
    Mode.DRIPS_BODY: _drips_body,
    Mode.DRIPS_CHUNK_SIZE: _drips_chunk_size,
    Mode.CUTS: _cuts,
    Mode.CUTS_KEPT: _cuts_kept,
    Mode.CUTS_BODY: _cuts_body,
    Mode.TRUNCATED_JSON: _truncated_json,
    Mode.HUGE: _huge,
    Mode.HUGE_HEADERS: _huge_headers,
    Mode.GZIP_BOMB: _gzip_bomb,
    Mode.WRONG_PATIENT: _wrong_patient,
    Mode.ENDLESS_PAGES: _endless_pages,
    Mode.LOOPING_PAGES: _looping_pages,
    Mode.REDIRECTS: _redirects,
    Mode.PAGES_ELSEWHERE: _pages_elsewhere,
}
