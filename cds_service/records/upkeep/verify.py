"""Whether the record holds together: what should be nowhere in it is counted."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Select, func, select

from cds_service.records.report.reading import reading
from cds_service.records.report.scope import milliseconds
from cds_service.records.sql.schema import REVISIONS, revision_of
from cds_service.records.sql.tables import CARDS, CONSULTATIONS, FEEDBACK

CLOCKS_APART: Final = timedelta(minutes=15)
"""How far the clocks of two machines may be apart before a time counts as one of the future."""


@dataclass(frozen=True, slots=True)
class RecordCheck:
    """Something that was counted; of a fault there should be none."""

    says: str
    count: int
    is_fault: bool


def verify(database_url: str, now: datetime) -> list[RecordCheck]:
    """Everything that is looked at, faults or not. Raises as `reading` does."""
    with reading(database_url) as connection:
        return [
            RecordCheck("consultations", _count(connection, select(CONSULTATIONS.c.id)), is_fault=False),
            RecordCheck("cards", _count(connection, select(CARDS.c.uuid)), is_fault=False),
            RecordCheck("items of feedback", _count(connection, select(FEEDBACK.c.id)), is_fault=False),
            *_strays(connection),
            *_doubles(connection),
            *_of_the_future(connection, now),
            _revision(connection),
        ]


def _strays(connection: Connection) -> Iterator[RecordCheck]:
    c = CONSULTATIONS.c
    cards = select(CARDS.c.uuid).where(~select(c.id).where(c.id == CARDS.c.consultation_id).exists())
    yield RecordCheck("cards without their consultation", _count(connection, cards), is_fault=True)
    card = select(CARDS.c.uuid).where(CARDS.c.uuid == FEEDBACK.c.card).exists()
    feedback = select(FEEDBACK.c.id).where(~card)
    yield RecordCheck("items of feedback of unknown cards", _count(connection, feedback), is_fault=False)


def _doubles(connection: Connection) -> Iterator[RecordCheck]:
    """CAUTION: a key keeps an id from standing twice, but a file may be damaged or the key be gone."""
    for table, key in ((CONSULTATIONS, CONSULTATIONS.c.id), (CARDS, CARDS.c.uuid)):
        twice = select(key).group_by(key).having(func.count() > 1)
        yield RecordCheck(f"ids that stand twice in {table.name}", _count(connection, twice), is_fault=True)
    c = CONSULTATIONS.c
    judged = select(c.call_id).group_by(c.call_id, c.order_index).having(func.count() > 1)
    yield RecordCheck("orders recorded twice for one call", _count(connection, judged), is_fault=True)


def _of_the_future(connection: Connection, now: datetime) -> Iterator[RecordCheck]:
    limit = now + CLOCKS_APART
    for table in (CONSULTATIONS, CARDS):
        ahead = select(table.c.at).where(table.c.at > milliseconds(limit))
        yield RecordCheck(f"{table.name} of the future", _count(connection, ahead), is_fault=True)
    received = select(FEEDBACK.c.id).where(FEEDBACK.c.received_at > limit.astimezone(UTC))
    yield RecordCheck("items of feedback of the future", _count(connection, received), is_fault=True)


def _revision(connection: Connection) -> RecordCheck:
    """The revision of the tables, which is to be the newest that this version knows."""
    found, newest = revision_of(connection), REVISIONS[-1]
    says = f"revisions of the tables other than {newest} (found: {found})"
    return RecordCheck(says, int(found != newest), is_fault=True)


def _count(connection: Connection, found: Select[Any]) -> int:
    return connection.execute(select(func.count()).select_from(found.subquery())).scalar_one()
