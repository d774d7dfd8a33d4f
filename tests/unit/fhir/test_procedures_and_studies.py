"""The facts of procedures and of past studies."""

from typing import Any

import pytest

from cds_service.clinical.facts import Availability
from cds_service.knowledge.kinds import Kind
from tests.unit.fhir.builders import BRONCHIAL, CTA, HEMOPTYSIS, TODAY, UNNAMED, Json, condition, facts_of


def procedure(code: Json, **members: Any) -> Json:
    whole = {"status": "completed", "performedDateTime": "2026-06-01", "code": code} | members
    return {"resourceType": "Procedure", "id": "pr1", **whole}


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


@pytest.mark.parametrize("state", [None, "unknown", "odd"])
def test_a_study_of_no_known_status_cannot_be_read(state: Any) -> None:
    read = facts_of({"resourceType": "DiagnosticReport", "status": state, "code": CTA})

    assert (read.studies, read.unreadable) == ((), {Kind.IMAGING: 1})


@pytest.mark.parametrize("state", ["registered", "cancelled", "entered-in-error"])
def test_a_study_that_was_not_done_is_dropped(state: Any) -> None:
    read = facts_of({"resourceType": "DiagnosticReport", "status": state, "code": CTA})

    assert read.studies == ()
    assert sum(read.dropped.values()) == 1
