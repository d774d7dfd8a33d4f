"""Which studies stand for orders, where an export has none."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from cds_service.replay.export import STAND_INS
from cds_service.replay.orders import PastOrder, nearest_of_a_day

DRAFTS = st.builds(
    lambda source, day, hour, study: PastOrder(
        id=f"{source}-{day}-{hour}",
        patient="1",
        source=source,
        draft=study,
        at=datetime(2026, 11, day, hour, tzinfo=UTC),
        precision="instant",
    ),
    st.sampled_from(STAND_INS),
    st.integers(1, 3),
    st.integers(0, 23),
    st.sampled_from([b"", b"cta", b"radiograph"]),
)


def study_of(order: PastOrder) -> str:
    return order.draft.decode()


def is_the_same(one: PastOrder, other: PastOrder) -> bool:
    """A study that is not recognized is not known to be another."""
    return one.draft == other.draft or not (one.draft and other.draft)


@given(st.lists(DRAFTS, max_size=12))
def test_one_is_left_out_beside_a_nearer_one_of_the_same_study_and_day_alone(orders: list[PastOrder]) -> None:
    kept = [
        order
        for order in orders
        if not any(
            other.at.date() == order.at.date()
            and STAND_INS.index(other.source) < STAND_INS.index(order.source)
            and is_the_same(order, other)
            for other in orders
        )
    ]

    assert nearest_of_a_day(orders, UTC, study_of) == kept


@given(st.lists(DRAFTS, max_size=12))
def test_each_is_looked_at_once(orders: list[PastOrder]) -> None:
    looked_at: list[PastOrder] = []

    def noted(order: PastOrder) -> str:
        looked_at.append(order)
        return study_of(order)

    nearest_of_a_day(orders, UTC, noted)

    assert len(looked_at) in (0, len(orders))
