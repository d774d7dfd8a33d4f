"""A connection: to an address that was looked at first, and held to the time and bytes of the call."""

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from ipaddress import ip_address
from socket import SOCK_STREAM, getaddrinfo, socket
from typing import Any, Final

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.connection import create_connection

from cds_service.outbound.addresses import leads_to
from cds_service.outbound.answers import CallFailed, Failure


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
    """A connection to an address that its host may lead to, whose every wait is held to the allowance.

    The name goes on standing in `Host` and in TLS; only where the connection goes is decided here.
    """

    def _new_conn(self) -> BoundedSocket:
        """CAUTION: a name is asked for once. A second answer could be another than the one looked at."""
        failed: Exception = NewConnectionError(self, "no address")
        for address in self._addresses():
            try:
                return bounded(self._connected(address))
            except (ConnectTimeoutError, NewConnectionError) as error:
                failed = error
        raise failed

    def _addresses(self) -> list[str]:
        """Those that the host leads to, in the resolver's order; raises CallFailed where none may be called.

        The proxy is the site's own choice, and asks for the name of the server by itself.
        """
        try:
            found = getaddrinfo(self._dns_host, self.port, type=SOCK_STREAM)
        except OSError:
            raise NewConnectionError(self, "the name is not known") from None
        addresses = [str(place[0]) for *_, place in found]
        allowed = [one for one in addresses if self.proxy or leads_to(self.host, ip_address(one))]
        if not allowed:
            raise CallFailed(Failure.NOT_ALLOWED)
        return allowed

    def _connected(self, address: str) -> socket:
        seconds = _allowance.get().seconds_to_wait()
        try:
            return create_connection((address, self.port), seconds, socket_options=self.socket_options)
        except TimeoutError:
            raise ConnectTimeoutError(self, "late") from None
        except OSError:
            raise NewConnectionError(self, "no connection") from None


class BoundedTlsConnection(BoundedConnection, HTTPSConnection):
    """The same within TLS."""


class BoundedAdapter(HTTPAdapter):
    """Sends over connections that are used again, each held to the time and bytes of the call."""

    def __init__(self, tls: ssl.SSLContext, *, servers: int, connections: int) -> None:
        self._tls = tls
        super().__init__(pool_connections=servers, pool_maxsize=connections, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:
        """Make the pools, with bounded connections for http and https."""
        super().init_poolmanager(connections, maxsize, block, ssl_context=self._tls, **more)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        """Make the pools through a proxy, trusting and bounded as those without."""
        manager = super().proxy_manager_for(proxy, ssl_context=self._tls, **more)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def cert_verify(self, conn: Any, url: str, verify: object, cert: object) -> None:
        """Always verify, by the context; the default would parse all certificates for each connection."""
        conn.cert_reqs = "CERT_REQUIRED"


def _pool(place: Any, *more: Any, **options: Any) -> HTTPConnectionPool:
    pool = HTTPConnectionPool(place, *more, **options)
    pool.ConnectionCls = BoundedConnection
    return pool


def _tls_pool(place: Any, *more: Any, **options: Any) -> HTTPSConnectionPool:
    pool = HTTPSConnectionPool(place, *more, **options)
    pool.ConnectionCls = BoundedTlsConnection
    return pool


_POOLS: Final[Any] = {"http": _pool, "https": _tls_pool}
