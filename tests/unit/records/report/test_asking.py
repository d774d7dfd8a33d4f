"""What a person asks for becomes a period, filters, and a period to compare with."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cds_service.errors import BadValue
from cds_service.knowledge.model import Knowledge
from cds_service.records.report.asking import choices_in, question_from
from cds_service.records.report.report import Question
from cds_service.records.report.scope import Scope, milliseconds
from tests.unit.records.report.conftest import Made

NOW = datetime(2026, 11, 30, 12, tzinfo=ZoneInfo("Europe/Paris"))


def asked(knowledge: Knowledge, **words: str) -> Question:
    return question_from({name.replace("_", "-"): word for name, word in words.items()}, knowledge, NOW)


def test_nothing_asked_is_the_last_thirty_days(knowledge: Knowledge) -> None:
    scope = asked(knowledge).scope

    assert (scope.since, scope.until, scope.hours) == (datetime(2026, 10, 31, tzinfo=NOW.tzinfo), NOW, 24)


def test_a_day_at_the_end_is_included_and_an_instant_is_not(knowledge: Knowledge) -> None:
    by_day = asked(knowledge, since="2026-10-01", until="2026-10-31").scope
    by_instant = asked(knowledge, since="2026-10-01T08:00", until="2026-10-31T00:00Z").scope

    assert (by_day.since.isoformat(), by_day.until.isoformat()) == (
        "2026-10-01T00:00:00+02:00",
        "2026-11-01T00:00:00+01:00",
    )
    assert by_instant.since == datetime(2026, 10, 1, 6, tzinfo=UTC)
    assert by_instant.until == datetime(2026, 10, 31, tzinfo=UTC)


def test_the_other_period_is_as_long_unless_both_ends_are_said(knowledge: Knowledge) -> None:
    words = {"since": "2026-11-01", "until": "2026-11-10", "client": "north", "hours": "48"}

    from_its_end = asked(knowledge, **words, compare_until="2026-10-10").earlier
    from_its_start = asked(knowledge, **words, compare_since="2026-10-01").earlier
    both = asked(knowledge, **words, compare_since="2026-10-01", compare_until="2026-10-31").earlier

    assert from_its_end is not None
    assert from_its_start is not None
    assert both is not None
    assert from_its_end.until - from_its_end.since == timedelta(days=10)
    assert from_its_start == from_its_end
    assert (both.client, both.hours, (both.until - both.since).days) == ("north", 48, 31)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"since": "yesterday"}, "since: expected a day or an instant"),
        ({"until": "2026-13-01"}, "until: expected"),
        ({"until": "9999-12-31"}, "until: expected"),
        ({"until": "9999-12-31T23:59-14:00"}, "until: expected"),
        ({"since": "9999-12-01", "until": "9999-12-30"}, "until: expected"),
        ({"since": "2026-11-30", "until": "2026-11-29"}, "since: expected a time before until"),
        (
            {"compare_since": "2026-02-01", "compare_until": "2026-01-01"},
            "compare-since: expected a time before",
        ),
        ({"hours": "0"}, "hours: expected a whole number from 1"),
        ({"hours": "1.5"}, "hours: expected a whole number from 1"),
        ({"hours": "٣٣٣٣٣"}, "hours: expected a whole number from 1"),
        ({"variant": "mild"}, "variant: expected one of massive"),
        ({"procedure": "x-ray"}, "procedure: expected one of radiography-chest"),
        ({"by": "year"}, "by: expected one of day, week, month"),
        ({"since": "2020-01-01", "by": "day"}, "by: more than 400"),
    ],
)
def test_what_cannot_be_meant_is_named(knowledge: Knowledge, words: dict[str, str], message: str) -> None:
    with pytest.raises(BadValue, match=f"^{message}"):
        asked(knowledge, **words)


@pytest.mark.parametrize(
    ("days", "unit"), [(1, "day"), (35, "day"), (36, "week"), (210, "week"), (211, "month")]
)
def test_buckets_are_as_long_as_keeps_them_few(knowledge: Knowledge, days: int, unit: str) -> None:
    since = NOW - timedelta(days=days)

    assert asked(knowledge, since=since.isoformat()).by == unit


def test_the_services_and_clients_of_the_record_can_be_chosen(made: Made) -> None:
    choices = choices_in(made.url)

    assert choices.clients == ("north", "south")
    assert [service.rpartition("imaging-")[2] for service in choices.services] == [
        "order-select",
        "order-sign",
        "patient-view",
    ]


@pytest.mark.parametrize(("month", "day"), [(3, 29), (10, 25)])
def test_a_card_is_open_for_as_long_as_an_answer_counts_when_the_clocks_are_changed(
    month: int, day: int
) -> None:
    now = NOW.replace(month=month, day=day)
    scope = Scope(since=now - timedelta(days=30), until=now, now=now)

    assert milliseconds(now) - scope.settled_before == scope.wait == 24 * 3_600_000
