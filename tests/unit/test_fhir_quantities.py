"""Amounts of blood and other measured values: units, comparators, ranges and words."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.clinical.range import Range, above, below, exactly
from cds_service.fhir.blood_amounts import BloodAmount, blood_amount
from cds_service.fhir.quantities import measure_from_quantity, measure_from_range, measure_from_text
from cds_service.fhir.vital_units import Scale, is_on
from tests.unit.fhir_builders import UCUM, knowledge


def in_ml(quantity: Any) -> BloodAmount | None:
    measure = measure_from_quantity(quantity)
    return blood_amount(measure, knowledge().units) if measure else None


def text_in_ml(text: str) -> BloodAmount | None:
    measure = measure_from_text(text)
    return blood_amount(measure, knowledge().units) if measure else None


def amount(value: str, hours: str | None = None) -> BloodAmount:
    return BloodAmount(exactly(Decimal(value)), None if hours is None else Decimal(hours))


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("mL", amount("2")),
        ("ml", amount("2")),
        ("cc", amount("2")),
        ("L", amount("2000")),
        ("[tsp_us]", amount("9.86")),
        ("[tbs_us]", amount("29.58")),
        ("[cup_us]", amount("473.18")),
        ("mL{blood}", amount("2")),
        ("mL/h", amount("2", "1")),
        ("mL/d", amount("2", "24")),
        ("L/d", amount("2000", "24")),
        ("mL/(24.h)", amount("2", "24")),
        ("mL/(48.h)", amount("2", "48")),
        ("mL/24.h", amount("2", "24")),
        ("mL.h-1", amount("2", "1")),
        ("[cup_us]/d", amount("473.18", "24")),
    ],
)
def test_any_unit_of_volume_stands_over_any_unit_of_time(unit: str, expected: BloodAmount) -> None:
    assert in_ml({"value": 2, "system": UCUM, "code": unit}) == expected


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("cup", amount("473.18")),
        ("tablespoons", amount("29.58")),
        ("teaspoon", amount("9.86")),
        ("cc/hr", amount("2", "1")),
        ("mL per hour", amount("2", "1")),
        ("mL in 24 h", amount("2", "24")),
        ("mL of blood in 24 hours", amount("2", "24")),
        ("ml/24h", amount("2", "24")),
        ("mL par jour", amount("2", "24")),
    ],
)
def test_without_a_code_the_words_of_the_unit_are_read(unit: str, expected: BloodAmount) -> None:
    assert in_ml({"value": 2, "unit": unit}) == expected


def test_the_code_stands_before_the_words() -> None:
    assert in_ml({"value": 2, "unit": "L", "system": UCUM, "code": "mL"}) == amount("2")


def test_a_code_of_another_system_is_none_of_ours() -> None:
    assert in_ml({"value": 2, "unit": "mL", "system": "urn:local", "code": "L"}) == amount("2")


@pytest.mark.parametrize(
    "unit", ["", "g", "mL/kg", "mL/fortnight", "dl", "mL/h/kg", "drops", "10*3.mL", "/h"]
)
def test_any_other_unit_is_no_amount(unit: str) -> None:
    assert in_ml({"value": 2, "system": UCUM, "code": unit}) is None


@pytest.mark.parametrize(
    ("comparator", "expected"),
    [
        ("", exactly(Decimal(200))),
        (">", above(Decimal(200), is_open=True)),
        (">=", above(Decimal(200), is_open=False)),
        ("<", below(Decimal(200), is_open=True)),
        ("<=", below(Decimal(200), is_open=False)),
    ],
)
def test_a_comparator_allows_a_range(comparator: str, expected: Range) -> None:
    measured = in_ml({"value": 200, "comparator": comparator, "unit": "mL"})

    assert measured is not None
    assert measured.ml == expected


@pytest.mark.parametrize(
    "value",
    [
        None, True, -1, "x", "-5", [], {}, "1E9", Decimal("NaN"), Decimal("Infinity"), Decimal("1E999999"),
        Decimal("0E-999999"), Decimal("1E-30"), 10**40,
    ],
)  # fmt: skip
def test_what_is_no_measured_number_is_not_read(value: Any) -> None:
    assert measure_from_quantity({"value": value, "unit": "mL"}) is None


def test_an_unknown_comparator_is_not_read() -> None:
    assert measure_from_quantity({"value": 5, "comparator": "ad", "unit": "mL"}) is None


def test_a_number_written_as_text_is_read() -> None:
    assert in_ml({"value": "120.5", "unit": "mL"}) == amount("120.5")


def test_the_written_digits_are_shown() -> None:
    measure = measure_from_quantity({"value": Decimal("1.50"), "comparator": ">", "unit": "cups"})

    assert measure is not None
    assert measure.charted == ">1.50 cups"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"low": {"value": 1, "unit": "L"}, "high": {"value": 2}}, Range(Decimal(1), Decimal(2))),
        ({"low": {"value": 100, "unit": "mL"}, "high": {"value": 150}}, Range(Decimal(100), Decimal(150))),
        ({"low": {"value": 100, "unit": "mL"}}, above(Decimal(100), is_open=False)),
        ({"high": {"value": 100, "unit": "mL"}}, below(Decimal(100), is_open=False)),
    ],
)  # fmt: skip
def test_a_range_may_have_an_open_end(written: Any, expected: Range) -> None:
    measure = measure_from_range(written)

    assert measure is not None
    assert measure.value == expected
    assert measure.unit in ("mL", "L")


@pytest.mark.parametrize(
    "written",
    [
        {},
        None,
        {"low": {"value": 5, "unit": "mL"}, "high": {"value": 1, "unit": "mL"}},
        {"low": {"value": 5, "unit": "mL"}, "high": {"value": 9, "unit": "L"}},
        {"low": {"value": 5, "unit": "mL"}, "high": {"value": "x", "unit": "mL"}},
        {"low": {"value": 5, "unit": "mL", "comparator": ">"}},
    ],
)
def test_a_range_that_cannot_be_meant_is_not_read(written: Any) -> None:
    assert measure_from_range(written) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("150 mL", amount("150")),
        ("150ml", amount("150")),
        ("1,5 L", amount("1500")),
        ("1.5 L", amount("1500")),
        ("2 cups of blood", amount("473.18")),
        ("200 mL/24 h", amount("200", "24")),
        ("200 mL in 24 h", amount("200", "24")),
        ("> 200 mL", BloodAmount(above(Decimal(200), is_open=True))),
        ("≥200 mL", BloodAmount(above(Decimal(200), is_open=False))),
        ("less than 5 mL", BloodAmount(below(Decimal(5), is_open=True))),
        ("up to 50 mL", BloodAmount(below(Decimal(50), is_open=False))),
    ],
)
def test_a_text_with_one_number_and_a_unit_is_an_amount(text: str, expected: BloodAmount) -> None:
    assert text_in_ml(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "moderate", "150", "1,500 mL", "1.500 mL", "100-150 mL", "100 to 150 mL", "50 mL, then 100 mL",
        "about 50 mL", "-50 mL", "50 mL not blood", "2 x 50 mL", "1 1/2 cups", "mL 50", "1E5 mL", "½ cup",
    ],
)  # fmt: skip
def test_a_text_that_leaves_a_doubt_is_not_read(text: str) -> None:
    assert text_in_ml(text) is None


@pytest.mark.parametrize(
    ("value", "unit", "scale"),
    [
        (97, "%", Scale.PERCENT),
        (97, "percent", Scale.PERCENT),
        (120, "mm[Hg]", Scale.PRESSURE),
        (120, "mmHg", Scale.PRESSURE),
        (120, "mm Hg", Scale.PRESSURE),
        (16, "/min", Scale.PER_MINUTE),
        (16, "{breaths}/min", Scale.PER_MINUTE),
        (16, "breaths/min", Scale.PER_MINUTE),
        (0, "L/min", Scale.FLOW),
        (60, "mL/min/{1.73_m2}", Scale.FILTRATION),
        (60, "mL/min/1.73 m²", Scale.FILTRATION),
        (60, "mL/min/1.73m2", Scale.FILTRATION),
    ],
)
def test_a_reading_is_taken_in_any_plain_spelling_of_its_unit(value: int, unit: str, scale: Scale) -> None:
    measure = measure_from_quantity({"value": value, "unit": unit})

    assert measure is not None
    assert is_on(measure, scale)


@pytest.mark.parametrize(
    ("value", "unit", "scale"),
    [
        (Decimal("0.97"), "1", Scale.PERCENT),
        (Decimal("0.97"), "%", Scale.PERCENT),
        (970, "%", Scale.PERCENT),
        (97, "", Scale.PERCENT),
        (16, "kPa", Scale.PRESSURE),
        (0, "mm[Hg]", Scale.PRESSURE),
        (0, "/min", Scale.PER_MINUTE),
        (16, "/h", Scale.PER_MINUTE),
    ],
)
def test_a_fraction_another_unit_and_an_impossible_value_are_not_taken(
    value: Any, unit: str, scale: Scale
) -> None:
    measure = measure_from_quantity({"value": value, "unit": unit})

    assert measure is not None
    assert not is_on(measure, scale)


@given(st.text(alphabet="0123456789.,<> mLlchup/()h-"))
def test_any_text_is_an_amount_or_not_read(text: str) -> None:
    measured = text_in_ml(text)

    assert measured is None or measured.ml.low >= 0
