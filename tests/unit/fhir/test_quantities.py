"""Amounts of blood and other measured values: units, comparators, ranges and words."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.clinical.range import Range, above, below, exactly
from cds_service.fhir.chart.blood_amounts import BloodAmount, amount_in_words, blood_amount
from cds_service.fhir.elements import FhirRange, Quantity
from cds_service.fhir.quantities import MeasuredValue, is_on, measured, measured_range
from cds_service.knowledge.terminology.words import Scale
from tests.unit.fhir.builders import UCUM, element, knowledge


def value_in(quantity: Any) -> MeasuredValue | None:
    return measured(element(Quantity, quantity), knowledge().words)


def in_ml(quantity: Any) -> BloodAmount | None:
    value = value_in(quantity)
    return blood_amount(value, knowledge()) if value else None


def text_in_ml(text: str) -> BloodAmount | None:
    value = amount_in_words(text, knowledge())
    return blood_amount(value, knowledge()) if value else None


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
        ("dL/d", amount("200", "24")),
        ("cL/h", amount("20", "1")),
        ("cm3/min", BloodAmount(exactly(Decimal(2)), 1 / Decimal(60))),
        ("10*-3.L/h", amount("2", "1")),
        ("10*-3.L", amount("2")),
        ("[foz_us]/d", amount("59.148", "24")),
        ("[pt_us]/wk", amount("946.36", "168")),
        ("uL.h-1", amount("0.002", "1")),
        ("dl", amount("200")),
        ("[drp]", amount("0.10")),
    ],
)
def test_any_unit_of_volume_stands_over_any_unit_of_time(unit: str, expected: BloodAmount) -> None:
    assert in_ml({"value": 2, "system": UCUM, "code": unit}) == expected


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("cup", BloodAmount(Range(Decimal("473.18"), Decimal(480)))),
        ("tablespoons", BloodAmount(Range(Decimal(20), Decimal(30)))),
        ("teaspoon", BloodAmount(Range(Decimal("9.86"), Decimal(10)))),
        ("kidney dishes", BloodAmount(Range(Decimal(600), Decimal(1000)))),
        ("crachoirs/jour", BloodAmount(Range(Decimal(200), Decimal(300)), Decimal(24))),
        ("fl oz", amount("59.148")),
        ("cm³", amount("2")),
        ("mL  of   blood", amount("2")),
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
    "unit",
    [
        "",
        "g",
        "mL/kg",
        "mL/fortnight",
        "mL/h/kg",
        "10*3.mL",
        "/h",
        "[oz_av]",
        "[in_i]",
        "mL" + " " * 5000 + "x",
    ],
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
    read = in_ml({"value": 200, "comparator": comparator, "unit": "mL"})

    assert read is not None
    assert read.ml == expected


@pytest.mark.parametrize(
    "value",
    [
        None, True, -1, "x", "-5", [], {}, "1E9", Decimal("NaN"), Decimal("Infinity"), Decimal("1E999999"),
        Decimal("0E-999999"), Decimal("1E-30"), 10**40, "1_000", "٣", "sNaN", "Infinity", "+5", "5.",
    ],
)  # fmt: skip
def test_what_is_no_measured_number_is_not_read(value: Any) -> None:
    assert value_in({"value": value, "unit": "mL"}) is None


def test_an_unknown_comparator_is_not_read() -> None:
    assert value_in({"value": 5, "comparator": "ad", "unit": "mL"}) is None


@pytest.mark.parametrize("value", ["120.5", " 120.500 ", "300.00000000000006", "0.30000000000000004"])
def test_a_number_written_as_text_is_read(value: str) -> None:
    assert in_ml({"value": value, "unit": "mL"}) == amount(value.strip())


@pytest.mark.parametrize(
    "value",
    [
        "85.10000000000001",
        "300.00000000000006",
        "22.000000000000004",
        "5.551115123125783E-17",
        "0.0000000000000",
    ],
)
def test_a_number_with_all_the_digits_of_a_computer_is_read_exactly(value: str) -> None:
    assert in_ml({"value": Decimal(value), "unit": "mL"}) == amount(value)


@pytest.mark.parametrize(
    ("written", "limit"),
    [("199." + "9" * 60, "200"), ("200." + "0" * 60 + "1", "200"), ("100." + "0" * 25 + "1", "100")],
)
def test_a_number_of_endless_digits_stays_on_its_side_of_every_limit(written: str, limit: str) -> None:
    for value in (Decimal(written), written):
        read = in_ml({"value": value, "unit": "L"})

        assert read is not None
        assert (read.ml.low > Decimal(limit) * 1000) == (Decimal(written) > Decimal(limit))
        assert read.ml.low != Decimal(limit) * 1000


def test_the_written_digits_are_shown() -> None:
    value = value_in({"value": Decimal("1.50"), "comparator": ">", "unit": "cups"})

    assert value is not None
    assert value.charted == ">1.50 cups"


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
    value = measured_range(element(FhirRange, written))

    assert value is not None
    assert value.value == expected
    assert value.unit in ("mL", "L")


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
    assert measured_range(element(FhirRange, written)) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("150 mL", amount("150")),
        ("150ml", amount("150")),
        ("1,5 L", amount("1500")),
        ("1.5 L", amount("1500")),
        ("2 cups of blood", BloodAmount(Range(Decimal("473.18"), Decimal(480)))),
        ("200 mL/24 h", amount("200", "24")),
        ("200 mL in 24 h", amount("200", "24")),
        ("> 200 mL", BloodAmount(above(Decimal(200), is_open=True))),
        ("≥200 mL", BloodAmount(above(Decimal(200), is_open=False))),
        ("less than 5 mL", BloodAmount(below(Decimal(5), is_open=True))),
        ("up to 50 mL", BloodAmount(below(Decimal(50), is_open=False))),
        ("0.250 L", amount("250")),
        ("50-100 mL", BloodAmount(Range(Decimal(50), Decimal(100)))),
        ("50 – 100 mL", BloodAmount(Range(Decimal(50), Decimal(100)))),
        ("50 to 100 mL", BloodAmount(Range(Decimal(50), Decimal(100)))),
        ("50 à 100 mL", BloodAmount(Range(Decimal(50), Decimal(100)))),
        ("50 mL to 100 mL", BloodAmount(Range(Decimal(50), Decimal(100)))),
        ("5-10 mL/h", BloodAmount(Range(Decimal(5), Decimal(10)), Decimal(1))),
    ],
)
def test_a_text_with_one_number_and_a_unit_is_an_amount(text: str, expected: BloodAmount) -> None:
    assert text_in_ml(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "moderate", "150", "1,500 mL", "1.500 mL", "1 500 mL", "about 1,500 mL", "50 mL, then 100 mL",
        "-50 mL", "- 50 mL", "50 mL not blood", "2 x 50 mL", "50 mL x 2", "mL 50",
        "1E5 mL", "150-100 mL", ">50-100 mL", "50-100-150 mL", "50 mL to 1 L", "50 ± 10 mL",
        "not 250 mL", "no 250 mL", "pas 250 mL", "denies 250 mL", "250 mL?", "250 mL ruled out",
        "250 mL/kg", "250 mL per episode", "250 mL twice", "two bouts of 250 mL", "half of 250 mL",
        "250 mL or more", "nearly 200 mL", "200+ mL", "250 mL, another cup", "250 mL over a week",
        "250 mL yesterday", "250 mL since Monday", "250 mL daily", "call if more than 200 mL",
        "250 mL saline", "250 mL blood-stained sputum", "2026-11-24: 250 mL", "250 mL " + "and so on " * 30,
        "5 mL" + " " * 5000 + "in 24 h", "mL" + " " * 5000 + "x", "5 mL" + " " * 5000 + "x",
        "1" + " " * 100_000 + "<", "1" * 100_000 + "<", "50 mL" + " per" * 30_000,
    ],
)  # fmt: skip
def test_a_text_that_leaves_a_doubt_is_not_read(text: str) -> None:
    assert text_in_ml(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("about 250 mL", amount("250")),
        ("~250 mL", amount("250")),
        ("~ 250 mL.", amount("250")),
        ("approx. 250 cc", amount("250")),
        ("environ 250 mL", amount("250")),
        ("250 mL (estimated)", amount("250")),
        ("250 mL bright red blood", amount("250")),
        ("Coughed up 250mL of fresh blood this morning", amount("250")),
        ("Hemoptysis: 250 mL", amount("250")),
        ("EBL = 250 mL", amount("250")),
        ("about 20 mL/d", amount("20", "24")),
        ("about 250 mL bright red blood in 24 h", amount("250", "24")),
        ("roughly 60 mL of clots over the last 2 hours", amount("60", "2")),
        ("about 50-100 mL, bright red", BloodAmount(Range(Decimal(50), Decimal(100)))),
        ("less than 50 mL of blood", BloodAmount(below(Decimal(50), is_open=True))),
        ("more than about 200 mL bright red", BloodAmount(above(Decimal(200), is_open=True))),
        ("bleeding >200 mL", BloodAmount(above(Decimal(200), is_open=True))),
        ("at least 200 mL bright red", BloodAmount(above(Decimal(200), is_open=False))),
        ("no more than 50 mL", BloodAmount(below(Decimal(50), is_open=False))),
        ("up to 50 mL seen", BloodAmount(below(Decimal(50), is_open=False))),
    ],
)
def test_an_amount_among_other_words_is_read(text: str, expected: BloodAmount) -> None:
    assert text_in_ml(text) == expected


def test_an_amount_among_other_words_is_shown_as_charted() -> None:
    value = amount_in_words(" about 250 mL bright red ", knowledge())

    assert value is not None
    assert value.charted == "about 250 mL bright red"


@pytest.mark.parametrize(
    ("value", "unit", "scale"),
    [
        (97, "%", "%"),
        (97, "percent", "%"),
        (97, "% O2Sat", "%"),
        (120, "mm[Hg]", "mm[Hg]"),
        (120, "mmHg", "mm[Hg]"),
        (120, "mm Hg", "mm[Hg]"),
        (16, "/min", "/min"),
        (16, "{breaths}/min", "/min"),
        (16, "breaths/min", "/min"),
        (0, "L/min", "L/min"),
        (60, "mL/min/{1.73_m2}", "mL/min/{1.73_m2}"),
        (60, "mL/min/1.73 m²", "mL/min/{1.73_m2}"),
        (60, "mL/min/1.73m2", "mL/min/{1.73_m2}"),
    ],
)
def test_a_reading_is_taken_in_any_plain_spelling_of_its_unit(value: Any, unit: str, scale: Scale) -> None:
    value = value_in({"value": value, "unit": unit})

    assert value is not None
    assert is_on(value, scale, knowledge())


@pytest.mark.parametrize(
    ("value", "unit", "scale"),
    [
        (Decimal("0.97"), "1", "%"),
        (Decimal("0.97"), "%", "%"),
        (970, "%", "%"),
        (97, "", "%"),
        (16, "kPa", "mm[Hg]"),
        (0, "mm[Hg]", "mm[Hg]"),
        (0, "/min", "/min"),
        (16, "/h", "/min"),
    ],
)
def test_a_fraction_another_unit_and_an_impossible_value_are_not_taken(
    value: Any, unit: str, scale: Scale
) -> None:
    value = value_in({"value": value, "unit": unit})

    assert value is not None
    assert not is_on(value, scale, knowledge())


@given(st.text(alphabet="0123456789.,<> mLlchup/()h-"))
def test_any_text_is_an_amount_or_not_read(text: str) -> None:
    measured = text_in_ml(text)

    assert measured is None or measured.ml.low >= 0
