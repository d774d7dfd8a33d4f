"""The tables of the record: what was judged, what was shown, and which cards are held back for now."""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    false,
)

METADATA: Final = MetaData()
CONSULTATIONS: Final = Table(
    "consultations",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("call_id", Text, nullable=False),
    Column("consult_id", Text, nullable=False, index=True),
    Column("hook_instance", Text, nullable=False),
    Column("service_id", Text, nullable=False),
    Column("hook", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("judge_ms", Float, nullable=False),
    Column("fetch_ms", Float, nullable=False),
    Column("edition", Text, nullable=False),
    Column("patient_key", Text, nullable=False),
    Column("user_key", Text, nullable=False),
    Column("order_key", Text, nullable=False),
    Column("state_key", Text, nullable=False),
    Column("order_index", Integer, nullable=False),
    Column("recognition", Text, nullable=False),
    Column("procedure", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("variants", JSON, nullable=False),
    Column("categories", JSON, nullable=False),
    Column("alert", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("recurrence", Text, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("cautions", JSON, nullable=False),
    Column("missing", JSON, nullable=False),
    Column("unreadable", JSON, nullable=False),
    Column("unmapped", JSON, nullable=False),
    Column("unread", JSON, nullable=False),
    Column("is_held_back", Boolean, nullable=False),
    Index("ix_consultations_at", "at"),
    Index("ix_consultations_order_key", "order_key", "at"),
)
"""One row for each `Consultation`, whose docstring says what the columns hold; `at` in milliseconds."""

CARDS: Final = Table(
    "cards",
    METADATA,
    Column("uuid", Text, primary_key=True),
    Column("consultation_id", Text, nullable=False, index=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("place", SmallInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("indicator", Text, nullable=False),
    Column("suggestions", JSON, nullable=False),
)
"""The cards of a consultation, in their order in the answer; feedback names them by uuid.

`suggestions` is a list of [uuid, procedure, taken key, is recommended].
"""

FEEDBACK: Final = Table(
    "feedback",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("service_id", Text, nullable=False),
    Column("client", Text, nullable=False, server_default=""),
    Column("digest", Text, unique=True, index=True),
    Column("is_known", Boolean, nullable=False, server_default=false()),
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
"""What clinicians did with cards; `is_known` once the card was found. What 0.1.0 kept has no digest."""

QUIET: Final = Table(
    "quiet",
    METADATA,
    Column("state_key", LargeBinary(16), primary_key=True),
    Column("until", BigInteger, nullable=False, index=True),
    sqlite_with_rowid=False,
)
"""The states of orders whose card a user took or turned down, until a second since 1970."""
