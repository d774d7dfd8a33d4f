"""Massive, recurrent or nonmassive: every variant that the data leave plausible, and why."""

from cds_service.clinical.decision import (
    Classification,
    Effect,
    Evidence,
    Recurrence,
    RuleId,
    Severity,
    ToRecord,
)
from cds_service.clinical.evidence.blood import largest_volume, volume_evidence
from cds_service.clinical.evidence.conditions import condition_evidence, reason_evidence
from cds_service.clinical.evidence.recurrence import recurrence_evidence, recurrence_from
from cds_service.clinical.evidence.sums import Measure, current_measures
from cds_service.clinical.evidence.vitals import normal_vitals, vital_evidence
from cds_service.clinical.facts import AgeGroup, HemoptysisFacts, Kind
from cds_service.clinical.windows import age_group
from cds_service.knowledge.model import Knowledge, Variant

_BLEEDING_RULES = (RuleId.VOLUME, RuleId.RATE, RuleId.SEVERE_CONDITION)


def classify(facts: HemoptysisFacts, knowledge: Knowledge) -> Classification:
    """The plausible variants in order of precedence: massive, recurrent, nonmassive (CLINICAL 2.5)."""
    evidence = _settled(_in_order(_severity_evidence(facts, knowledge)), facts, knowledge)
    severity = _severity_from(evidence)
    returning = _in_order(recurrence_evidence(facts, knowledge))
    recurrence = recurrence_from(returning)
    return Classification(
        plausible=_plausible(severity, recurrence),
        severity=severity,
        recurrence=recurrence,
        evidence=(*evidence, *returning),
        to_record=_to_record(severity, recurrence, evidence, facts, knowledge),
        age_group=age_group(facts, knowledge),
        is_instability_only=_is_instability_only(evidence),
        volume_24h=largest_volume(facts, knowledge),
    )


def _severity_evidence(facts: HemoptysisFacts, knowledge: Knowledge) -> tuple[Evidence, ...]:
    normal = normal_vitals(facts, knowledge)
    return (
        *volume_evidence(facts, knowledge),
        *condition_evidence(facts, knowledge),
        *reason_evidence(facts),
        *vital_evidence(facts, knowledge),
        *((normal,) if normal else ()),
    )


def _settled(
    evidence: tuple[Evidence, ...], facts: HemoptysisFacts, knowledge: Knowledge
) -> tuple[Evidence, ...]:
    """What would rule massive out is only shown where something speaks for it, or nothing may."""
    if _may_rule_out(evidence, facts, knowledge):
        return evidence
    return tuple(
        Evidence(e.rule, Effect.SHOWN_ONLY, e.finding, e.when, e.references, e.charted, e.definition)
        if e.effect is Effect.RULES_OUT_MASSIVE
        else e
        for e in evidence
    )


def _may_rule_out(evidence: tuple[Evidence, ...], facts: HemoptysisFacts, knowledge: Knowledge) -> bool:
    """Only in adults, with nothing that speaks for massive, and nothing read in part."""
    if age_group(facts, knowledge) is AgeGroup.CHILD:
        return False
    if facts.is_incomplete(Kind.BLEEDING) or facts.is_incomplete(Kind.VITALS):
        return False
    return not {e.effect for e in evidence} & {Effect.PROVES_MASSIVE, Effect.KEEPS_MASSIVE_PLAUSIBLE}


def _severity_from(evidence: tuple[Evidence, ...]) -> Severity:
    effects = {e.effect for e in evidence}
    if Effect.PROVES_MASSIVE in effects:
        return Severity.PROVEN
    if Effect.KEEPS_MASSIVE_PLAUSIBLE in effects:
        return Severity.KEPT_PLAUSIBLE
    return Severity.RULED_OUT if Effect.RULES_OUT_MASSIVE in effects else Severity.UNSETTLED


def _plausible(severity: Severity, recurrence: Recurrence) -> tuple[Variant, ...]:
    if severity is Severity.PROVEN:
        return (Variant.MASSIVE,)
    massive = () if severity is Severity.RULED_OUT else (Variant.MASSIVE,)
    match recurrence:
        case Recurrence.PROVEN:
            return (*massive, Variant.RECURRENT)
        case Recurrence.PLAUSIBLE:
            return (*massive, Variant.RECURRENT, Variant.NONMASSIVE)
        case Recurrence.NOT_FOUND:
            return (*massive, Variant.NONMASSIVE)


def _in_order(evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """In the order of the rules, newest first: the order of the resources never matters."""
    return tuple(sorted(evidence, key=_place))


def _place(evidence: Evidence) -> tuple[int, float, tuple[str, ...], str]:
    newest_first = -evidence.when.latest.timestamp()
    return (_RULES.index(evidence.rule), newest_first, evidence.references, evidence.finding)


_RULES = tuple(RuleId)


def _to_record(
    severity: Severity,
    recurrence: Recurrence,
    evidence: tuple[Evidence, ...],
    facts: HemoptysisFacts,
    knowledge: Knowledge,
) -> tuple[ToRecord, ...]:
    """What is not charted yet and could settle an open question; in children nothing rules massive out."""
    is_open = severity in (Severity.KEPT_PLAUSIBLE, Severity.UNSETTLED)
    could_settle = is_open and age_group(facts, knowledge) is not AgeGroup.CHILD
    wishes = {
        ToRecord.AMOUNT: could_settle and not _has_total(facts, knowledge),
        ToRecord.VITALS: could_settle and normal_vitals(facts, knowledge) is None,
        ToRecord.DATES: any(e.rule is RuleId.UNDATED_AMOUNT for e in evidence),
        ToRecord.EARLIER_EPISODES: recurrence is Recurrence.PLAUSIBLE and severity is not Severity.PROVEN,
    }
    return tuple(wish for wish, is_wanted in wishes.items() if is_wanted)


def _has_total(facts: HemoptysisFacts, knowledge: Knowledge) -> bool:
    return any(m.measure is Measure.TOTAL for m in current_measures(facts, knowledge))


def _is_instability_only(evidence: tuple[Evidence, ...]) -> bool:
    """True when gas exchange or haemodynamics alone make it massive."""
    proving = [e for e in evidence if e.effect is Effect.PROVES_MASSIVE]
    return bool(proving) and not any(e.rule in _BLEEDING_RULES for e in proving)
