"""Sockets that hold each wait for data to the allowance of the call that they work for.

A time limit of `requests` starts anew with every byte, so that a server which drips them can hold a thread
for hours, and lines of the HTTP framing are read at any length. Beneath all of it is one method.
"""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from socket import socket
from typing import Any

from cds_service.outbound.allowance import Allowance


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
