"""What holds for every chart. More examples: pytest --hypothesis-profile=nightly."""

from decimal import Decimal
from random import Random
from typing import get_args

from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec import structs
from msgspec.structs import replace

from cds_service.clinical.chart import chart_from
from cds_service.clinical.decide import decide
from cds_service.clinical.decision import Effect
from cds_service.clinical.evidence.sums import blood_of, volume_of_a_day
from cds_service.clinical.facts import (
    Bleed,
    Diagnosis,
    HemoptysisFacts,
    ImagingOrder,
    ReasonKind,
    SafetyFinding,
    Vital,
)
from cds_service.clinical.range import ZERO, Range
from cds_service.clinical.time import at
from cds_service.knowledge.model import Category, Modality
from cds_service.knowledge.terminology.concepts import Concept
from tests.clinical.chart import hours_ago, knowledge, range_of, sure
from tests.clinical.judging import (
    M,
    N,
    R,
    classified,
    is_no_milder,
    with_bleed,
    with_diagnosis,
    with_vital,
)
from tests.clinical.orders import order
from tests.clinical.strategies import (
    DECIDING,
    UNRELATED,
    absent,
    any_amounts,
    bleeds,
    charts,
    episodes,
    positive,
    unrelated_diagnoses,
    vitals,
)

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
    assume(
        bleed.shows_blood
    )  # no blood is no amount: the first one sets the onset, to which proof must belong
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
    found = volume_of_a_day(blood_of(judged).newest, judged)
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
