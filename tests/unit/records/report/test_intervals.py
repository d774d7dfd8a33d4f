"""The intervals of shares and of their differences, against the values that are in print."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.records.report.intervals import compared, newcombe, share, shares, wilson


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_is_the_one_of_newcombes_first_paper(
    count: int, of: int, low: float, high: float
) -> None:
    """Newcombe RG. Stat Med 1998;17:857-872, table I, method 3."""
    assert wilson(count, of) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_the_interval_of_a_difference_is_newcombes(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    """Newcombe RG. Stat Med 1998;17:873-890, table II, method 10: the first less the second."""
    found = newcombe(share("", *second), share("", *first))

    assert found == pytest.approx((low, high), abs=5e-5)


COUNTS = st.integers(1, 5000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


@given(COUNTS, COUNTS)
def test_an_interval_holds_its_value_and_turns_round_with_the_groups(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    one, other = share("a", *first), share("a", *second)

    (found,) = compared([one], [other])
    (turned,) = compared([other], [one])

    low, value, high = bounds(one.low), bounds(one.share), bounds(one.high)
    assert 0 <= low <= value <= high <= 1
    low, value, high = bounds(found.low), bounds(found.difference), bounds(found.high)
    assert -1 - 1e-9 <= low <= value <= high <= 1 + 1e-9
    assert (turned.low, turned.high) == pytest.approx((-high, -low))


def bounds(value: float | None) -> float:
    assert value is not None
    return value


def test_of_nothing_there_is_no_share_and_no_difference() -> None:
    nothing, (difference,) = share("a", 0, 0), compared([share("a", 0, 0)], [share("a", 1, 2)])

    assert (nothing.share, nothing.low, difference.difference, difference.low) == (None, None, None, None)


def test_shares_come_by_size_and_then_by_name() -> None:
    assert [(one.name, one.of) for one in shares({"b": 1, "a": 1, "c": 2})] == [("c", 4), ("a", 4), ("b", 4)]
