"""Quantities, ranges and written amounts, read as ranges of a value in a unit."""

import re
from collections.abc import Mapping
from decimal import ROUND_05UP, Context, Decimal
from functools import lru_cache
from typing import Final

import msgspec

from cds_service.cds_hooks.raw_json import decoded, first_byte
from cds_service.clinical.range import Range, above, below, exactly
from cds_service.fhir.elements import FhirRange, Quantity
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.words import ChartWords, Scale, Units, alternatives, squeezed

_UCUM: Final = frozenset({"http://unitsofmeasure.org", "urn:oid:2.16.840.1.113883.6.8", "ucum", ""})
_MAGNITUDES: Final = range(-20, 13)  # powers of ten: no measurement of a patient lies outside
# CAUTION: rounded so, a number stays on its side of every limit: 199.99... under 200, 200.00...1 over it.
_DIGITS: Final = Context(prec=20, rounding=ROUND_05UP)
_SAYING_NOTHING: Final = frozenset({b"", b"null", b'""', b"{}", b"[]"})
_NUMBER_AS_TEXT: Final = re.compile(rb'"\s*\d+(\.\d+)?\s*"')
_IN_THOUSANDS: Final = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
NUMBER: Final = r"\d+(?:[.,]\d+)?"
"""A pattern of a written number."""

LONGEST_AMOUNT: Final = 160
"""No amount is written in more characters; a longer text is a note that may tell of other things too.

CAUTION: what is longer is not read at all: cut there, `200 mL` and a word behind it would become 200 mL.
"""

BETWEEN: Final = " \u2013 "
"""Stands between the two ends of a range that the chart holds as two elements."""

_TOO_LONG: Final = " [\u2026]"
_PLAIN_UNIT: Final = re.compile(rf"[!-~]{{1,{LONGEST_AMOUNT}}}")


class MeasuredValue(msgspec.Struct, frozen=True):
    """A measured value: what it can be, its unit (UCUM code first, else its text), as charted."""

    value: Range
    unit: str
    charted: str

    @property
    def written(self) -> Decimal:
        """The number that stands in the chart (of two, the larger)."""
        return self.value.high if self.value.high.is_finite() else self.value.low


def is_given(quantity: Quantity | None) -> bool:
    """True for a Quantity that says something, if only why there is no value."""
    if quantity is None:
        return False
    if quantity.unit or quantity.code or quantity.comparator or quantity.system:
        return True
    raw = (quantity.value, quantity.extension, quantity.value_element)
    return not _SAYING_NOTHING.issuperset(map(bytes, raw))


def is_given_range(written: FhirRange | None) -> bool:
    """True for a Range with an end."""
    return written is not None and (is_given(written.low) or is_given(written.high))


def number_of(quantity: Quantity) -> Decimal | None:
    """The number of a Quantity, with the digits as written; also one that is written as text."""
    raw = quantity.value
    if first_byte(raw) == b'"' and not _NUMBER_AS_TEXT.fullmatch(raw):
        return None
    return number_from(decoded(raw, Decimal))


def number_from(number: Decimal | None) -> Decimal | None:
    """A number that is not negative and no larger than any measurement.

    CAUTION: `1E999999` is a JSON number, and printing or adding it would take all memory.
    """
    if number is None or not number.is_finite() or number < 0 or number.adjusted() not in _MAGNITUDES:
        return None
    return _DIGITS.plus(number)


def unit_of(quantity: Quantity) -> str:
    """The UCUM code, else the text, else whatever code there is."""
    return _units_of(quantity)[0]


def _units_of(quantity: Quantity) -> tuple[str, str]:
    """The unit in which it is read, and the one that is shown: its text, else its code."""
    code, text = _short(quantity.code), _short(quantity.unit)
    system = quantity.system or ""
    if code and (system in _UCUM or system.strip().rstrip("/").lower() in _UCUM):
        return code, text or code
    return text or code, text or code


def _short(text: str | None) -> str:
    """With single blanks, so that no pattern meets more; of what is too long the end is in no unit."""
    if not text or _PLAIN_UNIT.fullmatch(text):
        return text or ""
    written = text.strip()
    if len(written) > LONGEST_AMOUNT:
        return f"{' '.join(written[:LONGEST_AMOUNT].split())}{_TOO_LONG}"
    return " ".join(written.split())


def _charted(quantity: Quantity, number: Decimal) -> str:
    """The number and the unit as they stand in the chart."""
    return _shown(quantity, number, _units_of(quantity)[1])


def _shown(quantity: Quantity, number: Decimal, unit: str) -> str:
    written = f"{quantity.comparator.strip()}{number}" if quantity.comparator else f"{number}"
    return f"{written} {unit}" if unit else written


def measured(quantity: Quantity | None, words: ChartWords) -> MeasuredValue | None:
    """A Quantity; None when its number, comparator or unit cannot be read."""
    number = number_of(quantity) if quantity is not None else None
    if quantity is None or number is None:
        return None
    allowed: Range | None = Range(number, number)
    if quantity.comparator:
        allowed = _allowed(number, quantity.comparator.strip(), words.comparators)
    if allowed is None:
        return None
    unit, shown = _units_of(quantity)
    return MeasuredValue(allowed, unit, _shown(quantity, number, shown))


def _allowed(number: Decimal, comparator: str, comparators: Mapping[str, str]) -> Range | None:
    """Every value that the comparator allows; none for one that is not known."""
    if not comparator:
        return exactly(number)
    match comparators.get(comparator.lower(), comparator):
        case "<" | "<=" as sign:
            return below(number, is_open=sign == "<")
        case ">" | ">=" as sign:
            return above(number, is_open=sign == ">")
        case _:
            return None


def measured_range(written: FhirRange | None) -> MeasuredValue | None:
    """A Range, also one with an open end; None when it is empty, upside down or in two units."""
    if written is None:
        return None
    ends = [end for end in (written.low, written.high) if end is not None and is_given(end)]
    known = [(end, number) for end in ends if (number := number_of(end)) is not None]
    numbers = [number for _, number in known]
    units = {unit for end in ends if (unit := unit_of(end))}
    if not ends or len(numbers) < len(ends) or len(units) > 1 or any(end.comparator for end in ends):
        return None
    text, unit = BETWEEN.join(_charted(*one) for one in known), next(iter(units), "")
    if len(ends) == 2:
        low, high = numbers
        return MeasuredValue(Range(low, high), unit, text) if low <= high else None
    if is_given(written.low):
        return MeasuredValue(above(numbers[0], is_open=False), unit, f"≥ {text}")
    return MeasuredValue(below(numbers[0], is_open=False), unit, f"≤ {text}")


def measured_ends(written: FhirRange, words: ChartWords) -> tuple[MeasuredValue, MeasuredValue] | None:
    """The two ends of a Range, each in its own unit; None when one is missing or cannot be read."""
    low, high = measured(written.low, words), measured(written.high, words)
    return (low, high) if low and high and low.value.is_exact and high.value.is_exact else None


def measured_text(text: str, words: ChartWords) -> MeasuredValue | None:
    """A text that holds a number or a range and a unit: `>200 mL`, `1,5 L`, `120 mL/24 h`, `50-100 mL`.

    CAUTION: `1,500` and `1.500` are one and a half to some and fifteen hundred to others: not read.
    """
    text = _short(text)
    match = amount_pattern(words).fullmatch(text)
    allowed = _written(match, words) if match else None
    return MeasuredValue(allowed, match["unit"] or "", text) if match and allowed else None


@lru_cache(maxsize=4)
def amount_pattern(words: ChartWords) -> re.Pattern[str]:
    """The pattern of a text that holds nothing but an amount; made once for the words in force."""
    return re.compile(
        rf"(?P<comparator>{alternatives(words.comparators)})? ?(?P<number>{NUMBER})"
        rf"(?: ?(?:[-–—]|(?:{alternatives(words.range_words)}) ) ?(?P<last>{NUMBER}))?"
        r" ?(?P<unit>[^\d\s<>=≤≥~±+,;:–—-].*)?",
        re.IGNORECASE | re.ASCII,
    )


def _written(match: re.Match[str], words: ChartWords) -> Range | None:
    written = [number for number in (match["number"], match["last"]) if number]
    numbers = [
        number_from(Decimal(number.replace(",", ".")))
        for number in written
        if not _IN_THOUSANDS.fullmatch(number)
    ]
    match numbers:
        case [Decimal() as number] if len(written) == 1:
            return _allowed(number, match["comparator"] or "", words.comparators)
        case [Decimal() as low, Decimal() as high] if low <= high and not match["comparator"]:
            return Range(low, high)
    return None


_HIGHEST_PERCENT: Final = Decimal(100)
_ANNOTATION: Final = re.compile(r"\{[^{}]*\}")
_LONGEST_UNIT: Final = 60


def is_on(value: MeasuredValue, scale: Scale, knowledge: Knowledge) -> bool:
    """True when the unit is that of the scale, in any plain spelling, and the value can be meant.

    CAUTION: a saturation of 0.97 is a fraction, whatever its unit says, and would prove the worst.
    """
    is_plain = value.unit in knowledge.units.spellings[scale]
    return (is_plain or is_in(value, scale, knowledge)) and is_possible(value, scale)


def is_in(value: MeasuredValue, scale: Scale, knowledge: Knowledge) -> bool:
    """True when the unit is that of the scale, in any plain spelling."""
    return is_unit_of(value.unit, scale, knowledge.units)


def is_unit_of(unit: str, scale: Scale, units: Units) -> bool:
    """True for the unit of the scale, in any plain spelling."""
    spellings = units.spellings[scale]
    return unit in spellings or _plain(unit) in spellings


def is_possible(value: MeasuredValue, scale: Scale) -> bool:
    """True for a number that can be a value in the unit of a scale."""
    number = value.written
    return 1 < number <= _HIGHEST_PERCENT if scale == "%" else number > 0 or scale == "L/min"


def _plain(unit: str) -> str:
    """The unit without blanks, case and annotations, such as the `{breaths}` of `{breaths}/min`."""
    plain = squeezed(unit[:_LONGEST_UNIT])
    return plain if plain.startswith("ml/") else _ANNOTATION.sub("", plain)
