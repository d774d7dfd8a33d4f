"""An export put together of others: references that lead nowhere, several versions of a resource."""

from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from cds_service.replay.duck import replay_on_one_machine
from tests.unit.replay.exports import (
    AT,
    TYPES,
    Json,
    a_bleed,
    a_job,
    a_patient,
    an_order,
    of_patient,
    read_of,
    replayed,
    rows_in,
    write_export,
)

HOUR_BEFORE = "2024-03-12T13:30:00Z"


@pytest.mark.parametrize(
    "reference", ["Patient?identifier=urn:mrn|1", "#p1", "https://ehr.example/fhir/Patient?identifier=1"]
)
def test_a_reference_without_the_id_of_a_patient_joins_nothing_and_is_counted(
    tmp_path: Path, reference: str
) -> None:
    subject: Json = {"subject": {"reference": reference}}
    bleed, lost = a_bleed("b1", HOUR_BEFORE, 400) | subject, an_order("order-2") | subject
    folder = write_export(tmp_path / "export", [a_patient(), an_order(), lost, bleed])

    read = read_of(folder, tmp_path / "out")

    (row,) = rows_in(tmp_path / "out")
    assert row["severity"] != "proven"
    assert (read.amiss["order of no patient"], read.amiss["resource of no patient"]) == (1, 1)
    assert "ServiceRequest.ndjson, byte" in str(read.places)


def test_the_contained_requesters_of_two_orders_are_not_one(tmp_path: Path) -> None:
    requester: Json = {"requester": {"reference": "#req"}}
    orders = [an_order("o1", **requester), an_order("o2", at=HOUR_BEFORE, **requester)]
    folder = write_export(tmp_path / "export", [a_patient(), *orders])

    rows = replayed(folder, tmp_path / "out")

    assert [row["requester_key"] for row in rows] == ["", ""]


def test_a_requester_is_the_same_with_and_without_a_server(tmp_path: Path) -> None:
    references = ("Practitioner/dr-1", "https://ehr.example/fhir/Practitioner/dr-1/_history/2")
    orders = [an_order(f"o{one}", requester={"reference": one}) for one in references]
    folder = write_export(tmp_path / "export", [a_patient(), *orders])

    rows = replayed(folder, tmp_path / "out")

    assert len({row["requester_key"] for row in rows}) == 1


@pytest.mark.parametrize(
    ("updated", "at"),
    [("2024-03-12T14:30:00Z", "2024-03-12T14:30:00+00:00"), ("2024-05-01", "2024-04-02T09:00:00+00:00")],
)
def test_an_order_that_tells_only_for_when_it_was_is_not_judged_later_than_it_was_written(
    tmp_path: Path, updated: str, at: str
) -> None:
    planned = an_order(authoredOn=None, occurrenceDateTime="2024-04-02T09:00:00Z")
    folder = write_export(tmp_path / "export", [a_patient(), planned | {"meta": {"lastUpdated": updated}}])

    (row,) = replayed(folder, tmp_path / "out")

    assert row["at"].isoformat() == at


@pytest.mark.parametrize(
    "taken_back",
    [
        {"meta": {"lastUpdated": "2024-05-01T00:00:00Z"}},
        {},
        {"authoredOn": None, "code": None, "intent": None},
    ],
)
def test_an_order_whose_last_version_was_entered_in_error_is_not_judged_by_an_earlier_one(
    tmp_path: Path, taken_back: Json
) -> None:
    retracted = an_order(status="entered-in-error", **taken_back)
    earlier = an_order(status="active", meta={"lastUpdated": "2024-03-12T14:30:05Z"})
    folder = write_export(tmp_path / "export", [a_patient(), retracted, earlier, an_order("order-2")])

    rows = replayed(folder, tmp_path / "out")

    assert len(rows) == 1


def test_an_order_that_was_written_anew_after_an_error_is_judged(tmp_path: Path) -> None:
    retracted = an_order(status="entered-in-error", meta={"lastUpdated": "2024-03-12T14:31:00Z"})
    newer = an_order(status="active", meta={"lastUpdated": "2024-03-12T14:32:00Z"})
    folder = write_export(tmp_path / "export", [a_patient(), retracted, newer])

    assert len(replayed(folder, tmp_path / "out")) == 1


def test_a_revoked_last_version_is_judged_as_it_was_last_written(tmp_path: Path) -> None:
    revoked = an_order(
        status="revoked", meta={"lastUpdated": "2024-03-13T00:00:00Z"}, code={"text": "chest radiograph"}
    )
    earlier = an_order(status="active", meta={"lastUpdated": "2024-03-12T14:30:05Z"})
    folder = write_export(tmp_path / "export", [a_patient(), earlier, revoked])

    (row,) = replayed(folder, tmp_path / "out")

    assert row["procedure"] == "radiography-chest"


def test_a_study_that_was_not_done_after_all_stands_for_no_order(tmp_path: Path) -> None:
    study: Json = {"code": an_order()["code"], "performedDateTime": "2024-03-12T16:00:00Z"}
    written = [
        of_patient("Procedure", "x1", status=status, meta={"lastUpdated": at}, **study)
        for status, at in (("preparation", "2024-03-12T15:00:00Z"), ("not-done", "2024-03-12T17:00:00Z"))
    ]
    folder = write_export(tmp_path / "export", [a_patient(), *written])

    assert replayed(folder, tmp_path / "out") == []


def test_charts_of_patients_whose_orders_were_all_in_error_are_not_kept(tmp_path: Path) -> None:
    orders = [an_order("o1", "p2", status="entered-in-error"), an_order("o2")]
    folder = write_export(tmp_path / "export", [a_patient("p1"), a_patient("p2"), *orders])
    job = a_job(folder)
    kept: list[int] = []

    def told(line: str) -> None:
        wanted = tmp_path / "out" / ".work" / "wanted.parquet"
        if line.startswith("chart") and not kept:
            kept.append(parquet.read_table(wanted).num_rows)

    replay_on_one_machine(job, tmp_path / "out", workers=1, tell=told)

    assert kept == [1]


def test_a_study_of_the_same_day_that_is_another_is_an_order_of_its_own(tmp_path: Path) -> None:
    series = of_patient(
        "ImagingStudy", "s1", status="available", started="2024-03-12T09:00:00Z",
        procedureCode=[{"text": "Chest radiograph"}],
    )  # fmt: skip
    radiograph, scan = (
        of_patient("DiagnosticReport", name, status="final", effectiveDateTime=at, code=code)
        for name, at, code in (
            ("r1", "2024-03-12T09:30:00Z", {"text": "Chest radiograph"}),
            ("r2", "2024-03-12T16:00:00Z", an_order()["code"]),
        )
    )
    types = (*TYPES, "ImagingStudy")
    folder = write_export(tmp_path / "export", [a_patient(), series, radiograph, scan], types)

    rows = replayed(folder, tmp_path / "out")

    assert sorted((row["source"], row["procedure"]) for row in rows) == [
        ("DiagnosticReport", "ct-chest-without-contrast"),
        ("ImagingStudy", "radiography-chest"),
    ]


@pytest.mark.parametrize(
    "link",
    [
        {"imagingStudy": [{"reference": "https://ehr.example/fhir/ImagingStudy/s1"}]},
        {"basedOn": [{"reference": "ServiceRequest/not-exported"}]},
    ],
)
def test_the_report_of_a_study_that_stands_for_an_order_is_its_result_whatever_its_date(
    tmp_path: Path, link: Json
) -> None:
    code, order = an_order()["code"], {"reference": "ServiceRequest/not-exported"}
    study = of_patient("ImagingStudy", "s1", started=AT, procedureCode=[code], basedOn=[order])
    report = of_patient(
        "DiagnosticReport", "r1", status="final", code=code, effectiveDateTime=HOUR_BEFORE, **link
    )
    folder = write_export(tmp_path / "export", [a_patient(), study, report], (*TYPES, "ImagingStudy"))

    (row,) = replayed(folder, tmp_path / "out")

    assert (row["source"], row["own_results"], row["cautions"]) == ("ImagingStudy", 2, [])


def test_a_study_around_midnight_and_its_report_are_one_whatever_their_offsets(tmp_path: Path) -> None:
    code = an_order()["code"]
    series = of_patient("ImagingStudy", "s1", started="2024-03-12T23:30:00-05:00", procedureCode=[code])
    report = of_patient("DiagnosticReport", "r1", effectiveDateTime="2024-03-13T04:35:00Z", code=code)
    folder = write_export(tmp_path / "export", [a_patient(), series, report], (*TYPES, "ImagingStudy"))

    (row,) = replayed(folder, tmp_path / "out")

    assert row["source"] == "ImagingStudy"
