"""The commands that ask the record and tend it."""

import json
import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cds_service.knowledge.load import load_knowledge
from cds_service.records.report.report import Question, report_on
from cds_service.records.report.scope import Scope
from tests.unit.cli.command import Command
from tests.unit.records.report.generator import END, fill

PERIOD = ("--since", "2026-10-01", "--until", "2026-11-29")


@pytest.fixture
def record(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    fill(f"sqlite:///{tmp_path}/record.db", 600).dispose()
    monkeypatch.setenv("CDS_DATABASE_URL", f"sqlite:///{tmp_path}/record.db")
    monkeypatch.setenv("CDS_TIME_ZONE", "UTC")
    return tmp_path / "record.db"


def one_of(record: Path, sql: str) -> str:
    with sqlite3.connect(record) as file:
        (found,) = file.execute(sql).fetchone()
    file.close()
    return str(found)


def test_report_prints_every_figure_with_its_interval(cds_service: Command, record: Path) -> None:
    cds_service("report", *PERIOD, "--compare-since", "2026-08-10")

    assert cds_service.code == 0, cds_service.err
    for title in ("Orders by category", "Answers to cards", "Why cards were overridden", "Two periods"):
        assert title in cds_service.out
    assert "% (" in cds_service.out


def test_report_as_json_is_what_was_counted(cds_service: Command, record: Path) -> None:
    cds_service("report", *PERIOD, "--client", "north", "--json")

    printed = json.loads(cds_service.out)
    scope = Scope(
        since=datetime(2026, 10, 1, tzinfo=UTC),
        until=datetime(2026, 11, 30, tzinfo=UTC),
        now=datetime.fromisoformat(printed["figures"]["scope"]["now"]),
        client="north",
    )
    counted = report_on(os.environ["CDS_DATABASE_URL"], Question(scope), load_knowledge()).figures
    assert printed["figures"]["orders"]["total"] == counted.orders.total > 0
    assert printed["figures"]["orders"]["categories"][0]["low"] == counted.orders.categories[0].low


def test_report_as_a_page_is_one_file(cds_service: Command, record: Path, tmp_path: Path) -> None:
    cds_service("report", *PERIOD, "--html", "out.html")

    assert (cds_service.code, cds_service.out) == (0, "")
    assert "<svg" in (tmp_path / "out.html").read_text()


@pytest.mark.parametrize(
    "command",
    [
        ("report", *PERIOD, "--html", "file/out"),
        ("report", *PERIOD, "--html=file/out"),
        ("export", "--csv", "file/out"),
        ("export", "--parquet", "file/out"),
        ("replay", "example", "file/out"),
        ("replay", "run", "exported", "--out", "file/out", "--quiet"),
        ("replay", "report", "replayed", "--html", "file/out"),
    ],
)
def test_what_cannot_be_written_where_a_person_says_is_one_plain_message(
    cds_service: Command, record: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "file").touch()
    if "exported" in command or "replayed" in command:
        cds_service("replay", "example", "exported", "--patients", "5")
    if "replayed" in command:
        cds_service("replay", "exported", "--out", "replayed", "--workers", "1", "--quiet")

    cds_service(*command)

    said = "cds-service: file/out cannot be used (Not a directory); name another\n"
    assert (cds_service.code, cds_service.err) == (2, said)


def test_what_cannot_be_meant_is_one_plain_message(cds_service: Command, record: Path) -> None:
    cds_service("report", "--since", "soon")

    assert (cds_service.code, cds_service.err.count("\n")) == (2, 1)
    assert "since: expected a day" in cds_service.err


def test_a_record_that_is_not_there_is_said(cds_service: Command) -> None:
    cds_service("report")

    assert cds_service.code == 2
    assert "there is no such file" in cds_service.err
    assert not Path("var").exists()


def test_consult_shows_a_consultation_and_no_comment(cds_service: Command, record: Path) -> None:
    card = one_of(record, "SELECT card FROM feedback JOIN cards ON uuid = card WHERE user_comment != ''")

    cds_service("consult", card)
    assert cds_service.code == 0
    assert f"Card {card}" in cds_service.out
    assert "(11 characters)" in cds_service.out
    assert "please read" not in cds_service.out

    cds_service("consult", card, "--comments")
    assert "please read" in cds_service.out

    cds_service("consult", card, "--json")
    assert json.loads(cds_service.out)[0]["cards"][0]["uuid"] == card
    assert "please read" not in cds_service.out


def test_no_character_of_the_record_commands_the_terminal(cds_service: Command, record: Path) -> None:
    with sqlite3.connect(record) as file:
        file.execute("UPDATE consultations SET client = 'a\x1b[2Jb' WHERE rowid = 1")
    file.close()

    cds_service("consult", one_of(record, "SELECT id FROM consultations WHERE rowid = 1"))

    assert "\x1b" not in cds_service.out


def test_an_id_that_is_not_in_the_record_is_said(cds_service: Command, record: Path) -> None:
    cds_service("consult", "nothing")

    assert (cds_service.code, cds_service.err) == (1, "Not in the record.\n")


def test_export_names_its_files_and_takes_one_format(cds_service: Command, record: Path) -> None:
    cds_service("export", "--csv", "out")
    assert cds_service.code == 0
    assert (
        "consultations.csv: 600 rows" in cds_service.out or "consultations.csv: 601 rows" in cds_service.out
    )

    cds_service("export", "--csv", "a", "--parquet", "b")
    assert cds_service.code == 2
    assert "name one of" in cds_service.err


def test_purge_takes_days_and_keeps_four_hundred_of_them(cds_service: Command, record: Path) -> None:
    cds_service("records", "purge", "--dry-run")
    assert (
        "Would delete: 0 consultations, 0 cards, 0 items of feedback (older than 400 days)" in cds_service.out
    )

    cds_service("records", "purge", "--older-than", "two weeks")
    assert cds_service.code == 2

    before = one_of(record, "SELECT count(*) FROM consultations")
    days = (datetime.now(UTC) - END + timedelta(days=60)).days
    cds_service("records", "purge", "--older-than", f"{days}d")
    assert cds_service.code == 0
    assert 0 < int(one_of(record, "SELECT count(*) FROM consultations")) < int(before)


def test_verify_tells_by_its_exit_code(cds_service: Command, record: Path) -> None:
    with sqlite3.connect(record) as file:
        for table in ("consultations", "cards"):
            file.execute(f"UPDATE {table} SET at = at - 864000000")
        file.execute("UPDATE feedback SET received_at = '2026-08-01 00:00:00'")
    file.close()
    cds_service("records", "verify")
    assert (cds_service.code, "FAULT" in cds_service.out) == (0, False), cds_service.out

    with sqlite3.connect(record) as file:
        file.execute("DELETE FROM consultations WHERE id = (SELECT consultation_id FROM cards LIMIT 1)")
    file.close()
    cds_service("records", "verify")
    assert cds_service.code == 1
    assert "FAULT         1 cards without their consultation" in cds_service.out
