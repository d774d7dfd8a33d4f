"""The load client: raw sockets and prebuilt bytes, so that it costs little beside what it measures."""

import re
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

ADDRESS: Final = "/cds-services/hemoptysis-imaging-order-select"
SECONDS_TO_WAIT: Final = 30
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSES: Final = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_RECEIVED_AT_ONCE: Final = 262_144


@dataclass(frozen=True, slots=True)
class Measured:
    """The seconds that each answered request took, and those that all took together."""

    latencies: tuple[float, ...]
    seconds: float


def request_bytes(body: bytes, *, kept: bool, address: str = ADDRESS) -> bytes:
    """A whole HTTP request with this body; `kept`: whether the connection is to stay."""
    connection = "keep-alive" if kept else "close"
    head = (
        f"POST {address} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: {connection}\r\n"
        f"Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body


def load(
    port: int, messages: Sequence[bytes], *, requests: int, connections: int = 1, kept: bool = False
) -> Measured:
    """Send whole HTTP requests in turn until so many are answered, on so many connections at a time.

    A new connection is made for each request unless `kept` and the server leaves it open; its making and
    the whole answer are in the time of the request. Raises RuntimeError for an answer that is not 200.
    """
    latencies: list[float] = []
    faults: list[Exception] = []
    numbers = count()

    def one_client() -> None:
        send = _kept(port) if kept else _new(port)
        while not faults and (number := next(numbers)) < requests:
            started = time.perf_counter()
            try:
                answer = send(messages[number % len(messages)])
            except (OSError, RuntimeError) as fault:
                faults.append(fault)
                return
            latencies.append(time.perf_counter() - started)
            if not answer.startswith(b"HTTP/1.1 200"):
                faults.append(RuntimeError(f"not answered with 200: {answer[:200]!r}"))

    clients = [threading.Thread(target=one_client) for _ in range(connections)]
    started = time.perf_counter()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    if faults:
        raise RuntimeError(f"the load was not answered at port {port}") from faults[0]
    return Measured(tuple(latencies), time.perf_counter() - started)


def _new(port: int) -> Callable[[bytes], bytes]:
    def send(message: bytes) -> bytes:
        with _connected(port) as connection:
            connection.sendall(message)
            return _answer(connection)

    return send


def _kept(port: int) -> Callable[[bytes], bytes]:
    """One connection for all requests, or for as many as the server leaves it open."""
    connection: socket.socket | None = None

    def send(message: bytes) -> bytes:
        nonlocal connection
        current = connection or _connected(port)
        current.sendall(message)
        answer = _answer(current)
        connection = None if _CLOSES.search(answer) else current
        if connection is None:
            current.close()
        return answer

    return send


def _connected(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=SECONDS_TO_WAIT)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _answer(connection: socket.socket) -> bytes:
    """One answer, as far as its announced length."""
    received = connection.recv(_RECEIVED_AT_ONCE)
    while (end := received.find(b"\r\n\r\n")) < 0:
        received += _more(connection)
    length = _LENGTH.search(received, 0, end + 2)
    if length is None:
        raise RuntimeError("the answer announces no length")
    while len(received) < end + 4 + int(length[1]):
        received += _more(connection)
    return received


def _more(connection: socket.socket) -> bytes:
    chunk = connection.recv(_RECEIVED_AT_ONCE)
    if not chunk:
        raise RuntimeError("the connection ended within the answer")
    return chunk
