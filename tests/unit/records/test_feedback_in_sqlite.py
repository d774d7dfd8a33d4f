"""The record of feedback in a SQLite file, and what the record promises whatever the database is."""

import logging
import multiprocessing
import os
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from socket import create_server

import pytest

from cds_service.cds_hooks.feedback import FeedbackItem, OverrideReason
from cds_service.errors import SettingsError, Unavailable
from tests.unit.records.keeping import FeedbackKeeper

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SERVICE = "hemoptysis-imaging-order-select"
OVERRIDDEN = FeedbackItem(
    card="4e0a3a1e-3283-4575-ab82-028d55fe2719",
    outcome="overridden",
    outcome_timestamp=NOON - timedelta(seconds=29, milliseconds=500),
    override_reason=OverrideReason("other", "https://example.org/reasons", "Other", "Jane Doe said no – ☹"),
)
ACCEPTED = FeedbackItem(
    card="f6b95768-b1c8-40dc-8385-bf3504b82ffb",
    outcome="accepted",
    outcome_timestamp=NOON,
    accepted_suggestions=("e56e1945-20b3-4393-8503-a1a20fd73152", "another"),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "var" / "cds-service.db"


@pytest.fixture
def store(file: Path) -> Iterator[FeedbackKeeper]:
    store = FeedbackKeeper(f"sqlite:///{file}")
    yield store
    store.close()


def keep_once(url: str) -> None:
    """What each of several processes does that start at the same time.

    On a busy machine the tables of one may take longer than another waits for them: that one tries again, as
    a client does that was told so.
    """
    service = f"{SERVICE}-{os.getpid()}"
    store = FeedbackKeeper(url)
    last_try = time.monotonic() + 60
    while True:
        try:
            store.open()
            store.keep(service, [OVERRIDDEN], received_at=NOON)
        except Unavailable:
            if time.monotonic() > last_try:
                raise
            time.sleep(0.2)
        else:
            break
    store.close()


def seconds_until_each_is_refused(store: FeedbackKeeper, *, callers: int = 6) -> list[float]:
    """How long each of several callers at the same moment waits to be told that the record is unavailable."""

    def refused(_: int) -> float:
        started = time.monotonic()
        with pytest.raises(Unavailable):
            store.keep(SERVICE, [OVERRIDDEN], received_at=NOON)
        return time.monotonic() - started

    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(refused, range(callers)))


def test_what_is_kept_is_read_again_as_it_was(store: FeedbackKeeper) -> None:
    store.keep(SERVICE, [OVERRIDDEN, ACCEPTED], received_at=NOON)

    kept = store.all()

    assert [entry.item for entry in kept] == [OVERRIDDEN, ACCEPTED]
    assert {(entry.service_id, entry.received_at) for entry in kept} == {(SERVICE, NOON)}


def test_the_same_feedback_sent_twice_is_kept_once(store: FeedbackKeeper) -> None:
    store.keep(SERVICE, [OVERRIDDEN], received_at=NOON)
    store.keep(SERVICE, [OVERRIDDEN, ACCEPTED, ACCEPTED], received_at=NOON + timedelta(minutes=1))

    assert [entry.item for entry in store.all()] == [OVERRIDDEN, ACCEPTED]


@pytest.mark.parametrize("member", ["card", "outcome", "outcome_timestamp", "override_reason"])
def test_feedback_that_differs_in_anything_is_other_feedback(store: FeedbackKeeper, member: str) -> None:
    other = replace(OVERRIDDEN, **{member: getattr(ACCEPTED, member)})
    store.keep(SERVICE, [OVERRIDDEN, other], received_at=NOON)

    assert len(store.all()) == 2


def test_instants_of_any_offset_are_kept_in_utc(store: FeedbackKeeper) -> None:
    in_india = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))

    store.keep(SERVICE, [ACCEPTED], received_at=in_india)

    (kept,) = store.all()
    assert kept.received_at == NOON
    assert kept.received_at.utcoffset() == timedelta(0)


def test_the_folder_of_the_file_is_made_for_its_owner_alone(store: FeedbackKeeper, file: Path) -> None:
    store.open()

    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_another_process_sees_what_was_kept(store: FeedbackKeeper, file: Path) -> None:
    store.keep(SERVICE, [OVERRIDDEN], received_at=NOON)
    count = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone())"
    arguments = [sys.executable, "-c", count, str(file), "select count(*) from feedback"]

    seen = subprocess.run(arguments, capture_output=True, text=True, check=True)

    assert seen.stdout == "(1,)\n"


def test_every_commit_is_synced_to_the_disk_and_readers_do_not_wait(
    store: FeedbackKeeper, file: Path
) -> None:
    store.open()

    with store.engine.connect() as connection:
        synchronous = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
        journal = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()

    assert (synchronous, journal) == (2, "wal")


def test_processes_that_start_at_the_same_moment_all_keep_theirs(file: Path) -> None:
    url = f"sqlite:///{file}"
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=keep_once, args=(url,)) for _ in range(6)]

    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert [worker.exitcode for worker in workers] == [0] * 6
    assert len(FeedbackKeeper(url).all()) == 6


def test_threads_of_one_process_all_keep_theirs(store: FeedbackKeeper) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: store.keep(f"{SERVICE}-{n}", [ACCEPTED], received_at=NOON), range(40)))

    assert len(store.all()) == 40


def test_a_batch_is_kept_whole_or_not_at_all(store: FeedbackKeeper, file: Path) -> None:
    store.open()
    with sqlite3.connect(file) as connection:
        connection.execute(
            "create trigger refuse before insert on feedback when new.outcome = 'accepted' "
            "begin select raise(abort, 'no'); end"
        )
    connection.close()

    with pytest.raises(Exception, match="no"):
        store.keep(SERVICE, [OVERRIDDEN, ACCEPTED], received_at=NOON)

    assert store.all() == []


def test_a_folder_that_cannot_be_written_makes_the_record_unavailable(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file where the folder should be")

    with pytest.raises(Unavailable):
        FeedbackKeeper(f"sqlite:///{tmp_path}/var/cds-service.db").open()


def test_a_database_that_no_one_listens_for_makes_the_record_unavailable() -> None:
    store = FeedbackKeeper("postgresql://cds@127.0.0.1:1/cds")

    with pytest.raises(Unavailable) as raised:
        store.keep(SERVICE, [OVERRIDDEN], received_at=NOON)

    assert raised.value.status == 503


@pytest.mark.parametrize("was_used_before", [True, False])
def test_no_caller_waits_long_for_a_locked_file(
    store: FeedbackKeeper, file: Path, was_used_before: bool
) -> None:
    FeedbackKeeper(f"sqlite:///{file}").open()
    if was_used_before:
        store.open()
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("PRAGMA locking_mode=EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")

    waits = seconds_until_each_is_refused(store)
    other.close()

    assert max(waits) < 2.5
    store.keep(SERVICE, [ACCEPTED], received_at=NOON)


def test_no_caller_waits_long_for_a_new_file_that_is_locked(store: FeedbackKeeper, file: Path) -> None:
    file.parent.mkdir()
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    waits = seconds_until_each_is_refused(store)
    other.close()

    assert max(waits) < 2.5


def test_no_caller_waits_long_for_a_server_that_says_nothing() -> None:
    with create_server(("127.0.0.1", 0)) as silent:
        store = FeedbackKeeper(f"postgresql://cds@127.0.0.1:{silent.getsockname()[1]}/cds")

        waits = seconds_until_each_is_refused(store)

    assert max(waits) < 3


def test_the_record_recovers_when_its_file_was_taken_away(store: FeedbackKeeper, file: Path) -> None:
    store.keep(SERVICE, [OVERRIDDEN], received_at=NOON)
    for left in file.parent.iterdir():
        left.unlink()

    with pytest.raises(Unavailable):
        store.keep(SERVICE, [OVERRIDDEN], received_at=NOON)
    store.keep(SERVICE, [ACCEPTED], received_at=NOON)

    assert [entry.item for entry in store.all()] == [ACCEPTED]


def test_what_a_clinician_wrote_is_in_no_log_and_in_no_error(
    store: FeedbackKeeper, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    store.keep(SERVICE, [OVERRIDDEN], received_at=NOON)
    with sqlite3.connect(file) as connection:
        connection.execute("drop table feedback")
    connection.close()

    with pytest.raises(Unavailable) as raised:
        store.keep(SERVICE, [OVERRIDDEN], received_at=NOON)

    assert "Jane Doe" not in caplog.text
    assert "Jane Doe" not in f"{raised.value} {raised.value.__cause__}"


@pytest.mark.parametrize("url", ["postgresql://u:hunter2@db:x/cds", "hunter2"])
def test_a_url_that_cannot_be_read_is_a_fault_of_the_settings_that_does_not_show_it(url: str) -> None:
    with pytest.raises(SettingsError) as raised:
        FeedbackKeeper(url)

    assert "CDS_DATABASE_URL" in raised.value.message
    assert "hunter2" not in raised.value.message


def test_a_missing_driver_is_a_fault_of_the_settings_that_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(SettingsError, match=r"cds-service\[postgresql\]"):
        FeedbackKeeper("postgresql://db/cds")
