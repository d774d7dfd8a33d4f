"""Numbers as text: amounts, rates and ranges, without exponents or trailing zeros."""

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from cds_service.clinical.range import Range


def number(value: Decimal) -> str:
    """A number with at most one decimal place, plain: `120`, `0.5`, `1250`."""
    rounded = value.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    return f"{rounded:f}".removesuffix(".0")


def range_text(value: Range, unit: str) -> str:
    """A range as a reader expects it: `120 mL`, `over 200 mL`, `under 50 mL`, `100 to 150 mL`."""
    if value.is_exact:
        return f"{number(value.low)} {unit}"
    if value.high.is_infinite():
        return f"{'over' if value.low_is_open else 'at least'} {number(value.low)} {unit}"
    if value.low == 0:
        return f"{'under' if value.high_is_open else 'at most'} {number(value.high)} {unit}"
    return f"{number(value.low)} to {number(value.high)} {unit}"


def length_text(length: timedelta) -> str:
    """A length of time in its largest fitting unit: `45 min`, `20 h`, `9 days`, `2 years`."""
    hours = length.total_seconds() / 3600
    if hours < 1:
        return f"{round(hours * 60)} min"
    if hours < 48:
        return f"{number(Decimal(hours))} h"
    days = round(hours / 24)
    return f"{days} days" if days < 730 else f"{days // 365} years"
