"""Decisions and requests for tests of the cards: only the facts that matter need to be named."""

import itertools
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

import msgspec

from cds_service.cards.build import build
from cds_service.cards.site import Site
from cds_service.cds_hooks.request import DraftOrder, Hook, HookRequest
from cds_service.cds_hooks.response import Card, ServiceResponse
from cds_service.clinical.chart import chart_from
from cds_service.clinical.decision import (
    Alternative,
    Caution,
    Classification,
    Decision,
    Effect,
    Evidence,
    IndicationBasis,
    Judgment,
    JudgmentOutcome,
    RuleId,
)
from cds_service.clinical.facts import (
    Availability,
    HemoptysisFacts,
    ImagingOrder,
    Reason,
)
from cds_service.clinical.range import exactly
from cds_service.clinical.time import instant
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.load import load_knowledge
from cds_service.knowledge.model import CautionId, Knowledge, Variant
from cds_service.knowledge.terminology.concepts import Concept
from cds_service.settings import Settings, settings_from

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


def settings(**changes: Any) -> Settings:
    """The settings as they come, but for these."""
    return replace(settings_from({}), **changes)


@cache
def site() -> Site:
    return Site(knowledge(), settings())


def counted_uuids() -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: str(UUID(int=next(numbers)))


def an_order(procedure: str = "ct-chest-without-contrast", **changes: Any) -> ImagingOrder:
    fields: dict[str, Any] = {
        "index": 0,
        "id": "order-1",
        "title": knowledge().procedures[procedure].name if procedure else "",
        "recognition": "by-code",
        "procedure": procedure,
        "reason": Reason("for-hemoptysis", label="Hemoptysis"),
    }
    return ImagingOrder(**{**fields, **changes})


def an_unknown_order(title: str, **changes: Any) -> ImagingOrder:
    return an_order("", title=title, recognition="unrecognized-imaging", **changes)


def judged(order: ImagingOrder, plausible: tuple[Variant, ...] = NONMASSIVE, **changes: Any) -> Judgment:
    """The judgment of an order for one of the six studies."""
    categories = {v: knowledge().category(order.procedure, v) for v in plausible}
    distinct = set(categories.values())
    fields: dict[str, Any] = {
        "outcome": "rated" if len(distinct) == 1 else "differs-between-variants",
        "indication": IndicationBasis.OWN_REASON,
        "category": distinct.pop() if len(distinct) == 1 else None,
        "categories": categories,
    }
    return Judgment(order, **{**fields, **changes})


def not_rated(order: ImagingOrder, outcome: JudgmentOutcome, **changes: Any) -> Judgment:
    return Judgment(order, outcome, changes.pop("indication", IndicationBasis.OWN_REASON), **changes)


def a_small_bleed(effect: Effect = Effect.SHOWN_ONLY) -> Evidence:
    return blood("30", effect, references=("Observation/b",), charted="30 mL")


def blood(amount_ml: str, effect: Effect = Effect.SHOWN_ONLY, **changes: Any) -> Evidence:
    """An amount of blood that was charted, in one episode unless told."""
    fields: dict[str, Any] = {
        "rule": RuleId.VOLUME,
        "what": Concept.EXPECTORATED_BLOOD,
        "when": instant(datetime(2026, 11, 24, 8, 10, tzinfo=UTC)),
        "value": exactly(Decimal(amount_ml)),
        "unit": "mL",
        "measure": "episode",
    }
    return Evidence(effect=effect, **{**fields, **changes})


def total(amount_ml: str, effect: Effect = Effect.SHOWN_ONLY, **changes: Any) -> Evidence:
    """An amount of blood over 24 h."""
    return blood(amount_ml, effect, measure="total", hours=Decimal(24), **changes)


def a_classification(plausible: tuple[Variant, ...] = NONMASSIVE, **changes: Any) -> Classification:
    is_massive_open = Variant.MASSIVE in plausible
    fields: dict[str, Any] = {
        "severity": "unsettled" if is_massive_open else "ruled-out",
        "recurrence": "not-found",
        "evidence": (a_small_bleed(),),
        "age_group": "adult",
    }
    if plausible == MASSIVE:
        fields["severity"] = "proven"
        fields["evidence"] = (a_large_bleed(),)
    given = {**fields, **changes}
    alerts = {"proven": "massive", "kept-plausible": "sign"}
    return Classification(plausible, **{"alert": alerts.get(given["severity"], "none"), **given})


def a_large_bleed() -> Evidence:
    return total("240", Effect.PROVES_MASSIVE, charted="1 cup")


def a_decision(*judgments: Judgment, **changes: Any) -> Decision:
    """A decision; `plausible` and the fields of Decision may be given."""
    plausible = changes.pop("plausible", NONMASSIVE)
    fields: dict[str, Any] = {
        "classification": a_classification(plausible),
        "has_hemoptysis": True,
    }
    return Decision(judgments=judgments, **{**fields, **changes})


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
        "drafts": tuple(a_draft(judgment.order) for judgment in decision.judgments),
        "selections": None,
        "prefetch": {},
    }
    return HookRequest(**{**fields, **changes})


def answer_to(decision: Decision, **changes: Any) -> ServiceResponse:
    """The answer; `request`, `settings` and `facts` may be given."""
    return build(
        decision,
        chart_from(changes.get("facts") or some_facts(), knowledge()),
        changes.get("request") or a_request(decision),
        site=Site(knowledge(), changes["settings"]) if "settings" in changes else site(),
        new_uuid=counted_uuids(),
    ).response


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


REACTION = (Caution(CautionId.CONTRAST_REACTION, Concept.CONTRAST_REACTION, "Iohexol"),)
