"""The facts of the patient and of the current encounter."""

from typing import Any

import pytest

from cds_service.knowledge.terminology.concepts import Concept
from tests.unit.fhir.builders import HEMOPTYSIS, Json, bundle, condition, facts, facts_of

# --- the patient ------------------------------------------------------------------------------------


def test_the_birth_date_and_the_gender_are_read() -> None:
    patient = {"resourceType": "Patient", "id": "p1", "birthDate": "2010-06", "gender": "female"}

    read = facts({"patient": patient})

    assert (read.birth.written, read.gender) == ("2010-06", "female")


@pytest.mark.parametrize("birth", [None, "unknown", 1960, {"x": 1}])
def test_a_birth_date_that_cannot_be_read_is_unknown(birth: Any) -> None:
    read = facts({"patient": {"resourceType": "Patient", "id": "p1", "birthDate": birth}})

    assert not read.birth.is_dated


def test_what_is_written_for_a_birth_date_is_kept_where_it_cannot_be_read() -> None:
    read = facts({"patient": {"resourceType": "Patient", "id": "p1", "birthDate": "13.03.2010"}})

    assert (read.birth.is_dated, read.birth.written) == (False, "13.03.2010")


@pytest.mark.parametrize("place", [0, 1])
def test_another_patient_is_not_this_one_whatever_its_subject_and_its_place(place: int) -> None:
    subject = {"reference": "Patient/p1"}
    other = {"resourceType": "Patient", "id": "p2", "birthDate": "2020", "subject": subject}
    values: list[tuple[str, Any]] = [("conditions", bundle(condition(subject=subject)))]
    values.insert(place, ("other", other))

    assert not facts(dict(values)).birth.is_dated


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


@pytest.mark.parametrize("words", ["Massive hemoptysis", "Hémoptysie abondante"])
def test_an_encounter_for_massive_hemoptysis_says_so(words: str) -> None:
    read = facts_of(encounter(reasonCode=[{"text": words}]), encounterId="e1")

    assert {Concept.HEMOPTYSIS, Concept.SEVERE} <= {match.concept for match in read.encounter_reasons}
