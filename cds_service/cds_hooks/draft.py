"""A draft order changed without writing it anew: what is not changed stays the client's own bytes."""

from typing import Any

import msgspec

from cds_service.cds_hooks.decoding import NOTHING, decoded, first_byte, is_null, items_of, members_of
from cds_service.cds_hooks.rating import RATING_URLS
from cds_service.cds_hooks.request import HookRequest
from cds_service.errors import BadValue
from cds_service.knowledge.model import OrderableCode
from cds_service.knowledge.terminology import Coding


class _Url(msgspec.Struct):
    url: Any = None


class _Shape(msgspec.Struct):
    coding: msgspec.Raw = NOTHING
    concept: msgspec.Raw = NOTHING


def order_with(
    raw: msgspec.Raw,
    *,
    extensions: tuple[msgspec.Raw, ...],
    code: msgspec.Raw | None = None,
    reason_code: msgspec.Raw | None = None,
) -> msgspec.Raw:
    """The draft order with these rating extensions instead of any older ones.

    `code` (a CodeableConcept) replaces the whole code, in the shape that the order's own code has;
    `reason_code` (a CodeableConcept) fills the reason of an order that gives none. Every other member
    keeps its bytes and its place. Raises BadValue if the draft is not an object.
    """
    members = members_of(raw)
    if members is None:
        raise BadValue("A draft order must be an object.", expression="context.draftOrders")
    _put_extensions(members, extensions)
    if code is not None:
        members["code"] = _shaped_like(members.get("code", NOTHING), code)
    if reason_code is not None and not _gives_reason(members):
        members["reasonCode"] = _array([reason_code])
    return msgspec.Raw(msgspec.json.encode(members))


def carries_rating(raw: msgspec.Raw) -> bool:
    """True when the draft brings an older rating."""
    return any(_is_rating(e) for e in _extensions_of(members_of(raw) or {}))


def codeable_concept(code: OrderableCode | Coding) -> msgspec.Raw:
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
    """The extensions; one that stands alone, in no array, and one that is none are kept as they came."""
    raw = members.get("extension", NOTHING)
    if is_null(raw):
        return ()
    items = items_of(raw)
    return (raw,) if items is None else items


def _is_rating(extension: msgspec.Raw) -> bool:
    read = decoded(extension, _Url)
    return read is not None and isinstance(read.url, str) and read.url.strip() in RATING_URLS


def _shaped_like(old: msgspec.Raw, new: msgspec.Raw) -> msgspec.Raw:
    """R5 puts the CodeableConcept of an order into a `concept`."""
    shape = decoded(old, _Shape) or _Shape()
    is_r5 = not is_null(shape.concept) and is_null(shape.coding)
    return msgspec.Raw(b'{"concept":' + bytes(new) + b"}") if is_r5 else new


def _gives_reason(members: dict[str, msgspec.Raw]) -> bool:
    names = ("reasonCode", "reasonReference", "reason")
    return any(_says_something(members.get(name, NOTHING)) for name in names)


def _says_something(raw: msgspec.Raw) -> bool:
    """False for what is absent, null or empty, and for what holds only such: `[{"coding": [{}]}]`."""
    match first_byte(raw):
        case b"{":
            return any(_says_something(value) for value in (members_of(raw) or {}).values())
        case b"[":
            return any(_says_something(item) for item in items_of(raw) or ())
        case _:
            return bytes(raw) not in (b"", b"null", b'""')


def _array(items: list[msgspec.Raw]) -> msgspec.Raw:
    return msgspec.Raw(b"[" + b",".join(bytes(item) for item in items) + b"]")
