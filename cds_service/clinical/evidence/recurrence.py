"""Whether the hemoptysis is recurrent: it came back after it had stopped (CLINICAL 2.4, BEHAVIOUR 4)."""

from collections.abc import Iterator
from datetime import timedelta

from cds_service.clinical.amounts import length_text
from cds_service.clinical.decision import Effect, Evidence, Recurrence, RuleId
from cds_service.clinical.evidence.conditions import began
from cds_service.clinical.facts import Diagnosis, Embolization, HemoptysisFacts, Kind
from cds_service.clinical.time import UNDATED, Moment
from cds_service.clinical.windows import Currency, currency, duration
from cds_service.knowledge.model import DefinitionId, Knowledge
from cds_service.knowledge.terminology.concepts import Concept


def recurrence_evidence(facts: HemoptysisFacts, knowledge: Knowledge) -> tuple[Evidence, ...]:
    """Everything that proves recurrence or keeps it plausible."""
    return (
        *_returning(facts),
        *_after_earlier_episodes(facts, knowledge),
        *(e for p in facts.embolizations if (e := _after_embolization(p, facts, knowledge))),
        *_from_missing_data(facts),
    )


def recurrence_from(evidence: tuple[Evidence, ...]) -> Recurrence:
    """Proof wins over doubt; without either no recurrence was found."""
    effects = {e.effect for e in evidence}
    if Effect.PROVES_RECURRENCE in effects:
        return Recurrence.PROVEN
    if Effect.KEEPS_RECURRENCE_PLAUSIBLE in effects:
        return Recurrence.PLAUSIBLE
    return Recurrence.NOT_FOUND


def _present(facts: HemoptysisFacts) -> list[Diagnosis]:
    """The active hemoptysis Conditions; one with an abatement only if there is no other."""
    active = [d for d in facts.diagnoses if d.means(Concept.HEMOPTYSIS) and d.is_active]
    return [d for d in active if not d.abated.is_dated] or active


def _ended(facts: HemoptysisFacts) -> list[Diagnosis]:
    """The hemoptysis Conditions that are resolved or inactive, or have an abatement (CLINICAL 2.4)."""
    present = {id(d) for d in _present(facts)}
    return [d for d in facts.diagnoses if d.means(Concept.HEMOPTYSIS) and id(d) not in present]


def _returning(facts: HemoptysisFacts) -> Iterator[Evidence]:
    for diagnosis in _present(facts):
        if diagnosis.is_returning:
            yield Evidence(
                RuleId.CLINICAL_STATUS,
                Effect.PROVES_RECURRENCE,
                "hemoptysis charted as having come back",
                began(diagnosis),
                (diagnosis.reference,),
                diagnosis.label,
            )


def _after_earlier_episodes(facts: HemoptysisFacts, knowledge: Knowledge) -> Iterator[Evidence]:
    """An ended episode against the start of the present one.

    Proven when the gap is certainly long enough by every active entry, plausible when it could be, or
    when the codes of the earlier one only possibly mean hemoptysis.
    """
    starts = _starts_of_present_episode(facts, knowledge)
    for earlier in _ended(facts):
        end = _end(earlier)
        gaps = [_gap_effect(end, start, knowledge) for start in starts]
        effect = gaps[0] if len(set(gaps)) == 1 else Effect.KEEPS_RECURRENCE_PLAUSIBLE
        if effect is Effect.PROVES_RECURRENCE and not earlier.surely_means(Concept.HEMOPTYSIS):
            effect = Effect.KEEPS_RECURRENCE_PLAUSIBLE
        if effect:
            finding = f"an earlier episode that ended{_gap_text(end, starts)}"
            yield Evidence(RuleId.EARLIER_EPISODE, effect, finding, end, (earlier.reference,), earlier.label)


def _starts_of_present_episode(facts: HemoptysisFacts, knowledge: Knowledge) -> list[Moment]:
    """When the present episode began: by the active Conditions, else by the first charted blood.

    Without either nothing but the order speaks of a present episode, so its start is unknown.
    """
    active = [_usable(began(d), facts, knowledge) for d in _present(facts)]
    if active:
        return _extremes(active)
    bleeds = list(_bleeding_starts(facts, knowledge))
    return [min(bleeds, key=lambda m: m.earliest)] if bleeds else [UNDATED]


def _extremes(starts: list[Moment]) -> list[Moment]:
    """The earliest and the latest: what both say of a gap, all between them say."""
    by_earliest = sorted(starts, key=lambda m: (m.earliest, m.latest))
    by_latest = sorted(starts, key=lambda m: (m.latest, m.earliest))
    return [by_earliest[0], by_earliest[-1], by_latest[0], by_latest[-1]]


def _usable(moment: Moment, facts: HemoptysisFacts, knowledge: Knowledge) -> Moment:
    """The moment, or an unknown one where it lies in the future: that proves nothing (BEHAVIOUR 3)."""
    return UNDATED if currency(moment, facts, knowledge) is Currency.UNDATABLE else moment


def _bleeding_starts(facts: HemoptysisFacts, knowledge: Knowledge) -> Iterator[Moment]:
    for bleed in facts.bleeds:
        start = bleed.period.start
        if bleed.shows_blood and currency(start, facts, knowledge) is Currency.CURRENT:
            yield start


def _end(earlier: Diagnosis) -> Moment:
    """When an ended episode ended: its abatement, else the last date known of it."""
    if earlier.abated.is_dated:
        return earlier.abated
    return began(earlier)


def _gap_effect(end: Moment, start: Moment, knowledge: Knowledge) -> Effect | None:
    needed = duration(knowledge, DefinitionId.EPISODE_GAP)
    if end.is_dated and start.is_dated and start.earliest - end.latest >= needed - _TICK:
        return Effect.PROVES_RECURRENCE
    if start.latest - end.earliest >= needed:
        return Effect.KEEPS_RECURRENCE_PLAUSIBLE
    return None


_TICK = timedelta(milliseconds=1)


def _gap_text(end: Moment, starts: list[Moment]) -> str:
    start = min(starts, key=lambda m: m.earliest)
    if not (end.is_dated and start.is_dated) or end.latest >= start.earliest:
        return ""
    return f" {length_text(start.earliest - end.latest)} before this one"


def _after_embolization(
    embolization: Embolization, facts: HemoptysisFacts, knowledge: Knowledge
) -> Evidence | None:
    effect = _embolization_effect(embolization, facts, knowledge)
    if effect is None:
        return None
    if effect is Effect.PROVES_RECURRENCE and not embolization.is_bronchial:
        effect = Effect.KEEPS_RECURRENCE_PLAUSIBLE
    what = "a bronchial embolization" if embolization.is_bronchial else "an embolization, vessel not named,"
    return Evidence(
        RuleId.AFTER_EMBOLIZATION,
        effect,
        f"{what} done before",
        embolization.performed,
        (embolization.reference,),
    )


def _embolization_effect(
    embolization: Embolization, facts: HemoptysisFacts, knowledge: Knowledge
) -> Effect | None:
    """Hemoptysis that begins, or blood that is charted, after the embolization is recurrence."""
    moments = _signs_of_bleeding(facts, knowledge)
    done = embolization.performed
    if any(done.is_dated and done.is_certainly_before(moment) for moment in moments):
        return Effect.PROVES_RECURRENCE
    if not moments or any(not moment.is_certainly_before(done) for moment in moments):
        return Effect.KEEPS_RECURRENCE_PLAUSIBLE
    return None


def _signs_of_bleeding(facts: HemoptysisFacts, knowledge: Knowledge) -> list[Moment]:
    starts = [began(d) for d in _present(facts)]
    bleeds = [b.period.start for b in facts.bleeds if b.shows_blood]
    return [_usable(moment, facts, knowledge) for moment in (*starts, *bleeds)]


def _from_missing_data(facts: HemoptysisFacts) -> Iterator[Evidence]:
    effect = Effect.KEEPS_RECURRENCE_PLAUSIBLE
    if not facts.is_whole(Kind.CONDITIONS):
        yield Evidence(RuleId.CONDITIONS_MISSING, effect, "earlier episodes could not be looked for")
    if facts.is_incomplete(Kind.PROCEDURES):
        yield Evidence(RuleId.PROCEDURES_MISSING, effect, "not all procedures could be read")
