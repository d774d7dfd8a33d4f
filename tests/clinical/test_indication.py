"""Whether an order is for hemoptysis: its own reason, or none and a chart that says so (BEHAVIOUR 5)."""

import pytest

from cds_service.clinical.decide import has_orders_needing_conditions
from cds_service.clinical.facts import ImagingOrder
from cds_service.knowledge.terminology.concepts import Concept
from tests.clinical.chart import EncounterReason, Fact, days_ago, episode, hemoptysis, possible
from tests.clinical.orders import (
    CTA,
    FOR_ANOTHER,
    FOR_POSSIBLE_HEMOPTYSIS,
    WITHOUT_REASON,
    decided,
    judged,
    order,
    unrecognized,
)
from tests.clinical.patterns.indications import (
    CASES,
    COUGH,
    FOR_IT,
    NO_CONDITIONS,
    OTHER,
    POSSIBLE,
    UNREASONED,
    Case,
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_order_is_for_hemoptysis_by_its_reason_or_by_the_chart(case: Case) -> None:
    assert judged(case.order, *case.facts).indication is case.expected


@pytest.mark.parametrize("one", [OTHER, order(CTA, FOR_ANOTHER), order("fdg-pet", WITHOUT_REASON)])
def test_an_order_for_something_else_is_not_judged_while_massive_hemoptysis_is_still_seen(
    one: ImagingOrder,
) -> None:
    found = decided(hemoptysis(), episode(250), orders=(one,))

    assert found.judgments[0].outcome == "other-indication"
    assert not found.judgments[0].is_judged
    assert found.classification.severity == "proven"


@pytest.mark.parametrize(
    ("one", "facts", "is_possible_only"),
    [
        (order(CTA, FOR_POSSIBLE_HEMOPTYSIS), (), True),
        (order(CTA, FOR_POSSIBLE_HEMOPTYSIS), (POSSIBLE,), True),
        (order(CTA, FOR_POSSIBLE_HEMOPTYSIS), (hemoptysis(),), False),
        (FOR_IT, (POSSIBLE,), False),
        (UNREASONED, (POSSIBLE,), True),
        (UNREASONED, (POSSIBLE, episode(5)), False),
        (UNREASONED, (EncounterReason(*possible(Concept.HEMOPTYSIS)),), True),
        (UNREASONED, (hemoptysis(),), False),
    ],
)
def test_codes_that_only_possibly_mean_hemoptysis_count_and_ask_to_confirm(
    one: ImagingOrder, facts: tuple[Fact, ...], *, is_possible_only: bool
) -> None:
    found = judged(one, *facts)

    assert found.is_judged
    assert found.is_possible_only is is_possible_only


@pytest.mark.parametrize(
    ("orders", "facts", "needs"),
    [
        ((UNREASONED,), (NO_CONDITIONS,), True),
        ((UNREASONED, OTHER), (NO_CONDITIONS,), True),
        ((UNREASONED, FOR_IT), (NO_CONDITIONS,), False),
        ((OTHER,), (NO_CONDITIONS,), False),
        ((COUGH,), (NO_CONDITIONS,), False),
        ((UNREASONED,), (NO_CONDITIONS, episode(5)), False),
        ((UNREASONED,), (), False),
        ((), (NO_CONDITIONS,), False),
    ],
)
def test_conditions_are_needed_only_when_no_order_can_be_judged_without_them(
    orders: tuple[ImagingOrder, ...], facts: tuple[Fact, ...], *, needs: bool
) -> None:
    assert has_orders_needing_conditions(decided(*facts, orders=orders)) is needs


def test_an_order_form_without_a_study_never_asks_for_conditions() -> None:
    form = unrecognized("no-study-yet", WITHOUT_REASON)

    assert not has_orders_needing_conditions(decided(NO_CONDITIONS, orders=(form,)))


def test_an_imaging_order_that_is_not_recognized_is_answered_only_if_it_is_for_hemoptysis() -> None:
    for_it = judged(unrecognized("unrecognized-imaging"))
    for_another = judged(unrecognized("unrecognized-imaging", FOR_ANOTHER))

    assert for_it.outcome == "not-recognized"
    assert for_another.outcome == "other-indication"


@pytest.mark.parametrize(
    ("orders", "facts", "has_hemoptysis"),
    [
        ((), (hemoptysis(),), True),
        ((), (), False),
        ((FOR_IT,), (), True),
        ((OTHER,), (), False),
        ((), (hemoptysis(days_ago(40)),), False),
    ],
)
def test_the_patient_has_hemoptysis_by_the_chart_or_by_an_order(
    orders: tuple[ImagingOrder, ...], facts: tuple[Fact, ...], *, has_hemoptysis: bool
) -> None:
    assert decided(*facts, orders=orders).has_hemoptysis is has_hemoptysis
