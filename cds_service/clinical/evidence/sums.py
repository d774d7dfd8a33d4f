"""How much blood: each charted amount as an episode, a total or a rate, and what they add up to."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Final, Literal, TypeAlias

import msgspec

from cds_service.clinical.chart import Chart, duration
from cds_service.clinical.decision import BloodMeasureKind
from cds_service.clinical.facts import Bleed
from cds_service.clinical.range import Range
from cds_service.clinical.time import (
    CROSSING_TOTALS_WEIGHED,
    NOTHING,
    Moment,
    Period,
    Stretch,
    best_until,
    crossing,
    most_in_a_span,
)
from cds_service.knowledge.definitions import DefinitionId

_SECONDS_AN_HOUR: Final = Decimal(3600)
_HOURS_A_DAY: Final = Decimal(24)
_BOUNDLESS: Final = Decimal(10) ** 9
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)

_End: TypeAlias = Literal["lowest", "highest"]
"""Which end of an amount is weighed; at the lowest, what may overlap does."""


class BloodMeasure(msgspec.Struct, frozen=True):
    """A readable amount in mL, what it measures, and over how many hours (zero for an episode).

    `is_current`: it ended in the severity window; the others ended in the recent one.
    """

    bleed: Bleed
    kind: BloodMeasureKind
    period: Period
    hours: Decimal
    is_current: bool = True

    @property
    def amount(self) -> Range:
        """The charted amount in mL."""
        return self.bleed.amount_ml

    @property
    def gives_rate(self) -> bool:
        """A total over less than 24 h also gives a rate; a longer one is judged as a total."""
        return self.kind in ("per-time", "partial-total")

    @property
    def measured_hours(self) -> Decimal:
        """Over how many hours it was measured: not always those of its unit; zero at a single instant."""
        return _hours_of(self.period) if self.kind == "per-time" else self.hours

    @property
    def per_hour(self) -> Range:
        """The amount in mL per hour, for a measure over a period."""
        return self.amount.divided(self.hours)

    @property
    def per_day(self) -> Range:
        """The amount in mL per 24 h, for a measure over a period."""
        return self.amount.scaled(_HOURS_A_DAY).divided(self.hours)


_ROUNDING: Final = Decimal("0.001")


class Blood(msgspec.Struct, frozen=True):
    """The charted blood as it is measured, once for all rules that weigh it.

    `newest` is what the bleeds of the recent window measure, newest first; `undated` the bleeds above zero
    whose time or length cannot be told, and that are not certainly past; `most` all that the blood of the
    severity window can come to, in mL.
    """

    newest: tuple[BloodMeasure, ...]
    undated: tuple[Bleed, ...]
    most: Range


def blood_of(chart: Chart) -> Blood:
    """What the charted blood measures."""
    measures = measures_of(chart)
    newest, undated = newest_first(measures), tuple(_undated(chart, measures))
    return Blood(newest, undated, most_blood(newest, undated, chart))


def _undated(chart: Chart, measures: Sequence[BloodMeasure | None]) -> Iterator[Bleed]:
    for (bleed, period), measure in zip(chart.bleeds, measures, strict=True):
        if measure or bleed.finding != "amount" or not bleed.amount_ml.can_be_positive:
            continue
        if chart.recency(period.end) in ("current", "undatable"):
            yield bleed


def measures_of(chart: Chart) -> tuple[BloodMeasure | None, ...]:
    """What each charted bleed of the recent window measures, in the order of the chart.

    None for one before the window, without a readable amount, or whose time or length cannot be told.
    """
    return tuple(
        _measure(bleed, period, chart) if bleed.finding == "amount" else None
        for bleed, period in chart.bleeds
    )


def newest_first(measures: Iterable[BloodMeasure | None]) -> tuple[BloodMeasure, ...]:
    """The measures that there are, newest first."""
    by_reference = sorted((m for m in measures if m), key=attrgetter("bleed.reference"))
    return tuple(sorted(by_reference, key=attrgetter("period.end.latest"), reverse=True))


def _measure(bleed: Bleed, period: Period, chart: Chart) -> BloodMeasure | None:
    recency = chart.recency(period.end)
    if recency not in ("current", "recent"):
        return None
    if period.is_span and (not period.start.is_dated or period.start.earliest > period.end.latest):
        return None
    hours, is_current = _hours_of(period), recency == "current"
    if bleed.per_hours is not None:
        return _in_its_unit(bleed, period, chart, is_current=is_current)
    return BloodMeasure(bleed, _kind_over(period, hours, chart), period, hours, is_current)


def _hours_of(period: Period) -> Decimal:
    return Decimal(period.length().total_seconds()) / _SECONDS_AN_HOUR


def _kind_over(period: Period, hours: Decimal, chart: Chart) -> BloodMeasureKind:
    if not period.is_span or hours < chart.definition(DefinitionId.RATE_MINIMUM_PERIOD).value:
        return "episode"
    if hours < chart.definition(DefinitionId.TOTAL_PERIOD).value - _ROUNDING:
        return "partial-total"
    return "total"


def _in_its_unit(bleed: Bleed, period: Period, chart: Chart, *, is_current: bool) -> BloodMeasure:
    """An amount per time: from 24 h up a total over that time, unless it was observed for less."""
    per_hours = bleed.per_hours or Decimal(1)
    is_total = per_hours >= chart.definition(DefinitionId.TOTAL_PERIOD).value
    if period.is_span and _hours_of(period) < per_hours - _ROUNDING:
        is_total = False
    if not period.is_span and per_hours > 1:
        kind: BloodMeasureKind = "total" if is_total else "partial-total"
        return BloodMeasure(bleed, kind, _ending(period.end, per_hours), per_hours, is_current)
    return BloodMeasure(bleed, "total" if is_total else "per-time", period, per_hours, is_current)


def _ending(end: Moment, hours: Decimal) -> Period:
    """The stretch of so many hours before a moment."""
    length = timedelta(hours=float(hours))
    return Period(Moment(end.earliest - length, end.latest - length), end)


# --- what the amounts add up to --------------------------------------------------------------------------


def volume_of_a_day(
    newest: Sequence[BloodMeasure], chart: Chart
) -> tuple[Range, tuple[BloodMeasure, ...]] | None:
    """The most blood of episodes and partial totals within any one span of 24 h, in mL, and which they are.

    The last amount of the span is current, its first instant excluded. The low end is certain: overlapping
    totals and what they may hold are not added, nor the same amount charted twice, nor what is unsure. The
    high end holds all that may add up. None where less than two amounts lie together.
    """
    adding = [m for m in newest if m.kind in ("episode", "partial-total")]
    if len(adding) < 2 or not any(m.is_current for m in adding):
        return None
    now, day = _tick(chart.facts.now), _ticks(duration(chart.knowledge, DefinitionId.SEVERITY_WINDOW))
    instants, totals, by_day = _placed(_charted_once(adding, chart), "lowest", now)
    low, until = most_in_a_span(instants, by_day, now - day, day)
    if totals or by_day:
        low, until = max((low, until), most_in_a_span([*instants, *totals], [], now - day, day))
    instants, totals, by_day = _placed(adding, "highest", now)
    high, last = most_in_a_span([*instants, *totals], by_day, now - day, day)
    if crossing(totals, now - day) > CROSSING_TOTALS_WEIGHED:
        high = sum((s[2] for s in (*instants, *totals, *by_day)), NOTHING)
    within = tuple(m for m in adding if _may_lie_in(m, (until if low else last), day, now))
    if len(within) < 2:
        return None
    return _sum_between(low, max(low, _unbounded(high)), within), within


def volume_of_days(newest: Sequence[BloodMeasure], chart: Chart) -> Range:
    """What all amounts of the recent window add up to, in mL; of what overlaps the largest counts."""
    now = _tick(chart.facts.now)
    adding = [m for m in newest if m.kind != "per-time"]
    low = _most(_charted_once(adding, chart), "lowest", now)
    return _sum_between(low, max(low, _most(adding, "highest", now)), adding)


def most_blood(newest: Sequence[BloodMeasure], undated: Iterable[Bleed], chart: Chart) -> Range:
    """All that the blood of the window can come to, in mL: totals and what was charted beside them.

    An amount whose time is not known is added, and a rate stands for what it would come to in 24 h.
    """
    current, beside = [m for m in newest if m.is_current], [bleed.amount_ml for bleed in undated]
    adding, rates = [m for m in current if m.kind != "per-time"], [m for m in current if m.kind == "per-time"]
    added = _most(adding, "highest", _tick(chart.facts.now)) + sum((a.high for a in beside), NOTHING)
    is_open = all(a.high_is_open for a in (*(m.amount for m in current), *beside) if a.can_be_positive)
    most = max([added, *(m.per_day.high for m in rates)])
    return Range(NOTHING, most, high_is_open=is_open and most > 0)


def _most(measures: Sequence[BloodMeasure], end: _End, now: int) -> Decimal:
    instants, totals, by_day = _placed(measures, end, now)
    _, best = best_until([*instants, *totals])
    return _unbounded(best[-1] + sum((s[2] for s in by_day), NOTHING))


def _unbounded(amount: Decimal) -> Decimal:
    return Decimal("Infinity") if amount >= _BOUNDLESS else amount


def _sum_between(low: Decimal, high: Decimal, measures: Sequence[BloodMeasure]) -> Range:
    """The sum as a range: an end is not included itself where an amount that it is made of leaves it out."""
    amounts = [m.amount for m in measures]
    is_of_all = low == sum(a.low for a in amounts)
    low_is_open = is_of_all and any(a.low_is_open for a in amounts)
    return Range(low, high, low_is_open, high > low and all(a.high_is_open for a in amounts))


def _charted_once(newest: Sequence[BloodMeasure], chart: Chart) -> Sequence[BloodMeasure]:
    """What is sure, without the same amount charted again within a few minutes; the newest of them stays.

    CAUTION: by the newest, so that older blood never takes away from what newer blood proves.
    """
    apart = duration(chart.knowledge, DefinitionId.SAME_AMOUNT_WINDOW)
    last: dict[Range, datetime] = {}
    kept = []
    for measure in newest:
        if measure.bleed.is_unsure:
            continue
        if measure.kind == "episode":
            at, before = measure.period.end, last.get(measure.amount)
            if before is not None and before - at.latest <= apart:
                continue
            last[measure.amount] = at.earliest
        kept.append(measure)
    return kept


# --- blood in time ---------------------------------------------------------------------------------------


def _tick(at: datetime) -> int:
    return (at - _EPOCH) // _TICK


def _ticks(length: timedelta) -> int:
    return length // _TICK


def _placed(
    measures: Iterable[BloodMeasure], end: _End, now: int
) -> tuple[list[Stretch], list[Stretch], list[Stretch]]:
    """Episodes at a known instant (those of the same one together), totals, and episodes known by a day."""
    instants: dict[int, Decimal] = {}
    totals, by_day = [], []
    for measure in measures:
        amount, ended = measure.bleed.amount_ml, measure.period.end
        weighed = min(amount.low if end == "lowest" else amount.high, _BOUNDLESS)
        if measure.kind != "episode":
            totals.append(_stretch(measure.period, weighed, end, now))
        elif ended.earliest != ended.latest:
            by_day.append((_tick(ended.earliest), _tick(ended.latest), weighed))
        else:
            at = min(_tick(ended.earliest), now)
            instants[at] = instants.get(at, NOTHING) + weighed
    return [(at - 1, at, amount) for at, amount in instants.items()], totals, by_day


def _stretch(period: Period, amount: Decimal, end: _End, now: int) -> Stretch:
    """A total in time: where only days are known as long as it can be, or for the most blood as short."""
    if end == "lowest":
        start, last = _tick(period.start.earliest), min(_tick(period.end.latest), now)
    else:
        start, last = _tick(period.start.latest), min(_tick(period.end.earliest), now)
    return min(start, last - 1), last, amount


def _may_lie_in(measure: BloodMeasure, until: int, length: int, now: int) -> bool:
    """True for an amount that may lie within the span which ends then."""
    ended_first, ended_last = _tick(measure.period.end.earliest), _tick(measure.period.end.latest)
    if min(ended_first, now) > until or ended_last <= until - length:
        return False
    return measure.kind == "episode" or _tick(measure.period.start.latest) >= until - length
