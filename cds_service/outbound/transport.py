"""The one HTTP session, and a call through it: verified TLS, bounded time and bytes, nothing from around."""

import logging
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache, partial
from http.cookiejar import DefaultCookiePolicy
from socket import socket
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection
from urllib3.exceptions import ProtocolError

from cds_service.outbound.addresses import Base, address_within
from cds_service.outbound.answers import (
    ACCEPTED_ENCODING,
    PIECE_BYTES,
    CallFailed,
    Failure,
    body_from,
    raise_for_status,
)

FRAMING_BYTES: Final = 65536  # headers and chunk sizes, on top of the body
_HEADERS: Final[Mapping[str, str]] = {
    "Accept-Encoding": ACCEPTED_ENCODING,
    "User-Agent": "cds-service",
}
SERVERS_KEPT: Final = 16  # more origins than a site lists; the one unused for longest is closed


# CAUTION: its messages quote whole addresses, with the patient's id in them.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


def seconds_until(deadline: float) -> float:
    """The seconds until a deadline on the monotonic clock, 0 after it."""
    return max(0.0, deadline - time.monotonic())


class Allowance:
    """The time and the bytes that one call may take from the network, headers and framing included."""

    __slots__ = ("bytes_left", "deadline")

    def __init__(self, deadline: float, bytes_left: int) -> None:
        self.deadline = deadline
        self.bytes_left = bytes_left

    def seconds_to_wait(self) -> float:
        """The seconds that may still be waited, more than 0; raises TimeoutError at the deadline."""
        seconds = seconds_until(self.deadline)
        if seconds <= 0:
            raise TimeoutError("no time left")
        return seconds

    def spend(self, count: int) -> None:
        """Take `count` bytes; raises OSError when there were not so many left."""
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise OSError("no bytes left")


_allowance: Final[ContextVar[Allowance]] = ContextVar("allowance of the call that this thread makes")


@contextmanager
def spending(allowance: Allowance) -> Iterator[None]:
    """Every socket that the calling thread reads from within spends this allowance."""
    outer = _allowance.set(allowance)
    try:
        yield
    finally:
        _allowance.reset(outer)


class BoundedSocket(socket):
    """A plain socket that spends the allowance of the thread that reads from it."""

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """Receive once; raises TimeoutError at the deadline and OSError above the bytes allowed."""
        return _received(self, partial(super().recv_into, buffer, nbytes, flags))


class BoundedTlsSocket(ssl.SSLSocket):
    """A TLS socket that spends the allowance of the thread that reads from it."""

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        """Receive once; raises TimeoutError at the deadline and OSError above the bytes allowed."""
        return _received(self, partial(super().recv_into, buffer, nbytes, flags))


def bounded(plain: socket) -> BoundedSocket:
    """The connection of a plain socket, which is of no more use afterwards."""
    seconds = plain.gettimeout()
    taken = BoundedSocket(plain.family, plain.type, plain.proto, fileno=plain.detach())
    taken.settimeout(seconds)
    return taken


def _received(connection: socket, receive: Callable[[], int]) -> int:
    allowance = _allowance.get()
    connection.settimeout(allowance.seconds_to_wait())
    count = receive()
    allowance.spend(count)
    return count


class BoundedConnection(HTTPConnection):
    """A plain connection whose every wait for data is held to the allowance of the call."""

    def connect(self) -> None:
        """Connect as ever, then read through a bounded socket."""
        super().connect()
        self.sock = bounded(self.sock)


class BoundedAdapter(HTTPAdapter):
    """Sends over connections that are used again, each held to the time and bytes of the call."""

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:
        """Make the pools, with bounded sockets beneath http and https."""
        super().init_poolmanager(connections, maxsize, block, ssl_context=trusted_tls(), **more)
        pools = {"http": _bounded_pool, "https": HTTPSConnectionPool}
        self.poolmanager.pool_classes_by_scheme = pools

    def cert_verify(self, conn: Any, url: str, verify: object, cert: object) -> None:
        """Always verify, by the context; the default would parse all certificates for each connection."""
        conn.cert_reqs = "CERT_REQUIRED"


def _bounded_pool(*place: Any, **options: Any) -> HTTPConnectionPool:
    pool = HTTPConnectionPool(*place, **options)
    pool.ConnectionCls = BoundedConnection
    return pool


def guarded_session(*, connections: int) -> requests.Session:
    """A session that may be used by many threads: it holds nothing that a call could change.

    Nothing comes from the environment (no proxy, no certificates, no ~/.netrc), no header is sent but those
    of the call, and no cookie goes from one patient to the next. Raises CallFailed for an answer of any
    status but 200, its body unread.
    """
    session = requests.Session()
    session.trust_env = False
    session.headers.clear()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    # CAUTION: as a hook, which runs before a Session reads the body of a redirect in full, at any size,
    # even where redirects are off.
    session.hooks = {"response": [_refuse_unless_ok]}
    adapter = BoundedAdapter(pool_connections=SERVERS_KEPT, pool_maxsize=connections, max_retries=0)
    for prefix in ("https://", "http://"):
        session.mount(prefix, adapter)
    return session


def _refuse_unless_ok(answer: requests.Response, **_: object) -> None:
    try:
        raise_for_status(answer.status_code)
    except CallFailed:
        answer.close()
        raise


@cache
def trusted_tls() -> ssl.SSLContext:
    """TLS that trusts the machine's own certificates (a site's private authority) and the usual ones.

    Where a site keeps its own is OpenSSL's `SSL_CERT_FILE` and `SSL_CERT_DIR`. About 80 ms, hence once.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    context.sslsocket_class = BoundedTlsSocket
    return context


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls one server for one request: nothing is ever sent outside `base`, or after `deadline`."""

    session: requests.Session = field(repr=False)
    base: Base
    deadline: float
    token: str = field(repr=False)
    accepted: str = "application/fhir+json"

    def page_at(self, address: str, *, max_bytes: int) -> bytes:
        """The body at an address of the server; raises CallFailed and nothing else."""
        allowance = Allowance(self.deadline, max_bytes + FRAMING_BYTES)
        try:
            with spending(allowance):
                return self._sent_within(allowance, address, max_bytes)
        except CallFailed:
            raise
        except Exception as error:  # CAUTION: whatever it is, it may quote the address or the token
            raise CallFailed(_failure_of(error, allowance)) from None

    def _sent_within(self, allowance: Allowance, address: str, max_bytes: int) -> bytes:
        request = self.session.prepare_request(requests.Request("GET", address, headers=self._headers()))
        if address_within(self.base, request.url or "") is None:
            raise CallFailed(Failure.NOT_ALLOWED)  # what is sent is checked, not what was asked for
        with closing(self._answer(request, allowance)) as answer:
            pieces = answer.raw.stream(PIECE_BYTES, decode_content=False)
            encoding = answer.headers.get("Content-Encoding", "")
            return body_from(pieces, encoding=encoding, max_bytes=max_bytes)

    def _headers(self) -> dict[str, str]:
        authorization = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return {"Accept": self.accepted, **_HEADERS, **authorization}

    def _answer(self, request: requests.PreparedRequest, allowance: Allowance) -> requests.Response:
        """The answer up to its headers; asks again, once, where a connection that was kept is gone."""
        try:
            return self._sent(request, allowance)
        except requests.ConnectionError as error:
            if not (error.args and isinstance(error.args[0], ProtocolError)):
                raise
            return self._sent(request, allowance)

    def _sent(self, request: requests.PreparedRequest, allowance: Allowance) -> requests.Response:
        seconds = allowance.seconds_to_wait()
        return self.session.send(request, stream=True, timeout=seconds, allow_redirects=False)


def _failure_of(error: Exception, allowance: Allowance) -> Failure:
    """Why a call broke off, by what is left of its allowance: errors come in many wrappings."""
    if allowance.bytes_left < 0:
        return Failure.TOO_LARGE
    is_late = seconds_until(allowance.deadline) <= 0 or isinstance(error, requests.Timeout | TimeoutError)
    return Failure.DEADLINE if is_late else Failure.UNREACHABLE
