"""The facts of Observations of blood: what they say, how much, and when."""

from decimal import Decimal
from typing import Any

import pytest

from cds_service.clinical.facts import Availability, Bleed, Finding, Kind
from cds_service.clinical.range import Range, above, exactly
from tests.unit.fhir.builders import HEMOPTYSIS, SNOMED, TODAY, Json, concept, facts_of, observation, quantity


def bleed(**members: Any) -> Bleed:
    (read,) = facts_of(observation(HEMOPTYSIS, **members)).bleeds
    return read


@pytest.mark.parametrize(
    ("members", "finding"),
    [
        ({}, Finding.PRESENT),
        ({"valueQuantity": quantity(150, "mL")}, Finding.AMOUNT),
        ({"valueQuantity": quantity(0, "mL")}, Finding.AMOUNT),
        ({"valueRange": {"low": quantity(100, "mL")}}, Finding.AMOUNT),
        (
            {"valueRatio": {"numerator": quantity(200, "mL"), "denominator": quantity(24, "h")}},
            Finding.AMOUNT,
        ),
        ({"valueString": "150 mL"}, Finding.AMOUNT),
        ({"valueCodeableConcept": {"text": "2 cups"}}, Finding.AMOUNT),
        ({"valueString": "a lot"}, Finding.UNREADABLE),
        ({"valueString": "150"}, Finding.UNREADABLE),
        ({"valueString": "1,500 mL"}, Finding.UNREADABLE),
        ({"valueInteger": 150}, Finding.UNREADABLE),
        ({"valueDecimal": 150.5}, Finding.UNREADABLE),
        ({"valuePeriod": {"start": "2026"}}, Finding.UNREADABLE),
        ({"valueQuantity": {"value": 150}}, Finding.UNREADABLE),
        ({"valueQuantity": {"value": 0}}, Finding.ABSENT),
        ({"valueQuantity": quantity(0, "clots")}, Finding.ABSENT),
        ({"valueInteger": 0}, Finding.ABSENT),
        ({"valueCodeableConcept": {"text": "Absent (qualifier value)"}}, Finding.ABSENT),
        ({"valueString": "massive hemoptysis"}, Finding.UNREADABLE),
        ({"valueQuantity": quantity(-5, "mL")}, Finding.UNREADABLE),
        ({"valueQuantity": quantity(5, "g")}, Finding.UNREADABLE),
        ({"valueQuantity": {"unit": "mL"}}, Finding.UNREADABLE),
        ({"valueCodeableConcept": {"text": "150 somethings"}}, Finding.UNREADABLE),
        ({"component": [{"code": HEMOPTYSIS, "valueQuantity": quantity(150, "mL")}]}, Finding.UNREADABLE),
        ({"valueBoolean": True}, Finding.PRESENT),
        ({"valueBoolean": False}, Finding.ABSENT),
        ({"valueCodeableConcept": {"text": "blood-streaked"}}, Finding.PRESENT),
        ({"valueCodeableConcept": {"coding": [{"display": "Absent"}]}}, Finding.ABSENT),
        ({"valueCodeableConcept": {"text": "Absent"}}, Finding.ABSENT),
        ({"valueCodeableConcept": {"coding": [{"display": "No"}]}}, Finding.ABSENT),
        ({"valueCodeableConcept": {"coding": [{"display": "No"}], "text": "Yes"}}, Finding.PRESENT),
        ({"valueCodeableConcept": {"text": "large"}}, Finding.UNREADABLE),
        ({"valueCodeableConcept": {"text": "Massive"}}, Finding.UNREADABLE),
        ({"valueCodeableConcept": {"text": "lots"}}, Finding.UNREADABLE),
        ({"valueCodeableConcept": {"text": "Massive hemoptysis"}}, Finding.UNREADABLE),
        ({"valueCodeableConcept": concept("urn:local", "7")}, Finding.UNREADABLE),
        ({"valueCodeableConcept": concept("urn:local", "7") | {"text": "Yes"}}, Finding.PRESENT),
        ({"valueCodeableConcept": {"coding": [{"display": "Yes"}], "text": "Large"}}, Finding.UNREADABLE),
        ({"valueCodeableConcept": HEMOPTYSIS | {"text": "Massive hemoptysis"}}, Finding.UNREADABLE),
        ({"valueCodeableConcept": concept(SNOMED, "61281005")}, Finding.PRESENT),
        ({"valueCodeableConcept": concept(SNOMED, "61281005") | {"text": "streaky"}}, Finding.PRESENT),
        ({"valueCodeableConcept": {"text": "Blood-streaked sputum"}}, Finding.PRESENT),
        ({"valueCodeableConcept": {"text": "Present"}}, Finding.PRESENT),
        ({"valueCodeableConcept": {"text": "Detected"}}, Finding.PRESENT),
        ({"valueCodeableConcept": {"text": "No hemoptysis"}}, Finding.ABSENT),
        ({"valueCodeableConcept": {"text": "about 250 mL"}}, Finding.AMOUNT),
        ({"valueString": "about 250 mL"}, Finding.AMOUNT),
        ({"valueString": "250 mL (estimated)"}, Finding.AMOUNT),
        ({"valueString": "2 x 50 mL"}, Finding.UNREADABLE),
        ({"valueString": "not 250 mL"}, Finding.UNREADABLE),
        ({"valueString": "massive"}, Finding.UNREADABLE),
        ({"valueString": "hemoptysis"}, Finding.PRESENT),
        ({"valueString": "yes"}, Finding.PRESENT),
        ({"valueString": "No"}, Finding.ABSENT),
        ({"valueString": "None"}, Finding.ABSENT),
        ({"valueString": "nil."}, Finding.ABSENT),
        ({"valueString": "0"}, Finding.ABSENT),
        ({"valueString": "negative"}, Finding.ABSENT),
        ({"valueString": "absent"}, Finding.ABSENT),
        ({"valueString": "aucune"}, Finding.ABSENT),
        ({"valueString": "No", "valueQuantity": {"value": 150}}, Finding.UNREADABLE),
        ({"valueRange": {"low": quantity(0.25, "L"), "high": quantity(300, "mL")}}, Finding.AMOUNT),
        ({"valueRange": {"low": quantity(1, "L"), "high": quantity(300, "mL")}}, Finding.UNREADABLE),
        ({"valueRange": {"low": quantity(1, "mL/h"), "high": quantity(1, "L/d")}}, Finding.UNREADABLE),
        ({"valueRange": {"low": quantity(1, "mL"), "high": quantity(1, "g")}}, Finding.UNREADABLE),
    ],
)
def test_what_an_observation_of_blood_says(members: Json, finding: Finding) -> None:
    assert bleed(**members).finding is finding


def test_an_amount_keeps_its_number_and_shows_it_as_charted() -> None:
    read = bleed(valueQuantity=quantity(2.5, "[cup_us]", comparator=">") | {"unit": "cups"})

    assert read.amount_ml == above(Decimal("591.475"), is_open=True)
    assert read.charted == ">2.5 cups"


def test_a_range_with_an_end_in_another_unit_is_read_and_shown_as_charted() -> None:
    read = bleed(valueRange={"low": quantity(0.25, "L"), "high": quantity(300, "mL")})

    assert (read.amount_ml, read.charted) == (Range(Decimal(250), Decimal(300)), "0.25 L to 300 mL")


def test_an_amount_over_a_time_in_its_unit_says_over_how_many_hours() -> None:
    read = bleed(valueQuantity=quantity(200, "mL/(24.h)"))

    assert (read.amount_ml, read.per_hours) == (exactly(Decimal(200)), Decimal(24))


def test_a_ratio_says_over_how_many_hours() -> None:
    read = bleed(valueRatio={"numerator": quantity(200, "mL"), "denominator": quantity(2, "d")})

    assert read.per_hours == Decimal(48)


def test_an_amount_that_cannot_be_read_leaves_the_other_bleeding_complete() -> None:
    read = facts_of(observation(HEMOPTYSIS, valueString="a lot"))

    assert read.availability[Kind.BLEEDING] is Availability.AVAILABLE
    assert read.unreadable == {}
    assert read.bleeds[0].charted == "a lot"


@pytest.mark.parametrize(
    ("members", "is_span", "end"),
    [
        ({}, False, TODAY),
        ({"effectiveDateTime": None, "effectiveInstant": TODAY}, False, TODAY),
        ({"effectiveDateTime": None, "effectivePeriod": {"start": "2026-11-23", "end": TODAY}}, True, TODAY),
        ({"effectiveDateTime": None, "effectivePeriod": {"start": "2026-11-23"}}, True, ""),
        ({"effectiveDateTime": None, "effectiveTiming": {"event": ["2026-11-20", TODAY]}}, False, TODAY),
        ({"effectiveDateTime": None, "issued": TODAY}, False, ""),
        ({"effectiveDateTime": "yesterday"}, False, ""),
    ],
)
def test_when_blood_was_seen(members: Json, is_span: bool, end: str) -> None:
    period = bleed(**members).period

    assert (period.is_span, period.end.written) == (is_span, end)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"status": "entered-in-error"}, "entered-in-error"),
        ({"status": "cancelled"}, "cancelled"),
        ({"dataAbsentReason": concept("x", "not-performed")}, "not-observed"),
        ({"dataAbsentReason": concept("x", "unknown")}, "not-observed"),
        ({"dataAbsentReason": concept("x", "asked-unknown")}, "not-observed"),
        ({"dataAbsentReason": {"text": "lost"}}, "not-observed"),
    ],
)
def test_an_observation_that_does_not_count_is_dropped_and_counted(members: Json, reason: str) -> None:
    read = facts_of(observation(HEMOPTYSIS, **members))

    assert read.bleeds == ()
    assert read.dropped == {reason: 1}
    assert read.availability[Kind.BLEEDING] is Availability.AVAILABLE


@pytest.mark.parametrize("masked", [concept("x", "masked"), {"text": "Masked"}])
def test_a_masked_value_makes_its_kind_incomplete_and_is_no_bleed(masked: Json) -> None:
    read = facts_of(observation(HEMOPTYSIS, dataAbsentReason=masked))

    assert (read.bleeds, read.unreadable) == ((), {Kind.BLEEDING: 1})
    assert read.availability[Kind.BLEEDING] is Availability.INCOMPLETE


def test_a_value_counts_whatever_the_reason_for_its_absence_says() -> None:
    value = {"valueQuantity": quantity(150, "mL"), "dataAbsentReason": concept("x", "masked")}

    assert bleed(**value).finding is Finding.AMOUNT
