"""The tokens that an instance has seen, in memory that all its processes share."""

import mmap
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from struct import Struct
from typing import Final

BUCKETS: Final = 2048
SLOTS_OF_A_BUCKET: Final = 64
"""131,072 slots in all, 2 MiB: the tokens of 16 minutes at about 80 a second."""

SECONDS_FOR_A_LOCK: Final = 0.05
_SLOT: Final = Struct(">12sI")  # the beginning of an id, and until when it is kept; 0 is an empty one
_BYTES_OF_A_BUCKET: Final = SLOTS_OF_A_BUCKET * _SLOT.size


class RememberedTokens:
    """Made before a fork, it is shared by the processes; what is kept takes no more memory than at first."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, BUCKETS * _BYTES_OF_A_BUCKET)
        self._lock = multiprocessing.get_context("fork").Lock()

    def add(self, token_id: bytes, seen_until: int, *, now: float) -> bool:
        """Remember an id until that second since 1970; False where it is remembered.

        Raises MemoryError where there is no place for it.
        """
        place = self._place_of(token_id)
        with self._alone():
            free = -1
            slots = self._memory[place : place + _BYTES_OF_A_BUCKET]
            for number, (kept, until) in enumerate(_SLOT.iter_unpack(slots)):
                if until <= now:
                    free = number
                elif kept == token_id[:12]:
                    return False
            if free < 0:
                raise MemoryError("no place for another token")
            _SLOT.pack_into(self._memory, place + free * _SLOT.size, token_id, min(seen_until, 2**32 - 1))
            return True

    def forget(self, token_id: bytes) -> None:
        """Forget an id, as if it were never seen."""
        place = self._place_of(token_id)
        with self._alone():
            for offset in range(place, place + _BYTES_OF_A_BUCKET, _SLOT.size):
                if self._memory[offset : offset + 12] == token_id[:12]:
                    _SLOT.pack_into(self._memory, offset, bytes(12), 0)

    def _place_of(self, token_id: bytes) -> int:
        return int.from_bytes(token_id[12:16], "big") % BUCKETS * _BYTES_OF_A_BUCKET

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """CAUTION: a process that was killed in the midst of it holds the lock for ever; none waits long."""
        is_held = self._lock.acquire(timeout=SECONDS_FOR_A_LOCK)
        try:
            yield
        finally:
            if is_held:
                self._lock.release()
