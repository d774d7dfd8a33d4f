"""What the workbench is asked: an example or a pasted request, the order, and how the chart is changed."""

import dataclasses
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal

import msgspec

from cds_service import examples
from cds_service.cds_hooks.catalog import SERVICES
from cds_service.cds_hooks.parse import hook_request_from, plain_json
from cds_service.cds_hooks.request import Hook, HookRequest
from cds_service.errors import BadRequest, BadValue
from cds_service.evaluate import Advisor
from cds_service.knowledge.model import Knowledge, Procedure
from cds_service.knowledge.terminology.concepts import Concept, Study
from cds_service.outbound.client import NO_READER
from cds_service.web.workbench.controls import AMOUNT, SLIDER_BY_ID, SWITCH_BY_ID
from cds_service.web.workbench.made import Changes
from cds_service.web.workbench.readings import Json

AS_IN_THE_EXAMPLE: Final = "own"
NO_REASON: Final = "none"
REASONS: Final = (AS_IN_THE_EXAMPLE, Concept.HEMOPTYSIS.value, Concept.COUGH.value, NO_REASON)


def _number(written: str) -> Decimal | None:
    """A decimal that keeps its digits; None for one that no computer can hold."""
    try:
        return Decimal(written)
    except InvalidOperation:
        return None


_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_DECODER: Final = msgspec.json.Decoder(Json, float_hook=_number)
_MOST_DRAFTS: Final = 20


class Ask(msgspec.Struct, frozen=True):
    """What the page sends: an example by its name, or the `text` of a pasted request.

    `drafts` are the draft orders once a suggestion was taken: they stand in for `order`, whatever the hook,
    and `reason` is then theirs. `vary` is the slider or switch over whose range the ratings are shown.
    """

    example: str = examples.FIRST
    text: str | None = None
    hook: Literal["", "order-select", "order-sign", "patient-view"] = ""
    order: str = AS_IN_THE_EXAMPLE
    reason: str = AS_IN_THE_EXAMPLE
    drafts: list[dict[str, Any]] | None = None
    changes: dict[str, int | float | str] = {}
    vary: str = AMOUNT

    @property
    def moved(self) -> Changes:
        """Where each slider and switch stands that was moved."""
        return {name: v if isinstance(v, str) else Decimal(str(v)) for name, v in self.changes.items()}


_ASK: Final = msgspec.json.Decoder(Ask)


def ask_from(body: bytes, knowledge: Knowledge) -> Ask:
    """What is asked. Raises BadRequest; its message quotes nothing that came."""
    try:
        ask = _ASK.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadRequest("The body is not what the workbench sends; reload the page.") from None
    if ask.order != AS_IN_THE_EXAMPLE and ask.order not in knowledge.procedures:
        raise BadValue("No such study; the page lists them.", expression="order")
    if ask.reason not in REASONS:
        raise BadValue("No such reason; the page lists them.", expression="reason")
    if ask.vary not in {**SLIDER_BY_ID, **SWITCH_BY_ID}:
        raise BadValue("No such slider or switch; the page has them.", expression="vary")
    if len(ask.drafts or ()) > _MOST_DRAFTS:
        raise BadValue(f"More than {_MOST_DRAFTS} draft orders.", expression="drafts")
    for name, value in ask.moved.items():
        _require_value(name, value)
    return ask


def _require_value(name: str, value: Decimal | str) -> None:
    """Raises BadValue unless the slider or switch exists and can stand there."""
    slider, switch = SLIDER_BY_ID.get(name), SWITCH_BY_ID.get(name)
    is_number = isinstance(value, Decimal) and value.is_finite()
    if slider and is_number and slider.least <= Decimal(value) <= slider.most:
        return
    if switch and value in switch.states:
        return
    raise BadValue("No such slider or switch, or it cannot stand there.", expression="changes")


def advisor_of_the_workbench(advisor: Advisor) -> Advisor:
    """One that asks no FHIR server and judges at the instant that a request carries.

    However often one question is judged, it has the time of one request, from now on.
    """
    ends = advisor.deadline().ends
    return dataclasses.replace(advisor, reader=NO_READER, honors_judge_at=True, ends=ends)


def body_for(ask: Ask, knowledge: Knowledge) -> bytes:
    """The body of the request that is asked about, its chart not changed yet: a pasted one as it came."""
    if ask.text is None:
        return as_bytes(_of_example(ask, knowledge))
    sent = ask.text.encode("utf-8", "surrogatepass")
    return sent if ask.drafts is None else as_bytes(_with_drafts(body_from(sent), ask.drafts))


def body_from(sent: bytes) -> Json:
    """The body of a request as an object. Raises BadRequest, as the service would."""
    hook_request_from(sent)
    return _DECODER.decode(plain_json(sent))


def as_bytes(body: Json) -> bytes:
    """The body as JSON, decimals as they were written."""
    return _ENCODER.encode(body)


def request_from(body: Json) -> HookRequest:
    """The request of a body. Raises BadRequest."""
    return hook_request_from(as_bytes(body))


def service_for(hook: Hook) -> str:
    """The id of the service that is for a hook."""
    return next(service.id for service in SERVICES if service.hook is hook)


def _of_example(ask: Ask, knowledge: Knowledge) -> Json:
    body = _DECODER.decode(examples.text(ask.example).encode())
    hook = ask.hook or body["hook"]
    drafts = _drafts_of_example(ask, body, knowledge)
    if ask.reason != AS_IN_THE_EXAMPLE:
        drafts = [_with_reason(draft, ask.reason, knowledge) for draft in drafts]
    context = {name: body["context"][name] for name in body["context"] if name in _OF_EVERY_HOOK}
    body = {**body, "hook": hook, "context": context}
    return body if hook == Hook.PATIENT_VIEW else _with_drafts(body, drafts)


def _drafts_of_example(ask: Ask, body: Json, knowledge: Knowledge) -> list[Json]:
    """The draft orders that were taken, else the one that was chosen, else those of the example."""
    if ask.drafts is not None:
        return ask.drafts
    own = [entry["resource"] for entry in body["context"].get("draftOrders", {}).get("entry", ())]
    return own if ask.order == AS_IN_THE_EXAMPLE else [_draft_of(ask.order, own, body, knowledge)]


_OF_EVERY_HOOK: Final = ("userId", "patientId", "encounterId")


def _with_drafts(body: Json, drafts: Iterable[Json]) -> Json:
    """The request with these draft orders, every one of them selected where the hook selects."""
    entries = [{"resource": draft} for draft in drafts]
    context = {
        **body["context"],
        "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": entries},
    }
    if body["hook"] == Hook.ORDER_SELECT:
        names = (
            f"{entry['resource'].get('resourceType')}/{entry['resource'].get('id')}" for entry in entries
        )
        context["selections"] = list(names)
    return {**body, "context": context}


def _draft_of(procedure: str, own: list[Json], body: Json, knowledge: Knowledge) -> Json:
    """An order for a study, else as the example's own order is."""
    base = own[0] if own else {"reasonCode": [hemoptysis_reason(knowledge)]}
    subject = {"reference": f"Patient/{body['context']['patientId']}"}
    return {
        **base,
        "resourceType": "ServiceRequest",
        "id": f"{procedure}-order",
        "status": "draft",
        "intent": "order",
        "code": study_code(knowledge.procedures[procedure], knowledge),
        "subject": subject,
    }


def study_code(procedure: Procedure, knowledge: Knowledge) -> Json:
    """A study by the first code that stands for it; by its name alone where none does."""
    found = next(iter(procedure.canonical_codes.values()), None)
    system, code = (found.system, found.code) if found else _listed_code(procedure, knowledge)
    written = {"system": system, "code": code, "display": procedure.name}
    return {"coding": [written], "text": procedure.name} if code else {"text": procedure.name}


def _listed_code(procedure: Procedure, knowledge: Knowledge) -> tuple[str, str]:
    """A code of the lists that means this study and nothing else; empty where there is none."""
    codes = knowledge.terminology.order_codes.items()
    meant = (key for key, study in codes if study == Study(procedure.id))
    return next(meant, ("", ""))


def _with_reason(draft: Json, reason: str, knowledge: Knowledge) -> Json:
    kept = {name: draft[name] for name in draft if name not in ("reasonCode", "reasonReference")}
    if reason == NO_REASON:
        return kept
    return {**kept, "reasonCode": [_concept(Concept(reason), knowledge)]}


def hemoptysis_reason(knowledge: Knowledge) -> Json:
    """Hemoptysis as the reason of an order."""
    return _concept(Concept.HEMOPTYSIS, knowledge)


def _concept(concept: Concept, knowledge: Knowledge) -> Json:
    coding = knowledge.terminology.codes_of(concept)[0]
    written = {"system": coding.system, "code": coding.code, "display": coding.display}
    return {"coding": [written], "text": coding.display}
