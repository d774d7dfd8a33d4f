"""A bulk export as it comes: shuffled, split, compressed, broken, in part; and a replay that was killed."""

import json
import multiprocessing
import random
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cds_service.errors import BadValue, Unavailable
from cds_service.replay import duck
from cds_service.replay.duck import replay_on_one_machine
from cds_service.replay.example import write_example
from cds_service.replay.export import BYTES_OF_A_RANGE, FileTally, export_files, lines_in, ranges_of
from cds_service.replay.judging import Judge
from cds_service.replay.lines import Asked
from tests.unit.replay.exports import (
    Json,
    a_bleed,
    a_job,
    a_patient,
    an_order,
    gzipped,
    of_patient,
    read_of,
    replayed,
    rows_in,
    silent,
    write_export,
)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "of-25"
    write_example(folder, patients=25, seed=4)
    return folder


@pytest.fixture(scope="module")
def rows(example: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Json]:
    """What the example gives as it was written."""
    return replayed(example, tmp_path_factory.mktemp("out") / "plain")


def copied(example: Path, folder: Path) -> Path:
    shutil.copytree(example, folder)
    return folder


def test_the_example_has_what_a_replay_is_for(rows: list[Json]) -> None:
    outcomes = {row["outcome"] for row in rows}

    assert {"rated", "other-indication"} <= outcomes
    assert {row["department"] for row in rows} <= {
        *("Emergency department", "Pulmonology", "Internal medicine", "Oncology", "Intensive care"),
    }


def test_the_same_seed_writes_the_same_example(example: Path, tmp_path: Path) -> None:
    write_example(tmp_path / "again", patients=25, seed=4)

    assert all(
        file.read_bytes() == (tmp_path / "again" / file.name).read_bytes() for file in example.iterdir()
    )


def test_a_shuffled_split_and_compressed_export_gives_the_same_rows(
    example: Path, rows: list[Json], tmp_path: Path
) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    chance = random.Random(1)
    for file in example.iterdir():
        lines = file.read_bytes().splitlines(keepends=True)
        chance.shuffle(lines)
        half = len(lines) // 2
        (folder / f"{file.stem}.000.ndjson").write_bytes(b"".join(lines[:half]))
        (folder / f"{file.stem}.001.ndjson").write_bytes(b"".join(lines[half:]).rstrip(b"\n"))
        gzipped(folder / f"{file.stem}.000.ndjson")

    found = replayed(folder, tmp_path / "out", parts=7, range_bytes=5_000)

    assert found == rows


@pytest.mark.parametrize("size", [1, 7, 100, 1000, BYTES_OF_A_RANGE])
def test_every_line_is_read_once_whatever_the_ranges(tmp_path: Path, size: int) -> None:
    text = b"".join(b'{"id":"%d"}%b\n' % (n, b" " * (n % 13)) for n in range(60)) + b'{"id":"last"}'
    (tmp_path / "Patient.ndjson").write_bytes(text)

    ranges = ranges_of(str(tmp_path), export_files(str(tmp_path)), size)
    found = [line for part in ranges for _, line in lines_in(part, FileTally(""))]

    assert found == [line.strip() for line in text.splitlines()]


def test_a_replay_that_was_killed_goes_on_where_it_was(
    example: Path, rows: list[Json], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, done = tmp_path / "out", []

    def kill_after(count: int) -> None:
        def told(line: str) -> None:
            done.append(line)
            if line.startswith(f"judged: {count} "):
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            replay_on_one_machine(a_job(example), out, workers=1, tell=told)

    kill_after(2)
    judged: list[int] = []
    judge = duck._Work._judged

    def noted(work: duck._Work, part: int, by: Judge) -> int:
        judged.append(part)
        return judge(work, part, by)

    monkeypatch.setattr(duck._Work, "_judged", noted)

    replay_on_one_machine(a_job(example), out, workers=1, tell=silent)

    assert rows_in(out) == rows
    assert judged == [2, 3]
    assert not (out / ".work").exists()


def test_a_folder_of_another_replay_is_not_gone_on_with(example: Path, tmp_path: Path) -> None:
    def stop(line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replay_on_one_machine(a_job(example), tmp_path / "out", workers=1, tell=stop)

    with pytest.raises(BadValue, match="other data or settings"):
        replay_on_one_machine(a_job(example, parts=5), tmp_path / "out", workers=1, tell=silent)


def test_broken_lines_are_counted_and_named_and_cost_no_other_line(
    example: Path, rows: list[Json], tmp_path: Path
) -> None:
    folder = copied(example, tmp_path / "broken")
    file = folder / "ServiceRequest.ndjson"
    file.write_bytes(b'{"resourceType":"ServiceRequest"\n\xff\xfe\n[]\n' + file.read_bytes() + b"\n\n")

    read = read_of(folder, tmp_path / "out")

    assert (read.amiss["line is not JSON"], read.amiss["line is not in UTF-8"]) == (2, 1)
    assert read.places[0] == "ServiceRequest.ndjson, byte 0: line is not JSON"
    assert rows_in(tmp_path / "out") == rows


def test_a_compressed_file_that_ends_early_is_read_as_far_as_it_goes(example: Path, tmp_path: Path) -> None:
    folder = copied(example, tmp_path / "cut")
    gzipped(folder / "Condition.ndjson", cut=200)

    read = read_of(folder, tmp_path / "out")

    assert read.cut_off == ["Condition"]
    assert all(
        "conditions" in row["unreadable"] for row in rows_in(tmp_path / "out") if row["outcome"] == "rated"
    )


def test_a_file_cut_within_its_last_line_makes_its_kind_incomplete(example: Path, tmp_path: Path) -> None:
    folder = copied(example, tmp_path / "cut")
    file = folder / "Procedure.ndjson"
    file.write_bytes(file.read_bytes() + b'{"resourceType":"Procedure","id"')

    assert read_of(folder, tmp_path / "out").cut_off == ["Procedure"]


def test_a_broken_line_of_a_patient_makes_that_patients_data_incomplete(tmp_path: Path) -> None:
    orders = [an_order("o1", "p1"), an_order("o2", "p2")]
    folder = write_export(tmp_path / "export", [a_patient("p1"), a_patient("p2"), *orders])
    broken = '{"resourceType":"Condition","subject":{"reference":"Patient/p1"},"code":{"text":"x}\n'
    (folder / "Condition.ndjson").write_text(broken, encoding="utf-8")

    rows = replayed(folder, tmp_path / "out")

    assert sorted("conditions" in row["unreadable"] for row in rows) == [False, True]


def test_a_type_without_a_file_is_missing_in_every_judgment(example: Path, tmp_path: Path) -> None:
    folder = copied(example, tmp_path / "without")
    (folder / "Procedure.ndjson").unlink()

    rows = replayed(folder, tmp_path / "out")

    assert all("procedures" in row["missing"] for row in rows if row["outcome"] == "rated")


@pytest.mark.parametrize(
    "reference",
    ["Patient/p1", "https://ehr.example/fhir/Patient/p1", "Patient/p1/_history/3", "urn:uuid:p1", "p1"],
)
def test_references_in_all_forms_lead_to_the_patient(tmp_path: Path, reference: str) -> None:
    bleed = a_bleed("b1", "2024-03-12T13:00:00Z", 400) | {"subject": {"reference": reference}}
    folder = write_export(tmp_path / "export", [a_patient(), an_order(), bleed])

    (row,) = replayed(folder, tmp_path / "out")

    assert row["severity"] == "proven"


def test_where_there_are_no_orders_studies_stand_for_them_once_a_day(tmp_path: Path) -> None:
    code = {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "71250"}]}
    report = of_patient(
        "DiagnosticReport", "r1", status="final", code=code, effectiveDateTime="2024-03-12T16:00:00Z"
    )
    procedure = of_patient(
        "Procedure", "x1", status="completed", code=code, performedDateTime="2024-03-12T16:00:00Z"
    )
    bleed = a_bleed("b1", "2024-03-12T13:00:00Z", 400)
    folder = write_export(tmp_path / "export", [a_patient(), report, procedure, bleed])

    (row,) = replayed(folder, tmp_path / "out")

    assert (row["source"], row["outcome"], row["cautions"]) == ("DiagnosticReport", "rated", [])


@pytest.mark.parametrize("content", [None, "", "nothing.txt"])
def test_a_wrong_folder_is_a_clear_error(tmp_path: Path, content: str | None) -> None:
    folder = tmp_path / "wrong"
    if content is not None:
        folder.mkdir()
    if content:
        (folder / content).write_text("{}", encoding="utf-8")

    with pytest.raises(BadValue, match=r"wrong (cannot be read|holds no NDJSON file)"):
        a_job(folder)


def test_a_folder_without_a_name_is_not_the_one_of_the_shell() -> None:
    with pytest.raises(BadValue, match="has no name"):
        export_files(" ")


def test_no_id_and_no_text_of_a_chart_is_in_the_rows(example: Path, rows: list[Json]) -> None:
    told = json.dumps(rows, default=str)

    assert "p4-" not in told
    assert "clinician-" not in told


def test_orders_of_another_time_are_orders_and_no_study_stands_for_one(tmp_path: Path) -> None:
    report = of_patient(
        "DiagnosticReport", "r1", code=an_order()["code"], effectiveDateTime="2024-05-01T08:00:00Z"
    )
    folder = write_export(tmp_path / "export", [a_patient(), an_order(), report])
    job = replace(a_job(folder), asked=Asked(since=datetime(2024, 4, 1, tzinfo=UTC)))

    read = replay_on_one_machine(job, tmp_path / "out", workers=1, tell=silent)

    assert read.amiss == {"order of another time": 1}
    assert rows_in(tmp_path / "out") == []


def test_orders_without_an_id_have_keys_of_their_own(tmp_path: Path) -> None:
    orders = [an_order("", at=at, id=None) for at in ("2024-03-12T14:30:00Z", "2024-03-13T14:30:00Z")]
    folder = write_export(tmp_path / "export", [a_patient(), *orders])

    rows = replayed(folder, tmp_path / "out")

    assert len({row["order_key"] for row in rows} - {""}) == 2


@pytest.mark.parametrize("name", ["patient-export-all.ndjson", "group-7-run.ndjson", "Patient-data.ndjson"])
def test_a_file_that_is_not_named_after_a_type_alone_is_known_by_its_lines(tmp_path: Path, name: str) -> None:
    folder = write_export(tmp_path / "export", [a_patient(), an_order()])
    every = b"".join(file.read_bytes() for file in sorted(folder.iterdir()))
    shutil.rmtree(folder)
    folder.mkdir()
    (folder / name).write_bytes(every)

    (row,) = replayed(folder, tmp_path / "out")

    assert row["procedure"] == "ct-chest-without-contrast"


def test_a_file_that_cannot_be_opened_makes_its_kind_incomplete(tmp_path: Path) -> None:
    folder = write_export(tmp_path / "export", [a_patient(), an_order()])
    (folder / "Condition.ndjson").write_text("{}", encoding="utf-8")
    job = a_job(folder)
    (folder / "Condition.ndjson").unlink()

    read = replay_on_one_machine(job, tmp_path / "out", workers=1, tell=silent)

    assert (read.amiss["file cannot be opened"], read.cut_off) == (1, ["Condition"])


def test_a_byte_order_mark_costs_no_line(tmp_path: Path) -> None:
    folder = write_export(tmp_path / "export", [a_patient(), an_order()])
    file = folder / "ServiceRequest.ndjson"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())

    assert len(replayed(folder, tmp_path / "out")) == 1


def test_a_folder_that_holds_something_else_is_not_written_into(example: Path, tmp_path: Path) -> None:
    stale = tmp_path / "out" / "edition=in-force" / "part-00017.parquet"
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"")

    with pytest.raises(BadValue, match="is not empty"):
        replay_on_one_machine(a_job(example), tmp_path / "out", workers=1, tell=silent)


def test_a_worker_that_was_killed_is_told_and_the_replay_goes_on(
    example: Path, rows: list[Json], tmp_path: Path
) -> None:
    def kill(line: str) -> None:
        multiprocessing.active_children()[0].kill()

    with pytest.raises(Unavailable, match="was killed"):
        replay_on_one_machine(a_job(example), tmp_path / "out", workers=2, tell=kill)

    assert replayed(example, tmp_path / "out") == rows
