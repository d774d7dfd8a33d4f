"""The resources that the cautions rest on, read into findings; what does not count is dropped."""

from cds_service.clinical.facts import Kind, SafetyFinding
from cds_service.fhir.before.codings import Coded, has_status
from cds_service.fhir.before.conditions import Verification, verification_of
from cds_service.fhir.before.json_values import first_object
from cds_service.fhir.before.readers import NOT_CURRENT, Chart, observations_that_count
from cds_service.fhir.before.reading import Reading, Tally
from cds_service.fhir.before.references import reference_in
from cds_service.fhir.before.resources import AllergyIntolerance, Medication, MedicationUse
from cds_service.fhir.before.safety import (
    drug_named,
    drug_of,
    finding_of_pregnancy,
    findings_of_allergy,
    findings_of_drug,
    is_held,
    is_in_use,
)


def pregnancies(chart: Chart) -> Reading[SafetyFinding]:
    """What the newest pregnancy status or test says."""
    tally: Tally[SafetyFinding] = Tally()
    counting = list(observations_that_count(chart, Kind.PREGNANCY, tally))
    tally.facts.extend(finding_of_pregnancy(counting, chart.calendar, chart.terminology))
    return tally.done()


def allergies(chart: Chart) -> Reading[SafetyFinding]:
    """Reactions to contrast."""
    tally: Tally[SafetyFinding] = Tally()
    for allergy in chart.gathered.of_type(AllergyIntolerance):
        verification = verification_of(allergy.verification_status)
        if verification is not Verification.COUNTS:
            tally.dropped.append(verification)
        elif not is_held(allergy):
            tally.dropped.append(NOT_CURRENT)
        else:
            tally.facts.extend(findings_of_allergy(allergy, chart.calendar, chart.terminology))
    return tally.done()


def drugs(chart: Chart) -> Reading[SafetyFinding]:
    """Anticoagulants and metformin in use; a drug that is referred to and not there cannot be read."""
    tally: Tally[SafetyFinding] = Tally()
    for use in chart.gathered.of_type(MedicationUse):
        drug = _drug(use, chart)
        if has_status(use.status, "entered-in-error"):
            tally.dropped.append("entered-in-error")
        elif not is_in_use(use, chart.calendar):
            tally.dropped.append(NOT_CURRENT)
        elif drug.is_empty:
            tally.unreadable += 1
        else:
            tally.facts.extend(findings_of_drug(use, drug, chart.calendar, chart.terminology))
    return tally.done()


def _drug(use: MedicationUse, chart: Chart) -> Coded:
    named = drug_named(use, chart.terminology)
    for reference in (use.medication_reference, first_object(use.medication)):
        medication = chart.gathered.target(reference_in(reference))
        if isinstance(medication, Medication):
            named = named.joined(drug_of(medication, chart.terminology))
    return named
