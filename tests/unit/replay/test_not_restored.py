"""What of a chart is over today, and whether that hides what held when an order was written."""

from typing import Any

import pytest

from tests.unit.replay.exports import AT, HEMOPTYSIS, Json, a_bleed, of_patient
from tests.unit.replay.test_as_of import the_row

DAY_BEFORE = "2024-03-11"
PERIOD = {"start": DAY_BEFORE}
WARFARIN = {"medicationCodeableConcept": {"text": "warfarin"}}
PENICILLIN = {"code": {"text": "penicillin"}, "recordedDate": "2020-01-01"}


def status(code: str, name: str = "clinicalStatus") -> Json:
    return {name: {"coding": [{"code": code}]}}


def of(resource_type: str, **members: Any) -> Json:
    return of_patient(resource_type, "x1", **members)


HIDDEN = [
    of("Condition", code=HEMOPTYSIS, onsetDateTime=DAY_BEFORE, **status("resolved")),
    of("Condition", code=HEMOPTYSIS, onsetDateTime=DAY_BEFORE, clinicalStatus="resolved"),
    of("Condition", code=HEMOPTYSIS, **status("entered-in-error", "verificationStatus")),
    of("Condition", code=HEMOPTYSIS, onsetDateTime=DAY_BEFORE, **status("recurrence")),
    of("MedicationRequest", status="stopped", authoredOn=DAY_BEFORE, **WARFARIN),
    of("MedicationAdministration", status="completed", effectivePeriod=PERIOD, **WARFARIN),
    of("Procedure", status="completed", performedPeriod=PERIOD, code={"text": "ECMO"}),
    of("Encounter", status="finished", period=PERIOD),
    of("AllergyIntolerance", **PENICILLIN, **status("inactive")),
    of("AllergyIntolerance", **PENICILLIN, **status("refuted", "verificationStatus")),
    a_bleed("x1", DAY_BEFORE, 400, status="entered-in-error"),
]
CERTAIN = [
    of("Procedure", status="completed", performedDateTime=DAY_BEFORE, code={"text": "ECMO"}),
    of("MedicationAdministration", status="completed", effectiveDateTime=DAY_BEFORE, **WARFARIN),
    of("Encounter", status="finished", period={"start": DAY_BEFORE, "end": DAY_BEFORE}),
    of("Encounter", status="in-progress", period=PERIOD),
    of("AllergyIntolerance", **PENICILLIN, **status("active")),
    a_bleed("x1", DAY_BEFORE, 400),
]


@pytest.mark.parametrize("resource", HIDDEN, ids=lambda one: str(one["resourceType"]))
def test_a_status_of_today_that_hides_what_held_is_counted(resource: Json) -> None:
    since = {"meta": {"lastUpdated": "2024-03-19T08:00:00Z"}}

    assert (the_row(resource).not_restored, the_row(resource | since).not_restored) == (1, 1)


@pytest.mark.parametrize("resource", HIDDEN, ids=lambda one: str(one["resourceType"]))
def test_a_status_that_was_written_before_the_order_held_then(resource: Json) -> None:
    assert the_row(resource | {"meta": {"lastUpdated": AT}}).not_restored == 0


@pytest.mark.parametrize("resource", CERTAIN, ids=lambda one: str(one["resourceType"]))
def test_a_status_whose_time_is_known_hides_nothing(resource: Json) -> None:
    assert the_row(resource).not_restored == 0
