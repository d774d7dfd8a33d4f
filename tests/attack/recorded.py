"""A few callers who ask and answer without end, and what of it stands in the record afterwards."""

import http.client
import json
import os
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
import sqlalchemy
from sqlalchemy import NullPool, create_engine, text

from tests.attack.calling import BODY, PATH

SECONDS: Final = float(os.environ.get("OUTAGE_SECONDS", "2"))
"""How long an outage lasts, and each round before a kill; as long as `make trial` asks for."""

CALLERS: Final = 4
SECONDS_BETWEEN_CALLS: Final = 0.05
SECONDS_TO_DRAIN: Final = 120


@dataclass
class Figures:
    """What callers sent, and what they were told."""

    sent: int = 0
    waits: list[float] = field(default_factory=list)
    instances: set[str] = field(default_factory=set)
    cards: set[str] = field(default_factory=set)
    feedback: Counter[int] = field(default_factory=Counter)
    feedback_kept: set[str] = field(default_factory=set)
    refused: Counter[int] = field(default_factory=Counter)
    spooled: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note_spooled(self, spool: Path, *urls: str) -> None:
        """Remember what waits in the spool now and is not in a database yet."""
        self.spooled |= in_spool(spool) - set(stored(urls).instances)

    def require_all_there(self, what: str, *urls: str) -> None:
        """Print the figures; nothing that was answered is lost, and nothing is there twice."""
        there = stored(urls)
        lost = self.instances - set(there.instances), self.cards - set(there.cards)
        feedback_lost = self.feedback_kept - set(there.feedback)
        twice = [key for counts in there for key, count in counts.items() if count > 1]
        print(
            f"\n{what}: {self.sent} requests sent, {len(self.instances)} answered (longest wait "
            f"{max(self.waits):.2f} s), {len(there.instances)} stored, {len(self.spooled)} found in "
            f"the spool, {len(self.spooled & set(there.instances))} of them replayed; lost "
            f"{len(lost[0])} and {len(lost[1])} cards; feedback {dict(self.feedback)}, "
            f"lost {len(feedback_lost)}; duplicated {len(twice)}; other answers {dict(self.refused)}"
        )
        assert self.instances
        assert not lost[0]
        assert not lost[1]
        assert not feedback_lost
        assert not twice
        assert not self.refused


class Callers:
    """Threads that ask for advice on orders of their own, and answer each card."""

    def __init__(self, port: int, figures: Figures) -> None:
        self._port, self._figures = port, figures
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=self._call) for _ in range(CALLERS)]

    def __enter__(self) -> "Callers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _call(self) -> None:
        while not self._is_over.wait(SECONDS_BETWEEN_CALLS):
            try:
                self._ask()
            except (OSError, http.client.HTTPException):
                continue  # killed before it answered

    def _ask(self) -> None:
        instance, figures = str(uuid.uuid4()), self._figures
        order = BODY.replace(b"ct-without-contrast-order", instance.encode())
        body = json.dumps({**json.loads(order), "hookInstance": instance}).encode()
        with figures.lock:
            figures.sent += 1
        began = time.monotonic()
        status, answer = posted(self._port, PATH, body)
        with figures.lock:
            if status != 200:
                figures.refused[status] += 1
                return
            figures.waits.append(time.monotonic() - began)
            figures.instances.add(instance)
            figures.cards.update(card["uuid"] for card in answer["cards"])
        for card in answer["cards"]:
            self._answer(card["uuid"])

    def _answer(self, card: str) -> None:
        item = {"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-11-24T10:05:31Z"}
        status, _ = posted(self._port, f"{PATH}/feedback", json.dumps({"feedback": [item]}).encode())
        with self._figures.lock:
            self._figures.feedback[status] += 1
            if status == 200:
                self._figures.feedback_kept.add(card)


@dataclass
class Stored:
    """How often each key stands in the record."""

    instances: Counter[str] = field(default_factory=Counter)
    cards: Counter[str] = field(default_factory=Counter)
    feedback: Counter[str] = field(default_factory=Counter)

    def __iter__(self) -> Iterator[Counter[str]]:
        return iter((self.instances, self.cards, self.feedback))


def posted(port: int, path: str, body: bytes) -> tuple[int, Any]:
    """Status and body of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def stored(urls: Sequence[str]) -> Stored:
    """What stands in the databases together."""
    there = Stored()
    for url in urls:
        with connected(url) as connection:
            for counts, column in zip(there, ("hook_instance", "uuid", "card"), strict=True):
                table = {"hook_instance": "consultations", "uuid": "cards", "card": "feedback"}[column]
                counts.update(connection.execute(text(f"SELECT {column} FROM {table}")).scalars())
    return there


@contextmanager
def connected(url: str) -> Iterator[sqlalchemy.Connection]:
    """A connection of ours."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def in_spool(spool: Path) -> set[str]:
    """The hookInstance of each whole row that waits."""
    found: set[str] = set()
    for file in spool.glob("*.spool"):
        try:
            lines = file.read_bytes().split(b"\n")
        except FileNotFoundError:
            continue
        for line in lines[:-1]:
            found.update(row[3] for row in msgspec.json.decode(line[18:]))
    return found


def wait_until_drained(spool: Path) -> None:
    """Until nothing waits in the spool any more."""
    until = time.monotonic() + SECONDS_TO_DRAIN
    while any(in_file(file) for file in spool.glob("*.spool")):
        assert time.monotonic() < until, list(spool.iterdir())
        time.sleep(0.1)


def in_file(file: Path) -> int:
    """Bytes; none where it was just removed."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0
