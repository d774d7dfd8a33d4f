"""What keeps the patient alive, or did: ventilation, oxygen, running vasopressors, red cells."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from cds_service.cds_hooks.raw_json import decoded
from cds_service.clinical.facts import Diagnosis, Support
from cds_service.clinical.time import UNDATED, Moment, Period, at
from cds_service.fhir.chart.gather import Gathered, Tally, drug_used
from cds_service.fhir.chart.history import performed_at
from cds_service.fhir.chart.observations import (
    OF_SUPPORT,
    effective,
    measured_by,
    parts_of,
    value_meant,
    why_not_counted,
)
from cds_service.fhir.codes import Coded, Meanings, coded_from, has_status
from cds_service.fhir.dates import Calendar
from cds_service.fhir.quantities import number_of
from cds_service.fhir.repair import each_of, holds_something
from cds_service.fhir.resources import (
    BackboneElement,
    MedicationUse,
    Observation,
    ObservationComponent,
    PastProcedure,
    reference_to,
)
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.terminology.concepts import Certainty, Concept, ConceptMatch

_DONE_TO: Final = (
    *(Concept.VENTILATION, Concept.ECMO, Concept.ARREST, Concept.RED_CELL_TRANSFUSION),
    *(Concept.OXYGEN_THERAPY, Concept.HOME_OXYGEN),
)
_OBSERVED: Final[Mapping[Concept, Concept]] = {
    Concept.VENTILATOR_RATE: Concept.VENTILATION,
    **{concept: concept for concept in OF_SUPPORT},
}
_NOT_BEGUN: Final = ("preparation", "not-done", "on-hold", "suspended", "entered-in-error")
_KNOWN_STATUSES: Final = ("completed", "in-progress", "stopped")
_RUNNING: Final = ("in-progress", "active")


def supports(gathered: Gathered, calendar: Calendar, meanings: Meanings) -> Tally[Support]:
    """What is done to keep the patient alive, and what was; a running drug that names none is not read."""
    tally: Tally[Support] = Tally()
    tally.facts += _of_procedures(gathered.of(Kind.PROCEDURES, PastProcedure), calendar, meanings)
    tally.facts += _of_observations(gathered.of(Kind.VITALS, Observation), calendar, meanings)
    for use in gathered.of(Kind.ADMINISTRATIONS, MedicationUse):
        if use.status is not None and not has_status(use.status, *_RUNNING):
            continue
        drug = drug_used(use, gathered)
        if drug.is_empty:
            tally.cannot_read(use, "drug-not-known")
        tally.facts += _of_drug(use, drug, calendar, meanings)
    for use in gathered.of(Kind.MEDICATIONS, MedicationUse):
        if has_status(use.status, *_RUNNING) and use.do_not_perform is not True:
            tally.facts += _of_drug(use, drug_used(use, gathered), calendar, meanings)
    return tally


def supports_of_diagnoses(diagnoses: Iterable[Diagnosis]) -> Iterator[Support]:
    """What active Conditions say of ventilation and oxygen.

    Dependence says nothing of when ventilation began: it is never sure.
    """
    for diagnosis in diagnoses:
        for match in diagnosis.matches if diagnosis.is_active else ():
            if match.concept in OF_SUPPORT and match.certainty is not Certainty.PAST:
                is_begun = match.concept in (Concept.HOME_OXYGEN, Concept.OXYGEN_THERAPY)
                is_sure = is_begun and match.certainty is Certainty.DEFINITE and not diagnosis.is_unsure
                period = Period(diagnosis.onset, UNDATED)
                yield Support(diagnosis.reference, match.concept, period, diagnosis.label, not is_sure)


def _of_procedures(
    procedures: Sequence[PastProcedure], calendar: Calendar, meanings: Meanings
) -> Iterator[Support]:
    """Also those in progress and those that were stopped; one of no known status is not sure."""
    for procedure in procedures:
        if has_status(procedure.status, *_NOT_BEGUN) or procedure.not_done is True:
            continue
        coded = coded_from(procedure.code)
        is_known = has_status(procedure.status, *_KNOWN_STATUSES)
        for match in _meant(coded, _DONE_TO, meanings):
            period = _performed(procedure, calendar)
            yield _support(reference_to(procedure), match, period, coded, is_sure=is_known)


def _performed(procedure: PastProcedure, calendar: Calendar) -> Period:
    """From its begin to its end; what is in progress is still running."""
    if procedure.performed_period is not None:
        return calendar.period(procedure.performed_period)
    begun = performed_at(procedure, calendar)
    return Period(begun, UNDATED) if has_status(procedure.status, "in-progress") else at(begun)


def _of_observations(
    observations: Sequence[Observation], calendar: Calendar, meanings: Meanings
) -> Iterator[Support]:
    """A ventilator's rate (its presence, not its number), and oxygen or ventilation by code or as a value."""
    for observation in observations:
        if why_not_counted(observation):
            continue
        for valued in parts_of(observation):
            meant, _ = measured_by(valued, meanings)
            for match in (*meant, *value_meant(valued, meanings)):
                concept = _OBSERVED.get(match.concept)
                if concept is None or match.certainty is Certainty.PAST or _is_denied(valued, meanings):
                    continue
                is_sure = concept in (Concept.OXYGEN_THERAPY, Concept.HOME_OXYGEN)
                is_sure = is_sure and not holds_something(observation.modifier_extension)
                found = ConceptMatch(concept, match.certainty)
                period = effective(observation, calendar)
                yield _support(
                    reference_to(observation), found, period, coded_from(valued.code), is_sure=is_sure
                )


def _is_denied(valued: ObservationComponent, meanings: Meanings) -> bool:
    """True for the answer no, and for nothing: zero."""
    if decoded(valued.value_boolean, bool) is False:
        return True
    quantity = valued.value_quantity
    if quantity is not None and not quantity.comparator and number_of(quantity) == 0:
        return True
    texts = (text,) if (text := (valued.value_string or "").strip()) else ()
    return meanings.answer_in(Coded(texts=texts).joined(coded_from(valued.value_codeable_concept))) is False


def _of_drug(use: MedicationUse, drug: Coded, calendar: Calendar, meanings: Meanings) -> Iterator[Support]:
    """A vasopressor that is running: being given, or ordered as an infusion; no local form.

    An order of which nothing says how it is given is not sure.
    """
    for match in _meant(drug, (Concept.VASOPRESSOR,), meanings):
        dosages = dosages_of(use)
        words = coded_from(*(c for d in dosages for c in (d.route, d.method, d.site))).words
        said = (*drug.words, *words, *(text for d in dosages if (text := (d.text or "").strip())))
        forms = {m.concept for m in meanings.worded(said)}
        if Concept.LOCAL_FORM in forms:
            continue
        is_given = use.status is not None and has_status(use.status, "in-progress")
        is_infused = Concept.INFUSION in forms or any(map(has_rate, dosages))
        if is_given or is_infused or not dosages:
            begun = Period(_begun(use, calendar), UNDATED)
            yield _support(reference_to(use), match, begun, drug, is_sure=is_given or is_infused)


def dosages_of(use: MedicationUse) -> list[BackboneElement]:
    """How the drug is given, whatever the member is called."""
    return [d for raw in (use.dosage, use.dosage_instruction) for d in each_of(raw, BackboneElement)]


def has_rate(dosage: BackboneElement) -> bool:
    """True for what is infused."""
    rates = (dosage.rate_quantity, dosage.rate_range, dosage.rate_ratio)
    return any(map(holds_something, rates)) or any(map(has_rate, dosage.dose_and_rate))


def _begun(use: MedicationUse, calendar: Calendar) -> Moment:
    if use.effective_period is not None:
        return calendar.period(use.effective_period).start
    return calendar.first(use.effective_date_time, use.authored_on)


def _meant(coded: Coded, concepts: Sequence[Concept], meanings: Meanings) -> Iterator[ConceptMatch]:
    """Those of the concepts that are meant now, not in the past."""
    for match in meanings.meant(coded):
        if match.concept in concepts and match.certainty is not Certainty.PAST:
            yield match


def _support(reference: str, match: ConceptMatch, period: Period, coded: Coded, *, is_sure: bool) -> Support:
    is_unsure = not is_sure or match.certainty is Certainty.POSSIBLE
    return Support(reference, match.concept, period, coded.label, is_unsure)
