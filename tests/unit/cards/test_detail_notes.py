"""The detail of a card: the notes."""

from datetime import timedelta
from typing import Any

import pytest

from cds_service.clinical.decision import Effect, Evidence, IndicationBasis, Judgment, RuleId
from cds_service.clinical.facts import Diagnosis, Reason, SafetyFinding
from cds_service.clinical.time import instant
from cds_service.knowledge.model import Variant
from cds_service.knowledge.terminology.concepts import Concept, ConceptMatch
from tests.clinical.chart import episode, on
from tests.unit.cards.builders import (
    NONMASSIVE,
    NOW,
    RECURRENT,
    an_order,
    judged,
    not_rated,
    some_facts,
)
from tests.unit.cards.detail_builders import CTA_CHEST, EMBOLIZATION, detail_of, evidence


def test_recurrence_after_an_embolization_is_named_with_its_date_and_surgery() -> None:
    again = evidence(
        RuleId.AFTER_EMBOLIZATION,
        Effect.PROVES_RECURRENCE,
        what=Concept.BRONCHIAL_EMBOLIZATION,
        when=on("2026-11-03"),
    )

    for ordered in (EMBOLIZATION, CTA_CHEST, "ct-chest-without-contrast"):
        detail = detail_of(judged(an_order(ordered), RECURRENT), RECURRENT, evidence=(again,))

        assert "Bleeding again after the embolization of 2026-11-03: discuss surgery." in detail
        assert "before repeating" not in detail


def test_a_screening_ct_is_said_to_be_for_people_without_symptoms() -> None:
    order = not_rated(an_order("ct-chest-screening"), "not-in-topic")

    assert "Screening CT is for people without symptoms." in detail_of(order)


def charted(concept: Concept) -> Any:
    diagnosis = Diagnosis("Condition/c", (ConceptMatch(concept),), "charted", is_active=True)
    return some_facts(diagnoses=(diagnosis,))


EMBOLISM_REASON = Reason("for-hemoptysis", (ConceptMatch(Concept.PULMONARY_EMBOLISM),), "PE?")
CAVITY = Evidence(
    RuleId.HIGH_RISK, Effect.RAISES_ALERT, Concept.CAVITATING_LESION, charted="Cavity of the left upper lobe"
)
CANCER = Evidence(RuleId.HIGH_RISK, Effect.RAISES_ALERT, Concept.LUNG_CANCER, charted="Lung cancer")
TUBERCULOSIS = Evidence(RuleId.HIGH_RISK, Effect.RAISES_ALERT, Concept.TUBERCULOSIS, charted="Tuberculosis")
BRONCHIECTASIS = Evidence(
    RuleId.HIGH_RISK, Effect.RAISES_ALERT, Concept.BRONCHIECTASIS, charted="Bronchiectasis"
)
NOTES: tuple[tuple[str, Judgment, tuple[Variant, ...], dict[str, Any], str], ...] = (
    ("child", judged(an_order()), NONMASSIVE, {"age_group": "child"}, "rest on adult evidence"),
    (
        "age unknown",
        judged(an_order()),
        NONMASSIVE,
        {"age_group": "unknown"},
        "Age unknown: rules for adults used.",
    ),
    (
        "a background that may make it recur",
        judged(an_order()),
        NONMASSIVE,
        {"evidence": (CAVITY,)},
        "Cavity of the left upper lobe: may recur massively.",
    ),
    (
        "more than two backgrounds, the cavity first",
        judged(an_order()),
        NONMASSIVE,
        {"evidence": (TUBERCULOSIS, CANCER, CAVITY)},
        "Cavity of the left upper lobe, Lung cancer and 1 more: may recur massively.",
    ),
    (
        "a background that may make it recur, on the card of an appropriate order",
        judged(an_order(CTA_CHEST)),
        NONMASSIVE,
        {"evidence": (CAVITY,)},
        "Cavity of the left upper lobe: may recur massively.",
    ),
    (
        "recognized by name",
        judged(an_order(recognition="by-name", matched_name="CT thorax sans inj")),
        NONMASSIVE,
        {},
        "Recognized by its name (CT thorax sans inj), please check.",
    ),
    (
        "codings that disagree",
        judged(an_order(other_procedures=("mri-chest", "ct-chest-with-contrast"))),
        NONMASSIVE,
        {},
        "disagree (also MRI chest and CT chest with IV contrast)",
    ),
    (
        "possible",
        judged(an_order(), is_possible_only=True),
        NONMASSIVE,
        {},
        "only possible here: please",
    ),
    (
        "no reason",
        judged(an_order(), indication=IndicationBasis.CHART_WITHOUT_REASON),
        NONMASSIVE,
        {},
        "No reason given; hemoptysis is from the chart.",
    ),
    (
        "unresolved reason",
        judged(an_order(), indication=IndicationBasis.CHART_WITH_UNRESOLVED_REASON),
        NONMASSIVE,
        {},
        "reason could not be read",
    ),
    (
        "related reason",
        judged(
            an_order(reason=Reason("cause-or-symptom", label="Pneumonia")),
            indication=IndicationBasis.CHART_WITH_RELATED_REASON,
        ),
        NONMASSIVE,
        {},
        "Ordered for Pneumonia; hemoptysis is from the chart.",
    ),
    (
        "pulmonary arteries",
        judged(an_order(CTA_CHEST, is_pulmonary_arteries=True)),
        NONMASSIVE,
        {},
        "Suspected pulmonary embolism is another ACR topic.",
    ),
    (
        "embolism suspected",
        judged(an_order(reason=EMBOLISM_REASON)),
        NONMASSIVE,
        {},
        "Pulmonary embolism is charted or suspected",
    ),
    (
        "embolism charted",
        not_rated(an_order("mri-chest"), "not-in-topic"),
        NONMASSIVE,
        {"facts": charted(Concept.PULMONARY_EMBOLISM)},
        "another ACR topic, not judged here",
    ),
    (
        "older rating",
        judged(an_order(has_rating=True), (Variant.RECURRENT, Variant.NONMASSIVE)),
        (Variant.RECURRENT, Variant.NONMASSIVE),
        {},
        "The older rating on this order no longer holds",
    ),
)


@pytest.mark.parametrize(
    ("judgment", "plausible", "changes", "text"),
    [pytest.param(*rest, id=name) for name, *rest in NOTES],
)
def test_a_note_is_given_where_it_applies_and_only_there(
    judgment: Judgment, plausible: tuple[Variant, ...], changes: dict[str, Any], text: str
) -> None:
    assert text in detail_of(judgment, plausible, **changes)
    assert text not in detail_of(judged(an_order()), NONMASSIVE)


def test_an_older_rating_that_is_replaced_needs_no_note() -> None:
    assert "older rating" not in detail_of(judged(an_order(has_rating=True)))


def test_a_background_without_a_risk_of_recurring_massively_is_no_context() -> None:
    detail = detail_of(judged(an_order()), evidence=(BRONCHIECTASIS,), is_short=True)

    assert "Bronchiectasis" not in detail


@pytest.mark.parametrize(("amounts", "is_said"), [((30, 25), True), ((50,), True), ((30, 15), False)])
def test_much_blood_over_three_days_means_a_specialized_center_if_it_persists(
    amounts: tuple[int, ...], is_said: bool
) -> None:
    bleeds = tuple(
        episode(amount, instant(NOW - timedelta(hours=10 + 30 * place)))
        for place, amount in enumerate(amounts)
    )

    detail = detail_of(judged(an_order()), facts=some_facts(bleeds=bleeds), is_short=True)

    assert ("If it persists under treatment: specialized center." in detail) is is_said


def test_what_is_not_nonmassive_says_nothing_of_persistence() -> None:
    bleeds = (episode(60, instant(NOW - timedelta(hours=10))),)

    detail = detail_of(judged(an_order(), RECURRENT), RECURRENT, facts=some_facts(bleeds=bleeds))

    assert "specialized center" not in detail


TREATED = instant(NOW - timedelta(hours=12))


@pytest.mark.parametrize(
    ("hours_ago", "label", "said"),
    [
        (2, "Cyklokapron 1 g", "Bleeding charted after Cyklokapron 1 g: if it persists, specialized center."),
        (2, "", "Bleeding charted after treatment: if it persists, specialized center."),
        (20, "Cyklokapron 1 g", ""),
    ],
)
def test_bleeding_charted_after_treatment_means_a_specialized_center_if_it_persists(
    hours_ago: int, label: str, said: str
) -> None:
    bleeds = (episode(5, instant(NOW - timedelta(hours=hours_ago))),)
    drug = SafetyFinding("MedicationRequest/1", Concept.BLEEDING_TREATMENT, label, TREATED)

    detail = detail_of(judged(an_order()), facts=some_facts(bleeds=bleeds, safety=(drug,)), is_short=True)

    assert said in detail
    assert ("specialized center" in detail) is bool(said)


def test_a_treatment_without_a_date_says_nothing_of_persistence() -> None:
    drug = SafetyFinding("MedicationRequest/1", Concept.BLEEDING_TREATMENT, "terlipressin")
    bleeds = (episode(5, instant(NOW - timedelta(hours=2))),)

    detail = detail_of(judged(an_order()), facts=some_facts(bleeds=bleeds, safety=(drug,)), is_short=True)

    assert "specialized center" not in detail
