"""Which orders are quiet after what was done with their cards, and whose feedback is joined when."""

import sqlite3
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from cds_service.records import writer
from cds_service.records.quiet import QuietOrders
from cds_service.records.sql.tables import FEEDBACK
from cds_service.records.store import RecordStore
from tests.unit.records.consultations import a_card, a_consultation
from tests.unit.records.keeping import Record
from tests.unit.records.test_feedback_in_sqlite import ACCEPTED, NOON, OVERRIDDEN
from tests.unit.records.test_writer import keep_feedback


def is_quiet(record: Record, key: str, *, after: timedelta = timedelta(hours=1)) -> bool:
    asked = QuietOrders(record.url)
    asked.among({0: [key]}, at=0)  # its connection is made at the first question
    at = (NOON + after).timestamp()
    deadline = time.monotonic() + 10
    while True:
        asked.skipped, asked._failed_at = 0, float("-inf")
        found = asked.among({0: [key]}, at=at)
        if not asked.skipped or time.monotonic() > deadline:
            break
    asked.close()
    return found == {0}


def test_an_order_whose_card_was_turned_down_is_quiet_for_a_day(record: Record) -> None:
    card = a_card()
    record.store.write([a_consultation(cards=(card,), state_key="0a" * 16)], ())
    keep_feedback(record, replace(OVERRIDDEN, card=card.uuid))

    assert is_quiet(record, "0a" * 16)
    assert is_quiet(record, "0a" * 16, after=timedelta(hours=23))
    assert not is_quiet(record, "0a" * 16, after=timedelta(hours=25))
    assert not is_quiet(record, "0b" * 16)


def test_an_order_that_was_taken_as_offered_is_quiet_and_the_one_before_is_not(record: Record) -> None:
    card = a_card()
    record.store.write([a_consultation(cards=(card,), state_key="0a" * 16)], ())
    keep_feedback(record, replace(ACCEPTED, card=card.uuid, accepted_suggestions=(card.suggestions[0].uuid,)))

    assert is_quiet(record, card.suggestions[0].taken_key)
    assert not is_quiet(record, "0a" * 16)


def test_feedback_that_is_joined_late_shortens_nothing(record: Record) -> None:
    late, card = a_card(), a_card()
    record.store.write([a_consultation(cards=(card,), state_key="0a" * 16)], ())
    keep_feedback(record, replace(OVERRIDDEN, card=late.uuid), at=NOON - timedelta(hours=12))
    keep_feedback(record, replace(OVERRIDDEN, card=card.uuid))

    record.store.write([a_consultation(cards=(late,), state_key="0a" * 16)], ())

    assert is_quiet(record, "0a" * 16, after=timedelta(hours=23))


def test_an_alert_that_was_turned_down_comes_again(record: Record) -> None:
    card = a_card(kind="alert")
    record.store.write([a_consultation(cards=(card,), state_key="0a" * 16)], ())
    keep_feedback(record, replace(OVERRIDDEN, card=card.uuid))

    assert not is_quiet(record, "0a" * 16)


def test_feedback_that_comes_before_its_consultation_is_joined_when_that_comes(record: Record) -> None:
    card = a_card()
    keep_feedback(record, replace(OVERRIDDEN, card=card.uuid), OVERRIDDEN)
    record.store.write([a_consultation(cards=(card,), state_key="0a" * 16)], ())

    assert is_quiet(record, "0a" * 16)
    with record.database.transaction() as connection:
        known = connection.execute(select(FEEDBACK.c.card, FEEDBACK.c.is_known)).all()
    assert {tuple(row) for row in known} == {(card.uuid, True), (OVERRIDDEN.card, False)}


def test_feedback_that_another_process_did_not_see_when_it_wrote_the_card_is_joined_later(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "SECONDS_BETWEEN_LOOKS", 0.05)
    card = a_card()
    keep_feedback(record, replace(OVERRIDDEN, card=card.uuid))
    other = RecordStore(record.database, hours_quiet=24)
    monkeypatch.setattr(other, "_match", lambda connection, uuids: set())
    other.write([a_consultation(cards=(card,), state_key="0a" * 16)], ())
    record.store._unjoined.add(card.uuid)  # it may have been looked for already

    record.wait_for(lambda: is_quiet(record, "0a" * 16))


def test_a_database_that_does_not_answer_in_time_holds_nothing_back(tmp_path: Path) -> None:
    file = tmp_path / "record.db"
    record = Record(f"sqlite:///{file}", tmp_path / "spool")
    record.database.open()
    asked = QuietOrders(record.url)
    asked.among({0: ["0a" * 16]}, at=0)
    with sqlite3.connect(file) as connection:
        connection.execute("DROP TABLE quiet")
    connection.close()

    assert asked.among({0: ["0a" * 16]}, at=0) == frozenset()
    assert asked.skipped == 1
    asked.close()


def test_a_file_that_was_replaced_is_the_one_that_is_asked(tmp_path: Path) -> None:
    record, other = (Record(f"sqlite:///{tmp_path}/{name}", tmp_path / "spool") for name in ("a.db", "b.db"))
    card = a_card()
    for each in (record, other):
        each.database.open()
    other.store.write([a_consultation(cards=(card,), state_key="0a" * 16)], ())
    keep_feedback(other, replace(OVERRIDDEN, card=card.uuid))
    other.recorder.close()
    asked, at = QuietOrders(record.url), (NOON + timedelta(hours=1)).timestamp()
    assert asked.among({0: ["0a" * 16]}, at=at) == frozenset()

    for ending in ("", "-wal", "-shm"):
        (tmp_path / f"a.db{ending}").unlink(missing_ok=True)
    (tmp_path / "b.db").rename(tmp_path / "a.db")

    assert asked.among({0: ["0a" * 16]}, at=at) == {0}
    assert asked.skipped == 0
    asked.close()
