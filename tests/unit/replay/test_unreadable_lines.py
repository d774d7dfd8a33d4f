"""Lines of an export that nobody can read: counted, named, and never the end of a replay."""

import json
from pathlib import Path

import pytest

from cds_service.replay import export
from cds_service.replay.export import BYTES_OF_A_RANGE, FileTally, export_files, lines_in, ranges_of
from tests.unit.replay.exports import (
    Json,
    a_bleed,
    a_patient,
    an_order,
    read_of,
    replayed,
    rows_in,
    write_export,
)
from tests.unit.replay.test_as_of import active

HOUR_BEFORE = "2024-03-12T13:30:00Z"


def an_export(folder: Path, *more: Json) -> Path:
    orders = [an_order("o1", "p1"), an_order("o2", "p2")]
    return write_export(folder, [a_patient("p1"), a_patient("p2"), *orders, active(), *more])


def unreadable_by_order(rows: list[Json], kind: str) -> list[bool]:
    return sorted(kind in row["unreadable"] for row in rows)


def test_a_line_in_another_encoding_costs_its_patient_alone_what_it_says(tmp_path: Path) -> None:
    other = active() | {"id": "c2", "subject": {"reference": "Patient/p2"}}
    folder = an_export(tmp_path / "export", other)
    file = folder / "Condition.ndjson"
    file.write_bytes(file.read_bytes().replace(b"Hemoptysis", "Hémoptysie".encode("latin-1"), 1))

    read = read_of(folder, tmp_path / "out")

    assert read.amiss == {"orders found": 2, "line is not in UTF-8": 1}
    assert unreadable_by_order(rows_in(tmp_path / "out"), "conditions") == [False, True]


def test_an_order_in_another_encoding_is_counted_and_named(tmp_path: Path) -> None:
    folder = an_export(tmp_path / "export")
    file = folder / "ServiceRequest.ndjson"
    file.write_bytes(file.read_bytes().replace(b"Hemoptysis", "Hémoptysie".encode("latin-1"), 1))

    read = read_of(folder, tmp_path / "out")

    assert read.places == ["ServiceRequest.ndjson, byte 0: line is not in UTF-8"]
    assert len(rows_in(tmp_path / "out")) == 1


@pytest.mark.parametrize("name", ["ServiceRequest", "Condition"])
def test_half_a_character_is_read_as_the_service_reads_it(tmp_path: Path, name: str) -> None:
    folder = an_export(tmp_path / "export")
    file = folder / f"{name}.ndjson"
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    told = [line | {"code": line["code"] | {"text": "Hemoptysis \ud83d"}} for line in lines]
    file.write_text("".join(f"{json.dumps(line)}\n" for line in told), encoding="utf-8")

    read = read_of(folder, tmp_path / "out")

    assert (read.amiss, len(rows_in(tmp_path / "out"))) == ({"orders found": 2}, 2)


def test_a_file_of_which_no_line_can_be_read_makes_its_kind_incomplete(tmp_path: Path) -> None:
    folder = an_export(tmp_path / "export")
    file = folder / "Condition.ndjson"
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")), indent=1) + "\n")

    rows = replayed(folder, tmp_path / "out")

    assert unreadable_by_order(rows, "conditions") == [True, True]


def test_a_chart_that_the_service_refuses_costs_no_other_its_judgment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = b'{"resourceType":"Condition","subject":{"reference":"Patient/p1"},"x":%b}\n'
    folder = an_export(tmp_path / "export")
    nested = [b"[" * depth + b"]" * depth for depth in range(850, 1000)]
    (folder / "Condition.ndjson").write_bytes(b"".join(deep % one for one in nested))

    rows = replayed(folder, tmp_path / "out")

    assert len(rows) == 2
    assert "failed" in {row["outcome"] for row in rows}


@pytest.mark.parametrize("size", [1000, BYTES_OF_A_RANGE])
def test_a_line_that_is_too_long_is_passed_over_once_whatever_the_ranges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(export, "MOST_BYTES_OF_A_LINE", 10_000)
    monkeypatch.setattr(export, "_BLOCK", 500)
    long = b'{"resourceType":"Condition","note":"%b"}' % (b"x" * 30_000)
    (tmp_path / "Condition.ndjson").write_bytes(b'{"id":"1"}\n%b\n{"id":"2"}\n' % long)
    tally = FileTally("")

    ranges = ranges_of(str(tmp_path), export_files(str(tmp_path)), size)
    found = [line for part in ranges for _, line in lines_in(part, tally)]

    assert found == [b'{"id":"1"}', b'{"id":"2"}']
    assert tally.amiss == {"line too long": 1}
    assert tally.bytes < 200_000


def test_what_a_line_that_is_too_long_holds_is_not_taken_for_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MOST_BYTES_OF_A_LINE", 10_000)
    monkeypatch.setattr(export, "_BLOCK", 5_000)
    note = [{"text": "x" * 50_000}]
    folder = an_export(tmp_path / "export", a_bleed("b1", HOUR_BEFORE, 400, note=note))

    rows = replayed(folder, tmp_path / "out")

    assert unreadable_by_order(rows, "bleeding") == [True, True]


def test_the_files_that_macos_writes_beside_others_are_none_of_the_export(tmp_path: Path) -> None:
    folder = an_export(tmp_path / "export")
    (folder / "._Condition.ndjson").write_bytes(b"\0\5\x16\7")

    assert read_of(folder, tmp_path / "out").amiss == {"orders found": 2}
