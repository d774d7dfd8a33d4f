"""The detail of the alerts."""

from msgspec.structs import replace

from cds_service.cards.phrases import evidence_text
from cds_service.clinical.decision import Caution, Decision, Effect, IndicationBasis, RuleId
from cds_service.knowledge.model import CautionId
from cds_service.knowledge.terminology.concepts import Concept
from tests.unit.cards.builders import (
    CTA,
    MASSIVE,
    MASSIVE_OR_NOT,
    a_classification,
    a_decision,
    an_order,
    cards_of,
    judged,
    settings,
    total,
)
from tests.unit.cards.detail_builders import breaths, evidence, saturation

FULL = settings(card_detail="full")


def test_the_detail_of_the_alerts_says_what_they_rest_on() -> None:
    sign = a_classification(
        MASSIVE_OR_NOT,
        severity="kept-plausible",
        evidence=(total("136.6", Effect.KEEPS_MASSIVE_PLAUSIBLE, charted="136.6 mL"),),
        to_record=("amount-over-24h", "vital-signs"),
    )
    warning = alert_of(a_decision(judged(an_order(), MASSIVE_OR_NOT), classification=sign))
    critical = alert_of(a_decision(judged(an_order(), MASSIVE), plausible=MASSIVE))

    assert "136.6 mL of blood over 24 h → massive possible" in warning
    assert "To settle it, chart " in warning
    assert "ACR Appropriateness Criteria" not in warning
    assert "240 mL of blood over 24 h (charted: 1 cup) → massive" in critical
    assert "Ratings" not in critical


def test_an_alert_shows_what_bears_on_the_study_that_it_offers() -> None:
    found = (
        Caution(CautionId.ANTICOAGULATION, Concept.ANTICOAGULANT, "Warfarin"),
        Caution(CautionId.CONTRAST_REACTION, Concept.CONTRAST_REACTION),
    )

    order = judged(an_order(), MASSIVE)
    offering = a_decision(order, plausible=MASSIVE, cautions=found, alert_studies=(CTA,))

    detail = alert_of(offering)

    assert "3. Warfarin: decide on stopping or reversing." in detail
    assert "**Anticoagulant or antiplatelet**" not in detail
    assert "**Earlier contrast reaction**" in detail


def test_the_cautions_on_the_cta_of_an_alert_stand_on_it_unless_a_card_under_it_bears_them() -> None:
    found = (Caution(CautionId.CONTRAST_REACTION, Concept.CONTRAST_REACTION),)
    with_contrast = judged(an_order(CTA.procedure), MASSIVE)
    radiograph = judged(an_order("radiography-chest"), MASSIVE)
    elsewhere = IndicationBasis.NOT_FOR_HEMOPTYSIS
    for_another_reason = replace(with_contrast, outcome="other-indication", indication=elsewhere)

    assert "contrast reaction" not in alert_of(a_decision(with_contrast, plausible=MASSIVE, cautions=found))
    now = replace(a_classification(MASSIVE), is_bleed_recent=True)
    for order in (radiograph, for_another_reason):
        detail = alert_of(a_decision(order, classification=now, cautions=found))
        assert "**Earlier contrast reaction**" in detail


def test_the_alert_shows_all_evidence_and_the_order_under_it_only_what_decides() -> None:
    found = (
        total("260", Effect.PROVES_MASSIVE),
        evidence(RuleId.HIGH_RISK, Effect.RAISES_ALERT),
        saturation(97),
    )
    classification = a_classification(MASSIVE, evidence=found)
    order = judged(an_order(), MASSIVE, alternatives=(CTA,))

    decision = a_decision(order, classification=classification)
    alert, card = (c.detail for c in cards_of(decision, settings=FULL))

    assert all(evidence_text(e) in alert for e in found)
    assert "260 mL of blood over 24 h → massive" in card
    assert "oxygen saturation" not in card
    assert "background" not in card
    assert "| **CT chest without IV contrast** |" in card


def test_an_alert_names_beside_the_finding_of_its_summary_what_else_proves() -> None:
    found = (
        saturation(82, Effect.PROVES_MASSIVE),
        breaths(34, Effect.PROVES_MASSIVE),
        total("60", Effect.PROVES_MASSIVE),
    )
    classification = a_classification(MASSIVE, alert="unstable", evidence=found)

    card = cards_of(a_decision(judged(an_order(), MASSIVE), classification=classification))[0]

    assert "(oxygen saturation 82 %, today 08:10)" in card.summary
    assert card.detail.startswith(
        "Also: respiratory rate 34 /min and 60 mL of blood over 24 h (today 08:10).\n"
    )


def alert_of(decision: Decision) -> str:
    """The full detail of the alert."""
    return cards_of(decision, settings=FULL)[0].detail
