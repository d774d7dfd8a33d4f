"""What the Conditions say of severity, and which background raises the alert (BEHAVIOUR 4)."""

from collections.abc import Iterator
from typing import Final

from cds_service.clinical.chart import Chart, began
from cds_service.clinical.decision import Effect, Evidence, RuleId
from cds_service.clinical.facts import Diagnosis
from cds_service.clinical.time import instant
from cds_service.knowledge.terminology.concepts import Concept

_PROVING: Final = (
    (RuleId.ACUTE_FAILURE, Concept.ACUTE_RESPIRATORY_FAILURE),
    (RuleId.SHOCK, Concept.HYPOVOLEMIC_SHOCK),
)
_UNSPECIFIED: Final = (Concept.RESPIRATORY_FAILURE_UNSPECIFIED, Concept.HYPOXEMIA)


def condition_evidence(chart: Chart) -> tuple[Evidence, ...]:
    """Evidence of every active Condition that bears on severity, and of drugs that raise the alert."""
    of_conditions = (e for diagnosis in chart.active for e in _of_condition(diagnosis, chart))
    return (*of_conditions, *_risky_drugs(chart))


def reason_evidence(chart: Chart) -> tuple[Evidence, ...]:
    """An order whose reason speaks of massive or severe hemoptysis keeps massive plausible."""
    said = {match.concept for match in chart.facts.order_reasons if match.is_present}
    if not {Concept.HEMOPTYSIS, Concept.SEVERE} <= said:
        return ()
    rule, effect, now = RuleId.CALLED_SEVERE, Effect.KEEPS_MASSIVE_PLAUSIBLE, instant(chart.facts.now)
    return (Evidence(rule, effect, Concept.SEVERE, now),)


def _of_condition(diagnosis: Diagnosis, chart: Chart) -> Iterator[Evidence]:
    plausible = Effect.KEEPS_MASSIVE_PLAUSIBLE
    is_hemoptysis = diagnosis.means(Concept.HEMOPTYSIS)
    if proof := _proof(diagnosis, is_hemoptysis=is_hemoptysis):
        rule, what = proof
        proves = _is_of_now(diagnosis, chart) and _is_sure(diagnosis, rule)
        yield _evidence(rule, Effect.PROVES_MASSIVE if proves else plausible, what, diagnosis)
    elif is_hemoptysis and diagnosis.is_called_severe:
        yield _evidence(RuleId.CALLED_SEVERE, plausible, Concept.HEMOPTYSIS, diagnosis)
    elif diagnosis.means(*_UNSPECIFIED):
        yield _evidence(RuleId.UNSPECIFIED_FAILURE, plausible, Concept.HYPOXEMIA, diagnosis)
    if diagnosis.means(Concept.CHRONIC_RESPIRATORY_FAILURE):
        what = Concept.CHRONIC_RESPIRATORY_FAILURE
        yield _evidence(RuleId.CHRONIC_FAILURE, Effect.SHOWN_ONLY, what, diagnosis)
    for match in diagnosis.matches:
        if match.is_present and chart.knowledge.terminology.has_role(match.concept, "high-risk"):
            yield _evidence(RuleId.HIGH_RISK, Effect.RAISES_ALERT, match.concept, diagnosis)
            break


def _proof(diagnosis: Diagnosis, *, is_hemoptysis: bool) -> tuple[RuleId, Concept] | None:
    for rule, concept in _PROVING:
        if diagnosis.means(concept):
            return rule, concept
    if is_hemoptysis and diagnosis.is_severe:
        return RuleId.SEVERE_CONDITION, Concept.HEMOPTYSIS
    return None


def _is_sure(diagnosis: Diagnosis, rule: RuleId) -> bool:
    """False for a question or a history; possible hemoptysis that is charted as severe counts."""
    return rule is RuleId.SEVERE_CONDITION or diagnosis.means(
        Concept.ACUTE_RESPIRATORY_FAILURE, Concept.HYPOVOLEMIC_SHOCK, certainly=True
    )


def _is_of_now(diagnosis: Diagnosis, chart: Chart) -> bool:
    """True when begun or recorded in the severity window, or of the current encounter."""
    return (
        diagnosis.in_current_encounter
        or chart.is_current(diagnosis.onset)
        or chart.is_current(diagnosis.recorded)
    )


def _risky_drugs(chart: Chart) -> Iterator[Evidence]:
    """What is no Condition but a high-risk background all the same: an anticoagulant."""
    roles = chart.knowledge.terminology
    risky = [f for f in chart.facts.safety if roles.has_role(f.concept, "high-risk")]
    conditions = {d.reference for d in chart.facts.diagnoses} if risky else set()
    for found in risky:
        if found.reference not in conditions:
            rule, effect = RuleId.HIGH_RISK, Effect.RAISES_ALERT
            yield Evidence(rule, effect, found.concept, found.when, (found.reference,), found.label)


def _evidence(rule: RuleId, effect: Effect, what: Concept, diagnosis: Diagnosis) -> Evidence:
    return Evidence(rule, effect, what, began(diagnosis), (diagnosis.reference,), diagnosis.label)
