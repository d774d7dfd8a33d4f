"""What rules massive hemoptysis out: little blood, and calm vital signs (BEHAVIOUR 4)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from cds_service.clinical.chart import Chart, began, duration
from cds_service.clinical.decision import Effect, Evidence, RuleId
from cds_service.clinical.evidence.sums import Blood, BloodMeasure
from cds_service.clinical.evidence.support import is_on_oxygen, is_oxygen
from cds_service.clinical.evidence.vitals import BY_TIME, JUDGED, shown
from cds_service.clinical.facts import Vital, VitalKind
from cds_service.clinical.range import Range
from cds_service.clinical.time import UNDATED, Moment
from cds_service.knowledge.definitions import Definition, DefinitionId
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.terminology.concepts import Concept

_NOW: Final = ("current", "undatable")
_UNKNOWN: Final = ("unreadable", "large", "blood-seen")
_TOO_MUCH: Final = ("unreadable", "large")
_READ_FOR_SIGNS: Final = (
    Kind.CONDITIONS,
    Kind.PROCEDURES,
    Kind.MEDICATIONS,
    Kind.ADMINISTRATIONS,
)
NEEDED: Final = JUDGED[:3]
"""What must be charted for vital signs to be calm; a heart rate counts where there is one."""

CALM: Final[Mapping[VitalKind, Sequence[DefinitionId]]] = {
    "oxygen-saturation": (DefinitionId.SPO2_CALM,),
    "systolic-pressure": (DefinitionId.SYSTOLIC_CALM_LOW, DefinitionId.SYSTOLIC_CALM_HIGH),
    "respiratory-rate": (DefinitionId.RESPIRATORY_CALM_LOW, DefinitionId.RESPIRATORY_CALM_HIGH),
    "heart-rate": (DefinitionId.HEART_CALM_LOW, DefinitionId.HEART_CALM_HIGH),
}


def may_rule_out(chart: Chart) -> bool:
    """Only in adults, with blood and vital signs wholly read, and nothing that could hold a sign in part."""
    if chart.may_be_child or any(chart.facts.is_incomplete(kind) for kind in _READ_FOR_SIGNS):
        return False
    return chart.facts.is_whole(Kind.BLEEDING) and chart.facts.is_whole(Kind.VITALS)


def calm_evidence(chart: Chart, blood: Blood) -> Iterator[Evidence]:
    """A bleed charted as small, and vital signs that are all calm after it, rule massive out."""
    readings = calm_readings(chart)
    if readings and _is_charted_as_small(chart, blood):
        yield Evidence(
            RuleId.SMALL_AND_CALM,
            Effect.RULES_OUT_MASSIVE,
            Concept.HEMOPTYSIS,
            min((reading.when for reading in readings), key=lambda moment: moment.earliest),
            tuple(reference for reading in readings for reference in reading.references),
            readings=readings,
        )


def _is_charted_as_small(chart: Chart, blood: Blood) -> bool:
    """True when the window holds amounts under the borderline, or only words or codes of a small bleed."""
    now = [bleed for bleed, period in chart.bleeds if bleed.shows_blood and chart.recency(period.end) in _NOW]
    if any(bleed.finding in _UNKNOWN for bleed in now) or not is_borderline_excluded(chart, blood):
        return False
    if any(m.is_current and m.kind != "per-time" and not m.bleed.is_unsure for m in blood.newest):
        return True
    if any(bleed.finding == "small" and not bleed.is_unsure for bleed in now):
        return True
    charted = [d for d in chart.hemoptysis if chart.is_of(d, DefinitionId.SEVERITY_WINDOW)]
    return bool(charted) and all(d.is_called_small and not d.is_unsure for d in charted)


# --- calm vital signs ------------------------------------------------------------------------------------


def needs_vital_signs(chart: Chart) -> bool:
    """True when one of the vital signs that must be calm was not taken since the last charted bleed."""
    after = _last_of_the_bleed(chart) or ()
    taken = {v.kind for v in chart.facts.vitals if not v.is_unsure and _counts(v, after, chart)}
    return any(kind not in taken for kind in NEEDED)


def is_restless(chart: Chart) -> bool:
    """True when a current vital sign lies outside the calm band, or oxygen is given with a saturation."""
    current = [v for v in chart.facts.vitals if chart.recency(v.taken) == "current"]
    if any(not _is_calm(v, chart) for v in current):
        return True
    return any(v.kind == "oxygen-saturation" for v in current) and is_on_oxygen(chart)


def _may_miss_one(chart: Chart) -> bool:
    """True when one of the vital signs is absent and only half of the questions for them were answered."""
    if Kind.VITALS not in chart.facts.asked_in_part:
        return False
    taken = {v.kind for v in chart.facts.vitals if not v.is_unsure and chart.recency(v.taken) == "current"}
    return not taken.issuperset(NEEDED)


def _is_calm(vital: Vital, chart: Chart) -> bool:
    if vital.kind not in CALM:
        return not is_oxygen(vital, chart)
    limits = [chart.knowledge.definitions[limit] for limit in CALM[vital.kind]]
    return not [limit for limit in limits if vital.value.some_value_crosses(limit)]


def calm_readings(chart: Chart) -> tuple[Evidence, ...]:
    """The newest readings of a calm set, breathing air; empty where there is none (BEHAVIOUR 4).

    All that were taken after the onset and the last charted bleed must be calm, and none of the three may
    be missing. A date alone is after them unless it is certainly before; a bleed without a date may be after
    any reading.
    """
    after = _last_of_the_bleed(chart)
    if after is None or is_on_oxygen(chart):
        return ()
    counting = [v for v in chart.facts.vitals if v.kind in CALM and _counts(v, after, chart)]
    if not all(_is_calm(v, chart) for v in counting):
        return ()
    newest: dict[VitalKind, Vital] = {}
    for vital in sorted(counting, key=BY_TIME):
        if not vital.is_unsure:
            newest[vital.kind] = vital
    if any(kind not in newest for kind in NEEDED):
        return ()
    return tuple(shown(newest[kind], chart) for kind in JUDGED if kind in newest)


def _counts(vital: Vital, after: Sequence[Moment], chart: Chart) -> bool:
    if after and vital.taken.is_certainly_before(after[0]):
        return False
    return chart.recency(vital.taken) == "current"


def _last_of_the_bleed(chart: Chart) -> Sequence[Moment] | None:
    """The latest moment at which hemoptysis began or was charted; None where one of them is not dated."""
    floors = [began(diagnosis) for diagnosis in chart.hemoptysis]
    floors += (period.end for bleed, period in chart.bleeds if bleed.shows_blood)
    if not all(floor.is_dated for floor in floors):
        return None
    return (max(floors, key=lambda moment: moment.earliest),) if floors else ()


# --- what a small amount rules out -----------------------------------------------------------------------


def only_holding(
    judged: Sequence[tuple[BloodMeasure, Evidence]], chart: Chart, blood: Blood
) -> Iterator[Evidence]:
    """A small total rules out only if fresh, of this bleed, and with all blood charted beside it."""
    if all(evidence.effect is not Effect.RULES_OUT_MASSIVE for _, evidence in judged):
        yield from (evidence for _, evidence in judged)
        return
    holds = is_borderline_excluded(chart, blood) and not (is_restless(chart) or _may_miss_one(chart))
    since, onset = _last_unknown(chart), _latest_onset(chart)
    for measure, evidence in judged:
        is_ruling = evidence.effect is Effect.RULES_OUT_MASSIVE
        is_held = is_ruling and not (holds and _is_fresh(measure.period.end, since, onset, chart))
        yield replace(evidence, effect=Effect.SHOWN_ONLY) if is_held else evidence


def _is_fresh(end: Moment, unknown: Moment | None, onset: datetime, chart: Chart) -> bool:
    """True when it ended lately, not before any onset, and no blood of an unknown amount came after."""
    freshness = duration(chart.knowledge, DefinitionId.TOTAL_FRESHNESS)
    if end.latest < max(chart.facts.now - freshness, onset):
        return False
    return unknown is None or unknown.latest <= end.earliest


def _latest_onset(chart: Chart) -> datetime:
    onsets = (began(diagnosis) for diagnosis in chart.hemoptysis)
    known = [onset.earliest for onset in onsets if chart.recency(onset) != "undatable"]
    return max(known, default=UNDATED.earliest)


def _last_unknown(chart: Chart) -> Moment | None:
    """When blood was last charted whose amount is not known; None where it was not."""
    unknown = (period.end for bleed, period in chart.bleeds if bleed.finding in _UNKNOWN)
    return max(unknown, key=lambda moment: moment.latest, default=None)


def is_borderline_excluded(chart: Chart, blood: Blood) -> bool:
    """True when all that is charted of the window comes to less than the borderline (BEHAVIOUR 4).

    So must a partial total that was measured long enough for a rate, at its speed over 24 h.
    """
    long_enough = chart.definition(DefinitionId.RATE_WEIGHED_PERIOD).value
    weighed = (
        m for m in blood.newest if m.is_current and m.kind == "partial-total" and m.hours >= long_enough
    )
    reached = [blood.most, *(measure.per_day for measure in weighed)]
    return not any(possibly_crossed(amount, chart.plausible_volumes) for amount in reached)


def is_small(chart: Chart, blood: Blood) -> bool:
    """True when amounts are charted in the window and come to a minor bleed in all (ACR 2014; site limit).

    Words are no amount; one that is not known, or that words call large, may be more, as may what was not
    wholly read.
    """
    if not chart.facts.is_whole(Kind.BLEEDING):
        return False
    if not any(m.is_current and m.kind != "per-time" and not m.bleed.is_unsure for m in blood.newest):
        return False
    unknown = (p.end for bleed, p in chart.bleeds if bleed.finding in _TOO_MUCH)
    if any(chart.recency(end) in _NOW for end in unknown):
        return False
    return blood.most.every_value_crosses(chart.definition(DefinitionId.SMALL_BLEED))


def possibly_crossed(value: Range, limits: Sequence[Definition]) -> Definition | None:
    """The first limit that the value could cross."""
    return next((limit for limit in limits if value.some_value_crosses(limit)), None)
