"""What is charted, and the details of the cards about it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from cds_service.clinical.decision import Effect, Evidence, Judgment, RuleId
from cds_service.clinical.range import exactly
from cds_service.clinical.time import instant
from cds_service.knowledge.model import Variant
from cds_service.knowledge.terminology.concepts import Concept
from tests.unit.cards.builders import (
    NONMASSIVE,
    a_classification,
    a_decision,
    cards_of,
    settings,
)


def detail_of(judgment: Judgment, plausible: tuple[Variant, ...] = NONMASSIVE, **changes: Any) -> str:
    """The full detail of the order's card; fields of Classification, of Decision, and `facts` may be given.

    With `is_short` the detail as it comes where a site sets nothing.
    """
    facts = changes.pop("facts", None)
    card_detail = "short" if changes.pop("is_short", False) else "full"
    classified = ("evidence", "age_group", "to_record", "alert", "severity")
    classification = a_classification(plausible, **{k: v for k, v in changes.items() if k in classified})
    decision = a_decision(
        judgment,
        classification=classification,
        **{k: v for k, v in changes.items() if k not in classified},
    )
    return cards_of(decision, facts=facts, settings=settings(card_detail=card_detail))[-1].detail


def evidence(rule: RuleId, effect: Effect = Effect.SHOWN_ONLY, **changes: Any) -> Evidence:
    """What a rule gave that is no amount of blood and no vital sign."""
    fields: dict[str, Any] = {"what": Concept.HEMOPTYSIS, "when": WHEN}
    return Evidence(rule, effect, **{**fields, **changes})


def saturation(percent: int, effect: Effect = Effect.SHOWN_ONLY, **changes: Any) -> Evidence:
    return reading(RuleId.SATURATION, Concept.OXYGEN_SATURATION, percent, effect, unit="%", **changes)


def breaths(per_minute: int, effect: Effect = Effect.SHOWN_ONLY, **changes: Any) -> Evidence:
    return reading(
        RuleId.RESPIRATORY_RATE, Concept.RESPIRATORY_RATE, per_minute, effect, unit="/min", **changes
    )


def oxygen(value: int, unit: str, **changes: Any) -> Evidence:
    return reading(RuleId.OXYGEN, Concept.INHALED_OXYGEN_FLOW, value, unit=unit, **changes)


def reading(
    rule: RuleId, what: Concept, value: int, effect: Effect = Effect.SHOWN_ONLY, **changes: Any
) -> Evidence:
    return Evidence(rule, effect, what, **{"when": WHEN, "value": exactly(Decimal(value)), **changes})


def normal_vitals(effect: Effect = Effect.SHOWN_ONLY, *readings: Evidence) -> Evidence:
    """A set of normal vital signs; of the saturation alone unless told."""
    of_the_set = readings or (saturation(97),)
    references = tuple(reference for one in of_the_set for reference in one.references)
    return evidence(RuleId.SMALL_AND_CALM, effect, readings=of_the_set, references=references)


WHEN = instant(datetime(2026, 11, 24, 8, 10, tzinfo=UTC))


EMBOLIZATION = "arteriography-bronchial-embolization"
CTA_CHEST = "cta-chest-with-contrast"
