"""Observations of expectorated blood, read as bleeds."""

import re

from cds_service.clinical.facts import Bleed, Finding
from cds_service.clinical.range import ZERO
from cds_service.fhir.blood_amounts import BloodAmount, blood_amount, blood_ratio
from cds_service.fhir.datetimes import Calendar
from cds_service.fhir.json_values import first_object, says_something
from cds_service.fhir.observations import (
    answer_of,
    charted_value,
    components_of,
    effective,
    has_value,
    measure_of,
)
from cds_service.fhir.quantities import Measure, measure_from_quantity, measure_from_text
from cds_service.fhir.resources import Observation
from cds_service.fhir.yes_or_no import Answer, answer_in
from cds_service.knowledge.model import Knowledge


def bleed_from(observation: Observation, calendar: Calendar, knowledge: Knowledge) -> Bleed:
    """The bleed that an Observation of expectorated blood charts.

    No value: there was blood. A value without a unit, a text that is no amount, a value of another
    type, components instead of a value: an amount that cannot be read.
    """
    period = effective(observation, calendar)
    reference = observation.reference
    if not says_something(observation.value_codeable_concept) and isinstance(observation.value_boolean, bool):
        finding = Finding.PRESENT if observation.value_boolean else Finding.ABSENT
        return Bleed(reference, finding, period, ZERO, "")
    measure, amount = _measured(observation, knowledge)
    if amount and measure:
        return Bleed(reference, Finding.AMOUNT, period, amount.ml, measure.charted, amount.per_hours)
    return Bleed(reference, _finding(observation, knowledge), period, ZERO, charted_value(observation))


def _measured(observation: Observation, knowledge: Knowledge) -> tuple[Measure | None, BloodAmount | None]:
    if says_something(observation.value_ratio):
        ratio = first_object(observation.value_ratio)
        volume = measure_from_quantity(ratio.get("numerator"))
        time = measure_from_quantity(ratio.get("denominator"))
        return volume, blood_ratio(volume, time, knowledge.units) if volume and time else None
    measure = measure_of(observation) or _measure_in_words(observation, knowledge)
    return measure, blood_amount(measure, knowledge.units) if measure else None


def _measure_in_words(observation: Observation, knowledge: Knowledge) -> Measure | None:
    words = answer_of(observation, knowledge.terminology).words
    measures = [measure for text in words if (measure := measure_from_text(text))]
    return measures[0] if len({measure.value for measure in measures}) == 1 else None


def _finding(observation: Observation, knowledge: Knowledge) -> Finding:
    if not has_value(observation):
        is_open = components_of(observation) or observation.data_absent_reason
        return Finding.UNREADABLE if is_open else Finding.PRESENT
    answer = answer_of(observation, knowledge.terminology)
    is_only_coded = says_something(observation.value_codeable_concept) and not (
        says_something(observation.value_quantity) or says_something(observation.value_string)
    )
    if not is_only_coded or any(re.search(r"\d", text) for text in answer.words):
        return Finding.UNREADABLE
    return Finding.ABSENT if answer_in(answer) is Answer.NO else Finding.PRESENT
