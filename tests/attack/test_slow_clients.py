"""Clients that are silent or slow: hundreds of them hold up nobody.

All at once for 12 s; as long as a security officer may ask for, by `TRIAL_SECONDS=60 pytest tests/attack`.
"""

import json
import os
import selectors
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.attack.served import served
from tests.contract.validator import outcome_faults

SECONDS = float(os.environ.get("TRIAL_SECONDS", "12"))
SOCKETS_OF_A_KIND = 200
SECONDS_TO_ANSWER = 2
GOLDEN = Path("fixtures/requests/order-select/recurrent-ct-without-contrast.json")
HEAD = b"POST /cds-services/hemoptysis-imaging-order-select HTTP/1.1\r\nHost: h\r\n"
JSON = b"Content-Type: application/json\r\n"
KINDS = {
    "idle": b"",
    "half head": HEAD + b"A: ",
    "half body": HEAD + JSON + b'Content-Length: 100000\r\n\r\n{"hook": "',
}


class Crowd:
    """Sockets that are held open, each with a byte more every second; one that is closed is made anew."""

    def __init__(self, port: int, host: str) -> None:
        self.closed = 0
        self._port, self._host = port, host
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
        one.bind((self._host, 0))
        one.settimeout(SECONDS_TO_ANSWER)
        one.connect(("127.0.0.1", self._port))
        one.sendall(beginning)
        one.setblocking(False)
        self._sent[one] = beginning
        self._selector.register(one, selectors.EVENT_READ)

    def _hold(self) -> None:
        while not self._ended.is_set():
            until = time.monotonic() + 1
            while (left := until - time.monotonic()) > 0 and not self._ended.is_set():
                for key, _ in self._selector.select(left):
                    self._leave(key.fileobj)
            for one, beginning in list(self._sent.items()):
                if beginning:
                    self._drip(one)

    def _drip(self, one: socket.socket) -> None:
        try:
            one.send(b"x")
        except OSError:
            self._leave(one)

    def _leave(self, one: object) -> None:
        assert isinstance(one, socket.socket)
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
        return "127.0.0.1"


def seconds_to_advice(port: int, body: bytes) -> float:
    request = HEAD + JSON + b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS_TO_ANSWER * 5) as connection:
        connection.sendall(request)
        assert until_closed(connection).startswith(b"HTTP/1.1 200 ")
    return time.monotonic() - started


def until_closed(connection: socket.socket) -> bytes:
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


def test_hundreds_of_silent_and_slow_clients_keep_nobody_waiting(tmp_path: Path) -> None:
    body = GOLDEN.read_bytes()

    with served(tmp_path) as (port, _):
        crowd = Crowd(port, other_host())
        waits = []
        with crowd.held():
            until = time.monotonic() + SECONDS
            while time.monotonic() < until:
                waits.append(seconds_to_advice(port, body))
                time.sleep(0.05)

    assert max(waits) < SECONDS_TO_ANSWER
    assert len(waits) > SECONDS
    assert crowd.closed >= 2 * SOCKETS_OF_A_KIND


@pytest.mark.parametrize(
    ("beginning", "least", "most"),
    [(KINDS["half head"], 4, 8), (KINDS["half body"], 9, 13)],
    ids=["head", "body"],
)
def test_a_request_that_takes_too_long_is_told_so_and_ended(
    tmp_path: Path, beginning: bytes, least: float, most: float
) -> None:
    with served(tmp_path) as (port, _), socket.create_connection(("127.0.0.1", port), timeout=30) as slow:
        started = time.monotonic()
        slow.sendall(beginning)
        head, _, body = until_closed(slow).partition(b"\r\n\r\n")

    assert least < time.monotonic() - started < most
    assert head.startswith(b"HTTP/1.1 408 ")
    assert outcome_faults(json.loads(body), status=408) == []


def test_a_silent_connection_is_closed_without_a_word(tmp_path: Path) -> None:
    with served(tmp_path) as (port, _), socket.create_connection(("127.0.0.1", port), timeout=30) as silent:
        assert until_closed(silent) == b""


def test_a_client_that_does_not_take_its_answers_holds_up_nobody(tmp_path: Path) -> None:
    with served(tmp_path) as (port, _), socket.socket() as greedy:
        greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        greedy.connect(("127.0.0.1", port))
        greedy.setblocking(False)
        requests = b"GET /cds-services HTTP/1.1\r\nHost: h\r\n\r\n" * 2000
        sent = greedy.send(requests)

        waits = [seconds_to_advice(port, GOLDEN.read_bytes()) for _ in range(5)]

    assert sent > 10_000
    assert max(waits) < SECONDS_TO_ANSWER


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_once_with_a_half_head_open(tmp_path: Path, told: signal.Signals) -> None:
    with served(tmp_path) as (port, process), socket.create_connection(("127.0.0.1", port)) as half:
        half.sendall(KINDS["half head"])
        time.sleep(0.3)
        started = time.monotonic()
        process.send_signal(told)

        assert process.wait(timeout=10) == 0

    assert time.monotonic() - started < 5
