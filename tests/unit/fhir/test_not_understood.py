"""Not understood is never "none": what of a kind cannot be read makes that kind incomplete (BEHAVIOUR 4)."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.clinical.facts import Availability, HemoptysisFacts
from cds_service.knowledge.kinds import Kind
from tests.unit.fhir.builders import (
    BRONCHIAL,
    EGFR,
    HEMOPTYSIS,
    LOINC,
    SNOMED,
    SPO2,
    Json,
    allergy,
    bundle,
    concept,
    condition,
    facts,
    facts_of,
    observation,
    order,
    quantity,
    read_order,
)

ABSENT: Final = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
MASKED: Final = concept(ABSENT, "masked")
MASKED_BY_EXTENSION: Final = {
    "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}
    ]
}
MODIFIED: Final = {"modifierExtension": [{"url": "http://e.example/uncertain", "valueBoolean": True}]}
MEDICATION: Final = {"medicationCodeableConcept": {"text": "warfarin"}}
PROCEDURE: Final[Json] = {"resourceType": "Procedure", "id": "p1", "status": "completed", "code": BRONCHIAL}
REPORT: Final[Json] = {
    "resourceType": "DiagnosticReport",
    "id": "d1",
    "status": "final",
    "code": {"text": "CT chest"},
}
ORDERED: Final[Json] = {"resourceType": "MedicationRequest", "id": "m1", "status": "active", **MEDICATION}
GIVEN: Final[Json] = {
    "resourceType": "MedicationAdministration",
    "id": "g1",
    "status": "in-progress",
    **MEDICATION,
}
STAY: Final[Json] = {"resourceType": "Encounter", "id": "e1", "status": "in-progress"}
OF_KIND: Final[dict[Kind, Json]] = {
    Kind.CONDITIONS: condition(),
    Kind.PROCEDURES: PROCEDURE,
    Kind.ALLERGIES: allergy(),
    Kind.MEDICATIONS: ORDERED,
    Kind.ADMINISTRATIONS: GIVEN,
    Kind.IMAGING: REPORT,
    Kind.ENCOUNTER: STAY,
    Kind.VITALS: observation(SPO2, valueQuantity=quantity(97, "%")),
    Kind.LABS: observation(EGFR, valueQuantity=quantity(80, "mL/min/{1.73_m2}")),
    Kind.BLEEDING: observation(HEMOPTYSIS, valueQuantity=quantity(5, "mL")),
    Kind.PREGNANCY: observation(concept(LOINC, "82810-3"), valueBoolean=False),
}


def is_lost(found: HemoptysisFacts, kind: Kind) -> bool:
    """True when the kind is incomplete, and something of it is counted as unreadable."""
    return found.availability[kind] is Availability.INCOMPLETE and found.unreadable.get(kind, 0) > 0


@pytest.mark.parametrize("kind", OF_KIND)
def test_what_is_understood_leaves_its_kind_whole(kind: Kind) -> None:
    found = facts({kind.value: bundle(OF_KIND[kind])})

    assert found.availability[kind] is Availability.AVAILABLE
    assert (found.unreadable, found.not_understood) == ({}, ())


@pytest.mark.parametrize(
    "kind", [kind for kind in OF_KIND if kind not in (Kind.CONDITIONS, Kind.VITALS, Kind.BLEEDING)]
)
@pytest.mark.parametrize("key", ["own", "item1"])
def test_a_modifier_that_is_not_understood_sets_its_resource_aside(key: str, kind: Kind) -> None:
    found = facts({kind.value if key == "own" else key: bundle(OF_KIND[kind] | MODIFIED)})

    assert is_lost(found, kind)
    (noted,) = found.not_understood
    assert (noted[0], noted[2]) == (kind, "modifier-not-understood")


def test_a_modifier_leaves_a_diagnosis_a_reading_and_a_bleed_to_be_unsure() -> None:
    for kind in (Kind.CONDITIONS, Kind.VITALS, Kind.BLEEDING):
        found = facts({kind.value: bundle(OF_KIND[kind] | MODIFIED)})

        assert found.diagnoses or found.vitals or found.bleeds
        assert found.unreadable == {kind: 1}


@pytest.mark.parametrize("code", [MASKED, MASKED_BY_EXTENSION, None, {}, {"coding": [{}]}, {"text": " "}])
@pytest.mark.parametrize(
    "kind", [Kind.CONDITIONS, Kind.PROCEDURES, Kind.ALLERGIES, Kind.IMAGING, Kind.VITALS, Kind.LABS]
)
def test_what_has_no_readable_code_makes_its_kind_incomplete(kind: Kind, code: Any) -> None:
    resource = {name: value for name, value in OF_KIND[kind].items() if name != "code"}
    found = facts({kind.value: bundle(resource if code is None else resource | {"code": code})})

    assert is_lost(found, kind)
    assert found.not_understood[0][2] == "without-a-code"


def test_an_observation_without_a_code_may_be_of_any_kind() -> None:
    found = facts(
        {"item1": bundle({"resourceType": "Observation", "id": "x1", "status": "final", "code": MASKED})}
    )

    assert found.unreadable.keys() == {Kind.BLEEDING, Kind.VITALS, Kind.LABS, Kind.PREGNANCY}


def test_a_code_that_is_unknown_beside_a_text_is_read_by_its_text() -> None:
    (diagnosis,) = facts_of(condition(code=concept(ABSENT, "unknown", text="Hemoptysis"))).diagnoses

    assert diagnosis.label == "Hemoptysis"


def test_a_masked_medication_cannot_be_read() -> None:
    for kind in (Kind.MEDICATIONS, Kind.ADMINISTRATIONS):
        masked = OF_KIND[kind] | {"medicationCodeableConcept": MASKED}

        assert is_lost(facts({kind.value: bundle(masked)}), kind)


@pytest.mark.parametrize("kind", OF_KIND)
@pytest.mark.parametrize("member", ["security", "tag"])
@pytest.mark.parametrize("shape", ["array", "object"])
def test_a_label_of_redaction_makes_its_kind_incomplete_and_is_read_all_the_same(
    shape: str, member: str, kind: Kind
) -> None:
    label = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "REDACTED"}
    meta = {"meta": {member: [label] if shape == "array" else label}}

    whole, part = (
        facts({kind.value: bundle(OF_KIND[kind])}),
        facts({kind.value: bundle(OF_KIND[kind] | meta)}),
    )

    assert is_lost(part, kind)
    assert (part.diagnoses, part.vitals, part.bleeds) == (whole.diagnoses, whole.vitals, whole.bleeds)


@pytest.mark.parametrize(
    "members",
    [
        {"dataAbsentReason": MASKED},
        {"dataAbsentReason": concept("http://hl7.org/fhir/v3/NullFlavor", "MSK")},
        {"dataAbsentReason": concept(ABSENT, "as-text")},
        {"valueQuantity": MASKED_BY_EXTENSION},
        {"_valueString": MASKED_BY_EXTENSION},
        {"_valueInteger": MASKED_BY_EXTENSION},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", [Kind.VITALS, Kind.LABS])
def test_a_masked_value_makes_its_kind_incomplete(kind: Kind, members: Json) -> None:
    resource = {name: value for name, value in OF_KIND[kind].items() if not name.startswith("value")}

    assert is_lost(facts({kind.value: bundle(resource | members)}), kind)


def test_a_masked_component_makes_its_kind_incomplete() -> None:
    masked = {"code": concept(LOINC, "8480-6"), "dataAbsentReason": MASKED}

    assert is_lost(facts_of(observation(concept(LOINC, "85354-9"), component=[masked])), Kind.VITALS)


@pytest.mark.parametrize(
    "members",
    [
        {"verificationStatus": concept("", "refuted")},
        {"verificationStatus": concept("", "entered-in-error")},
    ],
    ids=str,
)
def test_what_counts_for_nothing_need_not_be_understood(members: Json) -> None:
    found = facts({"conditions": bundle({"resourceType": "Condition", "id": "c1", **members})})

    assert (found.unreadable, found.availability[Kind.CONDITIONS]) == ({}, Availability.AVAILABLE)


@pytest.mark.parametrize(
    ("written", "is_counted"),
    [
        ("2026-11-24T10:00:00Z", True),
        ("2026-11-22", True),
        ("2026-11-20T10:00:00Z", False),
        (None, True),
        ("2027-01-01", True),
    ],
)
def test_only_what_is_current_recent_or_undated_counts(written: str | None, is_counted: bool) -> None:
    found = facts({"vitals": bundle(observation(SPO2, valueString="ok", effectiveDateTime=written))})

    assert is_lost(found, Kind.VITALS) is is_counted


def test_a_resource_counts_once_however_often_and_under_whichever_key_it_is_sent() -> None:
    unknown = observation(concept("urn:site", "x"), valueQuantity=quantity(82, "%"))

    for prefetch in (
        {"vitals": bundle(unknown, unknown)},
        {"vitals": bundle(unknown), "item1": bundle(unknown)},
        {"item1": bundle(unknown), "vitals": bundle(unknown)},
    ):
        assert facts(prefetch).unreadable == {Kind.VITALS: 1}


@pytest.mark.parametrize(
    ("members", "is_counted"),
    [
        ({"valueQuantity": quantity(82, "%")}, True),
        ({"valueQuantity": quantity(70, "mm[Hg]")}, True),
        ({"valueQuantity": {"value": 70, "unit": "Torr"}}, True),
        ({"valueQuantity": {"value": 82}}, True),
        ({"valueInteger": 82}, True),
        ({"valueString": "82 on air"}, True),
        ({"valueQuantity": quantity(36.8, "Cel")}, False),
        ({"valueQuantity": quantity(82, "kg")}, False),
        ({"valueQuantity": quantity(182, "cm")}, False),
        ({"valueCodeableConcept": {"text": "sitting"}}, False),
        ({}, False),
    ],
    ids=str,
)
@pytest.mark.parametrize("place", ["key", "category"])
def test_an_unlisted_code_is_of_a_kind_by_its_key_or_category_unless_its_unit_is_anothers(
    place: str, members: Json, is_counted: bool
) -> None:
    vital = concept("http://terminology.hl7.org/CodeSystem/observation-category", "vital-signs")
    category: Json = {"category": [vital]} if place == "category" else {}
    resource = observation(concept("urn:site", "x"), **category, **members)

    found = facts({"vitals" if place == "key" else "item1": bundle(resource)})

    assert (found.unreadable == {Kind.VITALS: 1}) is is_counted
    assert found.vitals == ()


@pytest.mark.parametrize(
    "code", [concept(LOINC, "718-7"), concept(SNOMED, "49727002"), concept("urn:site", "x"), {"text": "Pain"}]
)
def test_any_other_code_is_unrelated(code: Json) -> None:
    found = facts({"item1": bundle(observation(code, valueQuantity=quantity(82, "%")))})

    assert (found.unreadable, found.not_understood) == ({}, ())


def test_a_reason_that_is_masked_is_no_other_indication() -> None:
    masked = condition("c9", code=MASKED)

    read = read_order(order(reasonReference=[{"reference": "Condition/c9"}]), conditions=bundle(masked))

    assert read.reason.kind == "unresolved"


def test_a_reference_is_resolved_by_the_full_url_of_an_entry() -> None:
    pain = condition("srv-77", code=concept(SNOMED, "29857009"))
    entry = {"fullUrl": "urn:uuid:11111111-1111-4111-8111-111111111111", "resource": pain}
    prefetch = {"resourceType": "Bundle", "entry": [entry]}

    read = read_order(order(reasonReference=[{"reference": entry["fullUrl"]}]), conditions=prefetch)

    assert read.reason.kind == "other"


@pytest.mark.parametrize("name", ["urn:uuid:7", "urn:uuid:0a-p1"])
def test_the_patient_is_the_subject_by_the_full_url_of_its_entry_too(name: str) -> None:
    """CAUTION: the second name ends in the id of the patient, and is a name of its own all the same."""
    patient = {"fullUrl": name, "resource": {"resourceType": "Patient", "id": "p1"}}
    other = {"fullUrl": "urn:uuid:8", "resource": {"resourceType": "Patient", "id": "p2"}}
    subjects = {"c7": name, "c8": "urn:uuid:8"}
    owned = [{"resource": condition(n, subject={"reference": one})} for n, one in subjects.items()]

    found = facts({"all": {"resourceType": "Bundle", "entry": [patient, other, *owned]}})

    assert [diagnosis.reference for diagnosis in found.diagnoses] == ["Condition/c7"]


# --- properties ----------------------------------------------------------------------------------------

LISTED: Final = (("59408-5", "%", 82), ("8480-6", "mm[Hg]", 70), ("9279-1", "/min", 40))
NAMES: Final = ("Sauerstoff", "x", "SpO2", "Respiratory rate", "?")
FORMS: Final = ("quantity", "bare", "integer", "decimal", "text", "words", "odd-unit", "hidden")


def value_in(form: str, number: int, unit: str) -> Json:
    values: dict[str, Json] = {
        "quantity": {"valueQuantity": quantity(number, unit)},
        "bare": {"valueQuantity": {"value": number}},
        "integer": {"valueInteger": number},
        "decimal": {"valueDecimal": number},
        "text": {"valueString": f"{number} {unit}"},
        "words": {"valueString": f"{number} or thereabouts, says the nurse"},
        "odd-unit": {"valueQuantity": {"value": number, "unit": "units"}},
        "hidden": {"dataAbsentReason": MASKED},
    }
    return values[form]


@given(
    st.sampled_from(LISTED),
    st.sampled_from(FORMS),
    st.sampled_from([{}, *({"display": name} for name in NAMES)]),
    st.booleans(),
    st.sampled_from([{}, MODIFIED]),
)
def test_a_vital_sign_that_would_prove_is_never_lost(
    listed: tuple[str, str, int], form: str, name: Json, is_listed: bool, modified: Json
) -> None:
    code, unit, number = listed
    coding = {"system": LOINC, "code": code} if is_listed else {"system": "urn:site", "code": "q"}
    members = value_in(form, number, unit) | modified

    found = facts({"vital-signs": bundle(observation({"coding": [coding | name]}, **members))})

    is_read = any(vital.value.low == number for vital in found.vitals)
    assert is_read or is_lost(found, Kind.VITALS)


CODES: Final[tuple[Json, ...]] = (
    MASKED,
    {},
    {"text": ""},
    {"coding": []},
    {"coding": [{"system": "http://e.example"}]},
)
WITH_CODE: Final = (Kind.CONDITIONS, Kind.PROCEDURES, Kind.ALLERGIES, Kind.IMAGING)


@given(st.sampled_from(WITH_CODE), st.sampled_from(CODES), st.booleans(), st.sampled_from(["own", "item1"]))
def test_a_resource_of_any_kind_that_names_nothing_is_never_lost(
    kind: Kind, code: Json, is_modified: bool, key: str
) -> None:
    resource = OF_KIND[kind] | {"code": code} | (MODIFIED if is_modified else {})

    assert is_lost(facts({kind.value if key == "own" else key: bundle(resource)}), kind)


@pytest.mark.parametrize(
    ("code", "is_understood"),
    [
        (concept("urn:oid:1.2.3", "999"), False),
        ({"coding": [{"code": "999"}]}, False),
        ({"text": "REDACTED"}, False),
        ({"text": "***"}, False),
        (concept("urn:oid:1.2.3", "999", text="[masked]"), False),
        (concept("urn:oid:1.2.3", "999", text="Gout"), True),
        ({"coding": [{"system": "urn:oid:1.2.3", "code": "999", "display": "Gout"}]}, True),
        (concept("http://hl7.org/fhir/sid/icd-10", "M10"), True),
        (
            {"coding": [{"system": "urn:oid:1.2.3", "code": "9"}, {"system": SNOMED, "code": "90560007"}]},
            True,
        ),
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", [Kind.CONDITIONS, Kind.PROCEDURES])
def test_a_code_that_nobody_knows_and_no_word_explains_leaves_its_kind_in_doubt(
    kind: Kind, code: Json, is_understood: bool
) -> None:
    found = facts({kind.value: bundle(OF_KIND[kind] | {"code": code})})

    assert is_lost(found, kind) is not is_understood


@pytest.mark.parametrize(
    ("category", "is_vital"),
    [
        ({"text": "Vital Signs"}, True),
        ({"text": "vital-signs"}, True),
        ({"text": "Signes vitaux"}, True),
        ({"coding": [{"code": "vital-signs"}]}, True),
        ({"coding": [{"system": "urn:site", "code": "VS", "display": "Vital Signs"}]}, True),
        ({"text": "Laboratory"}, False),
        ({"text": "Vitamin levels"}, False),
    ],
    ids=str,
)
def test_the_category_of_vital_signs_is_known_by_code_display_and_text(
    category: Json, is_vital: bool
) -> None:
    local = concept("urn:site", "s1", text="Messwert")
    reading = observation(local, category=[category], valueQuantity=quantity(80, "%"))

    found = facts({"vitals": bundle(), "elsewhere": bundle(reading)})

    assert is_lost(found, Kind.VITALS) is is_vital
