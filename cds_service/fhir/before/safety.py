"""What the cautions rest on: contrast reactions, drugs, pregnancy, and Conditions of that kind."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from cds_service.clinical.facts import Diagnosis, SafetyFinding
from cds_service.clinical.time import Moment
from cds_service.fhir.before.codings import Coded, coded_from, concepts_meant, has_status
from cds_service.fhir.before.datetimes import Calendar
from cds_service.fhir.before.json_values import first_object, objects_in, text_in
from cds_service.fhir.before.observations import answer_of, concepts_observed
from cds_service.fhir.before.resources import AllergyIntolerance, Medication, MedicationUse, Observation
from cds_service.fhir.before.vitals import time_taken
from cds_service.fhir.before.yes_or_no import Answer, answer_in
from cds_service.knowledge.terminology.concepts import Concept, ConceptMatch
from cds_service.knowledge.terminology.terminology import Terminology

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
            if match.concept in _BY_CONDITION:
                yield _finding(diagnosis.reference, match, diagnosis.label, when)


def findings_of_allergy(
    allergy: AllergyIntolerance, calendar: Calendar, terminology: Terminology
) -> Iterator[SafetyFinding]:
    """A reaction to iodinated contrast, by the substance or by that of a reaction.

    Not one that was refuted, entered in error, or is no longer held (inactive, resolved).
    """
    coded = coded_from(allergy.code, terminology)
    for reaction in objects_in(allergy.reaction):
        coded = coded.joined(coded_from(reaction.get("substance"), terminology))
    when = calendar.first(allergy.onset_date_time, allergy.recorded_date, allergy.asserted_date)
    for match in concepts_meant(coded, terminology):
        if match.concept is Concept.CONTRAST_REACTION:
            yield _finding(allergy.reference, match, coded.label, when)


def is_held(allergy: AllergyIntolerance) -> bool:
    """False for an allergy that is inactive or resolved."""
    return not has_status(allergy.clinical_status, "inactive", "resolved")


def findings_of_drug(
    use: MedicationUse, drug: Coded, calendar: Calendar, terminology: Terminology
) -> Iterator[SafetyFinding]:
    """An anticoagulant or metformin, by ingredient code or by name."""
    when = calendar.first(use.authored_on, use.effective_date_time, use.date_asserted)
    for match in concepts_meant(drug, terminology):
        if match.concept in _DRUGS:
            yield _finding(use.reference, match, drug.label, when)


def is_in_use(use: MedicationUse, calendar: Calendar) -> bool:
    """True for a drug that is ordered or taken now; without a status it is."""
    if use.do_not_perform is True or use.not_taken is True or has_status(use.taken, "n"):
        return False
    end = calendar.period(use.effective_period).end
    if end.is_dated and end.latest < calendar.now:
        return False
    return use.status is None or has_status(use.status, *_IN_USE)


def drug_named(use: MedicationUse, terminology: Terminology) -> Coded:
    """The drug as the resource itself names it, a contained Medication included."""
    named = coded_from(use.medication_codeable_concept, terminology)
    named = named.joined(coded_from(use.medication, terminology))
    for reference in (use.medication_reference, first_object(use.medication).get("reference")):
        display = text_in(first_object(reference).get("display"))
        named = named.joined(Coded(texts=(display,))) if display else named
    for contained in objects_in(use.contained):
        if contained.get("resourceType") == "Medication":
            named = named.joined(drug_in(contained.get("code"), contained.get("ingredient"), terminology))
    return named


def drug_of(medication: Medication, terminology: Terminology) -> Coded:
    """The drug that a Medication is, with its ingredients."""
    return drug_in(medication.code, medication.ingredient, terminology)


def drug_in(code: object, ingredients: object, terminology: Terminology) -> Coded:
    """The drug by its code and its ingredients."""
    drug = coded_from(code, terminology)
    for ingredient in objects_in(ingredients):
        for name in ("itemCodeableConcept", "item"):
            drug = drug.joined(coded_from(ingredient.get(name), terminology))
    return drug


@dataclass(frozen=True, slots=True)
class _PregnancyAnswer:
    finding: SafetyFinding
    is_pregnant: bool


def finding_of_pregnancy(
    observations: Iterable[Observation], calendar: Calendar, terminology: Terminology
) -> Iterator[SafetyFinding]:
    """Pregnancy by the newest status or test that says yes or no, and by any undated one that says yes."""
    answers = [a for o in observations if (a := _pregnancy_answer(o, calendar, terminology))]
    dated = [a for a in answers if a.finding.when.is_dated]
    newest = max(map(_latest, dated), default=None)
    for answer in answers:
        is_last = not answer.finding.when.is_dated or _latest(answer) == newest
        if answer.is_pregnant and is_last:
            yield answer.finding


def _pregnancy_answer(
    observation: Observation, calendar: Calendar, terminology: Terminology
) -> _PregnancyAnswer | None:
    observed = concepts_observed(observation, terminology)
    coded = answer_of(observation, terminology)
    concept = Concept.PREGNANCY_TEST if Concept.PREGNANCY_TEST in observed else Concept.PREGNANCY_STATUS
    is_pregnant = _says_pregnant(observation, coded, terminology)
    if is_pregnant is None:
        return None
    label = coded.label or text_in(observation.value_string)
    when = time_taken(observation, calendar)
    return _PregnancyAnswer(SafetyFinding(observation.reference, concept, label, when), is_pregnant)


def _says_pregnant(observation: Observation, coded: Coded, terminology: Terminology) -> bool | None:
    """What the value says; nothing when it is unclear."""
    if isinstance(observation.value_boolean, bool):
        return observation.value_boolean
    if any(match.concept is Concept.PREGNANCY for match in concepts_meant(coded, terminology)):
        return answer_in(coded) is not Answer.NO
    said = answer_in(coded if not coded.is_empty else Coded(texts=(text_in(observation.value_string),)))
    if said is not Answer.UNCLEAR:
        return said is Answer.YES
    is_bare_finding = Concept.PREGNANCY in concepts_observed(observation, terminology) and coded.is_empty
    return True if is_bare_finding else None


def _latest(answer: _PregnancyAnswer) -> datetime:
    return answer.finding.when.latest


def _finding(reference: str, match: ConceptMatch, label: str, when: Moment) -> SafetyFinding:
    return SafetyFinding(reference, match.concept, label, when, match.by_text)
