"""The tables as version 0.1.0 made them, each with a row, and what it was that it kept."""

from typing import Final

from sqlalchemy import Engine

_SQLITE: Final = "id INTEGER NOT NULL, {columns}, PRIMARY KEY (id)"
_POSTGRESQL: Final = "id SERIAL NOT NULL, {columns}, PRIMARY KEY (id)"
_COLUMNS: Final = (
    "service_id TEXT NOT NULL, card TEXT NOT NULL, outcome TEXT NOT NULL, "
    "accepted_suggestions JSON NOT NULL, override_code TEXT NOT NULL, override_system TEXT NOT NULL, override_display TEXT NOT NULL, "
    "user_comment TEXT NOT NULL, outcome_timestamp {instant} NOT NULL, received_at {instant} NOT NULL"
)
_ROW: Final = (
    "INSERT INTO feedback (service_id, card, outcome, accepted_suggestions, override_code, override_system, "
    "override_display, user_comment, outcome_timestamp, received_at) "
    "VALUES ('hemoptysis-imaging-order-sign', 'a card of 0.1.0', 'overridden', '[]', 'other', 'https://example.org', 'Other', 'said no – ☹', "
    "'2026-11-24 12:00:00{zone}', '2026-11-24 12:00:01{zone}')"
)


def make_tables_of_0_1_0(engine: Engine, *, is_whole: bool = True) -> None:
    """CAUTION: in SQL, as it was then; what the code says of its tables today may change."""
    is_sqlite = engine.dialect.name == "sqlite"
    columns = _COLUMNS.format(instant="DATETIME" if is_sqlite else "TIMESTAMP WITH TIME ZONE")
    with engine.begin() as connection:
        table = (_SQLITE if is_sqlite else _POSTGRESQL).format(columns=columns)
        connection.exec_driver_sql(f"CREATE TABLE feedback ({table})")
        if is_whole:
            connection.exec_driver_sql("CREATE INDEX ix_feedback_card ON feedback (card)")
        connection.exec_driver_sql(_ROW.format(zone="" if is_sqlite else "+00"))
