"""Charts for the clinical tests: an adult of whom everything was read, and only the facts that matter."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import TypeVar

from msgspec.structs import replace

from cds_service.clinical.chart import Chart, chart_from
from cds_service.clinical.facts import (
    Availability,
    Bleed,
    Diagnosis,
    Embolization,
    HemoptysisFacts,
    KidneyFunction,
    PastStudy,
    SafetyFinding,
    Support,
    Vital,
    VitalKind,
)
from cds_service.clinical.range import ZERO, Range, above, below, exactly
from cds_service.clinical.time import UNDATED, Moment, Period, at, instant
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.load import load_knowledge
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.concepts import Certainty, Concept, ConceptMatch

NOW = datetime(2026, 5, 11, 12, 0, tzinfo=UTC)
Amount = int | str | Range


@cache
def knowledge() -> Knowledge:
    """The shipped knowledge, loaded once."""
    return load_knowledge()


# --- what a chart is made of -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Born:
    """The birth date."""

    moment: Moment


@dataclass(frozen=True, slots=True)
class Gender:
    """The administrative gender."""

    code: str


@dataclass(frozen=True, slots=True)
class Read:
    """How far a kind of data could be read, and how many of its entries could not."""

    kind: Kind
    availability: Availability
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class EncounterReason:
    """A reason of the current encounter."""

    match: ConceptMatch


@dataclass(frozen=True, slots=True)
class OrderReason:
    """What the reasons of the orders say; hemoptysis unless a chart holds its own."""

    matches: tuple[ConceptMatch, ...]


@dataclass(frozen=True, slots=True)
class EncounterBegun:
    """When the current encounter began."""

    moment: Moment


Fact = (
    Born
    | Gender
    | Read
    | EncounterReason
    | Diagnosis
    | Bleed
    | Vital
    | Embolization
    | PastStudy
    | SafetyFinding
    | KidneyFunction
    | Support
    | OrderReason
    | EncounterBegun
)
_T = TypeVar("_T")


def chart(*facts: Fact) -> HemoptysisFacts:
    """A chart at NOW: an adult with an order for hemoptysis, every kind available, just these facts."""
    read = _all_of(Read, facts)
    reasons, begun = _all_of(OrderReason, facts), _all_of(EncounterBegun, facts)
    births, genders = _all_of(Born, facts), _all_of(Gender, facts)
    return HemoptysisFacts(
        now=NOW,
        availability=_availability(read),
        birth=births[-1].moment if births else on("1970-03-01"),
        gender=genders[-1].code if genders else "",
        diagnoses=_all_of(Diagnosis, facts),
        bleeds=_all_of(Bleed, facts),
        vitals=_all_of(Vital, facts),
        embolizations=_all_of(Embolization, facts),
        studies=_all_of(PastStudy, facts),
        safety=_all_of(SafetyFinding, facts),
        kidney=_all_of(KidneyFunction, facts),
        supports=_all_of(Support, facts),
        order_reasons=reasons[-1].matches if reasons else (ConceptMatch(Concept.HEMOPTYSIS),),
        encounter_start=begun[-1].moment if begun else UNDATED,
        encounter_reasons=tuple(reason.match for reason in _all_of(EncounterReason, facts)),
        unreadable={r.kind: r.unreadable for r in read if r.unreadable},
    )


def judged_chart(*facts: Fact) -> Chart:
    """The same chart as it is judged, by the shipped knowledge."""
    return chart_from(chart(*facts), knowledge())


def _all_of(kind: type[_T], facts: tuple[Fact, ...]) -> tuple[_T, ...]:
    return tuple(fact for fact in facts if isinstance(fact, kind))


def _availability(read: tuple[Read, ...]) -> Mapping[Kind, Availability]:
    return dict.fromkeys(Kind, Availability.AVAILABLE) | {r.kind: r.availability for r in read}


def unavailable(kind: Kind) -> Read:
    return Read(kind, Availability.UNAVAILABLE)


def incomplete(kind: Kind) -> Read:
    return Read(kind, Availability.INCOMPLETE)


# --- times -----------------------------------------------------------------------------------------


def hours_ago(hours: float) -> Moment:
    return instant(NOW - timedelta(hours=hours))


def days_ago(days: float) -> Moment:
    return hours_ago(24 * days)


def minutes_ahead(minutes: float) -> Moment:
    return instant(NOW + timedelta(minutes=minutes))


def on(day: str) -> Moment:
    """A date without a time, as the reader of dates gives it."""
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return Moment(start, start + timedelta(days=1, microseconds=-1), day)


TODAY, YESTERDAY, TWO_DAYS_AGO = on("2026-05-11"), on("2026-05-10"), on("2026-05-09")


def born_years_ago(years: int) -> Born:
    """Born so many years and a month ago."""
    return Born(on(f"{NOW.year - years}-04-11"))


FOR_NOTHING = OrderReason(())
"""No order that says hemoptysis."""

CHILD, AGE_UNKNOWN = born_years_ago(9), Born(UNDATED)


# --- blood -----------------------------------------------------------------------------------------


def over(value: int | str) -> Range:
    """The range of a charted `>`."""
    return above(Decimal(value), is_open=True)


def at_least(value: int | str) -> Range:
    """The range of a charted `>=`."""
    return above(Decimal(value), is_open=False)


def under(value: int | str) -> Range:
    """The range of a charted `<`."""
    return below(Decimal(value), is_open=True)


def between(low: int | str, high: int | str) -> Range:
    """The range of a charted Range."""
    return Range(Decimal(low), Decimal(high))


def range_of(amount: Amount) -> Range:
    """An amount as written in a test: a number, or a range."""
    return amount if isinstance(amount, Range) else exactly(Decimal(amount))


def episode(ml: Amount, when: Moment | None = None) -> Bleed:
    """An amount at a point in time; two hours ago unless told."""
    return Bleed("Observation/blood", "amount", at(when or hours_ago(2)), range_of(ml), "")


def total(ml: Amount, hours: float, *, ended: float = 0) -> Bleed:
    """An amount over so many hours that ended so many hours ago."""
    period = Period(hours_ago(ended + hours), hours_ago(ended))
    return Bleed("Observation/blood", "amount", period, range_of(ml), "")


def total_between(ml: Amount, start: Moment, end: Moment) -> Bleed:
    """An amount over a period; an UNDATED end is an open one."""
    return Bleed("Observation/blood", "amount", Period(start, end), range_of(ml), "")


def per(hours: int | str, ml: Amount, when: Moment | Period | None = None) -> Bleed:
    """An amount whose unit counts it over hours: mL/h, mL/(24.h)."""
    period = when if isinstance(when, Period) else at(when or hours_ago(2))
    return Bleed("Observation/blood", "amount", period, range_of(ml), "", Decimal(hours))


def last_hours(hours: float) -> Period:
    """The stretch of time that ends now."""
    return Period(hours_ago(hours), hours_ago(0))


def unreadable_amount(when: Moment | None = None) -> Bleed:
    return Bleed("Observation/blood", "unreadable", at(when or hours_ago(2)), ZERO, "some")


def blood_seen(when: Moment | None = None) -> Bleed:
    """Blood without an amount, such as blood-streaked sputum."""
    return Bleed("Observation/blood", "blood-seen", at(when or hours_ago(2)), ZERO, "")


def small_blood(when: Moment | None = None) -> Bleed:
    """Blood that words call little: scant, streaks."""
    return Bleed("Observation/blood", "small", at(when or hours_ago(2)), ZERO, "scant")


def large_blood(when: Moment | None = None) -> Bleed:
    """Blood that words call much: copious."""
    return Bleed("Observation/blood", "large", at(when or hours_ago(2)), ZERO, "copious")


def no_blood(when: Moment | None = None) -> Bleed:
    return Bleed("Observation/blood", "absent", at(when or hours_ago(2)), ZERO, "")


# --- vital signs -----------------------------------------------------------------------------------


def _vital(kind: VitalKind, value: Amount, when: Moment | None) -> Vital:
    return Vital(f"Observation/{kind}", kind, range_of(value), when or hours_ago(1), "")


def spo2(percent: Amount, when: Moment | None = None) -> Vital:
    """Oxygen saturation, an hour ago unless told."""
    return _vital("oxygen-saturation", percent, when)


def systolic(mmhg: Amount, when: Moment | None = None) -> Vital:
    return _vital("systolic-pressure", mmhg, when)


def breaths(per_minute: Amount, when: Moment | None = None) -> Vital:
    return _vital("respiratory-rate", per_minute, when)


def pulse(per_minute: Amount, when: Moment | None = None) -> Vital:
    return _vital("heart-rate", per_minute, when)


def oxygen_percent(percent: Amount, when: Moment | None = None) -> Vital:
    return _vital("inhaled-oxygen-concentration", percent, when)


def oxygen_flow(litres_per_minute: Amount, when: Moment | None = None) -> Vital:
    return _vital("inhaled-oxygen-flow", litres_per_minute, when)


def unsure(vital: Vital) -> Vital:
    """The reading in a form that is not wholly understood, such as a bare number."""
    return replace(vital, is_unsure=True)


def normal_vitals(when: Moment | None = None) -> tuple[Vital, Vital, Vital]:
    """All three that are needed, calm."""
    return spo2(97, when), systolic(125, when), breaths(16, when)


# --- support ---------------------------------------------------------------------------------------


def support(concept: Concept, start: Moment, end: Moment | None = None) -> Support:
    """Support at a point in time, or from a begin to an end; an UNDATED end is still to come."""
    period = at(start) if end is None else Period(start, end)
    return Support(f"Procedure/{concept}", concept, period, concept)


def running(concept: Concept, hours: float) -> Support:
    """Support that began so many hours ago and has not ended."""
    return support(concept, hours_ago(hours), UNDATED)


# --- diagnoses, procedures, safety -----------------------------------------------------------------


def sure(*concepts: Concept) -> tuple[ConceptMatch, ...]:
    return tuple(ConceptMatch(concept) for concept in concepts)


def possible(*concepts: Concept) -> tuple[ConceptMatch, ...]:
    return tuple(ConceptMatch(concept, Certainty.POSSIBLE) for concept in concepts)


def active(*concepts: Concept, onset: Moment = UNDATED, recorded: Moment = UNDATED) -> Diagnosis:
    """An active Condition that stands for these concepts."""
    label = ", ".join(concepts)
    return Diagnosis("Condition/it", sure(*concepts), label, True, onset=onset, recorded=recorded)


def hemoptysis(onset: Moment | None = None) -> Diagnosis:
    """The present episode, begun six hours ago unless told."""
    return active(Concept.HEMOPTYSIS, onset=onset or hours_ago(6))


def ended(*, onset: Moment = UNDATED, abated: Moment = UNDATED, recorded: Moment = UNDATED) -> Diagnosis:
    """An earlier episode of hemoptysis: resolved, inactive or in remission."""
    matches = sure(Concept.HEMOPTYSIS)
    return Diagnosis("Condition/earlier", matches, "", False, onset=onset, abated=abated, recorded=recorded)


def history(*, onset: Moment = UNDATED, recorded: Moment = UNDATED) -> Diagnosis:
    """A Condition `history of hemoptysis`, charted as active as such entries are."""
    matches = (ConceptMatch(Concept.HEMOPTYSIS, Certainty.PAST),)
    return Diagnosis("Condition/history", matches, "", True, onset=onset, recorded=recorded)


def embolization(performed: Moment, *, is_bronchial: bool = True) -> Embolization:
    return Embolization("Procedure/embolization", performed, is_bronchial)


def study(procedure: str, performed: Moment) -> PastStudy:
    return PastStudy("DiagnosticReport/study", procedure, performed)


def finding(concept: Concept, by_text: str = "") -> SafetyFinding:
    return SafetyFinding("Resource/finding", concept, concept.value, by_text=by_text)


def egfr(value: Amount, taken: Moment | None = None) -> KidneyFunction:
    return KidneyFunction("Observation/egfr", range_of(value), taken or days_ago(2), "")
