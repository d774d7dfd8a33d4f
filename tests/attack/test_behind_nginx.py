"""Behind nginx as it is shipped: what reaches the service is whole, what it refuses has our shape."""

import json
import re
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from tests.attack.calling import BODY, PATH
from tests.attack.crowd import (
    HEAD,
    JSON,
    SECONDS_TO_ANSWER,
    SOCKETS_OF_A_KIND,
    connected,
    trial,
    until_closed,
)
from tests.attack.framings import FRAMINGS
from tests.attack.nginx import Nginx, nginx_before
from tests.attack.served import free_port, served
from tests.attack.test_framing import answers_in
from tests.contract.validator import outcome_faults

LENGTH_HEADER = re.compile(rb"(?im)^content-length: \d+\r?$")
WITHOUT_STATUS = {"no version"}
"""What nginx takes for HTTP/0.9, whose answers have no status."""

CONNECTIONS_AT_ONCE = 32
WHOLE = HEAD + JSON + b"Content-Length: %d\r\n" % len(BODY)


def test_hundreds_of_silent_and_slow_clients_keep_nobody_waiting_behind_nginx(tmp_path: Path) -> None:
    with (
        served(tmp_path, CDS_TRUSTED_PROXIES="127.0.0.1") as (port, _),
        nginx_before(port, tmp_path) as nginx,
    ):
        found = trial(nginx.port, nginx.certificate)

    found.require_that_nobody_waited("behind nginx")
    assert found.closed >= SOCKETS_OF_A_KIND


class Upstream:
    """A server that keeps what reaches it, and answers each request once it is whole."""

    def __init__(self) -> None:
        self.connections = 0
        self.received: list[bytes] = []
        self.heads: list[bytes] = []
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
                    self.heads.append(head)
                    one.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                    received = b""


@contextmanager
def listening(upstream: Upstream | None = None) -> Iterator[Upstream]:
    upstream = upstream or Upstream()
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


def answers_in_time(nginx: Nginx, sent: bytes) -> list[tuple[int, bytes]]:
    """What came until the gateway closed or was silent; it takes the end of a client for its leaving."""
    received = b""
    with connected(nginx.port, nginx.tls) as connection, suppress(OSError):
        connection.settimeout(SECONDS_TO_ANSWER)
        connection.sendall(sent)
        while chunk := connection.recv(65536):
            received += chunk
    return answers_in(received)


def test_what_ends_in_doubt_reaches_the_service_as_one_request_or_none(tmp_path: Path) -> None:
    cases = [sent for name, (sent, _) in FRAMINGS.items() if name not in WITHOUT_STATUS]
    with (
        listening() as upstream,
        nginx_before(upstream.port, tmp_path) as nginx,
        ThreadPoolExecutor(30) as pool,
    ):
        found = [*pool.map(partial(answers_in_time, nginx), cases)]

    answered = [status for answers in found for status, _ in answers]
    assert answered.count(200) == len(upstream.heads)
    assert answered.count(200) > 20
    assert answered.count(400) > 20
    assert all(len(LENGTH_HEADER.findall(head)) <= 1 for head in upstream.heads)
    assert not any(b"transfer-encoding" in head.lower() for head in upstream.heads)


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


class Gone(Upstream):
    """An instance that takes requests and ends without an answer."""

    def _answer(self, one: socket.socket) -> None:
        with one:
            one.recv(65536)


def test_of_an_instance_that_is_gone_all_processes_of_nginx_know_by_one_request(tmp_path: Path) -> None:
    """Two of nginx, and connections that are opened at once so that both have some."""
    with (
        listening(Gone()) as gone,
        listening() as upstream,
        nginx_before(gone.port, tmp_path, upstream.port) as nginx,
        ThreadPoolExecutor(CONNECTIONS_AT_ONCE) as pool,
    ):
        opened = pool.map(lambda _: connected(nginx.port, nginx.tls), range(CONNECTIONS_AT_ONCE))
        statuses = []
        for connection in list(opened):
            with connection:
                connection.sendall(WHOLE + b"\r\n" + BODY)
                statuses.append(int(connection.recv(65536).split()[1]))

    assert sorted(statuses) == [200] * (CONNECTIONS_AT_ONCE - 1) + [503]
