"""What the Conditions say of severity, and which background raises the alert (BEHAVIOUR 4)."""

from collections.abc import Iterator

from cds_service.clinical.decision import Effect, Evidence, RuleId
from cds_service.clinical.facts import Diagnosis, HemoptysisFacts
from cds_service.clinical.time import Moment, instant
from cds_service.clinical.windows import is_current
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.concepts import Concept, Role

_UNSPECIFIED = (Concept.RESPIRATORY_FAILURE_UNSPECIFIED, Concept.HYPOXEMIA)


def condition_evidence(facts: HemoptysisFacts, knowledge: Knowledge) -> tuple[Evidence, ...]:
    """Evidence of every active Condition that bears on severity, and of drugs that raise the alert."""
    active = [d for d in facts.diagnoses if d.is_active]
    of_conditions = (e for d in active for e in _of_condition(d, facts, knowledge))
    return (*of_conditions, *_risky_drugs(facts, knowledge))


def _risky_drugs(facts: HemoptysisFacts, knowledge: Knowledge) -> Iterator[Evidence]:
    """What is no Condition but a high-risk background all the same: an anticoagulant."""
    conditions = {d.reference for d in facts.diagnoses}
    for found in facts.safety:
        if (
            knowledge.terminology.has_role(found.concept, Role.HIGH_RISK)
            and found.reference not in conditions
        ):
            rule, finding = RuleId.HIGH_RISK, _FINDINGS[RuleId.HIGH_RISK]
            yield Evidence(rule, Effect.RAISES_ALERT, finding, found.when, (found.reference,), found.label)


def reason_evidence(facts: HemoptysisFacts) -> tuple[Evidence, ...]:
    """An order whose reason speaks of massive or severe hemoptysis keeps massive plausible."""
    if not {Concept.HEMOPTYSIS, Concept.SEVERE} <= {match.concept for match in facts.order_reasons}:
        return ()
    finding = "the order's reason says massive or severe"
    return (Evidence(RuleId.CALLED_SEVERE, Effect.KEEPS_MASSIVE_PLAUSIBLE, finding, instant(facts.now)),)


def _of_condition(diagnosis: Diagnosis, facts: HemoptysisFacts, knowledge: Knowledge) -> Iterator[Evidence]:
    if rule := _proving_rule(diagnosis):
        proves = is_of_now(diagnosis, facts, knowledge) and _is_sure(diagnosis, rule)
        effect = Effect.PROVES_MASSIVE if proves else Effect.KEEPS_MASSIVE_PLAUSIBLE
        yield _evidence(rule, effect, diagnosis)
    elif diagnosis.means(Concept.HEMOPTYSIS) and diagnosis.is_called_severe:
        yield _evidence(RuleId.CALLED_SEVERE, Effect.KEEPS_MASSIVE_PLAUSIBLE, diagnosis)
    elif diagnosis.means(*_UNSPECIFIED):
        yield _evidence(RuleId.UNSPECIFIED_FAILURE, Effect.KEEPS_MASSIVE_PLAUSIBLE, diagnosis)
    if diagnosis.means(Concept.CHRONIC_RESPIRATORY_FAILURE):
        yield _evidence(RuleId.CHRONIC_FAILURE, Effect.SHOWN_ONLY, diagnosis)
    if any(knowledge.terminology.has_role(m.concept, Role.HIGH_RISK) for m in diagnosis.matches):
        yield _evidence(RuleId.HIGH_RISK, Effect.RAISES_ALERT, diagnosis)


def _proving_rule(diagnosis: Diagnosis) -> RuleId | None:
    if diagnosis.means(Concept.ACUTE_RESPIRATORY_FAILURE):
        return RuleId.ACUTE_FAILURE
    if diagnosis.means(Concept.HYPOVOLEMIC_SHOCK):
        return RuleId.SHOCK
    if diagnosis.means(Concept.HEMOPTYSIS) and diagnosis.is_severe:
        return RuleId.SEVERE_CONDITION
    return None


def _is_sure(diagnosis: Diagnosis, rule: RuleId) -> bool:
    """False for a question or a history; possible hemoptysis that is charted as severe counts."""
    return rule is RuleId.SEVERE_CONDITION or diagnosis.surely_means(
        Concept.ACUTE_RESPIRATORY_FAILURE, Concept.HYPOVOLEMIC_SHOCK
    )


def is_of_now(diagnosis: Diagnosis, facts: HemoptysisFacts, knowledge: Knowledge) -> bool:
    """True when begun or recorded in the severity window, or of the current encounter."""
    return (
        diagnosis.in_current_encounter
        or is_current(diagnosis.onset, facts, knowledge)
        or is_current(diagnosis.recorded, facts, knowledge)
    )


def began(diagnosis: Diagnosis) -> Moment:
    """When the Condition began: its onset, else when it was recorded (the onset is not later)."""
    return diagnosis.onset if diagnosis.onset.is_dated else diagnosis.recorded


def onsets(facts: HemoptysisFacts) -> Iterator[Moment]:
    """When each active hemoptysis Condition began."""
    return (began(d) for d in facts.diagnoses if d.is_active and d.means(Concept.HEMOPTYSIS))


_FINDINGS = {
    RuleId.ACUTE_FAILURE: "acute respiratory failure",
    RuleId.SHOCK: "hypovolemic shock",
    RuleId.SEVERE_CONDITION: "hemoptysis charted as severe",
    RuleId.CALLED_SEVERE: "hemoptysis called massive or severe",
    RuleId.UNSPECIFIED_FAILURE: "hypoxemia or respiratory failure, not said to be acute or chronic",
    RuleId.CHRONIC_FAILURE: "chronic respiratory failure: the lower volume limits hold",
    RuleId.HIGH_RISK: "high-risk background",
}


def _evidence(rule: RuleId, effect: Effect, diagnosis: Diagnosis) -> Evidence:
    references = (diagnosis.reference,)
    return Evidence(rule, effect, _FINDINGS[rule], began(diagnosis), references, diagnosis.label)
