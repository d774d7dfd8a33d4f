"""What the patient has and had: Conditions, embolizations, past studies, and why the patient is here."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from cds_service.cds_hooks.raw_json import holds_something
from cds_service.cds_hooks.request import reference_from
from cds_service.clinical.facts import Diagnosis, Embolization, PastStudy
from cds_service.clinical.time import UNDATED, Moment
from cds_service.fhir.chart.bleeding import finding_in_word, finding_said
from cds_service.fhir.chart.gather import NOT_COMPLETED, Gathered, Tally
from cds_service.fhir.chart.understood import NOT_BEGUN
from cds_service.fhir.codes import Coded, Meanings, code_of, coded_from, worded, words_of
from cds_service.fhir.dates import Calendar
from cds_service.fhir.elements import FhirPeriod, has_status, is_masked, status_words, why_void
from cds_service.fhir.orders.reasons import Target, reason_of, references_in
from cds_service.fhir.orders.studies import (
    code_of_study,
    is_embolization_elsewhere,
    names_bronchial_embolization,
    study_of,
)
from cds_service.fhir.resources import Condition, Encounter, PastImaging, PastProcedure, id_of, reference_to
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.terminology.concepts import Certainty, Concept, ConceptMatch
from cds_service.knowledge.terminology.terminology import keep

_NOT_DONE: Final = (*NOT_BEGUN, "in-progress", "stopped", "aborted")
_DONE = (
    "final", "amended", "corrected", "appended", "addended", "preliminary", "partial", "modified",
    "available",
)  # fmt: skip
_NOT_IMAGED = ("registered", "cancelled", "entered-in-error")
_VOID_ENCOUNTERS = ("entered-in-error", "cancelled")
_HERE = ("in-progress", "arrived", "triaged", "onleave", "on-leave")
_ACTIVE = frozenset({"active", "recurrence", "relapse"})
_RETURNING = frozenset({"recurrence", "relapse"})
STATUS_NOT_KNOWN: Final = "status-not-known"
SEVERITY_NOT_UNDERSTOOD: Final = "severity-not-understood"
_KNOWN_DEGREES = frozenset({Concept.SEVERE, Concept.MILD_OR_MODERATE})
_NOT_SEVERE = ("some", "small", "absent")
_UNSURE = ("unconfirmed", "provisional", "differential")
_ENDED = frozenset({"inactive", "remission", "resolved"})


def embolizations(gathered: Gathered, calendar: Calendar, meanings: Meanings) -> Tally[Embolization]:
    """Completed embolizations; one whose status is not known leaves the procedures in doubt."""
    tally: Tally[Embolization] = Tally()
    for procedure in meanings.deadline.each(gathered.of(Kind.PROCEDURES, PastProcedure)):
        if has_status(procedure.status, *_NOT_DONE) or procedure.not_done is True:
            is_error = has_status(procedure.status, "entered-in-error")
            tally.dropped.append("entered-in-error" if is_error else NOT_COMPLETED)
        elif embolization := embolization_from(procedure, gathered.target, calendar, meanings):
            if was_completed(procedure):
                tally.facts.append(embolization)
            else:
                tally.cannot_read(procedure, STATUS_NOT_KNOWN)
    return tally


def studies(gathered: Gathered, calendar: Calendar, meanings: Meanings) -> Tally[PastStudy]:
    """Imaging that was done, as reports, studies or procedures; one of no known status cannot be read."""
    tally: Tally[PastStudy] = Tally()
    for imaging in meanings.deadline.each(gathered.of(Kind.IMAGING, PastImaging)):
        if has_status(imaging.status, *_NOT_IMAGED):
            is_error = has_status(imaging.status, "entered-in-error")
            tally.dropped.append("entered-in-error" if is_error else NOT_COMPLETED)
        elif study := study_of(_code_of_imaging(imaging), meanings):
            if has_status(imaging.status, *_DONE):
                tally.facts.append(PastStudy(reference_to(imaging), study, _imaged_at(imaging, calendar)))
            else:
                tally.cannot_read(imaging, STATUS_NOT_KNOWN)
    for procedure in meanings.deadline.each(gathered.of(Kind.PROCEDURES, PastProcedure)):
        study = study_of(code_of_study(procedure.code), meanings) if was_completed(procedure) else ""
        if study:
            done = PastStudy(reference_to(procedure), study, performed_at(procedure, calendar))
            tally.facts.append(done)
    return tally


def was_completed(procedure: PastProcedure) -> bool:
    """True for a completed one."""
    return has_status(procedure.status, "completed") and procedure.not_done is not True


def embolization_from(
    procedure: PastProcedure, target: Target, calendar: Calendar, meanings: Meanings
) -> Embolization | None:
    """The embolization that a Procedure was, if it was one for hemoptysis or may have been.

    One by a code for any vessel is bronchial if its own words say so, and none of ours if they name
    another part of the body; otherwise it counts with a hemoptysis reason, and possibly without any.
    """
    coded = coded_from(procedure.code)
    concepts = {match.concept for match in meanings.meant(coded)}
    performed = performed_at(procedure, calendar)
    if Concept.BRONCHIAL_EMBOLIZATION in concepts:
        return Embolization(reference_to(procedure), performed, is_bronchial=True)
    if Concept.UNNAMED_EMBOLIZATION not in concepts:
        return None
    words = (*coded.words, *coded_from(*procedure.body_site).words)
    reason = reason_of(procedure, target, meanings)
    is_bronchial = names_bronchial_embolization(words, meanings)
    is_elsewhere = is_embolization_elsewhere(words, meanings)
    if is_elsewhere or (reason == "other" and not is_bronchial):
        return None
    is_bronchial = is_bronchial or reason == "for-hemoptysis"
    return Embolization(reference_to(procedure), performed, is_bronchial=is_bronchial)


def performed_at(procedure: PastProcedure, calendar: Calendar) -> Moment:
    """When it was done; a Period counts by its end."""
    dated = calendar.first(procedure.performed_date_time, procedure.performed_string)
    if dated.is_dated or procedure.performed_period is None:
        return dated
    span = calendar.period(procedure.performed_period)
    return span.end if span.end.is_dated else span.start


def _code_of_imaging(imaging: PastImaging) -> Coded:
    coded = code_of_study(imaging.code, *imaging.procedure_code)
    description = (imaging.description or "").strip()
    return coded.joined(worded(description)) if description else coded


def _imaged_at(imaging: PastImaging, calendar: Calendar) -> Moment:
    performed = calendar.first(imaging.started, imaging.effective_date_time)
    if not performed.is_dated and imaging.effective_period:
        return calendar.period(imaging.effective_period).end
    return performed


def current_encounter(encounters: Iterable[Encounter], encounter_id: str) -> Encounter | None:
    """The Encounter of the context; where that names none, the only one for which the patient is here."""
    counting = [e for e in encounters if not has_status(e.status, *_VOID_ENCOUNTERS)]
    if encounter_id:
        return next((e for e in counting if id_of(e) == encounter_id), None)
    here = [e for e in counting if has_status(e.status, *_HERE)]
    return here[0] if len(here) == 1 else None


def diagnoses_of(encounter: Encounter) -> frozenset[str]:
    """The ids of the Conditions that are its diagnoses."""
    references = references_in(diagnosis.condition for diagnosis in encounter.diagnosis)
    return frozenset(ref.id for ref in references if ref.is_to("Condition", ref.id))


def diagnosis_from(
    condition: Condition,
    matches: tuple[ConceptMatch, ...],
    calendar: Calendar,
    meanings: Meanings,
    *,
    current_encounter: str,
) -> Diagnosis:
    """The diagnosis; `matches` are the concepts that its code stands for."""
    reference = condition.encounter.reference if condition.encounter else None
    words = words_of(condition.code)
    onset, recorded = _onset(condition, calendar), calendar.moment(condition.recorded_date)
    concepts = {match.concept for match in matches}
    told = time_told(words, concepts, calendar, meanings)
    # CAUTION: an onset that only repeats the day of recording is none; hemoptysis may have come back.
    is_charted = onset.is_dated and onset.earliest.date() != recorded.earliest.date()
    if told.is_dated and Concept.HEMOPTYSIS not in concepts and not is_charted:
        onset = recorded = told
    return Diagnosis(
        reference=reference_to(condition),
        matches=matches,
        label=next(iter(words), "") or code_of(condition.code),
        is_active=is_active(condition, calendar),
        is_returning=has_status(condition.clinical_status, *_RETURNING),
        is_severe=Concept.SEVERE in _degrees(condition, meanings),
        is_called_severe=_is_called(Concept.SEVERE, matches, words, meanings),
        is_called_small=_calls_small(condition, matches, meanings),
        onset=onset,
        abated=_abatement(condition, calendar),
        recorded=recorded,
        in_current_encounter=bool(current_encounter)
        and reference_from(reference).is_to("Encounter", current_encounter),
        is_called_recurrent=_is_called(Concept.RECURRENCE, matches, words, meanings),
        is_unsure=is_unsure(condition),
    )


def time_told(
    words: Iterable[str], concepts: Collection[Concept], calendar: Calendar, meanings: Meanings
) -> Moment:
    """The year before this one that words tell right behind the concepts: `septic shock 2019`."""
    years = (year for text in words if (year := meanings.terminology.year_told(text, concepts)))
    if not (year := next(years, "")):
        return UNDATED
    told = calendar.moment(f"{year}-12-31")  # a year alone would say nothing of the window
    return replace(told, written=year) if told.latest < calendar.now else UNDATED


def codes_alone(gathered: Gathered, calendar: Calendar, meanings: Meanings) -> Iterator[str]:
    """The codes of active Conditions that are not listed and that no word names: nobody reads them."""
    for condition in gathered.of(Kind.CONDITIONS, Condition):
        code = condition.code
        if code is None or code.text or any(coding.display for coding in code.coding):
            continue
        if why_void(condition.verification_status) or not is_active(condition, calendar):
            continue
        known = [meanings.of(coding) for coding in coded_from(code).codings]
        if known and not any(meaning.matches or meaning.is_silent for meaning in known):
            yield code_of(code)


def _degrees(condition: Condition, meanings: Meanings) -> frozenset[Concept]:
    """What its own severity says for certain."""
    meant = meanings.of_concept(condition.severity)
    return frozenset(match.concept for match in meant if match.certainty is Certainty.DEFINITE)


def has_unknown_severity(condition: Condition, meanings: Meanings) -> bool:
    """True where its own severity is given and not understood, or hidden: it may be severe (BEHAVIOUR 4)."""
    severity = condition.severity
    if severity is None:
        return False
    coded = coded_from(severity)
    if coded.is_empty:
        return is_masked(severity)
    if not _degrees(condition, meanings).isdisjoint(_KNOWN_DEGREES):
        return False
    return all(finding_in_word(word, meanings) not in _NOT_SEVERE for word in coded.words)


def is_unsure(condition: Condition) -> bool:
    """True for one that is not confirmed, or has a modifier: none is understood (BEHAVIOUR 4)."""
    is_open = has_status(condition.verification_status, *_UNSURE)
    return is_open or holds_something(condition.modifier_extension)


def _is_called(
    what: Concept, matches: tuple[ConceptMatch, ...], words: Sequence[str], meanings: Meanings
) -> bool:
    """True when the words for hemoptysis call it so (severe, recurrent), beside a listed code too."""
    if not any(match.concept is Concept.HEMOPTYSIS and match.is_present for match in matches):
        return False
    return any(match.concept is what and match.is_present for t in words for match in meanings.in_text(t))


def _calls_small(condition: Condition, matches: tuple[ConceptMatch, ...], meanings: Meanings) -> bool:
    """True when the codes or words for hemoptysis say that the bleed is small."""
    if condition.code is None or all(match.concept is not Concept.HEMOPTYSIS for match in matches):
        return False
    memory, key = meanings.knowledge.small, hash(condition.code)
    if key not in memory:
        keep(memory, key, finding_said(coded_from(condition.code), meanings) == "small")
    return memory[key]


def is_active(condition: Condition, calendar: Calendar) -> bool:
    """By clinicalStatus; where that is missing or not known, active unless it has abated."""
    words = status_words(condition.clinical_status)
    if not _ACTIVE.isdisjoint(words):
        return True
    if not _ENDED.isdisjoint(words):
        return False
    abated = _abatement(condition, calendar)
    return not _has_abated(condition) or (abated.is_dated and abated.earliest > calendar.now)


def _has_abated(condition: Condition) -> bool:
    if condition.abatement_boolean is False:
        return False
    return (
        bool(condition.abatement_date_time or condition.abatement_string or condition.abatement_boolean)
        or _is_given(condition.abatement_period)
        or holds_something(condition.abatement_age)
        or holds_something(condition.abatement_range)
    )


def _is_given(period: FhirPeriod | None) -> bool:
    return period is not None and bool(period.start or period.end)


def _onset(condition: Condition, calendar: Calendar) -> Moment:
    dated = calendar.first(condition.onset_date_time, condition.onset_string)
    if dated.is_dated or condition.onset_period is None:
        return dated
    return calendar.period(condition.onset_period).start


def _abatement(condition: Condition, calendar: Calendar) -> Moment:
    dated = calendar.first(condition.abatement_date_time, condition.abatement_string)
    if dated.is_dated or condition.abatement_period is None:
        return dated
    within = calendar.span(condition.abatement_period)
    return within if within.is_dated else calendar.period(condition.abatement_period).end
