"""What the charted blood proves, keeps plausible or rules out (BEHAVIOUR 4)."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import accumulate

from cds_service.clinical.amounts import number, range_text
from cds_service.clinical.decision import Effect, Evidence, RuleId
from cds_service.clinical.evidence.conditions import onsets
from cds_service.clinical.evidence.sums import (
    Limits,
    Measure,
    Measured,
    current_measures,
    limits_for,
    measured,
    summed_volume,
)
from cds_service.clinical.facts import Bleed, Finding, HemoptysisFacts
from cds_service.clinical.range import Range
from cds_service.clinical.time import UNDATED, Moment
from cds_service.clinical.windows import Currency, currency
from cds_service.knowledge.model import Definition, DefinitionId, Knowledge


def volume_evidence(facts: HemoptysisFacts, knowledge: Knowledge) -> tuple[Evidence, ...]:
    """All evidence from charted blood, the sum of the episodes included."""
    limits = limits_for(facts, knowledge)
    measures = current_measures(facts, knowledge)
    ruling_out = _ruling_out(limits, facts, knowledge)
    return (
        *_doubtful_amounts(facts, knowledge),
        *_summed(measures, limits, facts, knowledge),
        *(ruling_out.settled(_of_measure(m, limits), m) for m in measures),
    )


def largest_volume(facts: HemoptysisFacts, knowledge: Knowledge) -> Range | None:
    """The 24 h volume: the larger of the largest total and the sum; None when nothing was charted."""
    measures = current_measures(facts, knowledge)
    totals = [_proving_volume(m) for m in measures if m.measure is not Measure.RATE]
    if not totals:
        return None
    totals.append(summed_volume(measures, facts, knowledge).amount)
    return Range(max(t.low for t in totals), max(t.high for t in totals))


def _doubtful_amounts(facts: HemoptysisFacts, knowledge: Knowledge) -> Iterator[Evidence]:
    for bleed in facts.bleeds:
        dated = currency(bleed.period.closed_at(facts.now).end, facts, knowledge)
        if bleed.finding is Finding.UNREADABLE and dated is not Currency.PAST:
            yield _doubt(bleed, RuleId.UNREADABLE_AMOUNT, "an amount of blood that cannot be read")
        elif dated is not Currency.PAST and _is_undatable_amount(bleed, facts, knowledge):
            amount = range_text(bleed.amount_ml, "mL")
            yield _doubt(bleed, RuleId.UNDATED_AMOUNT, f"{amount} of blood, without a usable time")


def _is_undatable_amount(bleed: Bleed, facts: HemoptysisFacts, knowledge: Knowledge) -> bool:
    is_amount = bleed.finding is Finding.AMOUNT and bleed.amount_ml.can_be_positive
    return is_amount and measured(bleed, facts, knowledge) is None


def _doubt(bleed: Bleed, rule: RuleId, finding: str) -> Evidence:
    effect = Effect.KEEPS_MASSIVE_PLAUSIBLE
    return Evidence(rule, effect, finding, bleed.period.end, (bleed.reference,), bleed.charted)


def _summed(
    measures: Sequence[Measured], limits: Limits, facts: HemoptysisFacts, knowledge: Knowledge
) -> Iterator[Evidence]:
    total = summed_volume(measures, facts, knowledge)
    if len(total.measures) < 2:
        return
    effect, limit = _effect_of_volume(total.amount, total.amount, limits)
    references = tuple(m.bleed.reference for m in total.measures)
    finding = f"{range_text(total.amount, 'mL')} of blood in all, the amounts of 24 h added up"
    when = max((m.period.end for m in total.measures), key=_latest)
    yield Evidence(RuleId.VOLUME, effect, finding, when, references, definition=limit)


def _latest(moment: Moment) -> datetime:
    return moment.latest


def _of_measure(measure: Measured, limits: Limits) -> Evidence:
    """The strongest thing that one amount says, by itself."""
    by_volume = _by_volume(measure, limits)
    by_rate = _by_rate(measure, limits)
    return min(by_volume, by_rate, key=lambda e: _STRENGTH.index(e.effect))


_STRENGTH = (
    Effect.PROVES_MASSIVE,
    Effect.KEEPS_MASSIVE_PLAUSIBLE,
    Effect.RULES_OUT_MASSIVE,
    Effect.SHOWN_ONLY,
)


class _BloodSince:
    """How much blood was charted after a moment, at most."""

    def __init__(self, facts: HemoptysisFacts) -> None:
        bleeds = [(b.period.closed_at(facts.now).end.latest, b) for b in facts.bleeds if b.shows_blood]
        bleeds.sort(key=lambda dated: dated[0], reverse=True)
        self._times = [-end.timestamp() for end, _ in bleeds]
        self._sums = [*accumulate((_at_most(b) for _, b in bleeds), initial=Decimal(0))]

    def __call__(self, moment: Moment) -> Decimal:
        """The highest sum of what ended after the moment; infinite when an amount is not known."""
        return self._sums[bisect_left(self._times, -moment.latest.timestamp())]


def _at_most(bleed: Bleed) -> Decimal:
    """A rate adds nothing here: it is judged by itself."""
    if bleed.per_hours is not None:
        return Decimal(0)
    return bleed.amount_ml.high if bleed.finding is Finding.AMOUNT else Decimal("Infinity")


@dataclass(frozen=True, slots=True)
class _RulingOut:
    """What a small amount must stand up to before it rules massive out."""

    limits: Limits
    latest_onset: datetime
    blood_since: _BloodSince

    def settled(self, evidence: Evidence, measure: Measured) -> Evidence:
        """The evidence; only shown if it is of before the onset, or too large with the blood since."""
        if evidence.effect is not Effect.RULES_OUT_MASSIVE or self._holds(measure):
            return evidence
        return replace(evidence, effect=Effect.SHOWN_ONLY)

    def _holds(self, measure: Measured) -> bool:
        end = measure.period.end
        own = measure.per_day if measure.gives_rate else measure.amount
        since = self.blood_since(end)
        most = Range(own.low, own.high + since, own.low_is_open, own.high_is_open)
        return end.latest >= self.latest_onset and not _possible(most, self.limits.plausible_volumes)


def _ruling_out(limits: Limits, facts: HemoptysisFacts, knowledge: Knowledge) -> _RulingOut:
    known = [o for o in onsets(facts) if currency(o, facts, knowledge) is not Currency.UNDATABLE]
    latest_onset = max((o.earliest for o in known), default=UNDATED.earliest)
    return _RulingOut(limits, latest_onset, _BloodSince(facts))


def _by_volume(measure: Measured, limits: Limits) -> Evidence:
    if measure.measure is Measure.RATE:
        return _evidence(measure, RuleId.VOLUME, Effect.SHOWN_ONLY, None)
    effect, limit = _effect_of_volume(_proving_volume(measure), measure.amount, limits)
    if effect is Effect.SHOWN_ONLY and measure.measure is Measure.TOTAL:
        return _evidence(measure, RuleId.SMALL_TOTAL, Effect.RULES_OUT_MASSIVE, None)
    return _evidence(measure, RuleId.VOLUME, effect, limit)


def _by_rate(measure: Measured, limits: Limits) -> Evidence:
    if not measure.gives_rate:
        return _evidence(measure, RuleId.RATE, Effect.SHOWN_ONLY, None)
    if proving := _proving(measure.per_hour, limits.proving_rates):
        return _evidence(measure, RuleId.RATE, Effect.PROVES_MASSIVE, proving.id)
    possible = _possible(measure.per_hour, limits.proving_rates)
    possible = possible or _possible(measure.per_day, limits.plausible_volumes)
    if possible:
        return _evidence(measure, RuleId.RATE, Effect.KEEPS_MASSIVE_PLAUSIBLE, possible.id)
    return _evidence(measure, RuleId.RATE, Effect.RULES_OUT_MASSIVE, None)


def _proving_volume(measure: Measured) -> Range:
    """The 24 h volume that a measure shows: a total over more than 24 h counts by its average."""
    if measure.measure is Measure.TOTAL and measure.hours > _DAY:
        return measure.per_day
    return measure.amount


_DAY = 24


def _effect_of_volume(proving: Range, whole: Range, limits: Limits) -> tuple[Effect, DefinitionId | None]:
    if limit := _proving(proving, limits.proving_volumes):
        return Effect.PROVES_MASSIVE, DefinitionId(limit.id)
    possible = _possible(whole, limits.proving_volumes) or _possible(whole, limits.plausible_volumes)
    if possible:
        return Effect.KEEPS_MASSIVE_PLAUSIBLE, DefinitionId(possible.id)
    return Effect.SHOWN_ONLY, None


def _proving(value: Range, limits: Sequence[Definition]) -> Definition | None:
    return next((limit for limit in limits if value.every_value_crosses(limit)), None)


def _possible(value: Range, limits: Sequence[Definition]) -> Definition | None:
    return next((limit for limit in limits if value.some_value_crosses(limit)), None)


def _evidence(measure: Measured, rule: RuleId, effect: Effect, limit: str | None) -> Evidence:
    definition = DefinitionId(limit) if limit else None
    bleed = measure.bleed
    return Evidence(
        rule, effect, _finding(measure), measure.period.end, (bleed.reference,), bleed.charted, definition
    )


def _finding(measure: Measured) -> str:
    amount = range_text(measure.amount, "mL")
    match measure.measure:
        case Measure.EPISODE:
            return f"{amount} of blood in one episode"
        case Measure.RATE:
            return f"{range_text(measure.per_hour, 'mL/h')} of blood"
        case _:
            return f"{amount} of blood over {number(measure.hours)} h"
