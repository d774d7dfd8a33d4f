"""The table of all that is measured: each series with its labels, and every value that a label can have."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, get_args

from cds_service.cds_hooks.catalog import SERVICES
from cds_service.cds_hooks.feedback import Outcome
from cds_service.clinical.decision import JudgmentOutcome
from cds_service.clinical.silence import SilenceKind
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.model import Category
from cds_service.records.consultation import Mode
from cds_service.trust.key_sets import KeyFetch

RequestOutcome: TypeAlias = Literal[
    "cards", "no-cards", "silent", "insufficient", "refused", "unavailable", "failed"
]
"""What a hook request was answered with: 200 (the first three), 412, another 4xx, 503, 500."""

RefusalReason: TypeAlias = Literal[
    "authentication",
    "authorization",
    "rate-limit",
    "feedback",
    "size",
    "media-type",
    "framing",
    "slow",
    "deadline",
    "memory",
    "connections",
    "silent",
]
"""Why a request was turned away, or a connection ended, before there was an answer to give."""

RouteGroup: TypeAlias = Literal["service", "feedback", "discovery", "management", "other", "none"]
"""Which routes answered; `none`: the request reached none."""

SeriesType: TypeAlias = Literal["counter", "gauge", "histogram"]
"""What Prometheus takes a series for."""

LiveMode: TypeAlias = Literal["livesum", "livemax"]
"""How the values of the living processes become one; 0 says nothing in either."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One series, and every value of its labels: no caller can make another.

    A label without values gets them at the start, from the site's own files and this version.
    """

    name: str
    type: SeriesType
    meaning: str
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    among: LiveMode = "livesum"


_SERVICE: Final = {"service": tuple(service.id for service in SERVICES)}
_KIND: Final = {"kind": tuple(kind.value for kind in Kind)}
_CLIENT: Final[Mapping[str, tuple[str, ...]]] = {"client": ()}
STATUSES: Final = tuple(
    map(str, (200, 204, 301, 304, 308, 400, 401, 403, 404, 405, 408, 412, 413, 415, 429, 431, 500, 503))
)
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the parts of a histogram."""

REQUESTS: Final = Metric(
    "cds_requests_total",
    "counter",
    "Hook requests by service and by what they were answered with.",
    {**_SERVICE, "outcome": get_args(RequestOutcome)},
)
CLIENT_REQUESTS: Final = Metric(
    "cds_client_requests_total",
    "counter",
    "Hook requests by the trusted client that sent them.",
    {**_CLIENT, "outcome": get_args(RequestOutcome)},
)
RESPONSES: Final = Metric(
    "cds_responses_total",
    "counter",
    "All answers by group of routes and HTTP status.",
    {"route": get_args(RouteGroup), "status": STATUSES},
)
REFUSALS: Final = Metric(
    "cds_refusals_total",
    "counter",
    "Requests turned away and connections ended, by reason.",
    {"reason": get_args(RefusalReason)},
)
REQUEST_SECONDS: Final = Metric(
    "cds_request_seconds",
    "histogram",
    "Time from a whole hook request to its answer.",
    _SERVICE,
)
DECISION_SECONDS: Final = Metric(
    "cds_decision_seconds",
    "histogram",
    "Of that, what reading, judging and wording took: FHIR servers left out.",
)
FETCH_SECONDS: Final = Metric(
    "cds_fetch_seconds",
    "histogram",
    "Of that, what was waited for a FHIR server, where one was read.",
)
FETCHES: Final = Metric(
    "cds_fetches_total",
    "counter",
    "Queries to FHIR servers.",
    {"outcome": ("answered", "failed")},
)
ORDERS: Final = Metric(
    "cds_orders_total",
    "counter",
    "Judged orders by what became of them.",
    {"outcome": get_args(JudgmentOutcome)},
)
CATEGORIES: Final = Metric(
    "cds_categories_total",
    "counter",
    "Appropriateness categories given to orders.",
    {"category": tuple(category.value for category in Category)},
)
CARDS: Final = Metric(
    "cds_cards_total",
    "counter",
    "Cards by indicator; `silent` ones were made and not shown.",
    {"indicator": ("info", "warning", "critical"), "mode": get_args(Mode)},
)
HELD_BACK: Final = Metric(
    "cds_cards_held_back_total",
    "counter",
    "Cards not shown again, since the user took or turned down the same one.",
)
FEEDBACK: Final = Metric(
    "cds_feedback_total",
    "counter",
    "Items of feedback that were kept, by outcome, and malformed ones (`refused`).",
    {"outcome": (*get_args(Outcome), "refused")},
)
MISSING: Final = Metric(
    "cds_missing_total",
    "counter",
    "Consultations for which a kind of data was neither sent nor obtainable.",
    _KIND,
)
UNREAD: Final = Metric(
    "cds_unread_total",
    "counter",
    "Consultations in which data of a kind came that could not be read whole.",
    _KIND,
)
UNMAPPED: Final = Metric(
    "cds_unmapped_total",
    "counter",
    "Codes that no list holds: of orders not recognized, of Observations not understood.",
    {"kind": ("order", "observation")},
)
RECORDS_STORED: Final = Metric(
    "cds_records_stored_total", "counter", "Consultations written to the database."
)
RECORDS_REPLAYED: Final = Metric(
    "cds_records_replayed_total", "counter", "Of those, what came from the spool of a process that is gone."
)
RECORDS_LOST: Final = Metric(
    "cds_records_lost_total",
    "counter",
    "Consultations not in the database: the spool took none, its line was torn, the database refused it.",
    {"reason": ("spool", "torn", "refused")},
)
FEEDBACK_STORED: Final = Metric(
    "cds_feedback_stored_total", "counter", "Items of feedback written to the database."
)
SPOOL_BYTES: Final = Metric("cds_spool_bytes", "gauge", "Bytes that wait in the spool for the database.")
SPOOL_STRANDED: Final = Metric(
    "cds_spool_stranded_files",
    "gauge",
    "Files of processes that are gone, which cannot be read: what they hold is not recorded.",
    among="livemax",
)
DATABASE_FAILING: Final = Metric(
    "cds_database_failing",
    "gauge",
    "1 while the database does not take what is to be written.",
    among="livemax",
)
SPOOL_FAILING: Final = Metric(
    "cds_spool_failing", "gauge", "1 while the spool does not take it either: it is lost.", among="livemax"
)
LOOKUPS_SKIPPED: Final = Metric(
    "cds_quiet_lookups_skipped_total",
    "counter",
    "Answers given without asking whether their card was turned down before.",
)
KEY_FETCHES: Final = Metric(
    "cds_key_fetches_total",
    "counter",
    "Fetches of the key set of a client, by outcome.",
    {**_CLIENT, "outcome": get_args(KeyFetch)},
)
TOKENS_REMEMBERED: Final = Metric(
    "cds_tokens_remembered_total",
    "counter",
    "Tokens accepted without the store of seen ones, which did not answer.",
)
PROCESSES: Final = Metric("cds_processes", "gauge", "Processes that answer.")
PROCESS_STARTS: Final = Metric("cds_process_starts_total", "counter", "Processes that began to answer.")
SILENCED: Final = Metric(
    "cds_silenced",
    "gauge",
    "Rules, alerts and services that the site has switched off for now.",
    {"kind": (*get_args(SilenceKind), "critical-alert")},
    among="livemax",
)
RELOAD_REFUSED: Final = Metric(
    "cds_reload_refused",
    "gauge",
    "1 while what was loaded before is answered by, as the last reload was refused.",
    among="livemax",
)
BUILD_INFO: Final = Metric(
    "cds_build_info",
    "gauge",
    "1, with the version, the edition of the criteria and the profile.",
    {"version": (), "edition": (), "profile": ()},
    among="livemax",
)

METRICS: Final = tuple(value for value in list(globals().values()) if isinstance(value, Metric))
