"""What a small bleed may take away, and what an absent vital sign may rule out (BEHAVIOUR 4)."""

from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from cds_service.clinical.chart import chart_from
from cds_service.clinical.classify import classify
from cds_service.clinical.decide import hemoptysis_in_chart
from cds_service.clinical.decision import Classification
from cds_service.clinical.facts import KIND_NOT_KNOWN, Availability, Bleed, HemoptysisFacts
from cds_service.clinical.time import UNDATED, Moment, at
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.terminology.concepts import Certainty, Concept, ConceptMatch
from tests.clinical.chart import (
    FOR_NOTHING,
    Born,
    EncounterReason,
    Fact,
    blood_seen,
    chart,
    days_ago,
    episode,
    hemoptysis,
    hours_ago,
    knowledge,
    large_blood,
    minutes_ahead,
    normal_vitals,
    on,
    range_of,
    spo2,
    systolic,
    total,
    unreadable_amount,
)
from tests.clinical.judging import classified, is_no_milder, read_as, with_bleed
from tests.clinical.strategies import charts, episodes

LOW, SMALL = systolic(80), episode(5)
HEMOPTYSIS, SEVERE = ConceptMatch(Concept.HEMOPTYSIS), ConceptMatch(Concept.SEVERE)


def _judged(*facts: Fact) -> Classification:
    return classified(chart(*facts))


# --- a bleed is not small while massive is kept plausible by blood --------------------------------------


@pytest.mark.parametrize(
    "more",
    [
        episode(500, hours_ago(30)),
        total(250, 24, ended=40),
        large_blood(hours_ago(30)),
        unreadable_amount(),
        episode(300, UNDATED),
    ],
)
def test_beside_blood_that_keeps_massive_plausible_a_small_amount_takes_no_proof_away(more: Bleed) -> None:
    assert _judged(LOW, SMALL).alert == "unstable-and-small"
    assert _judged(LOW, more).alert == "unstable"
    assert _judged(LOW, more, SMALL).alert == "unstable"


def test_a_bleed_that_is_called_massive_of_late_is_not_small() -> None:
    called = replace(hemoptysis(), is_called_severe=True)
    long_ago = replace(called, onset=days_ago(10), recorded=days_ago(10))

    assert _judged(called, LOW, SMALL).alert == "unstable"
    assert _judged(long_ago, LOW, SMALL).alert == "unstable-and-small"


def test_a_bleed_that_is_not_wholly_read_is_not_small() -> None:
    facts = chart(LOW, SMALL)

    assert classified(read_as(facts, Kind.BLEEDING, Availability.INCOMPLETE)).alert == "unstable"


recent_floods = st.builds(
    lambda ml, hours: Bleed("Blood/flood", "amount", at(hours_ago(hours)), range_of(ml), ""),
    st.integers(200, 900),
    st.integers(25, 70),
)


@given(charts(), recent_floods, episodes)
def test_beside_a_massive_amount_of_the_recent_window_one_more_episode_never_lowers_severity(
    facts: HemoptysisFacts, flood: Bleed, bleed: Bleed
) -> None:
    assume(all(d.is_active or not d.means(Concept.HEMOPTYSIS) for d in facts.diagnoses))  # one episode
    before = with_bleed(facts, flood)

    assert is_no_milder(classified(with_bleed(before, bleed)), classified(before))


# --- absent, and asked for in part ----------------------------------------------------------------------


def _asked_in_part(*facts: Fact) -> Classification:
    found = replace(chart(*facts), asked_in_part=frozenset({Kind.VITALS}))
    return classify(chart_from(found, knowledge()))


@pytest.mark.parametrize(
    ("vitals", "whole", "in_part"),
    [
        ((), "ruled-out", "unsettled"),
        (normal_vitals(), "ruled-out", "ruled-out"),
        (normal_vitals()[:2], "ruled-out", "unsettled"),
        ((*normal_vitals()[1:], spo2(97, hours_ago(40))), "ruled-out", "unsettled"),
        ((*normal_vitals(), spo2(92)), "unsettled", "unsettled"),
    ],
)
def test_an_absent_vital_sign_rules_nothing_out_where_only_codes_were_asked_for(
    vitals: Sequence[Fact], whole: str, in_part: str
) -> None:
    small_total = total(60, 24)

    assert _judged(small_total, *vitals).severity == whole
    assert _asked_in_part(small_total, *vitals).severity == in_part


@given(charts())
def test_what_was_asked_for_in_part_is_never_milder(facts: HemoptysisFacts) -> None:
    in_part = replace(facts, asked_in_part=frozenset({Kind.VITALS}))

    assert is_no_milder(classified(in_part), classified(facts))


@pytest.mark.parametrize(
    ("amount", "hours", "expected"),
    [
        (60, 8, "unsettled"),
        (40, 8, "unsettled"),
        (20, 4, "unsettled"),
        (30, 8, "ruled-out"),
        (20, 3, "ruled-out"),
    ],
)
def test_a_partial_total_that_would_reach_the_borderline_in_a_day_rules_nothing_out(
    amount: int, hours: float, expected: str
) -> None:
    bled = total(amount, hours, ended=2)

    assert _judged(hemoptysis(hours_ago(20)), bled, *normal_vitals()).severity == expected


# --- who may be a child, and what the reason of the stay says --------------------------------------------


@pytest.mark.parametrize(
    ("born", "expected"),
    [
        (on("1970-03-01"), "ruled-out"),
        (UNDATED, "ruled-out"),
        (replace(UNDATED, written="13.03.2010"), "unsettled"),
        (Moment(on("2008-01-01").earliest, on("2008-12-31").latest, "2008"), "unsettled"),
        (on("2030-01-01"), "unsettled"),
    ],
)
def test_nothing_is_ruled_out_where_a_charted_birth_date_leaves_a_child_possible(
    born: Moment, expected: str
) -> None:
    assert _judged(Born(born), SMALL, *normal_vitals()).severity == expected


def test_an_encounter_for_massive_hemoptysis_keeps_massive_plausible() -> None:
    calm = (SMALL, *normal_vitals())

    assert _judged(*calm, EncounterReason(HEMOPTYSIS)).severity == "ruled-out"
    assert _judged(*calm, EncounterReason(HEMOPTYSIS), EncounterReason(SEVERE)).severity == "kept-plausible"
    assert _judged(*calm, EncounterReason(SEVERE)).severity == "ruled-out"


# --- blood that cannot be read or dated is not silent ----------------------------------------------------


def _said(*facts: Fact, **changes: object) -> frozenset[Certainty]:
    found = replace(chart(FOR_NOTHING, *facts), **changes)
    return hemoptysis_in_chart(chart_from(found, knowledge()))


@pytest.mark.parametrize("when", [UNDATED, minutes_ahead(180)])
def test_blood_without_a_usable_time_is_possible_hemoptysis(when: Moment) -> None:
    assert _said(episode(500, when)) == {Certainty.POSSIBLE}
    assert _said(blood_seen(when)) == {Certainty.POSSIBLE}


def test_blood_of_a_year_long_past_is_no_hemoptysis_of_now() -> None:
    year = Moment(on("2019-01-01").earliest, on("2019-12-31").latest, "2019")

    assert _said(episode(500, year)) == frozenset()
    assert _said(episode(0, UNDATED)) == frozenset()


def test_an_observation_of_blood_that_cannot_be_read_is_possible_hemoptysis() -> None:
    of_blood = (Kind.BLEEDING, "Observation/1", "masked")
    of_any = tuple((kind, "Observation/2", KIND_NOT_KNOWN) for kind in (Kind.BLEEDING, Kind.VITALS))

    assert _said(not_understood=(of_blood,)) == {Certainty.POSSIBLE}
    assert _said(not_understood=of_any) == frozenset()
