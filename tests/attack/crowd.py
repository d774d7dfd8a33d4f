"""Hundreds of clients that are silent or slow, held open while others ask."""

import os
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from tests.attack.calling import BODY, PATH

SECONDS: Final = float(os.environ.get("TRIAL_SECONDS", "12"))
"""How long a trial lasts; as long as a security officer may ask for, by `TRIAL_SECONDS=60`."""

SOCKETS_OF_A_KIND: Final = 200
SECONDS_TO_ANSWER: Final = 2
HERE: Final = "127.0.0.1"
HEAD: Final = f"POST {PATH} HTTP/1.1\r\nHost: h\r\n".encode()
JSON: Final = b"Content-Type: application/json\r\n"
KINDS: Final = {
    "idle": b"",
    "half head": HEAD + b"A: ",
    "half body": HEAD + JSON + b'Content-Length: 100000\r\n\r\n{"hook": "',
}


class Trial(NamedTuple):
    """How long each valid request waited for its answer, and how many sockets of the crowd were closed."""

    waits: list[float]
    closed: int

    def require_that_nobody_waited(self, what: str) -> None:
        waits = sorted(self.waits)
        print(
            f"\n{what}: {len(waits)} valid requests in {SECONDS:.0f} s, "
            f"median {waits[len(waits) // 2]:.3f} s, longest {waits[-1]:.3f} s; "
            f"{self.closed} of the other sockets were closed and opened anew"
        )
        assert waits[-1] < SECONDS_TO_ANSWER
        assert len(waits) > SECONDS


class Crowd:
    """Sockets that are held open, each with a byte more every second; one that is closed is made anew."""

    def __init__(self, port: int, tls: ssl.SSLContext | None) -> None:
        self.closed = 0
        self._port, self._tls = port, tls
        self._selector = selectors.DefaultSelector()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._hold)
        self._sent: dict[socket.socket, bytes] = {}
        for beginning in list(KINDS.values()) * SOCKETS_OF_A_KIND:
            self._join(beginning)

    @contextmanager
    def held(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._ended.set()
            self._thread.join()
            for one in self._sent:
                one.close()

    def _join(self, beginning: bytes) -> None:
        one = socket.socket()
        one.settimeout(SECONDS_TO_ANSWER * 5)
        one.bind((other_host(), 0))
        one.connect((HERE, self._port))
        if self._tls and beginning:
            one = self._tls.wrap_socket(one, server_hostname=HERE)
        one.sendall(beginning)
        one.setblocking(False)
        self._sent[one] = beginning
        self._selector.register(one, selectors.EVENT_READ)

    def _hold(self) -> None:
        while not self._ended.is_set():
            until = time.monotonic() + 1
            while (left := until - time.monotonic()) > 0 and not self._ended.is_set():
                for key, _ in self._selector.select(left):
                    self._listen(key.fileobj)
            for one, beginning in list(self._sent.items()):
                if beginning:
                    self._drip(one)

    def _drip(self, one: socket.socket) -> None:
        try:
            one.send(b"x")
        except BlockingIOError:
            pass
        except OSError:
            self._leave(one)

    def _listen(self, one: object) -> None:
        assert isinstance(one, socket.socket)
        try:
            is_closed = not one.recv(65536)
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except OSError:
            is_closed = True
        if is_closed:
            self._leave(one)

    def _leave(self, one: socket.socket) -> None:
        self._selector.unregister(one)
        one.close()
        self.closed += 1
        self._join(self._sent.pop(one))


def other_host() -> str:
    """An address of this machine beside the usual one, where there is one."""
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.2", 0))
        return "127.0.0.2"
    except OSError:
        return HERE


def trial(port: int, tls: ssl.SSLContext | None = None) -> Trial:
    """Valid requests, one after another, while the crowd is there."""
    crowd = Crowd(port, tls)
    waits = []
    with crowd.held():
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            waits.append(seconds_to_advice(port, tls))
            time.sleep(0.05)
    return Trial(waits, crowd.closed)


def seconds_to_advice(port: int, tls: ssl.SSLContext | None = None) -> float:
    """How long a valid request on a connection of its own waits for its whole answer, a 200."""
    request = HEAD + JSON + b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
    started = time.monotonic()
    with connected(port, tls) as connection:
        connection.sendall(request)
        received = until_closed(connection)
    assert received.startswith(b"HTTP/1.1 200 "), received[:400]
    return time.monotonic() - started


def connected(port: int, tls: ssl.SSLContext | None = None) -> socket.socket:
    """A connection from the usual address."""
    plain = socket.create_connection((HERE, port), timeout=SECONDS_TO_ANSWER * 5)
    return tls.wrap_socket(plain, server_hostname=HERE) if tls else plain


def until_closed(connection: socket.socket) -> bytes:
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received
