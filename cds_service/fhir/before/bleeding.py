"""Observations of expectorated blood, read as bleeds."""

from cds_service.clinical.facts import Bleed, Finding
from cds_service.clinical.range import ZERO
from cds_service.fhir.before.blood_amounts import BloodAmount, blood_amount, blood_between, blood_ratio
from cds_service.fhir.before.blood_findings import finding_said
from cds_service.fhir.before.blood_in_words import amount_in_words
from cds_service.fhir.before.codings import Coded, coded_from
from cds_service.fhir.before.datetimes import Calendar
from cds_service.fhir.before.json_values import first_object, says_something
from cds_service.fhir.before.observations import answer_of, charted_value, components_of, effective, has_value
from cds_service.fhir.before.quantities import (
    Measure,
    measure_from_quantity,
    measure_from_range,
    measures_at_ends,
)
from cds_service.fhir.before.resources import Observation
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.terminology import Terminology
from cds_service.knowledge.terminology.words import VolumeUnits

Measured = tuple[Measure, BloodAmount]


def bleed_from(observation: Observation, calendar: Calendar, knowledge: Knowledge) -> Bleed:
    """The bleed that an Observation of expectorated blood charts.

    No value: there was blood. A value without a unit, words or codes that are not understood, a value of
    another type, components instead of a value: an amount that cannot be read.
    """
    period, reference = effective(observation, calendar), observation.reference
    if measured := _measured(observation, knowledge):
        measure, amount = measured
        return Bleed(reference, Finding.AMOUNT, period, amount.ml, measure.charted, amount.per_hours)
    finding = _finding(observation, knowledge.terminology)
    return Bleed(reference, finding, period, ZERO, charted_value(observation))


def _measured(observation: Observation, knowledge: Knowledge) -> Measured | None:
    """The amount, of the first type of value that says something."""
    units = knowledge.units
    if says_something(observation.value_ratio):
        return _in_ratio(observation, units)
    if says_something(observation.value_quantity):
        return _with_ml(measure_from_quantity(observation.value_quantity), units)
    if says_something(observation.value_range):
        return _in_range(observation, units)
    words = _worded(observation, knowledge.terminology).words
    found = [measured for text in words if (measured := _with_ml(amount_in_words(text, units), units))]
    return found[0] if len({amount for _, amount in found}) == 1 else None


def _with_ml(measure: Measure | None, units: VolumeUnits) -> Measured | None:
    amount = blood_amount(measure, units) if measure else None
    return (measure, amount) if measure and amount else None


def _in_ratio(observation: Observation, units: VolumeUnits) -> Measured | None:
    ratio = first_object(observation.value_ratio)
    volume = measure_from_quantity(ratio.get("numerator"))
    time = measure_from_quantity(ratio.get("denominator"))
    amount = blood_ratio(volume, time, units) if volume and time else None
    return (volume, amount) if volume and amount else None


def _in_range(observation: Observation, units: VolumeUnits) -> Measured | None:
    if measure := measure_from_range(observation.value_range):
        return _with_ml(measure, units)
    ends = measures_at_ends(observation.value_range)
    return blood_between(*ends, units) if ends else None


def _worded(observation: Observation, terminology: Terminology) -> Coded:
    return coded_from(observation.value_string, terminology).joined(answer_of(observation, terminology))


def _finding(observation: Observation, terminology: Terminology) -> Finding:
    if not has_value(observation):
        return Finding.UNREADABLE if components_of(observation) else Finding.PRESENT
    if _is_zero(observation):
        return Finding.ABSENT
    measured = (observation.value_quantity, observation.value_range, observation.value_ratio)
    if any(says_something(value) for value in measured):
        return Finding.UNREADABLE
    worded = _worded(observation, terminology)
    if worded.is_empty and isinstance(observation.value_boolean, bool):
        return Finding.PRESENT if observation.value_boolean else Finding.ABSENT
    return finding_said(worded, terminology)


def _is_zero(observation: Observation) -> bool:
    """Nothing is nothing in any unit, or in none."""
    quantity = first_object(observation.value_quantity)
    values = (quantity.get("value") if not quantity.get("comparator") else None, observation.value_integer)
    return any(value == 0 and not isinstance(value, bool) for value in values if value is not None)
