"""The resources of each kind of data, read into facts; what does not count is dropped, and counted."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from cds_service.clinical.facts import (
    Bleed,
    Diagnosis,
    Embolization,
    KidneyFunction,
    Kind,
    PastStudy,
    SafetyFinding,
    Vital,
)
from cds_service.fhir.bleeding import bleed_from
from cds_service.fhir.codings import Coded, has_status
from cds_service.fhir.conditions import Verification, diagnosis_from, verification_of
from cds_service.fhir.datetimes import Calendar
from cds_service.fhir.encounters import diagnoses_of
from cds_service.fhir.gather import Gathered
from cds_service.fhir.json_values import first_object
from cds_service.fhir.observations import Standing, has_value, standing_of
from cds_service.fhir.procedures import (
    embolization_from,
    performed_at,
    reason_of,
    was_completed,
    was_not_done,
)
from cds_service.fhir.reading import Reading, Tally
from cds_service.fhir.references import reference_in
from cds_service.fhir.resources import (
    AllergyIntolerance,
    Condition,
    Encounter,
    Medication,
    MedicationUse,
    Observation,
    PastImaging,
    Procedure,
)
from cds_service.fhir.safety import (
    drug_named,
    drug_of,
    finding_of_pregnancy,
    findings_of_allergy,
    findings_of_drug,
    is_held,
    is_in_use,
)
from cds_service.fhir.studies import past_study_from, study_of_procedure, was_done
from cds_service.fhir.vitals import kidney_function_from, readings_in
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology import Terminology

NOT_COMPLETED = "not-completed"
NOT_CURRENT = "not-current"
WITHOUT_VALUE = "without-value"


@dataclass(frozen=True, slots=True)
class Chart:
    """What was gathered of a patient, the instant to read it at, and the current encounter."""

    gathered: Gathered
    calendar: Calendar
    knowledge: Knowledge
    encounter: Encounter | None
    encounter_id: str

    @property
    def terminology(self) -> Terminology:
        """The codes and words that are known."""
        return self.knowledge.terminology


def diagnoses(chart: Chart) -> Reading[Diagnosis]:
    """Every Condition that counts."""
    tally: Tally[Diagnosis] = Tally()
    current = chart.encounter.logical_id if chart.encounter else chart.encounter_id
    of_encounter = diagnoses_of(chart.encounter) if chart.encounter else ()
    for condition in chart.gathered.of_type(Condition):
        verification = verification_of(condition.verification_status)
        if verification is not Verification.COUNTS:
            tally.dropped.append(verification)
            continue
        diagnosis = diagnosis_from(condition, chart.calendar, chart.terminology, current_encounter=current)
        if any(ref.is_to("Condition", condition.logical_id) for ref in of_encounter):
            diagnosis = replace(diagnosis, in_current_encounter=True)
        tally.facts.append(diagnosis)
    return tally.done()


def bleeds(chart: Chart) -> Reading[Bleed]:
    """Every Observation of expectorated blood that counts."""
    tally: Tally[Bleed] = Tally()
    for observation in _observations(chart, Kind.BLEEDING, tally):
        tally.facts.append(bleed_from(observation, chart.calendar, chart.knowledge))
    return tally.done()


def vitals(chart: Chart) -> Reading[Vital]:
    """Every vital sign, also those in components."""
    tally: Tally[Vital] = Tally()
    for observation in _observations(chart, Kind.VITALS, tally):
        found = readings_in(observation, chart.calendar, chart.terminology)
        tally.facts.extend(found.vitals)
        tally.unreadable += found.unreadable
        if not found.vitals and not found.unreadable:
            tally.dropped.append(WITHOUT_VALUE)
    return tally.done()


def kidney_function(chart: Chart) -> Reading[KidneyFunction]:
    """Every eGFR."""
    tally: Tally[KidneyFunction] = Tally()
    for observation in _observations(chart, Kind.LABS, tally):
        if not has_value(observation):
            tally.dropped.append(WITHOUT_VALUE)
        elif reading := kidney_function_from(observation, chart.calendar):
            tally.facts.append(reading)
        else:
            tally.unreadable += 1
    return tally.done()


def pregnancies(chart: Chart) -> Reading[SafetyFinding]:
    """What the newest pregnancy status or test says."""
    tally: Tally[SafetyFinding] = Tally()
    counting = list(_observations(chart, Kind.PREGNANCY, tally))
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


def _observations(chart: Chart, kind: Kind, tally: Tally[Any]) -> Iterator[Observation]:
    """The Observations of a kind that count; the others are dropped into the tally."""
    for observation in chart.gathered.of_type(Observation, kind):
        standing = standing_of(observation)
        if standing is Standing.COUNTS:
            yield observation
        else:
            tally.dropped.append(standing)


def _drug(use: MedicationUse, chart: Chart) -> Coded:
    named = drug_named(use, chart.terminology)
    for reference in (use.medication_reference, first_object(use.medication)):
        medication = chart.gathered.target(reference_in(reference))
        if isinstance(medication, Medication):
            named = named.joined(drug_of(medication, chart.terminology))
    return named
