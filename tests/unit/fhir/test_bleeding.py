"""The facts of Observations of blood: what they say, how much, and when."""

from decimal import Decimal
from typing import Any

import pytest

from cds_service.clinical.facts import Availability, Bleed, Finding
from cds_service.clinical.range import Range, above, exactly
from cds_service.knowledge.kinds import Kind
from tests.unit.fhir.builders import HEMOPTYSIS, SNOMED, TODAY, Json, concept, facts_of, observation, quantity


def bleed(**members: Any) -> Bleed:
    (read,) = facts_of(observation(HEMOPTYSIS, **members)).bleeds
    return read


MASKED = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason"}]}


@pytest.mark.parametrize(
    "members",
    [
        {"valueRange": MASKED},
        {"valueCodeableConcept": {"_text": MASKED}},
        {"valueCodeableConcept": {"coding": [{"version": "1"}]}},
        {"valueQuantity": {"_unit": MASKED}},
        {"valueQuantity": {"id": "q"}},
        {"valueRange": {"low": {"id": "x"}}},
        {"valueQuantity": [MASKED]},
    ],
)
def test_a_value_of_which_nothing_can_be_read_is_not_none(members: Json) -> None:
    assert bleed(**members).finding == "unreadable"


@pytest.mark.parametrize(
    ("members", "finding"),
    [
        ({}, "blood-seen"),
        ({"valueQuantity": quantity(150, "mL")}, "amount"),
        ({"valueQuantity": quantity(0, "mL")}, "amount"),
        ({"valueRange": {"low": quantity(100, "mL")}}, "amount"),
        (
            {"valueRatio": {"numerator": quantity(200, "mL"), "denominator": quantity(24, "h")}},
            "amount",
        ),
        ({"valueString": "150 mL"}, "amount"),
        ({"valueCodeableConcept": {"text": "2 cups"}}, "amount"),
        ({"valueString": "a lot"}, "large"),
        ({"valueString": "150"}, "unreadable"),
        ({"valueString": "1,500 mL"}, "unreadable"),
        ({"valueInteger": 150}, "unreadable"),
        ({"valueDecimal": 150.5}, "unreadable"),
        ({"valuePeriod": {"start": "2026"}}, "unreadable"),
        ({"valueQuantity": {"value": 150}}, "unreadable"),
        ({"valueQuantity": {"value": 0}}, "absent"),
        ({"valueQuantity": quantity(0, "clots")}, "absent"),
        ({"valueInteger": 0}, "absent"),
        ({"valueCodeableConcept": {"text": "Absent (qualifier value)"}}, "absent"),
        ({"valueString": "massive hemoptysis"}, "large"),
        ({"valueQuantity": quantity(-5, "mL")}, "unreadable"),
        ({"valueQuantity": quantity(5, "g")}, "unreadable"),
        ({"valueQuantity": {"unit": "mL"}}, "unreadable"),
        ({"valueCodeableConcept": {"text": "150 somethings"}}, "unreadable"),
        ({"component": [{"code": HEMOPTYSIS, "valueQuantity": quantity(150, "mL")}]}, "amount"),
        ({"valueBoolean": True}, "blood-seen"),
        ({"valueBoolean": False}, "absent"),
        ({"valueCodeableConcept": {"text": "blood-streaked"}}, "small"),
        ({"valueCodeableConcept": {"coding": [{"display": "Absent"}]}}, "absent"),
        ({"valueCodeableConcept": {"text": "Absent"}}, "absent"),
        ({"valueCodeableConcept": {"coding": [{"display": "No"}]}}, "absent"),
        ({"valueCodeableConcept": {"coding": [{"display": "No"}], "text": "Yes"}}, "blood-seen"),
        ({"valueCodeableConcept": {"text": "large"}}, "large"),
        ({"valueCodeableConcept": {"text": "Massive"}}, "large"),
        ({"valueCodeableConcept": {"text": "lots"}}, "large"),
        ({"valueCodeableConcept": {"text": "Massive hemoptysis"}}, "large"),
        ({"valueCodeableConcept": concept("urn:local", "7")}, "unreadable"),
        ({"valueCodeableConcept": concept("urn:local", "7") | {"text": "Yes"}}, "blood-seen"),
        ({"valueCodeableConcept": {"coding": [{"display": "Yes"}], "text": "Large"}}, "large"),
        ({"valueCodeableConcept": HEMOPTYSIS | {"text": "Massive hemoptysis"}}, "large"),
        ({"valueCodeableConcept": concept(SNOMED, "61281005")}, "small"),
        ({"valueCodeableConcept": concept(SNOMED, "61281005") | {"text": "streaky"}}, "small"),
        ({"valueCodeableConcept": {"text": "Blood-streaked sputum"}}, "small"),
        ({"valueCodeableConcept": {"text": "Present"}}, "blood-seen"),
        ({"valueCodeableConcept": {"text": "Detected"}}, "blood-seen"),
        ({"valueCodeableConcept": {"text": "No hemoptysis"}}, "absent"),
        ({"valueCodeableConcept": {"text": "about 250 mL"}}, "amount"),
        ({"valueString": "about 250 mL"}, "amount"),
        ({"valueString": "250 mL (estimated)"}, "amount"),
        ({"valueString": "2 x 50 mL"}, "unreadable"),
        ({"valueString": "not 250 mL"}, "unreadable"),
        ({"valueString": "massive"}, "large"),
        ({"valueString": "hemoptysis"}, "blood-seen"),
        ({"valueString": "yes"}, "blood-seen"),
        ({"valueString": "No"}, "absent"),
        ({"valueString": "None"}, "absent"),
        ({"valueString": "nil."}, "absent"),
        ({"valueString": "0"}, "absent"),
        ({"valueString": "negative"}, "absent"),
        ({"valueString": "absent"}, "absent"),
        ({"valueString": "aucune"}, "absent"),
        ({"valueString": "No", "valueQuantity": {"value": 150}}, "unreadable"),
        ({"valueRange": {"low": quantity(0.25, "L"), "high": quantity(300, "mL")}}, "amount"),
        ({"valueRange": {"low": quantity(1, "L"), "high": quantity(300, "mL")}}, "unreadable"),
        ({"valueRange": {"low": quantity(1, "mL/h"), "high": quantity(1, "L/d")}}, "unreadable"),
        ({"valueRange": {"low": quantity(1, "mL"), "high": quantity(1, "g")}}, "unreadable"),
    ],
)
def test_what_an_observation_of_blood_says(members: Json, finding: Finding) -> None:
    assert bleed(**members).finding == finding


def test_an_amount_keeps_its_number_and_shows_it_as_charted() -> None:
    read = bleed(valueQuantity=quantity(2.5, "[cup_us]", comparator=">") | {"unit": "cups"})

    assert read.amount_ml == above(Decimal("591.475"), is_open=True)
    assert read.charted == ">2.5 cups"


def test_a_range_with_an_end_in_another_unit_is_read_and_shown_as_charted() -> None:
    read = bleed(valueRange={"low": quantity(0.25, "L"), "high": quantity(300, "mL")})

    assert (read.amount_ml, read.charted) == (Range(Decimal(250), Decimal(300)), "0.25 L – 300 mL")


@pytest.mark.parametrize(
    ("value", "charted"),
    [
        ({"value": 0, "comparator": "ad", "unit": "mL"}, "ad 0 mL"),
        ({"value": "some", "unit": "mL"}, "some mL"),
        ({"value": 1.5, "unit": "kg"}, "1.5 kg"),
        ({"unit": "mL"}, "mL"),
        ("some", ""),
    ],
)
def test_an_amount_that_cannot_be_read_is_shown_as_charted(value: Any, charted: str) -> None:
    read = bleed(valueQuantity=value)

    assert (read.finding, read.charted) == ("unreadable", charted)


def test_an_amount_over_a_time_in_its_unit_says_over_how_many_hours() -> None:
    read = bleed(valueQuantity=quantity(200, "mL/(24.h)"))

    assert (read.amount_ml, read.per_hours) == (exactly(Decimal(200)), Decimal(24))


def test_a_ratio_says_over_how_many_hours() -> None:
    read = bleed(valueRatio={"numerator": quantity(200, "mL"), "denominator": quantity(2, "d")})

    assert read.per_hours == Decimal(48)


def test_an_amount_that_cannot_be_read_leaves_the_other_bleeding_complete() -> None:
    read = facts_of(observation(HEMOPTYSIS, valueString="some splashes"))

    assert read.availability[Kind.BLEEDING] is Availability.AVAILABLE
    assert read.unreadable == {}
    assert read.bleeds[0].charted == "some splashes"


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
        ({"dataAbsentReason": concept("v3", "UNK")}, "not-observed"),
        ({"dataAbsentReason": {"coding": [{"display": "Not Asked"}]}}, "not-observed"),
    ],
)
def test_an_observation_that_does_not_count_is_dropped_and_counted(members: Json, reason: str) -> None:
    read = facts_of(observation(HEMOPTYSIS, **members))

    assert read.bleeds == ()
    assert read.dropped == {reason: 1}
    assert read.availability[Kind.BLEEDING] is Availability.AVAILABLE


@pytest.mark.parametrize(
    "masked",
    [
        concept("x", "masked"),
        {"text": "Masked"},
        concept("v3", "MSK"),
        concept("x", "as-text"),
        concept("x", "error"),
        concept("x", "unsupported"),
        {"text": "see the note"},
        {"extension": [{"url": "http://hospital.example/why", "valueString": "consent"}]},
    ],
)
def test_a_masked_value_makes_its_kind_incomplete_and_is_no_bleed(masked: Json) -> None:
    read = facts_of(observation(HEMOPTYSIS, dataAbsentReason=masked))

    assert (read.bleeds, read.unreadable) == ((), {Kind.BLEEDING: 1})
    assert read.availability[Kind.BLEEDING] is Availability.INCOMPLETE


def test_a_value_counts_whatever_the_reason_for_its_absence_says() -> None:
    value = {"valueQuantity": quantity(150, "mL"), "dataAbsentReason": concept("x", "masked")}

    assert bleed(**value).finding == "amount"
