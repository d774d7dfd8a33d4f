"""Draft orders read and written back: what is not changed in one stays the client's own bytes."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec

from cds_service.cds_hooks.raw_json import (
    NOTHING,
    decoded,
    first_byte,
    holds_something,
    is_null,
    items_of,
    members_of,
    text_in,
)
from cds_service.cds_hooks.request import DraftOrder, HookRequest
from cds_service.cds_hooks.response import CONSULT_ID, PAMA_RATING, RATING_URLS
from cds_service.errors import BadValue, TooLarge
from cds_service.knowledge.terminology.concepts import Coding

MARKS = re.compile(rb"\\u[eE][0-9a-fA-F]{3}|\xee[\x80-\xbf][\x80-\xbf]")
"""Characters of private use, U+E000 to U+EFFF, as escapes and as themselves: those that a body does not hold
mark the halves of surrogate pairs in it."""

MOST_DRAFTS = 1000
"""No clinician has more unsigned orders; the time of an answer grows with each one that is judged."""


class _Holder(msgspec.Struct, rename="camel"):
    """A Bundle, an entry of it, or a resource that stands where one of these is expected."""

    resource_type: Any = None
    id: Any = None
    full_url: Any = None
    entry: msgspec.Raw = NOTHING
    resource: msgspec.Raw = NOTHING


def drafts_from(raw: msgspec.Raw) -> tuple[tuple[DraftOrder, ...], tuple[str, ...]]:
    """The draft orders that could be read, and notes on the entries that could not.

    Raises BadValue if there is nothing that could hold entries, and TooLarge for more than MOST_DRAFTS.
    """
    holder = decoded(raw, _Holder)
    if holder is None:
        raise BadValue("context.draftOrders must be a Bundle.", expression="context.draftOrders")
    if _is_an_order(holder):
        return _read([raw])
    return _read(_entries(holder.entry))


def _is_an_order(holder: _Holder) -> bool:
    has_entries = not is_null(holder.entry)
    return isinstance(holder.resource_type, str) and holder.resource_type != "Bundle" and not has_entries


def _entries(raw: msgspec.Raw) -> list[msgspec.Raw]:
    if is_null(raw):
        return []
    if first_byte(raw) == b"{":
        return [raw]
    items = items_of(raw)
    if items is None:
        where = "context.draftOrders.entry"
        raise BadValue(f"{where} must be an array.", expression=where)
    return list(items)


def _read(entries: list[msgspec.Raw]) -> tuple[tuple[DraftOrder, ...], tuple[str, ...]]:
    if len(entries) > MOST_DRAFTS:
        message = f"context.draftOrders holds more than {MOST_DRAFTS} entries; send the orders being written."
        raise TooLarge(message, expression="context.draftOrders.entry")
    found = tuple(_orders_in(entries))
    orders = tuple(_once_each(found))
    missed, repeated = len(entries) - len(found), len(found) - len(orders)
    notes = {
        f"context.draftOrders: {missed} of {len(entries)} entries could not be read": missed,
        f"context.draftOrders: {repeated} of {len(entries)} entries repeat an order": repeated,
    }
    return orders, tuple(note for note, count in notes.items() if count)


def _once_each(orders: tuple[DraftOrder, ...]) -> Iterator[DraftOrder]:
    """Each type and id once, the first that came: two actions on one order would undo each other."""
    seen: set[tuple[str, str]] = set()
    for order in orders:
        name = (order.resource_type, order.id)
        if not order.id or name not in seen:
            yield order
        seen.add(name)


def _orders_in(entries: list[msgspec.Raw]) -> Iterator[DraftOrder]:
    for index, raw in enumerate(entries):
        entry = decoded(raw, _Holder)
        resource = raw if entry is None or is_null(entry.resource) else entry.resource
        head = decoded(resource, _Holder)
        if head is not None and isinstance(head.resource_type, str):
            order_id = head.id if isinstance(head.id, str) else ""
            yield DraftOrder(index, head.resource_type, order_id, resource, text_in(entry and entry.full_url))


def order_with(
    draft: DraftOrder,
    *,
    extensions: tuple[msgspec.Raw, ...],
    code: msgspec.Raw | None = None,
    reason_code: msgspec.Raw | None = None,
) -> msgspec.Raw:
    """The draft order with these rating extensions instead of any older ones.

    `code` (a CodeableConcept) replaces the whole code, in the shape that the order's own code has;
    `reason_code` (a CodeableConcept) fills the reason of an order that gives none. Every other member
    keeps its bytes and its place.
    """
    members = dict(draft.members)
    _put_extensions(members, extensions)
    if code is not None:
        members["code"] = _shaped_like(members.get("code", NOTHING), code)
    if reason_code is not None and not _gives_reason(members):
        members["reasonCode"] = _array([reason_code])
    return msgspec.Raw(_without_marks(msgspec.json.encode(members), draft))


def _without_marks(written: bytes, draft: DraftOrder) -> bytes:
    """The order with every half of a surrogate pair as it came."""
    marks = draft.marks
    return MARKS.sub(lambda mark: marks.get(mark[0], mark[0]), written) if marks else written


def codeable_concept(code: Coding) -> msgspec.Raw:
    """A CodeableConcept of one coding; its text is the display."""
    coding = {"system": code.system, "code": code.code, "display": code.display}
    filled = {name: value for name, value in coding.items() if value}
    text = {"text": code.display} if code.display else {}
    return msgspec.Raw(msgspec.json.encode({"coding": [filled], **text}))


def new_order(
    request: HookRequest,
    *,
    order_id: str,
    code: msgspec.Raw,
    reason_code: msgspec.Raw,
    extensions: tuple[msgspec.Raw, ...] = (),
) -> msgspec.Raw:
    """A new ServiceRequest, in draft, for the patient and the encounter of the request."""
    order: dict[str, Any] = {"resourceType": "ServiceRequest", "id": order_id}
    if extensions:
        order["extension"] = list(extensions)
    order |= {"status": "draft", "intent": "order", "code": code}
    order["subject"] = {"reference": f"Patient/{request.patient_id}"}
    if request.encounter_id:
        order["encounter"] = {"reference": f"Encounter/{request.encounter_id}"}
    order["reasonCode"] = [reason_code]
    return msgspec.Raw(msgspec.json.encode(order))


def _put_extensions(members: dict[str, msgspec.Raw], extensions: tuple[msgspec.Raw, ...]) -> None:
    kept = [e for e in _extensions_of(members) if not _is_rating(e)]
    if kept or extensions:
        members["extension"] = _array([*kept, *extensions])
    else:
        members.pop("extension", None)


def _extensions_of(members: dict[str, msgspec.Raw]) -> tuple[msgspec.Raw, ...]:
    """The extensions; one that stands alone, in no array, and one that is none are kept as they came.

    An empty object in place of the array says nothing, and an array of it would be less valid: left out.
    """
    raw = members.get("extension", NOTHING)
    if is_null(raw) or members_of(raw) == {}:
        return ()
    items = items_of(raw)
    return (raw,) if items is None else items


class RatingGiven(msgspec.Struct, frozen=True):
    """A rating that a draft brings: the finer category, the words with it, and its consult id, a `urn:uuid:`.

    The last two are empty where the client did not keep them.
    """

    category: str
    text: str
    consult_id: str


def rating_given(draft: DraftOrder, category_system: str) -> RatingGiven | None:
    """The rating that a draft brings with a category of this code system; None without exactly one."""
    found = [decoded(e, dict[str, Any]) or {} for e in _extensions_of(dict(draft.members)) if _is_rating(e)]
    by_url = {text_in(extension.get("url")): extension for extension in found}
    concept = by_url.get(PAMA_RATING, {}).get("valueCodeableConcept")
    if not isinstance(concept, dict) or len(by_url) != len(found):
        return None
    codings = concept.get("coding")
    ours = [c for c in codings if _is_of(c, category_system)] if isinstance(codings, list) else []
    if len(ours) != 1:
        return None
    consult_id = _uuid_urn(text_in(by_url.get(CONSULT_ID, {}).get("valueUri")))
    return RatingGiven(text_in(ours[0].get("code")), text_in(concept.get("text")), consult_id)


def _is_of(coding: Any, system: str) -> bool:
    return isinstance(coding, dict) and text_in(coding.get("system")) == system


def _uuid_urn(text: str) -> str:
    try:
        return UUID(text.removeprefix("urn:uuid:")).urn if text.startswith("urn:uuid:") else ""
    except ValueError:
        return ""


def _is_rating(extension: msgspec.Raw) -> bool:
    url = decoded((members_of(extension) or {}).get("url", NOTHING), str)
    return url is not None and url.strip() in RATING_URLS


def _shaped_like(old: msgspec.Raw, new: msgspec.Raw) -> msgspec.Raw:
    """R5 puts the CodeableConcept of an order into a `concept`."""
    shape = members_of(old) or {}
    is_r5 = not is_null(shape.get("concept", NOTHING)) and is_null(shape.get("coding", NOTHING))
    return msgspec.Raw(b'{"concept":' + bytes(new) + b"}") if is_r5 else new


def _gives_reason(members: dict[str, msgspec.Raw]) -> bool:
    names = ("reasonCode", "reasonReference", "reason")
    return any(holds_something(members[name]) for name in names if name in members)


def _array(items: list[msgspec.Raw]) -> msgspec.Raw:
    return msgspec.Raw(b"[" + b",".join(map(bytes, items)) + b"]")
