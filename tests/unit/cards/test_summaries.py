"""Summaries: the finding first, the order named, one plain line of under 140 characters."""

from itertools import product
from typing import Any

import pytest

from cds_service.cds_hooks.request import Hook
from cds_service.clinical.decision import Alternative, Caution, Judgment, Severity
from cds_service.knowledge.model import Category, CautionId, Variant
from cds_service.knowledge.terminology.concepts import Concept
from tests.unit.cards.builders import (
    CTA,
    EVERY_COMBINATION,
    NONMASSIVE,
    RADIOGRAPH,
    RECURRENT,
    a_classification,
    a_decision,
    a_request,
    an_order,
    an_unknown_order,
    cards_of,
    judged,
    knowledge,
    not_rated,
    the_card,
)

RATED = tuple(p.id for p in knowledge().rated_procedures())
NOT_IN_TOPIC = tuple(p.id for p in knowledge().procedures.values() if p.topic_status == "not-in-topic")
EVERY_CAUTION = tuple(Caution(caution, Concept.TUBERCULOSIS) for caution in CautionId)
CAREFUL_CTA = Alternative(
    "cta-chest-with-contrast",
    (CautionId.KIDNEY_SEVERE, CautionId.CONTRAST_REACTION, CautionId.PREGNANCY),
)
TITLES = ("CT", "A very long title of an imaging order " * 10, "CT\n\n# **x** <b>bold</b> | y")


def summaries_of(
    judgment: Judgment, plausible: tuple[Variant, ...], cautions: tuple[Caution, ...]
) -> list[str]:
    decision = a_decision(judgment, plausible=plausible, cautions=cautions, complement_for=0)
    return [card.summary for card in cards_of(decision)]


@pytest.mark.parametrize("plausible", EVERY_COMBINATION)
@pytest.mark.parametrize("title", TITLES)
def test_no_summary_is_too_long_for_any_study_and_any_variants(
    title: str, plausible: tuple[Variant, ...]
) -> None:
    others: list[dict[str, Any]] = [
        {},
        {"alternatives": (CTA,)},
        {"alternatives": (CAREFUL_CTA,)},
        {"alternatives": (RADIOGRAPH,)},
        {"named_instead": ("ct-chest-with-contrast",)},
        {"allergy_withholds_alternatives": True},
    ]
    for procedure, other, cautions in product(RATED, others, ((), EVERY_CAUTION)):
        for ctpa in {False, procedure == "cta-chest-with-contrast"}:
            order = an_order(procedure, title=title, is_pulmonary_arteries=ctpa)
            for summary in summaries_of(judged(order, plausible, **other), plausible, cautions):
                assert len(summary) < 140
                assert "\n" not in summary
                assert not summary.endswith("…")


@pytest.mark.parametrize("plausible", EVERY_COMBINATION)
@pytest.mark.parametrize("offered", [CTA, CAREFUL_CTA, RADIOGRAPH], ids=lambda a: a.procedure)
def test_the_better_study_is_said_with_its_verb_in_full(
    offered: Alternative, plausible: tuple[Variant, ...]
) -> None:
    for procedure in RATED:
        judgment = judged(an_order(procedure), plausible, alternatives=(offered,))
        if judgment.category not in (None, Category.USUALLY_APPROPRIATE):
            (*_, summary) = summaries_of(judgment, plausible, ())

            assert "is usually appropriate" in summary


@pytest.mark.parametrize("plausible", EVERY_COMBINATION)
def test_the_summary_of_a_recognized_order_starts_with_the_acr_name(plausible: tuple[Variant, ...]) -> None:
    for procedure in RATED:
        decision = a_decision(judged(an_order(procedure, title="own"), plausible), plausible=plausible)

        assert cards_of(decision)[-1].summary.startswith(f"{knowledge().procedures[procedure].name}: ")


@pytest.mark.parametrize("procedure", NOT_IN_TOPIC)
def test_a_study_outside_the_topic_is_not_called_inappropriate(procedure: str) -> None:
    decision = a_decision(not_rated(an_order(procedure), "not-in-topic", alternatives=(CTA,)))

    summary = the_card(decision).summary

    assert "not rated for hemoptysis; CTA with contrast is usually appropriate" in summary
    assert "not appropriate" not in summary
    assert len(summary) < 140


@pytest.mark.parametrize(
    ("judgment", "plausible", "summary"),
    [
        (
            judged(an_order(), RECURRENT, alternatives=(CTA,)),
            RECURRENT,
            "CT chest without IV contrast: usually not appropriate in recurrent hemoptysis; "
            "CTA chest with IV contrast is usually appropriate",
        ),
        (
            judged(an_order(), NONMASSIVE, alternatives=(CTA,)),
            NONMASSIVE,
            "CT chest without IV contrast: may be appropriate in nonmassive hemoptysis; "
            "CTA chest with IV contrast is usually appropriate",
        ),
        (
            judged(an_order("cta-chest-with-contrast"), EVERY_COMBINATION[-1]),
            EVERY_COMBINATION[-1],
            "CTA chest with IV contrast: usually appropriate in any form of hemoptysis",
        ),
        (
            judged(an_order("arteriography-bronchial-embolization"), (Variant.MASSIVE, Variant.NONMASSIVE)),
            (Variant.MASSIVE, Variant.NONMASSIVE),
            "Arteriography bronchial with embolization: usually appropriate if massive, "
            "may be appropriate if nonmassive",
        ),
        (
            judged(an_order("ct-chest-with-contrast"), EVERY_COMBINATION[-1]),
            EVERY_COMBINATION[-1],
            "CT chest with IV contrast: usually appropriate if massive or nonmassive, "
            "may be appropriate if recurrent",
        ),
        (
            not_rated(an_order("ct-chest-contrast-unspecified"), "contrast-unspecified"),
            NONMASSIVE,
            "CT chest: state the contrast",
        ),
        (
            not_rated(an_unknown_order("Thorax <b>spiral</b>\nplus"), "not-recognized"),
            NONMASSIVE,
            "Study not recognized, not rated for hemoptysis: Thorax ‹b›spiral‹/b› plus",
        ),
    ],
)
def test_the_summary_says_the_finding_first(
    judgment: Judgment, plausible: tuple[Variant, ...], summary: str
) -> None:
    assert the_card(a_decision(judgment, plausible=plausible)).summary == summary


@pytest.mark.parametrize("plausible", EVERY_COMBINATION[1:])
def test_the_summary_of_patient_view_names_the_studies_where_they_fit(plausible: tuple[Variant, ...]) -> None:
    names = ("cta-chest-with-contrast", "ct-chest-with-contrast", "radiography-chest")
    studies = tuple(Alternative(name) for name in names)
    decision = a_decision(plausible=plausible, initial_studies=studies)

    (card,) = cards_of(decision, request=a_request(decision, Hook.PATIENT_VIEW))

    assert len(card.summary) < 140
    assert card.summary.endswith(
        ": chest radiograph, and CTA or CT chest with IV contrast, are usually appropriate"
    )


@pytest.mark.parametrize(
    ("plausible", "severity", "standing"),
    [
        (NONMASSIVE, "ruled-out", "Nonmassive hemoptysis: "),
        ((Variant.MASSIVE, Variant.NONMASSIVE), "unsettled", "Hemoptysis, severity not settled: "),
        (
            (Variant.MASSIVE, Variant.NONMASSIVE),
            "kept-plausible",
            "Hemoptysis, massive not excluded: ",
        ),
        (
            (Variant.MASSIVE, Variant.RECURRENT),
            "unsettled",
            "Recurrent hemoptysis, severity not settled: ",
        ),
        ((Variant.RECURRENT, Variant.NONMASSIVE), "ruled-out", "Hemoptysis, recurrence not settled: "),
        (
            EVERY_COMBINATION[-1],
            "unsettled",
            "Hemoptysis, severity and recurrence not settled: ",
        ),
    ],
)
def test_patient_view_names_massive_only_where_something_speaks_for_it(
    plausible: tuple[Variant, ...], severity: Severity, standing: str
) -> None:
    classification = a_classification(plausible, severity=severity)
    decision = a_decision(classification=classification, initial_studies=(CTA, RADIOGRAPH))

    card = cards_of(decision, request=a_request(decision, Hook.PATIENT_VIEW))[-1]

    assert card.summary == (
        f"{standing}chest radiograph and CTA chest with IV contrast are usually appropriate"
    )


@pytest.mark.parametrize(
    ("caution", "offer"),
    [
        (CautionId.KIDNEY_SEVERE, "CTA with contrast is usually appropriate (caution: kidneys)"),
        (CautionId.CONTRAST_REACTION, "CTA chest with IV contrast is usually appropriate (see cautions)"),
        (CautionId.PREGNANCY, "CTA with contrast is usually appropriate (caution: pregnancy)"),
        (CautionId.KIDNEY_DISCRETION, "CTA chest with IV contrast is usually appropriate"),
    ],
)
def test_a_contrast_study_is_offered_with_a_hint_at_its_caution(caution: CautionId, offer: str) -> None:
    judgment = judged(an_order(), alternatives=(Alternative("cta-chest-with-contrast", (caution,)),))

    summary = the_card(a_decision(judgment)).summary

    assert summary.endswith(f"; {offer}")
