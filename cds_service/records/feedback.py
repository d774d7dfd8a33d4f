"""The feedback of clinicians as the record holds it."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from cds_service.cds_hooks.feedback import FeedbackItem


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


def in_utc(instant: datetime) -> datetime:
    """SQLite forgets the offset; everything was written in UTC."""
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
