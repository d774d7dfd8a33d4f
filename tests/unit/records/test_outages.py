"""What is said of a database that fails: one line a minute, with the kind of its error and no word of it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from cds_service.cds_hooks.feedback import FeedbackItem, OverrideReason
from cds_service.errors import Unavailable
from cds_service.records.feedback import FeedbackStore
from cds_service.records.outages import Outages

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ITEM = FeedbackItem("card-1", "overridden", NOON, override_reason=OverrideReason(user_comment="Jane Doe"))


def test_a_store_that_fails_is_told_once_a_minute_with_how_often_it_failed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = [1000.0]
    outages = Outages("record's database", clock=lambda: now[0])

    for second in range(121):
        now[0] = 1000.0 + second
        outages.tell(OSError("postgresql://u:hunter2@db"))

    assert caplog.messages == [
        "record's database failed: OSError (1)",
        "record's database failed: OSError (60)",
        "record's database failed: OSError (60)",
    ]


def test_of_an_error_of_the_database_the_kind_that_its_driver_gave_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    error = OperationalError("insert into feedback values (?)", ["Jane Doe"], TimeoutError("Jane Doe"))

    Outages("record's database").tell(error)

    assert caplog.messages == ["record's database failed: TimeoutError (1)"]


def test_feedback_that_cannot_be_kept_is_told_once_however_much_comes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "record.db").mkdir()
    store = FeedbackStore(f"sqlite:///{tmp_path}/record.db")

    for _ in range(5):
        with pytest.raises(Unavailable):
            store.keep("service", [ITEM], received_at=NOON)

    assert caplog.messages == ["record's database failed: OperationalError (1)"]
    assert caplog.records[0].levelname == "WARNING"
