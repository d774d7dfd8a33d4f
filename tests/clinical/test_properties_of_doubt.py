"""What is unsure, undated, unread or missing never makes it milder, nor does more of what proves."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from cds_service.clinical.facts import (
    Availability,
    Bleed,
    Diagnosis,
    Embolization,
    HemoptysisFacts,
    Support,
    Vital,
    VitalKind,
)
from cds_service.clinical.time import UNDATED, Moment, Period, at
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.terminology.concepts import Certainty, Concept, ConceptMatch
from tests.clinical.chart import chart, hours_ago, normal_vitals, range_of
from tests.clinical.judging import (
    M,
    classified,
    is_no_milder,
    is_wider,
    read_as,
    with_bleed,
    with_diagnosis,
    with_vital,
)
from tests.clinical.strategies import (
    DECIDING,
    any_amounts,
    bleeds,
    charts,
    diagnoses_of,
    embolizations,
    matches_of,
    past_instants,
    recent_instants,
    seen,
    supports,
    unreadable_amounts,
    vitals,
)

# --- what cannot be read or dated never makes it milder --------------------------------------------


@given(charts(), unreadable_amounts)
def test_an_amount_that_cannot_be_read_never_makes_it_milder(facts: HemoptysisFacts, bleed: Bleed) -> None:
    before, after = classified(facts), classified(with_bleed(facts, bleed))

    assert is_no_milder(after, before)
    assert M in after.plausible or M not in before.plausible


undated_bleeds = (any_amounts | unreadable_amounts | seen).map(
    lambda bleed: replace(bleed, period=at(UNDATED))
)
undated_diagnoses = st.builds(
    Diagnosis,
    st.just("d"),
    matches_of([concept for concept in DECIDING if concept not in (Concept.COPD, Concept.HOME_OXYGEN)]),
    st.just(""),
    st.booleans(),
    is_severe=st.booleans(),
)


@given(charts(), undated_bleeds)
def test_blood_without_a_date_only_widens_what_is_plausible(facts: HemoptysisFacts, bleed: Bleed) -> None:
    before, after = classified(facts), classified(with_bleed(facts, bleed))

    assert is_no_milder(after, before)
    assert after.severity == "proven" or is_wider(after, before)


@given(charts(), vitals(st.just(UNDATED)))
def test_a_vital_sign_without_a_date_only_widens_what_is_plausible(
    facts: HemoptysisFacts, vital: Vital
) -> None:
    before, after = classified(facts), classified(with_vital(facts, vital))

    assert is_no_milder(after, before)
    assert is_wider(after, before)


@given(charts(), embolizations.map(lambda e: replace(e, performed=UNDATED)))
def test_an_embolization_without_a_date_only_widens_what_is_plausible(
    facts: HemoptysisFacts, embolization: Embolization
) -> None:
    undated = replace(facts, embolizations=(*facts.embolizations, embolization))

    assert is_wider(classified(undated), classified(facts))


@given(charts(), undated_diagnoses)
def test_a_diagnosis_without_a_date_never_makes_it_milder(
    facts: HemoptysisFacts, diagnosis: Diagnosis
) -> None:
    before, after = classified(facts), classified(with_diagnosis(facts, diagnosis))

    is_background = diagnosis.means(Concept.CHRONIC_RESPIRATORY_FAILURE) and diagnosis.is_active
    if not is_background:
        assert is_no_milder(after, before)
        assert is_wider(after, before)
    assert M in after.plausible or M not in before.plausible


@given(charts(), any_amounts)
def test_an_amount_turned_unreadable_or_undated_never_takes_massive_away(
    facts: HemoptysisFacts, bleed: Bleed
) -> None:
    before = classified(with_bleed(facts, bleed))

    for harmed in (replace(bleed, finding="unreadable"), replace(bleed, period=at(UNDATED))):
        assert M in classified(with_bleed(facts, harmed)).plausible or M not in before.plausible


# --- missing data never make it milder -------------------------------------------------------------


@given(charts(), st.sampled_from(Kind))
def test_a_kind_read_in_part_never_makes_it_milder(facts: HemoptysisFacts, kind: Kind) -> None:
    whole = classified(read_as(facts, kind, Availability.AVAILABLE))
    in_part = classified(read_as(facts, kind, Availability.INCOMPLETE))

    assert is_no_milder(in_part, whole)
    assert is_wider(in_part, whole)


# --- what is unsure or proves the more -------------------------------------------------------------


@given(charts(), bleeds, vitals(), diagnoses_of(*DECIDING), supports)
def test_an_unsure_copy_of_anything_never_makes_it_milder(
    facts: HemoptysisFacts, bleed: Bleed, vital: Vital, diagnosis: Diagnosis, support: Support
) -> None:
    before = classified(facts)
    background = diagnosis.means(Concept.CHRONIC_RESPIRATORY_FAILURE, Concept.COPD, Concept.HOME_OXYGEN)

    after = [
        classified(with_bleed(facts, replace(bleed, is_unsure=True))),
        classified(with_vital(facts, replace(vital, is_unsure=True))),
        classified(replace(facts, supports=(*facts.supports, replace(support, is_unsure=True)))),
    ]
    if not background:
        after.append(classified(with_diagnosis(facts, replace(diagnosis, is_unsure=True))))

    assert all(is_no_milder(found, before) for found in after)


@given(
    charts(), st.sampled_from(["oxygen-saturation", "systolic-pressure", "respiratory-rate"]), past_instants
)
def test_more_of_a_proving_sign_never_lowers(facts: HemoptysisFacts, kind: VitalKind, taken: Moment) -> None:
    worst = {"oxygen-saturation": 70, "systolic-pressure": 60, "respiratory-rate": 40}[kind]
    added = Vital("Vital/added", kind, range_of(worst), taken, "")

    assert is_no_milder(classified(with_vital(facts, added)), classified(facts))


@given(charts(), st.sampled_from([Concept.VENTILATION, Concept.VASOPRESSOR, Concept.ECMO]), past_instants)
def test_more_support_never_lowers(facts: HemoptysisFacts, concept: Concept, begun: Moment) -> None:
    added = Support("Support/added", concept, Period(begun, UNDATED))

    after = classified(replace(facts, supports=(*facts.supports, added)))

    assert is_no_milder(after, classified(facts))


# --- normal vital signs ----------------------------------------------------------------------------


@given(charts(), recent_instants)
def test_calm_vital_signs_never_lower_what_the_bleed_or_the_diagnoses_say(
    facts: HemoptysisFacts, taken: Moment
) -> None:
    without = replace(facts, vitals=())
    before = classified(without)
    assume(before.severity in ("proven", "kept-plausible"))

    assert classified(with_vital(without, *normal_vitals(taken))).severity == before.severity


BACKGROUND = (Concept.COPD, Concept.CHRONIC_RESPIRATORY_FAILURE, Concept.HOME_OXYGEN)
"""What lowers a limit where it is sure."""


def made_sure(match: ConceptMatch) -> ConceptMatch:
    return replace(match, certainty=Certainty.DEFINITE) if match.certainty is Certainty.POSSIBLE else match


@given(charts())
def test_what_is_only_possible_never_proves_what_its_sure_form_would_not(facts: HemoptysisFacts) -> None:
    definite = replace(
        facts,
        diagnoses=tuple(replace(d, matches=tuple(map(made_sure, d.matches))) for d in facts.diagnoses),
    )
    assume(not any(d.means(*BACKGROUND) for d in facts.diagnoses))

    assert is_no_milder(classified(definite), classified(facts))


@pytest.mark.parametrize("hours", [1, 6, 23])
def test_neither_an_episode_nor_a_total_of_less_than_a_day_rules_out_by_itself(hours: int) -> None:
    facts = chart()
    small = Bleed("b", "amount", Period(hours_ago(hours), hours_ago(0)), range_of(hours), "")

    assert classified(with_bleed(facts, small)).severity == "unsettled"
    assert classified(with_bleed(facts, replace(small, period=at(hours_ago(1))))).severity == "unsettled"
    whole_day = replace(small, period=Period(hours_ago(24), hours_ago(0)))
    assert classified(with_bleed(facts, whole_day)).severity == "ruled-out"
