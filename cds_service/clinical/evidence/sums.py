"""How much blood: each charted amount as an episode, a total or a rate, and what they add up to."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

import msgspec

from cds_service.clinical.chart import Chart
from cds_service.clinical.decision import BloodMeasureKind
from cds_service.clinical.facts import Bleed
from cds_service.clinical.range import Range
from cds_service.clinical.time import Moment, Period
from cds_service.knowledge.model import DefinitionId

PARTIAL_TOTALS_WEIGHED: Final = 48
"""A day of half-hourly charting; more would cost time without end and is no chart of a patient."""

_SECONDS_AN_HOUR: Final = Decimal(3600)
_HOURS_A_DAY: Final = Decimal(24)


class BloodMeasure(msgspec.Struct, frozen=True):
    """A readable amount in mL, what it measures, and over how many hours (zero for an episode)."""

    bleed: Bleed
    kind: BloodMeasureKind
    period: Period
    hours: Decimal

    @property
    def amount(self) -> Range:
        """The charted amount in mL."""
        return self.bleed.amount_ml

    @property
    def gives_rate(self) -> bool:
        """A total over less than 24 h also gives a rate; a longer one is judged as a total."""
        return self.kind in ("per-time", "partial-total")

    @property
    def per_hour(self) -> Range:
        """The amount in mL per hour, for a measure over a period."""
        return self.amount.divided(self.hours)

    @property
    def per_day(self) -> Range:
        """The amount in mL per 24 h, for a measure over a period."""
        return self.amount.scaled(_HOURS_A_DAY).divided(self.hours)


_ROUNDING: Final = Decimal("0.001")


def measures_of(chart: Chart) -> tuple[BloodMeasure | None, ...]:
    """What each charted bleed of the severity window measures, in the order of the chart.

    None for one before the window, without a readable amount, or whose time or length cannot be told.
    """
    return tuple(
        _measure(bleed, period, chart) if bleed.finding == "amount" else None
        for bleed, period in chart.bleeds
    )


def newest_first(measures: Iterable[BloodMeasure | None]) -> tuple[BloodMeasure, ...]:
    """The measures that there are, newest first."""
    by_reference = sorted((m for m in measures if m), key=lambda m: m.bleed.reference)
    return tuple(sorted(by_reference, key=_end_of, reverse=True))


def _measure(bleed: Bleed, period: Period, chart: Chart) -> BloodMeasure | None:
    if not chart.is_current(period.end):
        return None
    if period.is_span and (not period.start.is_dated or period.start.earliest > period.end.latest):
        return None
    hours = Decimal(period.length().total_seconds()) / _SECONDS_AN_HOUR
    if bleed.per_hours is not None:
        return _in_its_unit(bleed, period, hours, chart)
    return BloodMeasure(bleed, _kind_over(period, hours, chart), period, hours)


def _kind_over(period: Period, hours: Decimal, chart: Chart) -> BloodMeasureKind:
    if not period.is_span or hours < chart.definition(DefinitionId.RATE_MINIMUM_PERIOD).value:
        return "episode"
    if hours < chart.definition(DefinitionId.TOTAL_PERIOD).value - _ROUNDING:
        return "partial-total"
    return "total"


def _in_its_unit(bleed: Bleed, period: Period, hours: Decimal, chart: Chart) -> BloodMeasure:
    """An amount per time: from 24 h up a total over that time, unless it was observed for less."""
    per_hours = bleed.per_hours or Decimal(1)
    is_total = per_hours >= chart.definition(DefinitionId.TOTAL_PERIOD).value
    if period.is_span and hours < per_hours - _ROUNDING:
        is_total = False
    if not (period.is_span or is_total) and per_hours > 1:
        before = _ending(period.end, per_hours)
        return BloodMeasure(bleed, "partial-total", before, per_hours)
    return BloodMeasure(bleed, "total" if is_total else "per-time", period, per_hours)


def _ending(end: Moment, hours: Decimal) -> Period:
    """The stretch of so many hours before a moment."""
    length = timedelta(hours=float(hours))
    return Period(Moment(end.earliest - length, end.latest - length), end)


def _end_of(measure: BloodMeasure) -> datetime:
    return measure.period.end.latest


def summed_volume(measures: Sequence[BloodMeasure], chart: Chart) -> tuple[Range, tuple[BloodMeasure, ...]]:
    """The sum of the episodes and of the partial totals that lie in the window, in mL, and what it adds up.

    Blood that a partial total may already hold is counted once: the lowest sum leaves out what may
    be held, the highest only what certainly is. Of very many partial totals the lowest sum weighs the
    largest, and the highest adds up all.
    """
    start = chart.since[DefinitionId.SEVERITY_WINDOW]
    episodes = [m for m in measures if m.kind == "episode"]
    partials = [m for m in measures if m.kind == "partial-total" and m.period.start.latest >= start]
    low = _largest_sum(partials, episodes, _low, _may_hold)
    high = _largest_sum(partials, episodes, _high, _certainly_holds)
    if len(partials) > PARTIAL_TOTALS_WEIGHED:
        high = _sum_of([*episodes, *partials], _high)
    added = (*episodes, *partials)
    return _sum_between(low, max(low, high), added), added


def _sum_between(low: Decimal, high: Decimal, measures: Sequence[BloodMeasure]) -> Range:
    """The sum as a range: an end is not included itself where an amount that it is made of leaves it out."""
    amounts = [m.amount for m in measures]
    low_is_open = any(a.low_is_open for a in amounts)
    return Range(low, high, low_is_open, high > low and all(a.high_is_open for a in amounts))


def _low(measure: BloodMeasure) -> Decimal:
    return measure.amount.low


def _high(measure: BloodMeasure) -> Decimal:
    return measure.amount.high


def _may_hold(total: BloodMeasure, episode: BloodMeasure) -> bool:
    start, end = total.period.start.earliest, total.period.end.latest
    return episode.period.end.may_lie_between(start, end)


def _certainly_holds(total: BloodMeasure, episode: BloodMeasure) -> bool:
    at = episode.period.end
    return total.period.start.latest <= at.earliest and at.latest <= total.period.end.earliest


def _largest_sum(
    partials: Sequence[BloodMeasure],
    episodes: Sequence[BloodMeasure],
    size: Callable[[BloodMeasure], Decimal],
    holds: Callable[[BloodMeasure, BloodMeasure], bool],
) -> Decimal:
    """The most blood that separate partial totals and the episodes outside them add up to.

    More blood never makes it less: what an added total holds is left out only where the total counts.
    """
    every_episode = _sum_of(episodes, size)
    if not partials or every_episode.is_infinite():
        return every_episode
    largest = sorted(partials, key=size, reverse=True)[:PARTIAL_TOTALS_WEIGHED]
    held = {id(p): [e for e in episodes if holds(p, e)] for p in largest}
    return every_episode + _best_gain(sorted(largest, key=_end_of), held, size)


def _best_gain(
    partials: Sequence[BloodMeasure],
    held: Mapping[int, Sequence[BloodMeasure]],
    size: Callable[[BloodMeasure], Decimal],
) -> Decimal:
    """The largest gain by partial totals that do not overlap, over the episodes that they hold.

    An episode of unknown hour that the one before in time may hold too is taken off there already.
    """
    taken = {id(p): {id(e) for e in held[id(p)]} for p in partials}
    best: list[Decimal] = []
    for partial in partials:
        own, start = held[id(partial)], partial.period.start.earliest
        alone = size(partial) - _sum_of(own, size)
        early = [e for e in own if e.period.end.earliest <= start]
        gains = [alone]
        for before, gain in zip(partials, best, strict=False):
            if before.period.end.latest <= start:
                shared = [e for e in early if id(e) in taken[id(before)]]
                gains.append(gain + alone + _sum_of(shared, size))
        best.append(max(gains))
    return max([Decimal(0), *best])


def _sum_of(measures: Sequence[BloodMeasure], size: Callable[[BloodMeasure], Decimal]) -> Decimal:
    return sum((size(m) for m in measures), Decimal(0))
