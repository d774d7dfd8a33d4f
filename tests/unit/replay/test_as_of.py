"""What counts as known when an order was written."""

from collections.abc import Iterator
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.replay.export import FileTally
from cds_service.replay.judging import Judge, ReplayedOrder
from cds_service.replay.lines import KeptLine
from cds_service.replay.orders import PastOrder, order_from
from tests.unit.replay.exports import (
    AT,
    HEMOPTYSIS,
    SNOMED,
    TYPES,
    Json,
    a_bleed,
    a_patient,
    a_setup,
    an_order,
    of_patient,
)

DAY_BEFORE, DAY, HOUR_BEFORE, HOUR_AFTER = (
    "2024-03-11",
    "2024-03-12",
    "2024-03-12T13:30:00Z",
    "2024-03-12T15:30:00Z",
)
LATER = ("2024-03-12T14:30:01Z", HOUR_AFTER, "2024-03-13", "2024-04", "2025")
EMBOLIZATION = {
    "coding": [{"system": SNOMED, "code": "233525003", "display": "Embolization of bronchial artery"}]
}
COUNTS = ("later", "own_results", "undated", "same_day", "updated_since", "not_restored", "duplicates")


@cache
def judge() -> Judge:
    return Judge(a_setup().after(FileTally("", types=dict.fromkeys(TYPES, 1))))


def judged(*resources: Json) -> list[ReplayedOrder]:
    """The rows of a patient's orders, by time."""
    lines = [
        KeptLine(
            "p1", "order" if one["resourceType"] == "ServiceRequest" else "chart", msgspec.json.encode(one)
        )
        for one in (a_patient(), *resources)
    ]
    return list(judge().rows("p1", lines))


def the_row(*resources: Json) -> ReplayedOrder:
    (row,) = judged(an_order(), *resources)
    return row


def a_condition(name: str = "c1", **members: Any) -> Json:
    return of_patient("Condition", name, code=HEMOPTYSIS, **members)


def active(onset: str = DAY_BEFORE) -> Json:
    return a_condition(clinicalStatus={"coding": [{"code": "active"}]}, onsetDateTime=onset)


def ml(amount: int) -> Json:
    return {"valueQuantity": a_bleed("", "", amount)["valueQuantity"]}


def judgment(row: ReplayedOrder) -> dict[str, Any]:
    """A row without its counts."""
    return {name: value for name, value in msgspec.structs.asdict(row).items() if name not in COUNTS}


def planted(at: str) -> Iterator[Json]:
    """What would change the judgment, had it been known."""
    yield a_bleed("late", at, 900)
    yield a_bleed("late-total", HOUR_BEFORE, 900, issued=at)
    yield of_patient("Procedure", "late", status="completed", code=EMBOLIZATION, performedDateTime=at)
    yield a_condition(
        "late", clinicalStatus={"coding": [{"code": "recurrence"}]}, recordedDate=at, onsetDateTime="2023"
    )
    yield of_patient("Observation", "late-spo2", status="final", effectiveDateTime=at, issued=at,
                     code={"coding": [{"system": "http://loinc.org", "code": "59408-5"}]},
                     valueQuantity={"value": 71, "unit": "%", "code": "%"})  # fmt: skip
    yield of_patient("Procedure", "late-R5", status="completed", code=EMBOLIZATION,
                     occurrenceDateTime="2024-01-01", recorded=at)  # fmt: skip
    yield of_patient("MedicationAdministration", "late-R5", status="in-progress", recorded=at,
                     occurenceDateTime=DAY_BEFORE,
                     medication={"concept": {"text": "norepinephrine"}})  # fmt: skip
    yield of_patient("DiagnosticReport", "late", status="final", effectiveDateTime=at,
                     code=an_order()["code"])  # fmt: skip


@pytest.mark.parametrize("at", LATER)
def test_nothing_that_is_dated_after_an_order_changes_its_judgment(at: str) -> None:
    before = the_row(active(), a_bleed("b1", HOUR_BEFORE, 20))

    after = the_row(active(), a_bleed("b1", HOUR_BEFORE, 20), *planted(at))

    assert judgment(after) == judgment(before)
    assert after.later == before.later + len(list(planted(at)))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    at=st.sampled_from(
        ("2024-01-02T08:00:00Z", "2024-03-12T14:30:00Z", "2024-07-01T00:00:00+02:00", "2024-09-30")
    ),
    late=st.lists(st.sampled_from([one for at in LATER for one in planted(at)]), max_size=4),
    ordered=st.permutations(range(3)),
)
def test_later_orders_and_facts_change_no_earlier_row(at: str, late: list[Json], ordered: list[int]) -> None:
    known = [
        active("2023-12-30"),
        a_bleed("b1", "2024-01-01T22:00:00Z", 60),
        an_order("first", at="2024-01-02T09:00:00Z"),
    ]
    alone = judged(*known)

    beside = judged(
        *(known[place] for place in ordered), *late, *([an_order("other", at=at)] if at > "2024-02" else [])
    )

    assert judgment(beside[0]) == judgment(alone[0])


def test_what_is_dated_the_day_of_the_order_counts() -> None:
    assert the_row(active(onset=DAY), a_bleed("b1", DAY, 300)).severity == "proven"


def test_a_study_of_the_day_of_the_order_may_be_its_own_and_does_not_count() -> None:
    report = of_patient(
        "DiagnosticReport", "r1", status="final", effectiveDateTime=DAY, code=an_order()["code"]
    )

    assert the_row(active(), report).cautions == the_row(active()).cautions


@pytest.mark.parametrize("at", [DAY_BEFORE, HOUR_BEFORE])
def test_the_results_of_the_order_itself_are_left_out_whatever_their_date(at: str) -> None:
    own = {"basedOn": [{"reference": "https://ehr.example/fhir/ServiceRequest/order-1"}]}

    row = the_row(active(), a_bleed("b1", at, 400, **own))

    assert judgment(row) == judgment(the_row(active()))
    assert row.own_results == 1


def test_the_results_of_an_order_that_another_wrote_at_the_same_instant_are_not_known() -> None:
    other = an_order("order-2", requester={"reference": "Practitioner/dr-2"})
    result = a_bleed("b1", AT, 400, basedOn=[{"reference": "ServiceRequest/order-2"}])

    rows = judged(an_order(), other, active(), result)

    assert [(row.severity, row.own_results) for row in rows] == [(the_row(active()).severity, 1)] * 2


@pytest.mark.parametrize("end", ["2024-03-13", "2024-03-12", HOUR_AFTER])
def test_a_condition_that_abated_later_counts_as_active(end: str) -> None:
    resolved = a_condition(
        clinicalStatus={"coding": [{"code": "resolved"}]}, onsetDateTime=DAY_BEFORE, abatementDateTime=end
    )
    order = an_order(reasonCode=[])

    (row,) = judged(order, resolved)

    assert row.outcome == judged(order, active())[0].outcome != "other-indication"


def test_a_condition_that_had_abated_is_over() -> None:
    resolved = a_condition(
        clinicalStatus={"coding": [{"code": "resolved"}]},
        onsetDateTime="2024-01-01",
        abatementDateTime="2024-02-01",
    )

    assert judged(an_order(reasonCode=[]), resolved)[0].outcome == "other-indication"


def test_a_status_of_today_without_a_date_is_counted_as_not_restored() -> None:
    assert (
        the_row(active(), a_condition("c2", clinicalStatus={"coding": [{"code": "resolved"}]})).not_restored
        == 1
    )


def test_a_drug_that_ran_when_the_order_was_written_runs() -> None:
    infusion = of_patient(
        "MedicationAdministration",
        "m1",
        status="completed",
        medicationCodeableConcept={"text": "norepinephrine"},
        effectivePeriod={"start": HOUR_BEFORE, "end": HOUR_AFTER},
        dosage={"rateQuantity": {"value": 5}},
    )  # fmt: skip
    over = infusion | {"effectivePeriod": {"start": DAY_BEFORE, "end": HOUR_BEFORE}}

    assert any("vasopressor" in one for one in the_row(active(), infusion).evidence)
    assert not any("vasopressor" in one for one in the_row(active(), over).evidence)


def test_what_has_no_date_is_kept_and_counted() -> None:
    bleed = a_bleed("b1", "", 300)
    del bleed["effectiveDateTime"]

    row = the_row(active(), bleed)

    assert row.undated == 1
    assert row.severity == "kept-plausible"


def test_what_was_changed_since_is_used_and_counted() -> None:
    row = the_row(active() | {"meta": {"lastUpdated": "2025-01-01T00:00:00Z"}})

    assert (row.updated_since, row.outcome) == (1, the_row(active()).outcome)


@pytest.mark.parametrize("at", [HOUR_BEFORE, HOUR_AFTER])
def test_an_order_of_a_day_is_judged_by_what_was_known_as_the_day_began_and_says_so(at: str) -> None:
    (before,) = judged(an_order(at=DAY), active())

    (row,) = judged(an_order(at=DAY), active(), *planted(at))

    assert row.time_known == "day"
    assert judgment(row) == judgment(before)
    assert row.later == len(list(planted(at)))


def test_what_has_the_day_of_the_order_alone_counts_also_where_the_order_has_no_time() -> None:
    (row,) = judged(an_order(at=DAY), active(onset=DAY), a_bleed("b1", DAY, 300))

    assert (row.severity, row.same_day) == ("proven", 2)


def test_the_day_of_an_order_begins_in_the_zone_of_the_site_also_in_summer() -> None:
    order = order_from(msgspec.json.encode(an_order(at="2024-07-01")), ZoneInfo("America/New_York"))

    assert isinstance(order, PastOrder)
    assert order.at.isoformat() == "2024-07-01T00:00:00-04:00"


def test_orders_signed_together_know_each_other() -> None:
    radiograph = an_order(
        "order-2", code={"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "71046"}]}
    )
    embolization = an_order(
        "order-1", code={"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "71275"}]}
    )

    alone, *_ = judged(embolization, active())
    together, *_ = judged(embolization, radiograph, active())

    assert "radiography-chest" in alone.offered
    assert "radiography-chest" not in together.offered


@pytest.mark.parametrize(
    ("status", "rows"), [("completed", 1), ("revoked", 1), ("active", 1), ("entered-in-error", 0)]
)
def test_an_order_is_judged_whatever_became_of_it_but_for_an_error(status: str, rows: int) -> None:
    assert len(judged(an_order(status=status), active())) == rows


def test_the_same_order_twice_is_judged_once_in_its_last_version() -> None:
    newer = an_order(
        status="revoked", meta={"lastUpdated": "2024-05-01T00:00:00Z"}, code={"text": "chest radiograph"}
    )

    (row,) = judged(newer, an_order(meta={"lastUpdated": AT}), active())

    assert (row.procedure, row.duplicates) == ("radiography-chest", 1)


def test_the_last_version_of_an_order_is_the_last_in_time_whatever_its_offset() -> None:
    newer = an_order(meta={"lastUpdated": "2024-03-13T00:00:00-05:00"}, code={"text": "chest radiograph"})

    (row,) = judged(newer, an_order(meta={"lastUpdated": "2024-03-13T04:00:00Z"}), active())

    assert row.procedure == "radiography-chest"


@pytest.mark.parametrize("at", ["2024-03", "2024"])
def test_an_order_of_which_no_day_is_known_is_not_judged(at: str) -> None:
    assert judged(an_order(at=at), active()) == []


@pytest.mark.parametrize("later", [{"lastOccurrence": "2024-03-13"}, {"reaction": [{"onset": HOUR_AFTER}]}])
def test_an_allergy_is_not_known_before_the_reaction_that_alone_dates_it(later: Json) -> None:
    agent = {"coding": [{"system": SNOMED, "code": "293637006"}]}
    allergy = of_patient("AllergyIntolerance", "a1", code=agent, **later)

    before, known = the_row(allergy), the_row({**allergy, "recordedDate": DAY_BEFORE})

    assert (before.later, before.cautions) == (1, ())
    assert "contrast-reaction" in known.cautions


LATER_VERSION = {"meta": {"lastUpdated": "2024-03-19T08:00:00Z"}}


@pytest.mark.parametrize(
    "later",
    [{"status": "corrected", **ml(900)}, {"status": "entered-in-error"}, {"effectiveDateTime": "2024-03-10"}],
)
def test_of_several_versions_of_a_resource_the_one_of_the_time_of_the_order_counts(later: Json) -> None:
    known = a_bleed("b1", HOUR_BEFORE, 120, meta={"lastUpdated": HOUR_BEFORE})
    draft = a_bleed("b1", HOUR_BEFORE, 700, meta={"lastUpdated": "2024-03-12T13:00:00Z"})

    row = the_row(active(), known | later | LATER_VERSION, draft, known)

    assert judgment(row) == judgment(the_row(active(), known))
    assert (row.duplicates, row.updated_since) == (2, 0)


def test_of_versions_that_were_all_written_later_the_first_is_used_and_counted() -> None:
    first = a_bleed("b1", HOUR_BEFORE, 120, meta={"lastUpdated": HOUR_AFTER})

    row = the_row(active(), first | ml(900) | LATER_VERSION, first)

    assert (row.severity, row.updated_since) == (the_row(active(), first).severity, 1)


def test_a_retraction_that_was_written_before_the_order_takes_its_resource_back() -> None:
    bleed = a_bleed("b1", HOUR_BEFORE, 900, meta={"lastUpdated": HOUR_BEFORE})
    retracted = {"status": "entered-in-error", "meta": {"lastUpdated": "2024-03-12T14:00:00Z"}}

    assert the_row(active(), bleed, bleed | retracted).severity == the_row(active()).severity
