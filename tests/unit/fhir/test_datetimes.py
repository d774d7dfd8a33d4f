"""FHIR dates and times as moments and periods."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.clinical.time import UNDATED, Period
from cds_service.fhir.dates import Calendar
from cds_service.fhir.elements import FhirPeriod, Timing
from cds_service.fhir.resources import Condition
from tests.unit.fhir.builders import condition, element

PARIS = timezone(timedelta(hours=1))
CALENDAR = Calendar(datetime(2026, 11, 24, 12, tzinfo=PARIS))


def period_of(**members: Any) -> Period:
    return CALENDAR.period(element(FhirPeriod, members))


def last_event_of(**members: Any) -> Period:
    timing = element(Timing, members)
    assert timing is not None
    return CALENDAR.last_event(timing)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-11-24T10:00:00Z", datetime(2026, 11, 24, 10, tzinfo=UTC)),
        ("2026-11-24T10:00:00.123456789+02:00", datetime(2026, 11, 24, 8, 0, 0, 123456, tzinfo=UTC)),
        ("2026-11-24T10:00:00-0500", datetime(2026, 11, 24, 15, tzinfo=UTC)),
        ("2026-11-24T10:00:00", datetime(2026, 11, 24, 9, tzinfo=UTC)),
        ("2026-11-24 10:00", datetime(2026, 11, 24, 9, tzinfo=UTC)),
        ("2026-11-24t10:00z", datetime(2026, 11, 24, 10, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2026-11-23T24:00:00Z", datetime(2026, 11, 24, tzinfo=UTC)),
    ],
)
def test_an_instant_is_exact_and_without_an_offset_in_that_of_now(written: str, expected: datetime) -> None:
    moment = CALENDAR.moment(written)

    assert (moment.earliest, moment.latest) == (expected, expected)
    assert moment.written == written


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2026-11-24", (2026, 11, 24), (2026, 11, 25)),
        ("2024-02", (2024, 2, 1), (2024, 3, 1)),
        ("2026", (2026, 1, 1), (2027, 1, 1)),
    ],
)
def test_a_partial_date_spans_all_that_it_may_mean(
    written: str, first: tuple[int, int, int], last: tuple[int, int, int]
) -> None:
    moment = CALENDAR.moment(written)

    assert moment.earliest == datetime(*first, tzinfo=PARIS)
    assert moment.latest == datetime(*last, tzinfo=PARIS) - timedelta(microseconds=1)


@pytest.mark.parametrize(
    "written",
    [
        None, 5, {}, [], True, "", "today", "24/11/2026", "2026-13-01", "2026-02-30", "2026-11-24T25:00:00Z",
        "2026-11-24T10:61:00Z", "0001-01-01", "9999-12-31", "1753-01-01", "2026-11-24T10",
        "2026-11-24T10:00:00+99:00",
        "٢٠٢٦-11-24",
    ],
)  # fmt: skip
def test_what_is_no_date_is_undated(written: Any) -> None:
    read = element(Condition, condition(onsetDateTime=written))

    assert read is not None
    assert CALENDAR.moment(read.onset_date_time) == UNDATED


def test_a_period_without_an_end_is_open_and_so_is_one_that_ends_in_the_far_future() -> None:
    for end in ({}, {"end": "9999-12-31"}, {"end": None}):
        period = period_of(start="2026-11-24T10:00:00Z", **end)

        assert period.start.is_dated
        assert period.closed_at(CALENDAR.now).end.latest == CALENDAR.now


@pytest.mark.parametrize("end", ["garbage", "2026-11-23", 5])
def test_a_period_with_an_end_that_cannot_be_meant_is_undated(end: Any) -> None:
    period = period_of(start="2026-11-24T10:00:00Z", end=end)

    assert not period.start.is_dated
    assert not period.closed_at(CALENDAR.now).end.is_dated


def test_a_timing_counts_by_its_last_event() -> None:
    period = last_event_of(event=["2026-11-24T10:00:00Z", "2026-11-24T11:00:00Z", "2026-11-23"])

    assert period.end.written == "2026-11-24T11:00:00Z"
    assert not period.is_span


def test_a_timing_with_an_event_that_cannot_be_read_is_undated() -> None:
    assert not last_event_of(event=["2026-11-24T10:00:00Z", "later"]).end.is_dated


def test_a_timing_without_events_counts_by_its_bounds() -> None:
    bounds = {"start": "2026-11-23T10:00:00Z", "end": "2026-11-24T10:00:00Z"}

    assert last_event_of(repeat={"boundsPeriod": bounds}).is_span


@given(st.text(), st.from_regex(r"\A\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?)?)?\Z"))
def test_any_text_is_a_moment_or_undated(text: str, date: str) -> None:
    for written in (text, date):
        moment = CALENDAR.moment(written)

        assert moment.earliest <= moment.latest
