"""The connections of one process over real sockets, with an application that is in the test's hands."""

import json
import logging
import select
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from waitress import wasyncore
from waitress.task import ThreadedTaskDispatcher

from cds_service.cli.connections import Connection, Listener
from cds_service.cli.logs import Lines
from cds_service.settings import settings_from
from tests.contract.validator import outcome_faults

MOST = 100_000
HEAD = b"POST /x HTTP/1.1\r\nHost: h\r\n"


class Loop:
    """A listener with its one thread for sockets; `connections` are its clients."""

    def __init__(
        self,
        app: Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]],
        most: int = 1000,
        /,
        **environ: str,
    ) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._sockets: dict[int, wasyncore.dispatcher] = {}
        self._dispatcher = ThreadedTaskDispatcher()
        self._dispatcher.set_thread_count(2)
        self.listener = Listener(
            app,
            self._listening,
            settings=settings_from({"CDS_MAX_BODY_BYTES": str(MOST), **environ}),
            dispatcher=self._dispatcher,
            sockets=self._sockets,
        )
        self.listener.most_connections = most
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._ended.is_set():
            self.step()

    def step(self, times: int = 1) -> None:
        for _ in range(times):
            wasyncore.loop(timeout=0.02, use_poll=True, map=self._sockets, count=1)  # type: ignore[arg-type]
            self.listener.end_connections()

    def __enter__(self) -> "Loop":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._dispatcher.shutdown()
        for channel in list(self.listener.active_channels.values()):
            channel.close_now()
        self.listener.close()

    @contextmanager
    def client(self, sent: bytes = b"", host: str = "127.0.0.1") -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=10, source_address=(host, 0)) as one:
            one.sendall(sent)
            yield one


def echo(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def until_closed(one: socket.socket) -> bytes:
    received = b""
    while chunk := one.recv(65536):
        received += chunk
    return received


def posted(body: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([HEAD + b"Content-Length: %d" % len(body), *headers, b"", body])


def refusal(received: bytes, status: int) -> bool:
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"Server:" not in head
    assert b"Access-Control-Allow-Origin: *" in head
    return outcome_faults(json.loads(body), status=status) == []


def test_a_fault_beside_the_routes_is_answered_blandly_and_its_text_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fails(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        raise RuntimeError("Jane Doe, born 1970-01-01")

    with Loop(fails) as loop, loop.client(posted(b"{}")) as one:
        received = until_closed(one)

    assert refusal(received, 500)
    assert b"Jane" not in received
    logged = [
        Lines(withheld=True).format(record) for record in caplog.records if record.levelno >= logging.ERROR
    ]
    assert any("RuntimeError at" in line for line in logged)
    assert "Jane" not in "".join(logged)


def test_a_body_over_the_limit_is_refused_while_the_client_still_sends_it() -> None:
    too_large = MOST * 50

    with Loop(echo) as loop, loop.client(HEAD + b"Content-Length: %d\r\n\r\n" % too_large) as one:
        one.sendall(b"x" * too_large)
        received = until_closed(one)

    assert refusal(received, 413)


def test_a_body_without_an_announced_length_is_refused_when_it_is_too_large() -> None:
    with Loop(echo) as loop, loop.client(HEAD + b"Transfer-Encoding: chunked\r\n\r\n") as one:
        chunk = b"%x\r\n%s\r\n" % (MOST, b"x" * MOST)
        one.sendall(chunk * 8)
        received = until_closed(one)

    assert refusal(received, 413)


def test_nothing_of_a_body_or_an_answer_reaches_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_file(*_: object, **__: object) -> None:
        raise AssertionError("a temporary file")

    monkeypatch.setattr("tempfile.TemporaryFile", no_file)
    body = b"x" * MOST

    def much(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        assert "rb" not in str(type(environ["wsgi.input"]))
        parts = [environ["wsgi.input"].read() * 200]
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(parts[0])))])
        return parts

    with Loop(much) as loop, loop.client(posted(body, b"Connection: close")) as one:
        time.sleep(0.3)
        received = until_closed(one)

    assert received.endswith(b"\r\n\r\n" + body * 200)


def test_a_client_that_says_it_goes_through_a_proxy_is_not_believed() -> None:
    seen: list[WSGIEnvironment] = []

    def look(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        seen.append(environ)
        return echo(environ, start_response)

    forged = (b"X-Forwarded-For: 203.0.113.7", b"X-Forwarded-Proto: https", b"Connection: close")
    with Loop(look) as loop, loop.client(posted(b"", *forged)) as one:
        until_closed(one)

    assert seen[0]["REMOTE_ADDR"] == "127.0.0.1"
    assert seen[0]["wsgi.url_scheme"] == "http"
    assert not [name for name in seen[0] if name.startswith("HTTP_X_FORWARDED")]


def test_at_the_limit_the_oldest_that_is_not_whole_gives_way() -> None:
    with Loop(echo, 2) as loop, loop.client(HEAD) as first, loop.client(HEAD) as second:
        time.sleep(0.1)
        with loop.client(posted(b"whole", b"Connection: close")) as third:
            assert until_closed(third).endswith(b"\r\n\r\nwhole")
        assert until_closed(first) == b""
        second.sendall(b"Content-Length: 1\r\nConnection: close\r\n\r\nx")
        assert until_closed(second).endswith(b"\r\n\r\nx")


@pytest.mark.parametrize("most", [1, 10], ids=["to make room", "for its silence"])
def test_who_comes_when_another_is_ended_is_not_taken_for_it(most: int) -> None:
    loop = Loop(echo, most)

    with loop.client() as silent:
        loop.step(3)
        for connection in loop.listener.active_channels.values():
            connection.creation_time -= 100
        silent.sendall(b"GET ")
        with loop.client(posted(b"whole", b"Connection: close")) as one:
            loop.listener.next_channel_cleanup = 0
            loop.step(5)
            with loop:
                received = until_closed(one)
        assert until_closed_or_reset(silent) == b""

    assert received.endswith(b"\r\n\r\nwhole")


def test_what_came_while_the_process_was_held_up_is_read_before_anybody_is_found_slow() -> None:
    loop = Loop(echo)

    with loop.client() as one:
        loop.step(3)
        one.sendall(posted(b"whole", b"Connection: close"))
        for connection in loop.listener.active_channels.values():
            connection.creation_time -= 100
        loop.listener._looked_at -= 100
        loop.listener.next_channel_cleanup = 0
        with loop:
            received = until_closed_or_reset(one)

    assert received.endswith(b"\r\n\r\nwhole")


def test_after_a_pause_who_says_nothing_is_ended_all_the_same() -> None:
    loop = Loop(echo)

    with loop.client() as silent:
        loop.step(3)
        for connection in loop.listener.active_channels.values():
            connection.creation_time -= 100
        for _ in range(2):
            loop.listener._looked_at -= 100
            loop.listener.next_channel_cleanup = 0
            loop.step()
        received = until_closed_or_reset(silent)
        loop.listener.close()

    assert received == b""


def test_who_asks_much_ahead_of_the_answers_is_cut_off() -> None:
    with Loop(echo) as loop, loop.client(posted(b"x") * 1000) as one:
        received = until_closed_or_reset(one)

    assert received.count(b"HTTP/1.1 200") < 1000


def until_closed_or_reset(one: socket.socket) -> bytes:
    received = b""
    try:
        while chunk := one.recv(65536):
            received += chunk
    except ConnectionResetError:
        pass
    return received


def test_requests_ahead_in_a_small_number_are_answered_in_their_order() -> None:
    with (
        Loop(echo) as loop,
        loop.client(posted(b"a") + posted(b"b") + posted(b"c", b"Connection: close")) as one,
    ):
        parts = until_closed(one).split(b"\r\n\r\n")

    assert [part[:1] for part in parts[1:]] == [b"a", b"b", b"c"]


def test_a_client_that_asks_first_is_told_to_go_on() -> None:
    with Loop(echo) as loop, loop.client(HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n") as one:
        told = one.recv(100)
        one.sendall(b"ab")
        answer = one.recv(65536)

    assert told == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answer.startswith(b"HTTP/1.1 200")


def test_the_offer_of_another_protocol_is_passed_over() -> None:
    offer = (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c")
    with Loop(echo) as loop, loop.client(posted(b"abcd", *offer) + posted(b"e", b"Connection: close")) as one:
        first, _, rest = until_closed(one).partition(b"abcd")

    assert first.startswith(b"HTTP/1.1 200")
    assert rest.endswith(b"\r\n\r\ne")


def test_a_header_with_an_underscore_cannot_pass_for_one_with_a_hyphen() -> None:
    with Loop(echo) as loop, loop.client(posted(b"ab", b"Content_Length: 9", b"Connection: close")) as one:
        assert until_closed(one).endswith(b"\r\n\r\nab")


def test_what_is_held_of_bodies_that_are_not_whole_is_bounded() -> None:
    part = HEAD + b"Content-Length: %d\r\n\r\n" % MOST + b"x" * (MOST - 1)

    with Loop(echo) as loop, ExitStack() as open_ones:
        clients = [open_ones.enter_context(loop.client(part)) for _ in range(12)]
        refused, _, _ = select.select(clients, [], [], 10)
        while len(refused) < 4:
            refused, _, _ = select.select(clients, [], [], 10)
        assert all(refusal(until_closed(one), 503) for one in refused)
        held = sum(map(Connection.bytes_held, loop.listener.active_channels.values()))

    assert len(refused) == 4
    assert held == 8 * (MOST - 1)


def test_told_to_stop_it_answers_what_is_whole_and_says_that_it_closes() -> None:
    def slow(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        time.sleep(0.3)
        return echo(environ, start_response)

    with (
        Loop(slow) as loop,
        loop.client(posted(b"first") + posted(b"last")) as one,
        loop.client(HEAD) as half,
    ):
        time.sleep(0.1)
        loop.listener.stop()
        loop.listener.end_all(lambda one: not one.requests)
        assert until_closed(half) == b""
        _, first, last = until_closed(one).split(b"HTTP/1.1 200")

    assert first.endswith(b"\r\n\r\nfirst")
    assert b"Connection: close" in last
    assert last.endswith(b"\r\n\r\nlast")


def test_told_to_stop_it_answers_once_more_over_a_connection_that_is_kept() -> None:
    with Loop(echo) as loop, loop.client(posted(b"first")) as one:
        received = b""
        while not received.endswith(b"first"):
            received += one.recv(65536)
        loop.listener.stop()
        one.sendall(posted(b"last"))
        answer = until_closed(one)

    assert b"Connection: close" in answer
    assert answer.endswith(b"last")


def test_told_to_stop_it_takes_who_waits_to_be_taken_and_nobody_else() -> None:
    with Loop(echo) as loop:
        loop.listener.accepting = False
        with loop.client(posted(b"waits", b"Connection: close")) as one:
            loop.listener.stop()
            assert until_closed(one).endswith(b"waits")
        with pytest.raises(ConnectionRefusedError), loop.client():
            pass


def test_no_setting_of_waitress_is_left_to_say_who_serves() -> None:
    with Loop(echo) as loop, loop.client(posted(b"", b"Connection: close")) as one:
        assert b"waitress" not in until_closed(one).lower()
