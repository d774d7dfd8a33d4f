"""The data of one request: from the prefetch by content, then from the FHIR server what is missing."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from cds_service.cds_hooks.catalog import queries_for
from cds_service.cds_hooks.request import NOWHERE, HookRequest, Reference
from cds_service.clinical.facts import Availability, Kind
from cds_service.fhir.before.availability import availability_from
from cds_service.fhir.before.batches import Batch, Sorted, batch_from
from cds_service.fhir.before.duplicates import once_each
from cds_service.fhir.before.pages import contents_of_pages
from cds_service.fhir.before.prefetch import Contents, Shape, contents_of
from cds_service.fhir.before.resources import Resource
from cds_service.knowledge.model import Knowledge
from cds_service.outbound.answers import Failure
from cds_service.outbound.client import Answer, FhirReader

R = TypeVar("R", bound=Resource)


@dataclass(frozen=True, slots=True)
class EntryRead:
    """One resource that was looked at; `key` is the prefetch key it came under."""

    key: str
    resource_type: str
    id: str
    kind: Kind | None
    is_used: bool
    why: str


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything of the patient that was sent or fetched, each resource once.

    `unreadable` counts entries that could not be read, per kind; `dropped` counts by reason what was
    left out; `notes` say what is missing and why, without patient data.
    """

    patient_id: str
    resources: tuple[Resource, ...]
    kinds: tuple[Kind | None, ...]
    availability: Mapping[Kind, Availability]
    entries: tuple[EntryRead, ...] = ()
    unreadable: Mapping[Kind, int] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    by_id: Mapping[str, Sequence[Resource]] = field(default_factory=dict, repr=False)

    def of_type(self, resource_class: type[R], kind: Kind | None = None) -> Iterator[R]:
        """The resources of a class, or only those of one kind of data."""
        for resource, own_kind in zip(self.resources, self.kinds, strict=True):
            if isinstance(resource, resource_class) and kind in (None, own_kind):
                yield resource

    def target(self, reference: Reference) -> Resource | None:
        """The resource that a reference leads to."""
        if reference == NOWHERE:
            return None
        same_id = self.by_id.get(reference.id, ())
        return next((r for r in same_id if reference.is_to(r.type, r.logical_id)), None)


def gather(request: HookRequest, *, reader: FhirReader, knowledge: Knowledge) -> Gathered:
    """What the prefetch holds, whatever its keys, and what the reader gives of the kinds that it lacks."""
    queries = queries_for(request.patient_id, knowledge)
    sent = [_batch(key, contents_of(raw), request, knowledge) for key, raw in request.prefetch.items()]
    lacking = [k for k, a in availability_from(sent, queries).items() if a is not Availability.AVAILABLE]
    answers = _read_from_server(request, reader, {kind.value: queries[kind] for kind in lacking})
    asked = {key: answer for key, answer in answers.items() if _was_asked(answer)}
    fetched = [_batch(key, contents_of_pages(answer), request, knowledge) for key, answer in asked.items()]
    return _gathered(request.patient_id, [*sent, *fetched], queries, _notes(sent, answers))


def _batch(key: str, contents: Contents, request: HookRequest, knowledge: Knowledge) -> Batch:
    return batch_from(key, contents, patient_id=request.patient_id, terminology=knowledge.terminology)


def _was_asked(answer: Answer) -> bool:
    """False where the site forbids the server: then nothing was asked, so nothing failed."""
    return bool(answer.pages) or answer.failure != Failure.NOT_ALLOWED


def _read_from_server(
    request: HookRequest, reader: FhirReader, queries: Mapping[str, str]
) -> Mapping[str, Answer]:
    if request.access is None or not queries:
        return {}
    return reader.read(request.access, queries)


def _gathered(
    patient_id: str, batches: Sequence[Batch], queries: Mapping[str, str], notes: tuple[str, ...]
) -> Gathered:
    own = [item for batch in batches for item in batch.sorted if item.is_own]
    kept = once_each(own)
    unreadable = Counter(kind for batch in batches for kind in batch.kinds_of_unreadable())
    others = sum(not item.is_own for batch in batches for item in batch.sorted)
    return Gathered(
        patient_id=patient_id,
        resources=tuple(item.resource for item in kept.items),
        by_id=_by_id(item.resource for item in kept.items),
        kinds=tuple(item.kind for item in kept.items),
        availability=availability_from(batches, queries, doubted=kept.contradictory),
        entries=tuple(_entries_read(batches)),
        unreadable=dict(unreadable),
        dropped={"other-patient": others} if others else {},
        notes=notes,
    )


def _by_id(resources: Iterable[Resource]) -> Mapping[str, Sequence[Resource]]:
    found: dict[str, list[Resource]] = {}
    for resource in resources:
        if resource.logical_id:
            found.setdefault(resource.logical_id, []).append(resource)
    return found


def _entries_read(batches: Iterable[Batch]) -> Iterator[EntryRead]:
    seen: set[tuple[str, str]] = set()
    for batch in batches:
        for item in batch.sorted:
            name = (item.resource.type, item.resource.logical_id)
            yield _entry_read(batch.key, item, is_repeated=name[1] != "" and name in seen)
            seen.add(name)
        for resource_type in batch.contents.unreadable:
            yield EntryRead(batch.key, resource_type, "", None, is_used=False, why="cannot be read")


def _entry_read(key: str, item: Sorted, *, is_repeated: bool) -> EntryRead:
    resource = item.resource
    why = _why(item, is_repeated=is_repeated)
    return EntryRead(key, resource.type, resource.logical_id, item.kind, is_used=not why, why=why)


def _why(item: Sorted, *, is_repeated: bool) -> str:
    if not item.is_own:
        return "is another patient's"
    if is_repeated:
        return "came before"
    return "" if item.kind else "is of no kind that is read"


def _notes(sent: Sequence[Batch], answers: Mapping[str, Answer]) -> tuple[str, ...]:
    failed = [f"prefetch under one key failed: {b.asked}" for b in sent if _has_failed(b) and b.asked]
    faults = [f"{b.asked or 'a foreign key'}: {fault}" for b in sent for fault in b.contents.faults]
    unread = [f"{key}: not read from the FHIR server: {a.failure}" for key, a in answers.items() if a.failure]
    return (*failed, *faults, *unread)


def _has_failed(batch: Batch) -> bool:
    return batch.contents.shape is Shape.FAILED
