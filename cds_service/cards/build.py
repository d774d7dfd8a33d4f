"""From one decision to the whole answer: the alert, a card for each judged order, and the ratings."""

from collections.abc import Callable, Iterator, Mapping
from enum import IntEnum

import msgspec

from cds_service.cards.case import Case, alert_for
from cds_service.cards.order_card import order_cards
from cds_service.cards.patient_cards import alert_card, is_for_a_patient, patient_view_cards
from cds_service.cards.repetition import ratings_before
from cds_service.cards.site import Site
from cds_service.cards.suggestions import rating_action
from cds_service.cds_hooks.request import Hook, HookRequest
from cds_service.cds_hooks.response import URN, Action, Card, ServiceResponse
from cds_service.clinical.chart import Chart
from cds_service.clinical.decision import Decision


class Subject(IntEnum):
    """What a card is about that is about no order."""

    ALERT = -2
    CHART = -1


class Reply(msgspec.Struct, frozen=True):
    """A response, and of which orders it is, by their index.

    `about` has what each card is about, an order or a Subject; `consult_ids` are those of the judged orders.
    """

    response: ServiceResponse
    about: tuple[int, ...] = ()
    consult_ids: Mapping[int, str] = msgspec.field(default_factory=dict)


def build(
    decision: Decision,
    chart: Chart,
    request: HookRequest,
    *,
    site: Site,
    new_uuid: Callable[[], str],
) -> Reply:
    """The answer to a request; `new_uuid` gives a fresh UUID at each call."""
    alert = alert_for(decision, request.hook)
    drafts = {draft.index: draft for draft in request.drafts}
    before = ratings_before(decision, request, drafts, site)
    judged = [judgment.order.index for judgment in decision.judgments if judgment.is_judged]
    case = Case(
        decision,
        chart,
        request,
        site,
        new_uuid,
        alert=alert,
        drafts=drafts,
        consult_ids={index: before.get(index) or URN + new_uuid() for index in judged},
        rated_before=frozenset(before),
    )
    actions = tuple(_rating_actions(case)) if site.has_readers else ()
    cards = tuple(_patient_view_cards(case) if request.hook is Hook.PATIENT_VIEW else _order_cards(case))
    response = _response(tuple(card for _, card in cards), actions, site)
    return Reply(response, tuple(about for about, _ in cards), case.consult_ids)


def _response(cards: tuple[Card, ...], actions: tuple[Action, ...], site: Site) -> ServiceResponse:
    if not actions:
        return ServiceResponse(cards)
    is_copied = site.settings.extension_system_actions
    return ServiceResponse(cards, actions, {"systemActions": actions} if is_copied else msgspec.UNSET)


def _patient_view_cards(case: Case) -> Iterator[tuple[int, Card]]:
    if not is_for_a_patient(case.request.user_id):
        subjects = (Subject.CHART,) if case.alert == "none" else (Subject.ALERT, Subject.CHART)
        yield from zip(subjects, patient_view_cards(case), strict=False)


def _order_cards(case: Case) -> Iterator[tuple[int, Card]]:
    if alert := alert_card(case):
        yield Subject.ALERT, alert
    yield from order_cards(case)


def _rating_actions(case: Case) -> Iterator[Action]:
    for judgment in sorted(case.decision.judgments, key=lambda j: j.order.index):
        if action := rating_action(case, judgment):
            yield action
