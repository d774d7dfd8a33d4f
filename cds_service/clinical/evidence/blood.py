"""What the charted blood proves, keeps plausible or rules out (BEHAVIOUR 4)."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import accumulate
from typing import Final

from msgspec.structs import replace

from cds_service.clinical.chart import Chart, began
from cds_service.clinical.decision import Effect, Evidence, RuleId
from cds_service.clinical.evidence.sums import BloodMeasure, newest_first, summed_volume
from cds_service.clinical.facts import Bleed
from cds_service.clinical.range import Range
from cds_service.clinical.time import UNDATED, Moment
from cds_service.knowledge.model import Definition, DefinitionId
from cds_service.knowledge.terminology.concepts import Concept

MILLILITERS: Final = "mL"
MILLILITERS_AN_HOUR: Final = "mL/h"
_DAY: Final = 24
_STRENGTH: Final = {
    Effect.PROVES_MASSIVE: 0,
    Effect.KEEPS_MASSIVE_PLAUSIBLE: 1,
    Effect.RULES_OUT_MASSIVE: 2,
    Effect.SHOWN_ONLY: 3,
}
_Verdict = tuple[RuleId, Effect, DefinitionId | None]


def volume_evidence(chart: Chart, measures: Sequence[BloodMeasure | None]) -> tuple[Evidence, ...]:
    """All evidence from charted blood, the sum of the episodes included; `measures` is of each bleed."""
    newest = newest_first(measures)
    judged = [(m, _of_measure(m, chart)) for m in newest]
    return (
        *_doubtful_amounts(chart, measures),
        *_summed(newest, chart),
        *_holding(judged, chart),
    )


def _doubtful_amounts(chart: Chart, measures: Sequence[BloodMeasure | None]) -> Iterator[Evidence]:
    """What cannot be read, or has no usable time, and is not certainly past."""
    for (bleed, period), measure in zip(chart.bleeds, measures, strict=True):
        is_amount = bleed.finding == "amount" and bleed.amount_ml.can_be_positive
        if measure or not (is_amount or bleed.finding == "unreadable"):
            continue
        if chart.recency(period.end) != "past":
            yield _doubt(bleed)


def _doubt(bleed: Bleed) -> Evidence:
    is_amount = bleed.finding == "amount"
    return Evidence(
        RuleId.UNDATED_AMOUNT if is_amount else RuleId.UNREADABLE_AMOUNT,
        Effect.KEEPS_MASSIVE_PLAUSIBLE,
        Concept.EXPECTORATED_BLOOD,
        bleed.period.end,
        (bleed.reference,),
        bleed.charted,
        value=bleed.amount_ml if is_amount else None,
        unit=MILLILITERS,
    )


def _summed(newest: Sequence[BloodMeasure], chart: Chart) -> Iterator[Evidence]:
    if len(newest) < 2:
        return
    amount, added = summed_volume(newest, chart)
    if len(added) < 2:
        return
    effect, limit = _effect_of_volume(amount, amount, chart)
    yield Evidence(
        RuleId.VOLUME,
        effect,
        Concept.EXPECTORATED_BLOOD,
        max((m.period.end for m in added), key=_latest),
        tuple(m.bleed.reference for m in added),
        definition=limit,
        value=amount,
        unit=MILLILITERS,
        measure="sum",
    )


def _latest(moment: Moment) -> datetime:
    return moment.latest


def _of_measure(measure: BloodMeasure, chart: Chart) -> Evidence:
    """The strongest thing that one amount says, by itself."""
    rule, effect, limit = _by_volume(measure, chart)
    if measure.gives_rate:
        by_rate = _by_rate(measure, chart)
        if _STRENGTH[by_rate[1]] < _STRENGTH[effect]:
            rule, effect, limit = by_rate
    is_rate = measure.kind == "per-time"
    return Evidence(
        rule,
        effect,
        Concept.EXPECTORATED_BLOOD,
        measure.period.end,
        (measure.bleed.reference,),
        measure.bleed.charted,
        limit,
        value=measure.per_hour if is_rate else measure.amount,
        unit=MILLILITERS_AN_HOUR if is_rate else MILLILITERS,
        measure=measure.kind,
        hours=measure.hours,
    )


def _by_volume(measure: BloodMeasure, chart: Chart) -> _Verdict:
    if measure.kind == "per-time":
        return RuleId.VOLUME, Effect.SHOWN_ONLY, None
    effect, limit = _effect_of_volume(_proving_volume(measure), measure.amount, chart)
    if effect is Effect.SHOWN_ONLY and measure.kind == "total":
        return RuleId.SMALL_TOTAL, Effect.RULES_OUT_MASSIVE, None
    return RuleId.VOLUME, effect, limit


def _by_rate(measure: BloodMeasure, chart: Chart) -> _Verdict:
    per_hour = measure.per_hour
    if proving := _proving(per_hour, chart.proving_rates):
        return RuleId.RATE, Effect.PROVES_MASSIVE, DefinitionId(proving.id)
    possible = _possible(per_hour, chart.proving_rates)
    possible = possible or _possible(measure.per_day, chart.plausible_volumes)
    if possible:
        return RuleId.RATE, Effect.KEEPS_MASSIVE_PLAUSIBLE, DefinitionId(possible.id)
    return RuleId.RATE, Effect.RULES_OUT_MASSIVE, None


def _proving_volume(measure: BloodMeasure) -> Range:
    """The 24 h volume that a measure shows: a total over more than 24 h counts by its average."""
    if measure.kind == "total" and measure.hours > _DAY:
        return measure.per_day
    return measure.amount


def _effect_of_volume(proving: Range, whole: Range, chart: Chart) -> tuple[Effect, DefinitionId | None]:
    if limit := _proving(proving, chart.proving_volumes):
        return Effect.PROVES_MASSIVE, DefinitionId(limit.id)
    possible = _possible(whole, chart.proving_volumes) or _possible(whole, chart.plausible_volumes)
    if possible:
        return Effect.KEEPS_MASSIVE_PLAUSIBLE, DefinitionId(possible.id)
    return Effect.SHOWN_ONLY, None


def _proving(value: Range, limits: Sequence[Definition]) -> Definition | None:
    for limit in limits:
        if value.every_value_crosses(limit):
            return limit
    return None


def _possible(value: Range, limits: Sequence[Definition]) -> Definition | None:
    for limit in limits:
        if value.some_value_crosses(limit):
            return limit
    return None


def _holding(judged: Sequence[tuple[BloodMeasure, Evidence]], chart: Chart) -> Iterator[Evidence]:
    """A small amount rules massive out only from the last onset on, and only with the blood charted since."""
    if all(evidence.effect is not Effect.RULES_OUT_MASSIVE for _, evidence in judged):
        yield from (evidence for _, evidence in judged)
        return
    onset, since = _latest_onset(chart), _blood_since(chart)
    for measure, evidence in judged:
        rules_out = evidence.effect is Effect.RULES_OUT_MASSIVE
        is_held = rules_out and not _still_rules_out(measure, onset, since, chart)
        yield replace(evidence, effect=Effect.SHOWN_ONLY) if is_held else evidence


def _still_rules_out(
    measure: BloodMeasure, onset: datetime, since: Sequence[tuple[float, Decimal]], chart: Chart
) -> bool:
    end = measure.period.end
    own = measure.per_day if measure.gives_rate else measure.amount
    _, later = since[bisect_left(since, -end.latest.timestamp(), key=_first)]
    most = Range(own.low, own.high + later, own.low_is_open, own.high_is_open)
    return end.latest >= onset and not _possible(most, chart.plausible_volumes)


def _latest_onset(chart: Chart) -> datetime:
    onsets = (began(diagnosis) for diagnosis in chart.hemoptysis)
    known = [onset.earliest for onset in onsets if chart.recency(onset) != "undatable"]
    return max(known, default=UNDATED.earliest)


def _blood_since(chart: Chart) -> Sequence[tuple[float, Decimal]]:
    """By the time of each bleed, newest first and negated, the most blood that ended after it.

    The last entry is of all blood. An amount that is not known makes it infinite.
    """
    ends = [(-period.end.latest.timestamp(), bleed) for bleed, period in chart.bleeds if bleed.shows_blood]
    ends.sort(key=_first)
    sums = accumulate((_at_most(bleed) for _, bleed in ends), initial=Decimal(0))
    return list(zip([*(time for time, _ in ends), float("inf")], sums, strict=True))


def _first(entry: tuple[float, object]) -> float:
    return entry[0]


def _at_most(bleed: Bleed) -> Decimal:
    """A rate adds nothing here: it is judged by itself."""
    if bleed.per_hours is not None:
        return Decimal(0)
    return bleed.amount_ml.high if bleed.finding == "amount" else Decimal("Infinity")
