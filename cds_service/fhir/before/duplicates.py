"""Each resource once, however often it was sent."""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from cds_service.clinical.facts import Kind
from cds_service.fhir.before.batches import Sorted
from cds_service.fhir.before.json_values import first_object, text_in
from cds_service.fhir.before.resources import Resource


@dataclass(frozen=True, slots=True)
class OnceEach:
    """The resources without repetition, and the kinds of those that came in contradictory versions."""

    items: tuple[Sorted, ...]
    contradictory: frozenset[Kind]


def once_each(items: Iterable[Sorted]) -> OnceEach:
    """One of each type and id: the last updated version; without an id, one of each content.

    Versions that differ and do not say which is newer leave their kind in doubt; which of them is
    read does not depend on the order in which they came.
    """
    kept: dict[tuple[str, str | bytes], Sorted] = {}
    contradictory = set()
    for item in items:
        name = (item.resource.type, item.resource.logical_id or _content(item.resource))
        before = kept.setdefault(name, item)
        if before is item or before.resource == item.resource:
            continue
        if _updated(before.resource) == _updated(item.resource):
            contradictory |= {before.kind, item.kind}
        kept[name] = max(before, item, key=_precedence)
    return OnceEach(tuple(kept.values()), frozenset(kind for kind in contradictory if kind))


def _precedence(item: Sorted) -> tuple[str, bytes]:
    return _updated(item.resource), _content(item.resource)


def _updated(resource: Resource) -> str:
    return text_in(first_object(resource.meta).get("lastUpdated"))


def _content(resource: Resource) -> bytes:
    return msgspec.json.encode(resource)
