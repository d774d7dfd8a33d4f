"""Vital signs in every form in which charts write them: what is read, for sure or not (BEHAVIOUR 4)."""

from decimal import Decimal
from typing import Any, Final

import pytest

from cds_service.clinical.facts import Availability, HemoptysisFacts, Vital
from cds_service.clinical.range import above
from cds_service.knowledge.kinds import Kind
from tests.unit.fhir.builders import (
    LOINC,
    PRESSURE,
    SNOMED,
    SPO2,
    Json,
    bundle,
    concept,
    facts,
    facts_of,
    observation,
    quantity,
)

SYSTOLIC: Final = concept(LOINC, "76534-7")
RATE: Final = concept(LOINC, "9279-1")
FLOW: Final = concept(LOINC, "3151-8")
FIO2: Final = concept(LOINC, "3150-0")
SURE, UNSURE = False, True
VITAL_SIGNS: Final = [concept("http://terminology.hl7.org/CodeSystem/observation-category", "vital-signs")]


def local(text: str) -> Json:
    return {"coding": [{"system": "urn:site", "code": "x-1", "display": text}]}


def lone(code: Json, **members: Any) -> tuple[Vital, HemoptysisFacts]:
    found = facts({"vitals": bundle(observation(code, **members))})
    (vital,) = found.vitals
    return vital, found


@pytest.mark.parametrize(
    ("code", "members", "kind", "value", "is_unsure"),
    [
        (SPO2, {"valueQuantity": quantity(82, "%")}, "oxygen-saturation", "82", SURE),
        (SPO2, {"valueQuantity": quantity(0.82, "1")}, "oxygen-saturation", "82", SURE),
        (SPO2, {"valueQuantity": quantity(0.82, "%")}, "oxygen-saturation", "82", UNSURE),
        (SPO2, {"valueQuantity": {"value": 0.82}}, "oxygen-saturation", "82", UNSURE),
        (SPO2, {"valueQuantity": {"value": 82}}, "oxygen-saturation", "82", UNSURE),
        (SPO2, {"valueInteger": 82}, "oxygen-saturation", "82", UNSURE),
        (SPO2, {"valueDecimal": 82.0}, "oxygen-saturation", "82", UNSURE),
        (SPO2, {"valueString": "82 %"}, "oxygen-saturation", "82", SURE),
        (SPO2, {"valueString": "82"}, "oxygen-saturation", "82", UNSURE),
        (SPO2, {"valueCodeableConcept": {"text": "82%"}}, "oxygen-saturation", "82", SURE),
        (concept(LOINC, "59410-1"), {"valueQuantity": quantity(82, "%")}, "oxygen-saturation", "82", SURE),
        (concept(LOINC, "20564-1"), {"valueQuantity": quantity(82, "%")}, "oxygen-saturation", "82", UNSURE),
        (SYSTOLIC, {"valueQuantity": quantity(70, "mm[Hg]")}, "systolic-pressure", "70", SURE),
        (SYSTOLIC, {"valueQuantity": quantity(10, "kPa")}, "systolic-pressure", "75.00638", SURE),
        (SYSTOLIC, {"valueString": "10 kPa"}, "systolic-pressure", "75.00638", SURE),
        (SYSTOLIC, {"valueInteger": 70}, "systolic-pressure", "70", UNSURE),
        (PRESSURE, {"valueString": "70/40"}, "systolic-pressure", "70", UNSURE),
        (PRESSURE, {"valueString": "70 / 40 mmHg"}, "systolic-pressure", "70", SURE),
        (PRESSURE, {"valueString": "9.3/5.3 kPa"}, "systolic-pressure", "69.7559334", SURE),
        (SYSTOLIC, {"valueString": "70/40 mm[Hg]"}, "systolic-pressure", "70", SURE),
        (PRESSURE, {"valueQuantity": quantity(70, "mm[Hg]")}, "systolic-pressure", "70", UNSURE),
        (RATE, {"valueQuantity": quantity(36, "{breaths}/min")}, "respiratory-rate", "36", SURE),
        (RATE, {"valueInteger": 36}, "respiratory-rate", "36", UNSURE),
        (concept(LOINC, "8867-4"), {"valueQuantity": quantity(140, "/min")}, "heart-rate", "140", SURE),
        (FIO2, {"valueQuantity": quantity(0.4, "1")}, "inhaled-oxygen-concentration", "40", SURE),
        (FIO2, {"valueQuantity": quantity(40, "%")}, "inhaled-oxygen-concentration", "40", SURE),
        (FLOW, {"valueQuantity": quantity(2, "L/min")}, "inhaled-oxygen-flow", "2", SURE),
        (FLOW, {"valueQuantity": {"value": 0}}, "inhaled-oxygen-flow", "0", SURE),
        (FLOW, {"valueBoolean": False}, "inhaled-oxygen-flow", "0", SURE),
    ],
    ids=str,
)  # fmt: skip
def test_a_vital_sign_is_read_in_its_unit(
    code: Json, members: Json, kind: str, value: str, is_unsure: bool
) -> None:
    vital, found = lone(code, **members)

    assert (vital.kind, vital.value.low, vital.is_unsure) == (kind, Decimal(value), is_unsure)
    assert vital.value.is_exact
    assert found.unreadable == {}


@pytest.mark.parametrize(
    ("code", "unit"), [(SPO2, "pct sat units"), (SYSTOLIC, "Torr"), (RATE, "per hour?")], ids=str
)
def test_a_number_in_a_unit_that_is_not_known_is_unsure_and_makes_its_kind_incomplete(
    code: Json, unit: str
) -> None:
    vital, found = lone(code, valueQuantity={"value": 70, "unit": unit})

    assert vital.is_unsure
    assert found.availability[Kind.VITALS] is Availability.INCOMPLETE
    assert found.not_understood == ((Kind.VITALS, "Observation/x1", "unit-not-known"),)


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"valueString": "2 liters by the nose, more at night"},
        {"valueCodeableConcept": {"text": "nasal prongs"}},
        {"valueQuantity": {"value": 3, "unit": "bubbles"}},
        {"valueBoolean": True},
        {"valueQuantity": {"extension": [{"url": "masked"}]}},
    ],
    ids=str,
)
@pytest.mark.parametrize("code", [FLOW, FIO2], ids=["flow", "concentration"])
def test_oxygen_of_no_readable_amount_is_given_all_the_same(code: Json, members: Json) -> None:
    vital, _ = lone(code, **members)

    assert (vital.kind, vital.value) == ("inhaled-oxygen-flow", above(Decimal(0), is_open=True))
    assert vital.is_unsure


def test_oxygen_that_was_not_charted_is_not_given() -> None:
    absent = concept("http://terminology.hl7.org/CodeSystem/data-absent-reason", "not-performed")

    assert facts_of(observation(FLOW, dataAbsentReason=absent)).vitals == ()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Respiratory rate", "respiratory-rate"),
        ("Systolic blood pressure", "systolic-pressure"),
        ("SpO2", "oxygen-saturation"),
        ("Pulse oximetry", "oxygen-saturation"),
        ("Heart rate", "heart-rate"),
        ("Fréquence respiratoire", "respiratory-rate"),
        ("Pression artérielle systolique", "systolic-pressure"),
    ],
)
@pytest.mark.parametrize("key", ["vitals", "vital-signs", "item1"])
def test_a_local_code_is_read_by_its_name(key: str, name: str, kind: str) -> None:
    unit = {"oxygen-saturation": "%", "systolic-pressure": "mm[Hg]"}.get(kind, "/min")

    for code in (local(name), {"text": name}, {**concept("urn:site", "x-1"), "text": name}):
        found = facts({key: bundle(observation(code, valueQuantity=quantity(42, unit)))})

        (vital,) = found.vitals
        assert (vital.kind, vital.value.low, vital.by_name, vital.is_unsure) == (
            kind,
            Decimal(42),
            name,
            SURE,
        )


@pytest.mark.parametrize(
    "name", ["Diastolic blood pressure", "Mean arterial pressure", "Blood pressure, diastolic", "Temperature"]
)
def test_the_name_of_another_measurement_is_understood_as_that(name: str) -> None:
    found = facts({"vitals": bundle(observation(local(name), valueQuantity=quantity(40, "mm[Hg]")))})

    assert (found.vitals, found.unreadable) == ((), {})


def test_a_code_for_room_air_says_so() -> None:
    on_air, _ = lone(concept(LOINC, "59410-1"), valueQuantity=quantity(96, "%"))
    unsaid, _ = lone(SPO2, valueQuantity=quantity(96, "%"))

    assert (on_air.is_on_air, unsaid.is_on_air) == (True, False)


def test_components_are_read_by_their_names_too() -> None:
    systolic = {"code": local("Systolic blood pressure"), "valueQuantity": quantity(70, "mm[Hg]")}
    diastolic = {"code": concept(SNOMED, "271650006"), "valueQuantity": quantity(40, "mm[Hg]")}

    vital, found = lone(concept(SNOMED, "75367002"), component=[systolic, diastolic])

    assert (vital.kind, vital.value.low, found.unreadable) == ("systolic-pressure", Decimal(70), {})


def test_a_panel_without_a_part_that_is_known_is_not_understood() -> None:
    part = {"code": concept("urn:site", "7"), "valueQuantity": quantity(70, "mm[Hg]")}

    found = facts_of(observation(PRESSURE, component=[part]))

    assert found.not_understood == ((Kind.VITALS, "Observation/x1", "code-not-known"),)


def test_a_contained_member_is_read() -> None:
    member = observation(SYSTOLIC, "m1", valueQuantity=quantity(70, "mm[Hg]"))

    vital, found = lone(PRESSURE, contained=[member], hasMember=[{"reference": "#m1"}])

    assert (vital.kind, vital.value.low, found.unreadable) == ("systolic-pressure", Decimal(70), {})


def test_a_member_that_is_referred_to_is_read_where_it_was_sent_and_missed_where_it_was_not() -> None:
    member = observation(SYSTOLIC, "m1", valueQuantity=quantity(70, "mm[Hg]"))
    panel = observation(PRESSURE, hasMember=[{"reference": "Observation/m1"}])

    whole, part = facts_of(panel, member), facts_of(panel)

    assert ([v.value.low for v in whole.vitals], whole.unreadable) == ([Decimal(70)], {})
    assert part.not_understood == ((Kind.VITALS, "Observation/x1", "part-not-sent"),)


@pytest.mark.parametrize("place", ["itself", "component"])
def test_a_modifier_that_is_not_understood_makes_a_reading_unsure(place: str) -> None:
    modifier = {"modifierExtension": [{"url": "http://e.example/not", "valueBoolean": True}]}
    reading = {"valueQuantity": quantity(70, "mm[Hg]")}
    part = {"code": SYSTOLIC} | reading
    panel: Json = {"component": [part | modifier]}

    vital, _ = lone(SYSTOLIC, **reading, **modifier) if place == "itself" else lone(PRESSURE, **panel)

    assert vital.is_unsure


def test_a_value_hidden_beside_its_type_is_not_understood() -> None:
    hidden = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason"}]}

    found = facts_of(observation(SPO2, _valueString=hidden))

    assert found.unreadable == {Kind.VITALS: 1}


def test_of_a_long_text_little_is_kept() -> None:
    vital, _ = lone(PRESSURE, valueString="70/40 " + "m" * 5000)

    assert vital.is_unsure
    assert len(vital.charted) <= 80
