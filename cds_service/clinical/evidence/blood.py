"""What the charted blood proves, keeps plausible or rules out (BEHAVIOUR 4)."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from cds_service.clinical.chart import Chart
from cds_service.clinical.decision import Effect, Evidence, RuleId
from cds_service.clinical.evidence.calm import only_holding, possibly_crossed
from cds_service.clinical.evidence.sums import (
    Blood,
    BloodMeasure,
    most_blood,
    volume_of_a_day,
    volume_of_days,
)
from cds_service.clinical.facts import Bleed
from cds_service.clinical.range import Range
from cds_service.knowledge.definitions import Definition, DefinitionId
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


def volume_evidence(chart: Chart, blood: Blood) -> tuple[Evidence, ...]:
    """All evidence from charted blood, what it adds up to included."""
    newest = blood.newest
    current = [(m, _of_measure(m, chart)) for m in newest if m.is_current]
    return (
        *_without_amount(chart),
        *_undated_amounts(chart, blood),
        *_summed(newest, chart),
        *_recent(newest, chart),
        *only_holding(current, chart, blood),
    )


# --- what is not known of an amount ----------------------------------------------------------------------


def _without_amount(chart: Chart) -> Iterator[Evidence]:
    """What cannot be read, and an amount that words call a large one, where it is not certainly past."""
    plausible, what = Effect.KEEPS_MASSIVE_PLAUSIBLE, Concept.EXPECTORATED_BLOOD
    for bleed, period in chart.bleeds:
        if bleed.finding == "large" and chart.recency(period.end) != "past":
            rule = RuleId.CALLED_LARGE
        elif bleed.finding == "unreadable" and chart.recency(period.end) in ("current", "undatable"):
            rule = RuleId.UNREADABLE_AMOUNT
        else:
            continue
        yield Evidence(rule, plausible, what, bleed.period.end, (bleed.reference,), bleed.charted)


def _undated_amounts(chart: Chart, blood: Blood) -> Iterator[Evidence]:
    """An amount without a usable time is a sign where it could be one with what else is charted."""
    undated = blood.undated
    if not undated:
        return
    totals = [m for m in blood.newest if m.kind != "per-time"]
    most = most_blood(totals, (bleed for bleed in undated if not _is_rate(bleed)), chart)
    limit = possibly_crossed(most, chart.plausible_volumes)
    for bleed in undated:
        crossed = _possible_rate(bleed, chart) if _is_rate(bleed) else limit
        yield Evidence(
            RuleId.UNDATED_AMOUNT,
            Effect.KEEPS_MASSIVE_PLAUSIBLE if crossed else Effect.SHOWN_ONLY,
            Concept.EXPECTORATED_BLOOD,
            bleed.period.end,
            (bleed.reference,),
            bleed.charted,
            DefinitionId(crossed.id) if crossed else None,
            value=bleed.amount_ml,
            unit=MILLILITERS,
        )


def _is_rate(bleed: Bleed) -> bool:
    return bleed.per_hours is not None and bleed.per_hours <= 1


def _possible_rate(bleed: Bleed, chart: Chart) -> Definition | None:
    return possibly_crossed(bleed.amount_ml.divided(bleed.per_hours or Decimal(1)), chart.proving_rates)


# --- what amounts add up to ------------------------------------------------------------------------------


def _summed(newest: Sequence[BloodMeasure], chart: Chart) -> Iterator[Evidence]:
    found = volume_of_a_day(newest, chart)
    if found is None:
        return
    amount, added = found
    effect, limit = _effect_of_volume(amount, amount, chart)
    yield _sum_evidence(RuleId.VOLUME, effect, limit, amount, added)


def _sum_evidence(
    rule: RuleId, effect: Effect, limit: DefinitionId | None, amount: Range, added: Sequence[BloodMeasure]
) -> Evidence:
    return Evidence(
        rule,
        effect,
        Concept.EXPECTORATED_BLOOD,
        added[0].period.end,
        tuple(m.bleed.reference for m in added),
        definition=limit,
        value=amount,
        unit=MILLILITERS,
        measure="sum",
    )


def _recent(newest: Sequence[BloodMeasure], chart: Chart) -> Iterator[Evidence]:
    """Blood of the recent window proves nothing; what would prove, alone or in all, is a sign."""
    recent = [m for m in newest if not m.is_current]
    for measure in recent:
        alone = _of_measure(measure, chart)
        would_prove = _would_prove(measure, chart)
        effect = Effect.KEEPS_MASSIVE_PLAUSIBLE if would_prove else Effect.SHOWN_ONLY
        limit = DefinitionId(would_prove.id) if would_prove else None
        yield replace(alone, rule=RuleId.RECENT_AMOUNT, effect=effect, definition=limit)
    added = [m for m in newest if m.kind != "per-time"]
    if not recent or len(added) < 2:
        return
    amount = volume_of_days(newest, chart)
    if limit_of_all := possibly_crossed(amount, chart.proving_volumes):
        rule, effect = RuleId.RECENT_AMOUNT, Effect.KEEPS_MASSIVE_PLAUSIBLE
        hours = chart.definition(DefinitionId.RECENT_WINDOW).value
        found = _sum_evidence(rule, effect, DefinitionId(limit_of_all.id), amount, added)
        yield replace(found, hours=hours)


def _would_prove(measure: BloodMeasure, chart: Chart) -> Definition | None:
    """The limit that an amount of now would cross; one of several days counts as a whole."""
    if measure.gives_rate and (limit := possibly_crossed(measure.per_hour, chart.proving_rates)):
        return limit
    return None if measure.kind == "per-time" else possibly_crossed(measure.amount, chart.proving_volumes)


# --- what one amount says --------------------------------------------------------------------------------


def _of_measure(measure: BloodMeasure, chart: Chart) -> Evidence:
    """The strongest thing that one amount says, by itself; of one that is unsure no more than a sign."""
    rule, effect, limit = _verdict(measure, chart)
    if measure.bleed.is_unsure:
        effect = _UNSURE.get(effect, effect)
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
        is_unsure=measure.bleed.is_unsure,
    )


_UNSURE: Final = {
    Effect.PROVES_MASSIVE: Effect.KEEPS_MASSIVE_PLAUSIBLE,
    Effect.RULES_OUT_MASSIVE: Effect.SHOWN_ONLY,
}


def _verdict(measure: BloodMeasure, chart: Chart) -> _Verdict:
    """By its volume, or by its rate where that says more."""
    if measure.kind == "per-time":
        return _by_rate(measure, chart)
    verdicts = [_by_volume(measure, chart)]
    if measure.gives_rate:
        verdicts.append(_by_rate(measure, chart))
    return min(verdicts, key=lambda verdict: _STRENGTH[verdict[1]])


def _by_volume(measure: BloodMeasure, chart: Chart) -> _Verdict:
    effect, limit = _effect_of_volume(_proving_volume(measure), measure.amount, chart)
    if effect is Effect.SHOWN_ONLY and measure.kind == "total":
        return RuleId.SMALL_TOTAL, Effect.RULES_OUT_MASSIVE, None
    return RuleId.VOLUME, effect, limit


def _by_rate(measure: BloodMeasure, chart: Chart) -> _Verdict:
    """Over its limit a rate proves; what it comes to in a day counts where it was measured long enough."""
    per_hour, measured = measure.per_hour, measure.measured_hours
    if proving := _proving(per_hour, chart.proving_rates):
        return RuleId.RATE, Effect.PROVES_MASSIVE, DefinitionId(proving.id)
    possible = possibly_crossed(per_hour, chart.proving_rates)
    if not possible and measured >= chart.definition(DefinitionId.RATE_WEIGHED_PERIOD).value:
        possible = possibly_crossed(measure.per_day, _weighed_limits(chart))
    if possible:
        return RuleId.RATE, Effect.KEEPS_MASSIVE_PLAUSIBLE, DefinitionId(possible.id)
    is_over_a_day = measured >= chart.definition(DefinitionId.TOTAL_PERIOD).value
    if is_over_a_day and not possibly_crossed(measure.per_day, chart.plausible_volumes):
        return RuleId.RATE, Effect.RULES_OUT_MASSIVE, None
    return RuleId.RATE, Effect.SHOWN_ONLY, None


def _weighed_limits(chart: Chart) -> Sequence[Definition]:
    """What a rate would have to reach in 24 h to be a sign."""
    limits = (chart.definition(DefinitionId.VOLUME_MASSIVE),)
    if chart.has(Concept.CHRONIC_RESPIRATORY_FAILURE):
        return (*limits, chart.definition(DefinitionId.VOLUME_BORDERLINE_CHRONIC))
    return limits


def _proving_volume(measure: BloodMeasure) -> Range:
    """The 24 h volume that a measure shows: a total over more than 24 h counts by its average."""
    if measure.kind == "total" and measure.hours > _DAY:
        return measure.per_day
    return measure.amount


def _effect_of_volume(proving: Range, whole: Range, chart: Chart) -> tuple[Effect, DefinitionId | None]:
    if limit := _proving(proving, chart.proving_volumes):
        return Effect.PROVES_MASSIVE, DefinitionId(limit.id)
    possible = possibly_crossed(whole, chart.proving_volumes) or possibly_crossed(
        whole, chart.plausible_volumes
    )
    if possible:
        return Effect.KEEPS_MASSIVE_PLAUSIBLE, DefinitionId(possible.id)
    return Effect.SHOWN_ONLY, None


def _proving(value: Range, limits: Sequence[Definition]) -> Definition | None:
    for limit in limits:
        if value.every_value_crosses(limit):
            return limit
    return None
