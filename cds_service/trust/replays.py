"""Each token once: in the shared store, and in this instance's memory where the store does not answer."""

import logging
from collections.abc import Callable

from cds_service.errors import Unavailable
from cds_service.records.sql.faults import OnceAMinute
from cds_service.setting_values import WhenStoreIsDown
from cds_service.trust.remembered import RememberedTokens

_LOG = logging.getLogger(__name__)
Add = Callable[[bytes, int], bool]
"""Keeps an id until a second since 1970; False where it was there. Raises Unavailable."""


class Replays:
    """The tokens that were seen; may be used by many threads, and by processes if made before a fork.

    What this instance has seen it remembers in any case, so that a store which goes away forgets little.
    """

    def __init__(self, add: Add, *, when_down: WhenStoreIsDown, now: Callable[[], float]) -> None:
        self._add, self._when_down, self._now = add, when_down, now
        self._memory = RememberedTokens()
        self._is_warning_due = OnceAMinute(now).is_due
        self.remembered_alone = 0
        """How many tokens were accepted without the store since the process began."""

    def is_first_use(self, token_id: bytes, seen_until: int) -> bool:
        """Whether a token was never seen; from now on it was.

        Raises Unavailable where that cannot be told: the store is down, and the site prefers to refuse, or
        the memory is full.
        """
        is_remembered = True
        try:
            if not self._memory.add(token_id, seen_until, now=self._now()):
                return False
        except MemoryError:
            is_remembered = False
        try:
            return self._add(token_id, seen_until)
        except Unavailable:
            self._go_on_without(token_id, is_remembered=is_remembered)
            return True

    def _go_on_without(self, token_id: bytes, *, is_remembered: bool) -> None:
        """Raises Unavailable where the token is neither stored nor remembered, or the site prefers that."""
        if is_remembered and self._when_down == "remember":
            self.remembered_alone += 1
            self._warn("remembered by this instance alone")
            return
        self._memory.forget(token_id)
        self._warn("refused")
        raise Unavailable("Whether this token is new cannot be told for now; send another later.")

    def _warn(self, what_is_done: str) -> None:
        """Once a minute in each process."""
        if self._is_warning_due():
            told = "store of seen tokens is down: tokens are %s (%d)"
            _LOG.warning(told, what_is_done, self.remembered_alone)
