"""The words of an anonymized copy: what stays of a text, an amount and a unit."""

from functools import cache

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cds_service.fhir.chart.blood_amounts import amount_in_words, blood_amount
from cds_service.fhir.codes import Meanings
from cds_service.fhir.orders.studies import is_of_another_part
from cds_service.support.anonymize.words import WordFilter, word_filter_from
from tests.unit.support.builders import advisor


@cache
def words() -> WordFilter:
    return word_filter_from(advisor().knowledge)


PIECES = st.lists(
    st.sampled_from(
        [
            "hemoptysis",
            "Hémoptysie",
            "no",
            "denies",
            "rule out",
            "history of",
            "ruled out",
            "absent",
            "r/o",
            "?",
            "CT",
            "CTA",
            "chest",
            "thorax",
            "abdomen",
            "without contrast",
            "w/o",
            "with",
            "contrast",
            "x-ray",
            "for PE",
            "pulmonary embolism",
            "fever,",
            "or",
            "cough",
            "but",
            "Mueller",
            "Anna",
            "and",
            "71250",
            "3",
            "view",
            "Łódź",
            "Анна",
            "-",
            ";",
            ".",
            ",",
            ":",
            "(",
            ")",
            "\n",
            "since",
            "o'clock",
            "portable",
            "IMG12",
            "warfarin",
            "contrast allergy",
            "x",
        ]
    ),
    max_size=10,
)


@given(PIECES)
@example(["pulmonary embolism", "Анна", "CT"])
def test_a_cleaned_text_is_read_as_the_whole_text(pieces: list[str]) -> None:
    text = " ".join(pieces)
    terminology = advisor().knowledge.terminology

    cleaned = words().cleaned(text)

    assert set(terminology.concepts_in(cleaned)) == set(terminology.concepts_in(text))
    assert terminology.study_in(cleaned) == terminology.study_in(text)
    meanings = Meanings(advisor().knowledge)
    assert is_of_another_part((cleaned,), meanings) == is_of_another_part((text,), meanings)
    assert bool(cleaned) == bool(text.strip())


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("CT CHEST W/O CONTRAST Dr Smith", "ct chest w/o contrast xx xx"),
        ("Hemoptysis since Tuesday, Anna Mueller", "hemoptysis since xx, xx xx"),
        ("Rule out hemoptysis", "rule out hemoptysis"),
        ("0171 555 1234", "0x 0x 0x"),
        ("71250 hemoptysis", "0x hemoptysis"),
        ("Hemoptysis", "Hemoptysis"),
        ("Positive", "Positive"),
        (">200 mL", ">200 mL"),
        ("2 cups of blood", "2 cups of blood"),
        ("200 mL (Anna)", "200 mL"),
        ("Anna coughed up more than 200 mL in 24 h", "more than 200 mL/24 h"),
        ("2 x 50 mL", "2 x 0x xx"),
        ("94 % on 3 L for Anna", "0x % xx 3 l for xx"),
        ("0.1 mcg/kg/min by Anna", "0x.0x xx/xx/min by xx"),
        ("Meyerhofer / h", "xx / h"),
        ("call Smith per hour", "xx xx per hour"),
        ("nil", "nil"),
        ("Large amount", "Large amount"),
        ("Large amount, Dr Smith", "large xx, xx xx"),
        ("about a  teaspoon, Anna", "1 teaspoon"),
        ("Embolization, Splenic artery", "embolization, splenic artery"),
        ("1,500 mL", "0x,0x xx"),
        ("  ", ""),
        ("≈", "xx"),
    ],
)
def test_of_a_text_only_listed_words_and_amounts_stay(text: str, cleaned: str) -> None:
    assert words().cleaned(text) == cleaned


@given(
    st.from_regex(
        r"(>|<|about )?[0-9]{1,4}([.,][0-9]{1,3})?(-[0-9]+)? ?(mL|L|cups?|cc|Anna|mL/h|)", fullmatch=True
    )
)
def test_a_cleaned_amount_is_read_as_the_whole_one(text: str) -> None:
    def amount(written: str) -> object:
        value = amount_in_words(written, advisor().knowledge)
        return value and blood_amount(value, advisor().knowledge)

    assert amount(words().cleaned(text)) == amount(text)


@pytest.mark.parametrize(
    ("unit", "cleaned"),
    [
        ("mL", "mL"),
        ("mL{of Anna's}", "mL"),
        ("{Anna}/min", "/min"),
        ("mL/min/{1.73_m2}", "mL/min/{1.73_m2}"),
        ("breaths/minute", "breaths/minute"),
        ("mm[Hg]", "mm[Hg]"),
        ("%", "%"),
        ("Annas", "xx"),
        ("", ""),
    ],
)
def test_a_unit_stays_if_it_is_known_and_without_annotations(unit: str, cleaned: str) -> None:
    assert words().cleaned_unit(unit) == cleaned


@pytest.mark.parametrize("written", ["82", "36.5", "70/40", "70 / 40", "70/40 mmHg", "9.3/5.3 kPa"])
def test_a_vital_sign_as_a_bare_number_or_a_pressure_of_two_stays(written: str) -> None:
    assert words().cleaned(written) == written
