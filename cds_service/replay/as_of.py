"""A chart as it was known at an instant: without what is dated later, with what ended later open again."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

import msgspec

from cds_service.cds_hooks.raw_json import NOTHING, decoded, members_of, text_in
from cds_service.cds_hooks.request import reference_given
from cds_service.clinical.time import UNDATED, Moment
from cds_service.fhir.dates import Calendar
from cds_service.fhir.elements import Element
from cds_service.fhir.versions import objects_in

RESULTS: Final = frozenset({"DiagnosticReport", "ImagingStudy", "Procedure"})
"""What may be the order's own: of the day of the order they count only where they have a time before it."""

_OF_A_DRUG: Final = (
    *("authored_on", "effective_date_time", "effective_period", "date_asserted"),
    *("occurence_date_time", "occurence_period", "recorded"),
)
_DRUG_TYPES: Final = (
    *("MedicationRequest", "MedicationStatement"),
    *("MedicationUsage", "MedicationAdministration"),
)
_OBSERVED: Final = ("effective_date_time", "effective_period", "issued")
_DATES: Final[Mapping[str, tuple[str, ...]]] = {
    "Condition": ("onset_date_time", "onset_string", "onset_period", "recorded_date", "asserted_date"),
    "Observation": (*_OBSERVED, "effective_instant", "effective_timing"),
    "Procedure": (
        *("performed_date_time", "performed_period", "performed_string"),
        *("occurrence_date_time", "occurrence_period", "recorded"),
    ),
    "AllergyIntolerance": ("onset_date_time", "recorded_date", "asserted_date"),
    **dict.fromkeys(_DRUG_TYPES, _OF_A_DRUG),
    **dict.fromkeys(("DiagnosticReport", "ImagingStudy"), ("started", *_OBSERVED)),
    "Encounter": ("period", "actual_period"),
}
"""The elements of each type that date it, those of STU3 and R5 among them."""

_ENDS: Final[Mapping[str, tuple[str, ...]]] = {
    "Condition": ("abatement_date_time", "abatement_string", "abatement_period"),
    "Procedure": ("performed_period", "occurrence_period"),
    **dict.fromkeys(_DRUG_TYPES, ("effective_period", "occurence_period", "dispense_request")),
    "Encounter": ("period", "actual_period"),
}
"""The elements that tell when it was over: of a drug order how long its supply lasts."""

_RUNNING: Final[Mapping[str, str]] = {
    "Procedure": "in-progress",
    **dict.fromkeys(_DRUG_TYPES, "active"),
    "MedicationAdministration": "in-progress",
    "Encounter": "in-progress",
}
"""The status that each type had while it was under way."""

_OVER: Final = frozenset({"completed", "stopped", "finished", "ended", "inactive", "resolved", "remission"})
_ACTIVE: Final = msgspec.Raw(
    b'{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]}'
)
_SINCE: Final = frozenset({"entered-in-error", "refuted", "recurrence", "relapse"})
_OF_TWO_STATUSES: Final = frozenset({"Condition", "AllergyIntolerance"})
_earliest: Final = attrgetter("earliest")
_AT_ONCE: Final = attrgetter("performed_date_time", "occurrence_date_time", "effective_date_time")


class _Dated(Element, frozen=True):
    """The members of a resource that tell when it was so, when it was written, and whether it is over."""

    resource_type: Any = None
    id: Any = None
    meta: Any = None
    status: Any = None
    clinical_status: Any = None
    verification_status: Any = None
    code: msgspec.Raw = NOTHING
    category: msgspec.Raw = NOTHING
    based_on: Any = None
    imaging_study: Any = None
    issued: Any = None
    recorded: Any = None  # R5
    recorded_date: Any = None
    asserted_date: Any = None
    date_asserted: Any = None
    authored_on: Any = None
    started: Any = None
    onset_date_time: Any = None
    onset_string: Any = None
    onset_period: Any = None
    effective_date_time: Any = None
    effective_instant: Any = None
    effective_period: Any = None
    effective_timing: Any = None
    performed_date_time: Any = None
    performed_string: Any = None
    performed_period: Any = None
    occurrence_date_time: Any = None
    occurrence_period: Any = None
    occurence_date_time: Any = None  # R5, spelled so
    occurence_period: Any = None
    period: Any = None
    actual_period: Any = None  # R5
    abatement_date_time: Any = None
    abatement_string: Any = None
    abatement_period: Any = None
    dispense_request: Any = None
    last_occurrence: Any = None
    reaction: Any = None


class ChartLine(msgspec.Struct, frozen=True, gc=False):
    """A resource of the chart: what is written, when it was known, and when it ended.

    `known` is the last of its dates, `codes` are its code and its category as written. `ended` and
    `updated` are UNDATED where it does not say. `is_lasting`: what dates it is no instant when it was done.
    """

    type: str
    id: str
    raw: bytes
    status: str
    known: Moment
    ended: Moment
    updated: Moment
    results_of: frozenset[str]
    codes: tuple[bytes, bytes]
    is_lasting: bool


class Counts(msgspec.Struct):
    """What a judgment rests on beside what was certainly known: how many resources, by why.

    `later` and `own_results` were left out. What is `undated`, of the `same_day` without a time,
    `updated_since`, or `not_restored` (its status of today hides what held) was used as it is.
    """

    later: int = 0
    own_results: int = 0
    undated: int = 0
    same_day: int = 0
    updated_since: int = 0
    not_restored: int = 0
    duplicates: int = 0


def chart_line(raw: bytes, calendar: Calendar) -> ChartLine | None:
    """The line of a chart, its dates read by the calendar; None for what is no object."""
    written = decoded(raw, _Dated)
    if written is None:
        return None
    resource_type = text_in(written.resource_type)
    moments = [calendar.moment(text) for text in _dates(written, resource_type)]
    dated = [moment for moment in moments if moment.is_dated] or _first_reaction(written, calendar)
    meta = written.meta if isinstance(written.meta, dict) else {}
    return ChartLine(
        type=resource_type,
        id=text_in(written.id),
        raw=raw,
        status=_status(written, resource_type),
        known=max(dated, key=_earliest, default=UNDATED),
        ended=calendar.first(*_ends(written, resource_type)),
        updated=calendar.moment(text_in(meta.get("lastUpdated"))),
        results_of=results_of(written.based_on, written.imaging_study),
        codes=(bytes(written.code), bytes(written.category)),
        is_lasting=resource_type in (*_RUNNING, *_OF_TWO_STATUSES) and not any(_AT_ONCE(written)),
    )


def _first_reaction(written: _Dated, calendar: Calendar) -> list[Moment]:
    """The first dated reaction of an allergy: one that was known before had been written down."""
    onsets = (text_in(one.get("onset")) for one in objects_in(written.reaction))
    moments = map(calendar.moment, (text_in(written.last_occurrence), *onsets))
    return sorted((moment for moment in moments if moment.is_dated), key=_earliest)[:1]


def results_of(based_on: Any, study: Any = None) -> frozenset[str]:
    """The ids of the orders that it is a result of, and of the study that it reports on."""
    if based_on is None and study is None:
        return frozenset()
    studies = (f"ImagingStudy/{reference_given(one).id}" for one in objects_in(study))
    return frozenset((*(reference_given(one).id for one in objects_in(based_on)), *studies))


def _status(written: _Dated, resource_type: str) -> str:
    """In lower case; of a problem or an allergy that was taken back just that, else its clinical status."""
    if resource_type not in _OF_TWO_STATUSES:
        return text_in(written.status).lower()
    verified = (code for code in _codes_of(written.verification_status) if code in _SINCE)
    return next(filter(None, (*verified, *_codes_of(written.clinical_status))), "")


def _codes_of(concept: Any) -> Iterator[str]:
    codes = (one.get("code") for c in objects_in(concept) for one in objects_in(c.get("coding")))
    return (text_in(one).lower() for one in (concept, *codes))  # of STU3 it is the code itself


def _dates(written: _Dated, resource_type: str) -> Iterator[str]:
    """Every date on which something of it became known: the clinical one, and when it was written down."""
    end_first = ("end", "start") if resource_type in ("Observation", "DiagnosticReport") else ("start",)
    for name in _DATES.get(resource_type, ()):
        value = getattr(written, name)
        if value is None:
            continue
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield next((text for end in end_first if (text := text_in(value.get(end)))), "")
            events = value.get("event")  # of a Timing
            yield from map(text_in, events if isinstance(events, list) else ())


def _ends(written: _Dated, resource_type: str) -> Iterator[str]:
    """When it was over, as it is written."""
    for name in _ENDS.get(resource_type, ()):
        value = getattr(written, name)
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            validity = value.get("validityPeriod", value)
            yield text_in(validity.get("end")) if isinstance(validity, dict) else ""


def is_known(line: ChartLine, at: datetime) -> bool:
    """Whether a resource was known at an instant; one without a date that can be read is.

    A date without a time counts from its first moment; of what may be the order's own only what has a time
    before it.
    """
    if not line.known.is_dated:
        return True
    if line.type in RESULTS:
        return line.known.latest < at
    return line.known.earliest <= at


def as_of(lines: Sequence[ChartLine], at: datetime, orders: frozenset[str]) -> tuple[list[ChartLine], Counts]:
    """The lines of the chart as they were at an instant, without the results of its own orders."""
    counts, kept = Counts(), []
    for line in lines:
        if not line.results_of.isdisjoint(orders):
            counts.own_results += 1
        elif not is_known(line, at):
            counts.later += 1
        else:
            kept.append(_restored(line, at, counts))
    return kept, counts


def _restored(line: ChartLine, at: datetime, counts: Counts) -> ChartLine:
    """The line as it was, as far as dates tell; what else it rests on is counted."""
    if not line.known.is_dated:
        counts.undated += line.type != "Patient"
    elif line.known.latest > at:
        counts.same_day += 1
    if line.updated.is_dated and line.updated.earliest > at:
        counts.updated_since += 1
    if line.ended.is_dated and line.ended.latest > at:
        return _opened(line)
    counts.not_restored += _hides_what_held(line, at)
    return line


def _hides_what_held(line: ChartLine, at: datetime) -> bool:
    """Whether it is over, taken back or came again, and nothing tells that it was so by then already."""
    if line.updated.is_dated and line.updated.latest <= at:
        return False
    is_over = line.status in _OVER and line.is_lasting and not line.ended.is_dated
    return is_over or line.status in _SINCE


def _opened(line: ChartLine) -> ChartLine:
    """What ended later, as it was before: active or under way, without its end."""
    if line.type != "Condition" and line.type not in _RUNNING:
        return line
    members = members_of(line.raw) or {}
    if line.type == "Condition":
        if line.status not in _OVER and line.status:
            return line
        kept = {
            name: raw for name, raw in members.items() if not name.startswith(("abatement", "_abatement"))
        }
        raw = msgspec.json.encode({**kept, "clinicalStatus": _ACTIVE})
        return msgspec.structs.replace(line, raw=raw, status="active", ended=UNDATED)
    status = _RUNNING[line.type] if line.status in _OVER else line.status
    opened = {name: _without_end(name, raw) for name, raw in members.items()}
    raw = msgspec.json.encode({**opened, "status": status})
    return msgspec.structs.replace(line, raw=raw, status=status, ended=UNDATED)


def _without_end(name: str, raw: msgspec.Raw) -> msgspec.Raw:
    if not name.lower().endswith("period") or name.startswith("_"):
        return raw
    period = members_of(raw)
    if period is None or "end" not in period:
        return raw
    return msgspec.Raw(msgspec.json.encode({key: value for key, value in period.items() if key != "end"}))
