"""What is said of a database that fails: once a minute in each process, and only the kind of the error."""

import logging
import math
import time
from collections.abc import Callable
from typing import Final

SECONDS_BETWEEN_WARNINGS: Final = 60
_LOG = logging.getLogger(__name__)


class OnceAMinute:
    """Whether something is to be said again; for many threads, of which at worst two say it at once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said_at = -math.inf

    def is_due(self) -> bool:
        """True at most once a minute."""
        now = self._clock()
        if now - self._said_at < SECONDS_BETWEEN_WARNINGS:
            return False
        self._said_at = now
        return True


class Outages:
    """The failures of one store, counted, and told once a minute."""

    def __init__(self, store: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._is_due = store, OnceAMinute(clock).is_due
        self._failures = 0

    def tell(self, error: BaseException) -> None:
        """Count a failure; a line says how many there were since the last one, this one among them."""
        self._failures += 1
        if self._is_due():
            _LOG.warning("%s failed: %s (%d)", self._store, kind_of(error), self._failures)
            self._failures = 0


def kind_of(error: BaseException) -> str:
    """The kind of an error, the database's own where it has one.

    CAUTION: all that may be told of it; its text may quote the URL or a row.
    """
    return type(getattr(error, "orig", None) or error).__name__
