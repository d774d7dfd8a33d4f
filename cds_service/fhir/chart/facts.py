"""The screened resources, kind by kind, into the facts of a decision."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final, TypeVar

from msgspec.structs import replace

from cds_service.cds_hooks.request import reference_from
from cds_service.clinical.chart import duration
from cds_service.clinical.facts import (
    Availability,
    Bleed,
    Diagnosis,
    HemoptysisFacts,
    KidneyFunction,
    SafetyFinding,
    Vital,
)
from cds_service.clinical.time import UNDATED, Moment
from cds_service.fhir.chart import history, pregnancy, safety
from cds_service.fhir.chart.bleeding import bleed_from
from cds_service.fhir.chart.gather import WITHOUT_VALUE, Gathered, Losses, Tally, denied_in_part
from cds_service.fhir.chart.history import diagnosis_from
from cds_service.fhir.chart.observations import (
    MASKED,
    charted_value,
    has_value,
    is_hidden,
    time_taken,
    why_not_counted,
)
from cds_service.fhir.chart.screen import SetAside
from cds_service.fhir.chart.supports import supports, supports_of_diagnoses
from cds_service.fhir.chart.vitals import PART_NOT_SENT, VALUE_NOT_UNDERSTOOD, egfr_from, vitals_from
from cds_service.fhir.codes import Meanings
from cds_service.fhir.dates import Calendar
from cds_service.fhir.elements import why_void
from cds_service.fhir.measurements import concepts_observed
from cds_service.fhir.orders.reasons import encounter_reasons, references_in
from cds_service.fhir.resources import (
    ChartResource,
    Condition,
    Encounter,
    Observation,
    PastImaging,
    Patient,
    id_of,
    reference_to,
)
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.concepts import Concept, ConceptMatch

K = TypeVar("K")
T = TypeVar("T")

Lost = tuple[Kind, str, str]
"""The kind of something that could not be read, the reference to it, and why."""

_READ_FOR: Final = {
    Kind.VITALS: DefinitionId.RECENT_WINDOW,
    Kind.BLEEDING: DefinitionId.RECENT_WINDOW,
    Kind.PREGNANCY: DefinitionId.PREGNANCY_WINDOW,
    Kind.IMAGING: DefinitionId.RECENT_STUDY_WINDOW,
}
"""How far back a kind of data is read, where that has an end."""


def hemoptysis_facts(
    gathered: Gathered, encounter_id: str, *, now: datetime, meanings: Meanings
) -> HemoptysisFacts:
    """Everything that the decision reads of the patient at an (aware) instant.

    What does not count (entered in error, refuted, cancelled) is dropped and counted; what cannot be
    read is counted and makes its kind of data incomplete, but an amount of blood stays, as unreadable.
    """
    calendar = Calendar(now)
    encounter = history.current_encounter(gathered.of(Kind.ENCOUNTER, Encounter), encounter_id)
    diagnoses = _diagnoses(gathered, calendar, meanings, encounter, encounter_id)
    bleeds = _bleeds(gathered, calendar, meanings)
    vitals = _vitals(gathered, calendar, meanings)
    kidney = _kidney_function(gathered, calendar, meanings)
    pregnancies = pregnancy.pregnancies(gathered, calendar, meanings)
    charted, doubted = safety.findings_of_diagnoses(diagnoses.facts, gathered, calendar, meanings)
    embolizations = history.embolizations(gathered, calendar, meanings)
    allergies = safety.allergies(gathered, calendar, meanings)
    drugs = safety.drugs(gathered, calendar, meanings)
    studies = history.studies(gathered, calendar, meanings)
    given = supports(gathered, calendar, meanings)
    losses = {
        Kind.CONDITIONS: diagnoses.losses,
        Kind.BLEEDING: bleeds.losses,
        Kind.VITALS: vitals.losses,
        Kind.LABS: kidney.losses,
        Kind.PREGNANCY: pregnancies.losses,
        Kind.PROCEDURES: embolizations.losses,
        Kind.ALLERGIES: allergies.losses,
        Kind.MEDICATIONS: drugs.losses,
        Kind.ADMINISTRATIONS: given.losses,
        Kind.IMAGING: studies.losses,
    }
    patients = list(gathered.of(Kind.PATIENT, Patient))
    facts = HemoptysisFacts(
        now=now,
        availability=gathered.availability,
        birth=_birth(patients, calendar),
        gender=next(((patient.gender or "").strip() for patient in patients), ""),
        diagnoses=tuple(diagnoses.facts),
        codes_alone=tuple(history.codes_alone(gathered, calendar, meanings)),
        bleeds=tuple(bleeds.facts),
        vitals=tuple(vitals.facts),
        embolizations=tuple(embolizations.facts),
        studies=tuple(studies.facts),
        safety=(
            *charted,
            *allergies.facts,
            *drugs.facts,
            *pregnancies.facts,
            *_creatinines(gathered, calendar, meanings),
        ),
        kidney=tuple(kidney.facts),
        asked_in_part=gathered.asked_in_part,
        has_allergy_entries=gathered.has_any(Kind.ALLERGIES),
        supports=(*given.facts, *supports_of_diagnoses(diagnoses.facts)),
        encounter_reasons=_reasons(encounter, gathered, meanings),
        encounter_start=calendar.period(encounter.period).start if encounter else UNDATED,
    )
    noted = ((kind, *note) for kind, (_, notes) in losses.items() for note in notes)
    aside = (*gathered.set_aside, *noted, *doubted, *denied_in_part(gathered, meanings))
    lost = tuple(_lost(aside, encounter_id, calendar, meanings.knowledge))
    return _with_losses(facts, losses, lost, gathered)


def _reasons(encounter: Encounter | None, gathered: Gathered, meanings: Meanings) -> tuple[ConceptMatch, ...]:
    return encounter_reasons(encounter, gathered.target, meanings) if encounter else ()


def _lost(
    set_aside: Iterable[SetAside], encounter_id: str, calendar: Calendar, knowledge: Knowledge
) -> Iterator[Lost]:
    """All that is not understood, each once of a kind, but for what is older than its kind is read for."""
    once = {(kind, id(resource)): (kind, resource, why) for kind, resource, why in reversed([*set_aside])}
    for kind, resource, why in reversed(once.values()):
        is_old = kind in _READ_FOR and _is_before(resource, calendar, duration(knowledge, _READ_FOR[kind]))
        is_other_stay = kind is Kind.ENCOUNTER and encounter_id not in ("", id_of(resource))
        if not (is_old or is_other_stay):
            yield kind, reference_to(resource), why


def _is_before(resource: ChartResource, calendar: Calendar, window: timedelta) -> bool:
    when = UNDATED
    if isinstance(resource, Observation):
        when = time_taken(resource, calendar)
    elif isinstance(resource, PastImaging):
        when = calendar.first(resource.started, resource.effective_date_time)
    return when.is_dated and when.latest < calendar.now - window


def _with_losses(
    facts: HemoptysisFacts, losses: Mapping[Kind, Losses], lost: tuple[Lost, ...], gathered: Gathered
) -> HemoptysisFacts:
    """The facts with what is not among them; a kind of which something was unreadable is incomplete."""
    unreadable = Counter(kind for kind, _, _ in lost)
    dropped = Counter(why for whys, _ in losses.values() for why in whys)
    return replace(
        facts,
        availability=_lowered(gathered.availability, unreadable),
        unreadable=_added_up(gathered.unreadable, unreadable),
        dropped=_added_up(gathered.dropped, dropped),
        not_understood=lost,
    )


def _added_up(first: Mapping[K, int], second: Mapping[K, int]) -> Mapping[K, int]:
    return dict(Counter(first) + Counter(second)) if first and second else first or second


def _lowered(known: Mapping[Kind, Availability], doubtful: Collection[Kind]) -> Mapping[Kind, Availability]:
    whole = [kind for kind in doubtful if known.get(kind) is Availability.AVAILABLE]
    return {**known, **dict.fromkeys(whole, Availability.INCOMPLETE)} if whole else known


def _birth(patients: list[Patient], calendar: Calendar) -> Moment:
    """The first birth date that can be read; else what was written for one, without a time."""
    written = [text.strip() for patient in patients if (text := patient.birth_date) and text.strip()]
    dated = (born for text in written if (born := calendar.moment(text)).is_dated)
    return next(dated, replace(UNDATED, written=written[0]) if written else UNDATED)


def _diagnoses(
    gathered: Gathered,
    calendar: Calendar,
    meanings: Meanings,
    encounter: Encounter | None,
    encounter_id: str,
) -> Tally[Diagnosis]:
    """Every Condition that counts and stands for something that is listed."""
    tally: Tally[Diagnosis] = Tally()
    current = id_of(encounter) if encounter else encounter_id
    of_encounter = history.diagnoses_of(encounter) if encounter else ()
    for condition in meanings.deadline.each(gathered.of(Kind.CONDITIONS, Condition)):
        matches = meanings.of_concept(condition.code)
        if not matches:
            continue
        if void := why_void(condition.verification_status):
            tally.dropped.append(void)
        else:
            found = diagnosis_from(condition, matches, calendar, meanings, current_encounter=current)
            if of_encounter and id_of(condition) in of_encounter:
                found = replace(found, in_current_encounter=True)
            tally.facts.append(found)
            if _may_be_severe(found, calendar, meanings) and history.has_unknown_severity(
                condition, meanings
            ):
                tally.cannot_read(condition, history.SEVERITY_NOT_UNDERSTOOD)
    return tally


def _may_be_severe(diagnosis: Diagnosis, calendar: Calendar, meanings: Meanings) -> bool:
    """True for active hemoptysis of late: that of long ago says nothing of now, however severe it was."""
    if not (diagnosis.is_active and diagnosis.means(Concept.HEMOPTYSIS)):
        return False
    since = calendar.now - duration(meanings.knowledge, DefinitionId.SEVERE_CONDITION_WINDOW)
    dated = [moment for moment in (diagnosis.onset, diagnosis.recorded) if moment.is_dated]
    is_late = not dated or any(moment.latest >= since for moment in dated)
    return is_late or diagnosis.is_returning or diagnosis.in_current_encounter


def _counting(gathered: Gathered, kind: Kind, tally: Tally[T], meanings: Meanings) -> Iterator[Observation]:
    """The Observations of a kind that count; the others are dropped into the tally, masked ones as unread."""
    for observation in meanings.deadline.each(gathered.of(kind, Observation)):
        why = why_not_counted(observation)
        if not why:
            yield observation
        elif why == MASKED:
            tally.cannot_read(observation, why)
        else:
            tally.dropped.append(why)


def _bleeds(gathered: Gathered, calendar: Calendar, meanings: Meanings) -> Tally[Bleed]:
    """Every Observation of expectorated blood that counts."""
    tally: Tally[Bleed] = Tally()
    themselves = frozenset(map(id, gathered.of(Kind.BLEEDING, Observation)))
    for observation in _counting(gathered, Kind.BLEEDING, tally, meanings):
        members = [one for one in _members(observation, gathered) if id(one) not in themselves]
        tally.facts.append(bleed_from(observation, calendar, meanings, members))
        if any(map(is_hidden, observation.component)):
            tally.cannot_read(observation, MASKED)
        elif any(gathered.target(reference_from(m.reference)) is None for m in observation.has_member):
            tally.cannot_read(observation, PART_NOT_SENT)
    return tally


def _members(observation: Observation, gathered: Gathered) -> Iterator[Observation]:
    """The Observations that count to which one refers."""
    for reference in references_in(observation.has_member):
        found = gathered.target(reference)
        if isinstance(found, Observation) and not why_not_counted(found):
            yield found


def _vitals(gathered: Gathered, calendar: Calendar, meanings: Meanings) -> Tally[Vital]:
    """Every vital sign, also those in components."""
    tally: Tally[Vital] = Tally()
    for observation in _counting(gathered, Kind.VITALS, tally, meanings):
        found, why = vitals_from(observation, gathered.target, calendar, meanings)
        tally.facts += found
        if why:
            tally.cannot_read(observation, why)
    return tally


def _kidney_function(gathered: Gathered, calendar: Calendar, meanings: Meanings) -> Tally[KidneyFunction]:
    """Every eGFR."""
    tally: Tally[KidneyFunction] = Tally()
    for observation in _counting(gathered, Kind.LABS, tally, meanings):
        if Concept.EGFR not in concepts_observed(observation, meanings):
            continue
        if not has_value(observation):
            tally.dropped.append(WITHOUT_VALUE)
        elif reading := egfr_from(observation, calendar, meanings):
            tally.facts.append(reading)
        else:
            tally.cannot_read(observation, VALUE_NOT_UNDERSTOOD)
    return tally


def _creatinines(gathered: Gathered, calendar: Calendar, meanings: Meanings) -> Iterator[SafetyFinding]:
    """Every creatinine, in its own unit as it is charted; no eGFR is computed from it."""
    for observation in gathered.of(Kind.LABS, Observation):
        observed = concepts_observed(observation, meanings)
        is_one = Concept.CREATININE in observed and Concept.EGFR not in observed
        if is_one and has_value(observation) and not why_not_counted(observation):
            when, label = time_taken(observation, calendar), charted_value(observation)
            yield SafetyFinding(reference_to(observation), Concept.CREATININE, label, when)
