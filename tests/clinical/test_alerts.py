"""Which alert a patient has: the first four rows of cards in BEHAVIOUR 6, and while of which bleed."""

import pytest
from msgspec.structs import replace

from cds_service.clinical.classify import classify
from cds_service.clinical.decision import Alert
from cds_service.clinical.time import UNDATED
from cds_service.knowledge.terminology.concepts import Concept
from tests.clinical.chart import (
    FOR_NOTHING,
    EncounterReason,
    Fact,
    active,
    blood_seen,
    breaths,
    episode,
    hemoptysis,
    hours_ago,
    judged_chart,
    large_blood,
    no_blood,
    per,
    possible,
    pulse,
    running,
    small_blood,
    spo2,
    support,
    sure,
    systolic,
    unsure,
)

SHOCK, FAILURE = Concept.HYPOVOLEMIC_SHOCK, Concept.ACUTE_RESPIRATORY_FAILURE
BLEEDING_SHOCK = Concept.HEMORRHAGIC_SHOCK
SOON = hours_ago(2)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ((episode(250),), "massive"),
        ((per(1, 120),), "massive"),
        ((episode(250), spo2(85)), "massive"),
        ((replace(hemoptysis(), is_severe=True),), "massive"),
        ((spo2(85),), "unstable"),
        ((systolic(80), blood_seen()), "unstable"),
        ((breaths(34), small_blood()), "unstable"),
        ((breaths(34), episode(60)), "unstable"),
        ((active(FAILURE, onset=SOON),), "unstable"),
        ((active(SHOCK, onset=SOON),), "unstable"),
        ((support(Concept.VENTILATION, SOON),), "unstable"),
        ((support(Concept.VENTILATION, SOON), episode(5)), "unstable"),
        ((spo2(85), episode(5)), "unstable-and-small"),
        ((active(SHOCK, onset=SOON), episode(5)), "unstable-and-small"),
        ((active(Concept.SHOCK, onset=SOON),), "unstable-and-small"),
        ((active(Concept.ARREST, onset=SOON),), "unstable-and-small"),
        ((active(Concept.ACUTE_RESPIRATORY_DISTRESS, onset=SOON),), "unstable-and-small"),
        ((running(Concept.ECMO, 5),), "unstable-and-small"),
        ((running(Concept.VASOPRESSOR, 50),), "unstable-and-small"),
        ((active(Concept.SHOCK, onset=SOON), episode(250)), "massive"),
        ((active(BLEEDING_SHOCK, onset=SOON),), "unstable"),
        ((active(BLEEDING_SHOCK, onset=SOON), episode(50)), "unstable"),
        ((active(BLEEDING_SHOCK, onset=SOON), episode(5)), "unstable-and-small"),
        ((active(BLEEDING_SHOCK),), "sign"),
        ((replace(active(BLEEDING_SHOCK, onset=SOON), matches=possible(BLEEDING_SHOCK)),), "sign"),
        ((active(Concept.SHOCK, onset=SOON), episode(150)), "unstable"),
        ((active(Concept.SHOCK, onset=SOON), episode(300, hours_ago(30))), "unstable"),
        ((active(Concept.SHOCK, onset=SOON), episode(300, hours_ago(30)), episode(5)), "unstable"),
        ((active(Concept.SHOCK, onset=SOON), episode(300, UNDATED)), "unstable"),
        ((active(Concept.SHOCK, onset=SOON), large_blood()), "unstable"),
        ((active(Concept.SHOCK, onset=SOON), episode(50)), "unstable-and-small"),
        ((active(Concept.SHOCK, onset=SOON), replace(hemoptysis(), is_called_severe=True)), "unstable"),
        ((active(Concept.SHOCK, onset=SOON), running(Concept.RED_CELL_TRANSFUSION, 1)), "unstable"),
        ((spo2(85), episode(5), running(Concept.RED_CELL_TRANSFUSION, 1)), "unstable-and-small"),
        ((running(Concept.VASOPRESSOR, 5), episode(150)), "unstable"),
        ((running(Concept.ECMO, 5), episode(150)), "unstable"),
        ((spo2(85), episode(5), episode(300, hours_ago(30))), "unstable"),
        ((episode(120),), "sign"),
        ((pulse(140),), "sign"),
        ((unsure(spo2(85)), episode(5)), "sign"),
        ((replace(running(Concept.VASOPRESSOR, 5), is_unsure=True),), "sign"),
        ((replace(active(Concept.SHOCK, onset=SOON), matches=possible(Concept.SHOCK)),), "sign"),
        ((active(Concept.SHOCK),), "sign"),
        ((running(Concept.VENTILATION, 30),), "sign"),
        ((episode(500, hours_ago(25)),), "sign"),
        ((), "none"),
        ((episode(5),), "none"),
    ],
)
def test_the_alert_follows_from_what_proves_and_from_how_much_blood_is_charted(
    facts: tuple[Fact, ...], expected: Alert
) -> None:
    assert classify(judged_chart(*facts)).alert == expected


@pytest.mark.parametrize("sign", [spo2(85), running(Concept.VASOPRESSOR, 5), active(SHOCK, onset=SOON)])
def test_without_a_recent_bleed_an_unstable_patient_is_a_sign_at_most(sign: Fact) -> None:
    found = classify(judged_chart(FOR_NOTHING, hemoptysis(hours_ago(96)), sign))

    assert (found.severity, found.alert, found.is_bleed_recent) == ("kept-plausible", "sign", False)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ((), False),
        ((episode(5, hours_ago(72)),), True),
        ((episode(5, hours_ago(73)),), False),
        ((blood_seen(hours_ago(70)),), True),
        ((no_blood(),), False),
        ((episode(5, UNDATED),), False),
        ((hemoptysis(hours_ago(72)),), True),
        ((hemoptysis(hours_ago(73)),), False),
        ((active(Concept.HEMOPTYSIS, onset=hours_ago(900), recorded=hours_ago(3)),), True),
        ((replace(hemoptysis(hours_ago(900)), is_returning=True),), True),
        ((active(Concept.HEMOPTYSIS),), False),
        ((EncounterReason(sure(Concept.HEMOPTYSIS)[0]),), True),
    ],
)
def test_a_bleed_is_recent_by_what_is_charted_of_the_last_three_days(
    facts: tuple[Fact, ...], expected: bool
) -> None:
    assert classify(judged_chart(FOR_NOTHING, *facts)).is_bleed_recent is expected


def test_an_order_for_hemoptysis_makes_the_bleed_recent() -> None:
    assert classify(judged_chart()).is_bleed_recent
