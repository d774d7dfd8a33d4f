"""The facts of safety: drugs, kidney values, and the conditions that ask for caution."""

from typing import Any

import pytest

from cds_service.clinical.facts import Availability, SafetyFinding
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.terminology.concepts import Concept
from tests.unit.fhir.builders import (
    EGFR,
    ICD,
    LOINC,
    SNOMED,
    Json,
    allergy,
    concept,
    condition,
    facts,
    facts_of,
    observation,
    quantity,
    status,
)

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"
CREATININE = concept(LOINC, "2160-0")


def safety(*resources: Any) -> set[Concept]:
    return {finding.concept for finding in facts_of(*resources).safety}


def drug(**members: Any) -> Json:
    named = {"medicationCodeableConcept": concept(RXNORM, "11289"), "status": "active"}
    whole = {"resourceType": "MedicationRequest", "id": "m1"} | named | members
    return {name: value for name, value in whole.items() if value is not None}


def caveat(code: Json, answer: Json, **members: Any) -> Json:
    """A Condition of an order form that its extension qualifies."""
    return condition(code=code, extension=[{"url": "https://e.example/qualifier", **answer}], **members)


ABSENT = {"valueCoding": {"system": SNOMED, "code": "2667000", "display": "Absent"}}


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"status": None},
        {"status": "on-hold"},
        {"status": "unknown"},
        {"medicationCodeableConcept": {"text": "Warfarin 5 mg tablet"}},
        {"medicationCodeableConcept": None, "medication": {"concept": {"text": "warfarin"}}},
        {"medicationCodeableConcept": None, "medicationReference": {"display": "warfarin 5 mg"}},
        {"resourceType": "MedicationAdministration", "status": "in-progress"},
        {
            "medicationCodeableConcept": None,
            "medicationReference": {"reference": "#m"},
            "contained": [{"resourceType": "Medication", "id": "m", "code": concept(RXNORM, "11289")}],
        },
    ],
)
def test_an_anticoagulant_in_use_is_found_however_it_is_named(members: Json) -> None:
    assert safety(drug(**members)) == {Concept.ANTICOAGULANT}


def test_a_medication_that_was_read_again_too_often_leaves_further_drugs_in_doubt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cds_service.fhir.chart.gather.MOST_READ_AGAIN", 0)
    medication = {"resourceType": "Medication", "id": "m9", "code": {"text": "amoxicillin"}}
    named = {
        "medicationCodeableConcept": None,
        "medicationReference": {"reference": "Medication/m9", "display": "amoxicillin"},
    }
    uses = [drug(id=f"m{i}", **named) for i in range(2)]

    read_once = facts_of(uses[0], medication)
    read_again = facts_of(*uses, medication)
    by_own_names = facts_of(*(drug(id=f"m{i}") for i in range(9)))

    assert by_own_names.availability[Kind.MEDICATIONS] is Availability.AVAILABLE
    assert read_once.availability[Kind.MEDICATIONS] is Availability.AVAILABLE
    assert read_again.availability[Kind.MEDICATIONS] is Availability.INCOMPLETE


@pytest.mark.parametrize(
    ("code", "found"),
    [
        (concept(ATC, "B01AC06"), Concept.ANTIPLATELET),
        (concept(RXNORM, "32968"), Concept.ANTIPLATELET),
        (concept(ATC, "B01AD02"), Concept.THROMBOLYTIC),
        (concept(ATC, "B01AF02"), Concept.ANTICOAGULANT),
        (concept(RXNORM, "6809"), Concept.METFORMIN),
    ],
)
def test_a_drug_is_known_by_its_ingredient_or_class(code: Json, found: Concept) -> None:
    assert safety(drug(medicationCodeableConcept=code)) == {found}


@pytest.mark.parametrize(
    "name",
    [
        "Heparin lock flush 100 units/mL",
        "heparin FLUSH",
        "Heparin-Lock",
        "héparine, rinçage de cathéter",
        "Heparin gel 30 000",
    ],
)
def test_a_flush_a_lock_or_a_gel_is_no_anticoagulation_whatever_its_code(name: str) -> None:
    by_code = drug(medicationCodeableConcept=concept(RXNORM, "5224", text=name))
    by_name = drug(medicationCodeableConcept={"text": name})

    for written in (by_code, by_name):
        read = facts_of(written)
        assert (read.safety, read.unreadable) == ((), {})


def test_an_infusion_of_heparin_is_anticoagulation() -> None:
    infusion = concept(RXNORM, "5224", text="heparin sodium 25,000 units infusion")

    assert safety(drug(medicationCodeableConcept=infusion)) == {Concept.ANTICOAGULANT}


def test_a_drug_is_found_by_the_ingredient_of_the_medication_referred_to() -> None:
    ingredients = [{"itemCodeableConcept": concept(RXNORM, "6809")}]
    medication = {"resourceType": "Medication", "id": "m9", "code": {"text": "X"}, "ingredient": ingredients}
    reference = {"reference": "https://e.example/fhir/Medication/m9"}

    assert safety(drug(medicationCodeableConcept=None, medicationReference=reference), medication) == {
        Concept.METFORMIN
    }


@pytest.mark.parametrize(
    "members",
    [
        {"medicationCodeableConcept": None, "medicationReference": {"reference": "Medication/m9"}},
        {"medicationCodeableConcept": None},
        {"medicationCodeableConcept": concept("https://e.example/drugs", "4711")},
        {"modifierExtension": [{"url": "https://e.example/x", "valueBoolean": True}]},
    ],
)
def test_a_drug_that_cannot_be_read_leaves_the_drugs_in_doubt(members: Json) -> None:
    read = facts_of(drug(**members))

    assert read.safety == ()
    assert read.unreadable == {Kind.MEDICATIONS: 1}
    assert read.availability[Kind.MEDICATIONS] is Availability.INCOMPLETE


@pytest.mark.parametrize("status", [None, "active", "on-hold", "unknown", "odd", ""])
def test_a_drug_is_in_use_unless_it_is_known_not_to_be(status: str | None) -> None:
    assert safety(drug(status=status)) == {Concept.ANTICOAGULANT}


@pytest.mark.parametrize(
    "members",
    [
        {"status": "stopped"},
        {"status": "completed"},
        {"status": "entered-in-error"},
        {"doNotPerform": True},
        {"resourceType": "MedicationStatement", "effectivePeriod": {"end": "2026-01-01"}},
        {"resourceType": "MedicationStatement", "taken": "n"},
        {"resourceType": "MedicationAdministration", "status": "completed"},
    ],
)
def test_a_drug_that_is_not_in_use_is_dropped(members: Json) -> None:
    read = facts_of(drug(**members))

    assert read.safety == ()
    assert sum(read.dropped.values()) == 1


def test_a_code_of_a_class_that_is_listed_whole_is_read_though_it_is_not_listed() -> None:
    read = facts_of(drug(medicationCodeableConcept=concept(ATC, "A02BC01")))

    assert (read.safety, read.unreadable) == ((), {})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Eliquis 5 mg tablet", {Concept.ANTICOAGULANT}),
        ("Clexane 40 mg", {Concept.ANTICOAGULANT}),
        ("Kardégic 75", {Concept.ANTIPLATELET}),
        ("Activase", {Concept.THROMBOLYTIC}),
        ("Janumet 50/1000", {Concept.METFORMIN}),
        ("Cathflo Activase 2 mg", set()),
        ("epoprostenol", set()),
        ("paracetamol", set()),
    ],
)
def test_a_drug_is_known_by_its_brand(text: str, found: set[Concept]) -> None:
    assert safety(drug(medicationCodeableConcept={"text": text})) == found


def test_a_reaction_of_the_past_is_what_the_caution_is_about() -> None:
    assert safety(condition(code={"text": "History of contrast reaction"})) == {Concept.CONTRAST_REACTION}
    assert safety(condition(code={"text": "Allergy to gadolinium contrast"})) == set()


def test_a_match_by_name_says_so() -> None:
    (finding,) = facts_of(drug(medicationCodeableConcept={"text": "Warfarin 5 mg"})).safety

    assert finding.by_text == "warfarin"


def test_conditions_give_rise_to_cautions_while_they_are_active() -> None:
    tuberculosis = condition(code=concept(ICD, "A15.0"))

    assert safety(tuberculosis) == {Concept.TUBERCULOSIS}
    assert safety(tuberculosis | {"clinicalStatus": status("resolved")}) == set()


@pytest.mark.parametrize(
    "answer",
    [
        ABSENT,
        {"valueCodeableConcept": {"text": "no"}},
        {"valueBoolean": False},
        {"valueString": "never"},
        {"valueCode": "N"},
        {"extension": [{"url": "answer", "valueBoolean": False}]},
    ],
)
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (concept(SNOMED, "293637006"), Kind.ALLERGIES),
        (concept(ICD, "Z79.01"), Kind.MEDICATIONS),
        (concept(ICD, "N18.5"), Kind.LABS),
    ],
)
def test_a_caveat_that_its_extension_may_deny_is_not_assessed(code: Json, kind: Kind, answer: Json) -> None:
    read = facts({kind.value: {"resourceType": "Bundle"}, "conditions": caveat(code, answer)})

    assert read.safety == ()
    assert read.availability[kind] is Availability.INCOMPLETE
    assert read.availability[Kind.CONDITIONS] is Availability.AVAILABLE


@pytest.mark.parametrize(
    "answer",
    [
        {"valueDateTime": "2020-01-01"},
        {"valueReference": {"reference": "Practitioner/1"}},
        {"valueIdentifier": {"value": "7"}},
    ],
)
def test_an_extension_that_tells_when_or_who_denies_nothing(answer: Json) -> None:
    assert safety(caveat(concept(SNOMED, "293637006"), answer)) == {Concept.CONTRAST_REACTION}


def test_a_pregnancy_that_its_extension_may_deny_is_not_known() -> None:
    assert safety(caveat(concept(ICD, "Z33.1"), ABSENT)) == {Concept.PREGNANCY_UNKNOWN}


@pytest.mark.parametrize("code", [concept(SNOMED, "293637006"), concept(ICD, "Z91.041")])
def test_a_reaction_to_contrast_may_be_charted_as_a_condition(code: Json) -> None:
    assert safety(condition(code=code)) == {Concept.CONTRAST_REACTION}


def creatinine(value: Any, resource_id: str = "k1", **members: Any) -> Json:
    return observation(CREATININE, resource_id, **{"valueQuantity": value} | members)


@pytest.mark.parametrize(
    ("value", "label"), [(quantity(3.1, "mg/dL"), "3.1 mg/dL"), (quantity(274, "umol/L"), "274 umol/L")]
)
def test_a_creatinine_is_read_as_it_is_charted_and_no_egfr_is_computed(value: Json, label: str) -> None:
    read = facts_of(creatinine(value))

    assert [(f.concept, f.label) for f in read.safety] == [(Concept.CREATININE, label)]
    assert (read.kidney, read.unreadable) == ((), {})


def test_a_creatinine_that_does_not_count_is_dropped() -> None:
    read = facts_of(creatinine(quantity(3.1, "mg/dL"), status="entered-in-error"))

    assert read.safety == ()


@pytest.mark.parametrize("code", ["88294-4", "33914-3", "62238-1", "48642-3", "77147-7", "50210-4"])
def test_an_egfr_is_known_by_any_listed_code(code: str) -> None:
    written = observation(concept(LOINC, code), valueQuantity=quantity(22, "mL/min/{1.73_m2}"))

    (reading,) = facts_of(written).kidney

    assert reading.egfr.low == 22


def test_an_egfr_is_no_creatinine() -> None:
    both = observation(
        {"coding": [*EGFR["coding"], *CREATININE["coding"]]}, valueQuantity=quantity(22, "mL/min/{1.73_m2}")
    )

    read = facts_of(both)

    assert (len(read.kidney), read.safety) == (1, ())


def test_an_empty_list_of_allergies_is_told_from_one_that_names_something() -> None:
    empty = facts({"allergies": {"resourceType": "Bundle", "entry": []}})
    none_known = facts_of(
        {"resourceType": "AllergyIntolerance", "id": "a1", "code": {"text": "No known allergies"}}
    )

    assert (empty.has_allergy_entries, none_known.has_allergy_entries) == (False, True)
    assert none_known.safety == tuple[SafetyFinding, ...]()


@pytest.mark.parametrize(
    "text",
    [
        *("NO IV CONTRAST", "do not give iohexol", "never give iohexol"),
        *("no anaphylaxis to iohexol, hives only", "REDACTED", "masked", "[suppressed]", "***", "4711"),
    ],
)
def test_an_allergy_that_names_contrast_under_a_no_or_hides_its_name_is_not_assessed(text: str) -> None:
    read = facts_of(allergy(id="a1", code={"text": text}))

    assert (read.safety, read.unreadable) == ((), {Kind.ALLERGIES: 1})


@pytest.mark.parametrize("text", ["No known contrast allergy", "No known allergies", "no contrast allergy"])
def test_an_allergy_that_is_denied_is_none(text: str) -> None:
    read = facts_of(allergy(id="a1", code={"text": text}))

    assert (read.safety, read.unreadable) == ((), {})
