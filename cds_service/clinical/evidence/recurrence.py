"""Whether the hemoptysis is recurrent: it came back after it had stopped (CLINICAL 2.4, BEHAVIOUR 4)."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Final

from cds_service.clinical.chart import Chart, began, duration
from cds_service.clinical.decision import Effect, Evidence, Recurrence, RuleId
from cds_service.clinical.facts import Diagnosis, Embolization
from cds_service.clinical.time import UNDATED, Moment
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.model import DefinitionId
from cds_service.knowledge.terminology.concepts import Concept

_TICK: Final = timedelta(milliseconds=1)


def recurrence_evidence(chart: Chart) -> tuple[Evidence, ...]:
    """Everything that proves recurrence or keeps it plausible."""
    return (
        *returning_evidence(chart),
        *earlier_episode_evidence(chart),
        *embolization_evidence(chart),
        *missing_data_evidence(chart),
    )


def recurrence_from(evidence: Sequence[Evidence]) -> Recurrence:
    """Proof wins over doubt; without either no recurrence was found."""
    effects = {e.effect for e in evidence}
    if Effect.PROVES_RECURRENCE in effects:
        return "proven"
    if Effect.KEEPS_RECURRENCE_PLAUSIBLE in effects:
        return "plausible"
    return "not-found"


def _of_present_episode(chart: Chart) -> Sequence[Diagnosis]:
    """The active hemoptysis Conditions; one with an abatement only if there is no other."""
    return [d for d in chart.hemoptysis if not d.abated.is_dated] or chart.hemoptysis


def returning_evidence(chart: Chart) -> Iterator[Evidence]:
    """A clinical status that says that hemoptysis came back proves recurrence."""
    for diagnosis in _of_present_episode(chart):
        if diagnosis.is_returning:
            yield Evidence(
                RuleId.CLINICAL_STATUS,
                Effect.PROVES_RECURRENCE,
                Concept.HEMOPTYSIS,
                began(diagnosis),
                (diagnosis.reference,),
                diagnosis.label,
            )


def earlier_episode_evidence(chart: Chart) -> Iterator[Evidence]:
    """An ended episode against the start of the present one.

    Proven when the gap is certainly long enough by every active entry, plausible when it could be, or
    when the codes of the earlier one only possibly mean hemoptysis.
    """
    ended = _ended(chart)
    starts = _starts_of_present_episode(chart) if ended else []
    needed = duration(chart.knowledge, DefinitionId.EPISODE_GAP)
    for earlier in ended:
        end = _end(earlier)
        gaps = [_gap_effect(end, start, needed) for start in starts]
        effect = gaps[0] if len(set(gaps)) == 1 else Effect.KEEPS_RECURRENCE_PLAUSIBLE
        if effect is Effect.PROVES_RECURRENCE and not earlier.means(Concept.HEMOPTYSIS, certainly=True):
            effect = Effect.KEEPS_RECURRENCE_PLAUSIBLE
        if effect:
            yield Evidence(
                RuleId.EARLIER_EPISODE,
                effect,
                Concept.HEMOPTYSIS,
                end,
                (earlier.reference,),
                earlier.label,
                hours=_hours_between(end, min(starts, key=lambda m: m.earliest)),
            )


def _ended(chart: Chart) -> list[Diagnosis]:
    """The hemoptysis Conditions that are resolved or inactive, or have an abatement (CLINICAL 2.4)."""
    present = {id(d) for d in _of_present_episode(chart)}
    every = (d for d in chart.facts.diagnoses if d.matches)
    return [d for d in every if id(d) not in present and d.means(Concept.HEMOPTYSIS)]


def _starts_of_present_episode(chart: Chart) -> list[Moment]:
    """When the present episode began: by the active Conditions, else by the first charted blood.

    Without either nothing but the order speaks of a present episode, so its start is unknown.
    """
    active = [_usable(began(d), chart) for d in _of_present_episode(chart)]
    if active:
        return _extremes(active)
    starts = (bleed.period.start for bleed, _ in chart.bleeds if bleed.shows_blood)
    current = [start for start in starts if chart.is_current(start)]
    return [min(current, key=lambda m: m.earliest)] if current else [UNDATED]


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


def embolization_evidence(chart: Chart) -> Iterator[Evidence]:
    """Hemoptysis that begins, or blood that is charted, after an embolization is recurrence.

    One of a vessel that is not named, for a reason that is not, only keeps it plausible.
    """
    done = sorted(chart.facts.embolizations, key=lambda e: not e.is_bronchial)
    signs = _signs_of_bleeding(chart) if done else []
    for embolization in done:
        effect = _embolization_effect(embolization, signs)
        if effect is None:
            continue
        what = Concept.BRONCHIAL_EMBOLIZATION
        if not embolization.is_bronchial:
            what, effect = Concept.UNNAMED_EMBOLIZATION, Effect.KEEPS_RECURRENCE_PLAUSIBLE
        references = (embolization.reference,)
        yield Evidence(RuleId.AFTER_EMBOLIZATION, effect, what, embolization.performed, references)


def _embolization_effect(embolization: Embolization, signs: Sequence[Moment]) -> Effect | None:
    """By the two signs that are latest, however their times may lie."""
    done = embolization.performed
    if not signs:
        return Effect.KEEPS_RECURRENCE_PLAUSIBLE
    if done.is_dated and done.latest < max(sign.earliest for sign in signs):
        return Effect.PROVES_RECURRENCE
    return Effect.KEEPS_RECURRENCE_PLAUSIBLE if max(s.latest for s in signs) >= done.earliest else None


def _signs_of_bleeding(chart: Chart) -> list[Moment]:
    """The last of the moments at which hemoptysis began or blood was charted: by both of their ends."""
    starts = [began(d) for d in _of_present_episode(chart)]
    bleeds = [bleed.period.start for bleed, _ in chart.bleeds if bleed.shows_blood]
    signs = [_usable(moment, chart) for moment in (*starts, *bleeds)]
    return [max(signs, key=lambda m: m.earliest), max(signs, key=lambda m: m.latest)] if signs else []


def missing_data_evidence(chart: Chart) -> Iterator[Evidence]:
    """Conditions or procedures that were not wholly read keep recurrence plausible."""
    effect = Effect.KEEPS_RECURRENCE_PLAUSIBLE
    if not chart.facts.is_whole(Kind.CONDITIONS):
        yield Evidence(RuleId.CONDITIONS_MISSING, effect, Concept.HEMOPTYSIS)
    if chart.facts.is_incomplete(Kind.PROCEDURES):
        yield Evidence(RuleId.PROCEDURES_MISSING, effect, Concept.BRONCHIAL_EMBOLIZATION)
