"""Consultations, their cards, and which are held back; whose feedback is, and on which card."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_TEXTS = ("call_id", "consult_id", "hook_instance", "service_id", "hook", "client", "mode", "edition")
_KEYS = ("patient_key", "user_key", "order_key", "state_key")
_JUDGMENT = ("recognition", "procedure", "outcome", "category", "topic", "alert", "severity", "recurrence")
_LISTS = ("variants", "categories", "evidence", "cautions", "missing", "unreadable", "unmapped", "unread")


def upgrade() -> None:
    """Make the tables, where an earlier upgrade has not left them, and the columns."""
    op.create_table(
        "consultations",
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in (*_TEXTS, *_KEYS, *_JUDGMENT)),
        *(sa.Column(name, sa.JSON, nullable=False) for name in _LISTS),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("judge_ms", sa.Float, nullable=False),
        sa.Column("fetch_ms", sa.Float, nullable=False),
        sa.Column("order_index", sa.Integer, nullable=False),
        sa.Column("is_held_back", sa.Boolean, nullable=False),
        if_not_exists=True,
    )
    op.create_index("ix_consultations_at", "consultations", ["at"], if_not_exists=True)
    op.create_index("ix_consultations_consult_id", "consultations", ["consult_id"], if_not_exists=True)
    op.create_index("ix_consultations_order_key", "consultations", ["order_key", "at"], if_not_exists=True)
    op.create_table(
        "cards",
        sa.Column("uuid", sa.Text, primary_key=True),
        sa.Column("consultation_id", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("place", sa.SmallInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("indicator", sa.Text, nullable=False),
        sa.Column("suggestions", sa.JSON, nullable=False),
        if_not_exists=True,
    )
    op.create_index("ix_cards_consultation_id", "cards", ["consultation_id"], if_not_exists=True)
    op.create_index("ix_cards_at", "cards", ["at"], if_not_exists=True)
    op.create_table(
        "quiet",
        sa.Column("state_key", sa.LargeBinary(16), primary_key=True),
        sa.Column("until", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    op.create_index("ix_quiet_until", "quiet", ["until"], if_not_exists=True)

    op.add_column("feedback", sa.Column("client", sa.Text, nullable=False, server_default=""))
    op.add_column("feedback", sa.Column("digest", sa.Text))
    op.add_column("feedback", sa.Column("is_known", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("ix_feedback_digest", "feedback", ["digest"], unique=True)


def downgrade() -> None:
    """The tables stay, with all that they hold: earlier versions do not mind them. The columns they would."""
    op.drop_index("ix_feedback_digest", "feedback")
    for name in ("client", "digest", "is_known"):
        op.drop_column("feedback", name)
