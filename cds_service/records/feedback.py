"""The feedback of clinicians, kept durably."""

import math
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
    Integer,
    MetaData,
    Row,
    Table,
    Text,
    insert,
    select,
)
from sqlalchemy.exc import InterfaceError, OperationalError

from cds_service.cds_hooks.feedback import FeedbackItem, OverrideReason
from cds_service.errors import Unavailable
from cds_service.records.engine import create_schema, engine_from
from cds_service.records.outages import Outages

SECONDS_TO_OPEN: Final = 1
"""How long one caller waits for another that makes the schema, and tries again itself when it lost a race."""

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
    database does not answer: within about 2 s, however many callers there are, since each holds a thread that
    an order hook needs. No connection is open between two uses: a process may be forked.
    """

    def __init__(self, url: str) -> None:
        self._engine = engine_from(url)
        self._outages = Outages("record's database")
        self._opening = Lock()
        self._is_open = False
        self._failed_at = -math.inf

    def open(self) -> None:
        """Make what is missing of the schema; done at the first use where nobody did it before."""
        if self._is_open:
            return
        began = time.monotonic()
        with self._alone():
            if self._failed_at > began:  # CAUTION: else callers that waited would fail one after the other
                raise _no_answer()
            if not self._is_open:
                with self._answering():
                    create_schema(self._engine, METADATA, until=time.monotonic() + SECONDS_TO_OPEN)
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
    def _alone(self) -> Iterator[None]:
        if not self._opening.acquire(timeout=SECONDS_TO_OPEN):
            raise _no_answer()
        try:
            yield
        finally:
            self._opening.release()

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, InterfaceError, OSError) as error:
            self._is_open = False  # the file may be gone or the server another one: look again next time
            self._failed_at = time.monotonic()
            self._outages.tell(error)
            raise _no_answer() from error


def _no_answer() -> Unavailable:
    return Unavailable("The record's database does not answer for now; send it again later")


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
        outcome=row.outcome,
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
