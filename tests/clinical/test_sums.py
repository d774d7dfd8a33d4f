"""What blood adds up to within any span of 24 h: against every way to choose amounts that do not overlap."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cds_service.clinical.chart import chart_from
from cds_service.clinical.evidence.sums import blood_of, volume_of_a_day
from cds_service.clinical.facts import Bleed
from cds_service.clinical.range import Range, exactly
from cds_service.clinical.time import CROSSING_TOTALS_WEIGHED
from tests.clinical.chart import chart, episode, hours_ago, knowledge, on, total

DAY = 24
Amount = tuple[float, float, int]
"""From so many hours ago to so many hours ago (equal for an episode), and how many mL."""


def volume_of(bleeds: Sequence[Bleed]) -> Range | None:
    numbered = tuple(replace(bleed, reference=f"Blood/{n}") for n, bleed in enumerate(bleeds))
    judged = chart_from(chart(*numbered), knowledge())
    found = volume_of_a_day(blood_of(judged).newest, judged)
    return found[0] if found else None


def bleed_of(amount: Amount) -> Bleed:
    start, end, ml = amount
    return episode(ml, hours_ago(end)) if start == end else total(ml, start - end, ended=end)


def overlap(one: Amount, other: Amount) -> bool:
    """True for two that share more than an instant; an episode when a total begins is not in it."""
    first, second = sorted((one, other), key=lambda a: a[0] == a[1])
    if first[0] == first[1]:
        return False
    if second[0] == second[1]:
        return first[1] <= second[1] < first[0]
    return first[1] < second[0] and second[1] < first[0]


def lies_in(amount: Amount, last: float) -> bool:
    start, end, _ = amount
    is_begun = start < last + DAY if start == end else start <= last + DAY
    return is_begun and end >= last


def largest(amounts: Sequence[Amount]) -> int:
    """The largest sum of amounts that do not overlap, in every span whose last amount is current."""
    best = 0
    for last in {end for _, end, _ in amounts if end <= DAY}:
        within = [a for a in amounts if lies_in(a, last)]
        for size in range(1, len(within) + 1):
            for chosen in combinations(within, size):
                if not any(overlap(*pair) for pair in combinations(chosen, 2)):
                    best = max(best, sum(ml for _, _, ml in chosen))
    return best


halves = st.integers(0, 2 * 47).map(lambda n: n / 2)
an_episode = st.tuples(halves, st.integers(1, 90)).map(lambda e: (e[0], e[0], e[1]))
a_total = st.tuples(halves, st.integers(2, 2 * 23), st.integers(1, 90)).map(
    lambda t: (t[0] + t[1] / 2, t[0], t[2])
)
several = st.lists(an_episode | a_total, min_size=2, max_size=7, unique_by=lambda amount: amount[2])


@given(several)
def test_the_volume_is_the_largest_sum_of_any_span(amounts: list[Amount]) -> None:
    found = volume_of([bleed_of(amount) for amount in amounts])

    assert found is None or found == exactly(Decimal(largest(amounts)))


def test_very_many_overlapping_totals_are_never_added_for_proof_and_all_for_what_is_plausible() -> None:
    many = [total(1 + n, 12, ended=18 + n / 100) for n in range(3 * CROSSING_TOTALS_WEIGHED)]

    found = volume_of(many)

    assert found is not None
    assert found.low == len(many)
    assert found.high == sum(range(1, len(many) + 1))


def test_an_episode_of_a_day_without_a_time_is_added_to_episodes_and_only_perhaps_to_totals() -> None:
    today = episode(60, on("2026-05-11"))

    assert volume_of([today, episode(150)]) == exactly(Decimal(210))
    assert volume_of([today, total(150, 8)]) == Range(Decimal(150), Decimal(210))
