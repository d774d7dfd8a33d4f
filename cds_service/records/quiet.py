"""Which orders need no card now, because this user took or turned down the same one a short while ago."""

import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Final, TypeAlias

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from cds_service.records.sql.engine import lookup_engine_from
from cds_service.records.sql.faults import warn_of
from cds_service.records.sql.sqlite_file import identity

SECONDS_TO_ASK: Final = 0.02
"""An answer waits no longer for this: the card is shown then."""

SECONDS_AFTER_A_FAILURE: Final = 5
"""For so long nothing is asked of a database that did not answer in time."""

SECONDS_TO_STOP: Final = 1
"""Longest that closing waits for a connection that is being made."""

_Connected: TypeAlias = tuple[Any, tuple[int, int] | None]
"""A connection of the driver, and which file it was made to."""


class QuietOrders:
    """Looks states of orders up in the database at a URL; may be made before a fork.

    By the driver itself, on connections that are kept: a pool, and a query that is put together, take longer
    than the answer.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = Lock()
        self._mine: _Asked | None = None
        self._failed_at = -math.inf
        self.skipped = 0

    def among(self, keys: Mapping[int, Sequence[str]], *, at: float) -> frozenset[int]:
        """Of the orders by their index, each with the keys of its state, those that are quiet at that second.

        None of them where the database does not answer in SECONDS_TO_ASK; never raises.
        """
        wanted = [bytes.fromhex(key) for each in keys.values() for key in each]
        if not wanted:
            return frozenset()
        if time.monotonic() - self._failed_at < SECONDS_AFTER_A_FAILURE:
            self.skipped += 1
            return frozenset()
        asked = self._of_this_process()
        try:
            found = asked.answer(wanted, int(at))
        except (SQLAlchemyError, OSError, asked.driver_error) as error:
            self._fail(error)
            return frozenset()
        if found is None:
            self.skipped += 1
            return frozenset()
        return frozenset(index for index, each in keys.items() if not found.isdisjoint(each))

    def close(self) -> None:
        """Close every connection of this process; it can still be used and then opens new ones."""
        with self._lock:
            mine, self._mine = self._mine, None
        if mine is not None and mine.process == os.getpid():
            mine.close()

    def _fail(self, error: Exception) -> None:
        self._failed_at = time.monotonic()
        self.skipped += 1
        warn_of("quiet orders", error)

    def _of_this_process(self) -> "_Asked":
        mine = self._mine
        if mine is not None and mine.process == os.getpid():
            return mine
        with self._lock:
            if self._mine is None or self._mine.process != os.getpid():
                self._mine = _Asked(lookup_engine_from(self._url), self._fail)
            return self._mine


class _Asked:
    """The connections of one process, each used by one thread at a time, and kept."""

    def __init__(self, engine: Engine, on_failure: Callable[[Exception], None]) -> None:
        assert engine.dialect.loaded_dbapi is not None
        self.process = os.getpid()
        self.driver_error: type[Exception] = engine.dialect.loaded_dbapi.Error
        self._engine = engine
        self._on_failure = on_failure
        self._file = Path(engine.url.database or "") if engine.dialect.name == "sqlite" else None
        self._kept: list[_Connected] = []
        self._connecting: Thread | None = None
        self._is_closed = False

    def answer(self, wanted: Sequence[bytes], second: int) -> frozenset[str] | None:
        """What is quiet; None where a server would have to be connected to first: that is done meanwhile.

        A file is connected to at once, which takes less than a thread does.
        """
        connected = self._taken()
        if connected is None and self._file is None:
            self._connect_meanwhile()
            return None
        connected = connected or self._made()
        found = self._asked(connected, wanted, second)
        self._keep(connected)
        return found

    def _asked(self, connected: _Connected, wanted: Sequence[bytes], second: int) -> frozenset[str]:
        mark = "%s" if self._file is None else "?"
        among = ", ".join([mark] * len(wanted))
        query = f"SELECT state_key FROM quiet WHERE state_key IN ({among}) AND until > {mark}"
        try:
            rows = connected[0].execute(query, (*wanted, second)).fetchall()
        except BaseException:
            connected[0].close()
            raise
        return frozenset(bytes(row[0]).hex() for row in rows)

    def close(self) -> None:
        """Close what is kept, and from now on what comes back."""
        self._is_closed = True
        if self._connecting is not None:
            self._connecting.join(SECONDS_TO_STOP)
        self._close_kept()

    def _close_kept(self) -> None:
        while connected := self._popped():
            connected[0].close()

    def _keep(self, connected: _Connected) -> None:
        self._kept.append(connected)
        if self._is_closed:
            self._close_kept()

    def _popped(self) -> _Connected | None:
        try:
            return self._kept.pop()
        except IndexError:
            return None

    def _taken(self) -> _Connected | None:
        """One that is kept; CAUTION: not to a file that was moved away, which would be asked for ever."""
        now = identity(self._file) if self._file else None
        while connected := self._popped():
            if connected[1] == now:
                return connected
            connected[0].close()
        return None

    def _made(self) -> _Connected:
        file = identity(self._file) if self._file else None
        pooled = self._engine.raw_connection()
        connection: Any = pooled.driver_connection
        pooled.detach()
        return connection, file

    def _connect_meanwhile(self) -> None:
        if self._connecting is None or not self._connecting.is_alive():
            self._connecting = Thread(target=self._connect, name="quiet", daemon=True)
            self._connecting.start()

    def _connect(self) -> None:
        """CAUTION: a server's first answer on a connection takes long, and would be given up each time."""
        try:
            made = self._made()
            self._asked(made, [b""], 0)
            made[0].seconds = SECONDS_TO_ASK
        except (SQLAlchemyError, OSError, self.driver_error) as error:
            self._on_failure(error)
        else:
            self._keep(made)
