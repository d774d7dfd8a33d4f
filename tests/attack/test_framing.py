"""Framing and smuggling: each case over a socket of its own; nothing behind an end in doubt is answered."""

import json
import re
import socket
from collections.abc import Iterator

import pytest

from tests.attack.crowd import connected, seconds_to_advice
from tests.attack.framings import FRAMINGS
from tests.attack.served import served
from tests.contract.validator import outcome_faults


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with served(tmp_path_factory.mktemp("served")) as (port, _):
        yield port


def answers_to(port: int, sent: bytes) -> list[tuple[int, bytes]]:
    """Status and body of each answer until the service closes; the client has sent all that it will."""
    with connected(port) as connection:
        received = b""
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                received += chunk
        except (BrokenPipeError, ConnectionResetError):
            pass
    return answers_in(received)


def answers_in(received: bytes) -> list[tuple[int, bytes]]:
    """Each answer of those that came one behind another."""
    found = []
    while received:
        head, _, received = received.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)^content-length: (\d+)\r?$", head, re.MULTILINE)
        assert length, head
        found.append((int(head.split(b" ")[1]), received[: int(length[1])]))
        received = received[int(length[1]) :]
    return found


@pytest.mark.parametrize("name", FRAMINGS)
def test_a_request_whose_end_is_in_doubt_is_refused_and_ends_the_connection(port: int, name: str) -> None:
    sent, statuses = FRAMINGS[name]

    answers = answers_to(port, sent)

    assert tuple(status for status, _ in answers) == statuses
    for status, body in answers:
        assert status == 200 or outcome_faults(json.loads(body), status=status) == []
    seconds_to_advice(port)
