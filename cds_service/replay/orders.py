"""Past orders as they were when they were signed: the draft, its instant, and who wrote it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from itertools import groupby
from typing import Any, Final, Literal, TypeAlias

import msgspec

from cds_service.cds_hooks.raw_json import NOTHING, decoded, members_of, text_in
from cds_service.cds_hooks.request import reference_from, reference_given
from cds_service.clinical.time import UNDATED
from cds_service.fhir.dates import Calendar
from cds_service.fhir.versions import objects_in
from cds_service.replay.as_of import results_of
from cds_service.replay.export import ORDERS, STAND_INS

Precision: TypeAlias = Literal["instant", "day"]
"""How exactly the time of an order is known."""

NO_DATE: Final = "order without a date"
IN_ERROR: Final = "order entered in error"
NOT_AN_ORDER: Final = "not an order by its intent"
NOT_DONE: Final = "study that was not done"
RETRACTED: Final = (IN_ERROR, NOT_DONE)
"""Why an order is not judged, nor an earlier version of it."""

_INTENTS: Final = ("order", "original-order", "instance-order", "")
_NEVER_DONE: Final = ("entered-in-error", "not-done", "cancelled")
_OF_RETRACTION: Final = ("resourceType", "id", "meta")
_WHOSE: Final = ("subject", "patient")
_ANY: Final = "any"
_NEVER: Final = datetime(1, 1, 3, tzinfo=UTC)
_ALWAYS: Final = datetime(9999, 12, 30, tzinfo=UTC)
_NOON: Final = datetime(2000, 1, 1, 12, tzinfo=UTC)


class PastOrder(msgspec.Struct, frozen=True):
    """An order as it was signed, or a study that stands for one (`source` is its type).

    `at` is the instant as of which it is judged: the beginning of its day where no more is known. `requester`
    and `encounter` are what it refers to, empty where it does not say; `signed_with` is the same for all that
    were signed together. `updated` is when this version was written. `names` are what its results refer to.
    """

    id: str
    patient: str
    source: str
    draft: bytes
    at: datetime
    precision: Precision
    requester: str = ""
    encounter: str = ""
    signed_with: str = ""
    updated: datetime = _NEVER
    names: frozenset[str] = frozenset()


class _Written(msgspec.Struct, rename="camel"):
    """What of an order, or of a study, tells when and by whom it was ordered."""

    resource_type: Any = None
    id: Any = None
    meta: Any = None
    status: Any = None
    intent: Any = None
    subject: Any = None
    patient: Any = None
    encounter: Any = None
    context: Any = None
    requester: Any = None
    referrer: Any = None
    requisition: Any = None
    authored_on: Any = None
    based_on: Any = None
    occurrence_date_time: Any = None
    occurrence_period: Any = None
    started: Any = None
    effective_date_time: Any = None
    effective_period: Any = None
    performed_date_time: Any = None
    performed_period: Any = None
    issued: Any = None


def order_from(line: bytes, zone: tzinfo) -> PastOrder | str:
    """The order in a line, as it was when it was signed; else why it is not judged, empty for no resource.

    A date without a time, or a time without an offset, is read in the zone.
    """
    written, members = decoded(line, _Written), members_of(line)
    if written is None or members is None:
        return ""
    source = text_in(written.resource_type)
    if why := _why_not(written, source):
        return why
    dated = _instant_of(written, zone)
    if dated is None:
        return NO_DATE
    (at, precision), updated = dated, _updated(written.meta)
    if source in ORDERS and not text_in(written.authored_on) and _NEVER < updated < at:
        at, precision = updated, "instant"  # of what was planned: it was written by then
    requester, encounter = (
        _reference(written.requester or written.referrer),
        _reference(written.encounter or written.context),
    )
    requisition = written.requisition if isinstance(written.requisition, dict) else {}
    return PastOrder(
        id=text_in(written.id),
        patient=patient_named(written.subject if written.subject is not None else written.patient),
        source=source,
        draft=_draft(members, source),
        at=at,
        precision=precision,
        requester=requester,
        encounter=reference_given(encounter).id,
        signed_with=text_in(requisition.get("value")) or f"{requester} {encounter}",
        updated=updated,
        names=_names(written, source),
    )


def _names(written: _Written, source: str) -> frozenset[str]:
    """By what its results refer to it; of what stands for an order, to itself or to that order."""
    own = text_in(written.id)
    if source in ORDERS:
        return frozenset((own,) if own else ())
    return results_of(written.based_on) | {f"{source}/{own}"}


def _why_not(written: _Written, source: str) -> str:
    status = text_in(written.status).lower()
    if source in STAND_INS:
        return NOT_DONE if status in _NEVER_DONE else ""
    if status == "entered-in-error":
        return IN_ERROR
    return "" if text_in(written.intent) in _INTENTS else NOT_AN_ORDER


def patient_named(given: Any) -> str:
    """The id of the patient that a reference names.

    Empty where it names another type, and where it has no id that leads to one patient: a search such as
    `Patient?identifier=1`, or a resource that is contained (`#p1`) and has its id within its parent alone.
    """
    written = text_in(given.get("reference") if isinstance(given, dict) else given)
    reference = reference_from(written)
    is_id = "?" not in written and not reference.id.startswith("#")
    return reference.id if is_id and reference.type in ("", "Patient") else ""


def without_patient(draft: bytes) -> bytes:
    """An order without the reference to its patient."""
    members = members_of(draft) or {}
    return msgspec.json.encode({name: raw for name, raw in members.items() if name not in _WHOSE})


def _reference(given: Any) -> str:
    """What a Reference refers to, without its server; also of STU3's `requester.agent`. Empty for `#1`."""
    if isinstance(given, dict) and "agent" in given:
        given = given["agent"]
    written = text_in(given.get("reference")) if isinstance(given, dict) else ""
    if written.startswith("#"):
        return ""
    reference = reference_from(written)
    return f"{reference.type}/{reference.id}" if reference.type and "?" not in written else written


def _instant_of(written: _Written, zone: tzinfo) -> tuple[datetime, Precision] | None:
    """When it was ordered, by its day at least; of what stands for an order when it began.

    CAUTION: of a day it is the first moment, as nothing of that day is certain to have been before the order.
    """
    calendar = Calendar(_NOON.astimezone(zone))
    found = (
        *(written.authored_on, written.occurrence_date_time, _start(written.occurrence_period)),
        *(written.started, written.performed_date_time, _start(written.performed_period)),
        *(written.effective_date_time, _start(written.effective_period), written.issued),
    )
    moments = (calendar.moment(text_in(one)) for one in found)
    moment = next((m for m in moments if m.is_dated and m.earliest.date() == m.latest.date()), UNDATED)
    if not moment.is_dated:
        return None
    return moment.earliest, "instant" if moment.earliest == moment.latest else "day"


def _updated(meta: Any) -> datetime:
    moment = Calendar(_NOON).moment(text_in(meta.get("lastUpdated")) if isinstance(meta, dict) else "")
    return moment.latest if moment.is_dated else _NEVER


def retraction_of(line: bytes) -> bytes:
    """All that is kept of a line that takes an order back: which order, and when."""
    members = members_of(line) or {}
    return msgspec.json.encode({name: members[name] for name in _OF_RETRACTION if name in members})


def retraction_in(line: bytes) -> tuple[str, datetime]:
    """Which order a line takes back, by type and id, and when; without a time it takes back every version."""
    written = decoded(line, _Written) or _Written()
    updated = _updated(written.meta)
    named = f"{text_in(written.resource_type)}/{text_in(written.id)}"
    return named, _ALWAYS if updated == _NEVER else updated


def _start(period: Any) -> str:
    return text_in(period.get("start")) if isinstance(period, dict) else ""


def _draft(members: Mapping[str, msgspec.Raw], source: str) -> bytes:
    """The order as a draft again; what stands for one becomes a ServiceRequest."""
    written = dict(members) if source in ORDERS else dict(_of_study(members, source))
    written["status"] = msgspec.Raw(b'"draft"')
    return msgspec.json.encode(written)


_KEPT: Final = (
    "id",
    "subject",
    "patient",
    "encounter",
    "context",
    "code",
    "bodySite",
    "reasonCode",
    "reasonReference",
)


def _of_study(members: Mapping[str, msgspec.Raw], source: str) -> Iterator[tuple[str, msgspec.Raw]]:
    """The members of an order for what was done."""
    yield "resourceType", msgspec.Raw(b'"ServiceRequest"')
    yield "intent", msgspec.Raw(b'"order"')
    yield from ((name, members[name]) for name in _KEPT if name in members and name != "code")
    codes = [*objects_in(decoded(members.get("procedureCode", NOTHING), Any))]
    own = decoded(members.get("code", NOTHING), Any)
    if isinstance(own, dict):
        codes.append(own)
    texts = [text_in(code.get("text")) for code in codes] + [
        text_in(decoded(members.get("description", NOTHING), Any))
    ]
    code: dict[str, Any] = {"coding": [one for code in codes for one in objects_in(code.get("coding"))]}
    if text := next(filter(None, texts), ""):
        code["text"] = text
    yield "code", msgspec.Raw(msgspec.json.encode(code))


def once_each(
    orders: Iterable[PastOrder], retracted: Iterable[tuple[str, datetime]] = ()
) -> tuple[list[PastOrder], int]:
    """Each order once, in its last version, by time and id; and how many came again.

    One whose last version was taken back is none.
    """
    last: dict[str | bytes, PastOrder] = {}
    count = 0
    for order in sorted(orders, key=lambda order: (order.updated, order.draft)):
        count += 1
        last[f"{order.source}/{order.id}" if order.id else order.draft] = order
    again = count - len(last)
    for name, at in retracted:
        if name in last and last[name].updated <= at:
            del last[name]
    return sorted(last.values(), key=lambda order: (order.at, order.id, order.draft)), again


def nearest_of_a_day(
    orders: Sequence[PastOrder], zone: tzinfo, study_of: Callable[[PastOrder], str]
) -> list[PastOrder]:
    """Of what stands for orders of one study on a day only the type nearest to one.

    The report of a study is no other order; one of another study is. A study that is not recognized is not
    known to be another.
    """
    if len({order.source for order in orders} & {*STAND_INS}) < 2:
        return list(orders)
    places = [
        (order.at.astimezone(zone).date(), study_of(order), STAND_INS.index(order.source)) for order in orders
    ]
    nearest: dict[tuple[date, str], int] = {}  # for a day and a study, and under _ANY for the day
    for day, study, far in places:
        for named in (study, _ANY):
            nearest[day, named] = min(far, nearest.get((day, named), far))
    return [order for order, place in zip(orders, places, strict=True) if not _has_nearer(place, nearest)]


def _has_nearer(place: tuple[date, str, int], nearest: Mapping[tuple[date, str], int]) -> bool:
    day, study, far = place
    return any(nearest.get((day, named), far) < far for named in ((study, "") if study else (_ANY,)))


def signed_together(orders: Sequence[PastOrder]) -> Iterator[tuple[PastOrder, ...]]:
    """The orders of one patient, by time, as they were signed."""
    ordered = sorted(orders, key=_signing)
    for _, together in groupby(ordered, key=_signing):
        yield tuple(together)


def _signing(order: PastOrder) -> tuple[datetime, str]:
    return order.at, order.signed_with or order.id
