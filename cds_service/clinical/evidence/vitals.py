"""What the vital signs prove or keep plausible (BEHAVIOUR 4)."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Final, Literal, TypeAlias, get_args

from cds_service.clinical.chart import Chart, Recency
from cds_service.clinical.decision import Effect, Evidence, RuleId
from cds_service.clinical.evidence.support import (
    OXYGEN_LIMITS,
    has_lower_target,
    is_oxygen,
    is_supported_at,
    starts_of_support,
    was_on_home_oxygen,
)
from cds_service.clinical.facts import Vital, VitalKind
from cds_service.clinical.time import Moment
from cds_service.knowledge.definitions import Definition, DefinitionId
from cds_service.knowledge.terminology.concepts import Concept

_RULES: Final[Mapping[VitalKind, RuleId]] = {
    "oxygen-saturation": RuleId.SATURATION,
    "systolic-pressure": RuleId.SYSTOLIC,
    "respiratory-rate": RuleId.RESPIRATORY_RATE,
    "heart-rate": RuleId.HEART_RATE,
    "inhaled-oxygen-concentration": RuleId.OXYGEN,
    "inhaled-oxygen-flow": RuleId.OXYGEN,
}
_LIMITS: Final[Mapping[VitalKind, DefinitionId]] = {
    "oxygen-saturation": DefinitionId.SPO2_LOW,
    "systolic-pressure": DefinitionId.SYSTOLIC_LOW,
    "respiratory-rate": DefinitionId.RESPIRATORY_RATE_HIGH,
    "heart-rate": DefinitionId.HEART_RATE_HIGH,
    **OXYGEN_LIMITS,
}
_CONCEPTS: Final = {kind: Concept(kind) for kind in get_args(VitalKind)}
JUDGED: Final[Sequence[VitalKind]] = (
    "oxygen-saturation",
    "systolic-pressure",
    "respiratory-rate",
    "heart-rate",
)
SCORES_THREE: Final[Mapping[VitalKind, Sequence[DefinitionId]]] = {
    "oxygen-saturation": (DefinitionId.NEWS2_SPO2,),
    "systolic-pressure": (DefinitionId.NEWS2_SYSTOLIC_LOW, DefinitionId.NEWS2_SYSTOLIC_HIGH),
    "respiratory-rate": (DefinitionId.NEWS2_RESPIRATORY_LOW, DefinitionId.NEWS2_RESPIRATORY_HIGH),
    "heart-rate": (DefinitionId.NEWS2_HEART_LOW, DefinitionId.HEART_RATE_HIGH),
}
BY_TIME: Final = attrgetter("taken.latest", "reference")
"""In which order readings stand: the newest last."""

_Readings: TypeAlias = Sequence[tuple[Vital, Recency]]
_Standing: TypeAlias = Literal["latest", "supported-since", "replaced"]
"""Whether a later reading of the kind was taken, and then whether under support begun or raised since."""


def vital_evidence(chart: Chart) -> tuple[Evidence, ...]:
    """What each reading says; of those that say nothing the latest of each kind is shown."""
    starts = starts_of_support(chart)
    by_kind: dict[VitalKind, list[tuple[Vital, Recency]]] = defaultdict(list)
    for vital in chart.facts.vitals:
        by_kind[vital.kind].append((vital, chart.recency(vital.taken)))
    found = [e for kind in by_kind if kind in JUDGED for e in _of_kind(by_kind[kind], starts, chart)]
    oxygen = [reading for kind in OXYGEN_LIMITS for reading in by_kind.get(kind, ())]
    return (*found, *_oxygen(oxygen, chart), *_scoring_three(by_kind, chart))


def _of_kind(readings: _Readings, starts: Sequence[datetime], chart: Chart) -> Iterator[Evidence]:
    """The evidence of one vital sign. What is unsure never takes the place of what was read before it."""
    times = sorted(_times(readings), key=attrgetter("earliest"))
    earliest, count = [moment.earliest for moment in times], len(times)
    limits = _limits(readings[0][0].kind, chart)
    is_supported = bool(times) and bool(starts) and _is_supported(times[-1], readings, chart)
    shown: list[tuple[Vital, Recency]] = []
    for vital, recency in readings:
        place = bisect_right(earliest, vital.taken.latest)
        later = times[place] if place < count else None
        standing: _Standing = "latest" if later is None else "replaced"
        if later and is_supported and _was_begun_between(vital.taken, later, starts):
            standing = "supported-since"
        effect, limit = _effect(vital, recency, standing, limits, chart)
        if effect is Effect.SHOWN_ONLY:
            shown.append((vital, recency))
        else:
            yield _evidence(vital, effect, limit)
    yield from _only_latest(shown, has_telling=len(shown) < len(readings), chart=chart)


def _times(readings: _Readings) -> Sequence[Moment]:
    return [v.taken for v, recency in readings if recency in ("current", "recent") and not v.is_unsure]


def _is_supported(last: Moment, readings: _Readings, chart: Chart) -> bool:
    """True when the last readings were taken under support, and none of them says that it was on air."""
    is_on_air = any(v.is_on_air and v.taken.latest >= last.earliest for v, _ in readings)
    return not is_on_air and is_supported_at(last, chart)


def _was_begun_between(first: Moment, later: Moment, starts: Sequence[datetime]) -> bool:
    """True when support was begun or raised after a reading and before the next."""
    place = bisect_right(starts, first.latest)
    return place < len(starts) and starts[place] <= later.latest


def _limits(kind: VitalKind, chart: Chart) -> tuple[Definition | None, Definition]:
    """What proves (of a heart rate nothing), and what keeps plausible where it does not prove."""
    limit = chart.definition(_LIMITS[kind])
    if kind == "heart-rate":
        return None, limit
    if kind != "oxygen-saturation":
        return limit, limit
    if has_lower_target(chart):
        below = chart.definition(DefinitionId.SPO2_BELOW_TARGET)
        return chart.definition(DefinitionId.SPO2_LOW_TARGET), below
    if chart.has_certainly(Concept.COPD) or was_on_home_oxygen(chart):
        return chart.definition(DefinitionId.SPO2_LOW_TARGET), limit
    return limit, limit


def _effect(
    vital: Vital,
    recency: Recency,
    standing: _Standing,
    limits: tuple[Definition | None, Definition],
    chart: Chart,
) -> tuple[Effect, Definition]:
    """Of children only the saturation is judged; what is not of now is a sign only if it would prove."""
    proving, plausible = limits
    if vital.kind != "oxygen-saturation" and chart.is_child:
        return Effect.SHOWN_ONLY, plausible
    would_prove = proving is not None and vital.value.every_value_crosses(proving)
    limit = proving if proving is not None and would_prove else plausible
    if recency == "current":
        if would_prove and standing != "replaced" and not vital.is_unsure and chart.belongs(vital.taken):
            return Effect.PROVES_MASSIVE, limit
        is_sign = vital.value.some_value_crosses(plausible)
    else:
        is_sign = would_prove and (recency == "undatable" or (recency == "recent" and standing == "latest"))
    return (Effect.KEEPS_MASSIVE_PLAUSIBLE if is_sign else Effect.SHOWN_ONLY), limit


def _only_latest(readings: _Readings, *, has_telling: bool, chart: Chart) -> Iterator[Evidence]:
    """The latest of what says nothing; an older one only where nothing newer of its kind is there."""
    shown = [v for v, recency in readings if recency != "past"]
    if not shown and not has_telling:
        shown = [v for v, _ in readings]
    if shown:
        latest = max(shown, key=BY_TIME)
        yield _evidence(latest, Effect.SHOWN_ONLY, chart.definition(_LIMITS[latest.kind]))


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
        by_name=vital.by_name,
        is_unsure=vital.is_unsure,
    )


def _oxygen(readings: _Readings, chart: Chart) -> Iterator[Evidence]:
    given = [v for v, recency in readings if recency in ("current", "undatable") and is_oxygen(v, chart)]
    if given:
        latest = max(given, key=BY_TIME)
        yield _evidence(latest, Effect.SHOWN_ONLY, chart.definition(_LIMITS[latest.kind]))


def _scoring_three(by_kind: Mapping[VitalKind, _Readings], chart: Chart) -> Iterator[Evidence]:
    """Two or more vital signs of an adult that each score 3 in NEWS2; no saturation with a lower target."""
    if chart.is_child:
        return
    scored = [kind for kind in JUDGED if kind in by_kind]
    if has_lower_target(chart):
        scored = [kind for kind in scored if kind != "oxygen-saturation"]
    found = [v for kind in scored if (v := _scored_three(by_kind[kind], chart))]
    if len(found) < 2:
        return
    yield Evidence(
        RuleId.VITALS_SCORE_THREE,
        Effect.KEEPS_MASSIVE_PLAUSIBLE,
        Concept.HEMOPTYSIS,
        min((v.taken for v in found), key=lambda moment: moment.earliest),
        tuple(v.reference for v in found),
        readings=tuple(shown(v, chart) for v in found),
    )


def _scored_three(readings: _Readings, chart: Chart) -> Vital | None:
    """The current reading that scores 3 and that no later one has replaced."""
    limits = [chart.definition(limit) for limit in SCORES_THREE[readings[0][0].kind]]
    last = max([moment.earliest for moment in _times(readings)], default=None)
    scoring = [
        v
        for v, recency in readings
        if recency == "current"
        and (last is None or v.taken.latest >= last)
        and [limit for limit in limits if v.value.every_value_crosses(limit)]
    ]
    return max(scoring, key=BY_TIME, default=None)


def shown(vital: Vital, chart: Chart) -> Evidence:
    """A reading that says nothing by itself, as evidence."""
    return _evidence(vital, Effect.SHOWN_ONLY, chart.definition(_LIMITS[vital.kind]))
