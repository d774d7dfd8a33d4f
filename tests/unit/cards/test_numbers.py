"""Numbers and lengths of time as the cards show them."""

from datetime import timedelta
from decimal import Decimal

import pytest

from cds_service.cards.phrases import length_text, limit_text, number, range_text
from cds_service.clinical.range import Range, above, below
from cds_service.knowledge.definitions import DefinitionId
from tests.clinical.chart import at_least, between, over, range_of, under
from tests.unit.cards.builders import knowledge


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
        ("120.0", "120"),
        ("1E+3", "1000"),
        ("1E+2", "100"),
    ],
)
def test_a_number_has_at_most_two_decimals_and_never_reaches_a_limit_by_rounding(
    value: str, text: str
) -> None:
    assert number(Decimal(value)) == text


@pytest.mark.parametrize("value", ["199.9", "199.96", "199.996", "199.9999"])
def test_a_number_under_a_limit_is_never_shown_as_the_limit(value: str) -> None:
    assert Decimal(number(Decimal(value))) < 200


@pytest.mark.parametrize("value", ["100.1", "100.04", "100.004", "100.0001"])
def test_a_number_over_a_limit_is_never_shown_as_the_limit(value: str) -> None:
    assert Decimal(number(Decimal(value))) > 100


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (range_of(120), "120 mL"),
        (over(200), "over 200 mL"),
        (at_least(200), "at least 200 mL"),
        (under(50), "under 50 mL"),
        (below(Decimal(50), is_open=False), "at most 50 mL"),
        (between(100, 150), "100 to 150 mL"),
    ],
)
def test_a_range_is_shown_as_a_reader_expects_it(value: Range, text: str) -> None:
    assert range_text(value, "mL") == text


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(minutes=45), "45 min"),
        (timedelta(hours=20), "20 h"),
        (timedelta(hours=20.5), "20.5 h"),
        (timedelta(hours=47), "47 h"),
        (timedelta(hours=25, minutes=30), "25.5 h"),
        (timedelta(days=9), "9 days"),
        (timedelta(days=92), "3 months"),
        (timedelta(days=568), "18 months"),
        (timedelta(days=913), "2.5 years"),
        (timedelta(days=3 * 365.25), "3 years"),
        (timedelta(days=1461), "4 years"),
    ],
)
def test_a_length_of_time_is_in_its_largest_fitting_unit(length: timedelta, text: str) -> None:
    assert length_text(length.total_seconds() / 3600) == text


def test_what_could_not_be_measured_is_said_without_a_number() -> None:
    assert range_text(above(Decimal(0), is_open=False), "mmHg") == "not measurable"


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (DefinitionId.VOLUME_MASSIVE, "from 200 mL"),
        (DefinitionId.EGFR_SEVERE, "under 30 mL/min/1.73 m²"),
        (DefinitionId.ADULT_AGE, "from 18 years"),
        (DefinitionId.SYSTOLIC_LOW, "under 90 mmHg"),
    ],
)
def test_a_limit_is_said_in_the_units_of_a_ward(limit: DefinitionId, text: str) -> None:
    assert limit_text(knowledge().definitions[limit]) == text
