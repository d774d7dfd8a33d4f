"""Ten times as much of what was once costly takes ten times the work of the process that answers, no more.

Work is time of the processor, which other programs do not lengthen; an answer and the memory that it took
are bounded by what was sent.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import pytest

from tests.attack.calling import PATH
from tests.attack.costs import COSTS, FRAMING
from tests.attack.crowd import connected, seconds_to_advice, until_closed
from tests.attack.processes import (
    bytes_held_by,
    forget_most_bytes_held,
    most_bytes_held,
    seconds_computed,
    workers_of,
)
from tests.attack.served import served

MOST_GROWTH: Final = 20
"""Ten times as much may take twenty times as long; what grows with the square takes a hundred times."""

ONCE: Final = 0.05
"""Seconds that anything may take."""

MOST_MEMORY: Final = 30
"""Bytes in use for one of a body: of many small entries it is about 20."""

MIB: Final = 1 << 20


class Spent(NamedTuple):
    """What one request took."""

    status: int
    seconds: float
    more_memory: int
    answered: int


class Process(NamedTuple):
    """The one process that answers."""

    port: int
    pid: int

    def spent(self, request: bytes, *, times: int) -> Spent:
        """The least of some times."""
        return min((self._once(request) for _ in range(times)), key=lambda one: one.seconds)

    def _once(self, request: bytes) -> Spent:
        forget_most_bytes_held(self.pid)
        held, began = bytes_held_by(self.pid), seconds_computed(self.pid)
        with connected(self.port) as connection:
            connection.settimeout(120)
            connection.sendall(request)
            answer = until_closed(connection)
        seconds = seconds_computed(self.pid) - began
        return Spent(int(answer.split(b" ")[1]), seconds, most_bytes_held(self.pid) - held, len(answer))


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with served(tmp_path_factory.mktemp("served"), CDS_WORKERS="1") as (port, first):
        for _ in range(10):
            seconds_to_advice(port)
        (pid,) = workers_of(first.pid)
        yield Process(port, pid)


def posted(body: bytes) -> bytes:
    head = f"POST {PATH} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nConnection: close\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def require_linear(process: Process, few: bytes, many: bytes) -> None:
    little, much = process.spent(few, times=3), process.spent(many, times=2)

    assert little.status == much.status
    assert much.status != 503
    assert much.seconds <= MOST_GROWTH * little.seconds + ONCE, (little, much)
    assert much.more_memory <= MOST_MEMORY * len(many) + 16 * MIB, (little, much)
    assert much.answered <= 12 * little.answered + 10_000, (little, much)


@pytest.mark.parametrize("name", COSTS)
def test_the_cost_of_a_body_grows_with_its_size_at_most(process: Process, name: str) -> None:
    few, request = COSTS[name]

    require_linear(process, posted(request(few)), posted(request(10 * few)))


@pytest.mark.parametrize("name", FRAMING)
def test_the_cost_of_the_framing_grows_with_its_size_at_most(process: Process, name: str) -> None:
    few, request = FRAMING[name]

    require_linear(process, request(few), request(10 * few))
