"""Quantities, ranges and written amounts, read as ranges of a value in a unit."""

import re
from dataclasses import dataclass
from decimal import ROUND_05UP, Context, Decimal, InvalidOperation
from typing import Any

from cds_service.clinical.range import Range, above, below, exactly
from cds_service.fhir.before.json_values import first_object, text_in

_UCUM = frozenset({"http://unitsofmeasure.org", "urn:oid:2.16.840.1.113883.6.8", "ucum", ""})


_MAGNITUDES = range(-20, 13)  # powers of ten: no measurement of a patient lies outside


# CAUTION: rounded so, a number stays on its side of every limit: 199.99... under 200, 200.00...1 over it.
_DIGITS = Context(prec=20, rounding=ROUND_05UP)


_SYMBOLS = {"<": "<", "<=": "<=", "≤": "<=", "=<": "<=", ">": ">", ">=": ">=", "≥": ">=", "=>": ">="}


_WORDS = {
    "less than": "<",
    "under": "<",
    "below": "<",
    "moins de": "<",
    "up to": "<=",
    "at most": "<=",
    "no more than": "<=",
    "not more than": "<=",
    "more than": ">",
    "greater than": ">",
    "over": ">",
    "above": ">",
    "plus de": ">",
    "at least": ">=",
    "no less than": ">=",
    "not less than": ">=",
    "au moins": ">=",
}


_COMPARATORS = _SYMBOLS | _WORDS


COMPARATOR = "|".join(sorted(map(re.escape, _COMPARATORS), key=len, reverse=True))


"""A pattern of the signs and words that make a number a limit."""


NUMBER = r"\d+(?:[.,]\d+)?"


"""A pattern of a written number."""


_AMOUNT = re.compile(
    rf"(?P<comparator>{COMPARATOR})?\s*(?P<number>{NUMBER})"
    rf"(?:\s*(?:[-–—]|(?:to|à)\s)\s*(?P<last>{NUMBER}))?\s*(?P<unit>[^\d\s<>=≤≥~±+,;:–—-].*)?",
    re.IGNORECASE | re.ASCII,
)


_IN_THOUSANDS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


@dataclass(frozen=True, slots=True)
class Measure:
    """A measured value: what it can be, its unit (UCUM code first, else its text), as charted."""

    value: Range
    unit: str
    charted: str

    @property
    def written(self) -> Decimal:
        """The number that stands in the chart (of two, the larger)."""
        return self.value.high if self.value.high.is_finite() else self.value.low


@dataclass(frozen=True, slots=True)
class Quantity:
    """The parts of a FHIR Quantity; `number` is None when there is none that can be meant."""

    number: Decimal | None
    comparator: str
    unit: str
    charted: str


def quantity_from(value: Any) -> Quantity:
    """The parts of a Quantity."""
    members = first_object(value)
    number = number_from(members.get("value"))
    code, text = text_in(members.get("code")), text_in(members.get("unit"))
    is_ucum = text_in(members.get("system")).rstrip("/").lower() in _UCUM
    comparator = text_in(members.get("comparator"))
    charted = "" if number is None else f"{comparator}{number} {text or code}".strip()
    return Quantity(number, comparator, code if code and is_ucum else text or code, charted)


def number_from(value: Any) -> Decimal | None:
    """A number that is not negative and no larger than any measurement; also one written as text."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    if isinstance(value, str) and not re.fullmatch(r"\s*\d+(\.\d+)?\s*", value, re.ASCII):
        return None
    try:
        number = Decimal(value)
    except (InvalidOperation, ValueError):
        return None
    return _DIGITS.plus(number) if _can_be_measured(number) else None


def _can_be_measured(number: Decimal) -> bool:
    """CAUTION: `1E999999` is a JSON number, and printing or adding it would take all memory."""
    if not number.is_finite() or number < 0:
        return False
    return number.adjusted() in _MAGNITUDES


def measure_from_quantity(value: Any) -> Measure | None:
    """A Quantity; None when its number, comparator or unit cannot be read."""
    quantity = quantity_from(value)
    if quantity.number is None:
        return None
    allowed = _allowed(quantity.number, quantity.comparator)
    return Measure(allowed, quantity.unit, quantity.charted) if allowed else None


def _allowed(number: Decimal, comparator: str) -> Range | None:
    """Every value that the comparator allows; none for one that is not known."""
    match _COMPARATORS.get(comparator.lower(), comparator):
        case "":
            return exactly(number)
        case "<" | "<=" as sign:
            return below(number, is_open=sign == "<")
        case ">" | ">=" as sign:
            return above(number, is_open=sign == ">")
        case _:
            return None


def measure_from_range(value: Any) -> Measure | None:
    """A Range, also one with an open end; None when it is empty, upside down or in two units."""
    members = first_object(value)
    ends = [quantity_from(members[name]) for name in ("low", "high") if first_object(members.get(name))]
    numbers = [end.number for end in ends if end.number is not None]
    units = {end.unit for end in ends if end.unit}
    if not ends or len(numbers) < len(ends) or len(units) > 1 or any(end.comparator for end in ends):
        return None
    charted = " to ".join(end.charted for end in ends)
    unit = next(iter(units), "")
    if len(ends) == 2:
        low, high = numbers
        return Measure(Range(low, high), unit, charted) if low <= high else None
    if first_object(members.get("low")):
        return Measure(above(numbers[0], is_open=False), unit, f"at least {charted}")
    return Measure(below(numbers[0], is_open=False), unit, f"at most {charted}")


def measures_at_ends(value: Any) -> tuple[Measure, Measure] | None:
    """The two ends of a Range, each in its own unit; None when one is missing or cannot be read."""
    members = first_object(value)
    low, high = (measure_from_quantity(members.get(name)) for name in ("low", "high"))
    return (low, high) if low and high and low.value.is_exact and high.value.is_exact else None


def measure_from_text(text: str) -> Measure | None:
    """A text that holds a number or a range and a unit: `>200 mL`, `1,5 L`, `120 mL/24 h`, `50-100 mL`.

    CAUTION: `1,500` and `1.500` are one and a half to some and fifteen hundred to others: not read.
    """
    match = _AMOUNT.fullmatch(text.strip())
    allowed = _written(match) if match else None
    return Measure(allowed, (match["unit"] or "").strip(), text.strip()) if match and allowed else None


def _written(match: re.Match[str]) -> Range | None:
    written = [number for number in (match["number"], match["last"]) if number]
    numbers = [
        number_from(number.replace(",", ".")) for number in written if not _IN_THOUSANDS.fullmatch(number)
    ]
    match numbers:
        case [Decimal() as number] if len(written) == 1:
            return _allowed(number, match["comparator"] or "")
        case [Decimal() as low, Decimal() as high] if low <= high and not match["comparator"]:
            return Range(low, high)
    return None
