"""The data of one request: from the prefetch by content, else from the FHIR server; and their tally."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Final, Generic, TypeVar

from cds_service.cds_hooks.catalog import queries_for
from cds_service.cds_hooks.request import NOWHERE, FhirAccess, HookRequest, Reference, reference_from
from cds_service.clinical.facts import Availability
from cds_service.fhir.bundles import Contents, contents_by_key, contents_of
from cds_service.fhir.chart.availability import availability_from, keys_not_asked
from cds_service.fhir.chart.screen import EntryRead, Screen, ScreenedValue, SetAside
from cds_service.fhir.chart.understood import DENIED, NOT_USED, OVER, is_void
from cds_service.fhir.codes import UNCODED, Coded, Meanings, coded_from, worded
from cds_service.fhir.dates import Calendar
from cds_service.fhir.elements import CodeableConcept, has_status
from cds_service.fhir.repair import contained_of
from cds_service.fhir.resources import (
    ChartResource,
    Condition,
    Medication,
    MedicationUse,
    PastProcedure,
    id_of,
    type_of,
)
from cds_service.knowledge.kinds import KIND_BY_KEY, KINDS, Kind
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.concepts import Concept
from cds_service.outbound.answers import Failure
from cds_service.outbound.client import Answer, FhirReader

R = TypeVar("R", bound=ChartResource)
T = TypeVar("T")
MOST_READ_AGAIN: Final = 1_000_000
"""Characters of Medications read again for further uses that refer to them, 20 more for each name."""

_BESIDE_A_NAME: Final = 20
NOT_COMPLETED: Final = "not-completed"
NOT_CURRENT: Final = "not-current"
WITHOUT_VALUE: Final = "without-value"

_OF_SUPPORT: Final = (
    *(Concept.VENTILATION, Concept.NONINVASIVE_VENTILATION),
    *(Concept.ECMO, Concept.ARREST, Concept.RED_CELL_TRANSFUSION),
)
_OF_FAILURE: Final = (
    *(Concept.SHOCK, Concept.HYPOVOLEMIC_SHOCK, Concept.ACUTE_RESPIRATORY_DISTRESS, Concept.HYPOXEMIA),
    *(Concept.ACUTE_RESPIRATORY_FAILURE, Concept.RESPIRATORY_FAILURE_UNSPECIFIED),
)
_BLEEDING_DRUGS: Final = (
    *(Concept.ANTICOAGULANT, Concept.ANTICOAGULATION, Concept.ANTIPLATELET, Concept.THROMBOLYTIC),
)
_GUARDED: Final[Mapping[Kind, frozenset[Concept]]] = {
    Kind.CONDITIONS: frozenset({*_OF_SUPPORT, *_OF_FAILURE, *_BLEEDING_DRUGS, Concept.CONTRAST_REACTION}),
    Kind.PROCEDURES: frozenset({*_OF_SUPPORT, Concept.BRONCHIAL_EMBOLIZATION}),
    Kind.MEDICATIONS: frozenset({*_BLEEDING_DRUGS, Concept.VASOPRESSOR, Concept.METFORMIN}),
    Kind.ADMINISTRATIONS: frozenset({*_BLEEDING_DRUGS, Concept.VASOPRESSOR}),
}
"""What a name must not take back from afar: it would prove, or give a caution."""


@dataclass(frozen=True)
class Gathered:
    """Everything of the patient that was sent or fetched, each resource once.

    `unreadable` counts entries that could not be read, per kind; `dropped` counts by reason what was
    left out; `notes` say what is missing and why, without patient data; `values` are what was looked at.
    `asked_in_part` are the kinds of which only one of two questions was answered.
    `set_aside` are the resources that are not understood, which are not among the others (but for those of
    which only a part is hidden); `by_full_url` are those whose entries name them otherwise than by their id.
    """

    patient_id: str
    resources: Mapping[Kind | None, Sequence[ChartResource]]
    availability: Mapping[Kind, Availability]
    unreadable: Mapping[Kind, int] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    values: Sequence[ScreenedValue] = ()
    asked_in_part: frozenset[Kind] = frozenset()
    set_aside: Sequence[SetAside] = ()
    by_full_url: Mapping[str, ChartResource] = field(default_factory=dict)

    def of(self, kind: Kind, as_type: type[R]) -> Sequence[R]:
        """The resources of one kind of data, which are all of the type that goes with it."""
        return self.resources.get(kind, ())  # type: ignore[return-value]  # a cast costs a call

    def has_any(self, kind: Kind) -> bool:
        """False for a kind of which nothing was sent but an empty list."""
        return bool(self.resources.get(kind)) or any(kind is one for one, _, _ in self.set_aside)

    def target(self, reference: Reference) -> ChartResource | None:
        """The resource that a reference leads to; of one without a type, the same whatever came first."""
        return None if reference == NOWHERE else self._targets.get(reference)

    @cached_property
    def drugs(self) -> Mapping[int, Coded]:
        """What each use of a drug names, by its identity (it is kept with this, so no other has the same).

        CAUTION: thousands may refer to one Medication of thousands of names. Past a bound a use that refers
        to one that was read names nothing, as if the Medication were not there: in doubt, never milder.
        """
        found: dict[int, Coded] = {}
        read: set[int] = set()
        left = MOST_READ_AGAIN
        uses = (*self.of(Kind.MEDICATIONS, MedicationUse), *self.of(Kind.ADMINISTRATIONS, MedicationUse))
        for use in uses:
            reference = use.medication_reference
            target = self.target(reference_from(reference.reference)) if reference is not None else None
            is_again = target is not None and id(target) in read
            found[id(use)] = drug = UNCODED if is_again and left <= 0 else drug_used(use, target)
            read.add(id(target))
            if is_again:
                left -= sum(len(name) + _BESIDE_A_NAME for name in (*drug.texts, *drug.displays))
                left -= len(drug.codings) * _BESIDE_A_NAME
        return found

    @cached_property
    def _targets(self) -> Mapping[Reference, ChartResource]:
        """The resources by each reference that leads to them; their own ids before other names."""
        own = (r for kind in (*Kind, None) for r in sorted(self.resources.get(kind, ()), key=type_of))
        named = [(name, resource) for resource in own if (name := id_of(resource))]
        named += [(reference_from(url).id, resource) for url, resource in self.by_full_url.items()]
        found: dict[Reference, ChartResource] = {}
        for name, resource in named:
            found.setdefault(Reference(type_of(resource), name), resource)
            found.setdefault(Reference("", name), resource)
        return found


def gather(
    request: HookRequest,
    *,
    reader: FhirReader,
    meanings: Meanings,
    entries: list[EntryRead] | None = None,
) -> Gathered:
    """What the prefetch holds, whatever its keys, and what the reader gives of the kinds that it lacks.

    `entries`, where it is given, is filled with every resource that was looked at.
    """
    knowledge = meanings.knowledge
    screen = Screen(request.patient_id, meanings, entries)
    is_told = entries is not None
    query = partial(_query, request.patient_id, knowledge)
    sent = [screen.add(key, held) for key, held in contents_by_key(request.prefetch, with_entries=is_told)]
    answers: Mapping[str, Answer] = {}
    if request.access is not None:
        known = availability_from(sent, query, screen.unreadable)
        queries = queries_for(request.patient_id, knowledge)
        lacking = (key for kind in _lacking(known) for key in KINDS[kind].keys)
        asked = dict.fromkeys((*lacking, *keys_not_asked(sent)))
        answers = _answers(request.access, reader, {key: queries[key] for key in asked})
    fetched = [
        screen.add(key, _contents_of_pages(answer, with_entries=is_told))
        for key, answer in answers.items()
        if _was_asked(answer)
    ]
    return Gathered(
        patient_id=request.patient_id,
        resources=screen.own_by_kind(),
        availability=availability_from([*sent, *fetched], query, [*screen.doubted, *screen.unreadable]),
        unreadable=screen.unreadable,
        dropped={"other-patient": screen.others} if screen.others else {},
        notes=_notes(sent, answers),
        values=[*sent, *fetched],
        asked_in_part=frozenset(KIND_BY_KEY[key] for key in keys_not_asked([*sent, *fetched])),
        set_aside=screen.set_aside(),
        by_full_url=screen.by_other_name(),
    )


def _query(patient_id: str, knowledge: Knowledge, kind: Kind) -> str:
    return queries_for(patient_id, knowledge)[kind]


def _lacking(known: Mapping[Kind, Availability]) -> Iterator[Kind]:
    return (kind for kind, availability in known.items() if availability is not Availability.AVAILABLE)


def _answers(access: FhirAccess, reader: FhirReader, queries: Mapping[str, str]) -> Mapping[str, Answer]:
    """What the client's FHIR server answers to the queries."""
    return reader.read(access.server, access.token, queries) if queries else {}


def _contents_of_pages(answer: Answer, *, with_entries: bool) -> Contents:
    """All pages together; a page that leads on is cut off only if it is the last one that was read."""
    pages = [
        contents_of(page, with_entries=with_entries) if _is_utf8(page) else Contents("failed")
        for page in answer.pages
    ]
    good = [page for page in pages if page.shape in ("bundle", "resource")]
    if not good:
        return Contents("failed")
    gaps = {gap for page in good for gap in page.gaps}
    if len(good) > 1:
        gaps -= {"page-cut-off", "fewer-than-total"}
    if answer.failure or len(good) < len(pages) or "page-cut-off" in good[-1].gaps:
        gaps.add("not-all-fetched")
    return Contents(
        good[0].shape,
        resources=[resource for page in good for resource in page.resources],
        unread=sum(page.unread for page in good),
        unreadable=[kind for page in good for kind in page.unreadable],
        gaps=sorted(gaps),
        self_link=good[0].self_link,
        named=[name for page in good for name in page.named],
        entries=[entry for page in good for entry in page.entries or ()] if with_entries else None,
    )


def _is_utf8(page: bytes) -> bool:
    try:
        page.decode()
    except UnicodeDecodeError:
        return False
    return True


def _was_asked(answer: Answer) -> bool:
    """False where the site forbids the server: then nothing was asked, so nothing failed."""
    return bool(answer.pages) or answer.failure != Failure.NOT_ALLOWED


def _notes(sent: Sequence[ScreenedValue], answers: Mapping[str, Answer]) -> tuple[str, ...]:
    failed = [
        f"prefetch under one key failed: {v.asked}" for v in sent if v.contents.shape == "failed" and v.asked
    ]
    gaps = [f"{v.asked or 'an unknown key'}: {gap}" for v in sent for gap in v.contents.gaps]
    unread = [f"{key}: not read from the FHIR server: {a.failure}" for key, a in answers.items() if a.failure]
    return (*failed, *gaps, *unread)


Losses = tuple[Sequence[str], Sequence[tuple[ChartResource, str]]]
"""Why resources were left out, and which could not be read, with why."""


@dataclass(slots=True)
class Tally(Generic[T]):
    """The facts read, the reasons for which resources were dropped, and what could not be read, with why."""

    facts: list[T] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    not_understood: list[tuple[ChartResource, str]] = field(default_factory=list)

    def cannot_read(self, resource: ChartResource, why: str) -> None:
        """Note a resource that cannot be read, and why; it counts as unreadable unless it is too old."""
        self.not_understood.append((resource, why))

    @property
    def losses(self) -> Losses:
        """What is not among the facts."""
        return self.dropped, self.not_understood


def is_in_use(use: MedicationUse, calendar: Calendar) -> bool:
    """True for a drug that is ordered, taken or given now, as far as is known."""
    if use.do_not_perform is True or use.not_taken is True or has_status(use.taken, "n"):
        return False
    end = calendar.period(use.effective_period).end
    return not (end.is_dated and end.latest < calendar.now) and not has_status(use.status, *NOT_USED)


def drug_used(use: MedicationUse, target: ChartResource | None) -> Coded:
    """The drug as the resource itself names it, and as the Medications that it contains or refers to do."""
    reference = use.medication_reference
    display = (reference.display or "").strip() if reference is not None else ""
    held = (*contained_of(use.contained, "Medication"), target)
    named = (name for one in held if isinstance(one, Medication) for name in _names(one))
    return coded_from(use.medication_codeable_concept, *named).joined(worded(display))


def _names(medication: Medication) -> Sequence[CodeableConcept | None]:
    """The drug by its code and its ingredients."""
    return (medication.code, *(item.item_codeable_concept for item in medication.ingredient))


def denied_in_part(gathered: Gathered, meanings: Meanings) -> Iterator[SetAside]:
    """Those whose words name what would prove or caution only to say no, but not right beside it.

    They were read already: what else they say counts. `No complications during intubation` is no denial.
    """
    for kind, guarded in _GUARDED.items() if meanings.denies_something else ():
        for resource in meanings.deadline.each(gathered.resources.get(kind, ())):
            if isinstance(resource, MedicationUse):
                words = gathered.drugs[id(resource)].words
            else:
                words = (
                    coded_from(resource.code).words if isinstance(resource, Condition | PastProcedure) else ()
                )
            is_over = isinstance(resource, Condition) and has_status(resource.clinical_status, *OVER)
            if is_over or is_void(resource):
                continue
            if any(not guarded.isdisjoint(meanings.denied_in(word)) for word in words):
                yield kind, resource, DENIED
