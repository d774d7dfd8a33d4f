"""Allergies, drugs and pregnancy, read into what cautions rest on; and Conditions of that kind."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from cds_service.cds_hooks.raw_json import decoded
from cds_service.cds_hooks.request import reference_from
from cds_service.clinical.facts import Diagnosis, SafetyFinding
from cds_service.clinical.time import Moment
from cds_service.fhir.chart.gather import NOT_CURRENT, Gathered, Tally
from cds_service.fhir.chart.observations import concepts_observed, time_taken
from cds_service.fhir.codes import Coded, Meanings, coded_from, has_status, why_void, worded
from cds_service.fhir.dates import Calendar
from cds_service.fhir.repair import resource_from
from cds_service.fhir.resources import (
    AllergyIntolerance,
    Medication,
    MedicationUse,
    Observation,
    reference_to,
)
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.terminology.concepts import Concept, ConceptMatch

_BY_CONDITION = frozenset(
    {
        Concept.PREGNANCY,
        Concept.THYROID,
        Concept.CONTRAST_REACTION,
        Concept.ANTICOAGULATION,
        Concept.TUBERCULOSIS,
        Concept.ACUTE_KIDNEY_INJURY,
        Concept.KIDNEY_DISEASE_SEVERE,
        Concept.KIDNEY_DISEASE_OTHER,
    }
)
_DRUGS = frozenset({Concept.ANTICOAGULANT, Concept.METFORMIN})
_IN_USE = ("active", "on-hold", "intended", "recorded", "draft")


def findings_of_diagnoses(diagnoses: Iterable[Diagnosis]) -> Iterator[SafetyFinding]:
    """The active Conditions that give rise to a caution."""
    for diagnosis in diagnoses:
        when = diagnosis.onset if diagnosis.onset.is_dated else diagnosis.recorded
        for match in diagnosis.matches if diagnosis.is_active else ():
            if match.concept in _BY_CONDITION and match.is_present:
                yield _finding(diagnosis.reference, match, diagnosis.label, when)


def allergies(gathered: Gathered, calendar: Calendar, meanings: Meanings) -> Tally[SafetyFinding]:
    """Reactions to iodinated contrast, by the substance or by that of a reaction.

    Not one that was refuted, entered in error, or is no longer held (inactive, resolved).
    """
    tally: Tally[SafetyFinding] = Tally()
    for allergy in gathered.of(Kind.ALLERGIES, AllergyIntolerance):
        if void := why_void(allergy.verification_status):
            tally.dropped.append(void)
        elif has_status(allergy.clinical_status, "inactive", "resolved"):
            tally.dropped.append(NOT_CURRENT)
        else:
            tally.facts.extend(_findings_of_allergy(allergy, calendar, meanings))
    return tally


def _findings_of_allergy(
    allergy: AllergyIntolerance, calendar: Calendar, meanings: Meanings
) -> Iterator[SafetyFinding]:
    coded = coded_from(allergy.code, *(reaction.substance for reaction in allergy.reaction))
    when = calendar.first(allergy.onset_date_time, allergy.recorded_date)
    for match in meanings.meant(coded):
        if match.concept is Concept.CONTRAST_REACTION:
            yield _finding(reference_to(allergy), match, coded.label, when)


def drugs(gathered: Gathered, calendar: Calendar, meanings: Meanings) -> Tally[SafetyFinding]:
    """Anticoagulants and metformin in use; a drug that is referred to and not there cannot be read."""
    tally: Tally[SafetyFinding] = Tally()
    for use in gathered.of(Kind.MEDICATIONS, MedicationUse):
        if has_status(use.status, "entered-in-error"):
            tally.dropped.append("entered-in-error")
        elif not is_in_use(use, calendar):
            tally.dropped.append(NOT_CURRENT)
        elif (drug := drug_used(use, gathered)).is_empty:
            tally.unreadable += 1
        else:
            when = calendar.first(use.authored_on, use.effective_date_time, use.date_asserted)
            for match in meanings.meant(drug):
                if match.concept in _DRUGS and match.is_present:
                    tally.facts.append(_finding(reference_to(use), match, drug.label, when))
    return tally


def is_in_use(use: MedicationUse, calendar: Calendar) -> bool:
    """True for a drug that is ordered or taken now; without a status it is."""
    if use.do_not_perform is True or use.not_taken is True or has_status(use.taken, "n"):
        return False
    end = calendar.period(use.effective_period).end
    if end.is_dated and end.latest < calendar.now:
        return False
    return use.status is None or has_status(use.status, *_IN_USE)


def drug_used(use: MedicationUse, gathered: Gathered) -> Coded:
    """The drug as the resource itself names it, and as the Medication that it contains or refers to."""
    named = coded_from(use.medication_codeable_concept)
    reference = use.medication_reference
    if reference is not None:
        named = named.joined(worded((reference.display or "").strip()))
    for raw in use.contained:
        contained = resource_from(raw, "Medication")
        if isinstance(contained, Medication):
            named = named.joined(_drug_in(contained))
    target = gathered.target(reference_from(reference.reference)) if reference is not None else None
    return named.joined(_drug_in(target)) if isinstance(target, Medication) else named


def _drug_in(medication: Medication) -> Coded:
    """The drug by its code and its ingredients."""
    return coded_from(medication.code, *(item.item_codeable_concept for item in medication.ingredient))


def pregnancies(
    observations: Iterable[Observation], calendar: Calendar, meanings: Meanings
) -> Iterator[SafetyFinding]:
    """Pregnancy by the newest status or test that says yes or no, and by any undated one that says yes."""
    answers = [answer for o in observations if (answer := _pregnancy_answer(o, calendar, meanings))]
    dated = [finding.when.latest for finding, _ in answers if finding.when.is_dated]
    newest: datetime | None = max(dated, default=None)
    for finding, is_pregnant in answers:
        if is_pregnant and (not finding.when.is_dated or finding.when.latest == newest):
            yield finding


def _pregnancy_answer(
    observation: Observation, calendar: Calendar, meanings: Meanings
) -> tuple[SafetyFinding, bool] | None:
    """The finding, and whether it says pregnant; None where that is unclear."""
    observed = concepts_observed(observation, meanings)
    coded = coded_from(observation.value_codeable_concept)
    is_pregnant = _says_pregnant(observation, coded, meanings)
    if is_pregnant is None:
        return None
    concept = Concept.PREGNANCY_TEST if Concept.PREGNANCY_TEST in observed else Concept.PREGNANCY_STATUS
    label = coded.label or (observation.value_string or "").strip()
    when = time_taken(observation, calendar)
    return SafetyFinding(reference_to(observation), concept, label, when), is_pregnant


def _says_pregnant(observation: Observation, coded: Coded, meanings: Meanings) -> bool | None:
    """What the value says; nothing when it is unclear."""
    answer = decoded(observation.value_boolean, bool)
    if answer is not None:
        return answer
    if any(m.concept is Concept.PREGNANCY and m.is_present for m in meanings.meant(coded)):
        return meanings.answer_in(coded) is not False
    text = (observation.value_string or "").strip()
    said = meanings.answer_in(coded if not coded.is_empty else Coded(texts=(text,)))
    if said is not None:
        return said
    is_bare_finding = Concept.PREGNANCY in concepts_observed(observation, meanings) and coded.is_empty
    return True if is_bare_finding else None


def _finding(reference: str, match: ConceptMatch, label: str, when: Moment) -> SafetyFinding:
    return SafetyFinding(reference, match.concept, label, when, match.by_text)
