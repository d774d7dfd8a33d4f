"""Feedback kept and read again, as the writer of the record does it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine

from cds_service.cds_hooks.feedback import FeedbackItem
from cds_service.records.feedback import ReceivedFeedback, all_feedback
from cds_service.records.sql.database import Database
from cds_service.records.sql.schema import Preparation, prepare_in_development
from cds_service.records.store import RecordStore


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
        return list(all_feedback(self.database))
