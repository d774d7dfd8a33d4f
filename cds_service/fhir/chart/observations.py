"""Observations: do they count, when were they made, and vital signs and eGFR in their own units."""

import re
from decimal import Decimal
from typing import Final

from cds_service.cds_hooks.raw_json import decoded
from cds_service.clinical.facts import KidneyFunction, Vital, VitalKind
from cds_service.clinical.time import UNDATED, Moment, Period, at
from cds_service.fhir.codes import Meanings, has_status, says_something
from cds_service.fhir.dates import Calendar
from cds_service.fhir.quantities import (
    MeasuredValue,
    is_given,
    is_given_range,
    measured,
    measured_range,
    measured_text,
)
from cds_service.fhir.repair import holds_something
from cds_service.fhir.resources import Observation, ObservationComponent, reference_to
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.concepts import Concept
from cds_service.knowledge.terminology.words import Scale

MASKED: Final = "masked"
"""Why an Observation does not count whose value is hidden: it cannot be read."""


def why_not_counted(observation: Observation) -> str:
    """Why an Observation does not count; empty where it does."""
    if observation.status != "final":
        for status in ("entered-in-error", "cancelled"):
            if has_status(observation.status, status):
                return status
    if observation.data_absent_reason is None or has_value(observation):
        return ""
    if any(has_value(component) for component in observation.component):
        return ""
    if has_status(observation.data_absent_reason, MASKED):
        return MASKED
    return "not-observed" if says_something(observation.data_absent_reason) else ""


def has_value(valued: ObservationComponent) -> bool:
    """True when there is a value of whatever type, also one of which nothing can be read (masked)."""
    return (
        valued.value_quantity is not None
        or bool(valued.value_string)
        or valued.value_codeable_concept is not None
        or valued.value_range is not None
        or has_other_value(valued)
    )


def has_other_value(valued: ObservationComponent) -> bool:
    """True when there is a value of a type that holds no measure with a unit."""
    if valued.value_ratio is not None:
        return True
    others = (
        *(
            valued.value_boolean,
            valued.value_integer,
            valued.value_decimal,
            valued.value_sampled_data,
            valued.value_time,
        ),
        *(valued.value_date_time, valued.value_period, valued.value_attachment, valued.value_reference),
    )
    return any(holds_something(other) for other in others)


def charted_value(valued: ObservationComponent) -> str:
    """The chart's own words for a value that could not be read, cut short."""
    concept, quantity = valued.value_codeable_concept, valued.value_quantity
    words = [(valued.value_string or "").strip(), ((concept.text if concept else None) or "").strip()]
    if quantity is not None:
        number = decoded(quantity.value, str) or decoded(quantity.value, Decimal)
        written = "" if number is None else str(number)
        parts = ((quantity.comparator or "").strip(), written, (quantity.unit or "").strip())
        words.append(" ".join(part[:40] for part in parts if part))
    return next((word for word in words if word), "")[:80]


def effective(observation: Observation, calendar: Calendar) -> Period:
    """When it was observed: a point, a span, or undated. The time of issue does not stand for it."""
    for written in (observation.effective_date_time, observation.effective_instant):
        if written is not None:
            return at(calendar.moment(written))
    if observation.effective_period is not None:
        return calendar.period(observation.effective_period)
    if observation.effective_timing is not None:
        return calendar.last_event(observation.effective_timing)
    return at(UNDATED)


def time_taken(observation: Observation, calendar: Calendar) -> Moment:
    """A measurement over a period is as current as the end of the period; an open one ends now."""
    if observation.effective_date_time is not None:
        return calendar.moment(observation.effective_date_time)
    return effective(observation, calendar).closed_at(calendar.now).end


_VITALS: Final[dict[Concept, tuple[VitalKind, Scale]]] = {
    Concept.OXYGEN_SATURATION: ("oxygen-saturation", "%"),
    Concept.SYSTOLIC_PRESSURE: ("systolic-pressure", "mm[Hg]"),
    Concept.RESPIRATORY_RATE: ("respiratory-rate", "/min"),
    Concept.INHALED_OXYGEN_CONCENTRATION: ("inhaled-oxygen-concentration", "%"),
    Concept.INHALED_OXYGEN_FLOW: ("inhaled-oxygen-flow", "L/min"),
}
_ALL: Final = frozenset(_VITALS)
_HIGHEST_PERCENT: Final = Decimal(100)
_ANNOTATION: Final = re.compile(r"\{[^{}]*\}")
_BLANKS: Final = re.compile(r"\s+")


def vitals_from(observation: Observation, calendar: Calendar, meanings: Meanings) -> tuple[list[Vital], int]:
    """Every vital sign that the Observation or one of its components holds; how many could not be read."""
    found: list[Vital] = []
    unreadable = 0
    for valued in (observation, *observation.component):
        for concept in concepts_observed(valued, meanings) & _ALL:
            if not has_value(valued):
                continue
            kind, scale = _VITALS[concept]
            value = measured_value(valued, meanings.knowledge)
            if value and is_on(value, scale, meanings.knowledge):
                taken = time_taken(observation, calendar)
                found.append(Vital(reference_to(observation), kind, value.value, taken, value.charted))
            else:
                unreadable += 1
    return found, unreadable


def concepts_observed(valued: ObservationComponent, meanings: Meanings) -> frozenset[Concept]:
    """What is observed; by code alone, since a name would be a guess at what was measured."""
    if valued.code is None:
        return frozenset()
    meaning = meanings.knowledge.terminology.meaning
    found: frozenset[Concept] = frozenset()
    for coding in valued.code.coding:
        if coding.code and (concepts := meaning(coding.system or "", coding.code).concepts):
            found |= concepts
    return found


def measured_value(valued: ObservationComponent, knowledge: Knowledge) -> MeasuredValue | None:
    """The measured value with its unit, from a Quantity, a Range or a text; None when there is none."""
    if is_given(valued.value_quantity):
        return measured(valued.value_quantity, knowledge.words)
    if is_given_range(valued.value_range):
        return measured_range(valued.value_range)
    return measured_text(valued.value_string or "", knowledge.words)


def kidney_function_from(
    observation: Observation, calendar: Calendar, knowledge: Knowledge
) -> KidneyFunction | None:
    """The eGFR; None when its value cannot be read."""
    value = measured_value(observation, knowledge)
    if value is None or not is_on(value, "mL/min/{1.73_m2}", knowledge):
        return None
    taken = time_taken(observation, calendar)
    return KidneyFunction(reference_to(observation), value.value, taken, value.charted)


def is_on(measured: MeasuredValue, scale: Scale, knowledge: Knowledge) -> bool:
    """True when the unit is that of the scale, in any plain spelling, and the value can be meant.

    CAUTION: a saturation of 0.97 is a fraction, whatever its unit says, and would prove the worst.
    """
    spellings = knowledge.units.spellings[scale]
    if measured.unit not in spellings and _plain(measured.unit) not in spellings:
        return False
    if scale == "%":
        return 1 < measured.written <= _HIGHEST_PERCENT
    return measured.written > 0 or scale == "L/min"


def _plain(unit: str) -> str:
    """The unit without blanks, case and annotations, such as the `{breaths}` of `{breaths}/min`."""
    squeezed = _BLANKS.sub("", unit).lower()
    return squeezed if squeezed.startswith("ml/") else _ANNOTATION.sub("", squeezed)
