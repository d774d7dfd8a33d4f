"""Ranges of measured values: what `>200`, `100-150` or `120` allow the true value to be."""

from decimal import Decimal

import msgspec

from cds_service.knowledge.definitions import Definition

_INFINITE = Decimal("Infinity")


class Range(msgspec.Struct, frozen=True):
    """Every value from low to high; an open end is not included itself."""

    low: Decimal
    high: Decimal
    low_is_open: bool = False
    high_is_open: bool = False

    def scaled(self, factor: Decimal) -> "Range":
        """The range in another unit: every value times a positive factor."""
        return Range(self.low * factor, self.high * factor, self.low_is_open, self.high_is_open)

    def divided(self, divisor: Decimal) -> "Range":
        """Every value divided by a positive number.

        CAUTION: not the same as `scaled(1 / divisor)`, whose rounding can miss a limit by a hair.
        """
        return Range(self.low / divisor, self.high / divisor, self.low_is_open, self.high_is_open)

    @property
    def is_exact(self) -> bool:
        """True when only one value is possible."""
        return self.low == self.high

    @property
    def can_be_positive(self) -> bool:
        """True when a value above zero is possible."""
        return self.high > 0

    @property
    def order(self) -> tuple[int | str, ...]:
        """What a list of ranges is sorted by: how the range is bounded, then its digits as text."""
        if self.high.is_infinite():
            return (3 if self.low_is_open else 1, _digits(self.low))
        if self.low == 0 < self.high:
            return (4 if self.high_is_open else 2, _digits(self.high))
        return (0, _digits(self.low)) if self.is_exact else (0, _digits(self.low), _digits(self.high))

    def every_value_crosses(self, limit: Definition) -> bool:
        """True when whatever the true value is, it crosses the limit."""
        match limit.comparison:
            case ">=":
                return self.low >= limit.value
            case ">":
                return self.low > limit.value or (self.low == limit.value and self.low_is_open)
            case "<":
                return self.high < limit.value or (self.high == limit.value and self.high_is_open)
            case "<=":
                return self.high <= limit.value

    def some_value_crosses(self, limit: Definition) -> bool:
        """True when the true value could cross the limit."""
        match limit.comparison:
            case ">=":
                return self.high > limit.value or (self.high == limit.value and not self.high_is_open)
            case ">":
                return self.high > limit.value
            case "<":
                return self.low < limit.value
            case "<=":
                return self.low < limit.value or (self.low == limit.value and not self.low_is_open)


def _digits(value: Decimal) -> str:
    return f"{value.normalize():f}"


ZERO = Range(Decimal(0), Decimal(0))


def exactly(value: Decimal) -> Range:
    """The range of one value."""
    return Range(value, value)


def above(value: Decimal, *, is_open: bool) -> Range:
    """Every value from this one up (`>` is open, `>=` is not)."""
    return Range(value, _INFINITE, low_is_open=is_open)


def below(value: Decimal, *, is_open: bool) -> Range:
    """Every value from zero up to this one (`<` is open, `<=` is not)."""
    return Range(Decimal(0), value, high_is_open=is_open)
