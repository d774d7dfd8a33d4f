"""Clients that ask without end over connections they keep, and count every request and what became of it."""

import http.client
import json
import ssl
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.attack.calling import BODY, PATH

ORDER: Final = b"ct-without-contrast-order"
JSON: Final = {"Content-Type": "application/json"}
SECONDS: Final = 30


@dataclass
class Figures:
    """What was sent, what was answered, and what failed without an answer."""

    sent: int = 0
    answered: Counter[int] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    sources: set[str] = field(default_factory=set)
    instances: set[str] = field(default_factory=set)
    feedback_kept: set[str] = field(default_factory=set)
    slowest: float = 0

    def __str__(self) -> str:
        return (
            f"sent {self.sent}, answered {dict(self.answered)}, failed {dict(self.failed) or 0}, "
            f"refusals {dict(self.refusals) or 0}, "
            f"slowest {self.slowest:.2f} s, feedback accepted {len(self.feedback_kept)}"
        )


class Load:
    """Callers at these ports in turn, each with a connection that it keeps; they stop at the end."""

    def __init__(
        self,
        *ports: int,
        callers: int = 4,
        tls: ssl.SSLContext | None = None,
        headers: Callable[[], dict[str, str]] = dict,
        with_feedback: bool = False,
    ) -> None:
        self.figures = Figures()
        self._tls, self._headers, self._with_feedback = tls, headers, with_feedback
        self._is_over, self._lock = threading.Event(), threading.Lock()
        each = [ports[number % len(ports)] for number in range(callers)]
        self._threads = [threading.Thread(target=self._call, args=(port,)) for port in each]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, further: int) -> None:
        """Until so many more were answered."""
        until, wanted = time.monotonic() + SECONDS, self.figures.answered.total() + further
        while self.figures.answered.total() < wanted:
            assert time.monotonic() < until, self.figures
            time.sleep(0.01)

    def _call(self, port: int) -> None:
        connection = connection_to(port, self._tls)
        while not self._is_over.is_set():
            instance = str(uuid.uuid4())
            body = {**json.loads(BODY.replace(ORDER, instance.encode())), "hookInstance": instance}
            answer = self._posted(connection, PATH, body)
            if answer is None:
                continue
            with self._lock:
                self.figures.instances.add(instance)
                self.figures.sources.update(card["source"]["label"] for card in answer["cards"])
            for card in answer["cards"] if self._with_feedback else ():
                if self._posted(connection, f"{PATH}/feedback", overridden(card["uuid"])) is not None:
                    with self._lock:
                        self.figures.feedback_kept.add(card["uuid"])
        connection.close()

    def _posted(self, connection: http.client.HTTPConnection, path: str, body: Any) -> Any:
        """The answer; None where there is none or it is no 200, which is counted."""
        began = time.monotonic()
        with self._lock:
            self.figures.sent += 1
        try:
            connection.request("POST", path, json.dumps(body), {**JSON, **self._headers()})
            response = connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            with self._lock:
                self.figures.failed[type(error).__name__] += 1
            return None
        with self._lock:
            self.figures.answered[response.status] += 1
            if response.status != 200:
                self.figures.refusals[answer["issue"][0]["diagnostics"]] += 1
            self.figures.slowest = max(self.figures.slowest, time.monotonic() - began)
        return answer if response.status == 200 else None


def connection_to(port: int, tls: ssl.SSLContext | None = None) -> http.client.HTTPConnection:
    """A connection to this machine that is kept."""
    if tls is not None:
        return http.client.HTTPSConnection("127.0.0.1", port, timeout=SECONDS, context=tls)
    return http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)


def overridden(card: str) -> dict[str, object]:
    """Feedback by which a card was turned down."""
    item = {"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-11-24T10:05:31Z"}
    return {"feedback": [item]}


def statuses(port: int, count: int = 12) -> Sequence[Any]:
    """What `/status` says, often enough that each of two processes answers."""
    found = []
    for _ in range(count):
        connection = connection_to(port)
        connection.request("GET", "/status")
        found.append(json.loads(connection.getresponse().read()))
        connection.close()
    return found


def until_all(port: int, is_so: Callable[[Any], bool]) -> Sequence[Any]:
    """The statuses, once all processes that answered say so."""
    until = time.monotonic() + SECONDS
    while not all(map(is_so, found := statuses(port))):
        assert time.monotonic() < until, found[-1]
        time.sleep(0.05)
    return found
