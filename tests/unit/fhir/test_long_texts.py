"""Foreign texts of any length: what is too long to be an amount is not read, and costs next to nothing."""

import re
from collections.abc import Callable
from time import perf_counter
from typing import Final

import msgspec
import pytest

from cds_service.fhir.chart import blood_amounts
from cds_service.fhir.chart.bleeding import finding_in_word
from cds_service.fhir.chart.blood_amounts import amount_in_words, amount_phrase, blood_amount
from cds_service.fhir.elements import Quantity
from cds_service.fhir.quantities import LONGEST_AMOUNT, amount_pattern, measured, measured_text, unit_of
from tests.unit.fhir.builders import knowledge, meanings

FEW: Final = 5_000
MOST_GROWTH: Final = 40
"""Ten times as much text may take ten times as long; a quadratic pattern takes a hundred times."""

ONCE: Final = 0.25
"""Seconds that a busy computer may take for anything; a quadratic pattern takes many times that."""

PIECES: Final = [
    " ",
    "\t \n",
    "1",
    "a",
    "ml ",
    "1 ",
    "1.",
    "1/2 ",
    "- ",
    "per ",
    "/ ",
    "{",
    "{}",
    "(",
    "a.",
    "de ",
]
TEXTS: Final = [f"{head}{{}}{tail}" for head in ("", "200 mL", "mL") for tail in ("", "x", "<")]


def measured_unit(text: str) -> object:
    value = measured(Quantity(value=msgspec.Raw(b"2"), unit=text), knowledge().words)
    return blood_amount(value, knowledge()) if value else None


READERS: Final[dict[str, Callable[[str], object]]] = {
    "the unit of a quantity": measured_unit,
    "a unit alone": lambda text: unit_of(Quantity(unit=text)),
    "a measured text": lambda text: measured_text(text, knowledge().words),
    "an amount among words": lambda text: amount_in_words(text, knowledge()),
    "the phrase of an amount": lambda text: amount_phrase(text, knowledge()),
    "words of size": lambda text: finding_in_word(text, meanings()),
}


def seconds(read: Callable[[str], object], text: str) -> float:
    """The shorter of two times, since another process may take the computer meanwhile."""
    times = []
    for _ in range(2):
        started = perf_counter()
        read(text)
        times.append(perf_counter() - started)
    return min(times)


@pytest.mark.parametrize("name", READERS)
def test_the_time_to_read_a_text_grows_with_its_length_at_most(name: str) -> None:
    read = READERS[name]
    for piece in PIECES:
        for text in TEXTS:
            few, many = text.format(piece * FEW), text.format(piece * FEW * 10)
            assert seconds(read, many) <= MOST_GROWTH * seconds(read, few) + ONCE


PATTERNS: Final[dict[str, Callable[[], re.Pattern[str]]]] = {
    "amount": lambda: amount_pattern(knowledge().words),
    "of blood": lambda: blood_amounts._of_blood(knowledge().words),
    "elision": lambda: blood_amounts._elision(knowledge().words),
    "per": lambda: blood_amounts._per(knowledge().words),
    "phrase": lambda: blood_amounts._phrase(knowledge().words, knowledge().units),
    "time": lambda: blood_amounts._time(knowledge().words),
    "annotation": lambda: blood_amounts._ANNOTATION,
    "doubtful sign": lambda: blood_amounts._DOUBTFUL_SIGN,
}


@pytest.mark.parametrize("name", PATTERNS)
def test_every_pattern_is_quick_on_the_longest_text_that_it_meets(name: str) -> None:
    pattern = PATTERNS[name]()
    for piece in PIECES:
        for text in TEXTS:
            meets = " ".join(text.format(piece * LONGEST_AMOUNT).split())[:LONGEST_AMOUNT]
            assert seconds(lambda met: [*pattern.finditer(met)], meets) < ONCE
            assert seconds(pattern.fullmatch, meets) < ONCE


@pytest.mark.parametrize("length", [LONGEST_AMOUNT, 5_000, 100_000])
def test_what_stands_behind_many_blanks_is_not_lost(length: int) -> None:
    assert amount_in_words(f"5 mL{' ' * length}or a cup", knowledge()) is None
    assert measured_unit(f"mL{' ' * length}or a cup") is None
    assert finding_in_word(f"scant{' ' * length}now massive", meanings()) == "unreadable"
