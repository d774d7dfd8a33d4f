"""The key sets that clients publish: fetched, kept, and fetched anew in the background, seldom."""

import logging
import os
import time
from collections import Counter
from collections.abc import Callable
from threading import BoundedSemaphore, Event, Lock, Thread
from typing import Final, Literal, TypeAlias

from cds_service.errors import Unavailable
from cds_service.outbound.answers import CallFailed
from cds_service.trust.keys import KeySet, Verifier, keys_from

SECONDS_FRESH: Final = 300
"""Keys older than this are fetched anew, while requests go on with the old ones."""

SECONDS_KEPT: Final = 24 * 3600
"""How long keys are good for after the endpoint last gave them."""

SECONDS_BETWEEN_FETCHES: Final = 10
SECONDS_TO_WAIT: Final = 2.5
"""How long a request waits for keys; a little more than a fetch may take."""

MOST_WAITING: Final = 4
"""Requests of a process that may wait for keys at once: the other half of its threads goes on answering."""

_LOG = logging.getLogger(__name__)
KeyFetch: TypeAlias = Literal["fetched", "unusable", "failed"]
"""What became of a fetch of keys: there are some, none that can be used, no answer."""

Clock = Callable[[], float]
Read = Callable[[str], bytes]
"""What gives the body at a URL, or raises CallFailed."""


class _Flight:
    """One fetch that is under way."""

    __slots__ = ("began", "ended")

    def __init__(self, began: float) -> None:
        self.began, self.ended = began, Event()


class FetchedKeys:
    """The key set at one URL, in one process; may be used by many threads."""

    def __init__(self, url: str, read: Read, *, waiting: BoundedSemaphore, clock: Clock) -> None:
        self._url, self._read, self._waiting, self._clock = url, read, waiting, clock
        self._lock = Lock()
        self._keys, self._fetched_at = KeySet(), -float("inf")
        self._tried_at = -float("inf")
        self._flight: _Flight | None = None
        self.fetches: Counter[KeyFetch] = Counter()
        """What became of its fetches since the process began; there is one at a time."""

    def verifier(self, kid: str, algorithm: str) -> Verifier | None:
        """What verifies by this key, or None where the client has no such key for this algorithm.

        Raises Unavailable where that cannot be told for now.
        """
        found = self._in_force().verifier(kid, algorithm)
        if found is None:
            self._await(self._begin())
            return self._known().verifier(kid, algorithm)
        if self._clock() - self._fetched_at > SECONDS_FRESH:
            self._begin()
        return found

    def _in_force(self) -> KeySet:
        return self._keys if self._clock() - self._fetched_at <= SECONDS_KEPT else KeySet()

    def _known(self) -> KeySet:
        keys = self._in_force()
        if not keys.size:
            raise _no_keys()
        return keys

    def _begin(self) -> _Flight | None:
        """A fetch that is under way, begun now unless one was in the last seconds; else None."""
        with self._lock:
            now = self._clock()
            if self._flight is None and now - self._tried_at >= SECONDS_BETWEEN_FETCHES:
                self._tried_at = now
                self._flight = self._started(_Flight(now))
            return self._flight

    def _started(self, flight: _Flight) -> _Flight | None:
        try:
            Thread(target=self._fetch, args=(flight,), name="key-set", daemon=True).start()
        except RuntimeError:  # the machine gives no more threads
            return None
        return flight

    def _await(self, flight: _Flight | None) -> None:
        """CAUTION: a fetch that hangs in a name server is not waited for again and again."""
        if flight is None:
            return
        seconds = flight.began + SECONDS_TO_WAIT - self._clock()
        if seconds <= 0:
            return
        if not self._waiting.acquire(blocking=False):
            raise _no_keys()
        try:
            flight.ended.wait(seconds)
        finally:
            self._waiting.release()

    def _fetch(self, flight: _Flight) -> None:
        try:
            self._take(self._read(self._url))
        except CallFailed as failed:
            self.fetches["failed"] += 1
            _LOG.warning("keys of %s not fetched: %s", self._url, failed.failure)
        finally:
            with self._lock:
                self._flight = None
            flight.ended.set()

    def _take(self, body: bytes) -> None:
        """CAUTION: an answer without a usable key is an outage, and takes no key away."""
        read = keys_from(body)
        for fault in read.faults:
            _LOG.warning("keys of %s: %s", self._url, fault)
        self.fetches["fetched" if read.keys.size else "unusable"] += 1
        if read.keys.size:
            self._keys, self._fetched_at = read.keys, self._clock()


class KeySets:
    """The fetched key sets by URL; may be made before a fork, each process fetches its own."""

    def __init__(self, read: Read, *, clock: Clock = time.monotonic) -> None:
        self._read, self._clock = read, clock
        self._lock = Lock()
        self._waiting: dict[int, BoundedSemaphore] = {}
        self._by_url: dict[tuple[int, str], FetchedKeys] = {}

    def at(self, url: str) -> FetchedKeys:
        """The key set at a URL, for this process."""
        key = (os.getpid(), url)
        found = self._by_url.get(key)
        if found is None:
            with self._lock:
                waiting = self._waiting.setdefault(key[0], BoundedSemaphore(MOST_WAITING))
                made = FetchedKeys(url, self._read, waiting=waiting, clock=self._clock)
                found = self._by_url.setdefault(key, made)
        return found


def _no_keys() -> Unavailable:
    return Unavailable("The keys of this client cannot be fetched for now; send it again later.")
