"""The detail of a card: the notes."""

from typing import Any

import pytest

from cds_service.clinical.decision import Effect, Evidence, IndicationBasis, Judgment, JudgmentOutcome, RuleId
from cds_service.clinical.facts import Diagnosis, Reason
from cds_service.knowledge.model import Variant
from cds_service.knowledge.terminology.concepts import Concept, ConceptMatch
from tests.clinical.chart import on
from tests.unit.cards.builders import (
    NONMASSIVE,
    RECURRENT,
    an_order,
    an_unknown_order,
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

        assert "Bleeding again after the bronchial embolization of 2026-11-03: discuss surgery" in detail
        assert "before repeating" not in detail


def test_a_screening_ct_is_said_to_be_for_people_without_symptoms() -> None:
    order = not_rated(an_order("ct-chest-screening"), "not-in-topic")

    assert "Screening CT is for people without symptoms." in detail_of(order)


def charted(concept: Concept) -> Any:
    diagnosis = Diagnosis("Condition/c", (ConceptMatch(concept),), "charted", is_active=True)
    return some_facts(diagnoses=(diagnosis,))


EMBOLISM_REASON = Reason("for-hemoptysis", (ConceptMatch(Concept.PULMONARY_EMBOLISM),), "PE?")
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
        "rules for adults were used",
    ),
    (
        "high-risk background",
        judged(an_order()),
        NONMASSIVE,
        {"evidence": (BRONCHIECTASIS,)},
        "Bronchiectasis → high-risk background: risk of severe bleeding",
    ),
    (
        "high-risk background, on the card of an appropriate order",
        judged(an_order(CTA_CHEST)),
        NONMASSIVE,
        {"evidence": (BRONCHIECTASIS,)},
        "High-risk background (Bronchiectasis): risk of severe bleeding",
    ),
    (
        "recognized by name",
        judged(an_order(recognition="by-name", matched_name="CT thorax sans inj")),
        NONMASSIVE,
        {},
        "Recognized by its name (CT thorax sans inj), not by a code: please check.",
    ),
    (
        "codings that disagree",
        judged(an_order(other_procedures=("mri-chest", "ct-chest-with-contrast"))),
        NONMASSIVE,
        {},
        "disagree (also MRI chest and CT chest with IV contrast)",
    ),
    ("possible", judged(an_order(), is_possible_only=True), NONMASSIVE, {}, "only possibly: please confirm"),
    (
        "no reason",
        judged(an_order(), indication=IndicationBasis.CHART_WITHOUT_REASON),
        NONMASSIVE,
        {},
        "gives no reason; hemoptysis was taken from the chart.",
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
        "Ordered for Pneumonia; hemoptysis was taken from the chart.",
    ),
    (
        "pulmonary arteries",
        judged(an_order(CTA_CHEST, is_pulmonary_arteries=True)),
        NONMASSIVE,
        {},
        "rated as CTA chest with IV contrast. If pulmonary embolism is suspected, another ACR topic applies.",
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
        "that is another ACR topic",
    ),
    (
        "recurrence, CT with contrast (D5)",
        judged(an_order("ct-chest-with-contrast"), RECURRENT),
        RECURRENT,
        {},
        "its summary names either CT or CTA with IV contrast",
    ),
    (
        "recurrence, embolization in infection (D6)",
        judged(an_order(EMBOLIZATION), RECURRENT),
        RECURRENT,
        {"facts": charted(Concept.CYSTIC_FIBROSIS)},
        "excepts infectious causes such as cystic fibrosis",
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


@pytest.mark.parametrize(
    ("procedure", "facts"),
    [
        (EMBOLIZATION, some_facts()),
        (CTA_CHEST, charted(Concept.CYSTIC_FIBROSIS)),
    ],
)
def test_the_exception_for_infection_concerns_embolization_in_infection_only(
    procedure: str, facts: Any
) -> None:
    assert "excepts infectious" not in detail_of(
        judged(an_order(procedure), RECURRENT), RECURRENT, facts=facts
    )


@pytest.mark.parametrize(
    ("outcome", "procedure", "text"),
    [
        (
            "contrast-unspecified",
            "ct-chest-contrast-unspecified",
            "Please state which is meant",
        ),
        ("not-in-topic", "mri-chest", "no judgment for or against it"),
    ],
)
def test_a_study_without_a_rating_is_told_why(outcome: JudgmentOutcome, procedure: str, text: str) -> None:
    assert text in detail_of(not_rated(an_order(procedure), outcome))


def test_a_study_not_recognized_is_told_so() -> None:
    detail = detail_of(not_rated(an_unknown_order("Spiral"), "not-recognized"))

    assert detail.startswith("Spiral: The study could not be recognized")
