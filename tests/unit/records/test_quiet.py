"""The question whether a card was turned down: on connections that are kept, and given up in time."""

import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cds_service.records.quiet import QuietOrders
from cds_service.records.sql.database import Database
from tests.unit.records.postgresql import Server

KEY = "0a" * 16
FAR_AHEAD = 2**40


def made(url: str) -> None:
    database = Database(url)
    database.open()
    key = f"X'{KEY}'" if "sqlite" in url else f"'\\x{KEY}'"
    with database.transaction() as connection:
        connection.exec_driver_sql(f"INSERT INTO quiet (state_key, until) VALUES ({key}, {FAR_AHEAD})")
    database.close()


@pytest.fixture
def quiet(database_url: str) -> Iterator[QuietOrders]:
    """Of a database where the state of one order is quiet for ever; it has been asked once."""
    made(database_url)
    quiet = QuietOrders(database_url)
    ask_until_answered(quiet)
    yield quiet
    quiet.close()


def ask_until_answered(quiet: QuietOrders) -> None:
    """The first question to a server is not waited for, and on a busy machine one may be given up."""
    deadline = time.monotonic() + 30
    while quiet.among({0: [KEY]}, at=0) != {0} and time.monotonic() < deadline:
        quiet._failed_at = float("-inf")
        time.sleep(0.01)
    quiet.skipped = 0


def test_an_order_is_quiet_by_any_of_its_keys(quiet: QuietOrders) -> None:
    asked = {0: ["0b" * 16, KEY], 1: ["0b" * 16], 2: []}

    assert quiet.among(asked, at=0) == {0}
    assert quiet.among(asked, at=FAR_AHEAD) == frozenset()


def test_one_connection_answers_one_caller_after_the_other(quiet: QuietOrders) -> None:
    assert quiet._mine is not None
    [(connection, _)] = quiet._mine._kept
    for _ in range(20):
        quiet.among({0: [KEY]}, at=0)

    assert [kept for kept, _ in quiet._mine._kept] == [connection]


def test_what_is_closed_can_be_asked_again(quiet: QuietOrders) -> None:
    quiet.close()
    ask_until_answered(quiet)

    assert quiet.among({0: [KEY]}, at=0) == {0}


@pytest.mark.integration
def test_a_server_that_hangs_is_given_up_and_asked_again_when_it_answers(server: Server) -> None:
    with server.database("quiet") as url:
        made(url)
        quiet = QuietOrders(url)
        ask_until_answered(quiet)
        [[process]] = server.run("SELECT pid FROM pg_stat_activity WHERE datname = 'quiet'")
        os.kill(int(str(process)), signal.SIGSTOP)
        try:
            given_up = quiet.among({0: [KEY]}, at=0)
            not_asked = quiet.among({0: [KEY]}, at=0)
        finally:
            os.kill(int(str(process)), signal.SIGCONT)

        assert (given_up, not_asked, quiet.skipped) == (frozenset(), frozenset(), 2)
        ask_until_answered(quiet)
        assert quiet.among({0: [KEY]}, at=0) == {0}
        quiet.close()


def test_a_file_that_is_locked_is_not_waited_for(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/record.db"
    made(url)
    quiet = QuietOrders(url)
    ask_until_answered(quiet)
    with sqlite3.connect(tmp_path / "record.db", isolation_level=None) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        quiet.close()
        other.execute("BEGIN EXCLUSIVE")
        assert quiet.among({0: [KEY]}, at=0) == frozenset()
    other.close()

    assert quiet.skipped == 1
    quiet.close()
