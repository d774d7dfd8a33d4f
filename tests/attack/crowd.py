"""Hundreds of clients that are silent or slow, held open while others ask."""

import os
import selectors
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final, NamedTuple, TextIO

from tests.attack.calling import BODY, PATH

SECONDS: Final = float(os.environ.get("TRIAL_SECONDS", "12"))
"""How long a trial lasts; as long as a security officer may ask for, by `TRIAL_SECONDS=60`."""

ROOT: Final = Path(__file__).parents[2]
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
        self._sent: dict[socket.socket, bytes] = {}
        for beginning in list(KINDS.values()) * SOCKETS_OF_A_KIND:
            self._join(beginning)

    def hold(self, until_readable: TextIO) -> None:
        self._selector.register(until_readable, selectors.EVENT_READ)
        next_drip = time.monotonic() + 1
        while True:
            for key, _ in self._selector.select(max(0, next_drip - time.monotonic())):
                if key.fileobj is until_readable:
                    return
                self._listen(key.fileobj)
            if time.monotonic() >= next_drip:
                next_drip += 1
                for one in [one for one, beginning in self._sent.items() if beginning]:
                    self._drip(one)

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


def trial(port: int, certificate: Path | None = None) -> Trial:
    """Valid requests, one after another, while the crowd is there: a process of its own."""
    tls = tls_with(certificate) if certificate else None
    command = [sys.executable, "-m", "tests.attack.crowd", str(port), str(certificate or "")]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    waits = []
    with subprocess.Popen(command, cwd=ROOT, **pipes) as crowd:
        assert crowd.stdout
        assert crowd.stdin
        assert crowd.stdout.readline() == "all are there\n"
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            waits.append(seconds_to_advice(port, tls))
            time.sleep(0.05)
        crowd.stdin.close()
        closed = int(crowd.stdout.read())
    return Trial(waits, closed)


def tls_with(certificate: Path) -> ssl.SSLContext:
    """How a client speaks with the holder of a certificate that it trusts."""
    return ssl.create_default_context(cafile=str(certificate))


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


def main(port: int, certificate: str) -> None:
    """Hold the crowd until the standard input ends; say when all are there, and how many were closed."""
    crowd = Crowd(port, tls_with(Path(certificate)) if certificate else None)
    print("all are there", flush=True)
    crowd.hold(sys.stdin)
    print(crowd.closed)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
