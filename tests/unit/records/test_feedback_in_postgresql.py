"""The record of feedback in a real PostgreSQL server, in databases of two encodings."""

import json
import multiprocessing
import random
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from cds_service.cds_hooks.feedback import (
    MOST_CHARACTERS_OF_AN_ID,
    MOST_SUGGESTIONS,
    FeedbackItem,
    OverrideReason,
    feedback_from_json,
)
from cds_service.errors import Unavailable
from cds_service.records.sql.database import Database
from cds_service.records.sql.tables import CONSULTATIONS
from cds_service.records.store import RecordStore
from tests.unit.records.conftest import encoded
from tests.unit.records.consultations import a_consultation
from tests.unit.records.keeping import FeedbackKeeper
from tests.unit.records.postgresql import Server
from tests.unit.records.test_feedback_in_sqlite import (
    ACCEPTED,
    NOON,
    OVERRIDDEN,
    SERVICE,
    keep_once,
    seconds_until_each_is_refused,
)

pytestmark = pytest.mark.integration


@pytest.fixture
def store(postgresql_url: str) -> Iterator[FeedbackKeeper]:
    store = FeedbackKeeper(postgresql_url)
    yield store
    store.close()


def test_processes_that_start_at_the_same_moment_all_keep_theirs(
    store: FeedbackKeeper, postgresql_url: str
) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=keep_once, args=(postgresql_url,)) for _ in range(6)]

    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert [worker.exitcode for worker in workers] == [0] * 6
    assert len(store.all()) == 6


@pytest.mark.parametrize("item", [OVERRIDDEN, ACCEPTED])
def test_what_is_kept_is_read_again_as_it_was(store: FeedbackKeeper, item: FeedbackItem) -> None:
    store.keep(SERVICE, [item], received_at=NOON)

    (kept,) = store.all()

    assert (kept.item, kept.service_id, kept.received_at) == (item, SERVICE, NOON)


def test_the_longest_ids_of_a_body_are_kept_and_longer_ones_are_named(store: FeedbackKeeper) -> None:
    """Of characters that have four bytes each, and that the server cannot compress."""
    letters = random.Random(1)

    def an_id(length: int) -> str:
        return "".join(chr(letters.randrange(0x20000, 0x2A000)) for _ in range(length))

    items = [
        {
            "card": an_id(length),
            "outcome": "accepted",
            "acceptedSuggestions": [{"id": an_id(length)} for _ in range(MOST_SUGGESTIONS)],
            "outcomeTimestamp": "2026-11-24T10:05:31Z",
        }
        for length in (MOST_CHARACTERS_OF_AN_ID, MOST_CHARACTERS_OF_AN_ID + 1)
    ]
    batch = feedback_from_json(json.dumps({"feedback": items}).encode())
    store.keep(SERVICE, batch.items, received_at=NOON)

    assert [kept.item.card for kept in store.all()] == [items[0]["card"]]
    assert [fault.expression for fault in batch.faults] == ["feedback[1].card"]


@pytest.mark.parametrize(
    ("encoding", "kept"),
    [
        ("LATIN1", r"d\u2019étage \U0001fac1"),
        ("WIN1252", r"d’étage \U0001fac1"),
        ("EUC_JIS_2004", r"d’étage \U0001fac1"),
    ],
)
def test_what_a_server_has_no_character_for_is_kept_as_an_escape(
    server: Server, encoding: str, kept: str
) -> None:
    said = "d’étage \U0001fac1"
    item = FeedbackItem(said, "overridden", NOON, (said,), OverrideReason(user_comment=said))
    with encoded(server, encoding) as url:
        store = FeedbackKeeper(url)
        store.keep(SERVICE, [item], received_at=NOON)
        store.keep(SERVICE, [item, ACCEPTED], received_at=NOON)
        [there, other] = [each.item for each in store.all()]
        store.close()

    assert (there.card, *there.accepted_suggestions, there.override_reason.user_comment) == (kept,) * 3
    assert other == ACCEPTED


def test_the_label_of_an_edition_may_have_any_character(server: Server) -> None:
    with encoded(server, "LATIN1") as url:
        database = Database(url)
        RecordStore(database, hours_quiet=24).write([a_consultation(edition="Nº 3 – 2026")], ())
        with database.transaction() as connection:
            assert connection.execute(select(CONSULTATIONS.c.edition)).scalar_one() == r"Nº 3 \u2013 2026"
        database.close()


def test_what_was_kept_survives_a_crash_of_the_server_and_the_record_recovers(
    store: FeedbackKeeper, server: Server
) -> None:
    store.keep(SERVICE, [OVERRIDDEN], received_at=NOON)
    server.stop()

    with pytest.raises(Unavailable):
        store.keep(SERVICE, [ACCEPTED], received_at=NOON)
    server.start()

    assert [entry.item for entry in store.all()] == [OVERRIDDEN]


def test_no_caller_waits_long_for_a_table_that_is_locked(store: FeedbackKeeper) -> None:
    store.open()

    with store.engine.begin() as other:
        other.exec_driver_sql("lock table feedback in access exclusive mode")
        waits = seconds_until_each_is_refused(store)

    assert max(waits) < 3
    store.keep(SERVICE, [ACCEPTED], received_at=NOON)
