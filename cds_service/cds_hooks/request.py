"""A hook request as the service reads it: the envelope, the draft orders and the raw prefetch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

import msgspec

from cds_service.cds_hooks.raw_json import Bytes, members_of


class Reference(msgspec.Struct, frozen=True):
    """A reference taken apart; `type` is empty where the reference does not name one."""

    type: str
    id: str

    def is_to(self, resource_type: str, resource_id: str) -> bool:
        """True when it names this resource, or names no type and has its id."""
        return self.id == resource_id and self.type in ("", resource_type)


NOWHERE = Reference("", "")


def reference_given(written: Any) -> Reference:
    """A reference given as text, or as an object with the text in its `reference`."""
    return reference_from(written.get("reference") if isinstance(written, dict) else written)


def reference_from(written: Any) -> Reference:
    """`Patient/1`, `https://ehr.example/fhir/Patient/1/_history/2`, `urn:uuid:1` or `1` taken apart.

    NOWHERE for anything that is not the text of a reference.
    """
    if not isinstance(written, str):
        return NOWHERE
    text = written.strip().partition("?")[0].partition("/_history/")[0].rstrip("/")
    path, slash, last = text.rpartition("/")
    if not slash:
        return Reference("", text.removeprefix("urn:uuid:").removeprefix("urn:oid:"))
    resource_type = path.rpartition("/")[2]
    return Reference(resource_type, last) if resource_type.isalpha() else NOWHERE


JUDGE_AT_KEY = "hemoptysis-imaging.judgeAt"
"""The member of the request's `extension` that holds the instant to judge at (RFC 3339, with offset)."""


class Hook(StrEnum):
    """The hooks this service answers."""

    ORDER_SELECT = "order-select"
    ORDER_SIGN = "order-sign"
    PATIENT_VIEW = "patient-view"


@dataclass(frozen=True)
class DraftOrder:
    """One entry of `draftOrders`: `raw` is the client's own JSON, byte for byte, `full_url` its entry's.

    Of a body with halves of surrogate pairs `raw` holds replacement characters in their place, and `marked`
    a mark for each, which `marks` leads back to what was sent.
    """

    index: int
    resource_type: str
    id: str
    raw: msgspec.Raw
    full_url: str = ""
    marked: Bytes = b""
    marks: Mapping[bytes, bytes] = field(default_factory=dict)

    @cached_property
    def members(self) -> Mapping[str, msgspec.Raw]:
        """The members with their own bytes, parted once however often the order is written."""
        return members_of(self.marked if self.marks else self.raw) or {}


@dataclass(frozen=True, slots=True)
class FhirAccess:
    """How the client's FHIR server may be read; the token is never shown or logged."""

    server: str
    token: str = field(default="", repr=False)


class Prefetch(Mapping[str, msgspec.Raw]):
    """The prefetched values under their keys; `raw` is the whole object, parted only when a key is asked for.

    A request without an order of chest imaging, or one whose values are decoded all at once, never parts it.
    """

    __slots__ = ("_members", "raw")

    def __init__(self, raw: Bytes = b"{}") -> None:
        self.raw = raw
        self._members: dict[str, msgspec.Raw] | None = None

    @property
    def _parted(self) -> dict[str, msgspec.Raw]:
        if self._members is None:
            self._members = members_of(self.raw) or {}
        return self._members

    def __getitem__(self, key: str) -> msgspec.Raw:
        return self._parted[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parted)

    def __len__(self) -> int:
        return len(self._parted)


@dataclass(frozen=True, slots=True)
class HookRequest:
    """One call of a service.

    `hook` is what the context makes it (BEHAVIOUR 1.1). `selections` is None when the client sent
    none, so that every draft order is meant; a selection without a type means an id of any type.
    `judge_at` is the instant of the request's own extension, None when absent. `notes` say what was
    missing or odd, without patient data.
    """

    hook: Hook
    hook_instance: str
    patient_id: str
    user_id: str
    encounter_id: str
    drafts: tuple[DraftOrder, ...]
    selections: tuple[Reference, ...] | None
    prefetch: Prefetch
    access: FhirAccess | None = None
    judge_at: datetime | None = None
    notes: tuple[str, ...] = ()

    def selected(self) -> tuple[DraftOrder, ...]:
        """The orders that are meant: every one, unless this is order-select with selections."""
        if self.hook is not Hook.ORDER_SELECT or self.selections is None:
            return self.drafts
        chosen = {(selection.type, selection.id) for selection in self.selections}
        return tuple(d for d in self.drafts if d.id and not chosen.isdisjoint(_names_of(d)))


def _names_of(draft: DraftOrder) -> tuple[tuple[str, str], ...]:
    """An order may be selected with its type or without."""
    return (draft.resource_type, draft.id), ("", draft.id)
