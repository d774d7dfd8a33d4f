"""A server of PostgreSQL that hangs in the midst of a statement, and the table of faults by itself."""

import os
import signal
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError, OperationalError

from cds_service.records.sql import faults
from cds_service.records.sql.engine import engine_from
from cds_service.records.sql.faults import DatabaseFault, OnceAMinute, fault_of, is_of_the_database, warn_of
from tests.unit.records.postgresql import Server


@pytest.mark.integration
def test_a_server_that_hangs_holds_no_caller(server: Server) -> None:
    engine = engine_from(server.url)
    connection = engine.connect()
    process = int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
    os.kill(process, signal.SIGSTOP)
    try:
        with pytest.raises(DBAPIError) as gave_up:
            connection.exec_driver_sql("SELECT 1")
        connection.close()  # which would wait for the server too
    finally:
        os.kill(process, signal.SIGCONT)

    assert fault_of(gave_up.value) == DatabaseFault.UNREACHABLE
    assert gave_up.value.connection_invalidated


def refused_with(sqlstate: str | None, text: str = "") -> DBAPIError:
    error: Any = Exception(text)
    error.sqlstate = sqlstate
    return DBAPIError("INSERT", {}, error)


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (refused_with("53100"), "disk full"),
        (refused_with("53200"), "not ready"),
        (refused_with("57P03"), "not ready"),
        (refused_with("25006"), "read-only"),
        (refused_with("42501"), "permission"),
        (refused_with("57014"), "locked"),
        (refused_with("40P01"), "locked"),
        (refused_with("58030"), "disk error"),
        (refused_with("08006"), "unreachable"),
        (refused_with("22021", "time"), "unknown"),  # what a driver gives a code is not judged by its words
        (refused_with(None, "server closed the connection unexpectedly"), "unreachable"),
        (refused_with(None, "FATAL:  the database system is starting up"), "not ready"),
        (refused_with(None, "FATAL:  sorry, too many clients already"), "not ready"),
        (refused_with(None, "FATAL:  was auch immer"), "unknown"),
        (TimeoutError(), "locked"),
        (OSError(28, "No space left on device"), "disk full"),
        (OSError(30, "Read-only file system"), "read-only"),
        (ValueError("time"), "unknown"),
    ],
)
def test_what_a_driver_or_the_system_reports_has_its_kind(error: Exception, fault: str) -> None:
    assert fault_of(error) == fault


def test_a_row_that_is_too_large_for_an_index_is_no_failure_of_the_database() -> None:
    assert is_of_the_database(OperationalError("INSERT", {}, refused_with("53100").orig or Exception()))
    assert not is_of_the_database(OperationalError("INSERT", {}, refused_with("54000").orig or Exception()))


def test_a_database_that_fails_is_said_once_a_minute_for_each_kind(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(faults, "OnceAMinute", lambda: OnceAMinute(lambda: now[0]))
    monkeypatch.setattr(faults, "_due", {})

    for second in range(0, 121, 10):
        now[0] = 1000.0 + second
        warn_of("record", OSError(28, "Jane Doe"))
    warn_of("record", OSError(30, "Jane Doe"))

    said = [record.getMessage() for record in caplog.records]
    assert said == ["record failed: disk full"] * 3 + ["record failed: read-only"]
