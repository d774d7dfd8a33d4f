"""Observations of vital signs and kidney function, read as readings in their own units."""

from collections.abc import Iterator
from dataclasses import dataclass

from cds_service.clinical.facts import KidneyFunction, Vital, VitalKind
from cds_service.clinical.time import Moment
from cds_service.fhir.before.datetimes import Calendar
from cds_service.fhir.before.observations import (
    components_of,
    concepts_observed,
    effective,
    has_value,
    measure_of,
)
from cds_service.fhir.before.resources import Observation
from cds_service.fhir.before.vital_units import Scale, is_on
from cds_service.knowledge.terminology.concepts import Concept
from cds_service.knowledge.terminology.terminology import Terminology

_VITALS = {
    Concept.OXYGEN_SATURATION: (VitalKind.OXYGEN_SATURATION, Scale.PERCENT),
    Concept.SYSTOLIC_PRESSURE: (VitalKind.SYSTOLIC_PRESSURE, Scale.PRESSURE),
    Concept.RESPIRATORY_RATE: (VitalKind.RESPIRATORY_RATE, Scale.PER_MINUTE),
    Concept.INHALED_OXYGEN_CONCENTRATION: (VitalKind.INHALED_OXYGEN_CONCENTRATION, Scale.PERCENT),
    Concept.INHALED_OXYGEN_FLOW: (VitalKind.INHALED_OXYGEN_FLOW, Scale.FLOW),
}


@dataclass(frozen=True, slots=True)
class Readings:
    """The vital signs of one Observation, and how many of its values could not be read."""

    vitals: tuple[Vital, ...]
    unreadable: int = 0


def readings_in(observation: Observation, calendar: Calendar, terminology: Terminology) -> Readings:
    """Every vital sign that the Observation or one of its components holds."""
    taken = time_taken(observation, calendar)
    vitals, unreadable = [], 0
    for kind, scale, valued in _valued_vitals(observation, terminology):
        measure = measure_of(valued)
        if measure and is_on(measure, scale):
            vitals.append(Vital(observation.reference, kind, measure.value, taken, measure.charted))
        else:
            unreadable += 1
    return Readings(tuple(vitals), unreadable)


def _valued_vitals(
    observation: Observation, terminology: Terminology
) -> Iterator[tuple[VitalKind, Scale, Observation]]:
    for valued in (observation, *components_of(observation)):
        for concept in concepts_observed(valued, terminology) & _VITALS.keys():
            if has_value(valued):
                yield *_VITALS[concept], valued


def kidney_function_from(observation: Observation, calendar: Calendar) -> KidneyFunction | None:
    """The eGFR; None when its value cannot be read."""
    measure = measure_of(observation)
    if measure is None or not is_on(measure, Scale.FILTRATION):
        return None
    taken = time_taken(observation, calendar)
    return KidneyFunction(observation.reference, measure.value, taken, measure.charted)


def time_taken(observation: Observation, calendar: Calendar) -> Moment:
    """A measurement over a period is as current as the end of the period; an open one ends now."""
    return effective(observation, calendar).closed_at(calendar.now).end
