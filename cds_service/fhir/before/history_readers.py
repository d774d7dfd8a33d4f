"""What was done to the patient, read into embolizations and past studies."""

from collections.abc import Iterator

from cds_service.clinical.facts import Embolization, PastStudy
from cds_service.fhir.before.codings import has_status
from cds_service.fhir.before.procedures import (
    embolization_from,
    performed_at,
    reason_of,
    was_completed,
    was_not_done,
)
from cds_service.fhir.before.readers import NOT_COMPLETED, Chart
from cds_service.fhir.before.reading import Reading, Tally
from cds_service.fhir.before.resources import PastImaging, Procedure
from cds_service.fhir.before.studies import past_study_from, study_of_procedure, was_done


def embolizations(chart: Chart) -> Reading[Embolization]:
    """Completed embolizations; one whose status is not known leaves the procedures in doubt."""
    tally: Tally[Embolization] = Tally()
    for procedure in chart.gathered.of_type(Procedure):
        reason = reason_of(procedure, chart.gathered.target, chart.terminology)
        embolization = embolization_from(procedure, reason, chart.calendar, chart.terminology)
        if was_not_done(procedure):
            tally.dropped.append(_why_not_done(procedure))
        elif embolization and was_completed(procedure):
            tally.facts.append(embolization)
        elif embolization:
            tally.unreadable += 1
    return tally.done()


def studies(chart: Chart) -> Reading[PastStudy]:
    """Imaging that was done, as reports, studies or procedures."""
    tally: Tally[PastStudy] = Tally()
    for imaging in chart.gathered.of_type(PastImaging):
        if not was_done(imaging):
            is_error = has_status(imaging.status, "entered-in-error")
            tally.dropped.append("entered-in-error" if is_error else NOT_COMPLETED)
        elif study := past_study_from(imaging, chart.calendar, chart.knowledge):
            tally.facts.append(study)
    tally.facts.extend(_studies_among_procedures(chart))
    return tally.done()


def _studies_among_procedures(chart: Chart) -> Iterator[PastStudy]:
    for procedure in chart.gathered.of_type(Procedure):
        study = study_of_procedure(procedure, chart.knowledge) if was_completed(procedure) else ""
        if study:
            yield PastStudy(procedure.reference, study, performed_at(procedure, chart.calendar))


def _why_not_done(procedure: Procedure) -> str:
    is_error = has_status(procedure.status, "entered-in-error")
    return "entered-in-error" if is_error else NOT_COMPLETED
