"""What reading the resources of one kind gives: the facts, and counts of what was left out."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """The facts read, the reasons for which resources were dropped, and how many could not be read."""

    facts: tuple[T, ...] = ()
    dropped: tuple[str, ...] = ()
    unreadable: int = 0


@dataclass(slots=True)
class Tally(Generic[T]):
    """A reading in the making."""

    facts: list[T] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    unreadable: int = 0

    def done(self) -> Reading[T]:
        """The reading."""
        return Reading(tuple(self.facts), tuple(self.dropped), self.unreadable)
