"""The draft orders of a context, entry by entry, whatever shape `draftOrders` has."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from cds_service.cds_hooks.decoding import NOTHING, decoded, first_byte, is_null, items_of
from cds_service.cds_hooks.request import DraftOrder
from cds_service.errors import BadValue, TooLarge

MOST_DRAFTS = 1000
"""No clinician has more unsigned orders; each judged order costs about half a millisecond."""


@dataclass(frozen=True, slots=True)
class ReadDrafts:
    """The orders that could be read, and notes on the entries that could not."""

    orders: tuple[DraftOrder, ...] = ()
    notes: tuple[str, ...] = ()


class _Holder(msgspec.Struct, rename="camel"):
    """A Bundle, an entry of it, or a resource that stands where one of these is expected."""

    resource_type: Any = None
    id: Any = None
    entry: msgspec.Raw = NOTHING
    resource: msgspec.Raw = NOTHING


def drafts_from(raw: msgspec.Raw) -> ReadDrafts:
    """The draft orders; raises BadValue if there is nothing that could hold entries."""
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


def _read(entries: list[msgspec.Raw]) -> ReadDrafts:
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
    return ReadDrafts(orders, tuple(note for note, count in notes.items() if count))


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
            yield DraftOrder(index, head.resource_type, order_id, resource)
