"""The record is written by one thread for many callers, and nothing is lost while the database fails."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from cds_service.errors import Unavailable
from cds_service.records import writer
from cds_service.records.consultation import Consultation
from cds_service.records.spool import ASIDE, Spool
from cds_service.records.sql.tables import CARDS, CONSULTATIONS, FEEDBACK
from tests.unit.records.consultations import a_card, a_consultation
from tests.unit.records.keeping import Record
from tests.unit.records.test_feedback_in_sqlite import ACCEPTED, NOON, OVERRIDDEN, SERVICE


def keep_feedback(record: Record, *items: Any, at: datetime = NOON) -> None:
    record.recorder.keep_feedback(SERVICE, items, client="north", received_at=at)


def test_what_is_kept_is_in_the_record_soon_and_no_longer_in_the_spool(record: Record) -> None:
    kept = a_consultation(cards=(a_card(), a_card()))
    record.recorder.keep([kept, a_consultation(cards=())])

    record.wait_for_rows(2)
    record.wait_for(lambda: record.recorder.state().spooled_bytes == 0)
    assert record.count(CARDS) == 2
    with record.database.transaction() as connection:
        row = connection.execute(select(CONSULTATIONS).where(CONSULTATIONS.c.id == kept.id)).one()
    fields = [name for name in Consultation.__struct_fields__ if name != "cards"]
    expected = [getattr(kept, name) for name in fields]
    assert [getattr(row, name) for name in fields] == [
        list(value) if isinstance(value, tuple) else value for value in expected
    ]


def test_what_many_threads_keep_at_once_is_there_once_each(record: Record) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: record.recorder.keep([a_consultation()]), range(200)))

    record.wait_for_rows(200)


def test_what_is_written_twice_is_there_once(record: Record) -> None:
    kept = a_consultation()
    record.store.write([kept], ())
    record.store.write([kept, kept], ())

    assert (record.count(CONSULTATIONS), record.count(CARDS)) == (1, 1)


def test_feedback_is_kept_when_the_call_returns(record: Record) -> None:
    keep_feedback(record, OVERRIDDEN, ACCEPTED)

    assert record.count(FEEDBACK) == 2


def test_an_empty_batch_of_feedback_touches_nothing(tmp_path: Path) -> None:
    record = Record(f"sqlite:///{tmp_path}/var/record.db", tmp_path / "spool")
    keep_feedback(record)
    record.recorder.close()

    assert not (tmp_path / "var").exists()


def test_what_is_told_to_stop_writes_what_waits(record: Record) -> None:
    record.recorder.keep([a_consultation() for _ in range(50)])
    record.recorder.close()

    assert record.count(CONSULTATIONS) == 50
    assert list(record.folder.glob("*.spool")) == []


def broken(record: Record) -> None:
    """The table is away, as in a database that was replaced by another one."""
    with record.database.transaction() as connection:
        connection.execute(text("ALTER TABLE consultations RENAME TO away"))


def mended(record: Record) -> None:
    with record.database._engine.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO consultations"))


@pytest.mark.parametrize("kept_before", [0, 3])
def test_while_the_database_fails_advice_is_kept_and_feedback_refused(
    record: Record, kept_before: int
) -> None:
    for _ in range(kept_before):
        record.recorder.keep([a_consultation()])
    record.wait_for_rows(kept_before)
    broken(record)

    record.recorder.keep([a_consultation(), a_consultation()])
    record.wait_for(lambda: record.recorder.state().is_failing)
    with pytest.raises(Unavailable):
        record.recorder.keep_feedback(SERVICE, [OVERRIDDEN], client="", received_at=NOON)
    assert record.recorder.state().spooled_bytes > 0

    mended(record)
    record.wait_for_rows(kept_before + 2)
    record.wait_for(lambda: not record.recorder.state().is_failing)
    keep_feedback(record, OVERRIDDEN)
    assert record.count(FEEDBACK) == 1


def test_while_it_fails_callers_with_feedback_are_told_at_once_but_for_one(record: Record) -> None:
    broken(record)
    record.recorder.keep([a_consultation()])
    record.wait_for(lambda: record.recorder.state().is_failing)

    def refused(_: int) -> bool:
        with pytest.raises(Unavailable):
            keep_feedback(record, OVERRIDDEN)
        return True

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(refused, range(16)))


def test_what_a_process_left_is_taken_over_once(record: Record) -> None:
    left = Spool(record.folder)
    left.append(writer._ENCODER.encode((a_consultation(), a_consultation())))
    left.close()
    record.recorder.keep([a_consultation()])

    record.wait_for_rows(3)
    record.wait_for(lambda: record.recorder.state().counts.taken_over == 2)


def test_a_row_that_the_database_refuses_is_set_aside_and_holds_back_no_other(record: Record) -> None:
    refused = a_consultation(at=2**80)
    record.recorder.keep([a_consultation(), refused, a_consultation()])

    record.wait_for_rows(2)
    record.wait_for(lambda: record.recorder.state().counts.refused == 1)
    assert refused.id in (record.folder / ASIDE).read_text()
    assert (record.folder / ASIDE).stat().st_mode & 0o777 == 0o600


def test_a_line_of_another_version_is_set_aside_and_holds_back_no_other(record: Record) -> None:
    left = Spool(record.folder)
    left.append(b'[{"of": "another version"}]')
    left.append(writer._ENCODER.encode((a_consultation(),)))
    left.close()
    record.recorder.keep([a_consultation()])

    record.wait_for_rows(2)
    assert "another version" in (record.folder / ASIDE).read_text()


def test_what_is_refused_is_set_aside_once_however_long_the_database_is_away(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "SECONDS_AFTER_A_FAILURE", 0.05)
    tries: list[int] = []
    write = record.store.write

    def away(consultations: Any, feedback: Any) -> None:
        tries.append(len(consultations))
        if len(tries) < 5:
            raise Unavailable("away")
        write(consultations, feedback)

    monkeypatch.setattr(record.store, "write", away)
    left = Spool(record.folder)
    left.append(b'[{"of": "another version"}]')
    left.append(writer._ENCODER.encode((a_consultation(),)))
    left.close()
    record.recorder.begin()

    record.wait_for_rows(1)
    record.wait_for(lambda: record.recorder.state().counts.refused > 0)
    assert record.recorder.state().counts.refused == 1
    assert (record.folder / ASIDE).read_text().count("another version") == 1


def test_a_spool_that_cannot_be_written_costs_rows_and_no_answer(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "spool").write_text("a file where the folder should be")
    record = Record(database_url, tmp_path / "spool")
    record.recorder.keep([a_consultation(), a_consultation()])

    assert record.recorder.state().counts.lost == 2
    assert "2 rows lost" in caplog.text


def test_that_the_spool_takes_rows_again_is_noticed_without_a_call(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "SECONDS_BETWEEN_LOOKS", 0.05)
    record.folder.write_text("a file where the folder should be")
    record.recorder.begin()
    record.recorder.keep([a_consultation()])
    assert record.recorder.state().is_losing

    record.folder.unlink()
    record.wait_for(lambda: not record.recorder.state().is_losing)
    assert record.recorder.state().counts.lost == 1
    assert record.count(CONSULTATIONS) == 0


def test_whatever_the_thread_meets_it_goes_on(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    record.recorder.keep([a_consultation()])
    record.wait_for_rows(1)

    with monkeypatch.context() as broken:
        broken.setattr(record.recorder._spool, "pending", lambda length: 1 / 0)
        record.recorder.keep([a_consultation()])
        record.wait_for(lambda: record.recorder.state().is_failing)
        with pytest.raises(Unavailable):
            keep_feedback(record, OVERRIDDEN)

    record.wait_for_rows(2)
    keep_feedback(record, OVERRIDDEN)
    assert not record.recorder.state().is_failing


def test_that_the_database_answers_again_is_noticed_without_a_call(record: Record) -> None:
    broken(record)
    with pytest.raises(Unavailable):
        keep_feedback(record, ACCEPTED)
    assert record.recorder.state().is_failing

    mended(record)
    record.wait_for(lambda: not record.recorder.state().is_failing)


def test_what_a_process_left_is_taken_over_without_a_call_and_after_an_outage(record: Record) -> None:
    left = Spool(record.folder)
    left.append(writer._ENCODER.encode((a_consultation(), a_consultation())))
    left.close()
    broken(record)
    record.recorder.begin()
    record.wait_for(lambda: record.recorder.state().is_failing)

    mended(record)
    record.wait_for_rows(2)


def test_a_file_that_cannot_be_opened_holds_back_nothing(
    record: Record, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(writer, "SECONDS_BETWEEN_LOOKS", 0.05)
    of_another_user = record.folder / "0-of-another-user.spool"
    of_another_user.mkdir(parents=True)
    left = Spool(record.folder)
    left.append(writer._ENCODER.encode((a_consultation(),)))
    left.close()
    record.recorder.begin()

    record.wait_for_rows(1)
    keep_feedback(record, OVERRIDDEN)
    assert not record.recorder.state().is_failing
    assert "0-of-another-user.spool cannot be taken over" in caplog.text
    record.wait_for(lambda: record.recorder.state().stranded_files == 1)
    of_another_user.rmdir()
    record.wait_for(lambda: record.recorder.state().stranded_files == 0)


def test_feedback_does_not_wait_for_a_long_spool(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MOST_BYTES_READ", 1)
    left = Spool(record.folder)
    for _ in range(2000):
        left.append(writer._ENCODER.encode((a_consultation(),)))
    left.close()
    record.recorder._bytes_at_once = 1
    record.recorder.begin()
    record.wait_for(lambda: record.recorder.state().counts.taken_over > 0)

    keep_feedback(record, OVERRIDDEN)

    assert record.count(CONSULTATIONS) < 2000


def test_after_each_failure_half_as_much_is_tried(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    write = record.store.write

    def slow(consultations: Any, feedback: Any) -> None:
        sizes.append(len(consultations))
        if len(consultations) > 10:
            raise Unavailable("too much for one second")
        write(consultations, feedback)

    monkeypatch.setattr(record.store, "write", slow)
    monkeypatch.setattr(writer, "SECONDS_AFTER_A_FAILURE", 0)
    with monkeypatch.context() as together:
        together.setattr(record.recorder, "begin", lambda: None)
        for _ in range(100):
            record.recorder.keep([a_consultation()])
    record.recorder.begin()

    record.wait_for_rows(100)
    assert sizes[0] == 100
    assert max(size for size in sizes if size <= 10) > 1
