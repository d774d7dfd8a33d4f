"""What is done to keep the patient alive: ventilation, vasopressors, red cells, oxygen (BEHAVIOUR 4)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal, TypeAlias

from cds_service.clinical.chart import Chart
from cds_service.clinical.decision import Effect, Evidence, RuleId
from cds_service.clinical.facts import Support, Vital, VitalKind
from cds_service.clinical.range import above
from cds_service.clinical.time import Moment
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.terminology.concepts import Concept

OXYGEN_LIMITS: Final[Mapping[VitalKind, DefinitionId]] = {
    "inhaled-oxygen-concentration": DefinitionId.ROOM_AIR_OXYGEN,
    "inhaled-oxygen-flow": DefinitionId.OXYGEN_FLOW,
}
_WITH_OXYGEN: Final = (
    Concept.OXYGEN_THERAPY,
    Concept.HOME_OXYGEN,
    Concept.VENTILATION,
    Concept.NONINVASIVE_VENTILATION,
    Concept.VENTILATOR_RATE,
    Concept.ECMO,
)
_ASSISTING: Final = (Concept.OXYGEN_THERAPY, Concept.VENTILATION, Concept.VASOPRESSOR, Concept.ECMO)
_FLOW: Final = "L/min"
_Standing: TypeAlias = Literal["current", "perhaps", "ended"]
"""Whether support is of now: perhaps where no time is known, or only a begin some days ago."""


def support_evidence(chart: Chart) -> Iterator[Evidence]:
    """Evidence of every Procedure, running drug and ventilator that bears on severity.

    Coded ECMO is judged as a Condition where it is one.
    """
    diagnosed = {diagnosis.reference for diagnosis in chart.active} if chart.facts.supports else frozenset()
    for support in chart.facts.supports:
        if support.concept is Concept.ECMO and support.reference in diagnosed:
            continue
        if judged := _JUDGED.get(support.concept):
            yield from judged(support, chart)


def _standing(support: Support, chart: Chart) -> _Standing:
    """A point in time of the recent window may last still: an intubation is charted when it is done."""
    recency = chart.recency(support.period.closed_at(chart.facts.now).end)
    if recency == "current":
        return "current"
    is_begin_alone = recency == "recent" and not support.period.is_span
    return "perhaps" if recency == "undatable" or is_begin_alone else "ended"


def _ventilation(support: Support, chart: Chart) -> Iterator[Evidence]:
    """Begun in the window, and not before the bleed, it proves; else it is a sign while it may last."""
    begin = support.period.start
    is_fresh = chart.recency(begin) == "current"
    if is_fresh and chart.belongs(begin) and not support.is_unsure:
        yield _evidence(RuleId.VENTILATION, support, begin, Effect.PROVES_MASSIVE)
    elif is_fresh or _standing(support, chart) != "ended":
        yield _evidence(RuleId.VENTILATION, support, begin)


def _noninvasive(support: Support, chart: Chart) -> Iterator[Evidence]:
    """A sign while it may last; what was begun before the recent window and goes on is home treatment."""
    begin = support.period.start
    is_of_old = support.period.is_span and chart.recency(begin) == "past"
    if not is_of_old and _standing(support, chart) != "ended":
        yield _evidence(RuleId.VENTILATION, support, begin, is_unsure=True)


def _ventilator_rate(support: Support, chart: Chart) -> Iterator[Evidence]:
    """It shows that a ventilator runs, not since when."""
    if _standing(support, chart) in ("current", "perhaps"):
        yield _evidence(RuleId.VENTILATION, support, support.period.end)


def _instability(support: Support, chart: Chart) -> Iterator[Evidence]:
    standing = _standing(support, chart)
    if standing != "ended":
        is_unsure = support.is_unsure or standing != "current"
        yield _evidence(RuleId.INSTABILITY, support, support.period.start, is_unsure=is_unsure)


def _vasopressor(support: Support, chart: Chart) -> Iterator[Evidence]:
    """One without an end runs, whenever it began."""
    is_open = support.period.is_span and not support.period.end.is_dated
    standing = "current" if is_open else _standing(support, chart)
    if standing != "ended":
        is_unsure = support.is_unsure or standing != "current"
        yield _evidence(RuleId.VASOPRESSOR, support, support.period.start, is_unsure=is_unsure)


def _transfusion(support: Support, chart: Chart) -> Iterator[Evidence]:
    """Red cells given after the onset; where none is charted, in the recent window."""
    given = support.period.closed_at(chart.facts.now).end
    is_after = given.latest >= chart.onset.earliest if chart.onset.is_dated else True
    window = DefinitionId.SEVERE_CONDITION_WINDOW if chart.onset.is_dated else DefinitionId.RECENT_WINDOW
    is_late = chart.recency(given) == "undatable" or chart.is_current(given, window)
    if is_after and is_late:
        yield _evidence(RuleId.TRANSFUSION, support, given)


def _oxygen(support: Support, chart: Chart) -> Iterator[Evidence]:
    if _standing(support, chart) != "ended":
        yield Evidence(
            RuleId.OXYGEN,
            Effect.SHOWN_ONLY,
            support.concept,
            support.period.end,
            (support.reference,),
            support.label,
            value=above(chart.definition(DefinitionId.OXYGEN_FLOW).value, is_open=True),
            unit=_FLOW,
        )


_JUDGED: Final[Mapping[Concept, Callable[[Support, Chart], Iterator[Evidence]]]] = {
    Concept.VENTILATION: _ventilation,
    Concept.NONINVASIVE_VENTILATION: _noninvasive,
    Concept.VENTILATOR_RATE: _ventilator_rate,
    Concept.ECMO: _instability,
    Concept.ARREST: _instability,
    Concept.VASOPRESSOR: _vasopressor,
    Concept.RED_CELL_TRANSFUSION: _transfusion,
    Concept.OXYGEN_THERAPY: _oxygen,
    Concept.HOME_OXYGEN: _oxygen,
}


def _evidence(
    rule: RuleId,
    support: Support,
    when: Moment,
    effect: Effect = Effect.KEEPS_MASSIVE_PLAUSIBLE,
    *,
    is_unsure: bool = False,
) -> Evidence:
    return Evidence(
        rule,
        effect,
        support.concept,
        when,
        (support.reference,),
        support.label,
        is_unsure=is_unsure or support.is_unsure,
    )


# --- what it means for the vital signs -------------------------------------------------------------------


def has_lower_target(chart: Chart) -> bool:
    """True with chronic respiratory failure or home oxygen in the chart, not only possibly or once."""
    if chart.has_certainly(Concept.CHRONIC_RESPIRATORY_FAILURE, Concept.HOME_OXYGEN):
        return True
    return any(_is_home_oxygen(s, chart) for s in chart.facts.supports)


def _is_home_oxygen(support: Support, chart: Chart) -> bool:
    """True while it lasts: without an end, or with one that is current; one time alone tells no more."""
    if support.concept is not Concept.HOME_OXYGEN or support.is_unsure:
        return False
    last = support.period.end
    return (support.period.is_span and not last.is_dated) or chart.recency(last) != "past"


def was_on_home_oxygen(chart: Chart) -> bool:
    """True where home oxygen was charted at one time, of which no end is known."""
    home = (s for s in chart.facts.supports if s.concept is Concept.HOME_OXYGEN)
    return any(not s.period.is_span and not s.is_unsure for s in home)


def is_on_oxygen(chart: Chart) -> bool:
    """True when oxygen is given or may be, by whatever code or value, or a ventilator breathes."""
    if chart.has(*_WITH_OXYGEN):
        return True
    if any(s.concept in _WITH_OXYGEN and _standing(s, chart) != "ended" for s in chart.facts.supports):
        return True
    levels = [v for v in chart.facts.vitals if v.kind in OXYGEN_LIMITS]
    return any(is_oxygen(v, chart) and chart.recency(v.taken) in _NOW for v in levels)


_NOW: Final = ("current", "undatable")


def is_oxygen(vital: Vital, chart: Chart) -> bool:
    """True for a reading of oxygen that is more than air, or may be."""
    limit = OXYGEN_LIMITS.get(vital.kind)
    return limit is not None and vital.value.some_value_crosses(chart.definition(limit))


def starts_of_support(chart: Chart) -> Sequence[datetime]:
    """When oxygen, ventilation or a vasopressor was begun or raised, in order."""
    begun = [
        s.period.start.earliest
        for s in chart.facts.supports
        if s.concept in _ASSISTING and s.period.start.is_dated and not s.is_unsure
    ]
    for kind in OXYGEN_LIMITS:
        before = None
        for level in _levels(kind, chart):
            if is_oxygen(level, chart) and (before is None or level.value.high > before.value.high):
                begun.append(level.taken.earliest)
            before = level
    return sorted(begun)


def _levels(kind: VitalKind, chart: Chart) -> Sequence[Vital]:
    levels = [v for v in chart.facts.vitals if v.kind == kind and v.taken.is_dated and not v.is_unsure]
    return sorted(levels, key=lambda level: (level.taken.latest, level.value.high))


def is_supported_at(at: Moment, chart: Chart) -> bool:
    """True when oxygen, ventilation or a vasopressor was still given then."""
    for support in chart.facts.supports:
        begin, end = support.period.start, support.period.end
        lasts = not support.period.is_span or end.latest >= at.earliest
        if support.concept in _ASSISTING and begin.earliest <= at.latest and lasts and not support.is_unsure:
            return True
    for kind in OXYGEN_LIMITS:
        before = [level for level in _levels(kind, chart) if level.taken.earliest <= at.latest]
        if before and is_oxygen(before[-1], chart):
            return True
    return False
