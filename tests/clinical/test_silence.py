"""What a site switched off says nothing; a patient in danger is silenced by the name of the alert alone."""

from collections.abc import Collection
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.cards.case import alert_for
from cds_service.cds_hooks.request import Hook
from cds_service.clinical.chart import Chart, chart_from
from cds_service.clinical.classify import classify
from cds_service.clinical.decide import decide
from cds_service.clinical.decision import Alert, Decision, RuleId
from cds_service.clinical.facts import HemoptysisFacts
from cds_service.clinical.silence import CRITICAL_ALERTS, Silence, Silenced, heard, without_silenced
from cds_service.knowledge.model import CautionId
from cds_service.knowledge.terminology.concepts import Concept
from tests.clinical.chart import (
    episode,
    finding,
    hemoptysis,
    hours_ago,
    judged_chart,
    knowledge,
    normal_vitals,
    pulse,
    small_blood,
    spo2,
)
from tests.clinical.orders import CTA, RADIOGRAPH, order
from tests.clinical.strategies import charts

RULES = [rule.value for rule in RuleId]


def silenced(*rules: str, alerts: Collection[Alert] = ()) -> Silenced:
    day = date(2026, 11, 30)
    return Silenced.of(
        [
            *(Silence("rule", rule, "a test", day) for rule in rules),
            *(Silence("alert", alert, "a test", day) for alert in alerts),
        ]
    )


def shown(chart: Chart, off: Silenced, procedure: str = CTA) -> Decision:
    return without_silenced(decide(chart, (order(procedure),), (0,), alternatives=2, silenced=off), off)


def test_a_rule_that_is_silenced_says_nothing_any_more() -> None:
    chart = judged_chart(hemoptysis(hours_ago(30)), small_blood(hours_ago(3)), *normal_vitals(), pulse(140))
    assert classify(chart).alert == "sign"

    decision = shown(chart, silenced("heart-rate"))

    assert decision.classification.alert == "none"
    assert decision.silenced == {"heart-rate"}
    assert "heart-rate" not in {evidence.rule for evidence in decision.classification.evidence}


def test_a_rule_that_would_have_said_nothing_is_not_told() -> None:
    decision = shown(judged_chart(hemoptysis()), silenced("heart-rate", "metformin"))

    assert decision.silenced == frozenset()


def test_a_silenced_rule_does_not_hide_a_patient_in_danger() -> None:
    chart = judged_chart(hemoptysis(), episode(500), spo2(80))
    whole = decide(chart, (order(CTA),), (0,), alternatives=2)

    assert shown(chart, silenced(*RULES)) == whole
    assert whole.classification.alert == "massive"


@given(charts(), st.sets(st.sampled_from(RULES)))
def test_no_rule_that_is_silenced_takes_a_critical_alert_away(
    facts: HemoptysisFacts, rules: set[str]
) -> None:
    chart = chart_from(facts, knowledge())
    whole, left = classify(chart), heard(chart, silenced(*rules))

    if whole.alert in CRITICAL_ALERTS:
        assert (left.classification, left.silenced) == (whole, frozenset())
    else:
        assert not {evidence.rule.value for evidence in left.classification.evidence} & rules


def test_an_alert_is_silenced_by_its_name_and_the_rating_comes_all_the_same() -> None:
    chart = judged_chart(hemoptysis(), episode(500))
    whole = shown(chart, silenced(), RADIOGRAPH)

    decision = shown(chart, silenced(alerts=["massive"]), RADIOGRAPH)

    assert alert_for(whole, Hook.ORDER_SELECT) == "massive"
    assert alert_for(decision, Hook.ORDER_SELECT) == "none"
    assert decision.silenced == {"alert-massive"}
    assert decision.judgments == whole.judgments
    assert decision.judgments[0].category is not None


@pytest.mark.parametrize("other", [alert for alert in CRITICAL_ALERTS if alert != "massive"])
def test_the_name_of_another_alert_silences_nothing(other: Alert) -> None:
    chart = judged_chart(hemoptysis(), episode(500))

    assert alert_for(shown(chart, silenced(*RULES, alerts=[other])), Hook.ORDER_SELECT) == "massive"


def test_a_silenced_caution_is_not_shown_and_still_keeps_a_study_from_being_preselected() -> None:
    chart = judged_chart(hemoptysis(), finding(Concept.CONTRAST_REACTION))
    off = silenced(CautionId.CONTRAST_REACTION)
    whole = shown(chart, silenced(), RADIOGRAPH)

    decision = shown(chart, off, RADIOGRAPH)

    assert whole.has(CautionId.CONTRAST_REACTION)
    assert not decision.has(CautionId.CONTRAST_REACTION)
    assert decision.silenced == {"contrast-reaction"}
    for before, after in zip(whole.judgments, decision.judgments, strict=True):
        assert [a.procedure for a in after.alternatives] == [a.procedure for a in before.alternatives]
        assert [a.is_recommended for a in after.alternatives] == [
            a.is_recommended for a in before.alternatives
        ]
        assert all(CautionId.CONTRAST_REACTION not in a.cautions for a in after.alternatives)
