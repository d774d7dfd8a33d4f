"""How the record is read by a person's question: one view of all of it, which changes nothing."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import SQLAlchemyError

from cds_service.errors import SettingsError, Unavailable
from cds_service.records.sql.engine import reading_engine_from
from cds_service.records.sql.faults import is_of_the_database
from cds_service.records.sql.tables import CARDS, CONSULTATIONS, FEEDBACK

SECONDS_FOR_A_QUESTION: Final = 300
"""How long one query may take; the limit for queries on the way of a request is far shorter."""

_SNAPSHOT: Final = {
    "postgresql": (
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "SET TRANSACTION READ ONLY",
        f"SET LOCAL statement_timeout = '{SECONDS_FOR_A_QUESTION}s'",
    ),
    "sqlite": ("BEGIN",),
}
_CHANGE: Final = {
    "postgresql": (f"SET LOCAL statement_timeout = '{SECONDS_FOR_A_QUESTION}s'",),
    "sqlite": ("BEGIN IMMEDIATE",),
}


@contextmanager
def reading(database_url: str) -> Iterator[Connection]:
    """The record as it is at one moment, however long the questions take.

    Raises SettingsError where the URL cannot be used or holds no record, Unavailable where the database does
    not answer. An OSError of what is done meanwhile is none of the database, and passes.
    """
    engine = record_engine(database_url)
    try:
        with _answering():
            opened = engine.connect()
        with _answering((SQLAlchemyError,)), opened as connection:
            begin(connection, _SNAPSHOT)
            yield connection
    finally:
        engine.dispose()


@contextmanager
def changing(engine: Engine) -> Iterator[Connection]:
    """A transaction that changes the record, committed at the end; Unavailable as with `reading`."""
    with _answering(), engine.connect() as connection:
        begin(connection, _CHANGE)
        yield connection
        connection.commit()


def begin(connection: Connection, statements: Mapping[str, tuple[str, ...]]) -> None:
    """Say at the start of a transaction what it is for."""
    for statement in statements[connection.dialect.name]:
        connection.exec_driver_sql(statement)


def record_engine(database_url: str) -> Engine:
    """The engine of a record that is there; raises as `reading` does, and makes no file or table."""
    engine = reading_engine_from(database_url)
    if engine.dialect.name == "sqlite" and not Path(engine.url.database or "").is_file():
        raise SettingsError(["CDS_DATABASE_URL: there is no such file; start the service, or correct it"])
    with _answering(), engine.connect() as connection:
        there = inspect(connection).get_table_names()
    missing = [table.name for table in (CONSULTATIONS, CARDS, FEEDBACK) if table.name not in there]
    if missing:
        tables = ", ".join(missing)
        raise SettingsError([f"CDS_DATABASE_URL: the record has no {tables} yet; start the service"])
    return engine


@contextmanager
def _answering(kinds: tuple[type[Exception], ...] = (SQLAlchemyError, OSError)) -> Iterator[None]:
    try:
        yield
    except kinds as error:
        if not is_of_the_database(error):
            raise
        kind = type(getattr(error, "orig", None) or error).__name__  # CAUTION: its text may quote a row
        raise Unavailable(f"The record's database does not answer ({kind}); try it again later") from None
