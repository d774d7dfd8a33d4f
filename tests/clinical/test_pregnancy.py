"""Whether the patient is pregnant: the newest answers and diagnoses of 42 weeks (BEHAVIOUR 6)."""

from itertools import permutations

import pytest
from msgspec.structs import replace

from cds_service.clinical.cautions import cautions_for, never_charted
from cds_service.clinical.chart import chart_from
from cds_service.clinical.facts import SafetyFinding
from cds_service.clinical.time import UNDATED, Moment
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.model import CautionId
from cds_service.knowledge.terminology.concepts import Certainty, Concept, ConceptMatch
from tests.clinical.chart import (
    CHILD,
    EncounterReason,
    Fact,
    Gender,
    chart,
    days_ago,
    finding,
    hemoptysis,
    judged_chart,
    knowledge,
    minutes_ahead,
    unavailable,
)
from tests.clinical.criteria import CHARTS, NONMASSIVE
from tests.clinical.orders import CT_WITHOUT, CTA, RADIOGRAPH, judged, order

PRESENT, OPEN = CautionId.PREGNANCY, CautionId.PREGNANCY_UNKNOWN


def said(concept: Concept, when: Moment = UNDATED) -> SafetyFinding:
    return replace(finding(concept), when=when)


def condition(when: Moment = UNDATED) -> SafetyFinding:
    return said(Concept.PREGNANCY, when)


def yes(when: Moment = UNDATED) -> SafetyFinding:
    return said(Concept.PREGNANCY_STATUS, when)


def no(when: Moment = UNDATED) -> SafetyFinding:
    return said(Concept.NOT_PREGNANT, when)


def unclear(when: Moment = UNDATED) -> SafetyFinding:
    return said(Concept.PREGNANCY_UNKNOWN, when)


def ended(when: Moment = UNDATED) -> SafetyFinding:
    return replace(unclear(when), is_ending=True)


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ((condition(),), [PRESENT]),
        ((condition(days_ago(294)),), [PRESENT]),
        ((yes(),), [PRESENT]),
        ((yes(days_ago(2)),), [PRESENT]),
        ((said(Concept.DELIVERY_DATE_ESTIMATED, days_ago(90)),), [PRESENT]),
        ((said(Concept.GESTATIONAL_AGE, days_ago(3)),), [PRESENT]),
        ((no(days_ago(30)), yes(days_ago(2))), [PRESENT]),
        ((yes(days_ago(30)), yes(days_ago(2))), [PRESENT]),
        ((yes(days_ago(30)), unclear(days_ago(2))), [PRESENT]),
        ((condition(days_ago(2)), no(days_ago(30))), [PRESENT]),
        ((yes(days_ago(2)), no(days_ago(2))), [PRESENT]),
        ((yes(days_ago(30)), no()), [PRESENT]),
        ((yes(days_ago(30)), no(minutes_ahead(600))), [PRESENT]),
        ((unclear(),), [OPEN]),
        ((unclear(days_ago(2)),), [OPEN]),
        ((no(days_ago(30)), unclear(days_ago(2))), [OPEN]),
        ((condition(days_ago(30)), no(days_ago(2))), [OPEN]),
        ((condition(days_ago(295)),), [OPEN]),
        ((yes(days_ago(295)),), [OPEN]),
        ((yes(days_ago(295)), no(days_ago(296))), [OPEN]),
        ((no(days_ago(2)),), []),
        ((no(days_ago(2)), unclear(days_ago(30))), []),
        ((yes(days_ago(30)), no(days_ago(2))), []),
        ((condition(days_ago(2000)), no(days_ago(2))), []),
        ((unclear(days_ago(295)),), []),
        ((yes(days_ago(60)), ended(days_ago(30))), [OPEN]),
        ((condition(days_ago(60)), ended(days_ago(30))), [OPEN]),
        ((yes(days_ago(60)), ended()), [PRESENT]),
        ((yes(days_ago(60)), ended(minutes_ahead(600))), [PRESENT]),
        ((ended(days_ago(60)), yes(days_ago(30))), [PRESENT]),
        ((yes(days_ago(60)), ended(days_ago(40)), no(days_ago(30))), []),
        ((), []),
    ],
)
def test_the_newest_answer_of_42_weeks_holds(facts: tuple[Fact, ...], found: list[CautionId]) -> None:
    for order_of_facts in permutations(facts):
        assert [c.id for c in cautions_for(judged_chart(*order_of_facts))] == found


@pytest.mark.parametrize("gender", ["male", "Male"])
@pytest.mark.parametrize("fact", [condition(), yes(), unclear(), condition(days_ago(2000))])
def test_a_male_patient_is_not_pregnant(fact: Fact, gender: str) -> None:
    assert cautions_for(judged_chart(Gender(gender), fact)) == ()


@pytest.mark.parametrize(
    ("certainty", "found"),
    [(Certainty.DEFINITE, [PRESENT]), (Certainty.POSSIBLE, [OPEN]), (Certainty.PAST, [])],
)
def test_a_reason_that_speaks_of_pregnancy_counts(certainty: Certainty, found: list[CautionId]) -> None:
    match = ConceptMatch(Concept.PREGNANCY, certainty)
    of_an_order = replace(chart(), order_reasons=(match,))

    assert [c.id for c in cautions_for(judged_chart(EncounterReason(match)))] == found
    assert [c.id for c in cautions_for(chart_from(of_an_order, knowledge()))] == found


@pytest.mark.parametrize(
    ("fact", "first", "is_recommended"),
    [
        (condition(days_ago(2)), RADIOGRAPH, False),
        (unclear(days_ago(2)), CTA, False),
        (condition(days_ago(2000)), CTA, True),
        (no(days_ago(2)), CTA, True),
    ],
)
def test_in_pregnancy_the_radiograph_comes_first_and_where_it_is_open_nothing_is_recommended(
    fact: Fact, first: str, is_recommended: bool
) -> None:
    offered = judged(order(CT_WITHOUT), *CHARTS[NONMASSIVE,], fact).alternatives

    assert (offered[0].procedure, offered[0].is_recommended) == (first, is_recommended)


@pytest.mark.parametrize(
    ("fact", "labels"),
    [
        (condition(days_ago(2)), (PRESENT,)),
        (unclear(days_ago(2)), (OPEN,)),
        (condition(days_ago(2000)), ()),
    ],
)
def test_a_label_carries_the_pregnancy_that_holds_the_recommendation_back(
    fact: Fact, labels: tuple[CautionId, ...]
) -> None:
    offered = judged(order(CT_WITHOUT), *CHARTS[NONMASSIVE,], fact).alternatives

    assert {alternative.cautions for alternative in offered} == {labels}


@pytest.mark.parametrize(
    ("facts", "is_listed"),
    [
        ((Gender("female"),), True),
        ((Gender("female"), no(days_ago(2))), False),
        ((Gender("female"), condition()), False),
        ((Gender("female"), unavailable(Kind.PREGNANCY)), False),
        ((Gender("male"),), False),
        ((Gender(""),), False),
        ((Gender("female"), CHILD, hemoptysis()), True),
    ],
)
def test_a_pregnancy_that_nobody_ever_charted_is_not_the_same_as_none(
    facts: tuple[Fact, ...], is_listed: bool
) -> None:
    assert (Kind.PREGNANCY in never_charted(chart(*facts))) is is_listed
