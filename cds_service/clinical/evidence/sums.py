"""How much blood: each charted amount as an episode, a total or a rate, and the limits that hold."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from cds_service.clinical.facts import Bleed, Finding, HemoptysisFacts, Kind
from cds_service.clinical.range import Range
from cds_service.clinical.time import Moment, Period
from cds_service.clinical.windows import Currency, currency, duration
from cds_service.knowledge.model import Definition, DefinitionId, Knowledge
from cds_service.knowledge.terminology.concepts import Concept

PARTIAL_TOTALS_WEIGHED = 48


"""A day of half-hourly charting; more would cost time without end and is no chart of a patient."""


_SECONDS_AN_HOUR = Decimal(3600)


_HOURS_A_DAY = Decimal(24)


class Measure(StrEnum):
    """What an amount of blood is a measure of (BEHAVIOUR 4)."""

    EPISODE = "episode"
    PARTIAL_TOTAL = "partial-total"
    TOTAL = "total"
    RATE = "rate"


@dataclass(frozen=True, slots=True)
class Measured:
    """A readable amount in mL, what it measures, and over how many hours (zero for an episode)."""

    bleed: Bleed
    measure: Measure
    period: Period
    hours: Decimal

    @property
    def amount(self) -> Range:
        """The charted amount in mL."""
        return self.bleed.amount_ml

    @property
    def gives_rate(self) -> bool:
        """A total over less than 24 h also gives a rate; a longer one is judged as a total."""
        return self.measure in (Measure.RATE, Measure.PARTIAL_TOTAL)

    @property
    def per_hour(self) -> Range:
        """The amount in mL per hour, for a measure over a period."""
        return self.amount.divided(self.hours)

    @property
    def per_day(self) -> Range:
        """The amount in mL per 24 h, for a measure over a period."""
        return self.amount.scaled(_HOURS_A_DAY).divided(self.hours)


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits that hold for one patient: what proves, and from where massive stays plausible."""

    proving_volumes: tuple[Definition, ...]
    proving_rates: tuple[Definition, ...]
    plausible_volumes: tuple[Definition, ...]


def is_charted(facts: HemoptysisFacts, *concepts: Concept) -> bool:
    """True when an active Condition stands for one of the concepts."""
    return any(d.is_active and d.means(*concepts) for d in facts.diagnoses)


def is_surely_charted(facts: HemoptysisFacts, *concepts: Concept) -> bool:
    """True when an active Condition stands for one of the concepts, not only as a question or history."""
    return any(d.is_active and d.surely_means(*concepts) for d in facts.diagnoses)


def limits_for(facts: HemoptysisFacts, knowledge: Knowledge) -> Limits:
    """The limits of BEHAVIOUR 4.

    The lower ones hold in charted chronic respiratory failure; the lower borderline also where it
    cannot be excluded because the conditions are not wholly available.
    """
    known = knowledge.definitions
    volumes, rates = [known[DefinitionId.VOLUME_MASSIVE]], [known[DefinitionId.RATE_MASSIVE]]
    plausible = [known[DefinitionId.VOLUME_BORDERLINE]]
    if is_surely_charted(facts, Concept.CHRONIC_RESPIRATORY_FAILURE):
        volumes.append(known[DefinitionId.VOLUME_MASSIVE_CHRONIC])
        rates.append(known[DefinitionId.RATE_MASSIVE_CHRONIC])
    if is_charted(facts, Concept.CHRONIC_RESPIRATORY_FAILURE) or not facts.is_whole(Kind.CONDITIONS):
        plausible.append(known[DefinitionId.VOLUME_BORDERLINE_CHRONIC])
    return Limits(tuple(volumes), tuple(rates), tuple(plausible))


def measured(bleed: Bleed, facts: HemoptysisFacts, knowledge: Knowledge) -> Measured | None:
    """What a charted amount measures; None when its time or its length cannot be told."""
    period = bleed.period.closed_at(facts.now)
    if currency(period.end, facts, knowledge) is Currency.UNDATABLE:
        return None
    if period.is_span and (not period.start.is_dated or period.start.earliest > period.end.latest):
        return None
    hours = Decimal(period.length().total_seconds()) / _SECONDS_AN_HOUR
    if bleed.per_hours is not None:
        return _in_its_unit(bleed, period, hours, knowledge)
    return Measured(bleed, _measure_over(period, hours, knowledge), period, hours)


_ROUNDING = Decimal("0.001")


def _measure_over(period: Period, hours: Decimal, knowledge: Knowledge) -> Measure:
    known = knowledge.definitions
    if not period.is_span or hours < known[DefinitionId.RATE_MINIMUM_PERIOD].value:
        return Measure.EPISODE
    if hours < known[DefinitionId.TOTAL_PERIOD].value - _ROUNDING:
        return Measure.PARTIAL_TOTAL
    return Measure.TOTAL


def _in_its_unit(bleed: Bleed, period: Period, hours: Decimal, knowledge: Knowledge) -> Measured:
    """An amount per time: from 24 h up a total over that time, unless it was observed for less."""
    per_hours = bleed.per_hours or Decimal(1)
    is_total = per_hours >= knowledge.definitions[DefinitionId.TOTAL_PERIOD].value
    if period.is_span and hours < per_hours - _ROUNDING:
        is_total = False
    if not (period.is_span or is_total) and per_hours > 1:
        return Measured(bleed, Measure.PARTIAL_TOTAL, _ending(period.end, per_hours), per_hours)
    return Measured(bleed, Measure.TOTAL if is_total else Measure.RATE, period, per_hours)


def _ending(end: Moment, hours: Decimal) -> Period:
    """The stretch of so many hours before a moment."""
    length = timedelta(hours=float(hours))
    return Period(Moment(end.earliest - length, end.latest - length), end)


def current_measures(facts: HemoptysisFacts, knowledge: Knowledge) -> tuple[Measured, ...]:
    """Every readable amount of the severity window, newest first."""
    candidates = (measured(b, facts, knowledge) for b in facts.bleeds if b.finding is Finding.AMOUNT)
    current = [m for m in candidates if m and currency(m.period.end, facts, knowledge) is Currency.CURRENT]
    by_reference = sorted(current, key=lambda m: m.bleed.reference)
    return tuple(sorted(by_reference, key=_end_of, reverse=True))


def _end_of(measure: Measured) -> datetime:
    return measure.period.end.latest


@dataclass(frozen=True, slots=True)
class SummedVolume:
    """The blood of all episodes and separate partial totals of the window, in mL."""

    amount: Range
    measures: tuple[Measured, ...]


def summed_volume(measures: Sequence[Measured], facts: HemoptysisFacts, knowledge: Knowledge) -> SummedVolume:
    """The sum of the episodes and of the partial totals that lie in the window.

    Blood that a partial total may already hold is counted once: the lowest sum leaves out what may
    be held, the highest only what certainly is. Of very many partial totals the lowest sum weighs the
    largest, and the highest adds up all.
    """
    start = facts.now - duration(knowledge, DefinitionId.SEVERITY_WINDOW)
    episodes = [m for m in measures if m.measure is Measure.EPISODE]
    partials = [m for m in measures if m.measure is Measure.PARTIAL_TOTAL and m.period.start.latest >= start]
    low = _largest_sum(partials, episodes, _low, _may_hold)
    high = _largest_sum(partials, episodes, _high, _certainly_holds)
    if len(partials) > PARTIAL_TOTALS_WEIGHED:
        high = _sum_of([*episodes, *partials], _high)
    return SummedVolume(_sum_between(low, max(low, high), episodes + partials), tuple(episodes + partials))


def _sum_between(low: Decimal, high: Decimal, measures: Sequence[Measured]) -> Range:
    """The sum as a range: an end is not included itself where an amount that it is made of leaves it out."""
    amounts = [m.amount for m in measures]
    low_is_open = any(a.low_is_open for a in amounts)
    return Range(low, high, low_is_open, high > low and all(a.high_is_open for a in amounts))


def _low(measure: Measured) -> Decimal:
    return measure.amount.low


def _high(measure: Measured) -> Decimal:
    return measure.amount.high


def _may_hold(total: Measured, episode: Measured) -> bool:
    start, end = total.period.start.earliest, total.period.end.latest
    return episode.period.end.may_lie_between(start, end)


def _certainly_holds(total: Measured, episode: Measured) -> bool:
    at = episode.period.end
    return total.period.start.latest <= at.earliest and at.latest <= total.period.end.earliest


def _largest_sum(
    partials: Sequence[Measured],
    episodes: Sequence[Measured],
    size: Callable[[Measured], Decimal],
    holds: Callable[[Measured, Measured], bool],
) -> Decimal:
    """The most blood that separate partial totals and the episodes outside them add up to.

    More blood never makes it less: what an added total holds is left out only where the total counts.
    """
    every_episode = _sum_of(episodes, size)
    if every_episode.is_infinite():
        return every_episode
    largest = sorted(partials, key=size, reverse=True)[:PARTIAL_TOTALS_WEIGHED]
    held = {id(p): [e for e in episodes if holds(p, e)] for p in largest}
    return every_episode + _best_gain(sorted(largest, key=_end_of), held, size)


def _best_gain(
    partials: Sequence[Measured],
    held: Mapping[int, Sequence[Measured]],
    size: Callable[[Measured], Decimal],
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


def _sum_of(measures: Sequence[Measured], size: Callable[[Measured], Decimal]) -> Decimal:
    return sum((size(m) for m in measures), Decimal(0))
