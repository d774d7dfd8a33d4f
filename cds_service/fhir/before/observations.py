"""Observations: which kind of data each one is, when it was made, and what its value says."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import msgspec

from cds_service.clinical.facts import Kind
from cds_service.clinical.time import UNDATED, Period, at
from cds_service.fhir.before.codings import Coded, coded_from, concepts_coded, has_status
from cds_service.fhir.before.datetimes import Calendar
from cds_service.fhir.before.json_values import first_object, objects_in, says_something, text_in
from cds_service.fhir.before.quantities import (
    Measure,
    measure_from_quantity,
    measure_from_range,
    measure_from_text,
)
from cds_service.fhir.before.resources import Observation
from cds_service.knowledge.terminology.concepts import Concept
from cds_service.knowledge.terminology.terminology import Terminology

_KINDS = {
    Kind.BLEEDING: {Concept.EXPECTORATED_BLOOD},
    Kind.VITALS: {
        Concept.OXYGEN_SATURATION,
        Concept.SYSTOLIC_PRESSURE,
        Concept.BLOOD_PRESSURE_PANEL,
        Concept.RESPIRATORY_RATE,
        Concept.INHALED_OXYGEN_CONCENTRATION,
        Concept.INHALED_OXYGEN_FLOW,
    },
    Kind.LABS: {Concept.EGFR},
    Kind.PREGNANCY: {Concept.PREGNANCY_STATUS, Concept.PREGNANCY_TEST, Concept.PREGNANCY},
}


OBSERVED = tuple(_KINDS)


"""The kinds of data that come as Observations."""


_OTHER_VALUES = (
    "value_ratio",
    "value_boolean",
    "value_integer",
    "value_decimal",
    "value_sampled_data",
    "value_time",
    "value_date_time",
    "value_period",
    "value_attachment",
    "value_reference",
)


class Standing(StrEnum):
    """Why an Observation does not count, by the reason under which it is counted as dropped."""

    COUNTS = "counts"
    ENTERED_IN_ERROR = "entered-in-error"
    CANCELLED = "cancelled"
    NOT_OBSERVED = "not-observed"
    MASKED = "masked"


def observed_kind(observation: Observation, terminology: Terminology) -> Kind | None:
    """The kind of data by the code, else by the codes of the components; None for all that is not read."""
    for valued in (observation, *components_of(observation)):
        concepts = concepts_observed(valued, terminology)
        for kind, meant in _KINDS.items():
            if not meant.isdisjoint(concepts):
                return kind
    return None


def concepts_observed(valued: Observation, terminology: Terminology) -> frozenset[Concept]:
    """What is observed; by code alone, since a name would be a guess at what was measured."""
    matches = concepts_coded(coded_from(valued.code, terminology), terminology)
    return frozenset(match.concept for match in matches)


def components_of(observation: Observation) -> tuple[Observation, ...]:
    """The components."""
    return tuple(msgspec.convert(item, Observation) for item in objects_in(observation.component))


def standing_of(observation: Observation) -> Standing:
    """Whether the Observation counts; one whose value is hidden is masked."""
    if has_status(observation.status, "entered-in-error"):
        return Standing.ENTERED_IN_ERROR
    if has_status(observation.status, "cancelled"):
        return Standing.CANCELLED
    if any(has_value(valued) for valued in (observation, *components_of(observation))):
        return Standing.COUNTS
    return _without_value(observation.data_absent_reason)


def _without_value(reason: Any) -> Standing:
    if has_status(reason, "masked"):
        return Standing.MASKED
    return Standing.NOT_OBSERVED if says_something(reason) else Standing.COUNTS


def has_value(valued: Observation) -> bool:
    """True when there is a value of whatever type."""
    read = (valued.value_quantity, valued.value_range, valued.value_codeable_concept, valued.value_string)
    return any(says_something(value) for value in (*read, *other_values(valued)))


def other_values(valued: Observation) -> Iterator[Any]:
    """The values of types that hold no measure with a unit."""
    return (value for name in _OTHER_VALUES if (value := getattr(valued, name)) is not None)


def measure_of(valued: Observation) -> Measure | None:
    """The measured value with its unit, from a Quantity, a Range or a text; None when there is none."""
    if says_something(valued.value_quantity):
        return measure_from_quantity(valued.value_quantity)
    if says_something(valued.value_range):
        return measure_from_range(valued.value_range)
    return measure_from_text(text_in(valued.value_string))


def answer_of(valued: Observation, terminology: Terminology) -> Coded:
    """The value as a CodeableConcept."""
    return coded_from(valued.value_codeable_concept, terminology)


def charted_value(valued: Observation) -> str:
    """The chart's own words for a value that could not be read, cut short."""
    quantity = first_object(valued.value_quantity)
    words = [text_in(valued.value_string), text_in(first_object(valued.value_codeable_concept).get("text"))]
    parts = (text_in(quantity.get("comparator")), quantity.get("value"), text_in(quantity.get("unit")))
    written = " ".join(str(part)[:40] for part in parts if part is not None and part != "")
    return next((word for word in (*words, written) if word), "")[:80]


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
