"""What the request asks about: its draft orders, the patient and the user."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


def id_in(reference: object) -> str:
    """The id that a bare, relative, absolute, versioned or `urn:uuid:` reference points to."""
    text = reference if isinstance(reference, str) else ""
    return re.split(r"[/:]", text.split("/_history/")[0])[-1]


def same_json(left: object, right: object) -> bool:
    """Equal in value and JSON type, object members in any order; decimals equal in their written digits.

    CAUTION: digits survive only if both documents were parsed with `parse_float=Decimal`.
    """
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same_json(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_json, left, right))
    return type(left) is type(right) and repr(left) == repr(right)


def mapping_of(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


@dataclass(frozen=True, slots=True)
class Draft:
    """One draft order and the names by which `selections` may mean it."""

    resource: Mapping[str, Any]
    names: frozenset[str]

    @property
    def subject(self) -> str:
        reference = mapping_of(self.resource.get("subject")).get("reference")
        return reference if isinstance(reference, str) else ""

    def is_of_another_patient(self, patient: str) -> bool:
        return "Patient/" in self.subject and id_in(self.subject) != patient


@dataclass(frozen=True, slots=True)
class Asked:
    """The parts of a hook request that decide what an answer may contain."""

    drafts: tuple[Draft, ...] = ()
    selected: frozenset[str] | None = None
    patient: str = ""
    user: str = ""
    is_patient_view: bool = False

    @classmethod
    def by(cls, request: Mapping[str, Any]) -> "Asked":
        context = mapping_of(request.get("context"))
        selections = context.get("selections") if request.get("hook") == "order-select" else None
        return cls(
            drafts=tuple(_drafts(context)),
            selected=frozenset(map(id_in, selections)) if isinstance(selections, list) else None,
            patient=id_in(context.get("patientId")),
            user=str(context.get("userId") or ""),
            is_patient_view=not isinstance(context.get("draftOrders"), Mapping),
        )

    @property
    def candidates(self) -> list[Draft]:
        """The draft orders that may be judged: this patient's, and on order-select the selected ones."""
        own = [draft for draft in self.drafts if not draft.is_of_another_patient(self.patient)]
        if self.selected is None:
            return own
        nameless = [draft for draft in own if not id_in(draft.resource.get("id"))] if self.selected else []
        return [draft for draft in own if draft.names & self.selected] or nameless

    def drafts_for(self, resource: Mapping[str, Any]) -> list[Draft]:
        """The draft orders with the type and id of an updated resource; usually exactly one."""
        return [draft for draft in self.drafts if _identity(draft.resource) == _identity(resource)]


def _identity(resource: Mapping[str, Any]) -> tuple[str, str]:
    return repr(resource.get("resourceType")), repr(resource.get("id", object()))


def _drafts(context: Mapping[str, Any]) -> Iterator[Draft]:
    entries = mapping_of(context.get("draftOrders")).get("entry")
    for entry in map(mapping_of, entries if isinstance(entries, list) else []):
        resource = mapping_of(entry.get("resource"))
        names = {id_in(resource.get("id")), id_in(entry.get("fullUrl"))} - {""}
        if resource:
            yield Draft(resource, frozenset(names))
