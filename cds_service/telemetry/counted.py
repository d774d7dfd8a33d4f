"""From the line of a request, the rows of a consultation and the state of a process to what is counted."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from cds_service.cds_hooks.feedback import FeedbackItem
from cds_service.clinical.silence import Silenced
from cds_service.records.consultation import Consultation
from cds_service.records.state import RecordState
from cds_service.telemetry.meter import Meter, Standing
from cds_service.telemetry.metrics import (
    CARDS,
    CATEGORIES,
    CLIENT_REQUESTS,
    DATABASE_FAILING,
    DECISION_SECONDS,
    FEEDBACK,
    FEEDBACK_STORED,
    FETCH_SECONDS,
    FETCHES,
    HELD_BACK,
    KEY_FETCHES,
    MISSING,
    ORDERS,
    RECORDS_LOST,
    RECORDS_REPLAYED,
    RECORDS_STORED,
    REFUSALS,
    RELOAD_REFUSED,
    REQUEST_SECONDS,
    REQUESTS,
    RESPONSES,
    SILENCED,
    SPOOL_BYTES,
    SPOOL_FAILING,
    SPOOL_STRANDED,
    TOKENS_REMEMBERED,
    UNMAPPED,
    UNREAD,
    RefusalReason,
    RequestOutcome,
    RouteGroup,
)
from cds_service.trust.authenticate import Authenticator

_GROUPS: Final[Mapping[str, RouteGroup]] = {
    "/cds-services/<service_id>": "service",
    "/cds-services/<service_id>/feedback": "feedback",
    "/cds-services": "discovery",
    "/metrics": "management",
    "/status": "management",
    "/insights": "management",
}
_REASONS: Final[Mapping[int, RefusalReason]] = {
    401: "authentication",
    403: "authorization",
    408: "slow",
    413: "size",
    415: "media-type",
    429: "rate-limit",
    431: "size",
}
_REASONS_WITHOUT_A_ROUTE: Final[Mapping[int, RefusalReason]] = {400: "framing", 503: "memory"}


def count_request(meter: Meter, noted: Mapping[str, Any], *, seconds: float) -> None:
    """Count one request by what is noted of it for the log."""
    status, route = int(noted.get("status", 500)), noted.get("route")
    group = _GROUPS.get(route, "other") if route else "none"
    meter.count(RESPONSES, group, str(status))
    if reason := noted.get("reason") or _reason_of(status, has_route=route is not None):
        meter.count(REFUSALS, reason)
    if group == "service" and noted.get("method") == "POST":
        _count_call(meter, noted, _outcome_of(status, noted), seconds)
    meter.publish_if_due()


def _count_call(meter: Meter, noted: Mapping[str, Any], outcome: RequestOutcome, seconds: float) -> None:
    service = str(noted.get("service", ""))
    meter.count(REQUESTS, service, outcome)
    meter.count(CLIENT_REQUESTS, str(noted.get("client", "")), outcome)
    meter.observe(REQUEST_SECONDS, service, seconds=seconds)
    if queries := noted.get("queries"):
        meter.observe(FETCH_SECONDS, seconds=noted["fhir_ms"] / 1000)
        meter.count(FETCHES, "answered", by=queries - noted["failed"])
        meter.count(FETCHES, "failed", by=noted["failed"])


def _reason_of(status: int, *, has_route: bool) -> RefusalReason | None:
    return _REASONS.get(status) or (None if has_route else _REASONS_WITHOUT_A_ROUTE.get(status))


def _outcome_of(status: int, noted: Mapping[str, Any]) -> RequestOutcome:
    if status == HTTPStatus.OK:
        if noted.get("mode") == "silent":
            return "silent"
        return "cards" if noted.get("cards") else "no-cards"
    if status == HTTPStatus.PRECONDITION_FAILED:
        return "insufficient"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return "unavailable"
    return "refused" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "failed"


def count_consultations(meter: Meter, rows: Sequence[Consultation], *, seconds: float) -> None:
    """Count the rows that one call leaves in the record, and how long it took without FHIR servers."""
    meter.observe(DECISION_SECONDS, seconds=seconds)
    for row in rows:
        if row.outcome:
            meter.count(ORDERS, row.outcome)
        if row.category:
            meter.count(CATEGORIES, row.category)
        meter.count(HELD_BACK, by=int(row.is_held_back))
        meter.count(UNMAPPED, "order", by=len(row.unmapped))
        for card in row.cards:
            meter.count(CARDS, card.indicator, row.mode)
    for row in rows[:1]:  # of the chart, and the same in all rows of a call
        meter.count(UNMAPPED, "observation", by=len(row.unread))
        for kind in row.missing:
            meter.count(MISSING, kind)
        for kind in row.unreadable:
            meter.count(UNREAD, kind)


def count_feedback(meter: Meter, items: Sequence[FeedbackItem], *, refused: int) -> None:
    """Count items that were kept, and how many beside them were not well-formed."""
    for item in items:
        meter.count(FEEDBACK, item.outcome)
    meter.count(FEEDBACK, "refused", by=refused)


def standing_of_the_record(state: RecordState) -> Iterator[Standing]:
    """How the record of a process stands."""
    counts = state.counts
    yield SPOOL_BYTES, (), state.spooled_bytes
    yield SPOOL_STRANDED, (), state.stranded_files
    yield DATABASE_FAILING, (), state.is_failing
    yield SPOOL_FAILING, (), state.is_losing
    yield RECORDS_STORED, (), counts.written
    yield RECORDS_REPLAYED, (), counts.taken_over
    yield RECORDS_LOST, ("spool",), counts.lost
    yield RECORDS_LOST, ("torn",), counts.torn
    yield RECORDS_LOST, ("refused",), counts.refused
    yield FEEDBACK_STORED, (), counts.feedback


def standing_of_the_files(silenced: Silenced, *, is_reload_refused: bool) -> Iterator[Standing]:
    """What the site's files have switched off, and whether newer ones were refused."""
    kinds = ("critical-alert" if e.is_of_a_critical_alert else e.kind for e in silenced.entries)
    counts = Counter[str](kinds)
    yield from ((SILENCED, (kind,), counts[kind]) for kind in SILENCED.labels["kind"])
    yield RELOAD_REFUSED, (), is_reload_refused


def standing_of_trust(authenticator: Authenticator) -> Iterator[Standing]:
    """How tokens and keys of clients stand with a process."""
    yield TOKENS_REMEMBERED, (), authenticator.remembered_alone
    for client, outcome, fetches in authenticator.key_fetches():
        yield KEY_FETCHES, (client, outcome), fetches
