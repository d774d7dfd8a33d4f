"""The facts of safety: allergies, drugs, pregnancy, the conditions that ask for caution."""

from typing import Any

import pytest

from cds_service.clinical.facts import Availability
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.terminology.concepts import Concept
from tests.unit.fhir.builders import (
    ICD,
    LOINC,
    SNOMED,
    Json,
    allergy,
    concept,
    condition,
    facts_of,
    observation,
    status,
)

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def safety(*resources: Any) -> set[Concept]:
    return {finding.concept for finding in facts_of(*resources).safety}


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
