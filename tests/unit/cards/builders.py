"""Decisions and requests for tests of the cards: only the facts that matter need to be named."""

import itertools
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec

from cds_service.cards.build import build
from cds_service.cards.case import CardOptions
from cds_service.cds_hooks.request import DraftOrder, Hook, HookRequest
from cds_service.cds_hooks.response import Card, ServiceResponse
from cds_service.clinical.decision import (
    Alternative,
    Caution,
    Cautions,
    Classification,
    Decision,
    Effect,
    Evidence,
    IndicationBasis,
    Judgement,
    Outcome,
    Recurrence,
    RuleId,
    Severity,
)
from cds_service.clinical.facts import (
    AgeGroup,
    Availability,
    HemoptysisFacts,
    ImagingOrder,
    Kind,
    Reason,
    ReasonKind,
    Recognition,
)
from cds_service.clinical.time import instant
from cds_service.knowledge.load import load_knowledge
from cds_service.knowledge.model import CautionId, Knowledge, Variant

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
CPT = "http://www.ama-assn.org/go/cpt"
MASSIVE, RECURRENT, NONMASSIVE = (Variant.MASSIVE,), (Variant.RECURRENT,), (Variant.NONMASSIVE,)
MASSIVE_OR_NOT = (Variant.MASSIVE, Variant.NONMASSIVE)
EVERY_COMBINATION = (
    MASSIVE,
    RECURRENT,
    NONMASSIVE,
    (Variant.MASSIVE, Variant.RECURRENT),
    (Variant.MASSIVE, Variant.NONMASSIVE),
    (Variant.RECURRENT, Variant.NONMASSIVE),
    (Variant.MASSIVE, Variant.RECURRENT, Variant.NONMASSIVE),
)

CTA = Alternative("cta-chest-with-contrast", is_recommended=True)
CT = Alternative("ct-chest-with-contrast")
RADIOGRAPH = Alternative("radiography-chest")


@cache
def knowledge() -> Knowledge:
    return load_knowledge()


def counted_uuids() -> Callable[[], UUID]:
    numbers = itertools.count(1)
    return lambda: UUID(int=next(numbers))


def an_order(procedure: str = "ct-chest-without-contrast", **changes: Any) -> ImagingOrder:
    fields: dict[str, Any] = {
        "index": 0,
        "id": "order-1",
        "title": knowledge().procedures[procedure].name if procedure else "",
        "recognition": Recognition.BY_CODE,
        "procedure": procedure,
        "reason": Reason(ReasonKind.HEMOPTYSIS, label="Hemoptysis"),
    }
    return ImagingOrder(**{**fields, **changes})


def an_unknown_order(title: str, **changes: Any) -> ImagingOrder:
    return an_order("", title=title, recognition=Recognition.UNRECOGNISED_IMAGING, **changes)


def judged(order: ImagingOrder, plausible: tuple[Variant, ...] = NONMASSIVE, **changes: Any) -> Judgement:
    """The judgement of an order for one of the six studies."""
    categories = {v: knowledge().category(order.procedure, v) for v in plausible}
    distinct = set(categories.values())
    fields: dict[str, Any] = {
        "outcome": Outcome.RATED if len(distinct) == 1 else Outcome.DIFFERS,
        "indication": IndicationBasis.OWN_REASON,
        "category": distinct.pop() if len(distinct) == 1 else None,
        "categories": categories,
    }
    return Judgement(order, **{**fields, **changes})


def not_rated(order: ImagingOrder, outcome: Outcome, **changes: Any) -> Judgement:
    return Judgement(order, outcome, changes.pop("indication", IndicationBasis.OWN_REASON), **changes)


def a_small_bleed(effect: Effect = Effect.SHOWN_ONLY) -> Evidence:
    when = instant(datetime(2026, 11, 24, 8, 10, tzinfo=UTC))
    return Evidence(RuleId.VOLUME, effect, "blood 30 mL in one episode", when, ("Observation/b",), "30 mL")


def a_classification(plausible: tuple[Variant, ...] = NONMASSIVE, **changes: Any) -> Classification:
    is_massive_open = Variant.MASSIVE in plausible
    fields: dict[str, Any] = {
        "severity": Severity.UNSETTLED if is_massive_open else Severity.RULED_OUT,
        "recurrence": Recurrence.NOT_FOUND,
        "evidence": (a_small_bleed(),),
        "age_group": AgeGroup.ADULT,
    }
    if plausible == MASSIVE:
        fields["severity"] = Severity.PROVEN
        fields["evidence"] = (a_large_bleed(),)
    return Classification(plausible, **{**fields, **changes})


def a_large_bleed() -> Evidence:
    when = instant(datetime(2026, 11, 24, 8, 10, tzinfo=UTC))
    return Evidence(RuleId.VOLUME, Effect.PROVES_MASSIVE, "blood 240 mL in 24 h", when, charted="1 cup")


def a_decision(*judgements: Judgement, **changes: Any) -> Decision:
    """A decision; `plausible` and the fields of Decision may be given."""
    plausible = changes.pop("plausible", NONMASSIVE)
    fields: dict[str, Any] = {
        "classification": a_classification(plausible),
        "cautions": Cautions(),
        "has_hemoptysis": True,
    }
    return Decision(judgements=judgements, **{**fields, **changes})


def some_facts(**changes: Any) -> HemoptysisFacts:
    whole = dict.fromkeys(Kind, Availability.AVAILABLE)
    return HemoptysisFacts(**{"now": NOW, "availability": whole, **changes})


def a_draft(order: ImagingOrder, **members: Any) -> DraftOrder:
    """The client's JSON of an order, with the CPT code of its study where it has one."""
    procedure = knowledge().procedures.get(order.procedure)
    code = procedure.canonical_codes.get(CPT) if procedure else None
    coding = [{"system": CPT, "code": code.code, "display": code.display}] if code else []
    resource = {
        "resourceType": "ServiceRequest",
        "id": order.id,
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "code": {"coding": coding, "text": order.title},
        "reasonCode": [{"text": "Hemoptysis"}],
        **members,
    }
    return DraftOrder(order.index, "ServiceRequest", order.id, msgspec.Raw(json.dumps(resource).encode()))


def a_request(decision: Decision, hook: Hook = Hook.ORDER_SELECT, **changes: Any) -> HookRequest:
    fields: dict[str, Any] = {
        "hook": hook,
        "hook_instance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "patient_id": "p1",
        "user_id": "Practitioner/doc",
        "encounter_id": "",
        "drafts": tuple(a_draft(judgement.order) for judgement in decision.judgements),
        "selections": None,
        "prefetch": {},
    }
    return HookRequest(**{**fields, **changes})


def answer_to(decision: Decision, **changes: Any) -> ServiceResponse:
    """The answer; `request`, `options` and `facts` may be given."""
    return build(
        decision,
        changes.get("request") or a_request(decision),
        facts=changes.get("facts") or some_facts(),
        knowledge=knowledge(),
        options=changes.get("options") or CardOptions(),
        new_uuid=counted_uuids(),
    )


def cards_of(decision: Decision, **changes: Any) -> tuple[Card, ...]:
    return answer_to(decision, **changes).cards


def the_card(decision: Decision, **changes: Any) -> Card:
    (card,) = cards_of(decision, **changes)
    return card


def resource_of(raw: msgspec.Raw) -> dict[str, Any]:
    resource: dict[str, Any] = msgspec.json.decode(raw)
    return resource


def codes(codings: Iterable[Any]) -> list[str]:
    return [coding.code for coding in codings]


REACTION = Cautions(
    found=(Caution(CautionId.CONTRAST_REACTION, "reaction to contrast media charted", "Iohexol"),)
)
