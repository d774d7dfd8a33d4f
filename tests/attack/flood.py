"""A small load generator of garbage: `python -m tests.attack.flood PORT SECONDS SEED`.

It keeps sockets open from another address of this machine, writes into each as much as it takes, reads
nothing but what is needed to be written to, and opens anew what is closed; it prints what it did.
"""

import json
import random
import selectors
import socket
import sys
import time
from typing import Final

from tests.attack.calling import BODY, PATH
from tests.attack.crowd import HERE, other_host
from tests.attack.framings import FRAMINGS

SOCKETS: Final = 40
PIECE: Final = 65_536


def whole(body: bytes, *headers: str) -> bytes:
    lines = [f"POST {PATH} HTTP/1.1", "Host: h", "Content-Type: application/json", *headers]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def garbage(chance: random.Random) -> list[bytes]:
    """What is sent: bytes by chance, HTTP that is none, JSON that is none, JSON that means nothing."""
    damaged = bytearray(BODY)
    for _ in range(20):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    return [
        *(chance.randbytes(size) for size in (10, 1_000, 60_000)),
        *(b"\r\n".join(chance.randbytes(40) for _ in range(50)) for _ in range(5)),
        *(whole(chance.randbytes(size)) for size in (0, 100, 10_000, 500_000)),
        *(whole(BODY[: chance.randrange(len(BODY))]) for _ in range(10)),
        whole(bytes(damaged)),
        whole(b"[" * 100_000),
        whole(b'{"a":' * 50_000),
        whole(json.dumps({"hook": "x" * 400_000}).encode()),
        whole(BODY, "Authorization: Bearer " + "x." * 5_000),
        whole(BODY)[:-1],
        b"GET /" + chance.randbytes(30).hex().encode() + b" HTTP/1.1\r\nHost: h\r\n\r\n",
        *(sent for sent, _ in FRAMINGS.values()),
    ]


class Flood:
    """The sockets of one process and what is left to send on each."""

    def __init__(self, port: int, seed: int) -> None:
        self.sent = self.connections = self.answers = 0
        self._port, self._host = port, other_host()
        self._chance = random.Random(seed)
        self._garbage = garbage(self._chance)
        self._selector = selectors.DefaultSelector()
        self._left: dict[socket.socket, bytes] = {}

    def run(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            while len(self._left) < SOCKETS:
                self._open()
            for key, events in self._selector.select(0.1):
                one = key.fileobj
                assert isinstance(one, socket.socket)
                self._attend(one, events)

    def _open(self) -> None:
        one = socket.socket()
        one.bind((self._host, 0))
        one.setblocking(False)
        one.connect_ex((HERE, self._port))
        self.connections += 1
        self._left[one] = b""
        self._selector.register(one, selectors.EVENT_READ | selectors.EVENT_WRITE)

    def _attend(self, one: socket.socket, events: int) -> None:
        try:
            if events & selectors.EVENT_READ:
                received = one.recv(PIECE)
                self.answers += received.count(b"HTTP/1.1 ")
                if not received:
                    raise ConnectionResetError
            if events & selectors.EVENT_WRITE:
                left = self._left[one] or self._chance.choice(self._garbage)
                count = one.send(left[:PIECE])
                self.sent += count
                self._left[one] = left[count:]
        except BlockingIOError:
            pass
        except OSError:
            self._selector.unregister(one)
            one.close()
            del self._left[one]


def main(port: int, seconds: float, seed: int) -> None:
    flood = Flood(port, seed)
    flood.run(seconds)
    print(json.dumps({"bytes": flood.sent, "connections": flood.connections, "answers": flood.answers}))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
