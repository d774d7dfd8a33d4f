"""The spine: one hook request in, one evaluation (answer and trace) out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from cds_service.cards.build import build
from cds_service.cards.case import CardOptions
from cds_service.cds_hooks.request import Hook, HookRequest
from cds_service.cds_hooks.response import ServiceResponse
from cds_service.clinical.decide import OrdersToJudge, decide, has_orders_needing_conditions
from cds_service.clinical.decision import Decision
from cds_service.clinical.facts import Availability, HemoptysisFacts, ImagingOrder, Kind, Recognition
from cds_service.errors import MissingData
from cds_service.fhir.before.facts import hemoptysis_facts
from cds_service.fhir.before.gather import EntryRead, gather
from cds_service.fhir.before.orders import imaging_orders, with_resolved_reasons
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.concepts import ConceptMatch
from cds_service.outbound.client import FhirReader


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything that led to an answer, step by step.

    `facts` and `decision` are None when the orders alone ended the evaluation (BEHAVIOUR 1.3).
    """

    hook_instance: str
    judged_at: datetime
    notes: tuple[str, ...]
    orders: tuple[ImagingOrder, ...]
    judged: tuple[int, ...]
    entries: tuple[EntryRead, ...] = ()
    facts: HemoptysisFacts | None = None
    decision: Decision | None = None


_NOT_A_STUDY = (Recognition.NO_STUDY_YET, Recognition.NOT_CHEST_IMAGING)


@dataclass(frozen=True, slots=True)
class Consultation:
    """What an evaluation works with: the knowledge, the site's choices, and the world as arguments.

    `honours_judge_at`: whether a request may carry the instant to judge at (development only).
    """

    knowledge: Knowledge
    options: CardOptions
    reader: FhirReader
    now: Callable[[], datetime]
    new_uuid: Callable[[], UUID]
    honours_judge_at: bool = False


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The answer to one request and the trace that led to it."""

    response: ServiceResponse
    trace: Trace


def evaluate(request: HookRequest, consultation: Consultation) -> Evaluation:
    """Judge the orders of one request, or the chart for patient-view.

    Raises MissingData when nothing can be said without conditions that were not obtainable.
    """
    knowledge = consultation.knowledge
    orders = imaging_orders(request.drafts, patient_id=request.patient_id, knowledge=knowledge)
    judged = orders_to_judge(request, orders)
    trace = Trace(request.hook_instance, _instant(request, consultation), request.notes, orders, judged)
    if request.hook is not Hook.PATIENT_VIEW and not _has_study(orders, judged):
        return Evaluation(ServiceResponse(), trace)
    return _with_data(request, trace, consultation)


def _with_data(request: HookRequest, trace: Trace, consultation: Consultation) -> Evaluation:
    """Read the data, decide, and build the answer."""
    knowledge = consultation.knowledge
    gathered = gather(request, reader=consultation.reader, knowledge=knowledge)
    orders = with_resolved_reasons(trace.orders, request.drafts, gathered, knowledge)
    facts = hemoptysis_facts(gathered, request, now=trace.judged_at, knowledge=knowledge)
    facts = replace(facts, order_reasons=_reasons_of(orders, trace.judged))
    to_judge, limit = OrdersToJudge(orders, trace.judged), consultation.options.alternatives
    decision = decide(facts, to_judge, knowledge=knowledge, alternatives=limit)
    _require_enough(request, facts, decision)
    options, new_uuid = consultation.options, consultation.new_uuid
    response = build(decision, request, facts=facts, knowledge=knowledge, options=options, new_uuid=new_uuid)
    notes = (*request.notes, *gathered.notes)
    read = replace(trace, notes=notes, orders=orders, entries=gathered.entries)
    return Evaluation(response, replace(read, facts=facts, decision=decision))


def _reasons_of(orders: Sequence[ImagingOrder], judged: Sequence[int]) -> tuple[ConceptMatch, ...]:
    return tuple(match for order in orders if order.index in judged for match in order.reason.matches)


def orders_to_judge(request: HookRequest, orders: Sequence[ImagingOrder]) -> tuple[int, ...]:
    """The places of the orders that the client asks about (BEHAVIOUR 1.2).

    order-sign: every one. order-select: the selected ones, or every one when nothing was said; a
    selection that matches nothing means the only imaging order of the Bundle if that has no id.
    """
    meant = tuple(draft.index for draft in request.selected())
    if meant or not request.selections:
        return meant
    studies = [order for order in orders if order.recognition not in _NOT_A_STUDY]
    return tuple(order.index for order in studies if len(studies) == 1 and not order.id)


def _has_study(orders: Sequence[ImagingOrder], judged: Sequence[int]) -> bool:
    return any(order.index in judged and order.recognition not in _NOT_A_STUDY for order in orders)


def _instant(request: HookRequest, consultation: Consultation) -> datetime:
    if request.judge_at is not None and consultation.honours_judge_at:
        return request.judge_at
    return consultation.now()


def _require_enough(request: HookRequest, facts: HemoptysisFacts, decision: Decision) -> None:
    """BEHAVIOUR 1.5: refuse only where no advice is possible."""
    if request.hook is not Hook.PATIENT_VIEW:
        if has_orders_needing_conditions(decision):
            raise MissingData(_ORDER_NEEDS_CONDITIONS)
        return
    conditions = facts.availability.get(Kind.CONDITIONS, Availability.UNAVAILABLE)
    could_be_missed = conditions is Availability.INCOMPLETE and not decision.has_hemoptysis
    if conditions in (Availability.UNAVAILABLE, Availability.FAILED) or could_be_missed:
        raise MissingData(_CHART_NEEDS_CONDITIONS)


_ORDER_NEEDS_CONDITIONS = (
    "The imaging order gives no reason, and the patient's Conditions were neither sent nor obtainable. "
    "Send the prefetch `conditions`, or a reasonCode in the order."
)


_CHART_NEEDS_CONDITIONS = (
    "The patient's Conditions were not obtainable. Send the prefetch `conditions` of the discovery document."
)
