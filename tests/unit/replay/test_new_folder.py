"""The new folder of a replay: one run alone writes into it, and only the same run goes on with it."""

import json
from pathlib import Path

import pytest

from cds_service.errors import BadValue, Unavailable
from cds_service.replay.duck import replay_on_one_machine
from cds_service.replay.summary import WORK, held_for, read_summary
from tests.unit.replay.exports import (
    a_job,
    a_patient,
    a_setup,
    an_order,
    of_patient,
    replayed,
    rows_in,
    silent,
    write_export,
)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    role = of_patient("PractitionerRole", "dr-1")
    types = ("Patient", "Condition", "ServiceRequest", "PractitionerRole")
    return write_export(tmp_path / "export", [a_patient(), an_order(), role], types)


def test_two_runs_do_not_write_into_one_folder(export: Path, tmp_path: Path) -> None:
    refused: list[str] = []

    def told(line: str) -> None:
        with pytest.raises(BadValue, match="Another replay is writing into") as error:
            replay_on_one_machine(a_job(export), tmp_path / "out", workers=1, tell=silent)
        refused.append(str(error.value))

    replay_on_one_machine(a_job(export), tmp_path / "out", workers=1, tell=told)

    assert len(refused) > 2
    assert len(rows_in(tmp_path / "out")) == 1


def test_a_run_that_was_refused_leaves_nothing_in_a_folder_of_something_else(
    export: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").write_text("", encoding="utf-8")

    with pytest.raises(BadValue, match="is not empty"):
        replay_on_one_machine(a_job(export), tmp_path / "out", workers=1, tell=silent)

    assert [path.name for path in (tmp_path / "out").iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("variable", ["CDS_ORDER_CODES", "CDS_OBSERVATION_CODES"])
def test_a_run_is_not_gone_on_with_after_the_codes_of_the_site_have_changed(
    export: Path, tmp_path: Path, variable: str
) -> None:
    codes = tmp_path / "codes.json"

    def fingerprint(written: str) -> str:
        codes.write_text(written, encoding="utf-8")
        return a_job(export, a_setup(environ={variable: str(codes)})).fingerprint()

    assert fingerprint(json.dumps({"a": 1})) == fingerprint(json.dumps({"a": 1}))
    assert fingerprint(json.dumps({"a": 1})) != fingerprint(json.dumps({"a": 2}))


def test_lines_of_charts_that_a_run_left_behind_as_it_was_done_go(export: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    replayed(export, out)
    (out / WORK).mkdir()

    with pytest.raises(BadValue, match="holds a replay already"):
        replay_on_one_machine(a_job(export), out, workers=1, tell=silent)

    assert not (out / WORK).exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_disk_that_is_full_is_told_and_the_replay_goes_on(
    export: Path, tmp_path: Path, workers: int
) -> None:
    blocked = tmp_path / "out" / WORK / "judged"

    def told(line: str) -> None:
        if line.startswith("chart: 1 "):
            blocked.write_text("in the way", encoding="utf-8")

    with pytest.raises(Unavailable, match="disk is full"):
        replay_on_one_machine(a_job(export), tmp_path / "out", workers=workers, tell=told)
    blocked.unlink()

    assert len(replayed(export, tmp_path / "out")) == 1


def test_a_run_that_none_can_go_on_with_leaves_no_work_behind(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), held_for(tmp_path / "out"):
        raise KeyboardInterrupt

    with held_for(tmp_path / "out"):
        pass
    assert list((tmp_path / "out").iterdir()) == []


def test_what_is_amiss_is_named_by_its_place_in_the_export(export: Path, tmp_path: Path) -> None:
    (export / "2024").mkdir()
    (export / "2024" / "Condition.ndjson").write_text("{\n", encoding="utf-8")

    replayed(export, tmp_path / "out")

    assert read_summary(tmp_path / "out").places == ("2024/Condition.ndjson, byte 0: line is not JSON",)
