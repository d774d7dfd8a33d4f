"""A whole record goes down and up through every revision, and nothing that is not said is lost on the way."""

from collections.abc import Iterator, Set
from dataclasses import replace
from typing import Any, Final

import pytest
from sqlalchemy import Engine, text

from cds_service.records.feedback import ReceivedFeedback
from cds_service.records.sql.database import Database
from cds_service.records.sql.engine import engine_from
from cds_service.records.sql.schema import REVISIONS, migrate, require_current
from cds_service.records.store import RecordStore
from tests.unit.records.consultations import a_consultation
from tests.unit.records.test_feedback_in_sqlite import NOON, OVERRIDDEN, SERVICE

TABLES: Final = ("consultations", "cards", "quiet", "feedback")
LOST_BELOW_0003: Final = {"client", "digest", "is_known"}
"""Columns of feedback that earlier versions stumble over; the page on upgrades says that they are lost."""


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = engine_from(database_url)
    migrate(engine)
    store = RecordStore(Database(database_url, require_current), hours_quiet=24)
    judged = [a_consultation(), a_consultation(evidence=("heart-rate:silenced",))]
    card = judged[0].cards[0].uuid
    turned_down = ReceivedFeedback(SERVICE, "north-hospital", NOON, replace(OVERRIDDEN, card=card))
    store.write(judged, [turned_down])
    yield engine
    engine.dispose()


def rows(engine: Engine, table: str, *, but: Set[str] = frozenset()) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT * FROM {table}")).mappings()
        each = [{k: v for k, v in row.items() if k not in but} for row in found]
    return sorted(each, key=str)


@pytest.mark.parametrize("lowest", ["base", *REVISIONS[:-1]])
def test_a_record_that_goes_down_and_up_again_keeps_every_row(engine: Engine, lowest: str) -> None:
    before = {table: rows(engine, table, but=LOST_BELOW_0003) for table in TABLES}
    assert all(before.values())

    assert migrate(engine, to=lowest) == REVISIONS[-1]
    assert rows(engine, "feedback") == before["feedback"]
    assert migrate(engine) == lowest

    assert {table: rows(engine, table, but=LOST_BELOW_0003) for table in TABLES} == before
    require_current(engine)


def test_after_going_down_and_up_what_is_sent_is_kept_as_ever(engine: Engine, database_url: str) -> None:
    migrate(engine, to=REVISIONS[0])
    migrate(engine)
    store = RecordStore(Database(database_url, require_current), hours_quiet=24)
    count = len(rows(engine, "feedback"))

    for _ in range(2):
        store.write([], [ReceivedFeedback(SERVICE, "north-hospital", NOON, OVERRIDDEN)])

    assert len(rows(engine, "feedback")) == count + 1
