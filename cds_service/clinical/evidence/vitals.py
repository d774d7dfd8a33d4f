"""What the vital signs prove, keep plausible or rule out (BEHAVIOUR 4)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, get_args

from cds_service.clinical.chart import Chart, Recency, began
from cds_service.clinical.decision import Effect, Evidence, RuleId
from cds_service.clinical.facts import Vital, VitalKind
from cds_service.clinical.time import UNDATED, Moment
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.model import Definition, DefinitionId
from cds_service.knowledge.terminology.concepts import Concept

_RULES: Final = {
    "oxygen-saturation": RuleId.SATURATION,
    "systolic-pressure": RuleId.SYSTOLIC,
    "respiratory-rate": RuleId.RESPIRATORY_RATE,
    "inhaled-oxygen-concentration": RuleId.OXYGEN,
    "inhaled-oxygen-flow": RuleId.OXYGEN,
}
_LIMITS: Final = {
    "oxygen-saturation": DefinitionId.SPO2_LOW,
    "systolic-pressure": DefinitionId.SYSTOLIC_LOW,
    "respiratory-rate": DefinitionId.RESPIRATORY_RATE_HIGH,
    "inhaled-oxygen-concentration": DefinitionId.ROOM_AIR_OXYGEN,
    "inhaled-oxygen-flow": DefinitionId.OXYGEN_FLOW,
}
_CONCEPTS: Final = {kind: Concept(kind) for kind in get_args(VitalKind)}
_JUDGED: Final = ("oxygen-saturation", "systolic-pressure", "respiratory-rate")
_Readings = Sequence[tuple[Vital, Recency]]
"""The readings that are not past, each with its recency."""


def vital_evidence(chart: Chart) -> tuple[Evidence, ...]:
    """What each reading says alone, and the complete set of normal ones, if there is one.

    The latest reading of a kind is shown, each crossing one counts.
    """
    readings = [
        (vital, recency) for vital in chart.facts.vitals if (recency := chart.recency(vital.taken)) != "past"
    ]
    is_lung_chronic = chart.has_certainly(Concept.CHRONIC_RESPIRATORY_FAILURE, Concept.COPD)
    telling: list[Evidence] = []
    shown: dict[RuleId, Vital] = {}
    for vital, recency in readings:
        limit, rule = chart.definition(_LIMITS[vital.kind]), _RULES[vital.kind]
        crosses = vital.value.some_value_crosses(limit)
        if rule is RuleId.OXYGEN:
            if crosses:
                _keep_latest(shown, rule, vital)
            continue
        effect = Effect.SHOWN_ONLY
        if crosses:
            effect = _effect(vital, limit, recency, chart, is_lung_chronic=is_lung_chronic)
        if effect is Effect.SHOWN_ONLY:
            _keep_latest(shown, rule, vital)
        else:
            telling.append(_evidence(vital, effect, limit))
    normal = _normal_set(chart, readings) if RuleId.OXYGEN not in shown else None
    only_shown = (_only_shown(vital, chart) for vital in shown.values())
    return (*telling, *only_shown, *((normal,) if normal else ()))


def _keep_latest(shown: dict[RuleId, Vital], rule: RuleId, vital: Vital) -> None:
    kept = shown.get(rule)
    if kept is None or (vital.taken.latest, vital.reference) > (kept.taken.latest, kept.reference):
        shown[rule] = vital


def _only_shown(vital: Vital, chart: Chart) -> Evidence:
    return _evidence(vital, Effect.SHOWN_ONLY, chart.definition(_LIMITS[vital.kind]))


def _evidence(vital: Vital, effect: Effect, limit: Definition) -> Evidence:
    return Evidence(
        _RULES[vital.kind],
        effect,
        _CONCEPTS[vital.kind],
        vital.taken,
        (vital.reference,),
        vital.charted,
        DefinitionId(limit.id) if effect is not Effect.SHOWN_ONLY else None,
        value=vital.value,
        unit=limit.unit,
    )


def _effect(
    vital: Vital, limit: Definition, recency: Recency, chart: Chart, *, is_lung_chronic: bool
) -> Effect:
    """A low saturation in chronic lung disease is no proof; of children only the saturation is judged."""
    is_saturation = vital.kind == "oxygen-saturation"
    if chart.is_child and not is_saturation:
        return Effect.SHOWN_ONLY
    if vital.value.every_value_crosses(limit):
        is_expected = is_saturation and is_lung_chronic
        proves = recency == "current" and not is_expected
        return Effect.PROVES_MASSIVE if proves else Effect.KEEPS_MASSIVE_PLAUSIBLE
    if recency == "current" and vital.value.some_value_crosses(limit):
        return Effect.KEEPS_MASSIVE_PLAUSIBLE
    return Effect.SHOWN_ONLY


def _normal_set(chart: Chart, readings: _Readings) -> Evidence | None:
    """The complete set of current normal vital signs that rules massive out, if there is one.

    Adults only, on room air; none crossing; taken neither before the onset nor before the last charted
    bleed. Vital signs read in part rule nothing out, nor do any where the bleeding was not wholly read: the
    last bleed is not known then.
    """
    facts = chart.facts
    if chart.is_child or facts.is_incomplete(Kind.VITALS) or not facts.is_whole(Kind.BLEEDING):
        return None
    floors = tuple(_moments_to_follow(chart))
    if not all(floor.is_dated for floor in floors):
        return None
    newest = _newest_counting(readings, max(floors, key=_earliest, default=UNDATED))
    if len(newest) < len(_JUDGED):
        return None
    return Evidence(
        RuleId.SMALL_AND_CALM,
        Effect.RULES_OUT_MASSIVE,
        Concept.HEMOPTYSIS,
        min((reading.taken for reading in newest), key=_earliest),
        tuple(reading.reference for reading in newest),
        readings=tuple(_only_shown(reading, chart) for reading in newest),
    )


def _moments_to_follow(chart: Chart) -> Iterator[Moment]:
    """Every onset of active hemoptysis (else when it was recorded) and the time of every charted bleed."""
    yield from (began(diagnosis) for diagnosis in chart.hemoptysis)
    yield from (period.end for bleed, period in chart.bleeds if bleed.shows_blood)


def _newest_counting(readings: _Readings, floor: Moment) -> Sequence[Vital]:
    """The newest reading of each judged kind that is current and not before the floor."""
    newest: dict[VitalKind, Vital] = {}
    for vital, recency in readings:
        if recency != "current" or vital.taken.is_certainly_before(floor):
            continue
        kept = newest.get(vital.kind)
        if kept is None or _is_newer(vital, kept):
            newest[vital.kind] = vital
    return [newest[kind] for kind in _JUDGED if kind in newest]


def _is_newer(vital: Vital, other: Vital) -> bool:
    """Of two at the same time the one whose reference comes first."""
    if vital.taken.latest != other.taken.latest:
        return vital.taken.latest > other.taken.latest
    return vital.reference < other.reference


def _earliest(moment: Moment) -> datetime:
    return moment.earliest
