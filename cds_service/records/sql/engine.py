"""How the database is reached: engines for SQLite and PostgreSQL, and how long each waits."""

import codecs
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import sqlalchemy
from sqlalchemy import URL, Connection, Engine, NullPool, Pool, QueuePool, event, make_url
from sqlalchemy.exc import ArgumentError

from cds_service.errors import SettingsError
from cds_service.records.sql.sqlite_file import make_private, narrow

SECONDS_FOR_A_LOCK: Final = 1
SECONDS_TO_CONNECT: Final = 2
"""The least that libpq knows: https://www.postgresql.org/docs/current/libpq-connect.html."""

CONNECTIONS_KEPT: Final = 8
"""As many as a process has threads that answer."""

_NO_TRANSACTION: Final[dict[str, Any]] = {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None}


def engine_from(database_url: str) -> Engine:
    """The engine of the record, set so that what is committed stays; nothing is opened yet.

    A connection for each use cannot outlive a fork, the file or the server, and waits for a server that has
    gone silent only as long as for one that never spoke. A SQLite file that is missing is not made. Raises
    SettingsError if the URL, or the driver that it needs, cannot be used.
    """
    return _engine_of(database_url, _sqlite, NullPool)


def migrating_engine_from(url: str | URL, *, seconds: int) -> Engine:
    """The engine that changes tables: it waits so long for a lock, and as long as it takes for a statement.

    A SQLite file that is missing is made, and a transaction is one from its first statement, those that
    change tables included. Raises as `engine_from` does.
    """
    return _engine_of(
        url,
        lambda file: _sqlite_that_migrates(file, seconds),
        NullPool,
        postgresql=lambda server, _: _postgresql_that_migrates(server, seconds),
    )


def reading_engine_from(database_url: str) -> Engine:
    """The engine of a person's questions, which may take long; raises as `engine_from` does."""
    return _engine_of(
        database_url, _sqlite, NullPool, postgresql=lambda server, _: _postgresql_engine(server, NullPool)
    )


def seen_tokens_engine_from(database_url: str) -> Engine:
    """The engine of the store of seen tokens, to be used by one process; raises as `engine_from` does.

    Every request writes to it: connections are kept, and SQLite has a file of its own beside the record,
    which is not synced at every commit. What the machine forgets in a crash is seconds old.
    """
    return _engine_of(database_url, _sqlite_of_tokens, QueuePool)


def lookup_engine_from(database_url: str) -> Engine:
    """The engine of short questions beside an answer; raises as `engine_from` does.

    A question is no transaction and waits for no lock; who asks keeps the connection.
    """
    return _engine_of(database_url, _sqlite_that_is_asked, NullPool, postgresql=_postgresql_that_is_asked)


def _engine_of(
    database_url: str | URL,
    sqlite: Callable[[URL], Engine],
    pool: type[Pool],
    *,
    postgresql: Callable[[URL, type[Pool]], Engine] | None = None,
) -> Engine:
    try:
        url = make_url(database_url)
        return sqlite(url) if url.get_backend_name() == "sqlite" else (postgresql or _postgresql)(url, pool)
    except (ArgumentError, ValueError):  # CAUTION: both quote what came, password included
        raise SettingsError(["CDS_DATABASE_URL: cannot be read; correct it (it is not shown here)"]) from None
    except ModuleNotFoundError:
        message = "CDS_DATABASE_URL: the driver is not installed; install cds-service[postgresql]"
        raise SettingsError([message]) from None


def _sqlite(url: URL) -> Engine:
    engine = _engine(url, NullPool, connect_args={"timeout": SECONDS_FOR_A_LOCK})
    event.listen(engine, "do_connect", _open_what_is_there)
    event.listen(engine, "connect", _make_sqlite_durable)
    return engine


def _sqlite_that_is_asked(url: URL) -> Engine:
    options = {"timeout": 0, "check_same_thread": False}  # CAUTION: used by one thread after the other
    engine = _engine(url, NullPool, connect_args=options, **_NO_TRANSACTION)
    event.listen(engine, "do_connect", _open_what_is_there)
    return engine


def _sqlite_that_migrates(url: URL, seconds: int) -> Engine:
    engine = _engine(url, NullPool, connect_args={"timeout": seconds})
    event.listen(engine, "do_connect", _open_or_make)
    event.listen(engine, "connect", _make_sqlite_durable)
    event.listen(engine, "connect", _leave_transactions_to_us)
    event.listen(engine, "begin", _begin_at_once)
    return engine


def _sqlite_of_tokens(url: URL) -> Engine:
    record = Path(url.database or "")
    file = record.with_name(f"{record.stem}-tokens{record.suffix}")
    engine = _engine(url.set(database=str(file)), QueuePool, connect_args={"timeout": SECONDS_FOR_A_LOCK})
    event.listen(engine, "do_connect", _open_or_make)
    event.listen(engine, "connect", _make_sqlite_quick)
    return engine


def _open_what_is_there(
    _dialect: object, _record: object, arguments: list[Any], options: dict[str, Any]
) -> None:
    file = Path(arguments[0])
    narrow(file)
    arguments[0] = f"{file.as_uri()}?mode=rw"
    options["uri"] = True


def _open_or_make(_dialect: object, _record: object, arguments: list[Any], _options: object) -> None:
    file = Path(arguments[0])
    make_private(file)
    narrow(file)


def _make_sqlite_durable(connection: Any, _record: object) -> None:
    """Write-ahead log, so that readers never wait, and a sync at every commit: https://sqlite.org/wal.html."""
    connection.execute("PRAGMA journal_mode=WAL").close()
    connection.execute("PRAGMA synchronous=FULL").close()


def _make_sqlite_quick(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA journal_mode=WAL").close()
    connection.execute("PRAGMA synchronous=NORMAL").close()


def _leave_transactions_to_us(connection: Any, _record: object) -> None:
    """CAUTION: else Python's driver begins no transaction before a statement that changes a table."""
    connection.isolation_level = None


def _begin_at_once(connection: Connection) -> None:
    """Wait for the lock to write before anything is read that a decision rests on."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _postgresql(url: URL, pool: type[Pool]) -> Engine:
    engine = _postgresql_engine(url, pool)
    event.listen(engine, "do_connect", _connect_to_end_silence)
    event.listen(engine, "begin", _limit_statements)
    return engine


def _postgresql_that_is_asked(url: URL, pool: type[Pool]) -> Engine:
    engine = _postgresql_engine(url, pool, **_NO_TRANSACTION)
    event.listen(engine, "do_connect", _connect_to_end_silence)
    return engine


def _postgresql_that_migrates(url: URL, seconds: int) -> Engine:
    engine = _postgresql_engine(url, NullPool)

    @event.listens_for(engine, "begin")
    def _limit_locks(connection: Connection) -> None:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{seconds}s'")

    return engine


def _postgresql_engine(url: URL, pool: type[Pool], **options: Any) -> Engine:
    limits = {
        "connect_timeout": SECONDS_TO_CONNECT,
        "tcp_user_timeout": SECONDS_TO_CONNECT * 1000,
        "client_encoding": "utf8",  # else a server with SQL_ASCII answers with bytes
    }
    return _engine(url.set(drivername="postgresql+psycopg"), pool, connect_args=limits, **options)


def _connect_to_end_silence(
    _dialect: object, _record: object, arguments: list[Any], options: dict[str, Any]
) -> Any:
    """A connection that does not wait for a server that hangs."""
    from cds_service.records.sql.silence import ImpatientConnection  # its driver is not always installed

    return ImpatientConnection.connect(*arguments, **options)


def _limit_statements(connection: Connection) -> None:
    """CAUTION: within the transaction; as an option of the connection PgBouncer would refuse it."""
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{SECONDS_FOR_A_LOCK}s'")


def _engine(url: URL, pool: type[Pool], *, connect_args: dict[str, Any], **options: Any) -> Engine:
    kept = {"pool_size": CONNECTIONS_KEPT, "pool_timeout": SECONDS_FOR_A_LOCK} if pool is QueuePool else {}
    return sqlalchemy.create_engine(
        url,
        poolclass=pool,
        connect_args=connect_args,
        hide_parameters=True,  # CAUTION: else what a clinician wrote stands in the text of an error
        json_serializer=json_of,
        **kept,
        **options,
    )


def json_of(value: object) -> str:
    """What a column of JSON holds; a row has many, and Python's own encoder takes most of a group's time."""
    return msgspec.json.encode(value).decode()


def codec_of(connection: Connection) -> str:
    """Python's name for the encoding of a server that has not every character; empty for any other database.

    CAUTION: such a server refuses the row, a comment with a curly quote or an emoji.
    """
    if connection.dialect.name == "sqlite":
        return ""
    server: Any = connection.connection.driver_connection
    name: str = server.info.parameter_status("server_encoding")
    if name in ("UTF8", "SQL_ASCII"):
        return ""
    try:
        return codecs.lookup(name.replace("WIN", "cp")).name
    except LookupError:
        return "ascii"
