"""What a classification tells besides the variant: evidence with dates, alerts, and what to record."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from cds_service.cards.phrases import evidence_text
from cds_service.clinical.chart import chart_from
from cds_service.clinical.classify import classify
from cds_service.clinical.decision import Classification, Effect, RuleId, ToRecord
from cds_service.clinical.facts import AgeGroup
from cds_service.clinical.range import Range
from cds_service.clinical.time import UNDATED, Moment
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.terminology.concepts import Concept
from tests.clinical.chart import (
    AGE_UNKNOWN,
    CHILD,
    Born,
    Fact,
    active,
    between,
    breaths,
    chart,
    days_ago,
    ended,
    episode,
    finding,
    hemoptysis,
    hours_ago,
    judged_chart,
    knowledge,
    normal_vitals,
    on,
    per,
    pulse,
    range_of,
    spo2,
    support,
    sure,
    systolic,
    total,
    unavailable,
)
from tests.clinical.patterns.volumes import CHRONIC

HIGH_RISK = (
    Concept.CAVITATING_LESION,
    Concept.LUNG_CANCER,
    Concept.ASPERGILLOSIS,
    Concept.TUBERCULOSIS,
    Concept.BRONCHIECTASIS,
    Concept.CYSTIC_FIBROSIS,
    Concept.CHRONIC_RESPIRATORY_FAILURE,
    Concept.ANTICOAGULATION,
)


def classified(*facts: Fact) -> Classification:
    return classify(judged_chart(*facts))


def test_evidence_is_shown_with_its_date_its_reference_and_the_limit_it_crossed() -> None:
    found = classified(spo2(85, hours_ago(3)))

    (evidence,) = found.evidence_with(Effect.PROVES_MASSIVE)
    assert evidence_text(evidence) == "oxygen saturation 85 %"
    assert evidence.when == hours_ago(3)
    assert evidence.references == ("Observation/oxygen-saturation",)
    assert evidence.definition is DefinitionId.SPO2_LOW


def test_every_crossing_reading_is_shown_and_of_the_others_the_latest() -> None:
    found = classified(
        spo2(85, hours_ago(9)), spo2(88, hours_ago(7)), spo2(95, hours_ago(5)), spo2(97, hours_ago(3))
    )

    saturations = [e for e in found.evidence if e.rule is RuleId.SATURATION]
    assert [e.when for e in saturations] == [hours_ago(3), hours_ago(7), hours_ago(9)]


def test_an_older_vital_sign_is_shown_only_where_nothing_newer_of_its_kind_is_there() -> None:
    old = spo2(85, hours_ago(80))

    (alone,) = classified(old).evidence
    beside = classified(old, spo2(95, hours_ago(2))).evidence

    assert (alone.effect, alone.when) == (Effect.SHOWN_ONLY, hours_ago(80))
    assert [e.when for e in beside] == [hours_ago(2)]


@pytest.mark.parametrize("concept", HIGH_RISK)
def test_a_high_risk_background_raises_the_alert_and_not_the_variant(concept: Concept) -> None:
    with_it, without = classified(active(concept)), classified()

    assert len(with_it.evidence_with(Effect.RAISES_ALERT)) == 1
    assert with_it.plausible == without.plausible


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        (days_ago(900), UNDATED, "unsettled"),
        (UNDATED, UNDATED, "unsettled"),
        (hours_ago(2), None, "unsettled"),
        (days_ago(900), hours_ago(-24), "unsettled"),
        (days_ago(900), days_ago(800), "proven"),
        (days_ago(900), None, "kept-plausible"),
    ],
)
def test_home_oxygen_lowers_the_target_of_the_saturation_while_it_lasts(
    begin: Moment, end: Moment | None, expected: str
) -> None:
    found = classified(support(Concept.HOME_OXYGEN, begin, end), spo2(89))

    assert found.severity == expected


def test_an_anticoagulant_drug_raises_the_alert() -> None:
    found = classified(finding(Concept.ANTICOAGULANT))

    assert [e.rule for e in found.evidence_with(Effect.RAISES_ALERT)] == [RuleId.HIGH_RISK]


def test_an_ended_background_raises_no_alert() -> None:
    assert not classified(ended()).evidence_with(Effect.RAISES_ALERT)


def test_a_normal_set_is_made_of_the_newest_of_each_and_is_as_old_as_its_oldest() -> None:
    newest = (spo2(97, hours_ago(1)), systolic(125, hours_ago(3)), breaths(16, hours_ago(2)))
    found = classified(episode(5, hours_ago(6)), *newest, spo2(95, hours_ago(5)))

    (evidence,) = found.evidence_with(Effect.RULES_OUT_MASSIVE)
    assert (
        evidence_text(evidence)
        == "oxygen saturation 97 %, systolic pressure 125 mmHg, respiratory rate 16 /min"
    )
    assert evidence.when == hours_ago(3)


def test_normal_vital_signs_are_only_shown_where_something_keeps_massive_plausible() -> None:
    found = classified(episode(5), pulse(131, hours_ago(3)), *normal_vitals())

    assert not found.evidence_with(Effect.RULES_OUT_MASSIVE)
    assert any(e.rule is RuleId.SMALL_AND_CALM for e in found.evidence_with(Effect.SHOWN_ONLY))


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        ((), ("amount-over-24h", "vital-signs")),
        ((episode(120),), ("amount-over-24h", "vital-signs")),
        ((episode(250),), ()),
        ((per(24, 30),), ()),
        ((total(120, 24),), ("vital-signs",)),
        ((episode(120), *normal_vitals()), ("amount-over-24h",)),
        ((CHILD, total(30, 24)), ()),
        ((episode(120, UNDATED),), ("amount-over-24h", "vital-signs", "dates")),
        ((unavailable(Kind.CONDITIONS), per(24, 30)), ("earlier-episodes",)),
        ((unavailable(Kind.CONDITIONS), episode(250)), ()),
    ],
)
def test_what_would_settle_an_open_question_is_asked_for(
    facts: tuple[Fact, ...], wanted: tuple[ToRecord, ...]
) -> None:
    assert classified(*facts).to_record == wanted


@pytest.mark.parametrize(
    ("facts", "volume"),
    [
        ((), None),
        ((per(1, 20),), None),
        ((episode(120, UNDATED),), None),
        ((episode(30),), None),
        ((episode(30), episode(20)), range_of(50)),
        ((total(60, 24), episode(30), episode(20)), range_of(50)),
        ((total(300, 72),), None),
        ((total(150, 10), episode(60)), range_of(150)),
        ((total(150, 10), episode(60, on("2026-05-11"))), between(150, 210)),
    ],
)
def test_the_amounts_of_24_h_are_added_up_once_and_totals_not_at_all(
    facts: tuple[Fact, ...], volume: Range | None
) -> None:
    sums = [e.value for e in classified(*facts).evidence if e.measure == "sum"]

    assert sums == ([volume] if volume else [])


def test_a_total_over_days_counts_by_its_average() -> None:
    assert classified(total(300, 72)).severity == "kept-plausible"
    assert classified(total(297, 72)).severity == "kept-plausible"
    assert classified(total(600, 72)).severity == "proven"


@pytest.mark.parametrize(
    ("born", "expected"),
    [
        (Born(on("1970-03-01")), "adult"),
        (Born(on("2008-05-11")), "adult"),
        (Born(on("2008-05-12")), "child"),
        (CHILD, "child"),
        (AGE_UNKNOWN, "unknown"),
        (Born(on("2030-01-01")), "unknown"),
    ],
)
def test_the_age_group_changes_on_the_eighteenth_birthday(born: Born, expected: AgeGroup) -> None:
    assert classified(born).age_group == expected


def test_the_gap_to_the_earlier_episode_is_shown() -> None:
    found = classified(hemoptysis(), ended(abated=days_ago(10)))

    (evidence,) = found.evidence_with(Effect.PROVES_RECURRENCE)
    assert evidence_text(evidence) == "an earlier episode that ended 10 days before this one"


def test_the_lower_limits_are_shown_with_the_condition_that_sets_them() -> None:
    found = classified(CHRONIC, episode(60))

    assert any(e.rule is RuleId.CHRONIC_FAILURE for e in found.evidence)
    (proof,) = found.evidence_with(Effect.PROVES_MASSIVE)
    assert proof.definition is DefinitionId.VOLUME_MASSIVE_CHRONIC


def test_a_sum_names_every_amount_it_adds_up_and_bears_the_date_of_the_newest() -> None:
    found = classified(episode(120, hours_ago(9)), episode(90, hours_ago(3)))

    (proof,) = found.evidence_with(Effect.PROVES_MASSIVE)
    assert evidence_text(proof) == "210 mL of blood in all, the amounts of 24 h added up"
    assert len(proof.references) == 2
    assert proof.when == hours_ago(3)


@pytest.mark.parametrize(
    "said",
    [Concept.SEVERE, Concept.SHOCK, Concept.ARREST, Concept.VENTILATION, Concept.ACUTE_RESPIRATORY_FAILURE],
)
def test_an_order_for_massive_hemoptysis_or_an_unstable_patient_keeps_massive_plausible(
    said: Concept,
) -> None:
    reasons = (*sure(Concept.HEMOPTYSIS), *sure(said))
    facts = replace(chart(hemoptysis(), *normal_vitals()), order_reasons=reasons)

    found = classify(chart_from(facts, knowledge()))

    assert found.severity == "kept-plausible"
    assert found.topic == "undetermined"


def test_a_month_alone_is_no_time_for_an_amount() -> None:
    march = Moment(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 31, 23, 59, tzinfo=UTC), "2026-03")

    found = classified(episode(250, march))

    assert found.severity == "kept-plausible"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ((Concept.HEMOPTYSIS, Concept.RECURRENCE), "plausible"),
        ((Concept.HEMOPTYSIS,), "not-found"),
        ((Concept.RECURRENCE, Concept.COUGH), "not-found"),
    ],
)
def test_an_order_for_recurrent_hemoptysis_keeps_recurrence_plausible(
    said: tuple[Concept, ...], expected: str
) -> None:
    facts = replace(chart(hemoptysis()), order_reasons=sure(*said))

    assert classify(chart_from(facts, knowledge())).recurrence == expected


def test_the_gap_is_that_to_the_next_entry_of_the_same_episode() -> None:
    reopened = ended(onset=hours_ago(118), abated=hours_ago(8))

    found = classified(hemoptysis(), ended(abated=hours_ago(118 + 240)), reopened)

    (evidence,) = found.evidence_with(Effect.PROVES_RECURRENCE)
    assert evidence_text(evidence) == "an earlier episode that ended 10 days before this one"


def test_after_an_episode_that_has_ended_one_bleed_more_takes_no_proof_away() -> None:
    charted = (
        ended(abated=hours_ago(0)),
        episode(20, hours_ago(20)),
        support(Concept.VENTILATION, hours_ago(6.25)),
    )

    assert classified(*charted).severity == "proven"
    assert classified(*charted, episode(1, hours_ago(0))).severity == "proven"


def test_a_condition_that_began_after_an_episode_had_ended_parts_the_bleeds() -> None:
    charted = (
        ended(abated=hours_ago(30)),
        hemoptysis(hours_ago(1)),
        episode(20, hours_ago(40)),
        support(Concept.VENTILATION, hours_ago(8)),
    )

    assert classified(*charted).severity == "kept-plausible"
