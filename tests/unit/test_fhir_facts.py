"""The facts of a decision: what counts, what is dropped, what cannot be read."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.clinical.facts import Availability, Bleed, Diagnosis, Finding, Kind, SafetyFinding, VitalKind
from cds_service.clinical.range import Range, above, exactly
from cds_service.knowledge.terminology import Concept
from tests.unit.fhir_builders import (
    HEMOPTYSIS,
    ICD,
    LOINC,
    NOW,
    SNOMED,
    TODAY,
    UNREADABLE,
    Json,
    bundle,
    concept,
    condition,
    facts,
    facts_of,
    observation,
    order,
    quantity,
)

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SPO2 = concept(LOINC, "59408-5")
PRESSURE = concept(LOINC, "85354-9")
EGFR = concept(LOINC, "98979-8")


def status(code: str) -> Json:
    return concept("http://terminology.hl7.org/CodeSystem/condition-clinical", code)


def diagnosis(**members: Any) -> Diagnosis:
    (read,) = facts_of(condition(**members)).diagnoses
    return read


def bleed(**members: Any) -> Bleed:
    (read,) = facts_of(observation(HEMOPTYSIS, **members)).bleeds
    return read


# --- the patient ------------------------------------------------------------------------------------


def test_the_birth_date_and_the_gender_are_read() -> None:
    patient = {"resourceType": "Patient", "id": "p1", "birthDate": "2010-06", "gender": "female"}

    read = facts({"patient": patient})

    assert (read.birth.written, read.gender) == ("2010-06", "female")


@pytest.mark.parametrize("birth", [None, "unknown", 1960, {"x": 1}])
def test_a_birth_date_that_cannot_be_read_is_unknown(birth: Any) -> None:
    read = facts({"patient": {"resourceType": "Patient", "id": "p1", "birthDate": birth}})

    assert not read.birth.is_dated


# --- conditions -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "is_active"),
    [
        ({"clinicalStatus": status("active")}, True),
        ({"clinicalStatus": status("recurrence")}, True),
        ({"clinicalStatus": status("relapse")}, True),
        ({"clinicalStatus": "active"}, True),
        ({"clinicalStatus": {"text": "Active"}}, True),
        ({"clinicalStatus": status("resolved")}, False),
        ({"clinicalStatus": status("inactive")}, False),
        ({"clinicalStatus": status("remission")}, False),
        ({}, True),
        ({"clinicalStatus": {"coding": [{}]}}, True),
        ({"abatementDateTime": "2026-01-01"}, False),
        ({"abatementString": "last year"}, False),
        ({"abatementAge": {"value": 40}}, False),
        ({"abatementPeriod": {"start": "2026-01-01"}}, False),
        ({"abatementBoolean": True}, False),
        ({"abatementBoolean": False}, True),
        ({"abatementDateTime": "2027-01-01"}, True),
        ({"clinicalStatus": status("active"), "abatementDateTime": "2026-01-01"}, True),
    ],
)
def test_a_condition_is_active_by_its_status_and_without_one_unless_it_abated(
    members: Json, is_active: bool
) -> None:
    assert diagnosis(**members).is_active is is_active


@pytest.mark.parametrize("code", ["refuted", "entered-in-error"])
@pytest.mark.parametrize("as_text", [True, False])
def test_a_condition_that_is_refuted_or_an_error_is_dropped_and_counted(code: str, as_text: bool) -> None:
    read = facts_of(condition(verificationStatus=code if as_text else concept("x", code)))

    assert read.diagnoses == ()
    assert read.dropped == {code: 1}


def test_a_condition_that_came_back_is_returning() -> None:
    assert diagnosis(clinicalStatus=status("recurrence")).is_returning
    assert not diagnosis(clinicalStatus=status("active")).is_returning


@pytest.mark.parametrize(
    "severity", [concept(SNOMED, "24484000"), {"coding": {"system": "sct", "code": "24484000"}}]
)
def test_a_severe_condition_is_severe(severity: Json) -> None:
    assert diagnosis(severity=severity).is_severe
    assert not diagnosis(severity=concept(SNOMED, "255604002")).is_severe


@pytest.mark.parametrize(
    ("members", "written"),
    [
        ({"onsetDateTime": "2026-11-20"}, "2026-11-20"),
        ({"onsetPeriod": {"start": "2026-11-19"}}, "2026-11-19"),
        ({"onsetString": "2026-11"}, "2026-11"),
        ({"onsetString": "a week ago"}, ""),
        ({"onsetAge": {"value": 30}}, ""),
    ],
)
def test_the_onset_is_read_from_any_form_that_has_a_date(members: Json, written: str) -> None:
    assert diagnosis(**members).onset.written == written


def test_the_date_of_record_is_read_in_the_form_of_stu3_too() -> None:
    assert diagnosis(assertedDate="2026-11-20").recorded.written == "2026-11-20"


def test_an_abatement_within_a_period_lies_somewhere_in_it() -> None:
    abated = diagnosis(abatementPeriod={"start": "2026-01-01", "end": "2026-01-03"}).abated

    assert abated.earliest == datetime(2026, 1, 1, tzinfo=UTC)
    assert abated.latest.date().isoformat() == "2026-01-03"


@pytest.mark.parametrize("reference", ["Encounter/e1", "https://e.example/fhir/Encounter/e1"])
@pytest.mark.parametrize("name", ["encounter", "context"])
def test_a_condition_of_the_current_encounter_is_known_as_such(name: str, reference: str) -> None:
    one = condition() | {name: {"reference": reference}}

    (read,) = facts_of(one, encounterId="e1").diagnoses

    assert read.in_current_encounter


def test_a_diagnosis_of_the_current_encounter_is_of_it() -> None:
    diagnoses = [{"condition": {"reference": "Condition/c1"}}]
    encounter = {"resourceType": "Encounter", "id": "e1", "status": "in-progress", "diagnosis": diagnoses}

    assert facts_of(condition(), encounter, encounterId="e1").diagnoses[0].in_current_encounter


def test_without_an_encounter_no_condition_is_of_the_current_one() -> None:
    (read,) = facts_of(condition(encounter={"reference": "Encounter/e1"})).diagnoses

    assert not read.in_current_encounter


def test_the_words_of_a_condition_count_where_no_code_is_listed() -> None:
    assert diagnosis(code={"text": "Recurrent hemoptysis"}).means(Concept.HEMOPTYSIS)
    assert diagnosis(code=concept(ICD, "R69", text="Hemoptysis")).means(Concept.HEMOPTYSIS)
    assert not diagnosis(code={"text": "No hemoptysis"}).means(Concept.HEMOPTYSIS)


# --- bleeding ---------------------------------------------------------------------------------------


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


# --- vital signs and kidney function ----------------------------------------------------------------


def test_a_saturation_is_read_with_the_oxygen_in_its_components() -> None:
    components = [
        {"code": concept(LOINC, "3151-8"), "valueQuantity": quantity(2, "L/min")},
        {"code": concept(LOINC, "3150-0"), "valueQuantity": quantity(28, "%")},
    ]

    vitals = facts_of(observation(SPO2, valueQuantity=quantity(96, "%"), component=components)).vitals

    assert {(vital.kind, vital.value.low) for vital in vitals} == {
        (VitalKind.OXYGEN_SATURATION, Decimal(96)),
        (VitalKind.INHALED_OXYGEN_FLOW, Decimal(2)),
        (VitalKind.INHALED_OXYGEN_CONCENTRATION, Decimal(28)),
    }


def test_the_systolic_pressure_is_read_from_a_panel_of_any_shape() -> None:
    systolic = {"code": concept(LOINC, "8480-6"), "valueQuantity": quantity(85, "mm[Hg]")}

    for component in (systolic, [systolic, {"code": concept(LOINC, "8462-4")}]):
        (vital,) = facts_of(observation(PRESSURE, component=component)).vitals
        assert (vital.kind, vital.value) == (VitalKind.SYSTOLIC_PRESSURE, exactly(Decimal(85)))


def test_a_reading_over_a_period_is_as_current_as_the_end_of_the_period() -> None:
    period = {"start": "2026-11-24T08:00:00Z", "end": "2026-11-24T09:00:00Z"}
    members: Json = {"effectiveDateTime": None, "valueQuantity": quantity(96, "%")}

    ended = facts_of(observation(SPO2, **members, effectivePeriod=period)).vitals[0]
    running = facts_of(observation(SPO2, **members, effectivePeriod={"start": TODAY})).vitals[0]

    assert ended.taken.written == "2026-11-24T09:00:00Z"
    assert running.taken.latest == NOW


@pytest.mark.parametrize(
    "members",
    [
        {"valueQuantity": quantity(0.97, "1")},
        {"valueQuantity": {"value": 97}},
        {"valueString": "ok"},
        {"valueInteger": 97},
        {"valueQuantity": quantity("x", "%")},
    ],
)
def test_a_vital_sign_that_cannot_be_read_is_counted_and_makes_the_vital_signs_incomplete(
    members: Json,
) -> None:
    read = facts_of(observation(SPO2, **members))

    assert read.vitals == ()
    assert read.unreadable == {Kind.VITALS: 1}
    assert read.availability[Kind.VITALS] is Availability.INCOMPLETE


def test_a_vital_sign_without_a_value_is_no_reading() -> None:
    read = facts_of(observation(SPO2))

    assert (read.unreadable, read.dropped) == ({}, {"without-value": 1})


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


# --- safety -----------------------------------------------------------------------------------------


def safety(*resources: Any) -> set[Concept]:
    return {finding.concept for finding in facts_of(*resources).safety}


def allergy(**members: Any) -> Json:
    contrast = concept(SNOMED, "293637006")
    return {"resourceType": "AllergyIntolerance", "id": "a1", "code": contrast, **members}


def drug(**members: Any) -> Json:
    named = {"medicationCodeableConcept": concept(RXNORM, "11289"), "status": "active"}
    return {"resourceType": "MedicationRequest", "id": "m1"} | named | members


def test_a_contrast_allergy_is_found_by_code_by_name_and_by_the_substance_of_a_reaction() -> None:
    reaction = [{"substance": {"text": "iodinated contrast"}}]

    for found in (
        allergy(),
        allergy(code={"text": "Iodinated contrast media"}),
        allergy(code={"text": "see reaction"}, reaction=reaction),
    ):
        assert safety(found) == {Concept.CONTRAST_REACTION}


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"verificationStatus": concept("x", "refuted")}, "refuted"),
        ({"verificationStatus": "entered-in-error"}, "entered-in-error"),
        ({"clinicalStatus": concept("x", "resolved")}, "not-current"),
        ({"clinicalStatus": "inactive"}, "not-current"),
    ],
)
def test_an_allergy_that_is_not_held_is_dropped(members: Json, reason: str) -> None:
    read = facts_of(allergy(**members))

    assert (read.safety, read.dropped) == ((), {reason: 1})


def test_a_shellfish_allergy_is_no_contrast_allergy() -> None:
    assert safety(allergy(code=concept(SNOMED, "300913006", text="Shellfish"))) == set()


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"status": None},
        {"status": "on-hold"},
        {"medicationCodeableConcept": {"text": "Warfarin 5 mg tablet"}},
        {"medicationCodeableConcept": None, "medication": {"concept": {"text": "warfarin"}}},
        {"medicationCodeableConcept": None, "medicationReference": {"display": "warfarin 5 mg"}},
        {
            "medicationCodeableConcept": None,
            "medicationReference": {"reference": "#m"},
            "contained": [{"resourceType": "Medication", "id": "m", "code": concept(RXNORM, "11289")}],
        },
    ],
)
def test_an_anticoagulant_in_use_is_found_however_it_is_named(members: Json) -> None:
    assert safety(drug(**members)) == {Concept.ANTICOAGULANT}


def test_a_drug_is_found_by_the_ingredient_of_the_medication_referred_to() -> None:
    ingredients = [{"itemCodeableConcept": concept(RXNORM, "6809")}]
    medication = {"resourceType": "Medication", "id": "m9", "code": {"text": "X"}, "ingredient": ingredients}
    reference = {"reference": "https://e.example/fhir/Medication/m9"}

    assert safety(drug(medicationCodeableConcept=None, medicationReference=reference), medication) == {
        Concept.METFORMIN
    }


def test_a_drug_that_is_referred_to_and_not_there_leaves_the_drugs_in_doubt() -> None:
    reference = {"reference": "Medication/m9"}

    read = facts_of(drug(medicationCodeableConcept=None, medicationReference=reference))

    assert read.unreadable == {Kind.MEDICATIONS: 1}
    assert read.availability[Kind.MEDICATIONS] is Availability.INCOMPLETE


@pytest.mark.parametrize(
    "members",
    [
        {"status": "stopped"},
        {"status": "completed"},
        {"status": "entered-in-error"},
        {"doNotPerform": True},
        {"resourceType": "MedicationStatement", "effectivePeriod": {"end": "2026-01-01"}},
        {"resourceType": "MedicationStatement", "taken": "n"},
    ],
)
def test_a_drug_that_is_not_in_use_is_dropped(members: Json) -> None:
    read = facts_of(drug(**members))

    assert read.safety == ()
    assert sum(read.dropped.values()) == 1


def test_a_match_by_name_says_so() -> None:
    (finding,) = facts_of(drug(medicationCodeableConcept={"text": "Warfarin 5 mg"})).safety

    assert finding.by_text == "warfarin"


def pregnancy(value: Any, resource_id: str = "x1", **members: Any) -> Json:
    return observation(concept(LOINC, "82810-3"), resource_id, valueCodeableConcept=value, **members)


@pytest.mark.parametrize(
    ("value", "is_found"),
    [
        (concept(SNOMED, "77386006"), True),
        ({"text": "Pregnant"}, True),
        ({"coding": [{"display": "Pregnant"}]}, True),
        ({"text": "Not pregnant"}, False),
        ({"coding": [{"display": "Not pregnant"}]}, False),
        ({"text": "Unknown"}, False),
    ],
)
def test_a_pregnancy_status_says_pregnant_or_not(value: Json, is_found: bool) -> None:
    assert safety(pregnancy(value)) == ({Concept.PREGNANCY_STATUS} if is_found else set())


def test_a_positive_pregnancy_test_is_found() -> None:
    test = observation(concept(LOINC, "2106-3"), valueCodeableConcept={"text": "Positive"})

    assert safety(test) == {Concept.PREGNANCY_TEST}


def test_the_newest_pregnancy_status_holds() -> None:
    older = pregnancy({"text": "Pregnant"}, "o1", effectiveDateTime="2025-01-01")

    assert safety(older, pregnancy({"text": "Not pregnant"}, "o2")) == set()
    assert safety(older) == {Concept.PREGNANCY_STATUS}


def test_conditions_give_rise_to_cautions_while_they_are_active() -> None:
    tuberculosis = condition(code=concept(ICD, "A15.0"))

    assert safety(tuberculosis) == {Concept.TUBERCULOSIS}
    assert safety(tuberculosis | {"clinicalStatus": status("resolved")}) == set()


# --- procedures and past studies --------------------------------------------------------------------


def procedure(code: Json, **members: Any) -> Json:
    whole = {"status": "completed", "performedDateTime": "2026-06-01", "code": code} | members
    return {"resourceType": "Procedure", "id": "pr1", **whole}


BRONCHIAL = concept(SNOMED, "233525003")
UNNAMED = concept("cpt", "37244")


@pytest.mark.parametrize(
    ("one", "is_bronchial"),
    [
        (procedure(BRONCHIAL), True),
        (procedure({"text": "Bronchial artery embolization"}), True),
        (procedure(UNNAMED, reasonCode=[HEMOPTYSIS]), True),
        (procedure(UNNAMED, reason=[{"concept": HEMOPTYSIS}]), True),
        (procedure(UNNAMED, reasonReference=[{"reference": "Condition/c1"}]), True),
        (procedure(UNNAMED | {"text": "Bronchial artery embolization"}), True),
        (procedure(UNNAMED, bodySite=[{"text": "Bronchial artery"}]), True),
        (procedure(UNNAMED | {"text": "Bronchial artery embolization"}, reasonCode=[{"text": "x"}]), True),
        (procedure(UNNAMED | {"text": "Not bronchial artery embolization"}), False),
        (procedure(UNNAMED | {"text": "Embolization for hemorrhage"}), False),
        (procedure(UNNAMED, bodySite=[{"text": "Artery"}]), False),
        (procedure(UNNAMED), False),
        (procedure(UNNAMED, reasonReference=[{"reference": "Condition/c7"}]), False),
    ],
)
def test_an_embolization_is_bronchial_by_its_vessel_or_its_reason(one: Json, is_bronchial: bool) -> None:
    (embolization,) = facts_of(one, condition()).embolizations

    assert embolization.is_bronchial is is_bronchial


def test_an_embolization_of_an_unnamed_vessel_for_another_reason_is_none_of_ours() -> None:
    assert facts_of(procedure(UNNAMED, reasonCode=[{"text": "GI bleed"}])).embolizations == ()


@pytest.mark.parametrize(
    "members",
    [
        {"code": UNNAMED | {"text": "Splenic artery embolization"}},
        {"code": {"coding": [UNNAMED["coding"][0] | {"display": "Uterine artery embolization"}]}},
        {"bodySite": [{"text": "Spleen"}]},
        {"bodySite": {"coding": [{"display": "Splenic artery structure"}]}},
    ],
)
def test_an_embolization_that_names_another_part_of_the_body_is_none_of_ours(members: Json) -> None:
    for reason in ([], [HEMOPTYSIS]):
        assert facts_of(procedure(UNNAMED) | members | {"reasonCode": reason}).embolizations == ()


@pytest.mark.parametrize("state", ["not-done", "in-progress", "entered-in-error", "aborted"])
def test_an_embolization_that_was_not_completed_is_dropped(state: str) -> None:
    read = facts_of(procedure(BRONCHIAL, status=state))

    assert read.embolizations == ()
    assert sum(read.dropped.values()) == 1


@pytest.mark.parametrize("state", [None, "unknown", 5])
def test_an_embolization_of_unknown_status_leaves_the_procedures_in_doubt(state: Any) -> None:
    read = facts_of(procedure(BRONCHIAL, status=state))

    assert read.embolizations == ()
    assert read.availability[Kind.PROCEDURES] is Availability.INCOMPLETE


@pytest.mark.parametrize(
    ("members", "written"),
    [
        ({}, "2026-06-01"),
        ({"performedDateTime": None, "performedPeriod": {"start": "2026-05-01", "end": "2026-05-02"}},
         "2026-05-02"),
        ({"performedDateTime": None, "performedPeriod": {"start": "2026-05-01"}}, "2026-05-01"),
        ({"performedDateTime": None, "occurrenceDateTime": "2026-04"}, "2026-04"),
        ({"performedDateTime": None, "performedString": "in spring"}, ""),
    ],
)  # fmt: skip
def test_when_a_procedure_was_done(members: Json, written: str) -> None:
    (embolization,) = facts_of(procedure(BRONCHIAL, **members)).embolizations

    assert embolization.performed.written == written


CTA = concept("cpt", "71275")


@pytest.mark.parametrize(
    "study",
    [
        {"resourceType": "DiagnosticReport", "status": "final", "code": CTA, "effectiveDateTime": TODAY},
        {"resourceType": "DiagnosticReport", "status": "final", "code": {"text": "CTA chest with contrast"}},
        {"resourceType": "ImagingStudy", "status": "available", "procedureCode": [CTA], "started": TODAY},
        {"resourceType": "ImagingStudy", "status": "available", "procedure": [{"concept": CTA}]},
        {"resourceType": "ImagingStudy", "status": "available", "description": "CTA chest with contrast"},
        procedure(CTA),
    ],
)
def test_a_study_that_was_done_is_found_in_any_resource(study: Json) -> None:
    (read,) = facts_of(study).studies

    assert read.procedure == "cta-chest-with-contrast"


@pytest.mark.parametrize("state", ["registered", "cancelled", "entered-in-error", None])
def test_a_study_that_was_not_done_is_dropped(state: Any) -> None:
    read = facts_of({"resourceType": "DiagnosticReport", "status": state, "code": CTA})

    assert read.studies == ()
    assert sum(read.dropped.values()) == 1


# --- the encounter ----------------------------------------------------------------------------------


def encounter(**members: Any) -> Json:
    return {"resourceType": "Encounter", "id": "e1", "status": "in-progress", **members}


@pytest.mark.parametrize(
    "one",
    [
        encounter(reasonCode=[HEMOPTYSIS]),
        encounter(reasonCode={"text": "coughing up blood"}),
        encounter(reason=[HEMOPTYSIS]),
        encounter(reason=[{"value": [{"concept": HEMOPTYSIS}]}]),
        encounter(reasonReference=[{"reference": "Condition/c1"}]),
    ],
)
def test_the_reason_of_the_current_encounter_is_read(one: Json) -> None:
    named, only_one_in_progress = facts_of(one, condition(), encounterId="e1"), facts_of(one, condition())

    for read in (named, only_one_in_progress):
        assert Concept.HEMOPTYSIS in {match.concept for match in read.encounter_reasons}


@pytest.mark.parametrize("status", ["in-progress", "arrived", "triaged", "onleave", "On leave"])
def test_the_only_encounter_of_a_patient_who_is_here_is_the_current_one(status: str) -> None:
    one = encounter(status=status, reasonCode=[HEMOPTYSIS])

    assert facts_of(one, encounter(id="e2", status="finished")).encounter_reasons != ()
    assert facts_of(one, encounter(id="e2", status="planned")).encounter_reasons != ()
    assert facts_of(one, encounter(id="e2", status="arrived")).encounter_reasons == ()


def test_another_encounter_gives_no_reason() -> None:
    one = encounter(reasonCode=[HEMOPTYSIS])

    assert facts_of(one, encounterId="e2").encounter_reasons == ()
    assert facts_of(one, encounter(id="e2")).encounter_reasons == ()
    assert facts_of(one | {"status": "finished"}).encounter_reasons == ()
    assert facts_of(one | {"status": "entered-in-error"}, encounterId="e1").encounter_reasons == ()


# --- all of it --------------------------------------------------------------------------------------


def test_a_date_without_a_time_is_read_in_the_offset_of_now() -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=timezone(timedelta(hours=-8)))

    (read,) = facts_of(condition(onsetDateTime="2026-11-24"), now=now).diagnoses

    assert read.onset.earliest == datetime(2026, 11, 24, 8, tzinfo=UTC)


def test_what_cannot_be_read_while_gathering_is_counted_in_the_facts() -> None:
    read = facts_of({"resourceType": "Procedure", "id": "x", "code": UNREADABLE}, 5)

    assert read.unreadable[Kind.PROCEDURES] == 2


def test_another_patients_data_are_counted_and_never_used() -> None:
    other = {"subject": {"reference": "Patient/p2"}}

    low_saturation = observation(SPO2, valueQuantity=quantity(60, "%"))

    read = facts_of(condition() | other, low_saturation | other)

    assert (read.diagnoses, read.vitals, read.dropped) == ((), (), {"other-patient": 2})


def test_findings_name_the_resource_they_come_from() -> None:
    (finding,) = facts_of(allergy()).safety

    assert finding == SafetyFinding("AllergyIntolerance/a1", Concept.CONTRAST_REACTION, "293637006")


ELEMENTS = (
    "id", "meta", "subject", "patient", "status", "code", "clinicalStatus", "verificationStatus", "severity",
    "encounter", "onsetDateTime", "onsetPeriod", "abatementDateTime", "abatementPeriod", "recordedDate",
    "effectiveDateTime", "effectivePeriod", "effectiveTiming", "valueQuantity", "valueRange", "valueRatio",
    "valueString", "valueCodeableConcept", "valueBoolean", "component", "dataAbsentReason", "performedPeriod",
    "reasonCode", "reasonReference", "reason", "reaction", "medicationCodeableConcept", "medicationReference",
    "medication", "contained", "procedureCode", "description", "started", "birthDate", "gender", "diagnosis",
    "entry", "link", "total", "resource", "response", "issue",
)  # fmt: skip
TYPES = (
    "Patient", "Condition", "Observation", "Procedure", "AllergyIntolerance", "MedicationRequest",
    "Medication", "MedicationStatement", "DiagnosticReport", "ImagingStudy", "Encounter",
    "OperationOutcome", "Bundle", "X",
)  # fmt: skip
WORDS = (
    "coding", "system", "code", "text", "display", "value", "unit", "low", "high", "comparator", "reference",
    "start", "end", "event", "numerator", "denominator", "concept", "substance", "relation", "url",
    "condition",
)  # fmt: skip
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
    | st.sampled_from(["66857006", SNOMED, "59408-5", LOINC, "active", "final", TODAY, "mL", "%", "p1"])
)  # fmt: skip
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=12,
)
RESOURCES = st.builds(
    lambda resource_type, code, members: {"resourceType": resource_type, "code": code} | members,
    st.sampled_from(TYPES),
    st.sampled_from([HEMOPTYSIS, SPO2, PRESSURE, EGFR, concept(LOINC, "82810-3"), BRONCHIAL, UNNAMED, CTA]),
    st.dictionaries(st.sampled_from(ELEMENTS), JSON, max_size=6),
)


@given(st.dictionaries(st.sampled_from(["conditions", "vitals", "item1"]), RESOURCES | JSON, max_size=3))
def test_any_prefetch_gives_facts(prefetch: Mapping[str, Any]) -> None:
    assert facts(prefetch, drafts=bundle(order())).now == NOW


@given(st.lists(RESOURCES | JSON, max_size=5), st.randoms())
def test_the_order_of_resources_does_not_matter(resources: list[Any], random: Any) -> None:
    first = facts_of(*resources)
    shuffled = random.sample(resources, len(resources))

    second = facts_of(*shuffled)

    for name in ("diagnoses", "bleeds", "vitals", "studies", "kidney", "embolizations"):
        assert sorted(map(repr, getattr(first, name))) == sorted(map(repr, getattr(second, name)))
    assert (first.availability, first.dropped) == (second.availability, second.dropped)


@pytest.mark.parametrize(
    ("words", "is_called_severe"),
    [
        ("Massive hemoptysis", True),
        ("severe haemoptysis", True),
        ("Hémoptysie grave", True),
        ("Hemoptysis", False),
        ("Non-massive hemoptysis", False),
    ],
)
def test_words_of_a_condition_that_call_it_massive_are_read_beside_its_code(
    words: str, is_called_severe: bool
) -> None:
    read = diagnosis(code={**HEMOPTYSIS, "text": words})

    assert read.is_called_severe is is_called_severe
    assert not read.is_severe
