"""The feedback of clinicians as the record holds it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Row, select

from cds_service.cds_hooks.feedback import FeedbackItem, OverrideReason
from cds_service.records.sql.database import Database
from cds_service.records.sql.tables import FEEDBACK


@dataclass(frozen=True, slots=True)
class ReceivedFeedback:
    """One item of feedback, with the service and the client it came through, and when."""

    service_id: str
    client: str
    received_at: datetime
    item: FeedbackItem

    @property
    def digest(self) -> str:
        """By what the same item is known when it comes again: everything that the clinician did."""
        item, reason = self.item, self.item.override_reason
        instant = item.outcome_timestamp.astimezone(UTC).isoformat()
        did = (self.service_id, item.card, item.outcome, instant, sorted(item.accepted_suggestions))
        said = (reason.code, reason.system, reason.display, reason.user_comment)
        return hashlib.sha256(msgspec.json.encode((did, said))).hexdigest()


def row_from(received: ReceivedFeedback) -> dict[str, Any]:
    """The row of an item that has not been joined to its card yet."""
    item, reason = received.item, received.item.override_reason
    return {
        "service_id": received.service_id,
        "client": received.client,
        "digest": received.digest,
        "is_known": False,
        "card": item.card,
        "outcome": item.outcome,
        "accepted_suggestions": list(item.accepted_suggestions),
        "override_code": reason.code,
        "override_system": reason.system,
        "override_display": reason.display,
        "user_comment": reason.user_comment,
        "outcome_timestamp": item.outcome_timestamp.astimezone(UTC),
        "received_at": received.received_at.astimezone(UTC),
    }


def all_feedback(database: Database) -> Iterator[ReceivedFeedback]:
    """Everything kept, in the order in which it was. Raises Unavailable."""
    with database.transaction() as connection:
        rows = connection.execute(select(FEEDBACK).order_by(FEEDBACK.c.id)).all()
    return (_from(row) for row in rows)


def in_utc(instant: datetime) -> datetime:
    """SQLite forgets the offset; everything was written in UTC."""
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)


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
