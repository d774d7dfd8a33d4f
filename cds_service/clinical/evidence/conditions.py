"""What the Conditions say of severity, and which background raises the alert (BEHAVIOUR 4)."""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from cds_service.clinical.chart import Chart, began
from cds_service.clinical.decision import Effect, Evidence, RuleId
from cds_service.clinical.facts import Diagnosis
from cds_service.clinical.time import Moment, instant
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.terminology.concepts import Concept, ConceptMatch

_PROVING: Final = (
    (RuleId.ACUTE_FAILURE, Concept.ACUTE_RESPIRATORY_FAILURE),
    (RuleId.SHOCK, Concept.HYPOVOLEMIC_SHOCK),
)
_UNSTABLE: Final = (
    Concept.HEMORRHAGIC_SHOCK,
    Concept.SHOCK,
    Concept.ARREST,
    Concept.ACUTE_RESPIRATORY_DISTRESS,
    Concept.ECMO,
)
_SPEAKING_OF_MUCH: Final = frozenset(
    {
        *(Concept.SEVERE, Concept.VENTILATION, Concept.VASOPRESSOR),
        *(concept for _, concept in _PROVING),
        *_UNSTABLE,
    }
)
_UNSPECIFIED: Final = (Concept.RESPIRATORY_FAILURE_UNSPECIFIED, Concept.HYPOXEMIA)
_PLAUSIBLE: Final = Effect.KEEPS_MASSIVE_PLAUSIBLE


def condition_evidence(chart: Chart) -> tuple[Evidence, ...]:
    """Evidence of every active Condition that bears on severity, and of drugs that raise the alert."""
    of_conditions = (e for diagnosis in chart.active for e in _of_condition(diagnosis, chart))
    return (*of_conditions, *_risky_drugs(chart))


def reason_evidence(chart: Chart) -> tuple[Evidence, ...]:
    """A reason that speaks of much blood, or of an unstable patient, keeps massive plausible."""
    if not any(map(_speaks_of_much, (chart.facts.order_reasons, chart.facts.encounter_reasons))):
        return ()
    rule, now = RuleId.CALLED_SEVERE, instant(chart.facts.now)
    return (Evidence(rule, _PLAUSIBLE, Concept.SEVERE, now),)


def _speaks_of_much(reasons: Sequence[ConceptMatch]) -> bool:
    said = {match.concept for match in reasons if match.is_present}
    return Concept.HEMOPTYSIS in said and not said.isdisjoint(_SPEAKING_OF_MUCH)


def _of_condition(diagnosis: Diagnosis, chart: Chart) -> Iterator[Evidence]:
    yield from _proving(diagnosis, chart)
    yield from _keeping_plausible(diagnosis, chart)
    if diagnosis.means(Concept.CHRONIC_RESPIRATORY_FAILURE):
        what = Concept.CHRONIC_RESPIRATORY_FAILURE
        yield _evidence(RuleId.CHRONIC_FAILURE, Effect.SHOWN_ONLY, what, diagnosis)
    for match in diagnosis.matches:
        if match.is_present and chart.knowledge.terminology.has_role(match.concept, "high-risk"):
            yield _evidence(RuleId.HIGH_RISK, Effect.RAISES_ALERT, match.concept, diagnosis)
            break


def _proving(diagnosis: Diagnosis, chart: Chart) -> Iterator[Evidence]:
    """What proves where it is of now, sure and of this bleed; one of late or of this Encounter is a sign."""
    proof = _proof(diagnosis)
    if proof is None:
        return
    rule, what = proof
    if _proves(diagnosis, rule, chart):
        yield _evidence(rule, Effect.PROVES_MASSIVE, what, diagnosis, _time_of_now(diagnosis, chart))
    else:
        is_late = _is_late(diagnosis, DefinitionId.SEVERE_CONDITION_WINDOW, chart)
        yield _evidence(rule, _PLAUSIBLE if is_late else Effect.SHOWN_ONLY, what, diagnosis)


def _proof(diagnosis: Diagnosis) -> tuple[RuleId, Concept] | None:
    for rule, concept in _PROVING:
        if diagnosis.means(concept):
            return rule, concept
    if diagnosis.is_severe and diagnosis.means(Concept.HEMOPTYSIS):
        return RuleId.SEVERE_CONDITION, Concept.HEMOPTYSIS
    return None


def _proves(diagnosis: Diagnosis, rule: RuleId, chart: Chart) -> bool:
    """False for a question or a history; possible hemoptysis that is charted as severe counts."""
    if diagnosis.is_unsure or not _is_of_now(diagnosis, chart):
        return False
    if rule is RuleId.SEVERE_CONDITION:
        return True
    is_sure = any(diagnosis.means(concept, certainly=True) for _, concept in _PROVING)
    return is_sure and chart.belongs(began(diagnosis))


def _keeping_plausible(diagnosis: Diagnosis, chart: Chart) -> Iterator[Evidence]:
    """Instability, hypoxemia and failure of no stated kind, of now; and a bleed that is called massive."""
    is_hemoptysis = diagnosis.means(Concept.HEMOPTYSIS)
    if is_hemoptysis and diagnosis.is_called_severe and not diagnosis.is_severe:
        is_late = _is_late(diagnosis, DefinitionId.SEVERE_CONDITION_WINDOW, chart)
        if is_late or diagnosis.is_returning:
            yield _evidence(RuleId.CALLED_SEVERE, _PLAUSIBLE, Concept.HEMOPTYSIS, diagnosis)
    if not _is_late(diagnosis, DefinitionId.SEVERITY_WINDOW, chart):
        return
    for concept in _UNSTABLE:
        if diagnosis.means(concept):
            is_sure = diagnosis.means(concept, certainly=True) and _is_of_now(diagnosis, chart)
            when = _time_of_now(diagnosis, chart)
            found = _evidence(RuleId.INSTABILITY, _PLAUSIBLE, concept, diagnosis, when)
            yield found if is_sure else replace(found, is_unsure=True)
            return
    if diagnosis.means(*_UNSPECIFIED) and not diagnosis.means(Concept.ACUTE_RESPIRATORY_FAILURE):
        yield _evidence(RuleId.UNSPECIFIED_FAILURE, _PLAUSIBLE, Concept.HYPOXEMIA, diagnosis)


def _is_of_now(diagnosis: Diagnosis, chart: Chart) -> bool:
    """True when begun or recorded in the severity window."""
    return chart.is_current(diagnosis.onset) or chart.is_current(diagnosis.recorded)


def _is_late(diagnosis: Diagnosis, window: DefinitionId, chart: Chart) -> bool:
    """True when of the current Encounter, begun or recorded in the window, or undated."""
    return diagnosis.in_current_encounter or chart.is_of(diagnosis, window)


def _time_of_now(diagnosis: Diagnosis, chart: Chart) -> Moment:
    """When it began, or where that is long ago when it was recorded."""
    is_recorded_now = chart.is_current(diagnosis.recorded) and not chart.is_current(diagnosis.onset)
    return diagnosis.recorded if is_recorded_now else began(diagnosis)


def _risky_drugs(chart: Chart) -> Iterator[Evidence]:
    """What is no Condition but a high-risk background all the same: an anticoagulant."""
    roles = chart.knowledge.terminology
    risky = [f for f in chart.facts.safety if roles.has_role(f.concept, "high-risk")]
    conditions = {d.reference for d in chart.facts.diagnoses} if risky else set()
    for found in risky:
        if found.reference not in conditions:
            rule, effect = RuleId.HIGH_RISK, Effect.RAISES_ALERT
            yield Evidence(rule, effect, found.concept, found.when, (found.reference,), found.label)


def _evidence(
    rule: RuleId,
    effect: Effect,
    what: Concept,
    diagnosis: Diagnosis,
    when: Moment | None = None,
) -> Evidence:
    return Evidence(
        rule,
        effect,
        what,
        when or began(diagnosis),
        (diagnosis.reference,),
        diagnosis.label,
        is_unsure=diagnosis.is_unsure,
    )
