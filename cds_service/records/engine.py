"""How the database is reached: engines for SQLite and PostgreSQL, and how their tables come to be."""

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import sqlalchemy
from sqlalchemy import URL, Connection, Engine, MetaData, NullPool, Pool, QueuePool, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from cds_service.errors import SettingsError

SECONDS_FOR_A_LOCK: Final = 1
SECONDS_TO_CONNECT: Final = 2
"""The least that libpq knows: https://www.postgresql.org/docs/current/libpq-connect.html."""

CONNECTIONS_KEPT: Final = 8
"""As many as a process has threads that answer."""

SECONDS_BETWEEN_ATTEMPTS: Final = 0.05
ALREADY_EXISTS: Final = frozenset({"42P07", "42710", "23505"})
"""What PostgreSQL says of a table, an object or a row of its catalog that another process has just made."""


def engine_from(database_url: str) -> Engine:
    """The engine of the record, set so that what is committed stays; nothing is opened yet.

    A connection for each use cannot outlive a fork, the file or the server, and waits for a server that has
    gone silent only as long as for one that never spoke. Raises SettingsError if the URL, or the driver that
    it needs, cannot be used.
    """
    return _engine_of(database_url, _sqlite, NullPool)


def seen_tokens_engine_from(database_url: str) -> Engine:
    """The engine of the store of seen tokens, to be used by one process; raises as `engine_from` does.

    Every request writes to it: connections are kept, and SQLite has a file of its own beside the record,
    which is not synced at every commit. What the machine forgets in a crash is seconds old.
    """
    return _engine_of(database_url, _sqlite_of_tokens, QueuePool)


def _engine_of(database_url: str, sqlite: Callable[[URL], Engine], pool: type[Pool]) -> Engine:
    try:
        url = make_url(database_url)
        return sqlite(url) if url.get_backend_name() == "sqlite" else _postgresql(url, pool)
    except (ArgumentError, ValueError):  # CAUTION: both quote what came, password included
        raise SettingsError(["CDS_DATABASE_URL: cannot be read; correct it (it is not shown here)"]) from None
    except ModuleNotFoundError:
        message = "CDS_DATABASE_URL: the driver is not installed; install cds-service[postgresql]"
        raise SettingsError([message]) from None


def make_folder_of(engine: Engine) -> None:
    """Make the folder of a SQLite file, readable by its owner alone because comments may name patients."""
    if engine.dialect.name == "sqlite":
        Path(engine.url.database or "").parent.mkdir(mode=0o700, parents=True, exist_ok=True)


def create_schema(engine: Engine, metadata: MetaData, *, until: float) -> None:
    """Create the tables, also when other processes do the same at the same moment: a loser looks again."""
    make_folder_of(engine)
    while True:
        try:
            return metadata.create_all(engine)
        except DBAPIError as error:
            if not _lost_a_race(error) or time.monotonic() > until:
                raise
            time.sleep(SECONDS_BETWEEN_ATTEMPTS)


def _lost_a_race(error: DBAPIError) -> bool:
    """Another process made the same thing; SQLite says so in words alone."""
    if isinstance(error.orig, sqlite3.Error):
        return "already exists" in str(error.orig)
    return getattr(error.orig, "sqlstate", None) in ALREADY_EXISTS


def _sqlite(url: URL) -> Engine:
    engine = _engine(url, NullPool, connect_args={"timeout": SECONDS_FOR_A_LOCK})
    event.listen(engine, "connect", _make_sqlite_durable)
    return engine


def _sqlite_of_tokens(url: URL) -> Engine:
    record = Path(url.database or "")
    file = record.with_name(f"{record.stem}-tokens{record.suffix}")
    engine = _engine(url.set(database=str(file)), QueuePool, connect_args={"timeout": SECONDS_FOR_A_LOCK})
    event.listen(engine, "do_connect", _make_private)
    event.listen(engine, "connect", _make_sqlite_quick)
    return engine


def _make_private(_dialect: object, _record: object, arguments: list[Any], _options: object) -> None:
    """A file that is made is its owner's alone."""
    os.close(os.open(arguments[0], os.O_CREAT | os.O_RDWR, 0o600))


def _make_sqlite_durable(connection: Any, _record: object) -> None:
    """Write-ahead log, so that readers never wait, and a sync at every commit: https://sqlite.org/wal.html."""
    connection.execute("PRAGMA journal_mode=WAL").close()
    connection.execute("PRAGMA synchronous=FULL").close()


def _make_sqlite_quick(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA journal_mode=WAL").close()
    connection.execute("PRAGMA synchronous=NORMAL").close()


def _postgresql(url: URL, pool: type[Pool]) -> Engine:
    limits = {"connect_timeout": SECONDS_TO_CONNECT, "tcp_user_timeout": SECONDS_TO_CONNECT * 1000}
    engine = _engine(url.set(drivername="postgresql+psycopg"), pool, connect_args=limits)
    event.listen(engine, "begin", _limit_statements)
    return engine


def _limit_statements(connection: Connection) -> None:
    """CAUTION: within the transaction; as an option of the connection PgBouncer would refuse it."""
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{SECONDS_FOR_A_LOCK}s'")


def _engine(url: URL, pool: type[Pool], *, connect_args: dict[str, int]) -> Engine:
    kept = {"pool_size": CONNECTIONS_KEPT, "pool_timeout": SECONDS_FOR_A_LOCK} if pool is QueuePool else {}
    return sqlalchemy.create_engine(
        url,
        poolclass=pool,
        connect_args=connect_args,
        hide_parameters=True,  # CAUTION: else what a clinician wrote stands in the text of an error
        **kept,
    )
