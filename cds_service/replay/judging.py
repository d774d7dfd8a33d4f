"""The orders of one patient judged as of their time, by the stages of the service and no other."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from hashlib import blake2b
from itertools import count
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from cds_service.app import knowledge_in_force
from cds_service.cards.site import Site
from cds_service.cds_hooks.parse import hook_request_from
from cds_service.cds_hooks.request import HookRequest
from cds_service.errors import CdsServiceError, MissingData
from cds_service.evaluate import Advisor, Evaluation, evaluate
from cds_service.fhir.codes import Meanings
from cds_service.knowledge.model import Knowledge
from cds_service.outbound.client import NO_READER
from cds_service.random_uuids import uuids_of
from cds_service.records.consultation import Consultation
from cds_service.records.site_key import SiteKey
from cds_service.replay.as_of import Counts, as_of
from cds_service.replay.export import FileTally
from cds_service.replay.lines import Finder, KeptLine, order_read, templates_of
from cds_service.replay.orders import PastOrder, nearest_of_a_day, signed_together
from cds_service.replay.past_request import PatientLines, SentKind, prefetch_of, request_body
from cds_service.settings import Settings
from cds_service.trust.clients import TrustedClient
from cds_service.web.consultations import Call, NoKeys, consultations_of

UNKNOWN: Final = "unknown"
SERVICE: Final = "hemoptysis-imaging-order-sign"


class ReplayedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One past order as one edition judges it; the columns of the output, in their order.

    `edition` is the set it belongs to, `criteria` the edition that the knowledge names. `at` is the instant
    of the order, `time_known` how exactly, `source` what it is made of. `order_key` and `requester_key` are
    keyed hashes. `cards` counts those that would have been shown, `offered` are the studies on them. The last
    columns count resources as `Counts` does.
    """

    edition: str
    criteria: str
    order_key: str
    at: datetime
    time_known: str
    source: str
    department: str = UNKNOWN
    requester_key: str = ""
    procedure: str = ""
    recognition: str = ""
    outcome: str
    category: str = ""
    topic: str = ""
    variants: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    alert: str = "none"
    severity: str = ""
    recurrence: str = ""
    evidence: tuple[str, ...] = ()
    to_record: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    unmapped: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    cards: int = 0
    offered: tuple[str, ...] = ()
    later: int = 0
    own_results: int = 0
    undated: int = 0
    same_day: int = 0
    updated_since: int = 0
    not_restored: int = 0
    duplicates: int = 0


class EditionSet(msgspec.Struct, frozen=True):
    """A set of the output: its name, and the folder of the knowledge that judges it."""

    name: str
    folder: str


@dataclass(frozen=True)
class JudgeSetup:
    """What judging works with in any process: the site, its editions and keys, and what the export holds.

    `types` are those of which the export has a file, `cut_off` those of which one ends early. `directory`
    has the organization of each requester, by what refers to it. Cards say something where one `reads_cards`.
    """

    settings: Settings
    editions: tuple[EditionSet, ...]
    keys: tuple[str, ...] = field(repr=False)
    client: str = ""
    types: frozenset[str] = frozenset()
    cut_off: frozenset[str] = frozenset()
    directory: Mapping[str, str] = field(default_factory=dict)
    reads_cards: bool = False

    def site_key(self) -> SiteKey:
        """The keys in force, as they hash; they are sent to other processes as texts."""
        return SiteKey([key.encode() for key in self.keys])

    def after(self, read: FileTally) -> "JudgeSetup":
        """The same with what is known once the files are read: their types, and which are cut off."""
        return replace(self, types=self.types | read.types.keys(), cut_off=frozenset(read.cut_off))

    def sites(self) -> tuple[tuple[str, Site], ...]:
        """Each edition with the site as it judges."""
        return tuple((e.name, self._site(Path(e.folder))) for e in self.editions)

    def _site(self, folder: Path) -> Site:
        settings = replace(self.settings, knowledge_dir=folder)
        return Site(knowledge_in_force(settings), settings, has_readers=self.reads_cards)


Result: TypeAlias = Evaluation | CdsServiceError | None
"""What the service answers, why it refuses; None where it fails."""


class Answered(msgspec.Struct, frozen=True):
    """Orders that were signed together, and what one edition answers to the request of their client."""

    edition: str
    site: Site
    orders: tuple[PastOrder, ...]
    request: HookRequest | CdsServiceError
    result: Result
    counts: Counts


class Judge:
    """Judges one patient after another; made once in a process."""

    def __init__(self, setup: JudgeSetup) -> None:
        self._setup = setup
        self._key = setup.site_key()
        self._sites = setup.sites()
        finders = {t: Finder(t) for t in (templates_of(site.knowledge) for _, site in self._sites)}
        self._finders = [finders[templates_of(site.knowledge)] for _, site in self._sites]
        self._meanings = Meanings(self._sites[0][1].knowledge)
        self._sent: dict[tuple[Finder, frozenset[str]], dict[str, SentKind]] = {}

    @property
    def knowledges(self) -> tuple[Knowledge, ...]:
        """What each edition judges by."""
        return tuple(site.knowledge for _, site in self._sites)

    @property
    def zone(self) -> tzinfo:
        """Where dates without a time are read that nothing else tells of."""
        return self._setup.settings.time_zone or UTC

    def rows(self, patient: str, lines: Iterable[KeptLine]) -> Iterator[ReplayedOrder]:
        """A row for each order of the patient and each edition."""
        chart = PatientLines(lines, self._setup.settings.time_zone)
        for answered in self.answers(patient, chart):
            yield from self._rows_of(answered, chart)

    def answers(self, patient: str, chart: PatientLines) -> Iterator[Answered]:
        """What each edition answers to each signing, in the order of time."""
        zone = self._setup.settings.time_zone
        names = defaultdict[datetime, set[str]](set)
        for order in chart.orders:
            names[order.at.astimezone(UTC)] |= order.names
        for orders in signed_together(nearest_of_a_day(chart.orders, self.zone, self._study)):
            at = orders[0].at.astimezone(zone) if zone else orders[0].at
            known, counts = as_of(chart.known_at(at), at, frozenset(names[at.astimezone(UTC)]))
            counts.duplicates = chart.duplicates
            requests: dict[Finder, HookRequest | CdsServiceError] = {}
            for finder, (name, site) in zip(self._finders, self._sites, strict=True):
                if (request := requests.get(finder)) is None:
                    prefetch = prefetch_of(finder, known, self._sent_by(finder, chart.broken))
                    request = requests[finder] = _request_from(request_body(patient, orders, prefetch))
                result = _result(request, site, at, seed=f"{patient} {orders[0].id} {at.isoformat()}")
                yield Answered(name, site, orders, request, result, counts)

    def _study(self, order: PastOrder) -> str:
        """The study of an order as the first edition reads it; empty where it is not recognized."""
        return order_read(order, self._meanings).order.procedure

    def _sent_by(self, finder: Finder, broken: frozenset[str]) -> dict[str, SentKind]:
        """As which type each template is answered; none where the export has no file of its types."""
        if (known := self._sent.get((finder, broken))) is None:
            there, doubted = self._setup.types, self._setup.cut_off | broken
            types = {t.key: next((name for name in t.types if name in there), "") for t in finder.templates}
            known = {key: SentKind(name, name in doubted) for key, name in types.items() if name}
            self._sent[finder, broken] = known
        return known

    def _rows_of(self, answered: Answered, chart: PatientLines) -> Iterator[ReplayedOrder]:
        """A row for each of the orders; what is shown of no order stands in the first one's."""
        recorded = self._recorded(answered)
        beside = recorded.pop(_OF_NO_ORDER, None)
        for index, order in enumerate(answered.orders):
            row = recorded.get(index)
            cards = [*(beside.cards if beside and not index else ()), *(row.cards if row else ())]
            offered = dict.fromkeys(one.procedure for card in cards for one in card.suggestions)
            yield ReplayedOrder(
                **self._of_order(order, answered, chart),
                **_judged(answered.result, index),
                **({name: getattr(row, name) for name in _RECORDED} if row else {}),
                cards=len(cards),
                offered=tuple(offered),
                **msgspec.structs.asdict(answered.counts),
            )

    def _recorded(self, answered: Answered) -> dict[int, Consultation]:
        """What the record would hold, by the place of the order."""
        if not isinstance(answered.result, Evaluation) or not isinstance(answered.request, HookRequest):
            return {}
        call = Call("", SERVICE, self._setup.client, "silent", 0, 0.0, 0.0)
        keys = NoKeys(self._key, TrustedClient(name=self._setup.client, issuer=""), answered.request)
        rows = consultations_of(answered.result, call, keys, site=answered.site)
        return {row.order_index: row for row in rows}

    def _of_order(self, order: PastOrder, answered: Answered, chart: PatientLines) -> dict[str, Any]:
        return {
            "edition": answered.edition,
            "criteria": answered.site.knowledge.edition.label,
            "order_key": self._key_of(order),
            "requester_key": self._key.of("user", self._setup.client, order.requester),
            "at": order.at.astimezone(UTC),
            "time_known": order.precision,
            "source": order.source,
            "department": self._department(order, chart),
        }

    def _key_of(self, order: PastOrder) -> str:
        """The key of an order; one without an id is known by what it says."""
        name = order.id or order.draft.decode("utf-8", "replace")
        return self._key.of("order", self._setup.client, order.patient, name)

    def _department(self, order: PastOrder, chart: PatientLines) -> str:
        """The organization of the requester, else the service of the stay."""
        named = self._setup.directory.get(order.requester, "")
        return named or chart.service_of(order.encounter) or UNKNOWN


_OF_NO_ORDER: Final = -1
_RECORDED: Final = (
    *("topic", "variants", "categories", "alert", "severity", "recurrence", "evidence", "cautions"),
    *("missing", "unreadable", "unmapped", "unread"),
)


def _judged(result: Result, index: int) -> dict[str, Any]:
    """What became of one order; of one that was not judged, why."""
    if isinstance(result, MissingData):
        return {"outcome": "needs-conditions"}
    if not isinstance(result, Evaluation):
        return {"outcome": "failed"}
    found = {order.index: order for order in result.trace.orders}
    decision = result.trace.decision
    judgment = next((j for j in decision.judgments if j.order.index == index), None) if decision else None
    order = judgment.order if judgment else found.get(index)
    known = {"procedure": order.procedure, "recognition": order.recognition} if order else {}
    if judgment is None or decision is None:
        return {**known, "outcome": "not-chest-imaging"}
    return {
        **known,
        "outcome": judgment.outcome,
        "category": judgment.category.value if judgment.category else "",
        "to_record": decision.classification.to_record if judgment.is_judged else (),
    }


def _request_from(body: bytes) -> HookRequest | CdsServiceError:
    """The request as the service reads it, else why it refuses it."""
    try:
        return hook_request_from(body)
    except CdsServiceError as refusal:
        return refusal


def _result(request: HookRequest | CdsServiceError, site: Site, at: datetime, *, seed: str) -> Result:
    """What the service answers at an instant. A fault of ours costs no other order its judgment."""
    if isinstance(request, CdsServiceError):
        return request
    numbers = count()

    def new_uuid() -> str:
        named = f"{seed} {next(numbers)}".encode("utf-8", "replace")
        return uuids_of(blake2b(named, digest_size=16).hexdigest())[0]

    advisor = Advisor(site, NO_READER, now=lambda: at, new_uuid=new_uuid)
    try:
        return evaluate(request, advisor)
    except CdsServiceError as refusal:
        return refusal
    except Exception:
        return None
