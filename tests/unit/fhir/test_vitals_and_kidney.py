"""The facts of vital signs and of kidney function."""

from decimal import Decimal

import pytest

from cds_service.clinical.facts import Availability
from cds_service.clinical.range import Range, above, exactly
from cds_service.knowledge.kinds import Kind
from tests.unit.fhir.builders import (
    EGFR,
    LOINC,
    NOW,
    PRESSURE,
    SPO2,
    TODAY,
    Json,
    concept,
    facts_of,
    observation,
    quantity,
)


def test_a_saturation_is_read_with_the_oxygen_in_its_components() -> None:
    components = [
        {"code": concept(LOINC, "3151-8"), "valueQuantity": quantity(2, "L/min")},
        {"code": concept(LOINC, "3150-0"), "valueQuantity": quantity(28, "%")},
    ]

    vitals = facts_of(observation(SPO2, valueQuantity=quantity(96, "%"), component=components)).vitals

    assert {(vital.kind, vital.value.low) for vital in vitals} == {
        ("oxygen-saturation", Decimal(96)),
        ("inhaled-oxygen-flow", Decimal(2)),
        ("inhaled-oxygen-concentration", Decimal(28)),
    }


def test_the_systolic_pressure_is_read_from_a_panel_of_any_shape() -> None:
    systolic = {"code": concept(LOINC, "8480-6"), "valueQuantity": quantity(85, "mm[Hg]")}

    for component in (systolic, [systolic, {"code": concept(LOINC, "8462-4")}]):
        (vital,) = facts_of(observation(PRESSURE, component=component)).vitals
        assert (vital.kind, vital.value) == ("systolic-pressure", exactly(Decimal(85)))


def test_a_reading_over_a_period_is_as_current_as_the_end_of_the_period() -> None:
    period = {"start": "2026-11-24T08:00:00Z", "end": "2026-11-24T09:00:00Z"}
    members: Json = {"effectiveDateTime": None, "valueQuantity": quantity(96, "%")}

    ended = facts_of(observation(SPO2, **members, effectivePeriod=period)).vitals[0]
    running = facts_of(observation(SPO2, **members, effectivePeriod={"start": TODAY})).vitals[0]

    assert ended.taken.written == "2026-11-24T09:00:00Z"
    assert running.taken.latest == NOW


@pytest.mark.parametrize(
    "members",
    [{"valueString": "ok"}, {"valueQuantity": quantity("x", "%")}, {"valueQuantity": quantity(820, "%")}, {}],
    ids=str,
)
def test_a_vital_sign_that_cannot_be_read_is_counted_and_makes_the_vital_signs_incomplete(
    members: Json,
) -> None:
    read = facts_of(observation(SPO2, **members))

    assert read.vitals == ()
    assert read.unreadable == {Kind.VITALS: 1}
    assert read.availability[Kind.VITALS] is Availability.INCOMPLETE


def test_a_vital_sign_that_says_that_it_was_not_taken_is_no_reading() -> None:
    absent = concept("http://terminology.hl7.org/CodeSystem/data-absent-reason", "not-performed")

    read = facts_of(observation(SPO2, dataAbsentReason=absent))

    assert (read.unreadable, read.dropped) == ({}, {"not-observed": 1})


AT_LEAST_60 = above(Decimal(60), is_open=False)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"valueQuantity": quantity(28, "mL/min/{1.73_m2}")}, exactly(Decimal(28))),
        ({"valueQuantity": {"value": 60, "comparator": ">=", "unit": "mL/min/1.73m2"}}, AT_LEAST_60),
        ({"valueString": ">60 mL/min/1.73m2"}, above(Decimal(60), is_open=True)),
    ],
)  # fmt: skip
def test_the_egfr_is_read(members: Json, expected: Range) -> None:
    (kidney,) = facts_of(observation(EGFR, **members)).kidney

    assert kidney.egfr == expected


def test_an_egfr_that_cannot_be_read_is_counted() -> None:
    assert facts_of(observation(EGFR, valueString="normal")).unreadable == {Kind.LABS: 1}
