"""What Observations say of pregnancy: a status, a test, an expected date of delivery, a gestational age."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from cds_service.cds_hooks.raw_json import decoded, holds_something
from cds_service.clinical.facts import Diagnosis, SafetyFinding
from cds_service.clinical.time import Moment
from cds_service.fhir.chart.gather import Gathered, Tally
from cds_service.fhir.chart.observations import MASKED, charted_value, has_value, time_taken, why_not_counted
from cds_service.fhir.codes import Coded, Meanings, coded_from
from cds_service.fhir.dates import Calendar
from cds_service.fhir.measurements import concepts_observed, measured_value
from cds_service.fhir.resources import Observation, ObservationComponent, reference_to
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.terminology.concepts import Certainty, Concept, ConceptMatch
from cds_service.knowledge.terminology.words import sentences_of

_VOID: Final = ("entered-in-error", "cancelled")
_ANSWERED: Final = (Concept.PREGNANCY_STATUS, Concept.PREGNANCY_TEST)
_FINDINGS: Final = (Concept.PREGNANCY, Concept.NOT_PREGNANT, Concept.PREGNANCY_UNKNOWN)
_READ: Final = frozenset((*_ANSWERED, *_FINDINGS, Concept.DELIVERY_DATE_ESTIMATED, Concept.GESTATIONAL_AGE))
_LONGEST_LABEL: Final = 80
_LONGEST_NAME: Final = 500
_A_YEAR: Final = r"((?:19|20)\d\d)"
_YEAR_AHEAD: Final = re.compile(rf"(?:^|[,:(\s]){_A_YEAR}\s*[:,]?\s*$")
_YEAR_BESIDE: Final = re.compile(
    rf"\s*[,(:]?\s*(?:[a-z]{{1,2}}\s)?(?:\d{{1,2}}[/.-]){{0,2}}{_A_YEAR}(?:-\d\d){{0,2}}\s*(?:$|[,:)\]])"
)
_YEAR_AFTER: Final = re.compile(rf"(?:\s+\w+){{0,2}}?\s+{_A_YEAR}\b")


def pregnancies(gathered: Gathered, calendar: Calendar, meanings: Meanings) -> Tally[SafetyFinding]:
    """Every answer on pregnancy: that there is one, that there is none, or one that is not understood.

    A value that is absent, masked, of a form that is not read (a quantitative hCG) or in other words leaves
    the question open; which answer holds is decided by their times (BEHAVIOUR 6, Cautions).
    """
    tally: Tally[SafetyFinding] = Tally()
    for observation in _all_of_pregnancy(gathered):
        why = why_not_counted(observation)
        if why in _VOID:
            tally.dropped.append(why)
            continue
        if why == MASKED:
            tally.cannot_read(observation, why)
        tally.facts.extend(_answers_of(observation, calendar, meanings))
    return tally


def _all_of_pregnancy(gathered: Gathered) -> Iterator[Observation]:
    """What is understood, and what was set aside: a pregnant patient whose status has another code."""
    understood = gathered.of(Kind.PREGNANCY, Observation)
    yield from understood
    known = set(map(id, understood))
    for kind, resource, _ in gathered.set_aside:
        if kind is Kind.PREGNANCY and isinstance(resource, Observation) and id(resource) not in known:
            yield resource


def _answers_of(observation: Observation, calendar: Calendar, meanings: Meanings) -> Iterator[SafetyFinding]:
    """The answers of an Observation and of those of its components that are about pregnancy.

    An Observation whose components answer needs no value of its own.
    """
    is_modified = holds_something(observation.modifier_extension)
    taken = time_taken(observation, calendar)
    parts = [part for part in observation.component if concepts_observed(part, meanings) & _READ]
    for valued in parts if parts and not has_value(observation) else (observation, *parts):
        found = _answer(valued, taken, calendar, meanings)
        if is_modified:
            found = replace(found, concept=Concept.PREGNANCY_UNKNOWN)
        yield replace(found, reference=reference_to(observation))


def _answer(
    valued: ObservationComponent, taken: Moment, calendar: Calendar, meanings: Meanings
) -> SafetyFinding:
    observed = concepts_observed(valued, meanings)
    if Concept.DELIVERY_DATE_ESTIMATED in observed:
        return _by_delivery_date(valued, taken, calendar)
    if Concept.GESTATIONAL_AGE in observed:
        return _by_gestational_age(valued, taken, calendar, meanings)
    coded = coded_from(valued.value_codeable_concept)
    concept = _concept_answered(valued, coded, observed, meanings)
    return SafetyFinding("", concept, _label(valued, coded), taken)


def _concept_answered(
    valued: ObservationComponent, coded: Coded, observed: frozenset[Concept], meanings: Meanings
) -> Concept:
    """The test or status that says pregnant, not pregnant, or neither of both."""
    said = _says_pregnant(valued, coded, observed, meanings)
    if said is None:
        return Concept.PREGNANCY_UNKNOWN
    if not said:
        return Concept.NOT_PREGNANT
    return Concept.PREGNANCY_TEST if Concept.PREGNANCY_TEST in observed else Concept.PREGNANCY_STATUS


def _says_pregnant(
    valued: ObservationComponent, coded: Coded, observed: frozenset[Concept], meanings: Meanings
) -> bool | None:
    """What the value says; None when it is unknown, contradicts itself or is not understood.

    A code that means pregnant or not says so whatever was asked; yes and no only answer a known question.
    """
    if not has_value(valued):
        return None if valued.data_absent_reason is not None else _of_bare_finding(observed)
    text = Coded(texts=((valued.value_string or "").strip(),)) if valued.value_string else coded
    meant = {m.concept for m in meanings.meant(text) if m.certainty is Certainty.DEFINITE}
    if meant & {*_FINDINGS}:
        return _of_concepts(meant, text, meanings)
    if observed.isdisjoint((*_ANSWERED, Concept.PREGNANCY)):
        return None
    answer = decoded(valued.value_boolean, bool)
    return answer if answer is not None else meanings.answer_in(text)


def _of_bare_finding(observed: frozenset[Concept]) -> bool | None:
    """`Pregnant` or `Not pregnant` as what is observed, without a value; a question alone says nothing."""
    if not observed.isdisjoint(_ANSWERED):
        return None
    return _one_of(observed)


def _of_concepts(meant: set[Concept], said: Coded, meanings: Meanings) -> bool | None:
    """By the concepts; words that say the opposite of the code leave it open."""
    by_concept, by_words = _one_of(meant), meanings.answer_in(said)
    return None if by_words is not None and by_words is not by_concept else by_concept


def _one_of(concepts: frozenset[Concept] | set[Concept]) -> bool | None:
    found = concepts & {*_FINDINGS}
    if found == {Concept.PREGNANCY}:
        return True
    return False if found == {Concept.NOT_PREGNANT} else None


def _by_delivery_date(valued: ObservationComponent, taken: Moment, calendar: Calendar) -> SafetyFinding:
    """Pregnant while the expected date lies ahead; after it, or without a date, nobody knows."""
    written = decoded(valued.value_date_time, str) or (valued.value_string or "").strip()
    expected = calendar.moment(written)
    is_ahead = expected.is_dated and expected.latest >= calendar.now
    concept = Concept.DELIVERY_DATE_ESTIMATED if is_ahead else Concept.PREGNANCY_UNKNOWN
    return SafetyFinding("", concept, written[:_LONGEST_LABEL], taken)


def _by_gestational_age(
    valued: ObservationComponent, taken: Moment, calendar: Calendar, meanings: Meanings
) -> SafetyFinding:
    """Pregnant at its date, and until 42 weeks from the beginning; an age that cannot be read is no answer.

    One that has run out is dated by the beginning of the pregnancy, which lies too long ago.
    """
    label = _label(valued, coded_from(valued.value_codeable_concept))
    measured = measured_value(valued, meanings.knowledge)
    hours = meanings.knowledge.units.hours_per(measured.unit) if measured else None
    if measured is None or hours is None or not measured.value.is_exact:
        return SafetyFinding("", Concept.PREGNANCY_UNKNOWN, label, taken)
    age_days = measured.value.low * hours / 24
    longest = meanings.knowledge.definitions[DefinitionId.PREGNANCY_WINDOW].value
    if not taken.is_dated or not 0 <= age_days <= longest:
        concept = Concept.PREGNANCY_UNKNOWN if age_days > longest else Concept.GESTATIONAL_AGE
        return SafetyFinding("", concept, label, taken)
    begun = timedelta(days=float(age_days))
    if taken.latest + timedelta(days=float(longest)) - begun >= calendar.now:
        return SafetyFinding("", Concept.GESTATIONAL_AGE, label, taken)
    since = Moment(taken.earliest - begun, taken.latest - begun, taken.written)
    return SafetyFinding("", Concept.GESTATIONAL_AGE, label, since)


def _label(valued: ObservationComponent, coded: Coded) -> str:
    return coded.label or charted_value(valued)


# --- in a diagnosis --------------------------------------------------------------------------------------


def pregnancy_diagnosed(
    diagnosis: Diagnosis, match: ConceptMatch, calendar: Calendar, meanings: Meanings, *, is_sure: bool
) -> SafetyFinding:
    """By the later of its dates; a question, or a code of both pregnancy and after, leaves it unknown.

    The year in its own words holds where all of it lies more than 42 weeks ago; one further from the word
    for pregnancy leaves it open, unless a code tells.
    """
    said = _surer_by_words(match, diagnosis, meanings)
    dated = [moment for moment in (diagnosis.onset, diagnosis.recorded) if moment.is_dated]
    when = max(dated, key=lambda moment: moment.latest) if dated else diagnosis.onset
    year = _year_long_ago(diagnosis.label, _YEAR_BESIDE, calendar, meanings)
    is_open = not year and match.by_text and _year_long_ago(diagnosis.label, _YEAR_AFTER, calendar, meanings)
    is_certain = is_sure and not is_open and said.certainty is Certainty.DEFINITE
    concept = said.concept if is_certain else Concept.PREGNANCY_UNKNOWN
    is_ending = is_sure and said.concept is Concept.NOT_PREGNANT and said.certainty is Certainty.POSSIBLE
    return SafetyFinding(
        diagnosis.reference, concept, diagnosis.label, year or when, match.by_text, is_ending=is_ending
    )


def _year_long_ago(
    label: str, written: re.Pattern[str], calendar: Calendar, meanings: Meanings
) -> Moment | None:
    """The latest of the years behind each word for pregnancy, or before it, if it lies too long ago."""
    years: list[re.Match[str] | None] = []
    for sentence in sentences_of(label[:_LONGEST_NAME]):
        for spans, terms in meanings.terminology.terms.hits_in(sentence):
            if any(term.concept in _FINDINGS for term in terms):
                ahead = _YEAR_AHEAD.search(sentence[: spans[0][0]])
                years.append(written.match(sentence, spans[-1][1]) or ahead)
    found = [year[1] for year in years if year]
    if not found or len(found) < len(years):
        return None
    moment = calendar.moment(max(found))
    longest = timedelta(days=float(meanings.knowledge.definitions[DefinitionId.PREGNANCY_WINDOW].value))
    return moment if moment.is_dated and moment.latest + longest < calendar.now else None


def _surer_by_words(match: ConceptMatch, diagnosis: Diagnosis, meanings: Meanings) -> ConceptMatch:
    """A code of pregnancy, birth and after counts as pregnancy where its words say nothing else."""
    said = {m.concept: m for m in meanings.in_text(diagnosis.label)}
    surer = said.get(match.concept, match)
    is_both = {Concept.PREGNANCY, Concept.NOT_PREGNANT} <= said.keys()
    return match if is_both or surer.certainty is not Certainty.DEFINITE else surer
