"""The detail of the alerts."""

from cds_service.cards.phrases import evidence_text
from cds_service.clinical.decision import Caution, Decision, Effect, RuleId
from cds_service.knowledge.definitions import DefinitionId
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
    total,
)
from tests.unit.cards.detail_builders import evidence, saturation


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
    assert "**To settle it, record**" in warning
    assert "ACR Appropriateness Criteria" not in warning
    assert "240 mL of blood over 24 h (charted: 1 cup) → massive" in critical
    assert "Ratings" not in critical


def test_an_alert_shows_what_bears_on_the_studies_to_come() -> None:
    found = (
        Caution(CautionId.ANTICOAGULATION, Concept.ANTICOAGULANT, "Warfarin"),
        Caution(CautionId.CONTRAST_REACTION, Concept.CONTRAST_REACTION),
    )

    detail = alert_of(a_decision(judged(an_order(), MASSIVE), plausible=MASSIVE, cautions=found))

    assert "3. Warfarin: decide on stopping or reversing." in detail
    assert "**Anticoagulant or antiplatelet**" not in detail
    assert "**Earlier contrast reaction**" in detail


def test_the_alert_shows_all_evidence_and_the_order_under_it_only_what_decides() -> None:
    found = (
        total("260", Effect.PROVES_MASSIVE),
        evidence(RuleId.HIGH_RISK, Effect.RAISES_ALERT),
        saturation(97),
    )
    classification = a_classification(MASSIVE, evidence=found)
    order = judged(an_order(), MASSIVE, alternatives=(CTA,))

    alert, card = (c.detail for c in cards_of(a_decision(order, classification=classification)))

    assert all(evidence_text(e) in alert for e in found)
    assert "260 mL of blood over 24 h → massive" in card
    assert "oxygen saturation" not in card
    assert "background" not in card
    assert "| **CT chest without IV contrast** |" in card


def test_a_borderline_amount_is_explained_on_the_alert() -> None:
    sign = total("120", Effect.KEEPS_MASSIVE_PLAUSIBLE, definition=DefinitionId.VOLUME_BORDERLINE)
    classification = a_classification(MASSIVE_OR_NOT, severity="kept-plausible", evidence=(sign,))

    detail = alert_of(a_decision(judged(an_order(), MASSIVE_OR_NOT), classification=classification))

    assert "some guidelines call it massive, others do not" in detail


def alert_of(decision: Decision) -> str:
    return cards_of(decision)[0].detail
