"""The database of the record: prepared at its first use, and what it is when it does not answer."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from cds_service.errors import Unavailable
from cds_service.records.sql.engine import engine_from
from cds_service.records.sql.faults import WrongSchema, is_of_the_database, warn_of
from cds_service.records.sql.schema import Preparation, prepare_in_development

SECONDS_TO_OPEN: Final = 1
"""How long one caller waits for another that prepares the database."""
SECONDS_AT_THE_START: Final = 10


class Database:
    """The database at a URL; safe to use from several threads and processes.

    Raises SettingsError when made with a URL that cannot be used, and Unavailable from every method while the
    database does not answer: within about 2 s, however many callers there are. No connection is open between
    two uses: a process may be forked.
    """

    def __init__(self, url: str, prepare: Preparation = prepare_in_development) -> None:
        self._engine = engine_from(url)
        self._prepare = prepare
        self._opening = Lock()
        self._is_open = False
        self._failed_at = -math.inf

    def open(self, *, seconds: int = SECONDS_AT_THE_START) -> None:
        """Prepare the database, with so much patience for another instance that prepares it too.

        Done at the first use, with little patience, where nobody did it before.
        """
        if self._is_open:
            return
        began = time.monotonic()
        with self._alone():
            if self._failed_at > began:  # CAUTION: else callers that waited would fail one after the other
                raise no_answer()
            if not self._is_open:
                with self._answering():
                    self._prepare(self._engine, seconds)
                self._is_open = True

    def close(self) -> None:
        """Close every connection; it can still be used and then opens new ones."""
        self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction, committed at the end."""
        self.open(seconds=SECONDS_TO_OPEN)
        with self._answering(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._opening.acquire(timeout=SECONDS_TO_OPEN):
            raise no_answer()
        try:
            yield
        finally:
            self._opening.release()

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError, WrongSchema) as error:
            if not is_of_the_database(error):
                raise
            warn_of("record", error)
            self._is_open = False  # the file may be gone or the server another one: look again next time
            self._failed_at = time.monotonic()
            raise no_answer() from error


def no_answer() -> Unavailable:
    """What a caller is told who cannot wait."""
    return Unavailable("The record's database does not answer for now; send it again later")
