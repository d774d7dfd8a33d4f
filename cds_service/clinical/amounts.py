"""Numbers as text: amounts, rates and ranges, without exponents or trailing zeros."""

from datetime import timedelta
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from cds_service.clinical.range import Range


def number(value: Decimal) -> str:
    """A number with at most two decimal places, plain: `120`, `0.5`, `199.96`.

    It stays on its side of every whole number, so that 199.999 is never shown as a limit of 200 reached,
    nor 100.001 as a limit of 100 kept: further digits are cut off, unless that would leave a whole number.
    """
    value = _without_noise(value)
    shown = value.quantize(_HUNDREDTH, rounding=ROUND_DOWN)
    if shown != value and shown == shown.to_integral_value():
        shown = value.quantize(_HUNDREDTH, rounding=ROUND_UP)
    plain = f"{shown:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


_HUNDREDTH = Decimal("0.01")


_NOISE = Decimal("1e-9")


def _without_noise(value: Decimal) -> Decimal:
    """What binary arithmetic leaves above a number, as in 22.000000000000004, is not shown.

    Below one it is: 199.99999999999997 is judged as under 200.
    """
    near = value.quantize(_HUNDREDTH)
    return near if Decimal(0) <= value - near < _NOISE else value


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
    """A length of time in its largest fitting unit: `45 min`, `20 h`, `9 days`, `18 months`, `2.5 years`."""
    hours = length.total_seconds() / 3600
    days = hours / 24
    if hours < 1:
        return f"{round(hours * 60)} min"
    if hours < 48:
        return f"{_to_a_tenth(hours)} h"
    if days < _LONG_IN_DAYS:
        return f"{round(days)} days"
    if days < 2 * _DAYS_IN_A_YEAR:
        return f"{int(days * 12 / _DAYS_IN_A_YEAR)} months"
    return f"{_to_a_tenth(days / _DAYS_IN_A_YEAR)} years"


_LONG_IN_DAYS = 92


_DAYS_IN_A_YEAR = 365.25


def _to_a_tenth(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
