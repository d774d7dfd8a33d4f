"""One consultation as it was judged, by any id that a person may have of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, or_, select

from cds_service.records.feedback import in_utc
from cds_service.records.report.reading import reading
from cds_service.records.sql.tables import CARDS, CONSULTATIONS, FEEDBACK


@dataclass(frozen=True, slots=True)
class FoundConsultation:
    """A row of the record with its cards and the feedback on them, each as the database holds it."""

    consultation: dict[str, Any]
    cards: tuple[dict[str, Any], ...]
    feedback: tuple[dict[str, Any], ...]


def consultations_of(database_url: str, any_id: str) -> list[FoundConsultation]:
    """What has this id as its own, its call's, its rating's or one of its cards', the oldest first.

    Raises as `reading` does.
    """
    wanted = any_id.strip().lower().removeprefix("urn:uuid:")
    if not wanted:  # the chart of a patient-view has no consult id, and is not meant by none
        return []
    c = CONSULTATIONS.c
    with reading(database_url) as connection:
        by_card = select(CARDS.c.consultation_id).where(CARDS.c.uuid == wanted)
        is_meant = or_(*(column == wanted for column in (c.id, c.call_id, c.consult_id)), c.id.in_(by_card))
        rows = _rows(connection, CONSULTATIONS, is_meant, c.at)
        return [_with_answers(connection, row) for row in rows]


def _with_answers(connection: Connection, row: dict[str, Any]) -> FoundConsultation:
    cards = _rows(connection, CARDS, CARDS.c.consultation_id == row["id"], CARDS.c.place)
    shown = [card["uuid"] for card in cards]
    feedback = _rows(connection, FEEDBACK, FEEDBACK.c.card.in_(shown), FEEDBACK.c.id)
    return FoundConsultation(row, tuple(cards), tuple(feedback))


def _rows(connection: Connection, table: Table, is_meant: Any, in_order_of: Any) -> list[dict[str, Any]]:
    found = connection.execute(select(table).where(is_meant).order_by(in_order_of))
    return [{name: _in_utc(value) for name, value in row.items()} for row in found.mappings()]


def _in_utc(value: Any) -> Any:
    return in_utc(value) if isinstance(value, datetime) else value
