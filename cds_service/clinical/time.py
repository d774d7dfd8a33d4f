"""Moments and periods as charts know them, to an instant, a day or not at all; and what adds up in time."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from operator import itemgetter
from typing import Final, TypeAlias

import msgspec

_EVER = datetime.min.replace(tzinfo=UTC)
_NEVER = datetime.max.replace(tzinfo=UTC)


class Moment(msgspec.Struct, frozen=True):
    """A point in time known to lie between two instants (aware); `written` is the chart's own text.

    A full instant has both ends equal; a date spans its day; an unknown time spans everything.
    """

    earliest: datetime
    latest: datetime
    written: str = ""

    @property
    def is_dated(self) -> bool:
        """False when nothing is known about the time."""
        return self.earliest != _EVER and self.latest != _NEVER

    def is_certainly_before(self, other: "Moment") -> bool:
        """True only when every possible reading lies before every possible reading of the other."""
        return self.latest < other.earliest

    def may_lie_between(self, start: datetime, end: datetime) -> bool:
        """True when any moment of it lies in the closed window."""
        return self.earliest <= end and self.latest >= start


UNDATED = Moment(_EVER, _NEVER)


def instant(at: datetime) -> Moment:
    """The moment of an exact, aware instant."""
    return Moment(at, at, at.isoformat())


class Period(msgspec.Struct, frozen=True):
    """A stretch of time. `is_span` is False for a single point; an open one has an undated end."""

    start: Moment
    end: Moment
    is_span: bool = True

    def closed_at(self, now: datetime) -> "Period":
        """An open period ends now (BEHAVIOUR 4), and one that ends today has not lasted beyond now.

        CAUTION: one that starts in the future stays open, so that nothing takes it for current.
        """
        if not self.is_span:
            return self
        if not self.end.is_dated:
            has_begun = self.start.is_dated and self.start.earliest <= now
            return Period(self.start, instant(now)) if has_begun else self
        if self.end.earliest <= now < self.end.latest:
            return Period(self.start, Moment(self.end.earliest, now, self.end.written))
        return self

    def length(self) -> timedelta:
        """The length from the start of the first to the end of the last moment (FHIR Period).

        Zero for a point; only meaningful when both ends are dated.
        """
        return self.end.latest - self.start.earliest if self.is_span else timedelta(0)


def at(moment: Moment) -> Period:
    """A period of a single point."""
    return Period(moment, moment, is_span=False)


# --- amounts in time ---------------------------------------------------------------------------------------

CROSSING_TOTALS_WEIGHED: Final = 16
"""Totals that overlap each other at the start of the window; more are no chart of a patient."""

NOTHING: Final = Decimal(0)

Stretch: TypeAlias = tuple[int, int, Decimal]
"""Blood in mL between two instants (microseconds, the first excluded): of a total, or of a single instant."""

_END, _AMOUNT = itemgetter(1), itemgetter(2)
"""Of a stretch."""

_Best: TypeAlias = tuple[Sequence[int], Sequence[Decimal]]
"""By the ends of stretches in order, the most blood that stretches ended by then add up to."""

_Days: TypeAlias = tuple[_Best, _Best]
"""Of episodes known by a day: what has begun by an instant, and what is over by then."""


def most_in_a_span(
    stretches: Sequence[Stretch], by_day: Sequence[Stretch], since: int, length: int
) -> tuple[Decimal, int]:
    """The most blood within a span of that length which ends at or after `since`, and when that one ends.

    Every such span begins before `since` or there: what lies on either side adds up apart, by one pass
    over each; only a total that crosses it needs passes of its own. Of very many the largest are weighed.
    """
    ends = {s[1] for s in stretches if s[1] >= since} | {max(s[0], since) for s in by_day if s[1] >= since}
    early, late = [s for s in stretches if s[1] <= since], [s for s in stretches if s[0] >= since]
    across = sorted((s for s in stretches if s[0] < since < s[1]), key=_AMOUNT, reverse=True)
    on_days = _on_days(by_day)
    found = [(NOTHING, since), _best_span(early, late, on_days, ends, length)]
    for start, end, amount in across[:CROSSING_TOTALS_WEIGHED]:
        before, after = [s for s in early if s[1] <= start], [s for s in late if s[0] >= end]
        within = [at for at in ends if end <= at <= start + length]
        beside, until = _best_span(before, after, on_days, within, length)
        if within:
            found.append((amount + beside, until))
    return max(found)


def crossing(totals: Iterable[Stretch], since: int) -> int:
    """How many totals begin before an instant and end after it."""
    return sum(1 for start, end, _ in totals if start < since < end)


def _best_span(
    early: Iterable[Stretch], late: Iterable[Stretch], on_days: _Days, ends: Iterable[int], length: int
) -> tuple[Decimal, int]:
    """The largest sum of what ends early, late and on days within a span that ends at one of these."""
    before, after = best_until((-end, -start, amount) for start, end, amount in early), best_until(late)
    begun, over = on_days

    def sum_until(end: int) -> Decimal:
        amount = _up_to(before, length - end) + _up_to(after, end)
        return amount + _up_to(begun, end) - _up_to(over, end - length) if begun[0] else amount

    return max(((sum_until(end), end) for end in ends), default=(NOTHING, 0))


def best_until(stretches: Iterable[Stretch]) -> _Best:
    """The most blood that stretches which do not overlap add up to, by when they end."""
    ends: list[int] = []
    best = [NOTHING]
    for start, end, amount in sorted(stretches, key=_END):
        best.append(max(best[-1], best[bisect_right(ends, start)] + amount))
        ends.append(end)
    return ends, best


def _up_to(best: _Best, at: int) -> Decimal:
    ends, amounts = best
    return amounts[bisect_right(ends, at)]


def _on_days(by_day: Sequence[Stretch]) -> _Days:
    begun, over = sorted(by_day), sorted(by_day, key=_END)
    return (
        ([s[0] for s in begun], list(accumulate((s[2] for s in begun), initial=NOTHING))),
        ([s[1] for s in over], list(accumulate((s[2] for s in over), initial=NOTHING))),
    )
