"""The table of feedback, as version 0.1.0 made it without Alembic."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make what is missing: 0.1.0 may have made all of it, or have been ended between table and index."""
    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("service_id", sa.Text, nullable=False),
        sa.Column("card", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("accepted_suggestions", sa.JSON, nullable=False),
        sa.Column("override_code", sa.Text, nullable=False),
        sa.Column("override_system", sa.Text, nullable=False),
        sa.Column("override_display", sa.Text, nullable=False),
        sa.Column("user_comment", sa.Text, nullable=False),
        sa.Column("outcome_timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        if_not_exists=True,
    )
    op.create_index("ix_feedback_card", "feedback", ["card"], if_not_exists=True)


def downgrade() -> None:
    """The table stays, with all that it holds: 0.1.0 finds it as it left it."""
