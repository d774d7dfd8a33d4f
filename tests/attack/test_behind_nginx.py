"""Behind nginx as it is shipped: what reaches the service is whole, what it refuses has our shape."""

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.attack.calling import BODY, PATH
from tests.attack.crowd import HEAD, JSON, SOCKETS_OF_A_KIND, connected, trial, until_closed
from tests.attack.nginx import Nginx, nginx_before
from tests.attack.served import free_port, served
from tests.contract.validator import outcome_faults

WHOLE = HEAD + JSON + b"Content-Length: %d\r\n" % len(BODY)


def test_hundreds_of_silent_and_slow_clients_keep_nobody_waiting_behind_nginx(tmp_path: Path) -> None:
    with (
        served(tmp_path, CDS_TRUSTED_PROXIES="127.0.0.1") as (port, _),
        nginx_before(port, tmp_path) as nginx,
    ):
        found = trial(nginx.port, nginx.tls)

    found.require_that_nobody_waited("behind nginx")
    assert found.closed >= SOCKETS_OF_A_KIND


class Upstream:
    """A server that keeps what reaches it, and answers each request once it is whole."""

    def __init__(self) -> None:
        self.connections = 0
        self.received: list[bytes] = []
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                one, _ = self.listening.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._answer, args=(one,), daemon=True).start()

    def _answer(self, one: socket.socket) -> None:
        received = b""
        with one:
            while chunk := one.recv(65536):
                received += chunk
                self.received.append(chunk)
                head, end, body = received.partition(b"\r\n\r\n")
                length = re.search(rb"(?i)content-length: (\d+)", head)
                if end and len(body) == int(length[1] if length else 0):
                    one.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                    received = b""


@contextmanager
def listening() -> Iterator[Upstream]:
    upstream = Upstream()
    try:
        yield upstream
    finally:
        upstream.listening.close()


def answers(nginx: Nginx, request: bytes) -> bytes:
    with connected(nginx.port, nginx.tls) as connection:
        connection.sendall(request)
        return until_closed(connection)


def test_a_request_reaches_the_service_once_it_is_whole_and_nothing_reaches_a_disk(tmp_path: Path) -> None:
    body = b"x" * 3_000_000
    with (
        listening() as upstream,
        nginx_before(upstream.port, tmp_path) as nginx,
        connected(nginx.port, nginx.tls) as half,
    ):
        half.sendall(HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:-1])
        half.settimeout(0.5)
        with pytest.raises(TimeoutError):
            half.recv(1)
        held, written = list(upstream.received), nginx.files_written()
        half.settimeout(10)
        half.sendall(body[-1:])
        answer = until_closed(half)

    assert held == []
    assert written == []
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_connections_to_the_service_are_used_again_and_forwarded_addresses_are_set_once(
    tmp_path: Path,
) -> None:
    claimed = b"X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-For: 10.0.0.1\r\nForwarded: for=203.0.113.7\r\n"
    with listening() as upstream, nginx_before(upstream.port, tmp_path) as nginx:
        for _ in range(20):
            answer = answers(
                nginx, WHOLE + claimed + b"Authorization: Bearer a.b.c\r\nConnection: close\r\n\r\n" + BODY
            )
            assert answer.startswith(b"HTTP/1.1 200 ")
        received = b"".join(upstream.received)

    forwarded = re.findall(rb"(?im)^(?:x-)?forwarded(?:-for)?: (.*)\r$", received)
    assert upstream.connections < 20
    assert forwarded == [b"127.0.0.1"] * 20
    assert received.count(b"Authorization: Bearer a.b.c\r\n") == 20
    assert received.count(f"POST {PATH} HTTP/1.1\r\n".encode()) == 20


@pytest.mark.parametrize(
    ("request_sent", "status"),
    [
        (HEAD + JSON + b"Connection: close\r\nContent-Length: 5000000\r\n\r\n", 413),
        (WHOLE + b"Connection: close\r\n\r\n" + BODY, 503),
    ],
    ids=["a body that is too large", "a service that is down"],
)
def test_what_the_gateway_refuses_has_the_shape_of_our_errors(
    tmp_path: Path, request_sent: bytes, status: int
) -> None:
    with nginx_before(free_port(), tmp_path) as nginx:
        head, _, body = answers(nginx, request_sent).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"nginx/" not in head
    assert outcome_faults(json.loads(body), status=status) == []


def test_who_asks_too_often_is_told_when_to_come_again(tmp_path: Path) -> None:
    asked = b"GET / HTTP/1.1\r\nHost: h\r\n"
    with listening() as upstream, nginx_before(upstream.port, tmp_path) as nginx:
        received = answers(nginx, (asked + b"\r\n") * 900 + asked + b"Connection: close\r\n\r\n")

    assert received.count(b"HTTP/1.1 200 ") >= 200
    assert received.count(b"HTTP/1.1 429 ") > 0
    assert b"Retry-After: 1\r\n" in received
