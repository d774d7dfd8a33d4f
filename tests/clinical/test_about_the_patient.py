"""What is offered with an alert, and when patient-view speaks (BEHAVIOUR 6)."""

import pytest
from msgspec.structs import replace

from cds_service.clinical.time import UNDATED
from cds_service.knowledge.terminology.concepts import Concept
from tests.clinical.chart import (
    EncounterReason,
    Fact,
    active,
    blood_seen,
    days_ago,
    ended,
    episode,
    hemoptysis,
    history,
    hours_ago,
    no_blood,
    possible,
    spo2,
    study,
    sure,
)
from tests.clinical.orders import (
    CT_UNSPECIFIED,
    CT_WITH,
    CTA,
    EMBOLIZATION,
    RADIOGRAPH,
    decided,
    order,
)

MASSIVE = (hemoptysis(), episode(250))
RETURNING = replace(hemoptysis(days_ago(700)), is_returning=True)


def offered(*facts: Fact, drafted: tuple[str, ...] = ()) -> list[str]:
    orders = tuple(map(order, drafted))
    return [a.procedure for a in decided(*facts, orders=orders).alert_studies]


# --- with an alert -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("facts", [MASSIVE, (hemoptysis(), spo2(82))])
def test_a_critical_card_offers_cta_and_recommends_nothing(facts: tuple[Fact, ...]) -> None:
    (study_offered,) = decided(*facts).alert_studies

    assert study_offered.procedure == CTA
    assert not study_offered.is_recommended


@pytest.mark.parametrize("facts", [(hemoptysis(),), (hemoptysis(), episode(120)), ()])
def test_nothing_is_offered_without_a_critical_card(facts: tuple[Fact, ...]) -> None:
    assert offered(*facts) == []


@pytest.mark.parametrize("drafted", [CTA, CT_WITH, CT_UNSPECIFIED])
def test_no_cta_is_offered_beside_a_drafted_scan(drafted: str) -> None:
    assert offered(*MASSIVE, drafted=(RADIOGRAPH, drafted)) == []


@pytest.mark.parametrize("drafted", [RADIOGRAPH, EMBOLIZATION, "mri-chest", "ct-chest-screening"])
def test_cta_is_offered_beside_other_drafts(drafted: str) -> None:
    assert offered(*MASSIVE, drafted=(drafted,)) == [CTA]


def test_no_cta_is_offered_once_one_was_done_since_the_onset() -> None:
    assert offered(*MASSIVE, study(CTA, hours_ago(2))) == []
    assert offered(*MASSIVE, study(CTA, hours_ago(7))) == [CTA]


# --- when the onset is known -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "is_done"),
    [
        ((blood_seen(hours_ago(5)), study(CTA, hours_ago(2))), True),
        ((blood_seen(hours_ago(5)), blood_seen(hours_ago(1)), study(CTA, hours_ago(2))), True),
        ((blood_seen(hours_ago(1)), study(CTA, hours_ago(2))), False),
        ((RETURNING, study(CTA, days_ago(600))), False),
        ((RETURNING, blood_seen(hours_ago(5)), study(CTA, hours_ago(2))), True),
    ],
)
def test_the_first_blood_of_late_is_the_onset_where_no_condition_has_a_date(
    facts: tuple[Fact, ...], *, is_done: bool
) -> None:
    assert decided(*facts).studied_since_onset is is_done


# --- patient-view ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "is_new"),
    [
        ((hemoptysis(days_ago(7)),), True),
        ((hemoptysis(days_ago(8)),), False),
        ((active(Concept.HEMOPTYSIS, onset=days_ago(20), recorded=days_ago(6)),), True),
        ((RETURNING,), True),
        ((active(Concept.HEMOPTYSIS),), False),
        ((ended(onset=days_ago(2), abated=days_ago(1)),), False),
        ((history(onset=days_ago(2)),), False),
        ((blood_seen(hours_ago(71)),), True),
        ((blood_seen(hours_ago(73)),), False),
        ((hemoptysis(days_ago(20)), blood_seen(hours_ago(71))), True),
        ((hemoptysis(days_ago(20)), no_blood(hours_ago(2))), False),
        (tuple(map(EncounterReason, sure(Concept.HEMOPTYSIS))), True),
        (tuple(map(EncounterReason, possible(Concept.HEMOPTYSIS))), True),
        (tuple(map(EncounterReason, sure(Concept.COUGH))), False),
        ((), False),
    ],
)
def test_patient_view_speaks_of_hemoptysis_of_late_only(facts: tuple[Fact, ...], *, is_new: bool) -> None:
    assert decided(*facts).has_new_hemoptysis is is_new


def initial(*facts: Fact) -> set[str]:
    return {alternative.procedure for alternative in decided(*facts).initial_studies}


def test_a_study_done_in_the_last_day_is_not_offered_again() -> None:
    small = (hemoptysis(), episode(5))

    assert RADIOGRAPH in initial(*small)
    assert RADIOGRAPH not in initial(*small, study(RADIOGRAPH, hours_ago(5)))
    assert RADIOGRAPH in initial(*small, study(RADIOGRAPH, hours_ago(25)))
    assert RADIOGRAPH in initial(*small, study(RADIOGRAPH, UNDATED))
