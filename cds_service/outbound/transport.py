"""The one HTTP transport: pooled connections, verified TLS, nothing taken from the environment."""

import logging
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from socket import socket
from typing import Any, Final

from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of the time for all calls of one request, on the monotonic clock."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """The deadline that many seconds from now."""
        return cls(time.monotonic() + seconds)

    @property
    def seconds_left(self) -> float:
        """The seconds until the deadline, 0 after it."""
        return max(0.0, self.at - time.monotonic())


class Overspent(OSError):
    """More bytes came than the call may take."""


class Allowance:
    """The time and the bytes that one call may take from the network, headers and framing included."""

    __slots__ = ("bytes_left", "deadline")

    def __init__(self, deadline: Deadline, bytes_left: int) -> None:
        self.deadline = deadline
        self.bytes_left = bytes_left

    def seconds_to_wait(self) -> float:
        """The seconds that may still be waited, more than 0; raises TimeoutError at the deadline."""
        seconds = self.deadline.seconds_left
        if seconds <= 0:
            raise TimeoutError("no time left")
        return seconds

    def spend(self, count: int) -> None:
        """Take `count` bytes; raises Overspent when there were not so many left."""
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise Overspent("no bytes left")


class _Work(threading.local):
    """What the calling thread works for."""

    allowance: Allowance


_work = _Work()


@contextmanager
def spending(allowance: Allowance) -> Iterator[None]:
    """Every socket that the calling thread reads from within spends this allowance."""
    _work.allowance = allowance
    try:
        yield
    finally:
        del _work.allowance


class BoundedSocket(socket):
    """A plain socket that spends the allowance of the thread that reads from it."""

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """Receive once; raises TimeoutError at the deadline and Overspent above the bytes allowed."""
        return _received(self, partial(super().recv_into, buffer, nbytes, flags))


class BoundedTlsSocket(ssl.SSLSocket):
    """A TLS socket that spends the allowance of the thread that reads from it."""

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        """Receive once; raises TimeoutError at the deadline and Overspent above the bytes allowed."""
        return _received(self, partial(super().recv_into, buffer, nbytes, flags))


def bounded(plain: socket) -> BoundedSocket:
    """The connection of a plain socket, which is of no more use afterwards."""
    seconds = plain.gettimeout()
    taken = BoundedSocket(plain.family, plain.type, plain.proto, fileno=plain.detach())
    taken.settimeout(seconds)
    return taken


def _received(connection: socket, receive: Callable[[], int]) -> int:
    connection.settimeout(_work.allowance.seconds_to_wait())
    count = receive()
    _work.allowance.spend(count)
    return count


SERVERS_KEPT: Final = 16  # more origins than a site lists; the one unused for longest is closed


# CAUTION: its messages quote whole addresses, with the patient's id in them.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


class _BoundedConnection(HTTPConnection):
    """A connection whose every wait for data is held to the allowance of the call."""

    def connect(self) -> None:
        """Connect as ever, then read through a bounded socket."""
        super().connect()
        self.sock = bounded(self.sock)


class _BoundedPool(HTTPConnectionPool):
    ConnectionCls = _BoundedConnection


class Transport(HTTPAdapter):
    """Sends prepared requests, over connections that are used again; may be used by many threads.

    CAUTION: used without a `requests.Session` on purpose. A Session reads proxies, certificates and
    ~/.netrc from the environment, keeps cookies from one patient to the next, and reads the body of a
    redirect in full, at any size, even when redirects are off.
    """

    def __init__(self, *, connections: int) -> None:
        super().__init__(pool_connections=SERVERS_KEPT, pool_maxsize=connections, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:
        """Make the pools, with bounded sockets beneath http and https."""
        super().init_poolmanager(connections, maxsize, block, ssl_context=trusted_tls(), **more)
        classes = {"http": _BoundedPool, "https": HTTPSConnectionPool}
        self.poolmanager.pool_classes_by_scheme = classes

    def cert_verify(self, conn: Any, url: str, verify: object, cert: object) -> None:
        """Always verify, by the context; the default would parse all certificates for each connection."""
        conn.cert_reqs = "CERT_REQUIRED"


@cache
def trusted_tls() -> ssl.SSLContext:
    """TLS that trusts the machine's own certificates (a site's private authority) and the usual ones.

    Where a site keeps its own is OpenSSL's `SSL_CERT_FILE` and `SSL_CERT_DIR`. About 80 ms, hence once.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    context.sslsocket_class = BoundedTlsSocket
    return context
