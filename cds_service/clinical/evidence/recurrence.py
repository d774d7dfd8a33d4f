"""Whether the hemoptysis is recurrent: it came back after it had stopped (CLINICAL 2.4, BEHAVIOUR 4)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from cds_service.clinical.chart import Chart, began, duration
from cds_service.clinical.decision import Effect, Evidence, Recurrence, RuleId
from cds_service.clinical.facts import Diagnosis
from cds_service.clinical.time import UNDATED, Moment, Period, instant
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.terminology.concepts import Concept, ConceptMatch

_TICK: Final = timedelta(milliseconds=1)
_PERHAPS: Final = Effect.KEEPS_RECURRENCE_PLAUSIBLE


def recurrence_evidence(chart: Chart) -> tuple[Evidence, ...]:
    """Everything that proves recurrence or keeps it plausible."""
    return (
        *returning_evidence(chart),
        *called_recurrent_evidence(chart),
        *history_evidence(chart),
        *earlier_episode_evidence(chart),
        *embolization_evidence(chart),
        *missing_data_evidence(chart),
    )


def recurrence_from(evidence: Sequence[Evidence]) -> Recurrence:
    """Proof wins over doubt; without either no recurrence was found."""
    effects = {e.effect for e in evidence}
    if Effect.PROVES_RECURRENCE in effects:
        return "proven"
    return "plausible" if _PERHAPS in effects else "not-found"


# --- what says so ----------------------------------------------------------------------------------------


def returning_evidence(chart: Chart) -> Iterator[Evidence]:
    """A clinical status that says that hemoptysis came back proves recurrence, if the Condition is sure."""
    for diagnosis in _of_present_episode(chart):
        if diagnosis.is_returning:
            effect = _PERHAPS if diagnosis.is_unsure else Effect.PROVES_RECURRENCE
            yield _of_condition(RuleId.CLINICAL_STATUS, effect, diagnosis)


def called_recurrent_evidence(chart: Chart) -> Iterator[Evidence]:
    """Words of recurrence in a Condition or in a reason keep it plausible."""
    for diagnosis in _of_present_episode(chart):
        if diagnosis.is_called_recurrent:
            yield _of_condition(RuleId.CALLED_RECURRENT, _PERHAPS, diagnosis)
    facts = chart.facts
    if _speaks_of_recurrence(facts.order_reasons) or _speaks_of_recurrence(facts.encounter_reasons):
        now = instant(facts.now)
        yield Evidence(RuleId.CALLED_RECURRENT, _PERHAPS, Concept.RECURRENCE, now)


def _speaks_of_recurrence(reasons: Iterable[ConceptMatch]) -> bool:
    return {Concept.HEMOPTYSIS, Concept.RECURRENCE} <= {match.concept for match in reasons}


def history_evidence(chart: Chart) -> Iterator[Evidence]:
    """A history of hemoptysis keeps recurrence plausible, unless it began with the present episode.

    When it was recorded says nothing of when it was.
    """
    past = [d for d in chart.facts.diagnoses if d.meant_before(Concept.HEMOPTYSIS)]
    if not past:
        return
    needed = duration(chart.knowledge, DefinitionId.EPISODE_GAP)
    starts = _starts_of_present_episode(chart)
    for diagnosis in past:
        if any(_gap_effect(diagnosis.onset, start, needed) for start in starts):
            yield _of_condition(RuleId.HISTORY, _PERHAPS, diagnosis)


def _of_condition(rule: RuleId, effect: Effect, diagnosis: Diagnosis) -> Evidence:
    references = (diagnosis.reference,)
    return Evidence(rule, effect, Concept.HEMOPTYSIS, began(diagnosis), references, diagnosis.label)


# --- an earlier episode ----------------------------------------------------------------------------------


def earlier_episode_evidence(chart: Chart) -> Iterator[Evidence]:
    """Ended episodes against the start of the present one.

    Proven when the gap is certainly long enough by every active entry, plausible when it could be, when
    the codes of the earlier one only possibly mean hemoptysis, or when an entry on either side is not sure.
    """
    ended = sorted(_ended(chart), key=lambda d: (_end(d).latest, d.reference), reverse=True)
    if not ended:
        return
    needed = duration(chart.knowledge, DefinitionId.EPISODE_GAP)
    starts = _starts_of_present_episode(chart)
    is_sure = _is_start_sure(chart)
    chains = [list(_chained(ended, start, needed)) for start in starts]
    for earlier, *found in zip(ended, *chains, strict=True):
        effect = found[0][0] if len({effect for effect, _ in found}) == 1 else _PERHAPS
        if effect:
            start = min((start for _, start in found), key=lambda m: m.earliest)
            is_proof = effect is Effect.PROVES_RECURRENCE and is_sure and _is_sure_hemoptysis(earlier)
            proof = Effect.PROVES_RECURRENCE if is_proof else _PERHAPS
            evidence = _of_condition(RuleId.EARLIER_EPISODE, proof, earlier)
            end = _end(earlier)
            yield replace(evidence, when=end, hours=_hours_between(end, start))


def _chained(
    ended: Sequence[Diagnosis], present: Moment, needed: timedelta
) -> Iterator[tuple[Effect | None, Moment]]:
    """What each ended entry, latest end first, says before one start of the present episode, and that start.

    An entry that ended too shortly before belongs to the present episode, which then began with it. One that
    ended within such an entry contradicts it, and proves nothing.
    """
    start = present
    for earlier in ended:
        end = _end(earlier)
        effect = _gap_effect(end, start, needed)
        if effect is None and start is not present and start.is_certainly_before(end):
            effect = _PERHAPS if _gap_effect(end, present, needed) else None
        yield effect, start
        if effect is None and earlier.onset.is_certainly_before(start):
            start = earlier.onset


def _is_sure_hemoptysis(diagnosis: Diagnosis) -> bool:
    return not diagnosis.is_unsure and diagnosis.means(Concept.HEMOPTYSIS, certainly=True)


def _of_present_episode(chart: Chart) -> Sequence[Diagnosis]:
    """The active hemoptysis Conditions; one with an abatement only if there is no other."""
    return [d for d in chart.hemoptysis if not d.abated.is_dated] or chart.hemoptysis


def _ended(chart: Chart) -> list[Diagnosis]:
    """The hemoptysis Conditions that are resolved or inactive, or have an abatement (CLINICAL 2.4)."""
    present = {id(d) for d in _of_present_episode(chart)}
    every = (d for d in chart.facts.diagnoses if d.matches)
    return [d for d in every if id(d) not in present and d.means(Concept.HEMOPTYSIS)]


def _starts_of_present_episode(chart: Chart) -> list[Moment]:
    """When the present episode began: by the active Conditions, else by the first charted blood.

    Where no active one is sure, by both. Without either nothing but the order speaks of a present episode,
    so its start is unknown.
    """
    active = _of_present_episode(chart)
    starts = [_usable(began(d), chart) for d in active if not d.is_unsure]
    if not starts:
        current = _current_bleeding(chart)
        first = [min(current, key=lambda m: m.earliest)] if current else []
        starts = [*(_usable(began(d), chart) for d in active), *first]
    return _extremes(starts) if starts else [UNDATED]


def _is_start_sure(chart: Chart) -> bool:
    """False where the present episode is known only by Conditions that are not sure."""
    active = _of_present_episode(chart)
    is_unsure = bool(active) and all(diagnosis.is_unsure for diagnosis in active)
    return not is_unsure or bool(_current_bleeding(chart))


def _current_bleeding(chart: Chart) -> list[Moment]:
    sure = (period.start for bleed, period in chart.bleeds if bleed.shows_blood and not bleed.is_unsure)
    return [start for start in sure if chart.is_current(start)]


def _extremes(starts: list[Moment]) -> list[Moment]:
    """The earliest and the latest: what both say of a gap, all between them say."""
    by_earliest = sorted(starts, key=lambda m: (m.earliest, m.latest))
    by_latest = sorted(starts, key=lambda m: (m.latest, m.earliest))
    return [by_earliest[0], by_earliest[-1], by_latest[0], by_latest[-1]]


def _usable(moment: Moment, chart: Chart) -> Moment:
    """The moment, or an unknown one where it lies in the future: that proves nothing (BEHAVIOUR 3)."""
    return UNDATED if chart.recency(moment) == "undatable" else moment


def _end(earlier: Diagnosis) -> Moment:
    """When an ended episode ended: its abatement, else the last date known of it."""
    return earlier.abated if earlier.abated.is_dated else began(earlier)


def _gap_effect(end: Moment, start: Moment, needed: timedelta) -> Effect | None:
    if end.is_dated and start.is_dated and start.earliest - end.latest >= needed - _TICK:
        return Effect.PROVES_RECURRENCE
    if start.latest - end.earliest >= needed:
        return Effect.KEEPS_RECURRENCE_PLAUSIBLE
    return None


def _hours_between(end: Moment, start: Moment) -> Decimal | None:
    """The hours from the end of an episode to the start of the present one; None where they are not known."""
    if not (end.is_dated and start.is_dated) or end.latest >= start.earliest:
        return None
    return Decimal((start.earliest - end.latest).total_seconds()) / 3600


# --- after an embolization -------------------------------------------------------------------------------


def embolization_evidence(chart: Chart) -> Iterator[Evidence]:
    """Hemoptysis that begins, or blood that is charted, a day or more after an embolization is recurrence.

    Sooner it is plausible, as it is where a time is vague or an entry not sure, and after an embolization of
    a vessel that is not named, for a reason that is not.
    """
    done = sorted(chart.facts.embolizations, key=lambda e: not e.is_bronchial)
    if not done:
        return
    proving, any_sign = _signs_of_bleeding(chart)
    last = max((sign.earliest for sign in proving), default=None)
    may_be_last = max((sign.latest for sign in any_sign), default=None)
    needed = duration(chart.knowledge, DefinitionId.EMBOLIZATION_GAP)
    for embolization in done:
        performed = embolization.performed
        is_long = last is not None and performed.is_dated and last - performed.latest >= needed - _TICK
        if not is_long and may_be_last is not None and may_be_last < performed.earliest:
            continue
        what = Concept.BRONCHIAL_EMBOLIZATION if embolization.is_bronchial else Concept.UNNAMED_EMBOLIZATION
        effect = Effect.PROVES_RECURRENCE if is_long and embolization.is_bronchial else _PERHAPS
        yield Evidence(RuleId.AFTER_EMBOLIZATION, effect, what, performed, (embolization.reference,))


def _signs_of_bleeding(chart: Chart) -> tuple[list[Moment], list[Moment]]:
    """The moments at which hemoptysis surely began or blood was charted, and those at which it may have.

    A Condition that was recorded after the embolization may tell of the bleed before it: recordedDate is no
    onset.
    """
    present = _of_present_episode(chart)
    bleeds = [(bleed, _within(period, chart)) for bleed, period in chart.bleeds if bleed.shows_blood]
    sure = [
        *(_usable(d.onset, chart) for d in present if not d.is_unsure),
        *(moment for bleed, moment in bleeds if not bleed.is_unsure),
    ]
    may_be = [*(_usable(began(d), chart) for d in present), *(moment for _, moment in bleeds)]
    return [moment for moment in sure if moment.is_dated], may_be


def _within(period: Period, chart: Chart) -> Moment:
    """Some moment of a period; an unknown one where an end of it is."""
    start, end = _usable(period.start, chart), _usable(period.end, chart)
    return Moment(start.earliest, max(start.latest, end.latest))


def missing_data_evidence(chart: Chart) -> Iterator[Evidence]:
    """Conditions or procedures that were not wholly read keep recurrence plausible."""
    if not chart.facts.is_whole(Kind.CONDITIONS):
        yield Evidence(RuleId.CONDITIONS_MISSING, _PERHAPS, Concept.HEMOPTYSIS)
    if chart.facts.is_incomplete(Kind.PROCEDURES):
        yield Evidence(RuleId.PROCEDURES_MISSING, _PERHAPS, Concept.BRONCHIAL_EMBOLIZATION)
