"""Numbers and lengths of time as the cards show them."""

from datetime import timedelta
from decimal import Decimal

import pytest

from cds_service.clinical.amounts import length_text, number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("120", "120"),
        ("1250", "1250"),
        ("0.50", "0.5"),
        ("236.588", "236.58"),
        ("199.96", "199.96"),
        ("199.999", "199.99"),
        ("100.001", "100.01"),
        ("0", "0"),
        ("1E+2", "100"),
    ],
)
def test_a_number_has_at_most_two_decimals_and_never_reaches_a_limit_by_rounding(
    value: str, text: str
) -> None:
    assert number(Decimal(value)) == text


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(minutes=45), "45 min"),
        (timedelta(hours=20), "20 h"),
        (timedelta(hours=25, minutes=30), "25.5 h"),
        (timedelta(days=9), "9 days"),
        (timedelta(days=92), "3 months"),
        (timedelta(days=568), "18 months"),
        (timedelta(days=913), "2.5 years"),
        (timedelta(days=1461), "4 years"),
    ],
)
def test_a_length_of_time_is_in_its_largest_fitting_unit(length: timedelta, text: str) -> None:
    assert length_text(length) == text
