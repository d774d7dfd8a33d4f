"""Which orders need no card now, because this user took or turned down the same one a short while ago."""

import math
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Final, TypeAlias

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from cds_service.records.sql.engine import lookup_engine_from
from cds_service.records.sql.faults import warn_of

SECONDS_TO_ASK: Final = 0.02
"""An answer waits no longer for this: the card is shown then."""

SECONDS_AFTER_A_FAILURE: Final = 5
"""For so long nothing is asked of a database that did not answer in time."""

THREADS: Final = 4
_Process: TypeAlias = tuple[int, ThreadPoolExecutor, Engine]


class QuietOrders:
    """Looks states of orders up in the database at a URL; may be made before a fork."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = Lock()
        self._mine: _Process | None = None
        self._failed_at = -math.inf
        self.skipped = 0

    def among(self, keys: Mapping[int, Sequence[str]], *, at: float) -> frozenset[int]:
        """Of the orders by their index, each with the keys of its state, those that are quiet at that second.

        None of them where the database does not answer in SECONDS_TO_ASK; never raises.
        """
        wanted = {bytes.fromhex(key) for each in keys.values() for key in each}
        if not wanted:
            return frozenset()
        if time.monotonic() - self._failed_at < SECONDS_AFTER_A_FAILURE:
            self.skipped += 1
            return frozenset()
        try:
            found = self._asked(wanted, int(at))
        except (TimeoutError, SQLAlchemyError, OSError) as error:
            self._failed_at = time.monotonic()
            self.skipped += 1
            warn_of("quiet orders", error)
            return frozenset()
        if found is None:
            self.skipped += 1
            return frozenset()
        return frozenset(index for index, each in keys.items() if not found.isdisjoint(each))

    def close(self) -> None:
        """Close every connection of this process; it can still be used and then opens new ones."""
        with self._lock:
            mine, self._mine = self._mine, None
        if mine is not None and mine[0] == os.getpid():
            mine[1].shutdown(cancel_futures=True)
            mine[2].dispose()

    def _asked(self, wanted: Iterable[bytes], second: int) -> frozenset[str] | None:
        """What is quiet; None at the first question to a server, at which its connection is made.

        A file is asked at once: it waits for no lock, and a thread of its own would cost more than the rest.
        """
        mine, is_new = self._of_this_process()
        _, threads, engine = mine
        if engine.dialect.name == "sqlite":
            return _found(engine, wanted, second)
        answer = threads.submit(_found, engine, wanted, second)
        return None if is_new else answer.result(SECONDS_TO_ASK)

    def _of_this_process(self) -> tuple[_Process, bool]:
        mine = self._mine
        if mine is not None and mine[0] == os.getpid():
            return mine, False
        with self._lock:
            if self._mine is None or self._mine[0] != os.getpid():
                threads = ThreadPoolExecutor(THREADS, thread_name_prefix="quiet")
                self._mine = (os.getpid(), threads, lookup_engine_from(self._url))
            return self._mine, True


def _found(engine: Engine, wanted: Iterable[bytes], second: int) -> frozenset[str]:
    """CAUTION: as text for the driver, since a query that is put together takes longer than the answer."""
    asked = [*wanted]
    mark = "?" if engine.dialect.name == "sqlite" else "%s"
    among = ", ".join([mark] * len(asked)) or "NULL"
    query = f"SELECT state_key FROM quiet WHERE state_key IN ({among}) AND until > {mark}"
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(query, (*asked, second)).all()
    return frozenset(bytes(row[0]).hex() for row in rows)
