"""Clients that are silent or slow: hundreds of them hold up nobody.

All at once for 12 s; as long as a security officer may ask for, by `TRIAL_SECONDS=60 pytest -s tests/attack`.
"""

import json
import signal
import socket
import time
from pathlib import Path

import pytest

from tests.attack.costs import drafts
from tests.attack.crowd import (
    HEAD,
    HERE,
    JSON,
    KINDS,
    SECONDS_TO_ANSWER,
    SOCKETS_OF_A_KIND,
    connected,
    other_host,
    seconds_to_advice,
    trial,
    until_closed,
)
from tests.attack.served import served
from tests.contract.validator import outcome_faults


def test_hundreds_of_silent_and_slow_clients_keep_nobody_waiting(tmp_path: Path) -> None:
    with served(tmp_path) as (port, _):
        found = trial(port)

    found.require_that_nobody_waited("from one address, at its limit")
    assert found.closed >= 2 * SOCKETS_OF_A_KIND


def test_as_many_from_the_address_of_a_gateway_are_all_held_and_keep_nobody_waiting(tmp_path: Path) -> None:
    with served(tmp_path, CDS_TRUSTED_PROXIES=other_host()) as (port, _):
        found = trial(port)

    found.require_that_nobody_waited("from the address of a gateway, without a limit")
    assert found.closed >= 2 * SOCKETS_OF_A_KIND


@pytest.mark.parametrize(
    ("beginning", "least", "most"),
    [(KINDS["half head"], 4, 8), (KINDS["half body"], 9, 13)],
    ids=["head", "body"],
)
def test_a_request_that_takes_too_long_is_told_so_and_ended(
    tmp_path: Path, beginning: bytes, least: float, most: float
) -> None:
    with served(tmp_path) as (port, _), connected(port) as slow:
        slow.settimeout(30)
        started = time.monotonic()
        slow.sendall(beginning)
        head, _, body = until_closed(slow).partition(b"\r\n\r\n")

    assert least < time.monotonic() - started < most
    assert head.startswith(b"HTTP/1.1 408 ")
    assert outcome_faults(json.loads(body), status=408) == []


def test_a_silent_connection_is_closed_without_a_word(tmp_path: Path) -> None:
    with served(tmp_path) as (port, _), connected(port) as silent:
        silent.settimeout(30)
        assert until_closed(silent) == b""


def test_a_client_that_does_not_take_its_answers_holds_up_nobody(tmp_path: Path) -> None:
    with served(tmp_path) as (port, _), socket.socket() as greedy:
        greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        greedy.connect(("127.0.0.1", port))
        greedy.setblocking(False)
        requests = b"GET /cds-services HTTP/1.1\r\nHost: h\r\n\r\n" * 2000
        sent = greedy.send(requests)

        waits = [seconds_to_advice(port) for _ in range(5)]

    assert sent > 10_000
    assert max(waits) < SECONDS_TO_ANSWER


@pytest.mark.parametrize(
    ("told", "kind"), [(signal.SIGINT, "half head"), *((signal.SIGTERM, kind) for kind in KINDS)]
)
def test_it_stops_at_once_with_a_half_head_open(tmp_path: Path, told: signal.Signals, kind: str) -> None:
    with served(tmp_path) as (port, process), connected(port) as half:
        half.sendall(KINDS[kind])
        time.sleep(0.3)
        started = time.monotonic()
        process.send_signal(told)

        assert process.wait(timeout=10) == 0

    assert time.monotonic() - started < 5


def test_it_stops_in_time_with_a_client_that_does_not_take_its_answers(tmp_path: Path) -> None:
    body = drafts(100)
    request = HEAD + JSON + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with served(tmp_path) as (port, process), socket.socket() as greedy:
        greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        greedy.connect((HERE, port))
        greedy.sendall(request * 14)  # answered with more than the sockets hold
        time.sleep(2)
        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=10) == 0
