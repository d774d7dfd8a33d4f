"""Units of volume and time, as UCUM codes and as people write them."""

from decimal import Decimal

import pytest

from cds_service.knowledge.load import load_knowledge
from cds_service.knowledge.terminology.words import Units


@pytest.fixture(scope="module")
def units() -> Units:
    return load_knowledge().units


@pytest.mark.parametrize(
    ("unit", "milliliters"),
    [
        ("mL", "1"),
        ("ml", "1"),
        ("mLs", "1"),
        ("cc", "1"),
        ("L", "1000"),
        ("litres", "1000"),
        ("[tsp_us]", "4.93"),
        ("teaspoon", "4.93"),
        ("Teaspoons", "4.93"),
        ("[tbs_us]", "14.79"),
        ("tablespoon", "14.79"),
        ("[cup_us]", "236.59"),
        ("cups", "236.59"),
        (" mL ", "1"),
        ("tsp.", "4.93"),
    ],
)
def test_a_unit_of_volume_is_told_in_milliliters(units: Units, unit: str, milliliters: str) -> None:
    assert units.milliliters_per(unit) == Decimal(milliliters)


@pytest.mark.parametrize("unit", ["", "mg", "h", "mL/h", "{streaks}", "spoon", "%"])
def test_what_is_no_unit_of_volume_is_not_guessed(units: Units, unit: str) -> None:
    assert units.milliliters_per(unit) is None


@pytest.mark.parametrize(
    ("unit", "hours"),
    [
        ("h", "1"),
        ("hour", "1"),
        ("d", "24"),
        ("day", "24"),
        ("jours", "24"),
        ("(24.h)", "24"),
        ("24.h", "24"),
        ("48.h", "48"),
        ("(48.h)", "48"),
        ("24h", "24"),
        ("24 hours", "24"),
        ("2.d", "48"),
        ("0.5.h", "0.5"),
        ("(30.min)", "0.5"),
    ],
)
def test_a_unit_of_time_is_told_in_hours(units: Units, unit: str, hours: str) -> None:
    found = units.hours_per(unit)

    assert found is not None
    assert abs(found - Decimal(hours)) < Decimal("1e-20")


@pytest.mark.parametrize("unit", ["", "mL", "0.h", "(0.h)", "24", "24.mL", "month", "h.h"])
def test_what_is_no_unit_of_time_is_not_guessed(units: Units, unit: str) -> None:
    assert units.hours_per(unit) is None
