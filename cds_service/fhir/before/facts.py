"""The facts of a decision, from what was gathered."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from cds_service.cds_hooks.request import HookRequest
from cds_service.clinical.facts import Availability, HemoptysisFacts, Kind
from cds_service.clinical.time import UNDATED, Moment
from cds_service.fhir.before import history_readers, readers, safety_readers
from cds_service.fhir.before.codings import concepts_meant, merged
from cds_service.fhir.before.datetimes import Calendar
from cds_service.fhir.before.encounters import current_encounter, encounter_reasons, encounter_references
from cds_service.fhir.before.gather import Gathered
from cds_service.fhir.before.json_values import text_in
from cds_service.fhir.before.readers import Chart
from cds_service.fhir.before.reading import Reading
from cds_service.fhir.before.reasons import coded_at
from cds_service.fhir.before.resources import Encounter, Patient
from cds_service.fhir.before.safety import findings_of_diagnoses
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.concepts import ConceptMatch

_READERS: Final[Mapping[Kind, Callable[[Chart], Reading[Any]]]] = {
    Kind.CONDITIONS: readers.diagnoses,
    Kind.BLEEDING: readers.bleeds,
    Kind.VITALS: readers.vitals,
    Kind.LABS: readers.kidney_function,
    Kind.PREGNANCY: safety_readers.pregnancies,
    Kind.PROCEDURES: history_readers.embolizations,
    Kind.ALLERGIES: safety_readers.allergies,
    Kind.MEDICATIONS: safety_readers.drugs,
    Kind.IMAGING: history_readers.studies,
}


def hemoptysis_facts(
    gathered: Gathered, request: HookRequest, *, now: datetime, knowledge: Knowledge
) -> HemoptysisFacts:
    """Everything that the decision reads of the patient at an (aware) instant.

    What does not count (entered in error, refuted, cancelled) is dropped and counted; what cannot be
    read is counted and makes its kind of data incomplete, but an amount of blood stays, as unreadable.
    """
    encounter = current_encounter(gathered.of_type(Encounter), request.encounter_id)
    chart = Chart(gathered, Calendar(now), knowledge, encounter, request.encounter_id)
    read = {kind: reader(chart) for kind, reader in _READERS.items()}
    unreadable = {kind: reading.unreadable for kind, reading in read.items() if reading.unreadable}
    safety = (read[kind].facts for kind in (Kind.ALLERGIES, Kind.MEDICATIONS, Kind.PREGNANCY))
    return HemoptysisFacts(
        now=now,
        availability={k: _lowered(a, is_doubtful=k in unreadable) for k, a in gathered.availability.items()},
        birth=_birth(gathered, chart.calendar),
        gender=_gender(gathered),
        diagnoses=read[Kind.CONDITIONS].facts,
        bleeds=read[Kind.BLEEDING].facts,
        vitals=read[Kind.VITALS].facts,
        embolizations=read[Kind.PROCEDURES].facts,
        studies=read[Kind.IMAGING].facts,
        safety=(*findings_of_diagnoses(read[Kind.CONDITIONS].facts), *(f for some in safety for f in some)),
        kidney=read[Kind.LABS].facts,
        encounter_reasons=_encounter_reasons(chart),
        unreadable=dict(Counter(gathered.unreadable) + Counter(unreadable)),
        dropped=dict(Counter(gathered.dropped) + Counter(d for r in read.values() for d in r.dropped)),
    )


def _lowered(availability: Availability, *, is_doubtful: bool) -> Availability:
    is_whole = availability is Availability.AVAILABLE
    return Availability.INCOMPLETE if is_doubtful and is_whole else availability


def _birth(gathered: Gathered, calendar: Calendar) -> Moment:
    births = (calendar.moment(patient.birth_date) for patient in gathered.of_type(Patient))
    return next((birth for birth in births if birth.is_dated), UNDATED)


def _gender(gathered: Gathered) -> str:
    return next((text_in(patient.gender) for patient in gathered.of_type(Patient)), "")


def _encounter_reasons(chart: Chart) -> tuple[ConceptMatch, ...]:
    if chart.encounter is None:
        return ()
    terminology = chart.terminology
    followed = coded_at(encounter_references(chart.encounter), chart.gathered.target, terminology)
    referred = (match for coded in followed for match in concepts_meant(coded, terminology))
    return merged((*encounter_reasons(chart.encounter, terminology), *referred))
