"""Connections as waitress reads them, and what it leaves open: deadlines, limits, refusals in our shape.

One thread of waitress reads all sockets of a process and hands over whole requests, so that clients that are
silent or slow hold none of the threads that answer.
"""

import logging
import select
import socket
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import Lock
from typing import Any, Final, cast
from wsgiref.types import WSGIApplication

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher
from waitress.wasyncore import dispatcher as Dispatcher  # noqa: N812 - it is a class

from cds_service.cli.parser import Refusal, RequestParser, adjustments, error_with
from cds_service.records.sql.faults import OnceAMinute
from cds_service.settings import Settings
from cds_service.telemetry.meter import Meter
from cds_service.telemetry.metrics import REFUSALS
from cds_service.trust.limits import address_to_limit

SECONDS_FOR_A_HEAD: Final = 5
SECONDS_FOR_A_BODY: Final = 10
SECONDS_UNTIL_THE_NEXT_REQUEST: Final = 75
SECONDS_TO_TAKE_AN_ANSWER: Final = 10
SECONDS_TO_TAKE_A_REFUSAL: Final = 2
MOST_CONNECTIONS: Final = 1000
MOST_REQUESTS_AHEAD: Final = 16
"""Requests that may wait behind the one that is answered; who sends more does not wait for answers."""

_BODIES_HELD: Final = 8
"""How many bodies of the largest size may be held at once by requests that are not whole yet."""

_SECONDS_OF_A_PAUSE: Final = 3
_TAKEN_AT_ONCE: Final = 64
_LARGE_BODY: Final = 262_144
"""Bytes of a body from which the memory that it took is worth giving back to the system."""

_LOG = logging.getLogger(__name__)


class Connection(HTTPChannel):
    """One connection of a client, held to deadlines for all of a head and all of a body."""

    parser_class = RequestParser
    error_task_class = Refusal
    requests: list[HTTPRequestParser]
    server: "Listener"
    requests_lock: Lock
    _is_refused = False
    _awaits: object = None
    _began = 0.0
    _has_ended = False
    _is_discarding = False
    gives_way = False

    def __init__(self, server: "Listener", *arguments: Any, **more: Any) -> None:
        super().__init__(server, *arguments, **more)
        server.admit(self)

    def del_channel(self, *arguments: Any) -> None:
        """Be no longer attended to."""
        super().del_channel(*arguments)
        self.server.forget(self)

    def is_idle(self) -> bool:
        """Whether its last answer is sent and no next request has begun."""
        is_busy = self.requests or self.total_outbufs_len
        return self._awaits is not None and self.request is None and not is_busy

    def may_give_way(self) -> bool:
        """Whether the service waits for its client, and not the client for an answer."""
        return not (self.requests or self.gives_way)

    def bytes_held(self) -> int:
        """Of the body of a request that is not whole yet."""
        return self.request.body_bytes_received if self.request is not None else 0

    def waits_since(self) -> float:
        """Since when the service waits for what the client is to send or take."""
        if self.total_outbufs_len or self.is_idle():
            return self.last_activity
        return self._began or self.creation_time

    def is_overdue(self, now: float) -> bool:
        """Whether it has waited for too long."""
        is_answering = self.requests and not self.total_outbufs_len
        return not is_answering and now - self.waits_since() > self._seconds_allowed()

    def received(self, data: bytes) -> bool:
        """Take some bytes, and note when a request or its body began."""
        if self._is_discarding:
            return False
        is_taken = super().received(data)
        awaited = (self.request, self.request is not None and self.request.headers_finished)
        if awaited != self._awaits:
            self._awaits, self._began = awaited, time.time()
        if len(self.requests) > MOST_REQUESTS_AHEAD:
            self.close_now()
        return is_taken

    def handle_read(self) -> None:
        """Read; a client that has stopped sending in the midst of a request may still listen."""
        super().handle_read()
        if self._has_ended and not self.refuse(400):
            self.close_now()

    def handle_close(self) -> None:
        """End the connection, once the client has had the time to take a refusal.

        CAUTION: closed before all was read that a client sent, it loses the answer that it was sent.
        """
        if self.request is not None and not (self._has_ended or self.will_close or self.requests):
            self._has_ended = True
        elif self._is_refused and not self._is_discarding and self.connected:
            self._is_discarding, self.will_close, self._began = True, False, time.time()
            with suppress(OSError):
                cast(socket.socket, self.socket).shutdown(socket.SHUT_WR)
        else:
            super().handle_close()

    def close_now(self) -> None:
        """End the connection, whatever was to be sent."""
        super().handle_close()

    def refuse(self, code: int) -> bool:
        """Answer a request that is not whole with an error; False when none has begun."""
        with self.requests_lock:
            request = self.request
            if request is None or self.requests:
                return False
            request.error, request.completed = error_with(code), True
            self.connected = True
            self.request = None
            self.requests.append(request)
        self.server.add_task(self)  # type: ignore[arg-type] # the stub has it wrong
        return True

    def service(self) -> None:
        """Answer one request."""
        request = self.requests[0]
        self._is_refused = request.error is not None
        self.server.has_read_much |= request.body_bytes_received > _LARGE_BODY
        if self.server.is_stopping:
            request.headers = {**request.headers, "CONNECTION": "close"}
        super().service()

    def _seconds_allowed(self) -> float:
        if self._is_discarding:
            return SECONDS_TO_TAKE_A_REFUSAL
        if self.total_outbufs_len:
            return SECONDS_TO_TAKE_AN_ANSWER
        if self.request is not None and self.request.headers_finished:
            return SECONDS_FOR_A_BODY
        return SECONDS_UNTIL_THE_NEXT_REQUEST if self.is_idle() else SECONDS_FOR_A_HEAD


class Listener(TcpWSGIServer):
    """A listening socket and its connections; at a limit, of all or of one address, the oldest gives way."""

    channel_class = Connection
    active_channels: dict[int, Connection]  # type: ignore[assignment] # the stub has one of its values
    most_connections = MOST_CONNECTIONS
    meter = Meter({})  # until it is given that of the service
    is_stopping = False
    has_read_much = False
    """Whether a large body was read since this was last set back."""

    def __init__(
        self,
        application: WSGIApplication,
        listening: socket.socket,
        *,
        settings: Settings,
        dispatcher: ThreadedTaskDispatcher,
        sockets: dict[int, Dispatcher],
    ) -> None:
        self.origins_of_refusals = settings.cors_origins if len(settings.cors_origins) == 1 else ()
        self._ending: list[Connection] = []
        self._leaving: dict[str, list[Connection]] = {}  # by address, empty for all
        self._most_held = _BODIES_HELD * settings.max_body_bytes
        self._settings = settings
        self._by_address: defaultdict[str, set[Connection]] = defaultdict(set)
        self._given_way, self._is_warning_due = 0, OnceAMinute().is_due
        self._looked_at, self._is_back = time.time(), False
        super().__init__(
            application,
            map=sockets,  # type: ignore[arg-type] # the stub has it wrong
            _sock=listening,
            dispatcher=dispatcher,
            adj=adjustments(settings),
            sockinfo=(listening.family, listening.type, listening.proto, listening.getsockname()),
            bind_socket=False,
        )

    def readable(self) -> bool:
        """Whether there is a place for the next connection, or one that gives it up."""
        held = self.active_channels.values()
        has_place = len(held) < self.most_connections or any(map(Connection.may_give_way, held))
        return super().readable() and has_place

    def handle_accept(self) -> None:
        """Take a connection, and go on while each takes another's place, so that no flood is waited for."""
        at_once = min(_TAKEN_AT_ONCE, self.most_connections // 4 + 1)  # those that gave way are still open
        for _ in range(at_once):
            given_way = len(self._ending)
            super().handle_accept()
            if len(self._ending) == given_way:
                break

    def admit(self, newcomer: Connection) -> None:
        """Make room for a connection that was taken, among all and among those of its address."""
        if len(self.active_channels) - len(self._ending) > self.most_connections:
            others = (one for one in self.active_channels.values() if one is not newcomer)
            self._end(self._longest_waiting(others, among=""))
        most, address = self._settings.connections_per_address, self._address_of(newcomer)
        if most is None or not address:
            return
        if len(self._by_address[address]) >= most:
            self._given_way += 1
            self._end(self._longest_waiting(self._by_address[address], among=address) or newcomer)
        if not newcomer.gives_way:
            self._by_address[address].add(newcomer)

    def _longest_waiting(self, connections: Iterable[Connection], *, among: str) -> Connection | None:
        """One after another, idle ones last; they are sorted once in each turn of the loop."""
        if not self._leaving.get(among):
            waiting = filter(Connection.may_give_way, connections)
            longest_last = sorted(waiting, key=lambda one: (one.is_idle(), one.waits_since()), reverse=True)
            self._leaving[among] = longest_last
        return self._leaving[among].pop() if self._leaving[among] else None

    def forget(self, connection: Connection) -> None:
        """Count a connection no longer."""
        address = self._address_of(connection)
        self._by_address[address].discard(connection)
        if not self._by_address[address]:
            del self._by_address[address]

    def _end(self, connection: Connection | None, why: str = "connections") -> None:
        if connection is not None and not connection.gives_way:
            self.meter.count(REFUSALS, why)  # one that was idle is not turned away, and not counted
            connection.gives_way = True
            self._ending.append(connection)
            self.forget(connection)

    def _address_of(self, connection: Connection) -> str:
        return address_to_limit(str(connection.addr[0]), self._settings.trusted_proxies)

    def maintenance(self, now: float) -> None:
        """About once a second: end what has taken too long, and bound what is held."""
        self._is_back = now - self._looked_at > _SECONDS_OF_A_PAUSE and not self._is_back
        self._looked_at = now
        if self._is_back:  # CAUTION: what came during the pause has yet to be read
            return
        if self._given_way and self._is_warning_due():
            _LOG.warning("connections ended count=%d: CDS_CONNECTIONS_PER_ADDRESS", self._given_way)
            self._given_way = 0
        connections = list(self.active_channels.values())
        for connection in connections:
            if connection.is_overdue(now) and not connection.refuse(408):
                self._end(connection, "idle" if connection.is_idle() else "silent")
        held = sum(connection.bytes_held() for connection in connections)
        for connection in sorted(connections, key=Connection.bytes_held, reverse=True):
            size = connection.bytes_held()
            if held > self._most_held and connection.refuse(503):
                held -= size

    def end_connections(self) -> None:
        """End those whose time has come; to be called whenever waitress has attended to the sockets.

        CAUTION: not while it does: the next connection gets the number of one that was ended.
        """
        for connection in self._ending:
            connection.close_now()
        self._ending.clear()
        self._leaving.clear()

    def stop(self) -> None:
        """Take the connections that wait, and no more; CAUTION: what waits when the socket ends is reset."""
        self.is_stopping, waiting = True, select.poll()
        waiting.register(cast(socket.socket, self.socket), select.POLLIN)
        for _ in range(MOST_CONNECTIONS):
            if waiting.poll(0):
                super().handle_accept()
        Dispatcher.close(self)

    def end_all(self, which: Callable[[Connection], object]) -> None:
        """End the connections that are so."""
        for connection in filter(which, list(self.active_channels.values())):
            connection.close_now()
