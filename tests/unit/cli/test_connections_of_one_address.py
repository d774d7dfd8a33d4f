"""The limit of the connections that one address may have: who gives way, and whom it does not hold for."""

import logging
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import ExitStack
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from cds_service.telemetry.meter import Meter
from tests.attack.crowd import other_host
from tests.unit.cli.test_connections import HEAD, Loop, echo, posted, until_closed
from tests.unit.telemetry.reading import samples

CLOSING = b"Connection: close"
TWO = {"CDS_CONNECTIONS_PER_ADDRESS": "2"}
OTHER = other_host()


def answered(received: bytes) -> bool:
    return received.startswith(b"HTTP/1.1 200") and received.endswith(b"\r\n\r\nwhole")


def until_known(loop: Loop, count: int) -> None:
    deadline = time.monotonic() + 10
    while len(loop.listener.active_channels) < count and time.monotonic() < deadline:
        time.sleep(0.01)


def test_at_its_limit_the_oldest_of_an_address_that_is_not_whole_gives_way() -> None:
    with Loop(echo, **TWO) as loop, loop.client(HEAD) as first, loop.client(HEAD) as second:
        until_known(loop, 2)
        with loop.client(posted(b"whole", CLOSING)) as third:
            assert answered(until_closed(third))
        assert until_closed(first) == b""
        second.sendall(b"Content-Length: 5\r\nConnection: close\r\n\r\nwhole")
        assert answered(until_closed(second))


def test_every_connection_that_gives_way_at_a_limit_is_counted() -> None:
    meter = Meter({})
    with Loop(echo, **TWO) as loop, ExitStack() as stack:
        loop.listener.meter = meter
        for _ in range(5):
            stack.enter_context(loop.client(HEAD))
            time.sleep(0.05)
        deadline = time.monotonic() + 10
        while ended(meter) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)

    assert ended(meter) == 3


def ended(meter: Meter) -> float:
    return samples(meter.text().decode())['cds_refusals_total{reason="connections"}']


def test_one_that_waits_for_its_next_request_gives_way_last() -> None:
    with Loop(echo, **TWO) as loop, loop.client(posted(b"whole")) as idle:
        first = idle.recv(65536)
        while not answered(first):
            first += idle.recv(65536)
        with loop.client(HEAD) as half:
            until_known(loop, 2)
            with loop.client(posted(b"whole", CLOSING)) as third:
                assert answered(until_closed(third))
            assert until_closed(half) == b""
        idle.sendall(posted(b"whole", CLOSING))
        assert answered(until_closed(idle))


def test_where_all_of_an_address_are_being_answered_the_next_one_is_closed() -> None:
    may_go_on = threading.Event()

    def slow(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        may_go_on.wait(10)
        return echo(environ, start_response)

    whole = posted(b"whole", CLOSING)
    with Loop(slow, **TWO) as loop, loop.client(whole) as first, loop.client(whole) as second:
        deadline = time.monotonic() + 10
        while sum(len(one.requests) for one in loop.listener.active_channels.values()) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        with loop.client() as third:
            assert until_closed(third) == b""
        may_go_on.set()
        assert answered(until_closed(first))
        assert answered(until_closed(second))


@pytest.mark.parametrize(
    ("settings", "held"),
    [
        (TWO, 1),
        ({**TWO, "CDS_TRUSTED_PROXIES": "10.0.0.0/8"}, 1),
        ({**TWO, "CDS_TRUSTED_PROXIES": "127.0.0.0/8"}, 4),
        ({"CDS_CONNECTIONS_PER_ADDRESS": "off"}, 4),
    ],
)
def test_the_limit_does_not_hold_for_gateways_or_where_it_is_off(settings: dict[str, str], held: int) -> None:
    with Loop(echo, **settings) as loop, ExitStack() as open_ones:
        for _ in range(4):
            open_ones.enter_context(loop.client(HEAD))
        with loop.client(posted(b"whole", CLOSING)) as last:
            assert answered(until_closed(last))

        assert len(loop.listener.active_channels) == held


@pytest.mark.skipif(OTHER == "127.0.0.1", reason="this machine has one loopback address")
def test_who_comes_from_elsewhere_takes_nobodys_place() -> None:
    with Loop(echo, **TWO) as loop, loop.client(HEAD) as first, loop.client(HEAD) as second:
        until_known(loop, 2)
        with loop.client(posted(b"whole", CLOSING), OTHER) as third:
            assert answered(until_closed(third))
        for one in (first, second):
            one.sendall(b"Content-Length: 5\r\nConnection: close\r\n\r\nwhole")
            assert answered(until_closed(one))


def test_with_a_limit_of_one_the_next_one_counts_too() -> None:
    with Loop(echo, CDS_CONNECTIONS_PER_ADDRESS="1") as loop, ExitStack() as open_ones:
        for _ in range(3):
            open_ones.enter_context(loop.client(HEAD))
        with loop.client(posted(b"whole", CLOSING)) as last:
            assert answered(until_closed(last))

        assert len(loop.listener.active_channels) == 0


def test_nothing_is_remembered_of_an_address_without_connections() -> None:
    with Loop(echo, **TWO) as loop:
        for _ in range(5):
            with loop.client(posted(b"whole", CLOSING)) as one:
                until_closed(one)
        loop.listener.maintenance(time.time())
        remembered = dict(loop.listener._by_address)

    assert remembered == {}


def test_an_operator_is_told_once_a_minute_how_many_gave_way(
    caplog: pytest.LogCaptureFixture,
) -> None:
    loop = Loop(echo, **TWO)
    loop.listener.next_channel_cleanup = sys.maxsize  # `maintenance` is called by the test alone
    with caplog.at_level(logging.WARNING), loop, ExitStack() as open_ones:
        for count in range(1, 6):
            open_ones.enter_context(loop.client(HEAD))
            until_known(loop, min(count, 2))
        with loop.client(posted(b"whole", CLOSING)) as last:
            until_closed(last)
    loop.listener.maintenance(time.time())
    loop.listener._given_way = 1
    loop.listener.maintenance(time.time())

    assert [record.getMessage() for record in caplog.records] == [
        "connections ended count=4: CDS_CONNECTIONS_PER_ADDRESS"
    ]
