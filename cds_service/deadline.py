"""How long one request may be worked on: asked between its stages and between its resources."""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from cds_service.errors import Unavailable


class OutOfTime(Unavailable):
    """A request was given up at its deadline."""


T = TypeVar("T")
_AT_ONCE: Final = 64
"""So many things are worked on between two looks at the clock: together they take a few milliseconds."""

OUT_OF_TIME: Final = (
    "The answer would take longer than this site allows (CDS_REQUEST_DEADLINE_MS). "
    "No advice was given; send the request again, with less data where it is large."
)


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment at which a request is given up, by the clock that tells it."""

    ends: float
    clock: Callable[[], float] = time.monotonic

    def check(self) -> None:
        """Raises OutOfTime once the moment is past."""
        if self.clock() > self.ends:
            raise OutOfTime(OUT_OF_TIME)

    def each(self, items: Sequence[T]) -> Iterable[T]:
        """The items, with a look at the clock before every few dozen of them."""
        if len(items) > _AT_ONCE:
            return self._in_parts(items)
        if items:
            self.check()
        return items

    def _in_parts(self, items: Sequence[T]) -> Iterator[T]:
        for start in range(0, len(items), _AT_ONCE):
            self.check()
            yield from items[start : start + _AT_ONCE]


NO_DEADLINE: Final = Deadline(math.inf, float)
"""For a person at the command line, who waits as long as it takes."""
