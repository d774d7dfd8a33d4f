"""A record as its writer keeps it, and feedback kept and read again as it does."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Row, func, select

from cds_service.cds_hooks.feedback import FeedbackItem, OverrideReason
from cds_service.records.feedback import ReceivedFeedback, in_utc
from cds_service.records.spool import Spool
from cds_service.records.sql.database import Database
from cds_service.records.sql.schema import Preparation, prepare_in_development
from cds_service.records.sql.tables import CONSULTATIONS, FEEDBACK
from cds_service.records.store import RecordStore
from cds_service.records.writer import Recorder


class FeedbackKeeper:
    """A database, and one transaction for each batch of feedback."""

    def __init__(self, url: str, prepare: Preparation = prepare_in_development) -> None:
        self.database = Database(url, prepare)
        self._store = RecordStore(self.database, hours_quiet=24)

    @property
    def engine(self) -> Engine:
        return self.database._engine

    def open(self) -> None:
        self.database.open()

    def close(self) -> None:
        self.database.close()

    def keep(self, service_id: str, items: Sequence[FeedbackItem], *, received_at: datetime) -> None:
        self._store.write((), [ReceivedFeedback(service_id, "", received_at, item) for item in items])

    def all(self) -> list[ReceivedFeedback]:
        """Everything kept, in the order in which it was."""
        with self.database.transaction() as connection:
            return [_from(row) for row in connection.execute(select(FEEDBACK).order_by(FEEDBACK.c.id))]


def _from(row: Row[Any]) -> ReceivedFeedback:
    item = FeedbackItem(
        card=row.card,
        outcome=row.outcome,
        outcome_timestamp=in_utc(row.outcome_timestamp),
        accepted_suggestions=tuple(row.accepted_suggestions),
        override_reason=OverrideReason(
            row.override_code, row.override_system, row.override_display, row.user_comment
        ),
    )
    return ReceivedFeedback(row.service_id, row.client, in_utc(row.received_at), item)


class Record:
    """A recorder, and what stands in its database."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self.database = Database(url)
        self.store = RecordStore(self.database, hours_quiet=24)
        self.recorder = Recorder(self.store, Spool(folder))

    def count(self, table: Any) -> int:
        with self.database.transaction() as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()

    def wait_for(self, is_so: Callable[[], bool]) -> None:
        until = time.monotonic() + 60
        while not is_so():
            assert time.monotonic() < until, self.recorder.state()
            time.sleep(0.02)

    def wait_for_rows(self, count: int) -> None:
        self.wait_for(lambda: self.count(CONSULTATIONS) >= count)
        assert self.count(CONSULTATIONS) == count
