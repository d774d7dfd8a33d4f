"""Procedures that were done, read as embolizations and past studies."""

from enum import StrEnum

from cds_service.clinical.facts import Embolization
from cds_service.clinical.time import Moment
from cds_service.fhir.before.codings import coded_from, concepts_meant, has_status
from cds_service.fhir.before.datetimes import Calendar
from cds_service.fhir.before.reasons import Target, coded_at
from cds_service.fhir.before.references import references_in
from cds_service.fhir.before.resources import Procedure
from cds_service.fhir.before.study_names import is_embolization_elsewhere, names_bronchial_embolization
from cds_service.knowledge.terminology.concepts import Concept
from cds_service.knowledge.terminology.terminology import Terminology

_NOT_DONE = (
    "preparation", "in-progress", "not-done", "on-hold", "stopped", "aborted", "suspended",
    "entered-in-error",
)  # fmt: skip


class StatedReason(StrEnum):
    """What a Procedure was done for."""

    HEMOPTYSIS = "hemoptysis"
    OTHER = "other"
    NONE = "none"


def was_completed(procedure: Procedure) -> bool:
    """True for a completed one."""
    return has_status(procedure.status, "completed") and procedure.not_done is not True


def was_not_done(procedure: Procedure) -> bool:
    """True for one that was certainly not completed; one of unknown status is neither."""
    return has_status(procedure.status, *_NOT_DONE) or procedure.not_done is True


def embolization_from(
    procedure: Procedure, reason: StatedReason, calendar: Calendar, terminology: Terminology
) -> Embolization | None:
    """The embolization that a completed Procedure was, if it was one for hemoptysis or may have been.

    One by a code for any vessel is bronchial if its own words say so, and none of ours if they name
    another part of the body; otherwise it counts with a hemoptysis reason, and possibly without any.
    """
    coded = coded_from(procedure.code, terminology)
    concepts = {match.concept for match in concepts_meant(coded, terminology)}
    performed = performed_at(procedure, calendar)
    if Concept.BRONCHIAL_EMBOLIZATION in concepts:
        return Embolization(procedure.reference, performed, is_bronchial=True)
    if Concept.UNNAMED_EMBOLIZATION not in concepts:
        return None
    words = (*coded.words, *coded_from(procedure.body_site, terminology).words)
    is_bronchial = names_bronchial_embolization(words, terminology)
    is_elsewhere = is_embolization_elsewhere(words, terminology)
    if is_elsewhere or (reason is StatedReason.OTHER and not is_bronchial):
        return None
    is_bronchial = is_bronchial or reason is StatedReason.HEMOPTYSIS
    return Embolization(procedure.reference, performed, is_bronchial=is_bronchial)


def reason_of(procedure: Procedure, target: Target, terminology: Terminology) -> StatedReason:
    """Whether hemoptysis, something else or nothing is given as the reason; references are followed."""
    coded = coded_from(procedure.reason_code, terminology).joined(coded_from(procedure.reason, terminology))
    references = (*references_in(procedure.reason_reference), *references_in(procedure.reason))
    followed = coded_at(references, target, terminology)
    reasons = [concept for one in (coded, *followed) for concept in concepts_meant(one, terminology)]
    if any(match.concept is Concept.HEMOPTYSIS for match in reasons):
        return StatedReason.HEMOPTYSIS
    return StatedReason.OTHER if followed or not coded.is_empty else StatedReason.NONE


def performed_at(procedure: Procedure, calendar: Calendar) -> Moment:
    """When it was done; a Period counts by its end."""
    dated = calendar.first(
        procedure.performed_date_time, procedure.occurrence_date_time, procedure.performed_string
    )
    if dated.is_dated:
        return dated
    periods = (procedure.performed_period, procedure.occurrence_period)
    spans = (calendar.period(period) for period in periods if period)
    ends = (span.end if span.end.is_dated else span.start for span in spans)
    return next((end for end in ends if end.is_dated), dated)
