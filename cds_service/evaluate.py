"""The spine: one hook request in, one evaluation (answer and trace) out."""

import dataclasses
import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime

import msgspec
from msgspec.structs import replace

from cds_service.cards.build import Reply, Subject, build
from cds_service.cards.patient_cards import CRITICAL
from cds_service.cards.site import Site
from cds_service.cds_hooks.request import Hook, HookRequest
from cds_service.cds_hooks.response import ServiceResponse
from cds_service.clinical.chart import chart_from
from cds_service.clinical.decide import decide, has_orders_needing_conditions
from cds_service.clinical.decision import Decision
from cds_service.clinical.facts import Availability, HemoptysisFacts, ImagingOrder
from cds_service.clinical.silence import without_silenced
from cds_service.deadline import Deadline
from cds_service.errors import MissingData, TooLarge
from cds_service.fhir.chart.facts import hemoptysis_facts
from cds_service.fhir.chart.gather import Gathered, gather
from cds_service.fhir.chart.screen import EntryRead
from cds_service.fhir.codes import Meanings
from cds_service.fhir.orders.orders import OrderRead, orders_read, with_resolved_reasons
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.concepts import ConceptMatch
from cds_service.outbound.client import NO_READER, FhirReader


class Trace(msgspec.Struct, frozen=True):
    """Everything that led to an answer, step by step.

    `gathered`, `facts` and `decision` are None when the orders alone ended the evaluation (BEHAVIOUR 1.3).
    """

    hook_instance: str
    judged_at: datetime
    notes: tuple[str, ...]
    orders: tuple[ImagingOrder, ...]
    judged: tuple[int, ...]
    entries: tuple[EntryRead, ...] = ()
    gathered: Gathered | None = None
    facts: HemoptysisFacts | None = None
    decision: Decision | None = None


_NOT_A_STUDY = ("no-study-yet", "not-chest-imaging")
MOST_JUDGED = 100
"""The answer holds a card, a rating and its copy for each, up to 8 KB of our own beside the order (0044)."""

_TOO_MANY_STUDIES = (
    f"context.draftOrders holds more than {MOST_JUDGED} imaging orders to judge; "
    "none was judged. Send the orders being written, or name them in context.selections."
)


@dataclass(frozen=True, slots=True)
class Advisor:
    """What an evaluation works with: the site, and what it reads FHIR servers, the clock and uuids by.

    `honors_judge_at`: whether a request may carry the instant to judge at (development only).
    `seconds`: how long a request may be worked on, by the clock `timer`, and never past `ends` on it.
    `stage`: what is entered around each stage that takes long, by its name.
    `held_back`: which of the orders, given with their procedures by their index, need no card now, because
    the user took or turned down the same one a short while ago.
    """

    site: Site
    reader: FhirReader
    now: Callable[[], datetime]
    new_uuid: Callable[[], str]
    honors_judge_at: bool = False
    seconds: float = math.inf
    timer: Callable[[], float] = time.monotonic
    ends: float = math.inf
    stage: Callable[[str], AbstractContextManager[object]] = nullcontext
    held_back: Callable[[HookRequest, Mapping[int, str]], frozenset[int]] = lambda _request, _orders: (
        frozenset()
    )

    def deadline(self) -> Deadline:
        """The deadline of a request that begins now."""
        return Deadline(min(self.timer() + self.seconds, self.ends), self.timer)

    @property
    def knowledge(self) -> Knowledge:
        """The knowledge that everything is judged by."""
        return self.site.knowledge


class Evaluation(msgspec.Struct, frozen=True):
    """The answer to one request, and the trace that led to it."""

    answer: Reply
    trace: Trace

    @property
    def response(self) -> ServiceResponse:
        """What the client gets."""
        return self.answer.response


def evaluate(request: HookRequest, advisor: Advisor, entries: list[EntryRead] | None = None) -> Evaluation:
    """Judge the orders of one request, or the chart for patient-view.

    `entries`, where it is given, is filled with every resource that was looked at, and what was made of it.
    Raises MissingData when nothing can be said without conditions that were not obtainable.
    """
    meanings = Meanings(advisor.knowledge, advisor.deadline())
    orders = orders_read(request.drafts, patient_id=request.patient_id, meanings=meanings)
    trace = _orders_traced(request, orders, advisor)
    if request.hook is not Hook.PATIENT_VIEW and not _concerns_us(request, trace, orders, meanings):
        return Evaluation(Reply(ServiceResponse()), trace)
    gathered = _gathered(request, advisor, meanings, entries)
    read = _chart_traced(trace, request, gathered, orders, meanings)
    meanings.deadline.check()
    return _answered(request, replace(read, entries=tuple(entries or ())), advisor)


def _concerns_us(request: HookRequest, trace: Trace, orders: Sequence[OrderRead], meanings: Meanings) -> bool:
    """True where an order names a study or is for hemoptysis (BEHAVIOUR 1.3).

    Where only what a reason refers to can tell that, the data that were sent are looked at, and no server is
    asked.
    """
    if _studies(trace.orders, trace.judged):
        return True
    judged = frozenset(trace.judged)
    if not any(read.is_open and read.order.index in judged for read in orders):
        return False
    meanings = Meanings(meanings.knowledge, meanings.deadline)
    sent = gather(dataclasses.replace(request, access=None), reader=NO_READER, meanings=meanings)
    resolved = with_resolved_reasons(orders, request.drafts, sent.target, meanings, request.patient_id)
    return bool(_studies(resolved, trace.judged))


def read_in_full(request: HookRequest, advisor: Advisor, entries: list[EntryRead]) -> Trace:
    """Every order and the whole chart, for a person: read also where no order concerns this service."""
    meanings = Meanings(advisor.knowledge)
    orders = orders_read(request.drafts, patient_id=request.patient_id, meanings=meanings)
    trace = _orders_traced(request, orders, advisor)
    gathered = _gathered(request, advisor, meanings, entries)
    return replace(_chart_traced(trace, request, gathered, orders, meanings), entries=tuple(entries))


def _orders_traced(request: HookRequest, orders: Sequence[OrderRead], advisor: Advisor) -> Trace:
    found = tuple(read.order for read in orders)
    judged = orders_to_judge(request, found)
    return Trace(request.hook_instance, _instant(request, advisor), request.notes, found, judged)


def _gathered(
    request: HookRequest, advisor: Advisor, meanings: Meanings, entries: list[EntryRead] | None
) -> Gathered:
    with advisor.stage("gather"):
        return gather(request, reader=advisor.reader, meanings=meanings, entries=entries)


def _chart_traced(
    trace: Trace,
    request: HookRequest,
    gathered: Gathered,
    orders: Sequence[OrderRead],
    meanings: Meanings,
) -> Trace:
    """What the data say, and by them the reasons of the orders."""
    resolved = with_resolved_reasons(orders, request.drafts, gathered.target, meanings, request.patient_id)
    facts = hemoptysis_facts(gathered, request.encounter_id, now=trace.judged_at, meanings=meanings)
    facts = replace(facts, order_reasons=_reasons_of(resolved, trace.judged))
    notes = (*request.notes, *gathered.notes)
    return replace(trace, notes=notes, orders=resolved, gathered=gathered, facts=facts)


def _answered(request: HookRequest, trace: Trace, advisor: Advisor) -> Evaluation:
    """Decide, and build the answer. Raises TooLarge for more studies than an answer may hold."""
    assert trace.facts is not None
    if len(_studies(trace.orders, trace.judged)) > MOST_JUDGED:
        raise TooLarge(_TOO_MANY_STUDIES, expression="context.draftOrders.entry")
    chart = chart_from(trace.facts, advisor.knowledge)
    limit = max(1, advisor.site.settings.alternatives)  # the better study is said where none is offered
    silenced, asked = advisor.site.silenced, frozenset(trace.judged)
    with advisor.stage("decide"):
        decision = decide(chart, trace.orders, asked, alternatives=limit, silenced=silenced)
        decision = without_silenced(decision, silenced)
    _require_enough(request, trace.facts, decision)
    judged = {each.order.index: each.order.procedure for each in decision.judgments if each.is_judged}
    if judged:
        decision = replace(decision, held_back=advisor.held_back(request, judged))
    answer = build(decision, chart, request, site=advisor.site, new_uuid=advisor.new_uuid)
    return Evaluation(answer, replace(trace, decision=decision))


def marked_silenced(evaluation: Evaluation, service_id: str) -> Evaluation:
    """The evaluation, whose decision tells that the service it was made for is silenced."""
    trace, decision = evaluation.trace, evaluation.trace.decision
    if decision is None:
        return evaluation
    told = replace(decision, silenced=decision.silenced | {service_id})
    return replace(evaluation, trace=replace(trace, decision=told))


def critical_alert_alone(evaluation: Evaluation) -> Evaluation | None:
    """The evaluation with its critical alert and nothing else; None where it has none."""
    answer = evaluation.answer
    for about, card in zip(answer.about, answer.response.cards, strict=True):
        if about == Subject.ALERT and card.indicator == CRITICAL:
            return replace(
                evaluation, answer=replace(answer, response=ServiceResponse((card,)), about=(about,))
            )
    return None


def _reasons_of(orders: Sequence[ImagingOrder], judged: Sequence[int]) -> tuple[ConceptMatch, ...]:
    chosen = frozenset(judged)
    return tuple(match for order in orders if order.index in chosen for match in order.reason.matches)


def orders_to_judge(request: HookRequest, orders: Sequence[ImagingOrder]) -> tuple[int, ...]:
    """The places of the orders that the client asks about (BEHAVIOUR 1.2).

    order-sign: every one. order-select: the selected ones, or every one when nothing was said; a
    selection that matches nothing means the only imaging order of the Bundle if that has no id.
    """
    meant = tuple(draft.index for draft in request.selected())
    if meant or not request.selections:
        return meant
    studies = [order for order in orders if order.recognition not in (*_NOT_A_STUDY, "other-order")]
    return tuple(order.index for order in studies if len(studies) == 1 and not order.id)


def _studies(orders: Sequence[ImagingOrder], judged: Sequence[int]) -> list[ImagingOrder]:
    """The orders to judge that name a study or are for hemoptysis."""
    chosen = frozenset(judged)
    return [order for order in orders if order.index in chosen and order.recognition not in _NOT_A_STUDY]


def _instant(request: HookRequest, advisor: Advisor) -> datetime:
    """Now, or the instant that the request carries; in the zone of the site where that is set."""
    asked = request.judge_at if advisor.honors_judge_at else None
    instant = asked or advisor.now()
    zone = advisor.site.settings.time_zone
    return instant.astimezone(zone) if zone else instant


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
