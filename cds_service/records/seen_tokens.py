"""The ids of tokens that were used, shared by all processes and instances that have one database."""

import math
import os
import sqlite3
import time
from threading import Lock
from typing import Final

from sqlalchemy import BigInteger, Column, Connection, Engine, LargeBinary, MetaData, Table, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from cds_service.errors import Unavailable
from cds_service.records.sql.engine import seen_tokens_engine_from
from cds_service.records.sql.faults import warn_of

SECONDS_TO_OPEN: Final = 1
SECONDS_BETWEEN_TRIES: Final = 5
"""While the database does not answer one thread of a process tries it this often; the others do not wait."""

SECONDS_BETWEEN_SWEEPS: Final = 60
SECONDS_BETWEEN_ATTEMPTS: Final = 0.05
ALREADY_EXISTS: Final = frozenset({"42P07", "42710", "23505"})
"""What PostgreSQL says of a table, an object or a row of its catalog that another process has just made."""

METADATA: Final = MetaData()
SEEN_TOKENS: Final = Table(
    "seen_tokens",
    METADATA,
    Column("id", LargeBinary(32), primary_key=True),
    Column("seen_until", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
_ADD: Final = text(
    "INSERT INTO seen_tokens (id, seen_until) VALUES (:id, :seen_until) ON CONFLICT (id) DO NOTHING"
)
_SWEEP: Final = text("DELETE FROM seen_tokens WHERE seen_until < :instant")


class SeenTokens:
    """Keeps ids at the database's URL; may be made before a fork, each process has its own connections.

    Raises SettingsError when made with a URL that cannot be used.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = Lock()
        self._trying = Lock()
        self._failed_at = -math.inf
        self._swept_at = time.monotonic()
        self._engine: tuple[int, Engine | None] = (0, None)
        seen_tokens_engine_from(url).dispose()

    def add(self, token_id: bytes, seen_until: int) -> bool:
        """Keep an id until that second since 1970, in one insert; False where it was kept before.

        Raises Unavailable while the database does not answer.
        """
        if time.monotonic() - self._failed_at >= SECONDS_BETWEEN_TRIES:
            if self._failed_at == -math.inf:
                return self._added(token_id, seen_until)
            if self._trying.acquire(blocking=False):
                try:
                    return self._added(token_id, seen_until)
                finally:
                    self._trying.release()
        raise _no_answer()

    def close(self) -> None:
        """Close every connection of this process; the store can still be used and then opens new ones."""
        with self._lock:
            process, engine = self._engine
            self._engine = (0, None)
        if engine is not None and process == os.getpid():
            engine.dispose()

    def _added(self, token_id: bytes, seen_until: int) -> bool:
        try:
            added = self._inserted(token_id, seen_until)
        except (SQLAlchemyError, OSError) as error:
            warn_of("store of seen tokens", error)
            self._failed_at = time.monotonic()
            self.close()
            raise _no_answer() from None
        self._failed_at = -math.inf
        return added

    def _inserted(self, token_id: bytes, seen_until: int) -> bool:
        row = {"id": token_id, "seen_until": seen_until}
        try:
            with self._engine_of_process().begin() as connection:
                return self._insert(connection, row)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        # A connection that was kept is gone; all that were kept are dropped by now, so this one is new.
        with self._engine_of_process().begin() as connection:
            return self._insert(connection, row)

    def _insert(self, connection: Connection, row: dict[str, object]) -> bool:
        is_new = connection.execute(_ADD, row).rowcount == 1
        now = time.monotonic()
        if now - self._swept_at >= SECONDS_BETWEEN_SWEEPS:
            self._swept_at = now
            connection.execute(_SWEEP, {"instant": int(time.time())})
        return is_new

    def _engine_of_process(self) -> Engine:
        """CAUTION: made by the process that uses it; after a fork, two would share one connection."""
        began = time.monotonic()
        process, engine = self._engine
        if engine is not None and process == os.getpid():
            return engine
        with self._lock:
            if self._failed_at > began:  # CAUTION: else those that waited would fail one after the other
                raise OSError("another thread has just tried")
            process, engine = self._engine
            if engine is None or process != os.getpid():
                engine = self._opened()
                self._engine = (os.getpid(), engine)
            return engine

    def _opened(self) -> Engine:
        engine = seen_tokens_engine_from(self._url)
        try:
            _create_table(engine)
        except (SQLAlchemyError, OSError):
            self._failed_at = time.monotonic()
            engine.dispose()
            raise
        return engine


def _create_table(engine: Engine) -> None:
    """Also when other processes do the same at the same moment: a loser looks again."""
    until = time.monotonic() + SECONDS_TO_OPEN
    while True:
        try:
            return METADATA.create_all(engine)
        except DBAPIError as error:
            if not _lost_a_race(error) or time.monotonic() > until:
                raise
            time.sleep(SECONDS_BETWEEN_ATTEMPTS)


def _lost_a_race(error: DBAPIError) -> bool:
    """Another process made the same thing; SQLite says so in words alone."""
    if isinstance(error.orig, sqlite3.Error):
        return "already exists" in str(error.orig)
    return getattr(error.orig, "sqlstate", None) in ALREADY_EXISTS


def _no_answer() -> Unavailable:
    return Unavailable("The store of seen tokens does not answer for now; send it again later.")
