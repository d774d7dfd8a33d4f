"""What a captured request holds, gathered step by step for a person: nothing is asked of a FHIR server."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from cds_service.cds_hooks.catalog import queries_for
from cds_service.cds_hooks.raw_json import is_null
from cds_service.cds_hooks.request import DraftOrder, HookRequest
from cds_service.clinical.facts import HemoptysisFacts, ImagingOrder, Kind
from cds_service.errors import CdsServiceError
from cds_service.evaluate import Consultation, Evaluation
from cds_service.fhir.before.facts import hemoptysis_facts
from cds_service.fhir.before.gather import EntryRead, Gathered, gather
from cds_service.fhir.before.held import Held, bundle_itself, held_in
from cds_service.fhir.before.orders import imaging_orders, with_resolved_reasons
from cds_service.fhir.before.prefetch import Contents, Shape, contents_of
from cds_service.fhir.before.queries import is_narrower
from cds_service.knowledge.model import Knowledge
from cds_service.outbound.client import NO_READER
from cds_service.support.captures import asked, read_as_far_as_possible
from cds_service.support.validate import Invalidity, invalidities_in


@dataclass(frozen=True, slots=True)
class ExaminedEntry:
    """One prefetched resource: where it stands, what was made of it, where it breaks R4B.

    `read` is None for what is no data of a patient, such as an OperationOutcome or a Bundle's own members.
    """

    key: str
    held: Held
    read: EntryRead | None
    invalidities: tuple[Invalidity, ...]


@dataclass(frozen=True, slots=True)
class ExaminedOrder:
    """One draft order: the client's own, what was recognised, where it breaks R4B."""

    draft: DraftOrder
    order: ImagingOrder
    invalidities: tuple[Invalidity, ...]


@dataclass(frozen=True, slots=True)
class ExaminedData:
    """All that could be read of a request; `remarks` say by key why a value may not hold all there is."""

    request: HookRequest
    judged_at: datetime
    is_judged_now: bool
    orders: tuple[ExaminedOrder, ...]
    entries: tuple[ExaminedEntry, ...]
    remarks: Mapping[str, tuple[str, ...]]
    gathered: Gathered
    facts: HemoptysisFacts


@dataclass(frozen=True, slots=True)
class Examination:
    """Why a request is refused, if it is; all that could be read; the answer, if there is one."""

    refusals: tuple[CdsServiceError, ...]
    data: ExaminedData | None
    evaluation: Evaluation | None


def examined(body: bytes, at: datetime | None, consultation: Consultation) -> Examination:
    """The examination of a captured request, judged as `ask` judges it but for the FHIR server."""
    read = read_as_far_as_possible(body)
    offline = replace(consultation, reader=NO_READER)
    data = _data(read.request, at, offline) if read.request else None
    if read.refusals:
        return Examination(read.refusals, data, None)
    try:
        return Examination((), data, asked(body, at, offline))
    except CdsServiceError as refusal:
        return Examination((refusal,), data, None)


def _data(request: HookRequest, at: datetime | None, offline: Consultation) -> ExaminedData:
    knowledge = offline.knowledge
    judged_at = at or request.judge_at or offline.now()
    gathered = gather(request, reader=offline.reader, knowledge=knowledge)
    orders = imaging_orders(request.drafts, patient_id=request.patient_id, knowledge=knowledge)
    orders = with_resolved_reasons(orders, request.drafts, gathered, knowledge)
    return ExaminedData(
        request=request,
        judged_at=judged_at,
        is_judged_now=at is None and request.judge_at is None,
        orders=tuple(map(_examined_order, request.drafts, orders)),
        entries=tuple(_examined_entries(request, gathered.entries)),
        remarks=_remarks(request, gathered, knowledge),
        gathered=gathered,
        facts=hemoptysis_facts(gathered, request, now=judged_at, knowledge=knowledge),
    )


def _remarks(request: HookRequest, gathered: Gathered, knowledge: Knowledge) -> Mapping[str, tuple[str, ...]]:
    queries = queries_for(request.patient_id, knowledge)
    kinds = {key: {e.kind for e in gathered.entries if e.key == key and e.kind} for key in request.prefetch}
    return {
        key: tuple(_remarks_on(contents_of(raw), {kind: queries[kind] for kind in sorted(kinds[key])}))
        for key, raw in request.prefetch.items()
    }


def _remarks_on(contents: Contents, queries: Mapping[Kind, str]) -> Iterator[str]:
    if contents.shape is Shape.FAILED:
        yield "failed: tells nothing"
    yield from (f"not all there is: {fault.value}" for fault in contents.faults)
    for kind, query in queries.items():
        if is_narrower(contents.self_link, query, kind):
            yield f"not all there is: its self link shows a narrower search for {kind.value} than ours"


def _examined_order(draft: DraftOrder, order: ImagingOrder) -> ExaminedOrder:
    return ExaminedOrder(draft, order, invalidities_in(draft.raw))


def _examined_entries(request: HookRequest, read: Iterable[EntryRead]) -> Iterator[ExaminedEntry]:
    """Every resource of the prefetch, in its order, with what was made of it."""
    waiting = list(read)
    for key, raw in request.prefetch.items():
        if not is_null(raw) and (bundle := bundle_itself(raw)):
            faults = invalidities_in(bundle)
            yield ExaminedEntry(key, Held("", "Bundle", "", bundle), None, faults)
        for held in held_in(raw):
            yield ExaminedEntry(key, held, _taken(waiting, key, held), invalidities_in(held.raw))


def _taken(waiting: list[EntryRead], key: str, held: Held) -> EntryRead | None:
    """The first reading that fits; one that could not be read has no id."""
    name = (key, held.type)
    for wanted in (held.id, ""):
        for entry in waiting:
            if (entry.key, entry.resource_type) == name and entry.id == wanted:
                waiting.remove(entry)
                return entry
    return None
