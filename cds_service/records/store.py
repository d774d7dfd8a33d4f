"""What is written to the record in one transaction: consultations with their cards, and feedback on them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from msgspec.structs import astuple
from sqlalchemy import JSON, Connection, Row, Table, select, update
from sqlalchemy.dialects import postgresql, sqlite

from cds_service.records.consultation import Consultation
from cds_service.records.feedback import ReceivedFeedback, in_utc, row_from
from cds_service.records.sql.database import Database
from cds_service.records.sql.engine import codec_of, json_of
from cds_service.records.sql.tables import CARDS, CONSULTATIONS, FEEDBACK, QUIET

_COLUMNS: Final = len(CONSULTATIONS.c)
"""The fields of a Consultation are the columns, in their order; the cards come after them."""

_LISTS: Final = tuple(place for place, column in enumerate(CONSULTATIONS.c) if isinstance(column.type, JSON))
_EMPTY: Final = json_of(())

MOST_ASKED_AT_ONCE: Final = 500
"""Values of one `IN`: every version of SQLite and PostgreSQL takes so many."""


class RecordStore:
    """Writes to a database; whatever is written twice is there once.

    Raises what the `Database` does. `hours_quiet`: how long the card of an order is held back that was taken
    or turned down.
    """

    def __init__(self, database: Database, *, hours_quiet: float) -> None:
        self._database = database
        self._seconds_quiet = hours_quiet * 3600
        self._unjoined: set[str] = set()
        self._unjoined_before: set[str] = set()

    def write(self, consultations: Sequence[Consultation], feedback: Sequence[ReceivedFeedback]) -> None:
        """Write all of it, or none if it raises; when it returns it survives a crash."""
        with self._database.transaction() as connection:
            codec = codec_of(connection)
            if consultations:
                _add_many(connection, CONSULTATIONS, [_row_of(each, codec) for each in consultations])
                _add_many(connection, CARDS, [*_cards_of(consultations)])
            answers = [_writable(row_from(each), codec) for each in feedback]
            _add(connection, FEEDBACK, answers)
            uuids = {card.uuid for each in consultations for card in each.cards}
            answered = {row["card"] for row in answers}
            joined = self._match(connection, uuids | answered)
        self._unjoined |= answered - joined

    def join_late(self) -> None:
        """Look again for the cards of feedback that were not there at the last look but one.

        CAUTION: of two transactions of PostgreSQL that write a card and the feedback on it at the same moment
        neither sees the row of the other.
        """
        if self._unjoined_before:
            with self._database.transaction() as connection:
                self._match(connection, self._unjoined_before)
        self._unjoined, self._unjoined_before = set(), self._unjoined

    def _match(self, connection: Connection, uuids: Iterable[str]) -> set[str]:
        """Join the feedback and the cards that came now: a card may be written after the feedback on it.

        The cards that were joined.
        """
        until: dict[bytes, int] = {}
        known: list[int] = []
        cards: set[str] = set()
        for row in _unmatched(connection, sorted(uuids)):
            known.append(row.id)
            cards.add(row.card)
            instant = in_utc(row.received_at).timestamp() + self._seconds_quiet
            for key in _keys_made_quiet(row):
                until[key] = max(until.get(key, 0), int(instant))
        for ids in _in_parts(known):
            connection.execute(update(FEEDBACK).where(FEEDBACK.c.id.in_(ids)).values(is_known=True))
        if until and self._seconds_quiet:
            rows = [{"state_key": key, "until": second} for key, second in sorted(until.items())]
            insert = _insert(connection, QUIET)
            later = insert.on_conflict_do_update(
                index_elements=["state_key"],
                set_={"until": insert.excluded.until},
                where=QUIET.c.until < insert.excluded.until,
            )
            connection.execute(later, rows)
        return cards


def _insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def _add(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert the rows that are not there."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), rows)


def _writable(row: dict[str, Any], codec: str) -> dict[str, Any]:
    """The row with an escape in place of each character that the server has not."""
    return {name: _in_codec(value, codec) for name, value in row.items()} if codec else row


def _in_codec(value: Any, codec: str) -> Any:
    if isinstance(value, list | tuple):
        return [_in_codec(each, codec) for each in value]
    return value.encode(codec, "backslashreplace").decode(codec) if isinstance(value, str) else value


def _add_many(connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
    """As `_add`, for rows that are as the driver wants them: most of the time of a group goes there else."""
    if rows:
        mark = "?" if connection.dialect.name == "sqlite" else "%s"
        columns, marks = ", ".join(table.c.keys()), ", ".join([mark] * len(table.c))
        text = f"INSERT INTO {table.name} ({columns}) VALUES ({marks}) ON CONFLICT DO NOTHING"
        connection.exec_driver_sql(text, rows)


def _unmatched(connection: Connection, uuids: Sequence[str]) -> Iterator[Any]:
    """The feedback on these cards that has not been joined to its consultation, where that is there."""
    joined = FEEDBACK.join(CARDS, CARDS.c.uuid == FEEDBACK.c.card).join(
        CONSULTATIONS, CONSULTATIONS.c.id == CARDS.c.consultation_id
    )
    f = FEEDBACK.c
    columns = (f.id, f.card, f.received_at, f.outcome, f.accepted_suggestions)
    of_card = (CARDS.c.kind, CARDS.c.suggestions, CONSULTATIONS.c.state_key)
    query = select(*columns, *of_card).select_from(joined).where(FEEDBACK.c.is_known.is_(False))
    for part in _in_parts(uuids):
        yield from connection.execute(query.where(FEEDBACK.c.card.in_(part))).all()


def _keys_made_quiet(row: Row[Any]) -> Iterator[bytes]:
    """The states of orders that need no card for a while: the one turned down, or the one taken instead."""
    if row.outcome == "overridden" and row.kind == "order" and row.state_key:
        yield bytes.fromhex(row.state_key)
    elif row.outcome == "accepted":
        for uuid, _procedure, taken_key, _is_recommended in row.suggestions:
            if uuid in row.accepted_suggestions and taken_key:
                yield bytes.fromhex(taken_key)


def _in_parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (values[i : i + MOST_ASKED_AT_ONCE] for i in range(0, len(values), MOST_ASKED_AT_ONCE))


def _row_of(consultation: Consultation, codec: str) -> tuple[Any, ...]:
    """The row as the driver takes it: lists are JSON, and the fields stand in the order of the columns.

    CAUTION: the edition's label is the site's own words.
    """
    row = [*astuple(consultation)[:_COLUMNS]]
    if codec:
        row = [_in_codec(value, codec) for value in row]
    for place in _LISTS:
        row[place] = json_of(row[place]) if row[place] else _EMPTY
    return tuple(row)


def _cards_of(consultations: Iterable[Consultation]) -> Iterator[tuple[Any, ...]]:
    for each in consultations:
        for place, card in enumerate(each.cards):
            suggestions = json_of(card.suggestions)
            yield card.uuid, each.id, each.at, place, card.kind, card.indicator, suggestions
