"""One pass over what was sent and fetched: whose it is, whether it came before, and of which kind it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from cds_service.cds_hooks.raw_json import NOTHING, decoded, members_of
from cds_service.cds_hooks.request import reference_from
from cds_service.fhir.bundles import Contents, Entry
from cds_service.fhir.repair import content_of, is_same
from cds_service.fhir.resources import (
    TYPES,
    ChartResource,
    Observation,
    ObservationComponent,
    OperationOutcome,
    Patient,
    id_of,
)
from cds_service.knowledge.kinds import KINDS, KINDS_OF_TYPE, OBSERVED, Kind
from cds_service.knowledge.model import Knowledge

_KIND_OF: Final = {
    as_type: KINDS_OF_TYPE[name][0]
    for as_type, name in TYPES.items()
    if name in KINDS_OF_TYPE and as_type is not Observation
}
"""The kind of data that a resource is by its type alone; of an Observation its codes tell."""

_OBSERVED: Final = {concept: kind for kind in reversed(OBSERVED) for concept in KINDS[kind].concepts}
"""The kind of data of each concept that is observed; one that could be of two is of the first."""

_PLACE: Final = {kind: place for place, kind in enumerate(OBSERVED)}
_KINDS_BY_KEY: Final = {kind.value: kind for kind in Kind}
_EVERY_KIND: Final = tuple(Kind)
_NO_KINDS: Final = frozenset[Kind]()
Screened = tuple[ChartResource, Kind | None]


class EntryRead(msgspec.Struct, frozen=True):
    """One resource that was looked at; `key` is the prefetch key it came under."""

    key: str
    entry: Entry
    kind: Kind | None
    is_used: bool
    why: str


class ScreenedValue(msgspec.Struct, frozen=True):
    """One value under its key: the kind that the key asks for, what it holds, and of which kinds that is.

    `kinds` are those of its own resources, `unreadable` the kinds that each entry that could not be read
    may have been of; `may_hold_asked` is True when it is empty, or has a resource of the type that its key
    asks for, and not only another patient's.
    """

    key: str
    asked: Kind | None
    contents: Contents
    kinds: frozenset[Kind] = _NO_KINDS
    unreadable: tuple[Kind, ...] = ()
    may_hold_asked: bool = True


@dataclass(slots=True)
class Screen:
    """What was seen so far: each of the patient's resources once, in the order in which they came.

    `others` counts other patients' resources, `doubted` are the kinds of which contradictory versions came,
    `unreadable` those of entries that could not be read, once for each.
    """

    patient_id: str
    knowledge: Knowledge
    entries: list[EntryRead] | None = None
    others: int = 0
    doubted: set[Kind] = field(default_factory=set)
    unreadable: list[Kind] = field(default_factory=list)
    _kept: dict[tuple[type[ChartResource], str | bytes], Screened] = field(default_factory=dict)
    _own_references: dict[str | None, bool] = field(default_factory=dict)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def add(self, key: str, contents: Contents) -> ScreenedValue:
        """Take in one value."""
        asked = _KINDS_BY_KEY.get(key)
        if not (contents.resources or contents.unread or contents.unreadable or contents.entries):
            return ScreenedValue(key, asked, contents)
        kinds: set[Kind | None] = set()
        others = 0
        is_own, kept = self._own_references, self._kept
        for resource in contents.resources:
            subject = resource.subject if type(resource) is not Patient else None
            known = is_own.get(subject.reference) if subject is not None else None
            if not (self._belongs(resource) if known is None else known):
                others += 1
                continue
            kind = (
                self._observed_kind(resource)
                if type(resource) is Observation
                else _KIND_OF.get(type(resource))
            )
            kinds.add(kind)
            identity = (type(resource), (resource.id or "").strip() or content_of(resource))
            before = kept.get(identity)
            kept[identity] = (resource, kind) if before is None else self._newer(before, (resource, kind))
        self.others += others
        unreadable = tuple(k for name in contents.unreadable for k in _possible_kinds(name, asked))
        self.unreadable += unreadable
        self._note_entries(key, contents.entries or ())
        is_only_of_others = others > 0 and others == len(contents.resources) and not contents.unread
        may_hold_asked = not is_only_of_others and _may_hold(asked, contents)
        return ScreenedValue(
            key, asked, contents, frozenset(k for k in kinds if k), unreadable, may_hold_asked
        )

    def own_by_kind(self) -> dict[Kind | None, list[ChartResource]]:
        """The patient's resources, each once, by their kinds; under None what is of no kind."""
        found: dict[Kind | None, list[ChartResource]] = {}
        for resource, kind in self._kept.values():
            found.setdefault(kind, []).append(resource)
        return found

    def _observed_kind(self, observation: Observation) -> Kind | None:
        """By the code, else by the codes of the components.

        By code alone, since a name would be a guess at what was measured.
        """
        kind = self._coded_kind(observation)
        for component in observation.component if kind is None else ():
            if kind := self._coded_kind(component):
                return kind
        return kind

    def _coded_kind(self, valued: ObservationComponent) -> Kind | None:
        if valued.code is None:
            return None
        meaning = self.knowledge.terminology.meaning
        found = None
        for coding in valued.code.coding:
            for match in meaning(coding.system or "", coding.code).matches if coding.code else ():
                kind = _OBSERVED.get(match.concept)
                if kind is not None and (found is None or _PLACE[kind] < _PLACE[found]):
                    found = kind
        return found

    def _belongs(self, resource: ChartResource) -> bool:
        """Whether a resource is the patient's; one without a subject is."""
        if type(resource) is Patient:  # isinstance is slow on structs of another class
            return id_of(resource) in ("", self.patient_id)
        subject = resource.subject or resource.patient
        if subject is None or subject.reference is None:
            return True
        known = self._own_references.get(subject.reference)
        if known is None:
            known = reference_from(subject.reference).is_to("Patient", self.patient_id)
            self._own_references[subject.reference] = known
        return known

    def _newer(self, before: Screened, later: Screened) -> Screened:
        """Of two versions of a resource the last updated one.

        Versions that differ and do not say which is newer leave their kind in doubt; which of them is
        read does not depend on the order in which they came.
        """
        if is_same(before[0], later[0]):
            return before
        if _updated(before[0]) == _updated(later[0]):
            self.doubted |= {kind for _, kind in (before, later) if kind}
        return max(before, later, key=_precedence)

    def _note_entries(self, key: str, entries: Iterable[Entry]) -> None:
        if self.entries is None:
            return
        for entry in entries:
            kind = self._kind_of(entry.resource)
            why = self._why_not(entry, kind)
            self.entries.append(EntryRead(key, entry, kind, is_used=not why, why=why))
            if entry.id:
                self._seen.add((entry.type, entry.id))

    def _kind_of(self, resource: ChartResource | None) -> Kind | None:
        if resource is None:
            return None
        if isinstance(resource, Observation):
            return self._observed_kind(resource)
        return _KIND_OF.get(type(resource))

    def _why_not(self, entry: Entry, kind: Kind | None) -> str:
        resource = entry.resource
        if isinstance(resource, OperationOutcome):
            return "says what is amiss with the answer"
        if resource is None:
            is_read = not entry.type or entry.type in KINDS_OF_TYPE
            return "cannot be read" if is_read else "is of no kind that is read"
        if not self._belongs(resource):
            return "is another patient's"
        if (entry.type, entry.id) in self._seen:
            return "came before"
        return "" if kind else "is of no kind that is read"


def _possible_kinds(resource_type: str, asked: Kind | None) -> Sequence[Kind]:
    """The kinds that an entry that could not be read may have been of."""
    kinds = KINDS_OF_TYPE.get(resource_type, ()) if resource_type else _EVERY_KIND
    if asked is not None and (not resource_type or asked in kinds):
        return (asked,)
    return kinds


def _may_hold(asked: Kind | None, contents: Contents) -> bool:
    """True for nothing that can be read, and where a type is the one that the key asks for."""
    if not (contents.resources or contents.unread):
        return True
    types = set(map(type, contents.resources))
    return any(asked in KINDS_OF_TYPE.get(TYPES[as_type], ()) for as_type in types)


def _updated(resource: ChartResource) -> str:
    written = decoded((members_of(resource.meta) or {}).get("lastUpdated", NOTHING), str)
    return (written or "").strip()


def _precedence(screened: Screened) -> tuple[str, bytes]:
    return _updated(screened[0]), content_of(screened[0])
