"""What is charted, and the details of the cards about it."""

from datetime import UTC, datetime
from typing import Any

from cds_service.clinical.decision import Effect, Evidence, Judgement, RuleId
from cds_service.clinical.time import instant
from cds_service.knowledge.model import Variant
from tests.unit.cards.builders import (
    NONMASSIVE,
    a_classification,
    a_decision,
    cards_of,
)


def detail_of(judgement: Judgement, plausible: tuple[Variant, ...] = NONMASSIVE, **changes: Any) -> str:
    """The detail of the order's card; fields of Classification, of Decision, and `facts` may be given."""
    facts = changes.pop("facts", None)
    classified = ("evidence", "age_group", "to_record", "is_instability_only", "severity")
    classification = a_classification(plausible, **{k: v for k, v in changes.items() if k in classified})
    decision = a_decision(
        judgement,
        classification=classification,
        **{k: v for k, v in changes.items() if k not in classified},
    )
    return cards_of(decision, facts=facts)[-1].detail


def evidence(effect: Effect = Effect.SHOWN_ONLY, **changes: Any) -> Evidence:
    fields: dict[str, Any] = {
        "rule": RuleId.VOLUME,
        "finding": "blood 236.6 mL in 24 h",
        "when": instant(datetime(2026, 11, 24, 8, 10, tzinfo=UTC)),
    }
    return Evidence(effect=effect, **{**fields, **changes})


EMBOLIZATION = "arteriography-bronchial-embolization"
CTA_CHEST = "cta-chest-with-contrast"
