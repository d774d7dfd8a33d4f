"""The facts of Conditions: active, severe, returning, with an onset, of the current encounter."""

from datetime import UTC, datetime
from typing import Any

import pytest

from cds_service.clinical.facts import Availability, Diagnosis, HemoptysisFacts
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.terminology.concepts import Concept
from tests.unit.fhir.builders import HEMOPTYSIS, ICD, SNOMED, Json, concept, condition, facts_of, status

DATA_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"


def diagnosis(**members: Any) -> Diagnosis:
    (read,) = facts_of(condition(**members)).diagnoses
    return read


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
        ({"abatementAge": {}}, True),
        ({"abatementRange": {"low": None}}, True),
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
    assert facts_of(condition(code={"text": "No hemoptysis"})).diagnoses == ()


@pytest.mark.parametrize(
    ("words", "is_called_severe"),
    [
        ("Massive hemoptysis", True),
        ("severe haemoptysis", True),
        ("Hémoptysie grave", True),
        ("Large volume haemoptysis", True),
        ("Hémoptysie abondante", True),
        ("copious, fresh", True),
        ("Hemoptysis", False),
        ("Large mass, hemoptysis", False),
        ("Non-massive hemoptysis", False),
    ],
)
def test_words_of_a_condition_that_call_it_massive_are_read_beside_its_code(
    words: str, is_called_severe: bool
) -> None:
    read = diagnosis(code={**HEMOPTYSIS, "text": words})

    assert read.is_called_severe is is_called_severe
    assert not read.is_severe


@pytest.mark.parametrize(
    ("words", "is_called_recurrent"),
    [
        ("Recurrent hemoptysis", True),
        ("Hemoptysis, second episode", True),
        ("Hémoptysie récidivante", True),
        *((f"Hémoptysie{words}", True) for words in (" récurrente", " récidivante", ", second épisode")),
        ("Hémoptysies à répétition", True),
        ("Hémoptysies récurrentes", True),
        *((f"{nth} épisode d'hémoptysie", True) for nth in ("2e", "3e", "3ème", "4ème", "quatrième")),
        ("Fourth episode of hemoptysis", True),
        ("Premier épisode d'hémoptysie", False),
        ("Bronchites à répétition, hémoptysie", True),
        ("Hemoptysis", False),
        ("Hemoptysis, not recurrent", False),
    ],
)
def test_words_of_a_condition_that_call_it_recurrent_are_read_beside_its_code(
    words: str, is_called_recurrent: bool
) -> None:
    read = diagnosis(code={**HEMOPTYSIS, "text": words})

    assert read.is_called_recurrent is is_called_recurrent
    assert read.is_active


@pytest.mark.parametrize(
    ("members", "is_unsure"),
    [
        ({"verificationStatus": status("unconfirmed")}, True),
        ({"verificationStatus": status("provisional")}, True),
        ({"verificationStatus": "differential"}, True),
        ({"verificationStatus": status("confirmed")}, False),
        ({}, False),
        ({"modifierExtension": [{"url": "https://ehr.example/absent", "valueBoolean": True}]}, True),
        ({"modifierExtension": [{"url": "https://ehr.example/absent"}]}, True),
        ({"modifierExtension": [{}]}, False),
        ({"modifierExtension": []}, False),
    ],
)
def test_a_condition_that_is_not_confirmed_or_has_a_modifier_is_not_sure(
    members: Json, is_unsure: bool
) -> None:
    assert diagnosis(**members).is_unsure is is_unsure


@pytest.mark.parametrize(
    ("members", "alone"),
    [
        ({"code": concept(ICD, "I82.401")}, ("I82.401",)),
        ({"code": {"coding": [{"system": ICD, "code": "I82.401", "display": "Acute embolism"}]}}, ()),
        ({"code": concept(ICD, "I82.401", text="Clot")}, ()),
        ({"code": concept(ICD, "R04.2")}, ()),
        ({"code": concept(ICD, "R04.0")}, ()),
        ({"code": concept(ICD, "I82.401"), "clinicalStatus": concept("x", "resolved")}, ()),
        ({"code": concept(ICD, "I82.401"), "verificationStatus": concept("x", "refuted")}, ()),
        ({"code": {"text": "Hypertension"}}, ()),
    ],
)
def test_an_active_condition_of_a_code_alone_that_is_not_listed_is_kept_by_its_code(
    members: Json, alone: tuple[str, ...]
) -> None:
    assert facts_of(condition(**members)).codes_alone == alone


def _graded(severity: Any, **members: Any) -> HemoptysisFacts:
    return facts_of(condition(severity=severity, **members))


@pytest.mark.parametrize(
    "severity",
    [
        {"text": "Critical"},
        {"text": "schwer"},
        {"text": "copious"},
        concept(SNOMED, "442452003"),
        concept("http://loinc.org", "LA6750-9"),
        concept("urn:site", "X"),
        {"coding": [{"system": DATA_ABSENT, "code": "masked"}]},
    ],
)
def test_a_severity_of_hemoptysis_that_is_not_understood_could_not_be_read(severity: Any) -> None:
    read = _graded(severity)

    assert read.availability[Kind.CONDITIONS] is Availability.INCOMPLETE
    assert read.not_understood == ((Kind.CONDITIONS, "Condition/c1", "severity-not-understood"),)
    assert not read.diagnoses[0].is_severe


@pytest.mark.parametrize(
    "severity",
    [
        None,
        {},
        {"coding": [{}]},
        {"text": "Mild"},
        {"text": "Moderate"},
        {"text": "modérée"},
        {"text": "légère"},
        {"text": "minor"},
        {"text": "Severe"},
        concept(SNOMED, "255604002"),
        concept(SNOMED, "6736007"),
        concept(SNOMED, "24484000"),
        {"coding": [{"system": DATA_ABSENT, "code": "unknown"}]},
    ],
)
def test_a_severity_that_is_absent_mild_moderate_or_severe_is_understood(severity: Any) -> None:
    assert _graded(severity).not_understood == ()


@pytest.mark.parametrize(
    "members",
    [
        {"clinicalStatus": status("resolved")},
        {"onsetDateTime": "2019-03-01", "recordedDate": "2019-03-01"},
        {"code": {"text": "Asthma"}},
    ],
)
def test_the_severity_of_what_is_over_long_ago_or_no_hemoptysis_does_not_matter(members: Json) -> None:
    assert _graded({"text": "Critical"}, **members).not_understood == ()
