"""Amounts of blood in mL: from a measured value and its unit, or from among the words of a sentence."""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Final

import msgspec
from msgspec.structs import replace

from cds_service.clinical.range import Range
from cds_service.fhir.quantities import BETWEEN, LONGEST_AMOUNT, NUMBER, MeasuredValue, measured_text
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.concepts import Concept
from cds_service.knowledge.terminology.neighbors import says_large
from cds_service.knowledge.terminology.words import (
    ChartWords,
    Units,
    alternatives,
    folded,
    spelled,
    tokens_of,
)

_MOST_HOURS: Final = 24 * 366
"""No blood is counted over more than a year: a longer time is a slip, and none that a calendar holds."""

_HOURS_OF_A_DAY: Final = Decimal(24)
_ANNOTATION: Final = re.compile(r"\{[^{}]*\}")
_EXPONENT: Final = re.compile(r"(?P<what>.+)\.(?P<time>[a-z]+)-1", re.IGNORECASE)
_FRACTION: Final = r"(?:\d{1,2} )?[1-9]/[1-9]\d?(?![\d.,/])"
_LEADING_SIGN: Final = re.compile(r" ?- ?")
_DOUBTFUL_SIGN: Final = re.compile(r"[/<>≤≥±+*×÷?%^]")
_DIGITS: Final = "0123456789"


class BloodAmount(msgspec.Struct, frozen=True):
    """An amount in mL; `per_hours` when the unit counts it over a time."""

    ml: Range
    per_hours: Decimal | None = None


def blood_amount(measured: MeasuredValue, knowledge: Knowledge) -> BloodAmount | None:
    """The amount; None when the unit is none of volume, or of volume over time.

    `mL{blood}`, `mL/(24.h)`, `mL/d`, `mL.h-1`, `cc per hour` and `mL of blood in 24 h` are read. Of a vessel
    the least and the most that it holds is taken.
    """
    units = knowledge.units
    factors, time = units.milliliters_per(measured.unit), ""
    if factors is None:
        volume, time = _parts(measured.unit, knowledge.words)
        factors = units.milliliters_per(volume)
    if factors is None:
        return None
    value, (least, most) = measured.value, factors
    ml = Range(value.low * least, value.high * most, value.low_is_open, value.high_is_open)
    if not time:
        return BloodAmount(ml)
    hours = units.hours_per(time)
    return None if hours is None or hours > _MOST_HOURS else BloodAmount(ml, hours)


def blood_ratio(
    volume: MeasuredValue, time: MeasuredValue, knowledge: Knowledge
) -> tuple[MeasuredValue, BloodAmount] | None:
    """An amount whose time stands in the denominator of a Ratio, and the ratio as charted."""
    amount, hours = blood_amount(volume, knowledge), knowledge.units.hours_per(time.unit)
    if amount is None or amount.per_hours or hours is None or not time.value.is_exact or not time.written:
        return None
    charted = replace(volume, charted=f"{volume.charted} / {time.charted}")
    over = time.written * hours
    return (charted, BloodAmount(amount.ml, over)) if over <= _MOST_HOURS else None


def blood_between(
    low: MeasuredValue, high: MeasuredValue, knowledge: Knowledge
) -> tuple[MeasuredValue, BloodAmount] | None:
    """The amount between two ends, each in its own unit, and the range as charted."""
    least, most = blood_amount(low, knowledge), blood_amount(high, knowledge)
    if least is None or most is None or least.per_hours != most.per_hours or least.ml.low > most.ml.high:
        return None
    charted = replace(low, charted=f"{low.charted}{BETWEEN}{high.charted}")
    return charted, BloodAmount(Range(least.ml.low, most.ml.high), least.per_hours)


def _parts(unit: str, words: ChartWords) -> tuple[str, str]:
    """The volume and the time of a unit, without annotations and the word for blood."""
    if len(unit) > LONGEST_AMOUNT:
        return "", ""
    plain = _of_blood(words).sub("", " ".join(_ANNOTATION.sub("", unit).split()))
    if match := _EXPONENT.fullmatch(plain):
        return match["what"], match["time"]
    volume, *times = _per(words).split(plain, maxsplit=1)
    return volume, times[0] if times else ""


def amount_in_words(text: str, knowledge: Knowledge) -> MeasuredValue | None:
    """The one amount of blood that a text names, plainly or among other words, charted as the whole text.

    None when something leaves a doubt: several amounts, a negation, another time, another fluid.
    """
    written = text.strip()
    if not written or len(written) > LONGEST_AMOUNT:
        return None
    whole = measured_text(spelled(written), knowledge.words)
    if whole is None or blood_amount(whole, knowledge) is None:
        whole = measured_text(amount_phrase(written, knowledge), knowledge.words)
    return replace(whole, charted=written) if whole else None


def amount_phrase(text: str, knowledge: Knowledge) -> str:
    """The amount alone, in digits, without the words around it; empty when there is not just one.

    `about two cups of blood` is `2 cups`, `more than 200 mL in 24 h` is `more than 200 mL/24 h`.
    """
    units, words = knowledge.units, knowledge.words
    if len(text) > LONGEST_AMOUNT:
        return ""
    text = spelled(text)
    phrases = [found for found in _phrase(words, units).finditer(text) if _is_in_one_unit(found)]
    if len(phrases) != 1 or _LEADING_SIGN.fullmatch(text[: phrases[0].start()]):
        return ""
    (phrase,) = phrases
    time, around = _time_apart(text[phrase.end() :], knowledge)
    if _is_doubtful(f"{text[: phrase.start()]} {around}", knowledge):
        return ""
    last = f"-{_in_digits(phrase['last'], words)}" if phrase["last"] else ""
    per = f"/{time}" if time else ""
    number = _in_digits(phrase["first"], words)
    return f"{phrase['comparator'] or ''} {number}{last} {phrase['unit']}{per}".strip()


def _is_in_one_unit(phrase: re.Match[str]) -> bool:
    return folded(phrase["first_unit"] or phrase["unit"]) == folded(phrase["unit"])


def _in_digits(written: str, words: ChartWords) -> str:
    """`two`, `half a`, `1/2` and `1 1/2` as decimals; a number in digits as it is written."""
    whole, _, fraction = written.rpartition(" ")
    if "/" in fraction:
        over, under = map(Decimal, fraction.split("/"))
        return f"{Decimal(whole or 0) + over / under:f}"
    return words.numbers.get(folded(written), written)


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
    tokens = tokens_of(_elision(knowledge.words).sub(" ", around))
    return any(token in knowledge.words.doubtful or is_unit(token, knowledge) for token in tokens)


def is_unit(token: str, knowledge: Knowledge) -> bool:
    """True for a folded word that is a unit of volume or time; not for `pt`, which may be a patient."""
    units, words = knowledge.units, knowledge.words
    return token not in words.beside_size and (token in units.milliliters or token in units.hours)


# --- among other words: whether an amount is said of a bleed that may be a large one ------------------------

_CLAUSE: Final = re.compile(r"[;:()\[\]\r\n]|[,.](?!\d)| - ")
_BESIDE: Final = (-1, 2)
"""So many words before and behind an amount tell of what it is one: `drain 300 mL`, `300 mL of saline`."""


def tells_of_much(text: str, knowledge: Knowledge, *, is_named: bool) -> bool:
    """True where a size or an amount calls a bleed large; `is_named`: the text names hemoptysis of now."""
    tokens, terminology = tokens_of(text), knowledge.terminology
    is_large = not knowledge.words.large.isdisjoint(tokens) and (
        terminology.calls_bleed_large(text) if is_named else says_large(tokens, knowledge.words)
    )
    has_unit = not _units_of_amounts(knowledge.units).isdisjoint(t.lstrip(_DIGITS) for t in tokens)
    return is_large or (has_unit and _names_much(text, knowledge))


def _names_much(text: str, knowledge: Knowledge) -> bool:
    """True where a text on a bleed names an amount that is not certainly small: `300 mL`, `cups of blood`.

    Small is one under the limit of a small bleed in a day. What is said of another fluid counts no blood.
    """
    clauses = _CLAUSE.split(text) if text.isascii() else _CLAUSE.split(spelled(text))
    return any(_is_much(" ".join(clause.split()), knowledge) for clause in clauses)


def _is_much(clause: str, knowledge: Knowledge) -> bool:
    words = knowledge.words
    is_of_blood = not words.blood.isdisjoint(tokens_of(clause))
    phrases = _phrase(words, knowledge.units).finditer(clause)
    found = [phrase for phrase in phrases if _counts_blood(phrase, knowledge, is_of_blood=is_of_blood)]
    if not found:
        return _vessels(words, knowledge.units).search(clause) is not None
    if _is_of_another_thing(clause, knowledge):
        return False
    if not words.doubts["several"].isdisjoint(tokens_of(clause[: found[0].start()])):
        return True
    return any(_may_be_much(f, knowledge) for f in found)


def _is_of_another_thing(clause: str, knowledge: Knowledge) -> bool:
    """True for a clause that names something, and neither hemoptysis nor blood: `SpO2 92 % on 2 L`."""
    named = {match.concept for match in knowledge.terminology.concepts_in(clause)}
    is_blood = Concept.HEMOPTYSIS in named or not knowledge.words.blood.isdisjoint(tokens_of(clause))
    return bool(named) and not is_blood


def _counts_blood(phrase: re.Match[str], knowledge: Knowledge, *, is_of_blood: bool) -> bool:
    """False for `a pt` (a patient), and for an amount that another fluid stands beside, and blood nowhere."""
    words, clause = knowledge.words, phrase.string
    is_word = folded(phrase["unit"]) in words.beside_size and not phrase["first"][0].isdigit()
    before = tokens_of(clause[max(0, phrase.start() - LONGEST_AMOUNT) : phrase.start()])
    behind = tokens_of(clause[phrase.end() : phrase.end() + LONGEST_AMOUNT])
    beside = {*before[_BESIDE[0] :], *behind[: _BESIDE[1]]}
    is_other = not (beside.isdisjoint(words.doubts["other-fluid"]) and beside.isdisjoint(words.oxygen))
    return not is_word and (not is_other or is_of_blood)


def _may_be_much(phrase: re.Match[str], knowledge: Knowledge) -> bool:
    time, _ = _time_apart(phrase.string[phrase.end() : phrase.end() + LONGEST_AMOUNT], knowledge)
    written = f"{amount_phrase(phrase[0], knowledge)}{'/' if time else ''}{time}"
    measured = measured_text(written, knowledge.words)
    amount = blood_amount(measured, knowledge) if measured else None
    if amount is None:
        return True
    times = max(Decimal(1), _HOURS_OF_A_DAY / amount.per_hours) if amount.per_hours else Decimal(1)
    return amount.ml.high * times >= knowledge.definitions[DefinitionId.SMALL_BLEED].value


# --- patterns, each made once for the words in force; they meet short texts with single blanks alone --------


@lru_cache(maxsize=4)
def _units_of_amounts(units: Units) -> frozenset[str]:
    """The first token of every unit: without one of them, digits before it aside, a text names no amount.

    That of `10*-3.L` is only a number, and L stands for itself.
    """
    return frozenset(tokens_of(unit)[0].lstrip(_DIGITS) for unit in units.milliliters) - {""}


@lru_cache(maxsize=4)
def _of_blood(words: ChartWords) -> re.Pattern[str]:
    of, blood = alternatives(words.of_words), alternatives(words.blood_words)
    return re.compile(rf" (?:(?:{of}) )?(?:{blood})\b", re.IGNORECASE)


@lru_cache(maxsize=4)
def _vessels(words: ChartWords, units: Units) -> re.Pattern[str]:
    """A unit of blood without a number: `cups of blood`, `verres de sang`."""
    return re.compile(
        rf"(?<!\w)(?:{alternatives(units.milliliters)}){_of_blood(words).pattern}", re.IGNORECASE
    )


@lru_cache(maxsize=4)
def _elision(words: ChartWords) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{alternatives(words.elisions)})", re.IGNORECASE)


@lru_cache(maxsize=4)
def _per(words: ChartWords) -> re.Pattern[str]:
    return re.compile(rf" ?(?:/|\b(?:{alternatives(words.per_time)})\b) ?", re.IGNORECASE)


@lru_cache(maxsize=4)
def _phrase(words: ChartWords, units: Units) -> re.Pattern[str]:
    spoken = alternatives(words.numbers).replace("\\ ", "[ -]")
    number = rf"{_FRACTION}|{NUMBER}|(?:{spoken})(?!\w)"
    unit = alternatives(units.milliliters).replace("\\ ", r"\.?[ _-]")
    return re.compile(
        rf"(?<!\w)(?:(?P<comparator>{alternatives(words.comparators)}) ?)?"
        rf"(?:(?<!\w)(?:{alternatives(words.approximations)}) |[~≈] ?)?"
        rf"(?<![\w.,/+±-])(?<!\d')(?P<first>{number})"
        rf"(?:(?: ?(?P<first_unit>{unit}))? ?(?:-|(?<!\w)(?:{alternatives(words.range_words)})(?!\w))"
        rf" ?(?P<last>{number}))?[ -]?(?P<unit>{unit})(?!\w)",
        re.IGNORECASE,
    )


@lru_cache(maxsize=4)
def _time(words: ChartWords) -> re.Pattern[str]:
    return re.compile(
        rf"(?:/|(?<!\w)(?:{alternatives(words.per_time)})(?!\w)) ?"
        rf"(?:(?:{alternatives(words.time_fillers)}) )*"
        r"(?P<time>\(? ?(?:\d+(?:\.\d+)?)?[. ]?[a-z]+(?: ?\))?)(?!\w)",
        re.IGNORECASE | re.ASCII,
    )
