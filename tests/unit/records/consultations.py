"""Consultations to keep: two orders of one call, each with a card."""

import uuid
from typing import Any

from msgspec.structs import replace

from cds_service.records.consultation import Consultation, ShownCard, ShownSuggestion

AT = 1_795_600_000_000


def an_id() -> str:
    return str(uuid.uuid4())


def a_consultation(**changes: Any) -> Consultation:
    """One judged order with a card that offers one study instead."""
    made = Consultation(
        id=an_id(),
        call_id=an_id(),
        consult_id=an_id(),
        hook_instance=an_id(),
        service_id="hemoptysis-imaging-order-select",
        hook="order-select",
        client="north-hospital",
        mode="live",
        at=AT,
        judge_ms=1.5,
        fetch_ms=0.0,
        edition="2019",
        patient_key="a1" * 16,
        user_key="b2" * 16,
        order_key="c3" * 16,
        state_key="d4" * 16,
        order_index=0,
        recognition="by-code",
        procedure="radiograph",
        outcome="rated",
        category="usually-not-appropriate",
        topic="massive",
        variants=("massive",),
        categories=("massive=usually-not-appropriate",),
        evidence=("bleeding-volume:proves-massive",),
        cards=(a_card(),),
    )
    return replace(made, **changes)


def a_card(**changes: Any) -> ShownCard:
    suggestion = ShownSuggestion(an_id(), "cta-chest", "e5" * 16, is_recommended=True)
    return replace(ShownCard(an_id(), "order", "warning", (suggestion,)), **changes)
