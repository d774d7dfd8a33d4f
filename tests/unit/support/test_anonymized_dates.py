"""The dates of an anonymized copy."""

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.cds_hooks.request import JUDGE_AT_KEY
from cds_service.support.anonymize.stand_ins import REMOVED, TimeShift
from tests.unit.support.builders import NOW, SHIFT, Json, copied


def of_patient(**members: Any) -> Json:
    """The copy of a Patient in the prefetch."""
    copy_of = copied({"prefetch": {"patient": {"resourceType": "Patient", **members}}})
    patient: Json = copy_of["prefetch"]["patient"]
    return patient


@pytest.mark.parametrize(
    ("written", "moved"),
    [
        ("2026-03-12T14:30:05.123+01:00", "2023-06-16T14:30:05.123+01:00"),
        ("2026-03-12", "2023-06-16"),
        ("2026-03", "2023-06"),
        ("2026", "2023"),
        ("9999-12-31", "9999-12-31"),
        ("2300-01-01", "9999-12-31"),
        ("1753-01-01", REMOVED),
        ("2026-02-31", REMOVED),
        ("yesterday", REMOVED),
        ("", ""),
    ],
)
def test_dates_move_by_the_same_number_of_days(written: str, moved: str) -> None:
    assert SHIFT.moved(written) == moved


@given(st.dates(date(1960, 1, 1), date(2050, 1, 1)), st.integers(-3650, -400))
def test_the_distance_between_two_days_stays(day: date, days: int) -> None:
    shift = TimeShift(days, NOW)

    assert datetime.fromisoformat(shift.moved(day.isoformat())).date() == day + timedelta(days=days)


@given(st.dates(date(1905, 1, 1), date(2026, 3, 12)), st.integers(-3650, -400))
def test_a_birth_date_keeps_the_age_in_years_up_to_90(born: date, days: int) -> None:
    shift = TimeShift(days, NOW)
    today = NOW.date()

    copy_of = datetime.fromisoformat(shift.birth_date(born.isoformat())).date()

    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    assert (copy_of.month, copy_of.day) == (1, 1)
    assert shift.new_judged_at.year - copy_of.year == min(age, 90)


@pytest.mark.parametrize(
    ("written", "copy_of"),
    [
        ("2008-06-01", "2006-01-01"),
        ("2008", "2005"),
        ("1958", "1955"),
        ("1930", "1933-01-01"),
        ("2030-01-01", REMOVED),
        ("unknown", REMOVED),
    ],
)
def test_a_birth_date_that_leaves_the_age_open_leaves_it_open(written: str, copy_of: str) -> None:
    assert of_patient(birthDate=written)["birthDate"] == copy_of


def test_the_instant_of_judging_keeps_its_offset() -> None:
    there = TimeShift(-10, datetime(2026, 3, 12, 9, tzinfo=timezone(timedelta(hours=-5))))

    copy_of = copied({"extension": {JUDGE_AT_KEY: there.judged_at.isoformat()}}, there)

    assert copy_of["extension"] == {JUDGE_AT_KEY: "2026-03-02T09:00:00-05:00"}


def test_an_instant_that_is_refused_stays_refused() -> None:
    copy_of = copied({"extension": {JUDGE_AT_KEY: "Anna"}})

    assert copy_of["extension"] == {JUDGE_AT_KEY: REMOVED}
