"""The resources of each kind of data, read into facts; what does not count is dropped, and counted."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from cds_service.clinical.facts import Bleed, Diagnosis, KidneyFunction, Kind, Vital
from cds_service.fhir.before.bleeding import bleed_from
from cds_service.fhir.before.conditions import Verification, diagnosis_from, verification_of
from cds_service.fhir.before.datetimes import Calendar
from cds_service.fhir.before.encounters import diagnoses_of
from cds_service.fhir.before.gather import Gathered
from cds_service.fhir.before.observations import Standing, has_value, standing_of
from cds_service.fhir.before.reading import Reading, Tally
from cds_service.fhir.before.resources import Condition, Encounter, Observation
from cds_service.fhir.before.vitals import kidney_function_from, readings_in
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.terminology import Terminology

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
    for observation in observations_that_count(chart, Kind.BLEEDING, tally):
        tally.facts.append(bleed_from(observation, chart.calendar, chart.knowledge))
    return tally.done()


def vitals(chart: Chart) -> Reading[Vital]:
    """Every vital sign, also those in components."""
    tally: Tally[Vital] = Tally()
    for observation in observations_that_count(chart, Kind.VITALS, tally):
        found = readings_in(observation, chart.calendar, chart.terminology)
        tally.facts.extend(found.vitals)
        tally.unreadable += found.unreadable
        if not found.vitals and not found.unreadable:
            tally.dropped.append(WITHOUT_VALUE)
    return tally.done()


def kidney_function(chart: Chart) -> Reading[KidneyFunction]:
    """Every eGFR."""
    tally: Tally[KidneyFunction] = Tally()
    for observation in observations_that_count(chart, Kind.LABS, tally):
        if not has_value(observation):
            tally.dropped.append(WITHOUT_VALUE)
        elif reading := kidney_function_from(observation, chart.calendar):
            tally.facts.append(reading)
        else:
            tally.unreadable += 1
    return tally.done()


def observations_that_count(chart: Chart, kind: Kind, tally: Tally[Any]) -> Iterator[Observation]:
    """The Observations of a kind that count; the others are dropped into the tally, masked ones as unread."""
    for observation in chart.gathered.of_type(Observation, kind):
        standing = standing_of(observation)
        if standing is Standing.COUNTS:
            yield observation
        elif standing is Standing.MASKED:
            tally.unreadable += 1
        else:
            tally.dropped.append(standing)
