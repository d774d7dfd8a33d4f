"""Shares with the interval that chance alone leaves, and differences of two shares with theirs.

Wilson EB. Probable inference, the law of succession, and statistical inference. J Am Stat Assoc
1927;22:209-212. Newcombe RG. Interval estimation for the difference between independent proportions:
comparison of eleven methods. Stat Med 1998;17:873-890, method 10 (Wilson's score, no correction).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import hypot, sqrt
from statistics import NormalDist
from typing import Final

CONFIDENCE: Final = 0.95
_Z: Final = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, from 0 to 1, with its 95 % interval; of none there is neither."""

    name: str
    count: int
    of: int
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class ShareComparison:
    """One share in two groups, and the second less the first with its 95 % interval."""

    name: str
    first: Share
    second: Share
    difference: float | None
    low: float | None
    high: float | None


def share(name: str, count: int, of: int) -> Share:
    """A share with Wilson's interval."""
    if of == 0:
        return Share(name, count, of, None, None, None)
    return Share(name, count, of, count / of, *wilson(count, of))


def shares(counts: Mapping[str, int], of: int | None = None) -> tuple[Share, ...]:
    """Of each name its share of all of them, or of `of`; the largest first."""
    total = sum(counts.values()) if of is None else of
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(share(name, count, total) for name, count in ordered)


def wilson(count: int, of: int) -> tuple[float, float]:
    """The score interval of a proportion; `of` at least 1."""
    proportion, spread = count / of, _Z * _Z / of
    middle = proportion + spread / 2
    half = _Z * sqrt(proportion * (1 - proportion) / of + spread / (4 * of))
    low, high = (middle - half) / (1 + spread), (middle + half) / (1 + spread)
    return (0.0 if count == 0 else low, 1.0 if count == of else high)


def newcombe(first: Share, second: Share) -> tuple[float, float]:
    """The interval of the second proportion less the first, of two groups that are independent."""
    p1, (l1, u1) = first.count / first.of, wilson(first.count, first.of)
    p2, (l2, u2) = second.count / second.of, wilson(second.count, second.of)
    return p2 - p1 - hypot(p2 - l2, u1 - p1), p2 - p1 + hypot(u2 - p2, p1 - l1)


def compared(first: Iterable[Share], second: Iterable[Share]) -> tuple[ShareComparison, ...]:
    """Each share that both groups have, side by side, in the order of the first."""
    others = {one.name: one for one in second}
    return tuple(_comparison(one, others[one.name]) for one in first if one.name in others)


def _comparison(first: Share, second: Share) -> ShareComparison:
    if first.share is None or second.share is None:
        return ShareComparison(first.name, first, second, None, None, None)
    return ShareComparison(first.name, first, second, second.share - first.share, *newcombe(first, second))
