"""The record is purged, verified, exported and looked up."""

import csv
import errno
import io
import json
import sqlite3
import stat
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from cds_service.errors import BadValue, SettingsError, Unavailable
from cds_service.records.upkeep import export as exporting
from cds_service.records.upkeep.export import export
from cds_service.records.upkeep.lookup import consultations_of
from cds_service.records.upkeep.purge import ROWS_AT_ONCE, purge, would_purge
from cds_service.records.upkeep.verify import verify
from tests.unit.records.report.generator import END, fill

COUNT = 1300
TABLES = ("consultations", "cards", "feedback")
LATER = END + timedelta(days=3)
"""After everything that was made: an order can be judged again the day after."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    fill(f"sqlite:///{tmp_path}/record.db", COUNT).dispose()
    return tmp_path / "record.db"


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite:///{path}"


def ask(path: Path, sql: str, *values: object) -> list[tuple[object, ...]]:
    with sqlite3.connect(path) as file:
        found = file.execute(sql, values).fetchall()
    file.close()
    return found


def counts(path: Path) -> tuple[object, ...]:
    return tuple(ask(path, f"SELECT count(*) FROM {table}")[0][0] for table in TABLES)


# --- purge -----------------------------------------------------------------------------------------------


def test_what_is_older_goes_with_its_cards_and_feedback(url: str, path: Path) -> None:
    limit = round((END - timedelta(days=30)).timestamp() * 1000)
    old_cards = "SELECT uuid FROM cards WHERE at < ?"
    stays = ask(path, f"SELECT count(*) FROM feedback WHERE card NOT IN ({old_cards})", limit)

    gone = purge(url, older_than=timedelta(days=30), now=END)

    assert gone.consultations > ROWS_AT_ONCE, "more than one batch"
    assert ask(path, "SELECT min(at) >= ? FROM consultations", limit) == [(1,)]
    assert ask(path, "SELECT min(at) >= ? FROM cards", limit) == [(1,)]
    assert ask(path, "SELECT count(*) FROM feedback") == stays
    assert [finding for finding in verify(url, LATER) if finding.is_fault and finding.count] == []


def test_a_dry_run_counts_what_would_go_and_changes_nothing(url: str, path: Path) -> None:
    before = counts(path)

    would_go = would_purge(url, older_than=timedelta(days=30), now=END)

    assert counts(path) == before
    assert purge(url, older_than=timedelta(days=30), now=END) == would_go


def test_keys_of_orders_that_are_quiet_no_more_go_and_the_others_stay(url: str, path: Path) -> None:
    now = int(END.timestamp())
    with sqlite3.connect(path) as file:
        file.executemany("INSERT INTO quiet VALUES (?, ?)", [(b"a" * 16, now - 1), (b"b" * 16, now + 1)])
    file.close()

    purge(url, older_than=timedelta(days=400), now=END)

    assert ask(path, "SELECT state_key FROM quiet") == [(b"b" * 16,)]


def test_feedback_of_an_unknown_card_goes_by_when_it_came(url: str, path: Path) -> None:
    strangers = "SELECT count(*) FROM feedback WHERE card NOT IN (SELECT uuid FROM cards)"
    assert ask(path, strangers) == [(7,)]

    purge(url, older_than=timedelta(days=1), now=END)
    assert ask(path, strangers) == [(7,)]

    purge(url, older_than=timedelta(days=1), now=END + timedelta(days=30))
    assert counts(path) == (0, 0, 0)


# --- verify ----------------------------------------------------------------------------------------------


def faults(url: str) -> dict[str, int]:
    return {
        finding.says: finding.count for finding in verify(url, LATER) if finding.is_fault and finding.count
    }


def test_a_whole_record_has_no_faults_and_its_strangers_are_counted(url: str) -> None:
    assert faults(url) == {}
    assert {f.says: f.count for f in verify(url, LATER)}["items of feedback of unknown cards"] == 7


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("DELETE FROM consultations WHERE id = (SELECT consultation_id FROM cards LIMIT 1)", "cards without"),
        ("UPDATE consultations SET at = at + 86400000000 WHERE rowid = 5", "consultations of the future"),
        ("UPDATE cards SET at = at + 86400000000 WHERE rowid = 5", "cards of the future"),
        (
            "UPDATE feedback SET received_at = '2036-01-01 00:00:00' WHERE id = 5",
            "items of feedback of the future",
        ),
        (
            "UPDATE consultations SET (call_id, order_index) = (SELECT call_id, order_index"
            " FROM consultations WHERE rowid = 1) WHERE rowid = 2",
            "orders recorded twice",
        ),
        ("UPDATE alembic_version SET version_num = '0002'", "revisions of the tables"),
    ],
)
def test_each_fault_is_found(url: str, path: Path, statement: str, fault: str) -> None:
    ask(path, statement)

    (says,) = faults(url)

    assert says.startswith(fault)


def test_ids_that_stand_twice_are_found_where_the_key_is_gone(url: str, path: Path) -> None:
    ask(path, "CREATE TABLE copied AS SELECT * FROM cards")
    ask(path, "INSERT INTO copied SELECT * FROM cards LIMIT 2")
    ask(path, "DROP TABLE cards")
    ask(path, "ALTER TABLE copied RENAME TO cards")

    assert faults(url) == {"ids that stand twice in cards": 2}


# --- what is not there -------------------------------------------------------------------------------------


def test_asking_makes_no_file_and_no_table(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file"):
        verify(f"sqlite:///{tmp_path}/none.db", END)
    assert list(tmp_path.iterdir()) == []

    sqlite3.connect(tmp_path / "empty.db").close()
    (tmp_path / "empty.db").touch()
    with pytest.raises(SettingsError, match="the record has no consultations, cards, feedback yet"):
        verify(f"sqlite:///{tmp_path}/empty.db", END)


def test_a_database_that_does_not_answer_is_said_without_its_words() -> None:
    with pytest.raises(Unavailable) as raised:
        verify("postgresql://someone:secret@127.0.0.1:9/none", END)

    assert "secret" not in raised.value.message
    assert "does not answer" in raised.value.message


# --- export ----------------------------------------------------------------------------------------------


def rows_in(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_text(), newline="")))


def test_csv_holds_every_row_and_no_comment_unless_it_is_asked_for(
    url: str, path: Path, tmp_path: Path
) -> None:
    found = export(url, tmp_path / "out", "csv", with_comments=False)
    export(url, tmp_path / "all", "csv", with_comments=True)

    assert tuple(found[f"{table}.csv"] for table in TABLES) == counts(path)
    files = {name: rows_in(tmp_path / "out" / f"{name}.csv") for name in TABLES}
    assert {name: len(rows) for name, rows in files.items()} == dict(zip(TABLES, counts(path), strict=True))
    assert "user_comment" not in files["feedback"][0]
    assert "please read" not in (tmp_path / "out" / "feedback.csv").read_text()
    assert "please read" in (tmp_path / "all" / "feedback.csv").read_text()
    first = files["consultations"][0]
    assert ask(path, "SELECT missing FROM consultations ORDER BY id LIMIT 1") == [(first["missing"],)]
    assert first["at"].endswith("+00:00")
    assert stat.S_IMODE((tmp_path / "out" / "feedback.csv").stat().st_mode) == 0o600


def test_no_cell_of_the_csv_is_a_formula(url: str, path: Path, tmp_path: Path) -> None:
    ask(path, "UPDATE feedback SET user_comment = '=HYPERLINK(1)' WHERE id = 1")
    ask(path, "UPDATE consultations SET client = '@SUM(A1)' WHERE rowid = 1")

    export(url, tmp_path / "out", "csv", with_comments=True)

    rows = [row for name in TABLES for row in rows_in(tmp_path / "out" / f"{name}.csv")]
    cells = [cell for row in rows for cell in row.values()]
    assert {"'=HYPERLINK(1)", "'@SUM(A1)"} <= set(cells)
    assert [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r"))] == []


def test_an_export_overwrites_nothing(url: str, tmp_path: Path) -> None:
    export(url, tmp_path, "csv", with_comments=False)

    with pytest.raises(BadValue, match=r"consultations\.csv is there already"):
        export(url, tmp_path, "csv", with_comments=False)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_an_export_that_fails_midway_leaves_nothing_and_can_be_repeated(
    url: str, tmp_path: Path, form: exporting.ExportFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, left = exporting._plain, iter([True] * 130)

    def failing(row: Any) -> dict[str, Any]:
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, "No space left on device")
        return plain(row)

    with monkeypatch.context() as patched:
        patched.setattr(exporting, "_plain", failing)
        with pytest.raises(OSError, match="No space left"):
            export(url, tmp_path / "out", form, with_comments=False)

    assert [*(tmp_path / "out").iterdir()] == []
    assert export(url, tmp_path / "out", form, with_comments=False)


@pytest.mark.skipif(find_spec("pyarrow") is None, reason="pyarrow is not installed")
def test_parquet_holds_the_same_with_lists_and_instants(url: str, path: Path, tmp_path: Path) -> None:
    from pyarrow import parquet

    export(url, tmp_path / "out", "parquet", with_comments=False)

    tables = {name: parquet.read_table(tmp_path / "out" / f"{name}.parquet") for name in TABLES}
    assert tuple(tables[name].num_rows for name in TABLES) == counts(path)
    row = tables["consultations"].slice(0, 1).to_pylist()[0]
    ((at, missing, held),) = ask(
        path, "SELECT at, missing, is_held_back FROM consultations ORDER BY id LIMIT 1"
    )
    assert (row["at"].timestamp() * 1000, row["missing"]) == (at, json.loads(str(missing)))
    assert row["is_held_back"] is bool(held)
    assert "user_comment" not in tables["feedback"].column_names


def test_parquet_without_pyarrow_says_what_to_install(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "find_spec", lambda name: None)

    with pytest.raises(BadValue, match=r"cds-service\[parquet\]"):
        export(url, tmp_path / "out", "parquet", with_comments=False)
    assert not (tmp_path / "out").exists()


# --- one consultation ------------------------------------------------------------------------------------


def test_a_consultation_is_found_by_any_of_its_ids(url: str, path: Path) -> None:
    ((own, call, consult, card),) = ask(
        path,
        "SELECT c.id, c.call_id, c.consult_id, k.uuid FROM consultations c JOIN cards k"
        " ON k.consultation_id = c.id JOIN feedback f ON f.card = k.uuid ORDER BY f.id LIMIT 1",
    )

    names = (own, call, card, f"urn:uuid:{consult}", f"URN:UUID:{str(consult).upper()}")
    by_id = {name: consultations_of(url, str(name)) for name in names}

    assert all(own in [one.consultation["id"] for one in found] for found in by_id.values())
    (found,) = by_id[card]
    assert [one["uuid"] for one in found.cards] == [card]
    assert {one["card"] for one in found.feedback} == {card}
    assert consultations_of(url, "none") == []


@pytest.mark.parametrize("nothing", ["", " ", "urn:uuid:"])
def test_no_id_finds_no_chart_that_has_none(url: str, path: Path, nothing: str) -> None:
    with sqlite3.connect(path) as file:
        file.execute("UPDATE consultations SET consult_id = '' WHERE order_index = -1")
    file.close()

    assert consultations_of(url, nothing) == []


def test_a_consult_id_leads_to_every_judgment_of_its_order(url: str, path: Path) -> None:
    ((consult, times),) = ask(
        path, "SELECT consult_id, count(*) FROM consultations GROUP BY 1 HAVING count(*) > 1 LIMIT 1"
    )

    found = consultations_of(url, str(consult))

    instants = [one.consultation["at"] for one in found]
    assert len(found) == times
    assert instants == sorted(instants)
