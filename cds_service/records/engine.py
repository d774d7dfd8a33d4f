"""How the database is reached: one engine for SQLite and PostgreSQL, set so that what is committed stays."""

from pathlib import Path
from typing import Any, Final

import sqlalchemy
from sqlalchemy import URL, Engine, NullPool, event, make_url
from sqlalchemy.exc import ArgumentError

from cds_service.errors import SettingsError

SECONDS_TO_WAIT: Final = 5


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
    engine = sqlalchemy.create_engine(
        url,
        # A connection for each write costs less than a millisecond; none can outlive a fork or the file.
        poolclass=NullPool,
        connect_args={"timeout": SECONDS_TO_WAIT},
        hide_parameters=True,  # CAUTION: else what a clinician wrote stands in the text of an error
    )
    event.listen(engine, "connect", _make_sqlite_durable)
    return engine


def _make_sqlite_durable(connection: Any, _record: object) -> None:
    """Write-ahead log, so that readers never wait, and a sync at every commit: https://sqlite.org/wal.html."""
    connection.execute("PRAGMA journal_mode=WAL").close()
    connection.execute("PRAGMA synchronous=FULL").close()


def _postgresql(url: URL) -> Engine:
    return sqlalchemy.create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        pool_timeout=SECONDS_TO_WAIT,
        connect_args={"connect_timeout": SECONDS_TO_WAIT},
        hide_parameters=True,  # CAUTION: as above
    )
