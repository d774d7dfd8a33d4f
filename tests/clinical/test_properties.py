"""What holds for every chart. More examples: pytest --hypothesis-profile=nightly."""

from decimal import Decimal
from random import Random
from typing import get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec import structs
from msgspec.structs import replace

from cds_service.clinical.chart import chart_from
from cds_service.clinical.classify import classify
from cds_service.clinical.decide import decide
from cds_service.clinical.decision import Classification, Effect
from cds_service.clinical.evidence.sums import measures_of, newest_first, volume_of_a_day
from cds_service.clinical.facts import (
    Availability,
    Bleed,
    Diagnosis,
    Embolization,
    HemoptysisFacts,
    ImagingOrder,
    ReasonKind,
    SafetyFinding,
    Support,
    Vital,
    VitalKind,
)
from cds_service.clinical.range import ZERO, Range
from cds_service.clinical.time import UNDATED, Moment, Period, at
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.model import Category, Modality, Variant
from cds_service.knowledge.terminology.concepts import Certainty, Concept
from tests.clinical.chart import chart, hours_ago, knowledge, normal_vitals, range_of, sure
from tests.clinical.orders import order
from tests.clinical.strategies import (
    DECIDING,
    UNRELATED,
    absent,
    any_amounts,
    bleeds,
    charts,
    diagnoses_of,
    embolizations,
    episodes,
    matches_of,
    past_instants,
    positive,
    recent_instants,
    seen,
    supports,
    unreadable_amounts,
    unrelated_diagnoses,
    vitals,
)

RANK = {
    "ruled-out": 0,
    "unsettled": 1,
    "kept-plausible": 2,
    "proven": 3,
}
M, R, N = Variant.MASSIVE, Variant.RECURRENT, Variant.NONMASSIVE


def classified(facts: HemoptysisFacts) -> Classification:
    return classify(chart_from(facts, knowledge()))


def with_bleed(facts: HemoptysisFacts, bleed: Bleed) -> HemoptysisFacts:
    added = replace(bleed, reference=f"Blood/added-{len(facts.bleeds)}")
    return replace(facts, bleeds=(*facts.bleeds, added))


def with_vital(facts: HemoptysisFacts, *added: Vital) -> HemoptysisFacts:
    return replace(facts, vitals=(*facts.vitals, *added))


def with_diagnosis(facts: HemoptysisFacts, diagnosis: Diagnosis) -> HemoptysisFacts:
    return replace(facts, diagnoses=(*facts.diagnoses, replace(diagnosis, reference="Condition/added")))


def read_as(facts: HemoptysisFacts, kind: Kind, availability: Availability) -> HemoptysisFacts:
    return replace(facts, availability={**facts.availability, kind: availability})


def is_no_milder(after: Classification, before: Classification) -> bool:
    return RANK[after.severity] >= RANK[before.severity]


def is_wider(after: Classification, before: Classification) -> bool:
    """True when nothing that was plausible has gone."""
    return set(after.plausible) >= set(before.plausible)


# --- classification is total -----------------------------------------------------------------------


@given(charts())
def test_every_chart_is_classified_and_what_is_plausible_follows_from_both_questions(
    facts: HemoptysisFacts,
) -> None:
    found = classified(facts)

    assert found.plausible == tuple(variant for variant in (M, R, N) if variant in found.plausible)
    assert found.plausible
    assert (M in found.plausible) is (found.severity != "ruled-out")
    assert (found.plausible == (M,)) is (found.severity == "proven")
    if found.severity != "proven":
        assert (R in found.plausible) is (found.recurrence != "not-found")
        assert (N in found.plausible) is (found.recurrence != "proven")


@given(charts())
def test_what_proves_excludes_what_rules_out_and_a_child_is_never_ruled_out(facts: HemoptysisFacts) -> None:
    found = classified(facts)

    effects = {e.effect for e in found.evidence}
    speaks_for_it = effects & {Effect.PROVES_MASSIVE, Effect.KEEPS_MASSIVE_PLAUSIBLE}
    assert not (speaks_for_it and Effect.RULES_OUT_MASSIVE in effects)
    assert (found.severity == "ruled-out") is (Effect.RULES_OUT_MASSIVE in effects)
    assert not (found.age_group == "child" and found.severity == "ruled-out")


orders = st.builds(
    lambda procedure, reason: order(procedure, replace(order(procedure).reason, kind=reason)),
    st.sampled_from(sorted(knowledge().procedures)),
    st.sampled_from(get_args(ReasonKind)),
)


@given(charts(), st.lists(orders, max_size=3), st.integers(0, 4))
def test_every_request_is_decided_and_offers_only_what_is_usually_appropriate(
    facts: HemoptysisFacts, drafts: list[ImagingOrder], limit: int
) -> None:
    numbered = [replace(draft, index=place) for place, draft in enumerate(drafts)]
    judged = chart_from(facts, knowledge())

    found = decide(judged, numbered, range(len(numbered)), alternatives=limit)

    assert [j.order.index for j in found.judgments] == list(range(len(drafts)))
    for judgment in found.judgments:
        assert (judgment.category is not None) is (judgment.outcome == "rated")
        assert len(judgment.alternatives) <= limit
        for alternative in judgment.alternatives:
            assert knowledge().procedures[alternative.procedure].modality is not Modality.ARTERIOGRAPHY
            for variant in found.classification.plausible:
                category = knowledge().category(alternative.procedure, variant)
                assert category is Category.USUALLY_APPROPRIATE


# --- unrelated data never matter -------------------------------------------------------------------


@given(charts(), unrelated_diagnoses)
def test_an_unrelated_diagnosis_never_changes_the_classification(
    facts: HemoptysisFacts, diagnosis: Diagnosis
) -> None:
    before, after = classified(facts), classified(with_diagnosis(facts, diagnosis))

    decisive = [e for e in after.evidence if e.effect is not Effect.RAISES_ALERT]
    assert decisive == [e for e in before.evidence if e.effect is not Effect.RAISES_ALERT]
    assert structs.replace(after, evidence=()) == structs.replace(before, evidence=())


@given(charts(), st.sampled_from([c for c in DECIDING if c is not Concept.HEMOPTYSIS]))
def test_an_ended_diagnosis_other_than_hemoptysis_never_changes_the_classification(
    facts: HemoptysisFacts, concept: Concept
) -> None:
    ended = Diagnosis("d", sure(concept), "", is_active=False, is_severe=True, onset=hours_ago(3))

    assert classified(with_diagnosis(facts, ended)) == classified(facts)


@given(charts(), absent)
def test_an_observation_of_no_blood_never_changes_the_classification(
    facts: HemoptysisFacts, bleed: Bleed
) -> None:
    assert classified(with_bleed(facts, bleed)) == classified(facts)


@given(charts(), vitals(st.integers(73, 900).map(hours_ago)))
def test_a_stale_vital_sign_is_shown_at_most(facts: HemoptysisFacts, vital: Vital) -> None:
    before, after = classified(facts), classified(with_vital(facts, vital))

    decisive = [e for e in after.evidence if e.effect is not Effect.SHOWN_ONLY]
    assert decisive == [e for e in before.evidence if e.effect is not Effect.SHOWN_ONLY]
    assert (after.severity, after.alert) == (before.severity, before.alert)


@given(charts(), st.sampled_from(UNRELATED))
def test_safety_findings_never_change_the_plausible_variants(
    facts: HemoptysisFacts, concept: Concept
) -> None:
    found = SafetyFinding("Resource/added", concept, "")

    after = classified(replace(facts, safety=(found,)))

    assert after.plausible == classified(facts).plausible


# --- more blood never lowers severity --------------------------------------------------------------


ON_CHARTED_BLOOD = Bleed("Blood/first", "amount", at(hours_ago(20)), range_of(20), "")
"""Where no amount is charted a small one takes proof away: the one step down that is meant (BEHAVIOUR 4)."""


@given(charts().map(lambda facts: with_bleed(facts, ON_CHARTED_BLOOD)), episodes)
def test_one_more_episode_never_lowers_severity(facts: HemoptysisFacts, bleed: Bleed) -> None:
    assert is_no_milder(classified(with_bleed(facts, bleed)), classified(facts))


@given(charts(), bleeds)
def test_one_more_bleed_of_any_kind_never_lowers_what_is_proven_or_kept_plausible(
    facts: HemoptysisFacts, bleed: Bleed
) -> None:
    charted = with_bleed(facts, ON_CHARTED_BLOOD)
    before = classified(charted)
    assume(before.severity in ("proven", "kept-plausible"))

    assert is_no_milder(classified(with_bleed(charted, bleed)), before)


@given(charts(), any_amounts, positive)
def test_a_larger_amount_never_lowers_severity(facts: HemoptysisFacts, bleed: Bleed, more: Decimal) -> None:
    value = bleed.amount_ml
    larger = Range(value.low + more, value.high + more, value.low_is_open, value.high_is_open)

    before, after = with_bleed(facts, bleed), with_bleed(facts, replace(bleed, amount_ml=larger))

    assert is_no_milder(classified(after), classified(before))


@given(charts(), bleeds)
def test_one_more_bleed_never_makes_the_sum_of_the_day_smaller(facts: HemoptysisFacts, bleed: Bleed) -> None:
    before, after = _sum_of_the_day(facts), _sum_of_the_day(with_bleed(facts, bleed))

    assert after.low >= before.low
    assert after.high >= before.high


def _sum_of_the_day(facts: HemoptysisFacts) -> Range:
    judged = chart_from(facts, knowledge())
    found = volume_of_a_day(newest_first(measures_of(judged)), judged)
    return found[0] if found else ZERO


WORSE = {
    "oxygen-saturation": Decimal("0.9"),
    "systolic-pressure": Decimal("0.9"),
    "respiratory-rate": Decimal("1.1"),
    "heart-rate": Decimal("1.1"),
}


@given(charts(), vitals())
def test_a_worse_vital_sign_never_lowers_severity(facts: HemoptysisFacts, vital: Vital) -> None:
    assume(vital.kind in WORSE and vital.value.low > 30)
    worse = replace(vital, value=vital.value.scaled(WORSE[vital.kind]))

    before, after = classified(with_vital(facts, vital)), classified(with_vital(facts, worse))

    if vital.value.is_exact:
        assert is_no_milder(after, before)


# --- the order of resources never matters ----------------------------------------------------------


@given(charts(), st.randoms(use_true_random=False))
def test_the_order_of_resources_never_matters(facts: HemoptysisFacts, random: Random) -> None:
    shuffled = replace(
        facts,
        diagnoses=tuple(random.sample(facts.diagnoses, len(facts.diagnoses))),
        bleeds=tuple(random.sample(facts.bleeds, len(facts.bleeds))),
        vitals=tuple(random.sample(facts.vitals, len(facts.vitals))),
        embolizations=tuple(random.sample(facts.embolizations, len(facts.embolizations))),
    )

    assert classified(shuffled) == classified(facts)


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
    matches_of([concept for concept in DECIDING if concept is not Concept.COPD]),
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


@given(charts())
def test_what_is_only_possible_never_proves_what_its_sure_form_would_not(facts: HemoptysisFacts) -> None:
    definite = replace(
        facts,
        diagnoses=tuple(
            replace(d, matches=tuple(replace(m, certainty=Certainty.DEFINITE) for m in d.matches))
            for d in facts.diagnoses
        ),
    )
    assume(not any(d.means(Concept.COPD, Concept.CHRONIC_RESPIRATORY_FAILURE) for d in facts.diagnoses))

    assert is_no_milder(classified(definite), classified(facts))


@pytest.mark.parametrize("hours", [1, 6, 23])
def test_neither_an_episode_nor_a_total_of_less_than_a_day_rules_out_by_itself(hours: int) -> None:
    facts = chart()
    small = Bleed("b", "amount", Period(hours_ago(hours), hours_ago(0)), range_of(hours), "")

    assert classified(with_bleed(facts, small)).severity == "unsettled"
    assert classified(with_bleed(facts, replace(small, period=at(hours_ago(1))))).severity == "unsettled"
    whole_day = replace(small, period=Period(hours_ago(24), hours_ago(0)))
    assert classified(with_bleed(facts, whole_day)).severity == "ruled-out"
