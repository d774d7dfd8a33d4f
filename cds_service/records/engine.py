"""How the database is reached: one engine for SQLite and PostgreSQL, set so that what is committed stays."""

from pathlib import Path
from typing import Any, Final

import sqlalchemy
from sqlalchemy import URL, Connection, Engine, NullPool, event, make_url
from sqlalchemy.exc import ArgumentError

from cds_service.errors import SettingsError

SECONDS_FOR_A_LOCK: Final = 1
SECONDS_TO_CONNECT: Final = 2
"""The least that libpq knows: https://www.postgresql.org/docs/current/libpq-connect.html."""


def engine_from(database_url: str) -> Engine:
    """The engine for a database; nothing is opened yet.

    Raises SettingsError if the URL, or the driver that it needs, cannot be used.
    """
    try:
        url = make_url(database_url)
        return _sqlite(url) if url.get_backend_name() == "sqlite" else _postgresql(url)
    except (ArgumentError, ValueError):  # CAUTION: both quote what came, password included
        raise SettingsError(["CDS_DATABASE_URL: cannot be read; correct it (it is not shown here)"]) from None
    except ModuleNotFoundError:
        message = "CDS_DATABASE_URL: the driver is not installed; install cds-service[postgresql]"
        raise SettingsError([message]) from None


def make_folder_of(engine: Engine) -> None:
    """Make the folder of a SQLite file, readable by its owner alone because comments may name patients."""
    if engine.dialect.name == "sqlite":
        Path(engine.url.database or "").parent.mkdir(mode=0o700, parents=True, exist_ok=True)


def _sqlite(url: URL) -> Engine:
    engine = _engine(url, connect_args={"timeout": SECONDS_FOR_A_LOCK})
    event.listen(engine, "connect", _make_sqlite_durable)
    return engine


def _make_sqlite_durable(connection: Any, _record: object) -> None:
    """Write-ahead log, so that readers never wait, and a sync at every commit: https://sqlite.org/wal.html."""
    connection.execute("PRAGMA journal_mode=WAL").close()
    connection.execute("PRAGMA synchronous=FULL").close()


def _postgresql(url: URL) -> Engine:
    limits = {"connect_timeout": SECONDS_TO_CONNECT, "tcp_user_timeout": SECONDS_TO_CONNECT * 1000}
    engine = _engine(url.set(drivername="postgresql+psycopg"), connect_args=limits)
    event.listen(engine, "begin", _limit_statements)
    return engine


def _limit_statements(connection: Connection) -> None:
    """CAUTION: within the transaction; as an option of the connection PgBouncer would refuse it."""
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{SECONDS_FOR_A_LOCK}s'")


def _engine(url: URL, *, connect_args: dict[str, int]) -> Engine:
    return sqlalchemy.create_engine(
        url,
        # Feedback is rare. A connection for each write cannot outlive a fork, the file or the server, and
        # waits for a server that has gone silent only as long as for one that never spoke.
        poolclass=NullPool,
        connect_args=connect_args,
        hide_parameters=True,  # CAUTION: else what a clinician wrote stands in the text of an error
    )
