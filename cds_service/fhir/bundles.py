"""The only walker of the chart's Bundles, arrays, wrappers and pages: what each holds, and what is amiss."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

import msgspec

from cds_service.cds_hooks.raw_json import (
    NOTHING,
    UNREADABLE,
    Bytes,
    decoded,
    first_byte,
    is_null,
    items_of,
    text_in,
)
from cds_service.cds_hooks.request import Prefetch
from cds_service.fhir.elements import Element
from cds_service.fhir.repair import resource_from
from cds_service.fhir.resources import (
    CLASSES,
    READ,
    AnyResource,
    BackboneElement,
    ChartResource,
    OperationOutcome,
)
from cds_service.fhir.versions import objects_in

_DEEPEST: Final = 3
_LOSSES: Final = ({"error", "fatal"}, {"incomplete", "suppressed"})
Shape: TypeAlias = Literal["nothing-there", "resource", "bundle", "failed"]
Gap: TypeAlias = Literal[
    "page-cut-off", "fewer-than-total", "operation-outcome", "entry-failed", "not-a-bundle", "not-all-fetched"
]
"""Why a value may not hold all there is."""


class Entry(msgspec.Struct, frozen=True):
    """A resource, or what stands where one is due: its path in the value, type, id and bytes."""

    path: str
    type: str
    id: str
    raw: Bytes
    resource: ChartResource | None


@dataclass(slots=True)
class Contents:
    """What a value holds.

    `unread` counts the resources of types that no decision reads; `unreadable` has the type (or nothing) of
    each entry that could not be read; `named` holds the resources whose `fullUrl` is another name than their
    id; `entries` is filled where they are asked for.
    """

    shape: Shape
    resources: list[ChartResource] = field(default_factory=list)
    unread: int = 0
    unreadable: list[str] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    self_link: str = ""
    named: list[tuple[str, ChartResource]] = field(default_factory=list)
    entries: list[Entry] | None = None


class _BundleEntry(Element, frozen=True):
    full_url: str | None = None
    resource: AnyResource | None = None


class _Bundle(Element, frozen=True, tag_field="resourceType", tag="Bundle"):
    entry: tuple[_BundleEntry, ...] = ()
    link: tuple[dict[str, Any], ...] = ()
    total: int | None = None


class _Head(Element, frozen=True):
    """The members by which a value, or an entry of one, is told."""

    resource_type: Any = None
    id: Any = None
    full_url: Any = None
    entry: msgspec.Raw = NOTHING
    link: Any = None
    total: Any = None
    response: Any = None
    resource: msgspec.Raw = NOTHING


_WHOLE: Final[msgspec.json.Decoder[Any]] = msgspec.json.Decoder(_Bundle | AnyResource | None)
_WHOLES: Final[msgspec.json.Decoder[Any]] = msgspec.json.Decoder(dict[str, _Bundle | AnyResource | None])


def contents_by_key(prefetch: Prefetch, *, with_entries: bool = False) -> Iterator[tuple[str, Contents]]:
    """What each prefetched value holds: all decoded at once, or each by itself where one is not R4."""
    wholes = None if with_entries else _decoded_with(_WHOLES, prefetch.raw)
    if wholes is None:
        yield from ((key, contents_of(raw, with_entries=with_entries)) for key, raw in prefetch.items())
        return
    for key, whole in wholes.items():
        found = Contents("nothing-there") if whole is None else _in_whole(whole)
        yield key, found or _Walk(None).value(prefetch[key], "", 0)


def contents_of(raw: Bytes, *, with_entries: bool = False) -> Contents:
    """What a prefetched value or a page holds.

    A value that is R4 throughout is decoded at once. Any other, and one whose entries are asked for, is
    walked entry by entry, so that one resource of another shape costs no other. Both ways find the same.
    """
    if is_null(raw):
        return Contents("nothing-there")
    whole = None if with_entries else _decoded_with(_WHOLE, raw)
    found = _in_whole(whole) if whole is not None else None
    return found or _Walk([] if with_entries else None).value(raw, "", 0)


def _decoded_with(decoder: msgspec.json.Decoder[Any], raw: Bytes) -> Any:
    try:
        return decoder.decode(raw)
    except UNREADABLE:
        return None


def _in_whole(value: Any) -> Contents | None:
    """The contents of what was decoded at once; None where it must be walked after all."""
    if not isinstance(value, _Bundle):
        return _in_resource(value)
    resources: list[Any] = [entry.resource for entry in value.entry]
    found = Contents("bundle", resources)
    if not _READ.issuperset(map(type, resources)):
        if None in resources:
            return None
        found.resources = [resource for resource in resources if type(resource) in _READ]
        outcomes = [resource for resource in resources if isinstance(resource, OperationOutcome)]
        found.unread = len(resources) - len(found.resources) - len(outcomes)
        for outcome in outcomes:
            _note_outcome(found, outcome)
    for entry, resource in zip(value.entry, resources, strict=True):
        url = entry.full_url if type(resource) in _READ else None
        if url and not (resource.id and resource.id[0] != " " and url.endswith(f"/{resource.id}")):
            _note_name(found, url, resource)
    links = {text_in(link.get("relation")): text_in(link.get("url")) for link in value.link}
    return _completed(found, links, value.total)


_READ: Final = frozenset(READ) - {OperationOutcome}


def _note_name(found: Contents, full_url: str, resource: Any) -> None:
    """CAUTION: the id ends the `fullUrl` of nearly every entry; only another one is a name of its own.

    The id `7` ends `urn:uuid:…07` too, which is one.
    """
    if (name := full_url.strip()) and not (resource.id and name.endswith(f"/{resource.id.strip()}")):
        found.named.append((name, resource))


def _in_resource(resource: Any) -> Contents:
    if isinstance(resource, OperationOutcome):
        return Contents("failed")
    if type(resource) in _READ:
        return Contents("resource", [resource])
    return Contents("resource", unread=1)


def _note_outcome(found: Contents, outcome: OperationOutcome) -> None:
    """An error in an entry, or word that something is incomplete or hidden (by consent), is a gap."""
    if any(_tells_of_loss(issue) for issue in outcome.issue) and "operation-outcome" not in found.gaps:
        found.gaps.append("operation-outcome")


def _tells_of_loss(issue: BackboneElement) -> bool:
    said = ((issue.severity or "").strip().lower(), (issue.code or "").strip().lower())
    return any(word in losses for word, losses in zip(said, _LOSSES, strict=True))


def _completed(found: Contents, links: dict[str, str], total: int | None) -> Contents:
    """A Bundle's contents with what its links and its total say of them."""
    found.gaps += ["page-cut-off"] if "next" in links else []
    found.self_link = links.get("self", "") if links else ""
    if total and total > len(found.resources) + found.unread + len(found.unreadable):
        found.gaps.append("fewer-than-total")
    if "operation-outcome" in found.gaps and not (found.resources or found.unread):
        found.shape = "failed"
    return found


class _Walk(msgspec.Struct, frozen=True):
    """A walk through a value, entry by entry; notes the entries where there is a list for them."""

    entries: list[Entry] | None

    def value(self, raw: Bytes, path: str, depth: int) -> Contents:
        """What a value holds: an array, a Bundle, a resource, or a wrapper of one of these."""
        if is_null(raw):
            return Contents("nothing-there")
        if first_byte(raw) == b"[":
            found = self._entries_of(raw, path, depth)
            found.gaps = ["not-a-bundle"]
            return found
        head = decoded(raw, _Head)
        if head is None or depth > _DEEPEST:
            return Contents("failed", entries=self.entries)
        resource_type = text_in(head.resource_type)
        if resource_type == "Bundle" or (not resource_type and not is_null(head.entry)):
            return self._bundle(head, path, depth)
        if not resource_type:
            return self._wrapper(head, path, depth)
        return self._lone(raw, head, path)

    def _lone(self, raw: Bytes, head: _Head, path: str) -> Contents:
        found = Contents("resource", entries=self.entries)
        self._add(found, raw, head, path)
        if text_in(head.resource_type) == "OperationOutcome" and not found.unreadable:
            return Contents("failed", entries=self.entries)
        return found

    def _wrapper(self, head: _Head, path: str, depth: int) -> Contents:
        """`{"response": ..., "resource": ...}`: a good status alone says that nothing is there."""
        if not is_null(head.resource):
            return self.value(head.resource, f"{path}.resource".lstrip("."), depth + 1)
        shape: Shape = "nothing-there" if _status(head.response).startswith("2") else "failed"
        return Contents(shape, entries=self.entries)

    def _bundle(self, head: _Head, path: str, depth: int) -> Contents:
        found = self._entries_of(head.entry, f"{path}.entry".lstrip("."), depth)
        links: dict[str, str] = {
            text_in(link.get("relation")): text_in(link.get("url")) for link in objects_in(head.link)
        }
        return _completed(found, links, head.total if type(head.total) is int else None)

    def _entries_of(self, raw: Bytes, path: str, depth: int) -> Contents:
        found = Contents("bundle", entries=self.entries)
        for index, entry in enumerate(_items(raw)):
            self._entry(found, entry, f"{path}[{index}]", depth)
        return found

    def _entry(self, found: Contents, raw: Bytes, path: str, depth: int) -> None:
        head = decoded(raw, _Head)
        if head is None:
            found.unreadable.append("")
        elif not is_null(head.resource):
            inner = decoded(head.resource, _Head) or _Head()
            before = len(found.resources)
            self._held(found, head.resource, inner, f"{path}.resource", depth)
            if len(found.resources) > before and text_in(inner.resource_type) != "Bundle":
                _note_name(found, text_in(head.full_url), found.resources[-1])
        elif text_in(head.resource_type):
            self._held(found, raw, head, path, depth)
        elif head.response is None:
            found.unreadable.append("")
        elif not _status(head.response).startswith("2") and "entry-failed" not in found.gaps:
            found.gaps.append("entry-failed")

    def _held(self, found: Contents, raw: Bytes, head: _Head, path: str, depth: int) -> None:
        """The resource of an entry: a Bundle in a Bundle is opened, an outcome is weighed."""
        if text_in(head.resource_type) != "Bundle":
            self._add(found, raw, head, path)
            return
        inner = self.value(raw, path, depth + 1)
        if inner.shape == "failed":
            found.unreadable.append("")
            return
        found.resources += inner.resources
        found.named += inner.named
        found.unread += inner.unread
        found.unreadable += inner.unreadable
        found.gaps += [gap for gap in inner.gaps if gap not in found.gaps]

    def _add(self, found: Contents, raw: Bytes, head: _Head, path: str) -> None:
        resource_type = text_in(head.resource_type)
        resource = resource_from(raw, resource_type)
        if self.entries is not None:
            self.entries.append(Entry(path, resource_type, text_in(head.id), raw, resource))
        if isinstance(resource, OperationOutcome):
            _note_outcome(found, resource)
        elif resource is not None:
            found.resources.append(resource)
        elif not resource_type or resource_type in CLASSES:
            found.unreadable.append(resource_type)
        else:
            found.unread += 1


def _items(raw: Bytes) -> Iterator[Bytes] | Sequence[Bytes]:
    """The entries; one that stands where an array is due."""
    if is_null(raw):
        return ()
    items = items_of(raw) if first_byte(raw) == b"[" else None
    return (raw,) if items is None else items


def _status(response: Any) -> str:
    status = response.get("status") if isinstance(response, dict) else response
    return str(status).strip() if isinstance(status, str | int) else ""
