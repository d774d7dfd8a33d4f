"""Allergies and drugs, read into what cautions rest on; and Conditions of that kind."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Final, Literal, TypeAlias

from cds_service.clinical.facts import Diagnosis, SafetyFinding
from cds_service.clinical.time import Moment
from cds_service.fhir.chart.gather import NOT_CURRENT, Gathered, Tally, is_in_use
from cds_service.fhir.chart.pregnancy import pregnancy_diagnosed
from cds_service.fhir.chart.screen import SetAside
from cds_service.fhir.chart.supports import dosages_of, has_rate, rates_in
from cds_service.fhir.chart.understood import CODE_NOT_KNOWN, QUALIFIED, is_qualified
from cds_service.fhir.codes import Coded, Meanings, coded_from, is_word
from cds_service.fhir.dates import Calendar
from cds_service.fhir.elements import has_status, why_void
from cds_service.fhir.resources import AllergyIntolerance, Condition, MedicationUse, reference_to
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.terminology.concepts import Certainty, Concept, ConceptMatch
from cds_service.knowledge.terminology.words import sentences_of

_KIND_OF_CAUTION: Final[Mapping[Concept, Kind | None]] = {
    Concept.CONTRAST_REACTION: Kind.ALLERGIES,
    Concept.PREGNANCY: Kind.PREGNANCY,
    Concept.NOT_PREGNANT: Kind.PREGNANCY,
    Concept.ANTICOAGULATION: Kind.MEDICATIONS,
    Concept.ANTIPLATELET: Kind.MEDICATIONS,
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
_DRUGS: Final = (*_BLEEDING_DRUGS, Concept.METFORMIN, Concept.BLEEDING_TREATMENT)
_CLAUSE_END: Final = re.compile(r"[,:]")
_MOST_WORDS_OF_A_NAME: Final = 3
_Named: TypeAlias = Literal["iodinated", "other", "unstated", "unclear", "nothing"]
"""What an entry of an allergy list names, what tells most first: iodinated contrast; another agent; contrast
of a kind that is not stated, which counts as iodinated; what its codes and words do not agree on, or that
cannot be read; nothing of that kind."""

_Namer: TypeAlias = Callable[[Coded], _Named]
_TELLING: Final[tuple[_Named, ...]] = ("iodinated", "other", "unstated", "unclear")


def _finding(reference: str, match: ConceptMatch, label: str, when: Moment) -> SafetyFinding:
    return SafetyFinding(reference, match.concept, label, when, match.by_text)


def findings_of_diagnoses(
    diagnoses: Iterable[Diagnosis], gathered: Gathered, calendar: Calendar, meanings: Meanings
) -> tuple[list[SafetyFinding], list[SetAside]]:
    """The active Conditions that give rise to a caution, and those that leave another kind in doubt.

    An extension or modifier that is not understood makes a reaction to contrast, an anticoagulation and a
    kidney disease `not assessed`, and a pregnancy unknown; so do words that only may mean an anticoagulation.
    """
    found: list[SafetyFinding] = []
    doubted: list[SetAside] = []
    active = [diagnosis for diagnosis in diagnoses if diagnosis.is_active]
    cautioned = [(diagnosis, m) for diagnosis in active for m in diagnosis.matches if _gives_caution(m)]
    if not cautioned:
        return found, doubted
    conditions = {reference_to(condition): condition for condition in gathered.of(Kind.CONDITIONS, Condition)}
    for diagnosis, match in cautioned:
        condition = conditions.get(diagnosis.reference)
        why = _why_unsure(match, condition, meanings) if condition else ""
        if match.concept in _OF_PREGNANCY:
            is_sure = not (why or diagnosis.is_unsure)
            found.append(pregnancy_diagnosed(diagnosis, match, calendar, meanings, is_sure=is_sure))
        elif condition and why and (kind := _KIND_OF_CAUTION[match.concept]):
            doubted.append((kind, condition, why))
        elif match.concept is Concept.CONTRAST_REACTION and _is_of_other(diagnosis, meanings):
            if condition and _states_agent(match, diagnosis):
                doubted.append((Kind.ALLERGIES, condition, CODE_NOT_KNOWN))
        else:
            found.append(_finding(diagnosis.reference, match, diagnosis.label, _begun(diagnosis)))
    return found, doubted


def _gives_caution(match: ConceptMatch) -> bool:
    """An antiplatelet by its code alone: `aspirin allergy` and the like are Conditions too."""
    is_of_now = match.is_present or match.concept is Concept.CONTRAST_REACTION
    is_drug_by_name = match.concept is Concept.ANTIPLATELET and bool(match.by_text)
    return match.concept in _KIND_OF_CAUTION and is_of_now and not is_drug_by_name


def _why_unsure(match: ConceptMatch, condition: Condition, meanings: Meanings) -> str:
    """Why it may mean nothing: also words of pregnancy by a code that has none, an open anticoagulation."""
    if is_qualified(condition):
        return QUALIFIED
    is_open = match.concept is Concept.ANTICOAGULATION and match.certainty is Certainty.POSSIBLE
    if match.concept is Concept.PREGNANCY and match.by_text:
        is_open = any(meanings.of(coding).is_known_system for coding in coded_from(condition.code).codings)
    return CODE_NOT_KNOWN if is_open else ""


def _begun(diagnosis: Diagnosis) -> Moment:
    return diagnosis.onset if diagnosis.onset.is_dated else diagnosis.recorded


def _states_agent(match: ConceptMatch, diagnosis: Diagnosis) -> bool:
    """True for a code of a reaction to X-ray contrast, not to contrast of no stated kind."""
    return not match.by_text and not _holds(diagnosis.matches, Concept.OTHER_CONTRAST)


def _is_of_other(diagnosis: Diagnosis, meanings: Meanings) -> bool:
    """True for a reaction to contrast of no stated kind whose words say that it was not iodinated."""
    said = (*diagnosis.matches, *meanings.in_text(diagnosis.label))
    is_other = any(_is_stated(match, Concept.OTHER_CONTRAST, meanings) for match in said)
    return is_other and not any(_is_stated(match, Concept.IODINATED_CONTRAST, meanings) for match in said)


def allergies(gathered: Gathered, calendar: Calendar, meanings: Meanings) -> Tally[SafetyFinding]:
    """Reactions to iodinated contrast, by the substance or by that of a reaction.

    Not one that was refuted, entered in error, or is no longer held (inactive, resolved). One with an
    extension or modifier that is not understood, or without a name that can be read, is not assessed.
    """
    tally: Tally[SafetyFinding] = Tally()
    names = cache(lambda coded: _names(coded, meanings))
    for allergy in meanings.deadline.each(gathered.of(Kind.ALLERGIES, AllergyIntolerance)):
        if void := why_void(allergy.verification_status):
            tally.dropped.append(void)
        elif has_status(allergy.clinical_status, "inactive", "resolved"):
            tally.dropped.append(NOT_CURRENT)
        else:
            named = _named_by(allergy, names, meanings)
            is_contrast = named in ("iodinated", "unstated")
            if named == "unclear" or (is_contrast and is_qualified(allergy)):
                tally.cannot_read(allergy, CODE_NOT_KNOWN if named == "unclear" else QUALIFIED)
            elif is_contrast:
                tally.facts.append(_reaction(allergy, names, calendar, meanings))
    return tally


def _reaction(
    allergy: AllergyIntolerance, names: _Namer, calendar: Calendar, meanings: Meanings
) -> SafetyFinding:
    """The first of what is named that is iodinated, else the first contrast, with its own words."""
    named = [(names(coded), coded) for coded in _substances(allergy)]
    coded = next(coded for kind in ("iodinated", "unstated") for is_a, coded in named if is_a == kind)
    is_coded = any(match.concept in _CONTRAST for match in meanings.coded(coded))
    texts = (m.by_text for m in meanings.worded(coded.words) if m.concept in _CONTRAST)
    by_text = "" if is_coded else next(texts, "")
    when = calendar.first(allergy.onset_date_time, allergy.recorded_date)
    return SafetyFinding(reference_to(allergy), Concept.CONTRAST_REACTION, coded.label, when, by_text)


def _substances(allergy: AllergyIntolerance) -> list[Coded]:
    """What the allergy is to: its code, and the substances of its reactions."""
    return [coded_from(allergy.code), *(coded_from(reaction.substance) for reaction in allergy.reaction)]


def _named_by(allergy: AllergyIntolerance, names: _Namer, meanings: Meanings) -> _Named:
    """What tells most of all that it is to. A code that is only a number says nothing beside a substance."""
    named = [coded for coded in _substances(allergy) if not coded.is_empty]
    readable = [coded for coded in named if meanings.coded(coded) or _is_named(coded, meanings)]
    kinds = {names(coded) for coded in readable}
    return next((kind for kind in _TELLING if kind in kinds), "nothing" if kinds else "unclear")


def _names(coded: Coded, meanings: Meanings) -> _Named:
    """What one name with its codes means.

    An agent that is stated wins, iodinated before any other; `contrast media (gadolinium)` is not iodinated,
    and shellfish or iodine beside contrast say nothing. A code of both kinds is of a kind that is not stated;
    one that is only possibly contrast (`dye`) counts with words that say so. An agent that is only named as
    tolerated or not to be given is unclear.
    """
    if meanings.terminology.terms.is_excepted(coded.words, *_CONTRAST):
        return "unclear"
    by_code = [meanings.of(coding).matches for coding in coded.codings]
    by_word = meanings.worded(coded.words)
    is_coded = any(_is_contrast(matches) for matches in by_code)
    is_agent = any(_is_contrast(m) and not _holds(m, Concept.OTHER_CONTRAST) for m in by_code)
    said = (*(match for matches in by_code for match in matches), *by_word)
    is_other = any(_is_stated(match, Concept.OTHER_CONTRAST, meanings) for match in said)
    if any(_is_stated(match, Concept.IODINATED_CONTRAST, meanings) for match in by_word):
        return "iodinated"
    if is_other:
        return "unclear" if is_agent else "other"
    if is_agent:
        return "iodinated"
    if is_coded or any(match.concept in _CONTRAST for match in by_word):
        return "unstated"
    return "unclear" if any(match.concept in _CONTRAST for match in said) else "nothing"


def _is_contrast(matches: Iterable[ConceptMatch]) -> bool:
    """True for what a code certainly says is contrast."""
    return any(m.concept in _CONTRAST and m.certainty is Certainty.DEFINITE for m in matches)


def _holds(matches: Iterable[ConceptMatch], *concepts: Concept) -> bool:
    return any(match.concept in concepts for match in matches)


def _is_stated(match: ConceptMatch, concept: Concept, meanings: Meanings) -> bool:
    """True for a code or a word that states an agent of this kind.

    A word that is listed as possible (`contrast`, `iodine`) leaves the kind open, whatever is said of it.
    """
    if match.concept is not concept:
        return False
    listed = meanings.in_text(match.by_text) if match.by_text else (match,)
    return any(term.concept is concept and term.certainty is Certainty.DEFINITE for term in listed)


def drugs(gathered: Gathered, calendar: Calendar, meanings: Meanings) -> Tally[SafetyFinding]:
    """Drugs that amplify bleeding, those given for it, and metformin, in use or running.

    A drug that cannot be read (referred to and not there, by a code alone that is not listed, or with a
    modifier), or that is only possibly one of these (`allergy to heparin`), leaves the drugs in doubt.
    """
    tally: Tally[SafetyFinding] = Tally()
    uses = (*gathered.of(Kind.MEDICATIONS, MedicationUse), *gathered.of(Kind.ADMINISTRATIONS, MedicationUse))
    for use in meanings.deadline.each(uses):
        if has_status(use.status, "entered-in-error"):
            tally.dropped.append("entered-in-error")
        elif not is_in_use(use, calendar):
            tally.dropped.append(NOT_CURRENT)
        else:
            drug = gathered.drugs[id(use)]
            found = meanings.meant(drug)
            if not (found or _is_named(drug, meanings)):
                tally.cannot_read(use, CODE_NOT_KNOWN)
                continue
            told = calendar.first(use.authored_on, use.effective_date_time, use.date_asserted)
            when = told if told.is_dated else calendar.period(use.effective_period).start
            held = [*_of_drug(use, drug, found, meanings)]
            if any(match.certainty is Certainty.POSSIBLE for match in held):
                tally.cannot_read(use, CODE_NOT_KNOWN)
            sure = (match for match in held if match.certainty is Certainty.DEFINITE)
            tally.facts.extend(_finding(reference_to(use), match, drug.label, when) for match in sure)
    return tally


def _is_named(coded: Coded, meanings: Meanings) -> bool:
    """True for what words name, or a code of a system whose classes are listed whole, none of which it is in.

    Any other code that is not listed is only a number to us.
    """
    matching = meanings.terminology.codes.matching
    return any(map(is_word, coded.words)) or any(
        matching.get(meanings.of(coding).system) == "hierarchy" for coding in coded.codings
    )


def _of_drug(
    use: MedicationUse, drug: Coded, found: Iterable[ConceptMatch], meanings: Meanings
) -> Iterator[ConceptMatch]:
    """The listed drugs that it holds; what only keeps a line open (a flush, a lock) is no anticoagulation."""
    matches = [match for match in found if match.concept in _DRUGS and match.is_present]
    if any(match.concept in _BLEEDING_DRUGS for match in matches) and _is_line_care(use, drug, meanings):
        return (match for match in matches if match.concept not in _BLEEDING_DRUGS)
    return iter(matches)


def _is_line_care(use: MedicationUse, drug: Coded, meanings: Meanings) -> bool:
    """True where words say that heparin, and no other drug, flushes or locks a line, and nothing is infused.

    CAUTION: a lock of alteplase, or a flush after an infusion of heparin, is anticoagulation all the same.
    """
    clauses = [
        c for text in drug.words for sentence in sentences_of(text) for c in _CLAUSE_END.split(sentence)
    ]
    hits = [(c, spans[-1][1], m) for c in clauses for spans, m in meanings.terminology.terms.hits_in(c)]
    named = (*(m for _, _, m in hits), *(meanings.of(coding).matches for coding in drug.codings))
    is_other = any(_holds(m, *_BLEEDING_DRUGS) and not _holds(m, Concept.LINE_CARE) for m in named)
    heparin = {clause for clause, _, m in hits if _holds(m, *_BLEEDING_DRUGS)}
    care = [(c, end) for c, end, m in hits if any(_is_stated(x, Concept.LINE_CARE, meanings) for x in m)]
    if is_other or not any(clause in heparin or _is_name(clause, end) for clause, end in care):
        return False
    dosages = dosages_of(use)
    texts = (*drug.words, *(text for d in dosages if (text := (d.text or "").strip())))
    is_infused = _holds(meanings.worded(texts), Concept.INFUSION) or any(map(has_rate, dosages))
    return not (is_infused or any(any(rates_in(text, meanings.knowledge)) for text in texts))


def _is_name(clause: str, end: int) -> bool:
    """True for `10 unit/ml flush` and `lock of a line`, not for `flush line after each bag`."""
    return not clause[end:].strip() or len(clause.split()) <= _MOST_WORDS_OF_A_NAME
