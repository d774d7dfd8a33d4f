"""The table of tokens that were used, in PostgreSQL; SQLite has a file of its own for it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table, where a service that may make tables has not done so already."""
    if op.get_context().dialect.name == "sqlite":
        return
    op.create_table(
        "seen_tokens",
        sa.Column("id", sa.LargeBinary(32), primary_key=True),
        sa.Column("seen_until", sa.BigInteger, nullable=False),
        if_not_exists=True,
    )


def downgrade() -> None:
    """The table stays: a token that was used must not pass again, and earlier versions do not mind it."""
