"""The resources that a captured value holds, each with its bytes and the place where it stands."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from cds_service.cds_hooks.raw_json import Bytes, decoded, first_byte, is_null, items_of, members_of
from cds_service.fhir.before.json_values import text_in

_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Held:
    """A resource, or what stands where one is due; `type` and `id` are empty where it has none."""

    place: str
    type: str
    id: str
    raw: Bytes


def held_in(raw: Bytes, place: str = "") -> Iterator[Held]:
    """The resources of a Bundle, an array or a wrapper, or the one resource that the value is."""
    if first_byte(raw) == b"[":
        for index, item in enumerate(items_of(raw) or ()):
            yield from _within(item, f"{place}[{index}]")
    elif not is_null(raw):
        yield from _within(raw, place)


def bundle_itself(raw: Bytes) -> Bytes | None:
    """The members of a Bundle without its entries; None for anything else."""
    members = members_of(raw) or {}
    if _text(members, "resourceType") != "Bundle":
        return None
    return msgspec.json.encode({name: value for name, value in members.items() if name != "entry"})


def _within(raw: Bytes, place: str) -> Iterator[Held]:
    members = members_of(raw) or {}
    resource_type = _text(members, "resourceType")
    inner = next((name for name in ("entry", "resource") if not is_null(members.get(name, b""))), "")
    is_holder = bool(inner) and resource_type in ("", "Bundle") and place.count(".") < _DEEPEST
    if is_holder:
        yield from held_in(members[inner], f"{place}.{inner}".removeprefix("."))
    elif resource_type != "Bundle" and (resource_type or not members.get("response")):
        yield Held(place, resource_type, _text(members, "id"), raw)


def _text(members: dict[str, msgspec.Raw], name: str) -> str:
    return text_in(decoded(members[name], object)) if name in members else ""
