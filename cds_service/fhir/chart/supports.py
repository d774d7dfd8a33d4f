"""What keeps the patient alive, or did: ventilation, oxygen, running vasopressors, red cells."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from cds_service.cds_hooks.raw_json import NULL, decoded, holds_something
from cds_service.clinical.facts import Diagnosis, Support
from cds_service.clinical.time import UNDATED, Moment, Period, at
from cds_service.fhir.chart.gather import Gathered, Tally, is_in_use
from cds_service.fhir.chart.history import performed_at, time_told
from cds_service.fhir.chart.observations import OF_SUPPORT, effective, parts_of, value_meant, why_not_counted
from cds_service.fhir.chart.understood import DENIED, NOT_BEGUN
from cds_service.fhir.codes import Coded, Meanings, coded_from, words_of
from cds_service.fhir.dates import Calendar
from cds_service.fhir.elements import CodeableConcept, has_status
from cds_service.fhir.measurements import measured_by, texts_of
from cds_service.fhir.quantities import number_of
from cds_service.fhir.repair import each_of, noted
from cds_service.fhir.resources import (
    BackboneElement,
    MedicationUse,
    Observation,
    ObservationComponent,
    PastProcedure,
    reference_to,
)
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.concepts import Certainty, Concept, ConceptMatch
from cds_service.knowledge.terminology.words import MAX_CHARACTERS_READ, Units, tokens_of

_OBSERVED: Final[Mapping[Concept, Concept]] = {
    **{concept: concept for concept in OF_SUPPORT},
    Concept.VENTILATOR_RATE: Concept.VENTILATION,
}
_DONE_TO: Final = (*_OBSERVED, Concept.ARREST, Concept.RED_CELL_TRANSFUSION)
_OXYGEN: Final = (Concept.OXYGEN_THERAPY, Concept.HOME_OXYGEN)
_KNOWN_STATUSES: Final = ("completed", "in-progress", "stopped")
_RUNNING: Final = ("in-progress", "active")
_NOT_RUNNING: Final = ("preparation", "on-hold", "suspended", "draft", "intended")
"""What is in use by its status, but known not to run."""

_WITH_OXYGEN: Final = frozenset({*_OXYGEN, Concept.VENTILATION, Concept.ECMO})
_FLOW: Final = re.compile(r"(?<![\d.,])(\d{1,3}(?:[.,]\d{1,3})?)\s?([a-z]+)", re.ASCII)
_WORD: Final = re.compile(r"\d+(?:[.,]\d+)?|[a-z]+|/")
_OF_AIR: Final = re.compile(r"(?<![\d.,])(?:0[.,])?21(?![\d.,])")
"""The fraction of oxygen in air, as it is written."""

_ASIDE: Final = re.compile(r"\([^()]*\)|(?:[,;:|]\s|\s-\s).*", re.DOTALL)
"""What is not the name of a drug itself: no form of it is said there (`bag, protect eyes`)."""

_LONGEST_TEXT: Final = 500
_AN_HOUR: Final = Decimal(1)
_LITER: Final = (Decimal(1000), Decimal(1000))


def supports(gathered: Gathered, calendar: Calendar, meanings: Meanings) -> Tally[Support]:
    """What is done to keep the patient alive, and what was; a running drug that names none is not read."""
    tally: Tally[Support] = Tally()
    tally.facts += _of_procedures(gathered.of(Kind.PROCEDURES, PastProcedure), calendar, meanings)
    tally.facts += _of_observations(gathered.of(Kind.VITALS, Observation), calendar, meanings)
    for kind in (Kind.ADMINISTRATIONS, Kind.MEDICATIONS):
        for use in meanings.deadline.each(gathered.of(kind, MedicationUse)):
            if not is_in_use(use, calendar) or has_status(use.status, *_NOT_RUNNING):
                continue
            drug = gathered.drugs[id(use)]
            if kind is Kind.ADMINISTRATIONS and not meanings.is_telling(drug):
                tally.cannot_read(use, "drug-not-known")
            given = [*_of_drug(use, drug, calendar, meanings)]
            tally.facts += given
            if not given and _is_denied_name(use, drug, meanings):
                tally.cannot_read(use, DENIED)
    return tally


def supports_of_diagnoses(diagnoses: Iterable[Diagnosis]) -> Iterator[Support]:
    """What active Conditions say of ventilation and oxygen.

    Dependence says nothing of when ventilation began: it is never sure.
    """
    for diagnosis in diagnoses:
        for match in diagnosis.matches if diagnosis.is_active else ():
            if _OBSERVED.get(match.concept) is match.concept and match.certainty is not Certainty.PAST:
                is_unsure = diagnosis.is_unsure or match.certainty is not Certainty.DEFINITE
                is_unsure = is_unsure or match.concept not in _OXYGEN
                period = Period(diagnosis.onset, UNDATED)
                yield Support(diagnosis.reference, match.concept, period, diagnosis.label, is_unsure)


def _of_procedures(
    procedures: Sequence[PastProcedure], calendar: Calendar, meanings: Meanings
) -> Iterator[Support]:
    """Also those in progress and those that were stopped; one of no known status is not sure."""
    for procedure in procedures:
        if has_status(procedure.status, *NOT_BEGUN) or procedure.not_done is True:
            continue
        coded = coded_from(procedure.code)
        is_known = has_status(procedure.status, *_KNOWN_STATUSES)
        for match in _meant(coded, _DONE_TO, meanings):
            done = ConceptMatch(_OBSERVED.get(match.concept, match.concept), match.certainty)
            is_sure = is_known and match.concept is not Concept.VENTILATOR_RATE
            told = time_told(coded.words, (match.concept,), calendar, meanings)
            period = _performed(procedure, calendar)
            period = period if period.start.is_dated or not told.is_dated else at(told)
            yield _support(reference_to(procedure), done, period, coded, is_sure=is_sure)


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
    told: dict[str, bool] = {}
    for observation in observations:
        if why_not_counted(observation):
            continue
        for valued in parts_of(observation):
            meant = measured_by(valued, meanings).matches
            if Concept.OXYGEN_SATURATION in [match.concept for match in meant]:
                yield from _oxygen_told(observation, valued, calendar, meanings, told)
            for match in (*meant, *value_meant(valued, meanings)):
                if match.concept not in _OBSERVED or match.certainty is Certainty.PAST:
                    continue
                if _is_denied(valued, meanings):
                    continue
                concept = _OBSERVED[match.concept]
                is_sure = concept in _OXYGEN and not holds_something(observation.modifier_extension)
                found = ConceptMatch(concept, match.certainty)
                period, code = effective(observation, calendar), coded_from(valued.code)
                yield _support(reference_to(observation), found, period, code, is_sure=is_sure)


def _is_denied(valued: ObservationComponent, meanings: Meanings) -> bool:
    """True for the answer no, and for nothing: zero."""
    if decoded(valued.value_boolean, bool) is False:
        return True
    quantity = valued.value_quantity
    if quantity is not None and not quantity.comparator and number_of(quantity) == 0:
        return True
    texts = (text,) if (text := (valued.value_string or "").strip()) else ()
    return meanings.answer_in(Coded(texts=texts).joined(coded_from(valued.value_codeable_concept))) is False


def _oxygen_told(
    observation: Observation,
    valued: ObservationComponent,
    calendar: Calendar,
    meanings: Meanings,
    told: dict[str, bool],
) -> Iterator[Support]:
    """Oxygen or ventilation in the words around a saturation; `told` keeps what each text says."""
    texts = [*words_of(valued.code), *texts_of(valued)]
    if observation.method is not NULL:
        texts += (word for one in each_of(observation.method, CodeableConcept) for word in words_of(one))
    texts += noted(observation.note)
    is_told = False
    for text in (text[:MAX_CHARACTERS_READ] for text in texts):
        if text not in told:
            told[text] = _tells_of_oxygen(text, meanings)
        is_told = is_told or told[text]
    if is_told:
        found = ConceptMatch(Concept.OXYGEN_THERAPY, Certainty.DEFINITE)
        period, code = effective(observation, calendar), coded_from(valued.code)
        yield _support(reference_to(observation), found, period, code, is_sure=True)


def _tells_of_oxygen(text: str, meanings: Meanings) -> bool:
    """True for a term of oxygen or ventilation, for a fraction inspired that is not that of air, for a flow.

    `on 3 L` is a flow; none (`0 L`), and what was in the past, tell of no oxygen.
    """
    named = {match.concept for match in meanings.in_text(text) if match.certainty is not Certainty.PAST}
    is_inspired = Concept.INHALED_OXYGEN_CONCENTRATION in named and not _OF_AIR.search(text)
    return is_inspired or not _WITH_OXYGEN.isdisjoint(named) or any(flows_in(text, meanings.knowledge.units))


def flows_in(text: str, units: Units) -> Iterator[tuple[int, int]]:
    """Where a flow stands that is not none: `3 L`, `15 l/min`."""
    for flow in _FLOW.finditer(text.lower()):
        number, unit = flow.groups()
        is_flow = unit in units.spellings["L/min"] or units.milliliters_per(unit) == _LITER
        if is_flow and number.strip("0.,"):
            yield flow.span()


def _of_drug(use: MedicationUse, drug: Coded, calendar: Calendar, meanings: Meanings) -> Iterator[Support]:
    """A drug that is running or may be: oxygen, and a vasopressor that is no local form.

    A vasopressor is sure where it is being given, or ordered as an infusion. An order of which nothing that
    is understood says how it is given is not sure, nor is one of a local form that is infused, or that only
    the name of what is being given has in it, or the form is only possible there (for anaphylaxis).
    """
    is_given = use.status is not None and has_status(use.status, "in-progress")
    begun = Period(_begun(use, calendar), UNDATED)
    if _is_oxygen(drug, meanings):
        found = ConceptMatch(Concept.OXYGEN_THERAPY, Certainty.DEFINITE)
        yield _support(reference_to(use), found, begun, drug, is_sure=is_given)
    for match in _meant(drug, (Concept.VASOPRESSOR,), meanings):
        dosages = dosages_of(use)
        ways = coded_from(*(c for d in dosages for c in (d.route, d.method, d.site))).words
        texts = [_without_rates(d.text or "", meanings.knowledge) for d in dosages]
        given = {m.concept: m.certainty for m in meanings.worded((*ways, *(text for text, _ in texts)))}
        named = {m.concept for m in meanings.worded(drug.words)} - {Concept.LOCAL_FORM}
        named |= {m.concept for m in meanings.worded(_ASIDE.sub(" ", w[:_LONGEST_TEXT]) for w in drug.words)}
        is_local = Concept.LOCAL_FORM in given.keys() | named
        is_given_locally = given.get(Concept.LOCAL_FORM) is Certainty.DEFINITE
        is_infused = Concept.INFUSION in given.keys() | named or any(has_rates for _, has_rates in texts)
        if is_local and not (is_infused or (is_given and not is_given_locally)):
            continue
        is_infused = is_infused or any(map(has_rate, dosages))
        is_sure = (is_given or (is_infused and has_status(use.status, *_RUNNING))) and not is_local
        yield _support(reference_to(use), match, begun, drug, is_sure=is_sure)


def _is_denied_name(use: MedicationUse, drug: Coded, meanings: Meanings) -> bool:
    """True where a vasopressor that is given or infused is named and means another thing by the words."""
    may_name = meanings.terminology.terms.may_name
    if not any(may_name(words, Concept.VASOPRESSOR) for words in drug.words):
        return False
    dosages = dosages_of(use)
    ways = coded_from(*(c for d in dosages for c in (d.route, d.method, d.site))).words
    said = {m.concept for m in meanings.worded((*drug.words, *ways))}
    is_given = use.status is not None and has_status(use.status, "in-progress")
    is_local = any(m.concept is Concept.LOCAL_FORM for m in meanings.worded(ways))
    is_unnamed = not any(m.concept is Concept.VASOPRESSOR for m in meanings.meant(drug))
    return is_unnamed and not is_local and (is_given or Concept.INFUSION in said)


def _is_oxygen(drug: Coded, meanings: Meanings) -> bool:
    """True for oxygen as a drug, under whatever name: `Oxygen 2 L/min`."""
    oxygen = meanings.knowledge.words.oxygen
    return any(not oxygen.isdisjoint(tokens_of(words[:_LONGEST_TEXT])) for words in drug.words) or any(
        match.concept in (Concept.OXYGEN_THERAPY, Concept.HOME_OXYGEN) for match in meanings.meant(drug)
    )


def rates_in(text: str, knowledge: Knowledge) -> Iterator[tuple[int, int, int]]:
    """Where the unit of a rate of a drug begins, where its time, and where it ends: `mcg/kg/min`, `drops/h`.

    A rate is per minute or per hour, and of no gas (`6 L/min`).
    """
    words = list(_WORD.finditer(text[:_LONGEST_TEXT].lower()))
    for unit, per, time in zip(words, words[1:], words[2:], strict=False):
        if per[0] != "/" and per[0] not in knowledge.words.per_time:
            continue
        is_rate = 0 < (knowledge.units.hours_per(time[0]) or 0) <= _AN_HOUR
        if is_rate and knowledge.units.milliliters_per(unit[0]) != _LITER:
            yield unit.start(), per.start(), time.end()


def _without_rates(text: str, knowledge: Knowledge) -> tuple[str, bool]:
    """The text of a dosage without its rates, and whether it has any.

    Their unit is no form: an infusion is counted in drops.
    """
    kept, end, has_rates = "", 0, False
    for start, _, after in rates_in(text, knowledge):
        kept, end, has_rates = kept + text[end:start], after, True
    return kept + text[end:], has_rates


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
