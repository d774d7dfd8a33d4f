"""Allergies and drugs, read into what cautions rest on; and Conditions of that kind."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal, TypeAlias

import msgspec

from cds_service.cds_hooks.raw_json import items_of, members_of
from cds_service.cds_hooks.request import reference_from
from cds_service.clinical.facts import Diagnosis, SafetyFinding
from cds_service.clinical.time import Moment
from cds_service.fhir.chart.gather import NOT_CURRENT, Gathered, Tally
from cds_service.fhir.chart.screen import SetAside
from cds_service.fhir.chart.understood import CODE_NOT_KNOWN
from cds_service.fhir.codes import Coded, Meanings, coded_from, has_status, why_void, worded
from cds_service.fhir.dates import Calendar
from cds_service.fhir.elements import NULL
from cds_service.fhir.repair import holds_something, resource_from
from cds_service.fhir.resources import (
    AllergyIntolerance,
    Condition,
    Medication,
    MedicationUse,
    reference_to,
)
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.terminology.concepts import Certainty, Concept, ConceptMatch

_KIND_OF_CAUTION: Final[Mapping[Concept, Kind | None]] = {
    Concept.CONTRAST_REACTION: Kind.ALLERGIES,
    Concept.PREGNANCY: Kind.PREGNANCY,
    Concept.NOT_PREGNANT: Kind.PREGNANCY,
    Concept.ANTICOAGULATION: Kind.MEDICATIONS,
    Concept.ACUTE_KIDNEY_INJURY: Kind.LABS,
    Concept.KIDNEY_DISEASE_SEVERE: Kind.LABS,
    Concept.KIDNEY_DISEASE_OTHER: Kind.LABS,
    Concept.THYROID: None,
    Concept.TUBERCULOSIS: None,
}
"""What Conditions give rise to a caution, and the kind of data that is in doubt where one cannot be read."""

_OF_PREGNANCY: Final = (Concept.PREGNANCY, Concept.NOT_PREGNANT)
_CONTRAST: Final = (Concept.IODINATED_CONTRAST, Concept.CONTRAST_REACTION)
_BLEEDING_DRUGS: Final = (Concept.ANTICOAGULANT, Concept.ANTIPLATELET, Concept.THROMBOLYTIC)
_DRUGS: Final = (*_BLEEDING_DRUGS, Concept.METFORMIN)
_IN_USE: Final = ("active", "on-hold", "intended", "recorded", "draft", "in-progress", "unknown")
TELLS_NO_ANSWER: Final = frozenset(
    """
    url id valueDate valueDateTime valueInstant valuePeriod valueTime valueTiming valueIdentifier
    valueReference valueUri valueUrl valueCanonical valueOid valueUuid valueId
    """.split()  # noqa: SIM905 - a list of quoted names is no easier to read
)
"""The members of an extension that cannot hold an answer such as `Absent`: when, where, and who says so."""

QUALIFIED: Final = "extension-not-understood"
"""Why an entry is not assessed that its extension may deny."""

_Named: TypeAlias = Literal["iodinated", "other", "unclear", "nothing"]
"""What an entry of an allergy list names: iodinated contrast, or one of a kind that is not stated; another
agent; one that its codes and words do not agree on, or that cannot be read; nothing of that kind."""


def is_qualified(entry: Condition | AllergyIntolerance) -> bool:
    """True for an entry whose extensions or modifiers may say that it does not hold, or only in part.

    CAUTION: the Swiss order form lists every caveat as a Condition, and answers `Absent` in an extension.
    """
    if entry.extension is NULL and entry.modifier_extension is NULL:
        return False
    extensions = items_of(entry.extension) or (entry.extension,)
    return holds_something(entry.modifier_extension) or any(map(_may_answer, extensions))


def _may_answer(extension: msgspec.Raw) -> bool:
    """False for one that can only tell when, where or who; of any other nobody knows what it says."""
    members = members_of(extension)
    return holds_something(extension) if members is None else not TELLS_NO_ANSWER.issuperset(members)


def has_allergy_entries(gathered: Gathered) -> bool:
    """False for a list of allergies that is empty."""
    return bool(gathered.resources.get(Kind.ALLERGIES)) or any(
        kind is Kind.ALLERGIES for kind, _, _ in gathered.set_aside
    )


def _finding(reference: str, match: ConceptMatch, label: str, when: Moment) -> SafetyFinding:
    return SafetyFinding(reference, match.concept, label, when, match.by_text)


def findings_of_diagnoses(
    diagnoses: Iterable[Diagnosis], gathered: Gathered, meanings: Meanings
) -> tuple[list[SafetyFinding], list[SetAside]]:
    """The active Conditions that give rise to a caution, and those that leave another kind in doubt.

    An extension or modifier that is not understood makes a reaction to contrast, an anticoagulation and a
    kidney disease `not assessed`, and a pregnancy unknown.
    """
    found: list[SafetyFinding] = []
    doubted: list[SetAside] = []
    qualified = _qualified_conditions(gathered)
    for diagnosis in diagnoses:
        for match in diagnosis.matches if diagnosis.is_active else ():
            is_of_now = match.is_present or match.concept is Concept.CONTRAST_REACTION
            if match.concept not in _KIND_OF_CAUTION or not is_of_now:
                continue
            doubtful = qualified.get(diagnosis.reference)
            if match.concept in _OF_PREGNANCY:
                said = _surer_by_words(match, diagnosis, meanings)
                found.append(_of_pregnancy(diagnosis, said, is_sure=not (doubtful or diagnosis.is_unsure)))
            elif doubtful and (kind := _KIND_OF_CAUTION[match.concept]):
                doubted.append((kind, doubtful, QUALIFIED))
            elif match.concept is not Concept.CONTRAST_REACTION or not _is_of_other(diagnosis, meanings):
                found.append(_finding(diagnosis.reference, match, diagnosis.label, _begun(diagnosis)))
    return found, doubted


def _qualified_conditions(gathered: Gathered) -> Mapping[str, Condition]:
    conditions = gathered.of(Kind.CONDITIONS, Condition)
    return {reference_to(condition): condition for condition in conditions if is_qualified(condition)}


def _begun(diagnosis: Diagnosis) -> Moment:
    return diagnosis.onset if diagnosis.onset.is_dated else diagnosis.recorded


def _surer_by_words(match: ConceptMatch, diagnosis: Diagnosis, meanings: Meanings) -> ConceptMatch:
    """A code of pregnancy, birth and after counts as pregnancy where its words say nothing else."""
    said = {m.concept: m for m in meanings.in_text(diagnosis.label)}
    surer = said.get(match.concept, match)
    return match if surer.certainty is not Certainty.DEFINITE or {*said} >= {*_OF_PREGNANCY} else surer


def _of_pregnancy(diagnosis: Diagnosis, match: ConceptMatch, *, is_sure: bool) -> SafetyFinding:
    """By the later of its dates; a question, or a code of both pregnancy and after, leaves it unknown."""
    dated = [moment for moment in (diagnosis.onset, diagnosis.recorded) if moment.is_dated]
    when = max(dated, key=lambda moment: moment.latest) if dated else diagnosis.onset
    is_certain = is_sure and match.certainty is Certainty.DEFINITE
    concept = match.concept if is_certain else Concept.PREGNANCY_UNKNOWN
    return SafetyFinding(diagnosis.reference, concept, diagnosis.label, when, match.by_text)


def _is_of_other(diagnosis: Diagnosis, meanings: Meanings) -> bool:
    """True for a reaction to contrast that its words say was not iodinated: gadolinium."""
    said = (*diagnosis.matches, *meanings.in_text(diagnosis.label))
    return any(match.concept is Concept.OTHER_CONTRAST for match in said)


def allergies(gathered: Gathered, calendar: Calendar, meanings: Meanings) -> Tally[SafetyFinding]:
    """Reactions to iodinated contrast, by the substance or by that of a reaction.

    Not one that was refuted, entered in error, or is no longer held (inactive, resolved). One with an
    extension or modifier that is not understood, or without a name that can be read, is not assessed.
    """
    tally: Tally[SafetyFinding] = Tally()
    for allergy in gathered.of(Kind.ALLERGIES, AllergyIntolerance):
        if void := why_void(allergy.verification_status):
            tally.dropped.append(void)
        elif has_status(allergy.clinical_status, "inactive", "resolved"):
            tally.dropped.append(NOT_CURRENT)
        else:
            named = _named_by(allergy, meanings)
            if named == "unclear" or (named == "iodinated" and is_qualified(allergy)):
                tally.cannot_read(allergy, CODE_NOT_KNOWN if named == "unclear" else QUALIFIED)
            elif named == "iodinated":
                tally.facts.append(_reaction(allergy, calendar, meanings))
    return tally


def _reaction(allergy: AllergyIntolerance, calendar: Calendar, meanings: Meanings) -> SafetyFinding:
    """The first of what is named that is iodinated, with its own words."""
    named = (allergy.code, *(reaction.substance for reaction in allergy.reaction))
    coded = next(c for one in named if _names(c := coded_from(one), meanings) == "iodinated")
    is_coded = any(match.concept in _CONTRAST for match in meanings.coded(coded))
    texts = (m.by_text for m in meanings.worded(coded.words) if m.concept in _CONTRAST)
    by_text = "" if is_coded else next(texts, "")
    when = calendar.first(allergy.onset_date_time, allergy.recorded_date)
    return SafetyFinding(reference_to(allergy), Concept.CONTRAST_REACTION, coded.label, when, by_text)


def _named_by(allergy: AllergyIntolerance, meanings: Meanings) -> _Named:
    """What the allergy is to: the substances of its reactions say it more exactly than its code."""
    own = _names(coded_from(allergy.code), meanings)
    substances = [coded_from(reaction.substance) for reaction in allergy.reaction]
    reacted = {_names(substance, meanings) for substance in substances if not substance.is_empty}
    if "iodinated" in reacted:
        return "iodinated"
    if "other" in reacted:
        return "other"
    if own == "unclear" and "nothing" in reacted:
        return "nothing"
    return own


def _names(coded: Coded, meanings: Meanings) -> _Named:
    """What one name with its codes means; contrast whose kind is not stated counts as iodinated.

    `Contrast media (gadolinium)` is not iodinated. A code that is only possibly contrast (`dye`) counts with
    words that say so.
    """
    by_code = {m.concept: m.certainty for m in meanings.coded(coded)}
    by_word = {match.concept for match in meanings.worded(coded.words)}
    is_coded = any(by_code.get(concept) is Certainty.DEFINITE for concept in _CONTRAST)
    if Concept.OTHER_CONTRAST in by_code or Concept.OTHER_CONTRAST in by_word:
        is_contradicted = is_coded and by_code.keys() & {Concept.IODINATED_CONTRAST}
        return "unclear" if is_contradicted else "other"
    if is_coded or not by_word.isdisjoint(_CONTRAST):
        return "iodinated"
    is_doubtful = not by_code.keys().isdisjoint(_CONTRAST)
    return "unclear" if is_doubtful or not (by_code or _is_named(coded, meanings)) else "nothing"


def drugs(gathered: Gathered, calendar: Calendar, meanings: Meanings) -> Tally[SafetyFinding]:
    """Drugs that amplify bleeding, and metformin, in use or running.

    A drug that cannot be read (referred to and not there, by a code alone that is not listed, or with a
    modifier) leaves the drugs in doubt.
    """
    tally: Tally[SafetyFinding] = Tally()
    uses = (*gathered.of(Kind.MEDICATIONS, MedicationUse), *gathered.of(Kind.ADMINISTRATIONS, MedicationUse))
    for use in uses:
        if has_status(use.status, "entered-in-error"):
            tally.dropped.append("entered-in-error")
        elif not is_in_use(use, calendar):
            tally.dropped.append(NOT_CURRENT)
        else:
            drug = drug_used(use, gathered)
            found = meanings.meant(drug)
            if not (found or _is_named(drug, meanings)):
                tally.cannot_read(use, CODE_NOT_KNOWN)
                continue
            when = calendar.first(use.authored_on, use.effective_date_time, use.date_asserted)
            tally.facts.extend(
                _finding(reference_to(use), match, drug.label, when)
                for match in _of_drug(drug, found, meanings)
            )
    return tally


def _is_named(coded: Coded, meanings: Meanings) -> bool:
    """True for what words name, or a code of a system whose classes are listed whole, none of which it is in.

    Any other code that is not listed is only a number to us.
    """
    matching = meanings.terminology.codes.matching
    return bool(coded.words) or any(
        matching.get(meanings.of(coding).system) == "hierarchy" for coding in coded.codings
    )


def _of_drug(drug: Coded, found: Iterable[ConceptMatch], meanings: Meanings) -> Iterator[ConceptMatch]:
    """The listed drugs that it holds; what only keeps a line open (a flush, a lock) is no anticoagulation."""
    matches = [match for match in found if match.concept in _DRUGS and match.is_present]
    if any(match.concept in _BLEEDING_DRUGS for match in matches) and _is_line_care(drug, meanings):
        return (match for match in matches if match.concept not in _BLEEDING_DRUGS)
    return iter(matches)


def _is_line_care(drug: Coded, meanings: Meanings) -> bool:
    return any(match.concept is Concept.LINE_CARE for match in meanings.worded(drug.words))


def is_in_use(use: MedicationUse, calendar: Calendar) -> bool:
    """True for a drug that is ordered, taken or given now; without a status it is."""
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
