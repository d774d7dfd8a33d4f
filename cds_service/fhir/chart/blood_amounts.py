"""Amounts of blood in mL: from a measured value and its unit, or from among the words of a sentence."""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Final

import msgspec

from cds_service.clinical.range import Range
from cds_service.fhir.quantities import (
    NUMBER,
    MeasuredValue,
    comparator_pattern,
    measured_text,
    range_pattern,
)
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.words import ChartWords, Units, folded, tokens_of

_LONGEST: Final = 160
"""No amount is written in more characters; a longer text is a note that may tell of other things too."""

_ANNOTATION: Final = re.compile(r"\{[^{}]*\}")
_EXPONENT: Final = re.compile(r"(?P<volume>.+)\.(?P<time>[a-z]+)-1", re.IGNORECASE)
_UNIT: Final = r"[^\W\d_]+|\[[a-z_]+\]"
_LEADING_SIGN: Final = re.compile(r"\s*[-–—−]\s*")
_DOUBTFUL_SIGN: Final = re.compile(r"[/<>≤≥±+*×÷?%^]")


class BloodAmount(msgspec.Struct, frozen=True):
    """An amount in mL; `per_hours` when the unit counts it over a time."""

    ml: Range
    per_hours: Decimal | None = None


def blood_amount(measured: MeasuredValue, knowledge: Knowledge) -> BloodAmount | None:
    """The amount; None when the unit is none of volume, or of volume over time.

    `mL{blood}`, `mL/(24.h)`, `mL/d`, `mL.h-1`, `cc per hour` and `mL of blood in 24 h` are read.
    """
    units = knowledge.units
    factor, time = units.milliliters_per(measured.unit), ""
    if factor is None:
        volume, time = _parts(measured.unit, knowledge.words)
        factor = units.milliliters_per(volume)
    if factor is None:
        return None
    if not time:
        return BloodAmount(measured.value.scaled(factor))
    hours = units.hours_per(time)
    return None if hours is None else BloodAmount(measured.value.scaled(factor), hours)


def blood_ratio(volume: MeasuredValue, time: MeasuredValue, knowledge: Knowledge) -> BloodAmount | None:
    """An amount whose time stands in the denominator of a Ratio."""
    amount, hours = blood_amount(volume, knowledge), knowledge.units.hours_per(time.unit)
    if amount is None or amount.per_hours or hours is None or not time.value.is_exact or not time.written:
        return None
    return BloodAmount(amount.ml, time.written * hours)


def blood_between(
    low: MeasuredValue, high: MeasuredValue, knowledge: Knowledge
) -> tuple[MeasuredValue, BloodAmount] | None:
    """The amount between two ends, each in its own unit, and the range as charted."""
    least, most = blood_amount(low, knowledge), blood_amount(high, knowledge)
    if least is None or most is None or least.per_hours != most.per_hours or least.ml.low > most.ml.high:
        return None
    charted = MeasuredValue(low.value, low.unit, f"{low.charted} to {high.charted}")
    return charted, BloodAmount(Range(least.ml.low, most.ml.high), least.per_hours)


def _parts(unit: str, words: ChartWords) -> tuple[str, str]:
    """The volume and the time of a unit, without annotations and the word for blood."""
    plain = _of_blood(words).sub("", _ANNOTATION.sub("", unit)).strip()
    if match := _EXPONENT.fullmatch(plain):
        return match["volume"], match["time"]
    volume, *times = _per(words).split(plain, maxsplit=1)
    return volume, times[0] if times else ""


def amount_in_words(text: str, knowledge: Knowledge) -> MeasuredValue | None:
    """The one amount of blood that a text names, plainly or among other words, charted as the whole text.

    None when something leaves a doubt: several amounts, a negation, another time, another fluid.
    """
    whole = measured_text(text, knowledge.words)
    if whole and blood_amount(whole, knowledge):
        return whole
    phrase = measured_text(amount_phrase(text, knowledge), knowledge.words)
    return MeasuredValue(phrase.value, phrase.unit, text.strip()) if phrase else None


def amount_phrase(text: str, knowledge: Knowledge) -> str:
    """The amount alone, without the words around it (`>200 mL/24 h`); empty when there is not just one."""
    units, words = knowledge.units, knowledge.words
    found = _phrase(words).finditer(text[: _LONGEST + 1])
    phrases = [match for match in found if _is_volume(match, units)]
    if len(text) > _LONGEST or len(phrases) != 1 or _LEADING_SIGN.fullmatch(text[: phrases[0].start()]):
        return ""
    (phrase,) = phrases
    time, around = _time_apart(text[phrase.end() :], knowledge)
    if _is_doubtful(f"{text[: phrase.start()]} {around}", knowledge):
        return ""
    last = f"-{phrase['last']}" if phrase["last"] else ""
    per = f"/{time}" if time else ""
    return f"{phrase['comparator'] or ''} {phrase['first']}{last} {phrase['unit']}{per}".strip()


def _is_volume(phrase: re.Match[str], units: Units) -> bool:
    is_in_one_unit = folded(phrase["first_unit"] or phrase["unit"]) == folded(phrase["unit"])
    return is_in_one_unit and units.milliliters_per(phrase["unit"]) is not None


def _time_apart(text: str, knowledge: Knowledge) -> tuple[str, str]:
    """The time over which an amount is counted, and the other words."""
    for found in _time(knowledge.words).finditer(text):
        if knowledge.units.hours_per(found["time"]) is not None:
            return found["time"].strip(), f"{text[: found.start()]} {text[found.end() :]}"
    return "", text


def _is_doubtful(around: str, knowledge: Knowledge) -> bool:
    """True when the words around an amount hold another number or unit, or change what it means."""
    if _DOUBTFUL_SIGN.search(around) or any(c.isnumeric() for c in around):
        return True
    units = knowledge.units
    return any(
        token in knowledge.words.doubtful or units.milliliters_per(token) or units.hours_per(token)
        for token in tokens_of(_elision(knowledge.words).sub(" ", around))
    )


# --- patterns, each made once for the words in force -----------------------------------------------------


def _alternatives(words: frozenset[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


@lru_cache(maxsize=4)
def _of_blood(words: ChartWords) -> re.Pattern[str]:
    of, blood = _alternatives(words.of_words), _alternatives(words.blood_words)
    return re.compile(rf"\s+(?:(?:{of})\s+)?(?:{blood})\b", re.IGNORECASE)


@lru_cache(maxsize=4)
def _elision(words: ChartWords) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{_alternatives(words.elisions)})", re.IGNORECASE)


@lru_cache(maxsize=4)
def _per(words: ChartWords) -> re.Pattern[str]:
    return re.compile(rf"\s*(?:/|\b(?:{_alternatives(words.per_time)})\b)\s*", re.IGNORECASE)


@lru_cache(maxsize=4)
def _phrase(words: ChartWords) -> re.Pattern[str]:
    return re.compile(
        rf"(?:(?<!\w)(?P<comparator>{comparator_pattern(words)})\s*)?"
        rf"(?:(?<!\w)(?:{_alternatives(words.approximations)})\s+|[~≈]\s*)?"
        rf"(?<![\w.,/'’–—−+±-])(?P<first>{NUMBER})"
        rf"(?:\s*(?P<first_unit>{_UNIT})?\s*(?:[-–—]|(?<!\w)(?:{range_pattern(words)})(?!\w))"
        rf"\s*(?P<last>{NUMBER}))?\s*(?P<unit>{_UNIT})(?!\w)",
        re.IGNORECASE,
    )


@lru_cache(maxsize=4)
def _time(words: ChartWords) -> re.Pattern[str]:
    return re.compile(
        rf"(?:/|(?<!\w)(?:{_alternatives(words.per_time)})(?!\w))\s*"
        rf"(?:(?:{_alternatives(words.time_fillers)})\s+)*"
        r"(?P<time>\(?\s*(?:\d+(?:\.\d+)?)?[.\s]*[a-z]+(?:\s*\))?)(?!\w)",
        re.IGNORECASE | re.ASCII,
    )
