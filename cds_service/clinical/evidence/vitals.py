"""What the vital signs prove, keep plausible or rule out (BEHAVIOUR 4)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cds_service.clinical.amounts import range_text
from cds_service.clinical.decision import Effect, Evidence, RuleId
from cds_service.clinical.evidence.conditions import onsets
from cds_service.clinical.evidence.sums import is_surely_charted
from cds_service.clinical.facts import AgeGroup, HemoptysisFacts, Kind, Vital, VitalKind
from cds_service.clinical.time import UNDATED, Moment
from cds_service.clinical.windows import Currency, age_group, currency
from cds_service.knowledge.model import Definition, DefinitionId, Knowledge
from cds_service.knowledge.terminology.concepts import Concept

_LIMITS = {
    VitalKind.OXYGEN_SATURATION: DefinitionId.SPO2_LOW,
    VitalKind.SYSTOLIC_PRESSURE: DefinitionId.SYSTOLIC_LOW,
    VitalKind.RESPIRATORY_RATE: DefinitionId.RESPIRATORY_RATE_HIGH,
}


_RULES = {
    VitalKind.OXYGEN_SATURATION: RuleId.SATURATION,
    VitalKind.SYSTOLIC_PRESSURE: RuleId.SYSTOLIC,
    VitalKind.RESPIRATORY_RATE: RuleId.RESPIRATORY_RATE,
}


_NAMES = {
    VitalKind.OXYGEN_SATURATION: ("oxygen saturation", "%"),
    VitalKind.SYSTOLIC_PRESSURE: ("systolic pressure", "mmHg"),
    VitalKind.RESPIRATORY_RATE: ("respiratory rate", "/min"),
}


_OXYGEN_LIMITS = {
    VitalKind.INHALED_OXYGEN_CONCENTRATION: DefinitionId.ROOM_AIR_OXYGEN,
    VitalKind.INHALED_OXYGEN_FLOW: DefinitionId.OXYGEN_FLOW,
}


_OXYGEN_NAMES = {
    VitalKind.INHALED_OXYGEN_CONCENTRATION: ("inhaled oxygen", "%"),
    VitalKind.INHALED_OXYGEN_FLOW: ("inhaled oxygen", "L/min"),
}


def vital_evidence(facts: HemoptysisFacts, knowledge: Knowledge) -> tuple[Evidence, ...]:
    """What each reading says alone: the latest one of a kind is shown, each crossing one counts."""
    patient = _patient(facts, knowledge)
    readings = (_of_reading(v, patient) for v in facts.vitals if v.kind in _LIMITS)
    judged = [e for e in readings if e]
    telling = [e for e in judged if e.effect is not Effect.SHOWN_ONLY]
    shown = [e for e in judged if e.effect is Effect.SHOWN_ONLY]
    return (*telling, *_latest_of_each_rule([*shown, *_oxygen_evidence(facts, knowledge)]))


def _oxygen_evidence(facts: HemoptysisFacts, knowledge: Knowledge) -> Iterator[Evidence]:
    """The oxygen that the patient breathes; a saturation under it does not rule massive out."""
    for reading in facts.vitals:
        if _shows_oxygen(reading, facts, knowledge):
            name, unit = _OXYGEN_NAMES[reading.kind]
            finding = f"{name} {range_text(reading.value, unit)}"
            references = (reading.reference,)
            effect = Effect.SHOWN_ONLY
            yield Evidence(RuleId.OXYGEN, effect, finding, reading.taken, references, reading.charted)


def normal_vitals(facts: HemoptysisFacts, knowledge: Knowledge) -> Evidence | None:
    """The complete set of current normal vital signs that rules massive out, if there is one.

    Adults only; none crossing; taken neither before the onset nor before the last charted bleed;
    the saturation on room air. Vital signs read in part rule nothing out, nor do any where the bleeding
    was not wholly read: the last bleed is not known then.
    """
    if facts.is_incomplete(Kind.VITALS) or not facts.is_whole(Kind.BLEEDING):
        return None
    if age_group(facts, knowledge) is AgeGroup.CHILD or _is_on_oxygen(facts, knowledge):
        return None
    floors = tuple(_moments_to_follow(facts))
    if not all(floor.is_dated for floor in floors):
        return None
    floor = max(floors, key=_earliest, default=UNDATED)
    newest = [_newest_counting(kind, floor, facts, knowledge) for kind in _LIMITS]
    readings = [reading for reading in newest if reading]
    if len(readings) < len(_LIMITS):
        return None
    finding = ", ".join(_finding(reading) for reading in readings)
    references = tuple(reading.reference for reading in readings)
    oldest = min((reading.taken for reading in readings), key=_earliest)
    return Evidence(RuleId.NORMAL_VITALS, Effect.RULES_OUT_MASSIVE, finding, oldest, references)


@dataclass(frozen=True, slots=True)
class _Patient:
    """What the judging of a reading depends on; a low saturation in chronic lung disease is no proof."""

    facts: HemoptysisFacts
    knowledge: Knowledge
    is_child: bool
    has_chronic_lung_disease: bool


def _patient(facts: HemoptysisFacts, knowledge: Knowledge) -> _Patient:
    is_child = age_group(facts, knowledge) is AgeGroup.CHILD
    is_chronic = is_surely_charted(facts, Concept.CHRONIC_RESPIRATORY_FAILURE, Concept.COPD)
    return _Patient(facts, knowledge, is_child, is_chronic)


def _of_reading(vital: Vital, patient: _Patient) -> Evidence | None:
    limit = patient.knowledge.definitions[_LIMITS[vital.kind]]
    when = currency(vital.taken, patient.facts, patient.knowledge)
    if when is Currency.PAST:
        return None
    effect = _effect(vital, limit, when, patient)
    references, finding = (vital.reference,), _finding(vital)
    crossing = DefinitionId(limit.id) if effect is not Effect.SHOWN_ONLY else None
    return Evidence(_RULES[vital.kind], effect, finding, vital.taken, references, vital.charted, crossing)


def _effect(vital: Vital, limit: Definition, when: Currency, patient: _Patient) -> Effect:
    is_saturation = vital.kind is VitalKind.OXYGEN_SATURATION
    if patient.is_child and not is_saturation:
        return Effect.SHOWN_ONLY
    if vital.value.every_value_crosses(limit):
        is_expected = is_saturation and patient.has_chronic_lung_disease
        proves = when is Currency.CURRENT and not is_expected
        return Effect.PROVES_MASSIVE if proves else Effect.KEEPS_MASSIVE_PLAUSIBLE
    if when is Currency.CURRENT and vital.value.some_value_crosses(limit):
        return Effect.KEEPS_MASSIVE_PLAUSIBLE
    return Effect.SHOWN_ONLY


def _is_on_oxygen(facts: HemoptysisFacts, knowledge: Knowledge) -> bool:
    return any(_shows_oxygen(reading, facts, knowledge) for reading in facts.vitals)


def _shows_oxygen(reading: Vital, facts: HemoptysisFacts, knowledge: Knowledge) -> bool:
    if reading.kind not in _OXYGEN_LIMITS or currency(reading.taken, facts, knowledge) is Currency.PAST:
        return False
    return reading.value.some_value_crosses(knowledge.definitions[_OXYGEN_LIMITS[reading.kind]])


def _newest_counting(
    kind: VitalKind, floor: Moment, facts: HemoptysisFacts, knowledge: Knowledge
) -> Vital | None:
    counting = [
        v
        for v in facts.vitals
        if v.kind is kind
        and currency(v.taken, facts, knowledge) is Currency.CURRENT
        and not v.taken.is_certainly_before(floor)
    ]
    return max(sorted(counting, key=_reference), key=_latest, default=None)


def _moments_to_follow(facts: HemoptysisFacts) -> Iterator[Moment]:
    """Every onset of active hemoptysis (else when it was recorded) and the time of every charted bleed."""
    yield from onsets(facts)
    for bleed in facts.bleeds:
        if bleed.shows_blood:
            yield bleed.period.closed_at(facts.now).end


def _latest_of_each_rule(shown: list[Evidence]) -> Iterator[Evidence]:
    for rule in dict.fromkeys(e.rule for e in shown):
        yield max((e for e in shown if e.rule is rule), key=lambda e: (e.when.latest, e.references))


def _finding(vital: Vital) -> str:
    name, unit = _NAMES[vital.kind]
    return f"{name} {range_text(vital.value, unit)}"


def _latest(vital: Vital) -> datetime:
    return vital.taken.latest


def _reference(vital: Vital) -> str:
    return vital.reference


def _earliest(moment: Moment) -> datetime:
    return moment.earliest
