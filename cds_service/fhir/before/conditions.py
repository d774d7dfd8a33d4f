"""Conditions, read as diagnoses."""

from enum import StrEnum
from typing import Any

from cds_service.clinical.facts import Diagnosis
from cds_service.clinical.time import UNDATED, Moment
from cds_service.fhir.before.codings import Coded, coded_from, concepts_meant, has_status, stands_for
from cds_service.fhir.before.datetimes import Calendar
from cds_service.fhir.before.json_values import says_something
from cds_service.fhir.before.references import reference_in
from cds_service.fhir.before.resources import Condition
from cds_service.knowledge.terminology.concepts import Concept
from cds_service.knowledge.terminology.terminology import Terminology

_ACTIVE = ("active", "recurrence", "relapse")


_RETURNING = ("recurrence", "relapse")


_ENDED = ("inactive", "remission", "resolved")


class Verification(StrEnum):
    """Whether a Condition counts, by the reason under which it is counted as dropped."""

    COUNTS = "counts"
    REFUTED = "refuted"
    ENTERED_IN_ERROR = "entered-in-error"


def verification_of(verification_status: Any) -> Verification:
    """Refuted and entered in error never count."""
    for dropped in (Verification.ENTERED_IN_ERROR, Verification.REFUTED):
        if has_status(verification_status, dropped):
            return dropped
    return Verification.COUNTS


def diagnosis_from(
    condition: Condition, calendar: Calendar, terminology: Terminology, *, current_encounter: str
) -> Diagnosis:
    """The diagnosis; its words count where none of its codes is listed."""
    coded = coded_from(condition.code, terminology)
    encounter = reference_in(condition.context if condition.encounter is None else condition.encounter)
    return Diagnosis(
        reference=condition.reference,
        matches=concepts_meant(coded, terminology),
        label=coded.label,
        is_active=is_active(condition, calendar),
        is_returning=has_status(condition.clinical_status, *_RETURNING),
        is_severe=stands_for(coded_from(condition.severity, terminology), Concept.SEVERE, terminology),
        is_called_severe=_calls_severe(coded, terminology),
        onset=_onset(condition, calendar),
        abated=_abatement(condition, calendar),
        recorded=calendar.first(condition.recorded_date, condition.asserted_date),
        in_current_encounter=bool(current_encounter) and encounter.is_to("Encounter", current_encounter),
    )


def _calls_severe(coded: Coded, terminology: Terminology) -> bool:
    """True when the words speak of severe or massive, beside a listed code too."""
    return any(m.concept is Concept.SEVERE for words in coded.words for m in terminology.concepts_in(words))


def is_active(condition: Condition, calendar: Calendar) -> bool:
    """By clinicalStatus; where that is missing or not known, active unless it has abated."""
    if has_status(condition.clinical_status, *_ACTIVE):
        return True
    if has_status(condition.clinical_status, *_ENDED):
        return False
    abated = _abatement(condition, calendar)
    return not _has_abated(condition) or (abated.is_dated and abated.earliest > calendar.now)


def _has_abated(condition: Condition) -> bool:
    if condition.abatement_boolean is False:
        return False
    written = (
        condition.abatement_date_time,
        condition.abatement_period,
        condition.abatement_string,
        condition.abatement_age,
        condition.abatement_range,
        condition.abatement_boolean,
    )
    return any(says_something(value) for value in written)


def _onset(condition: Condition, calendar: Calendar) -> Moment:
    start = calendar.period(condition.onset_period).start if condition.onset_period else UNDATED
    dated = calendar.first(condition.onset_date_time, condition.onset_string)
    return dated if dated.is_dated else start


def _abatement(condition: Condition, calendar: Calendar) -> Moment:
    dated = calendar.first(condition.abatement_date_time, condition.abatement_string)
    if dated.is_dated or not condition.abatement_period:
        return dated
    within = calendar.span(condition.abatement_period)
    return within if within.is_dated else calendar.period(condition.abatement_period).end
