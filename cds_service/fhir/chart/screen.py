"""One pass over what was sent and fetched: whose it is, whether it came before, and of which kind it is."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from cds_service.cds_hooks.raw_json import NOTHING, NULL, decoded, members_of
from cds_service.cds_hooks.request import reference_from
from cds_service.clinical.facts import KIND_NOT_KNOWN
from cds_service.fhir.bundles import Contents, Entry
from cds_service.fhir.chart.understood import (
    GUESSED,
    HIDDEN_IN_PART,
    MODIFIED,
    is_modified,
    is_void,
    placed,
    why_set_aside,
)
from cds_service.fhir.codes import Meanings
from cds_service.fhir.elements import FhirCoding
from cds_service.fhir.repair import content_of, each_of, is_same
from cds_service.fhir.resources import (
    TYPES,
    ChartResource,
    Observation,
    OperationOutcome,
    Patient,
    id_of,
)
from cds_service.knowledge.kinds import KIND_BY_KEY, KINDS_OF_TYPE, OBSERVED, Kind, kinds_named_by

_KIND_OF: Final = {
    as_type: KINDS_OF_TYPE[name][0] if name in KINDS_OF_TYPE and as_type is not Observation else None
    for as_type, name in TYPES.items()
}
"""The kind of data that a resource is by its type alone; of an Observation its codes tell."""

_EVERY_KIND: Final = tuple(Kind)
_TYPES_OF: Final = {
    kind: {as_type for as_type, name in TYPES.items() if kind in KINDS_OF_TYPE.get(name, ())} for kind in Kind
}
_NO_KINDS: Final = frozenset[Kind]()
Screened = tuple[ChartResource, Kind | None, str]
"""A resource, its kind, and why it is not understood, if it is not."""

Identity = tuple[type[ChartResource], str | bytes]
"""The type and the id of a resource, or its content where it has no id."""

SetAside = tuple[Kind, ChartResource, str]
"""A resource that is not understood, its kind, and why; also one that is read, but hidden in part."""


class EntryRead(msgspec.Struct, frozen=True):
    """One resource that was looked at; `key` is the prefetch key it came under."""

    key: str
    entry: Entry
    kind: Kind | None
    is_used: bool
    why: str


class ScreenedValue(msgspec.Struct, frozen=True):
    """One value under its key: the kind that the key asks for, what it holds, and of which kinds that is.

    `kinds` are those of its own resources, `unreadable` the kinds that the entries that could not be read
    may have been of; `may_hold_asked` is True when it is empty, or has a resource of the type that its key
    asks for, and not only another patient's; `named` are the kinds of the type that another key names.
    """

    key: str
    asked: Kind | None
    contents: Contents
    kinds: frozenset[Kind] = _NO_KINDS
    unreadable: tuple[Kind, ...] = ()
    may_hold_asked: bool = True
    named: tuple[Kind, ...] = ()


_REDACTED: Final = frozenset({"masked", "redacted", "subsetted", "abstred", "suppressed"})


@dataclass(slots=True)
class Screen:
    """What was seen so far: each of the patient's resources once, in the order in which they came.

    `others` counts other patients' resources, `doubted` are the kinds of which contradictory versions came,
    `unreadable` counts those of entries that could not be read.
    """

    patient_id: str
    meanings: Meanings
    entries: list[EntryRead] | None = None
    others: int = 0
    doubted: set[Kind] = field(default_factory=set)
    unreadable: Counter[Kind] = field(default_factory=Counter)
    _kept: dict[Identity, Screened] = field(default_factory=dict)
    _other_names: dict[str, Identity] = field(default_factory=dict)
    _own_references: dict[str | None, bool] = field(default_factory=dict)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def add(self, key: str, contents: Contents) -> ScreenedValue:
        """Take in one value."""
        asked = KIND_BY_KEY.get(key)
        if not (contents.resources or contents.unread or contents.unreadable or contents.entries):
            return ScreenedValue(key, asked, contents, named=kinds_named_by(key))
        kinds: set[Kind | None] = set()
        others = 0
        if contents.named:
            self._note_other_names(contents)
        is_own, kept = self._own_references, self._kept
        for resource in self.meanings.deadline.each(contents.resources):
            subject = resource.subject if type(resource) is not Patient else None
            reference = subject.reference if subject is not None else None
            if not (is_own[reference] if reference in is_own else self._belongs(resource)):
                others += 1
                continue
            screened = self._screened(resource, asked)
            if screened[1] not in kinds and (screened[2] not in GUESSED or type(resource) is not Observation):
                kinds.add(screened[1])
            identity: Identity = (type(resource), (resource.id or "").strip() or content_of(resource))
            kept[identity] = self._newer(kept[identity], screened) if identity in kept else screened
        self.others += others
        unreadable = self._note_unreadable(contents.unreadable, asked) if contents.unreadable else ()
        if self.entries is not None:
            self.entries += self._told_of(key, asked, contents.entries or ())
        is_only_of_others = others > 0 and others == len(contents.resources) and not contents.unread
        may_hold_asked = not is_only_of_others and _may_hold(asked, contents)
        kinds.discard(None)
        return ScreenedValue(key, asked, contents, frozenset(kinds), unreadable, may_hold_asked)  # type: ignore[arg-type]

    def own_by_kind(self) -> dict[Kind | None, list[ChartResource]]:
        """The patient's resources that are understood, each once, by their kinds; under None the others."""
        found: dict[Kind | None, list[ChartResource]] = defaultdict(list)
        for resource, kind, why in self._kept.values():
            if not why:
                found[kind].append(resource)
        return dict(found)

    def set_aside(self) -> tuple[SetAside, ...]:
        """The patient's resources that are not understood, each once.

        Also those of which a part is hidden, or that a modifier changes: what is read of them is a sign at
        most. An Observation without a readable code may be of any kind that is observed.
        """
        found: list[SetAside] = []
        for resource, kind, why in self._kept.values():
            if why and kind is None:
                found += [(one, resource, KIND_NOT_KNOWN) for one in OBSERVED]
            elif why and kind is not None:
                found.append((kind, resource, why))
            elif kind is None:
                continue
            elif resource.meta is not NULL and _is_hidden_in_part(resource):
                found.append((kind, resource, HIDDEN_IN_PART))
            elif resource.modifier_extension is NULL and not (
                type(resource) is Observation and resource.component
            ):
                continue
            elif is_modified(resource) and not is_void(resource):
                found.append((kind, resource, MODIFIED))
        return tuple(found)

    def by_other_name(self) -> dict[str, ChartResource]:
        """The patient's resources by the `fullUrl` of their entries, where that is another name."""
        kept = ((name, self._kept.get(identity)) for name, identity in self._other_names.items())
        return {name: screened[0] for name, screened in kept if screened is not None}

    def _note_other_names(self, contents: Contents) -> None:
        """By the `fullUrl` of its entry a resource is referred to, and the Patient is the subject."""
        for full_url, resource in contents.named:
            self._other_names.setdefault(full_url, _identity(resource))
            if type(resource) is Patient and self._belongs(resource):
                self._own_references[full_url] = True

    def _note_unreadable(self, types: Iterable[str], asked: Kind | None) -> tuple[Kind, ...]:
        """Count what could not be read under each of the kinds that it may have been of, which are given."""
        unreadable: Counter[Kind] = Counter()
        for name, count in Counter(types).items():
            unreadable.update(dict.fromkeys(_possible_kinds(name, asked), count))
        self.unreadable.update(unreadable)
        return tuple(unreadable)

    def _screened(self, resource: ChartResource, asked: Kind | None) -> Screened:
        """The kind of a resource, and why it is not understood."""
        if type(resource) is not Observation:
            kind = _KIND_OF[type(resource)]
            return resource, kind, why_set_aside(resource, kind, self.meanings)
        kind, why = placed(resource, asked, self.meanings)
        if why or resource.modifier_extension is NULL:
            return resource, kind, why
        return resource, kind, why_set_aside(resource, kind, self.meanings)

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
            return before if before[1] else later
        if _updated(before[0]) == _updated(later[0]):
            self.doubted |= {kind for _, kind, _ in (before, later) if kind}
        return max(before, later, key=_precedence)

    def _told_of(self, key: str, asked: Kind | None, entries: Iterable[Entry]) -> Iterator[EntryRead]:
        for entry in entries:
            kind, why = self._told(entry, asked)
            yield EntryRead(key, entry, kind, is_used=not why, why=why)
            if entry.id:
                self._seen.add((entry.type, entry.id))

    def _told(self, entry: Entry, asked: Kind | None) -> tuple[Kind | None, str]:
        """The kind of an entry, and why it is not used."""
        resource = entry.resource
        if isinstance(resource, OperationOutcome):
            return None, "says what is amiss with the answer"
        if resource is None:
            is_read = not entry.type or entry.type in KINDS_OF_TYPE
            return None, "cannot be read" if is_read else "is of no kind that is read"
        _, kind, why = self._screened(resource, asked)
        if not self._belongs(resource):
            return kind, "is another patient's"
        if (entry.type, entry.id) in self._seen:
            return kind, "came before"
        if why:
            return kind, f"is not understood: {why}"
        return kind, "" if kind else "is of no kind that is read"


def _possible_kinds(resource_type: str, asked: Kind | None) -> Sequence[Kind]:
    """The kinds that an entry that could not be read may have been of."""
    kinds = KINDS_OF_TYPE.get(resource_type, ()) if resource_type else _EVERY_KIND
    if asked is not None and (not resource_type or asked in kinds):
        return (asked,)
    return kinds


def _is_hidden_in_part(resource: ChartResource) -> bool:
    """True when a label says that a part of it is not shown (redacted, masked, subsetted)."""
    meta = bytes(resource.meta)
    if b'"security"' not in meta and b'"tag"' not in meta:
        return False
    members = members_of(resource.meta) or {}
    labels = [members.get(name, NOTHING) for name in ("security", "tag")]
    codings = (coding for raw in labels for coding in each_of(raw, FhirCoding))
    return any((coding.code or "").strip().lower() in _REDACTED for coding in codings)


def _identity(resource: ChartResource) -> Identity:
    return type(resource), (resource.id or "").strip() or content_of(resource)


def _may_hold(asked: Kind | None, contents: Contents) -> bool:
    """True for nothing that can be read, and where a type is the one that the key asks for."""
    if not (contents.resources or contents.unread):
        return True
    return asked is not None and not _TYPES_OF[asked].isdisjoint(map(type, contents.resources))


def _updated(resource: ChartResource) -> str:
    written = decoded((members_of(resource.meta) or {}).get("lastUpdated", NOTHING), str)
    return (written or "").strip()


def _precedence(screened: Screened) -> tuple[str, bytes]:
    return _updated(screened[0]), content_of(screened[0])
