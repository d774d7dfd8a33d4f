"""Each token once: in the shared store, and in this process's memory where the store does not answer."""

import logging
from collections.abc import Callable
from threading import Lock
from typing import Final

from cds_service.errors import Unavailable
from cds_service.settings import WhenStoreIsDown

MOST_REMEMBERED: Final = 100_000
"""Tokens of the last 16 minutes that a process remembers: about 100 a second."""

SECONDS_BETWEEN_SWEEPS: Final = 60
SECONDS_BETWEEN_WARNINGS: Final = 60
_LOG = logging.getLogger(__name__)
Add = Callable[[bytes, int], bool]
"""Keeps an id until a second since 1970; False where it was there. Raises Unavailable."""


class Replays:
    """The tokens that were seen; may be used by many threads.

    What this process has seen it remembers in any case, so that a store which goes away forgets little.
    """

    def __init__(self, add: Add, *, when_down: WhenStoreIsDown, now: Callable[[], float]) -> None:
        self._add, self._when_down, self._now = add, when_down, now
        self._lock = Lock()
        self._seen: dict[bytes, int] = {}
        self._swept_at = self._warned_at = -float("inf")
        self.remembered_alone = 0
        """How many tokens were accepted without the store since the process began."""

    def is_first_use(self, token_id: bytes, seen_until: int) -> bool:
        """Whether a token was never seen; from now on it was.

        Raises Unavailable where that cannot be told: the store is down, and the site prefers to refuse, or
        the memory is full.
        """
        if not self._remembers_now(token_id, seen_until):
            return False
        try:
            return self._add(token_id, seen_until)
        except Unavailable:
            self._go_on_without(token_id)
            return True

    def _remembers_now(self, token_id: bytes, seen_until: int) -> bool:
        with self._lock:
            self._sweep()
            if token_id in self._seen:
                return False
            if len(self._seen) < MOST_REMEMBERED:
                self._seen[token_id] = seen_until
            return True

    def _sweep(self) -> None:
        now = self._now()
        if now - self._swept_at >= SECONDS_BETWEEN_SWEEPS:
            self._swept_at = now
            self._seen = {seen: until for seen, until in self._seen.items() if until > now}

    def _go_on_without(self, token_id: bytes) -> None:
        """Raises Unavailable where the token is neither stored nor remembered, or may not be."""
        with self._lock:
            is_refused = self._when_down == "refuse" or token_id not in self._seen
            if is_refused:
                self._seen.pop(token_id, None)
            else:
                self.remembered_alone += 1
            self._warn(is_refused=is_refused)
        if is_refused:
            raise Unavailable(
                "Whether this token was used before cannot be told for now; send a new one later."
            )

    def _warn(self, *, is_refused: bool) -> None:
        now = self._now()
        if now - self._warned_at >= SECONDS_BETWEEN_WARNINGS:
            self._warned_at = now
            done = "refused" if is_refused else "remembered by each process alone"
            _LOG.warning("store of seen tokens is down: tokens are %s (%d)", done, self.remembered_alone)
