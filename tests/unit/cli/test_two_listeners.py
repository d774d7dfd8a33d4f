"""The service and the management in one process: what each may hold, and that neither takes the other's."""

import resource
import socket
import threading
import time
from collections.abc import Iterable
from contextlib import ExitStack
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from waitress import wasyncore

from cds_service.cli.connections import Listener
from cds_service.cli.process import files_allowed, shares_of
from tests.unit.cli.test_connections import HEAD, Loop, echo, posted, until_closed
from tests.unit.cli.test_connections_of_one_address import until_known

CLOSING = b"Connection: close"


@pytest.mark.parametrize(
    ("files", "shares"),
    [(256, (116, 12)), (1024, (488, 24)), (2048, (1000, 24)), (1_000_000, (1000, 24))],
)
def test_both_together_take_at_most_half_of_the_files(files: int, shares: tuple[int, int]) -> None:
    assert shares_of(files) == shares
    assert sum(shares) <= files // 2


@pytest.mark.parametrize(
    ("limits", "allowed"),
    [
        ((256, 256), 256),
        ((256, 1000), 1000),
        ((256, 4096), 2048),
        ((256, resource.RLIM_INFINITY), 2048),
        ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), 2048),
        ((4096, 8192), 4096),
    ],
)
def test_the_files_of_a_process_are_raised_to_what_it_takes_and_no_further(
    monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int], allowed: int
) -> None:
    set_to = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: set_to.append(pair))

    assert files_allowed() == allowed
    assert set_to == ([(allowed, limits[1])] if 0 < limits[0] < allowed else [])


def beside(loop: Loop, listening: socket.socket) -> Listener:
    """A second listener of the same process."""
    return Listener(
        echo,
        listening,
        settings=loop.listener._settings,
        dispatcher=loop._dispatcher,
        sockets=loop._sockets,
    )


def test_a_flood_at_one_address_takes_no_place_of_the_other() -> None:
    off = {"CDS_CONNECTIONS_PER_ADDRESS": "off"}
    with ExitStack() as open_ones:
        listening = open_ones.enter_context(socket.create_server(("127.0.0.1", 0)))
        loop = Loop(echo, 150, **off)
        open_ones.callback(beside(loop, listening).close)
        open_ones.enter_context(loop)
        for _ in range(150):
            open_ones.enter_context(loop.client(HEAD))
        until_known(loop, 150)
        other = open_ones.enter_context(socket.create_connection(listening.getsockname(), timeout=10))
        other.sendall(posted(b"whole", CLOSING))

        assert until_closed(other).endswith(b"\r\n\r\nwhole")
        assert len(loop.listener.active_channels) == 150


def test_what_gave_way_and_is_still_open_is_bounded_by_the_limit_too() -> None:
    with ExitStack() as open_ones:
        loop = Loop(echo, 8, CDS_CONNECTIONS_PER_ADDRESS="off")
        most_open = 0
        for _ in range(60):
            open_ones.enter_context(loop.client(HEAD))
        for _ in range(60):
            wasyncore.loop(timeout=0, use_poll=True, map=loop._sockets, count=1)  # type: ignore[arg-type]
            most_open = max(most_open, len(loop.listener.active_channels))
            loop.listener.end_connections()
        with loop:
            pass

    assert 8 <= most_open <= 8 + 3


def test_while_all_are_being_answered_the_next_one_waits_to_be_taken() -> None:
    may_go_on = threading.Event()

    def slow(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        may_go_on.wait(10)
        return echo(environ, start_response)

    whole = posted(b"whole", CLOSING)
    with Loop(slow, 2) as loop, ExitStack() as open_ones:
        clients = [open_ones.enter_context(loop.client(whole)) for _ in range(2)]
        deadline = time.monotonic() + 10
        while sum(len(one.requests) for one in loop.listener.active_channels.values()) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        clients.append(open_ones.enter_context(loop.client(whole)))
        time.sleep(0.2)
        taken = len(loop.listener.active_channels)
        may_go_on.set()

        assert taken == 2
        assert all(until_closed(one).endswith(b"\r\n\r\nwhole") for one in clients)
