"""The feedback of clinicians, kept durably."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    DateTime,
    Engine,
    Integer,
    MetaData,
    Row,
    Table,
    Text,
    insert,
    select,
)
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoConnectionInTime

from cds_service.cds_hooks.feedback import FeedbackItem, Outcome, OverrideReason
from cds_service.errors import Unavailable
from cds_service.records.engine import engine_from, make_folder_of

ATTEMPTS_TO_CREATE: Final = 10
SECONDS_BETWEEN_ATTEMPTS: Final = 0.05

METADATA: Final = MetaData()
FEEDBACK: Final = Table(
    "feedback",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("service_id", Text, nullable=False),
    Column("card", Text, nullable=False, index=True),
    Column("outcome", Text, nullable=False),
    Column("accepted_suggestions", JSON, nullable=False),
    Column("override_code", Text, nullable=False),
    Column("override_system", Text, nullable=False),
    Column("override_display", Text, nullable=False),
    Column("user_comment", Text, nullable=False),
    Column("outcome_timestamp", DateTime(timezone=True), nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
)


@dataclass(frozen=True, slots=True)
class KeptFeedback:
    """One item of feedback as the database holds it, under the service whose card it is about."""

    id: int
    service_id: str
    received_at: datetime
    item: FeedbackItem


class FeedbackStore:
    """Keeps feedback in the database at a URL; safe to use from several threads and processes.

    Raises SettingsError when made with a URL that cannot be used, and Unavailable from every method while the
    database does not answer. No connection is open between `open` and the first use: a process may be forked.
    """

    def __init__(self, url: str) -> None:
        self._engine = engine_from(url)
        self._opening = Lock()
        self._is_open = False

    def open(self) -> None:
        """Make what is missing of the schema; done at the first use where nobody did it before."""
        with self._opening, self._answering():
            if not self._is_open:
                _create_schema(self._engine)
                self._engine.dispose()
                self._is_open = True

    def close(self) -> None:
        """Close every connection; the store can still be used and then opens new ones."""
        self._engine.dispose()

    def keep(self, service_id: str, items: Sequence[FeedbackItem], *, received_at: datetime) -> None:
        """Write all the items, or none if it raises; when it returns they survive a crash."""
        if not items:
            return
        rows = [_row_from(item, service_id=service_id, received_at=received_at) for item in items]
        with self._connection() as connection:
            connection.execute(insert(FEEDBACK), rows)

    def all(self) -> list[KeptFeedback]:
        """Everything kept, in the order in which it was."""
        with self._connection() as connection:
            return [_kept_from(row) for row in connection.execute(select(FEEDBACK).order_by(FEEDBACK.c.id))]

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """A transaction, committed at the end."""
        self.open()
        with self._answering(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, InterfaceError, NoConnectionInTime, OSError) as error:
            self._is_open = False  # the file may be gone or the server another one: look again next time
            raise Unavailable("The record's database does not answer for now; send it again later") from error


def _create_schema(engine: Engine) -> None:
    """Create the tables, also when other processes do the same at the same moment: a loser looks again."""
    make_folder_of(engine)
    for _ in range(ATTEMPTS_TO_CREATE - 1):
        try:
            return METADATA.create_all(engine)
        except DBAPIError as error:
            if not _may_have_lost_a_race(error, engine):
                raise
            time.sleep(SECONDS_BETWEEN_ATTEMPTS)
    return METADATA.create_all(engine)


def _may_have_lost_a_race(error: DBAPIError, engine: Engine) -> bool:
    """SQLite has one error for everything; PostgreSQL says that the name is taken, in one of two ways."""
    return engine.dialect.name == "sqlite" or isinstance(error, (IntegrityError, ProgrammingError))


def _row_from(item: FeedbackItem, *, service_id: str, received_at: datetime) -> dict[str, Any]:
    return {
        "service_id": service_id,
        "card": item.card,
        "outcome": item.outcome,
        "accepted_suggestions": list(item.accepted_suggestions),
        "override_code": item.override_reason.code,
        "override_system": item.override_reason.system,
        "override_display": item.override_reason.display,
        "user_comment": item.override_reason.user_comment,
        "outcome_timestamp": item.outcome_timestamp.astimezone(UTC),
        "received_at": received_at.astimezone(UTC),
    }


def _kept_from(row: Row[Any]) -> KeptFeedback:
    item = FeedbackItem(
        card=row.card,
        outcome=Outcome(row.outcome),
        outcome_timestamp=_in_utc(row.outcome_timestamp),
        accepted_suggestions=tuple(row.accepted_suggestions),
        override_reason=OverrideReason(
            row.override_code, row.override_system, row.override_display, row.user_comment
        ),
    )
    return KeptFeedback(row.id, row.service_id, _in_utc(row.received_at), item)


def _in_utc(instant: datetime) -> datetime:
    """SQLite forgets the offset; everything was written in UTC."""
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
