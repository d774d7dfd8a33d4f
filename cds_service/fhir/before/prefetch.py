"""One prefetched value, or one page of a server's answer, taken apart into resources and what is amiss."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import msgspec

from cds_service.cds_hooks.raw_json import NOTHING, Bytes, decoded, first_byte, is_null, items_of
from cds_service.fhir.before.codings import has_status
from cds_service.fhir.before.json_values import objects_in, text_in
from cds_service.fhir.before.resources import Issues, Resource, resource_from, type_of

_DEEPEST = 3


class Shape(StrEnum):
    """What a value is."""

    NOTHING_THERE = "nothing-there"
    RESOURCE = "resource"
    BUNDLE = "bundle"
    FAILED = "failed"


class Fault(StrEnum):
    """Why a value may not hold all there is."""

    CUT_OFF = "page-cut-off"
    FEWER_THAN_TOTAL = "fewer-than-total"
    OUTCOME = "operation-outcome"
    ENTRY_FAILED = "entry-failed"
    NOT_A_BUNDLE = "not-a-bundle"
    NOT_ALL_FETCHED = "not-all-fetched"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a value holds; `unreadable` has the type (or nothing) of each entry that could not be read."""

    shape: Shape
    resources: tuple[Resource, ...] = ()
    unreadable: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    self_link: str = ""


FAILED = Contents(Shape.FAILED)


class _Value(msgspec.Struct, rename="camel"):
    """A resource, a Bundle or a wrapper of one."""

    resource_type: Any = None
    entry: msgspec.Raw = NOTHING
    link: Any = None
    total: Any = None
    response: Any = None
    resource: msgspec.Raw = NOTHING


class _Entry(msgspec.Struct, rename="camel"):
    resource_type: Any = None
    resource: msgspec.Raw = NOTHING
    response: Any = None


def contents_of(raw: Bytes, depth: int = 0) -> Contents:
    """What a prefetched value or a page holds."""
    if is_null(raw):
        return Contents(Shape.NOTHING_THERE)
    if first_byte(raw) == b"[":
        return replace(_in_entries(raw, depth), faults=(Fault.NOT_A_BUNDLE,))
    value = decoded(raw, _Value)
    if value is None or depth > _DEEPEST:
        return FAILED
    resource_type = text_in(value.resource_type)
    if resource_type == "Bundle" or (not resource_type and not is_null(value.entry)):
        return _in_bundle(value, depth)
    if not resource_type:
        return _in_wrapper(value, depth)
    return _in_resource(raw, resource_type)


def _in_resource(raw: Bytes, resource_type: str) -> Contents:
    resource = resource_from(raw, resource_type)
    if resource is None:
        return Contents(Shape.RESOURCE, unreadable=(resource_type,))
    if isinstance(resource, Issues):
        return FAILED
    return Contents(Shape.RESOURCE, (resource,))


def _in_wrapper(value: _Value, depth: int) -> Contents:
    """`{"response": ..., "resource": ...}`: without a resource, a good status means that nothing is there."""
    if not is_null(value.resource):
        return contents_of(value.resource, depth + 1)
    status = _status(value.response)
    return Contents(Shape.NOTHING_THERE) if status.startswith("2") else FAILED


def _in_bundle(value: _Value, depth: int) -> Contents:
    found = _in_entries(value.entry, depth)
    links = {text_in(link.get("relation")): text_in(link.get("url")) for link in objects_in(value.link)}
    faults = (*found.faults, *_signs_of_more(value, links, found))
    if Fault.OUTCOME in faults and not found.resources and not found.unreadable:
        return replace(found, shape=Shape.FAILED, faults=faults)
    return replace(found, faults=faults, self_link=links.get("self", ""))


def _signs_of_more(value: _Value, links: dict[str, str], found: Contents) -> Iterator[Fault]:
    if "next" in links:
        yield Fault.CUT_OFF
    held = len(found.resources) + len(found.unreadable)
    if isinstance(value.total, int) and not isinstance(value.total, bool) and value.total > held:
        yield Fault.FEWER_THAN_TOTAL


def _in_entries(raw: Bytes, depth: int) -> Contents:
    parts = [_in_entry(entry, depth) for entry in _entries(raw)]
    return Contents(
        Shape.BUNDLE,
        resources=tuple(resource for part in parts for resource in part.resources),
        unreadable=tuple(kind for part in parts for kind in part.unreadable),
        faults=tuple(dict.fromkeys(fault for part in parts for fault in part.faults)),
    )


def _entries(raw: Bytes) -> Iterator[Bytes]:
    if first_byte(raw) == b"{":
        yield raw
    elif not is_null(raw):
        items = items_of(raw)
        yield from (raw,) if items is None else items


def _in_entry(raw: Bytes, depth: int) -> Contents:
    entry = decoded(raw, _Entry)
    if entry is None:
        return Contents(Shape.BUNDLE, unreadable=("",))
    if not is_null(entry.resource):
        return _in_held(entry.resource, depth)
    if text_in(entry.resource_type):
        return _in_held(raw, depth)
    if entry.response is not None:
        faults = () if _status(entry.response).startswith("2") else (Fault.ENTRY_FAILED,)
        return Contents(Shape.BUNDLE, faults=faults)
    return Contents(Shape.BUNDLE, unreadable=("",))


def _in_held(raw: Bytes, depth: int) -> Contents:
    """The resource of an entry: a Bundle in a Bundle is opened, an outcome is weighed."""
    resource_type = type_of(raw)
    if resource_type == "Bundle":
        inner = contents_of(raw, depth + 1)
        return inner if inner.shape is not Shape.FAILED else Contents(Shape.BUNDLE, unreadable=("",))
    resource = resource_from(raw, resource_type) if resource_type else None
    if resource is None:
        return Contents(Shape.BUNDLE, unreadable=(resource_type,))
    if isinstance(resource, Issues):
        return Contents(Shape.BUNDLE, faults=(Fault.OUTCOME,) if _tells_of_loss(resource) else ())
    return Contents(Shape.BUNDLE, (resource,))


def _tells_of_loss(outcome: Issues) -> bool:
    """True for an error, and for what is said to be incomplete or hidden (by consent)."""
    return any(
        has_status(issue.get("severity"), "error", "fatal")
        or has_status(issue.get("code"), "incomplete", "suppressed")
        for issue in objects_in(outcome.issue)
    )


def _status(response: Any) -> str:
    status = response.get("status") if isinstance(response, dict) else response
    return str(status).strip() if isinstance(status, str | int) else ""
