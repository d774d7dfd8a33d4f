"""What is old leaves the record: consultations with their cards and feedback, batch by batch."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Select, Table, delete, func, or_, select

from cds_service.records.report.reading import changing, reading, record_engine
from cds_service.records.report.scope import milliseconds
from cds_service.records.sql.tables import CARDS, CONSULTATIONS, FEEDBACK, QUIET

ROWS_AT_ONCE: Final = 500
"""So few that the writers of requests never wait long for one batch."""


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows left each table, or would have."""

    consultations: int
    cards: int
    feedback: int


def purge(database_url: str, *, older_than: timedelta, now: datetime) -> Purged:
    """Delete what is older, in one transaction for each batch: what was done stays where a later one fails.

    Feedback goes with its card; feedback of a card that is not in the record goes by when it came. Keys of
    orders that are quiet no more go too, whatever their age; they say nothing, and are not counted.
    Raises as `reading` does.
    """
    engine, limit = record_engine(database_url), now - older_than
    counts = {CONSULTATIONS: 0, CARDS: 0, FEEDBACK: 0, QUIET: 0}
    try:
        over = select(QUIET.c.state_key).where(QUIET.c.until < int(now.timestamp()))
        for table in (FEEDBACK, CARDS, CONSULTATIONS, QUIET):
            old = over if table is QUIET else _old(table, limit)
            found = ROWS_AT_ONCE
            while found == ROWS_AT_ONCE:
                with changing(engine) as connection:
                    found = _delete_batch(connection, table, old)
                counts[table] += found
    finally:
        engine.dispose()
    return Purged(counts[CONSULTATIONS], counts[CARDS], counts[FEEDBACK])


def would_purge(database_url: str, *, older_than: timedelta, now: datetime) -> Purged:
    """What `purge` would delete; nothing is changed."""
    limit = now - older_than
    with reading(database_url) as connection:
        return Purged(*(_count(connection, _old(table, limit)) for table in (CONSULTATIONS, CARDS, FEEDBACK)))


def _old(table: Table, limit: datetime) -> Select[Any]:
    """The keys of the old rows of a table.

    CAUTION: cards go by their own time, which is their consultation's, and feedback before its card.
    """
    key = next(iter(table.primary_key))
    if table is not FEEDBACK:
        return select(key).where(table.c.at < milliseconds(limit))
    cards = select(CARDS.c.uuid).where(CARDS.c.at < milliseconds(limit))
    known = select(CARDS.c.uuid).where(CARDS.c.uuid == FEEDBACK.c.card).exists()
    is_stray = ~known & (FEEDBACK.c.received_at < limit.astimezone(UTC))
    return select(key).where(or_(FEEDBACK.c.card.in_(cards), is_stray))


def _delete_batch(connection: Connection, table: Table, old: Select[Any]) -> int:
    key = next(iter(table.primary_key))
    keys = list(connection.execute(old.limit(ROWS_AT_ONCE)).scalars())
    if keys:
        connection.execute(delete(table).where(key.in_(keys)))
    return len(keys)


def _count(connection: Connection, old: Select[Any]) -> int:
    return connection.execute(select(func.count()).select_from(old.subquery())).scalar_one()
