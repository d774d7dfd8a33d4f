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
        ("[tsp_m]", "5"),
        ("[tbs_us]", "14.79"),
        ("[tbs_m]", "15"),
        ("[cup_us]", "236.59"),
        ("[cup_m]", "240"),
        ("[foz_us]", "29.574"),
        ("[foz_br]", "28.413"),
        ("[foz_m]", "30"),
        ("[pt_us]", "473.18"),
        ("[qt_us]", "946.35"),
        ("[drp]", "0.05"),
        ("dL", "100"),
        ("dl", "100"),
        ("cL", "10"),
        ("uL", "0.001"),
        ("µL", "0.001"),
        ("cm3", "1"),
        ("cm³", "1"),
        ("10*-3.L", "1"),
        (" mL ", "1"),
        ("oz", "29.574"),
        ("fl oz", "29.574"),
        ("Fl. Oz.", "29.574"),
        ("pint", "473.18"),
        ("drops", "0.05"),
        ("gouttes", "0.05"),
    ],
)
def test_a_unit_of_volume_is_told_in_milliliters(units: Units, unit: str, milliliters: str) -> None:
    assert units.milliliters_per(unit) == (Decimal(milliliters), Decimal(milliliters))


@pytest.mark.parametrize(
    ("names", "least", "most"),
    [
        ("teaspoon, Teaspoons, tsp., cuillère à café, cuilleres a cafe, Teelöffel, cucharadita, cucchiaino",
         "4.93", "5"),
        ("tablespoon, tbsp, cuillère à soupe, Esslöffel, cucharada, cucchiaio", "10", "15"),
        ("cup, cups", "236.59", "240"),
        ("glass, verre, verre d'eau, verres d’eau, Glas, Gläser, vaso, bicchiere", "100", "200"),
        ("spittoon, sputum cup, crachoir, Sputumbecher, escupidera", "100", "150"),
        ("kidney dish, kidney-dishes, emesis basin, haricot, bol, Nierenschale, riñonera", "300", "500"),
    ],
)  # fmt: skip
def test_a_vessel_holds_from_one_number_to_another(units: Units, names: str, least: str, most: str) -> None:
    for name in names.split(", "):
        assert units.milliliters_per(name) == (Decimal(least), Decimal(most)), name


@pytest.mark.parametrize(
    "unit",
    [
        "",
        "mg",
        "h",
        "mL/h",
        "{streaks}",
        "spoon",
        "%",
        "[oz_av]",
        "[in_i]",
        "mouthful",
        "gorgée",
        "tasse",
        "taza",
        "mL" + " " * 200,
    ],
)
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
        ("1800.s", "0.5"),
        ("wk", "168"),
        ("mo", "730.5"),
        ("a", "8766"),
        ("Stunden", "1"),
        ("horas", "1"),
        ("giorno", "24"),
    ],
)
def test_a_unit_of_time_is_told_in_hours(units: Units, unit: str, hours: str) -> None:
    found = units.hours_per(unit)

    assert found is not None
    assert abs(found - Decimal(hours)) < Decimal("1e-20")


@pytest.mark.parametrize("unit", ["", "mL", "0.h", "(0.h)", "24", "24.mL", "month", "h.h"])
def test_what_is_no_unit_of_time_is_not_guessed(units: Units, unit: str) -> None:
    assert units.hours_per(unit) is None
