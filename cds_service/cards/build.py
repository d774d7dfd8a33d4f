"""From one decision to the whole answer: the alert, a card for each judged order, and the ratings."""

from collections.abc import Callable, Iterator
from uuid import UUID

import msgspec

from cds_service.cards.alert_card import alert_card
from cds_service.cards.case import CardOptions, Case
from cds_service.cards.order_card import chart_parts, order_card
from cds_service.cards.patient_card import is_for_a_patient, patient_card
from cds_service.cards.suggestions import rating_action
from cds_service.cds_hooks.request import Hook, HookRequest
from cds_service.cds_hooks.response import Action, Card, ResponseExtension, ServiceResponse
from cds_service.clinical.decision import Decision
from cds_service.clinical.facts import HemoptysisFacts
from cds_service.knowledge.model import Knowledge


def build(  # noqa: PLR0913 - the composition of the answer: all that it depends on, named
    decision: Decision,
    request: HookRequest,
    *,
    facts: HemoptysisFacts,
    knowledge: Knowledge,
    options: CardOptions,
    new_uuid: Callable[[], UUID],
) -> ServiceResponse:
    """The answer to a request; `new_uuid` gives a fresh UUID at each call."""
    consult_ids = {j.order.index: new_uuid().urn for j in decision.judgements if j.is_judged}
    drafts = {draft.index: draft for draft in request.drafts}
    case = Case(decision, facts, request, knowledge, options, new_uuid, drafts, consult_ids)
    actions = tuple(_rating_actions(case))
    return ServiceResponse(
        cards=tuple(_cards(case)),
        system_actions=actions or msgspec.UNSET,
        extension=_extension(actions, options),
    )


def _cards(case: Case) -> Iterator[Card]:
    is_patient_view = case.request.hook is Hook.PATIENT_VIEW
    candidates = _patient_view_cards(case) if is_patient_view else _order_cards(case)
    yield from (card for card in candidates if card is not None)


def _patient_view_cards(case: Case) -> Iterator[Card | None]:
    if not is_for_a_patient(case.request.user_id):
        yield alert_card(case)
        yield patient_card(case)


def _order_cards(case: Case) -> Iterator[Card | None]:
    yield alert_card(case)
    chart = chart_parts(case)
    for judgement in sorted(case.decision.judgements, key=lambda j: j.order.index):
        yield order_card(case, judgement, chart=chart)


def _rating_actions(case: Case) -> Iterator[Action]:
    for judgement in sorted(case.decision.judgements, key=lambda j: j.order.index):
        action = rating_action(case, judgement)
        if action is not None:
            yield action


def _extension(actions: tuple[Action, ...], options: CardOptions) -> ResponseExtension | msgspec.UnsetType:
    """The copy for clients that look for system actions in the extension, as the CDS Hooks Sandbox does."""
    if not actions or not options.extension_system_actions:
        return msgspec.UNSET
    return ResponseExtension(actions)
