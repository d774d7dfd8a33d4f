"""Massive, recurrent or nonmassive: every variant that the data leave plausible, and why."""

from collections.abc import Sequence, Set
from typing import Final, get_args

from msgspec.structs import replace

from cds_service.clinical.chart import Chart
from cds_service.clinical.decision import (
    Alert,
    BloodMeasureKind,
    Classification,
    Effect,
    Evidence,
    Recurrence,
    RuleId,
    Severity,
    ToRecord,
)
from cds_service.clinical.evidence.blood import volume_evidence
from cds_service.clinical.evidence.calm import calm_evidence, is_small, may_rule_out, needs_vital_signs
from cds_service.clinical.evidence.conditions import condition_evidence, reason_evidence
from cds_service.clinical.evidence.recurrence import recurrence_evidence, recurrence_from
from cds_service.clinical.evidence.sums import Blood, blood_of
from cds_service.clinical.evidence.support import support_evidence
from cds_service.clinical.evidence.vitals import vital_evidence
from cds_service.knowledge.model import Variant
from cds_service.knowledge.terminology.concepts import Concept

_BLEEDING_RULES: Final = (RuleId.VOLUME, RuleId.RATE, RuleId.SEVERE_CONDITION)
_OF_THE_BLOOD: Final = (
    RuleId.VOLUME,
    RuleId.RATE,
    RuleId.UNREADABLE_AMOUNT,
    RuleId.UNDATED_AMOUNT,
    RuleId.RECENT_AMOUNT,
    RuleId.CALLED_LARGE,
    RuleId.CALLED_SEVERE,
    RuleId.SEVERE_CONDITION,
)
_OF_THE_PATIENT: Final = (
    RuleId.SATURATION,
    RuleId.SYSTOLIC,
    RuleId.RESPIRATORY_RATE,
    RuleId.ACUTE_FAILURE,
    RuleId.SHOCK,
)
_UNSTABLE: Final = (RuleId.INSTABILITY, RuleId.VASOPRESSOR)
_RULE_RANK: Final = {rule: rank for rank, rule in enumerate(RuleId)}
_MEASURE_RANK: Final = {kind: rank for rank, kind in enumerate(get_args(BloodMeasureKind))}


def classify(chart: Chart, *, without: Set[str] = frozenset()) -> Classification:
    """The plausible variants in order of precedence: massive, recurrent, nonmassive (CLINICAL 2.5).

    `without`: the ids of rules whose evidence is left out.
    """
    blood = blood_of(chart)
    found = _in_order(_heard(_severity_evidence(chart, blood), without))
    weighed = _weighed(found, blood, chart)
    evidence = _settled(weighed, chart)
    severity = _severity_from(evidence)
    returning = _in_order(_heard(recurrence_evidence(chart), without))
    recurrence = recurrence_from(returning)
    return Classification(
        plausible=_plausible(severity, recurrence),
        severity=severity,
        recurrence=recurrence,
        evidence=(*evidence, *returning),
        to_record=_to_record(severity, recurrence, evidence, blood, chart),
        age_group=chart.age_group,
        alert=_alert(severity, found, evidence, blood, chart),
        is_bleed_recent=chart.is_bleed_recent,
    )


def _heard(evidence: Sequence[Evidence], without: Set[str]) -> Sequence[Evidence]:
    return [e for e in evidence if e.rule.value not in without] if without else evidence


def _severity_evidence(chart: Chart, blood: Blood) -> tuple[Evidence, ...]:
    return (
        *(volume_evidence(chart, blood) if chart.bleeds else ()),
        *condition_evidence(chart),
        *reason_evidence(chart),
        *support_evidence(chart),
        *(vital_evidence(chart) if chart.facts.vitals else ()),
        *(calm_evidence(chart, blood) if chart.facts.vitals else ()),
    )


def _weighed(evidence: Sequence[Evidence], blood: Blood, chart: Chart) -> Sequence[Evidence]:
    """What shows an unstable patient proves only while the bleed is recent, and not against a small one.

    Ventilation proves against a small one too (BEHAVIOUR 4).
    """
    held = (*_OF_THE_PATIENT, RuleId.VENTILATION) if not chart.is_bleed_recent else _OF_THE_PATIENT
    if not any(_proves(e, held) for e in evidence):
        return evidence
    is_against = is_small(chart, blood) and not any(_keeps_it_large(e, chart) for e in evidence)
    if chart.is_bleed_recent and not is_against:
        return evidence
    plausible = Effect.KEEPS_MASSIVE_PLAUSIBLE
    return [replace(e, effect=plausible) if _proves(e, held) else e for e in evidence]


def _keeps_it_large(evidence: Evidence, chart: Chart) -> bool:
    """True for blood, or words for it, of the recent window that keep massive plausible: it is not small."""
    is_sign = evidence.effect is Effect.KEEPS_MASSIVE_PLAUSIBLE and evidence.rule in _OF_THE_BLOOD
    return is_sign and chart.recency(evidence.when) != "past"


def _proves(evidence: Evidence, rules: Sequence[RuleId]) -> bool:
    return evidence.effect is Effect.PROVES_MASSIVE and evidence.rule in rules


def _settled(evidence: Sequence[Evidence], chart: Chart) -> tuple[Evidence, ...]:
    """What would rule massive out is only shown where something speaks for it, or nothing may."""
    effects = {e.effect for e in evidence}
    if Effect.RULES_OUT_MASSIVE not in effects:
        return tuple(evidence)
    if may_rule_out(chart) and effects.isdisjoint((Effect.PROVES_MASSIVE, Effect.KEEPS_MASSIVE_PLAUSIBLE)):
        return tuple(evidence)
    return tuple(
        replace(e, effect=Effect.SHOWN_ONLY) if e.effect is Effect.RULES_OUT_MASSIVE else e for e in evidence
    )


def _severity_from(evidence: Sequence[Evidence]) -> Severity:
    effects = {e.effect for e in evidence}
    if Effect.PROVES_MASSIVE in effects:
        return "proven"
    if Effect.KEEPS_MASSIVE_PLAUSIBLE in effects:
        return "kept-plausible"
    return "ruled-out" if Effect.RULES_OUT_MASSIVE in effects else "unsettled"


def _plausible(severity: Severity, recurrence: Recurrence) -> tuple[Variant, ...]:
    if severity == "proven":
        return (Variant.MASSIVE,)
    massive = () if severity == "ruled-out" else (Variant.MASSIVE,)
    match recurrence:
        case "proven":
            return (*massive, Variant.RECURRENT)
        case "plausible":
            return (*massive, Variant.RECURRENT, Variant.NONMASSIVE)
        case "not-found":
            return (*massive, Variant.NONMASSIVE)


def _in_order(evidence: Sequence[Evidence]) -> Sequence[Evidence]:
    """In the order of the rules, newest first: the order of the resources never matters."""
    if len(evidence) < 2:
        return evidence
    if len({_order(e) for e in evidence}) < len(evidence):
        evidence = sorted(evidence, key=_order_of_amount)
    return sorted(evidence, key=_order)


def _order(evidence: Evidence) -> tuple[int, float, tuple[str, ...]]:
    return _RULE_RANK[evidence.rule], -evidence.when.latest.timestamp(), evidence.references


def _order_of_amount(evidence: Evidence) -> tuple[object, ...]:
    """Two amounts of one rule, time and resource stand by their digits, and by what they measure."""
    kind = _MEASURE_RANK[evidence.measure] if evidence.measure else 0
    return (evidence.value.order if evidence.value else (), kind, str(evidence.hours or ""))


def _to_record(
    severity: Severity,
    recurrence: Recurrence,
    evidence: Sequence[Evidence],
    blood: Blood,
    chart: Chart,
) -> tuple[ToRecord, ...]:
    """What is not charted yet and could settle an open question; in children nothing rules massive out."""
    is_open = severity in ("kept-plausible", "unsettled")
    could_settle = is_open and not chart.is_child
    rules = {e.rule for e in evidence}
    has_total = any(m.kind == "total" and m.is_current for m in blood.newest)
    wishes: dict[ToRecord, bool] = {
        "amount-over-24h": could_settle and not has_total,
        "vital-signs": could_settle and needs_vital_signs(chart),
        "dates": RuleId.UNDATED_AMOUNT in rules,
        "earlier-episodes": recurrence == "plausible" and severity != "proven",
    }
    return tuple(wish for wish, is_wanted in wishes.items() if is_wanted)


def _alert(
    severity: Severity,
    found: Sequence[Evidence],
    weighed: Sequence[Evidence],
    blood: Blood,
    chart: Chart,
) -> Alert:
    """Which alert the patient has, if any; `found` is the evidence before it was weighed.

    An unstable patient without proof has another cause to look for only where nothing speaks of much blood.
    """
    if severity == "proven":
        is_by_the_bleed = any(_proves(e, _BLEEDING_RULES) for e in weighed)
        return "massive" if is_by_the_bleed else "unstable"
    if severity != "kept-plausible":
        return "none"
    is_unstable = any(e.rule in _UNSTABLE and not e.is_unsure for e in weighed)
    is_held = any(e.effect is Effect.PROVES_MASSIVE for e in found)
    if not (chart.is_bleed_recent and (is_unstable or is_held)):
        return "sign"
    return "unstable" if _may_be_by_bleeding(weighed, blood, chart) else "unstable-and-small"


def _may_be_by_bleeding(evidence: Sequence[Evidence], blood: Blood, chart: Chart) -> bool:
    """True when an amount, or what words say of it, is a sign; or bleeding is, against no small amount."""
    if any(_keeps_it_large(e, chart) for e in evidence):
        return True
    signs = (e for e in evidence if e.effect is Effect.KEEPS_MASSIVE_PLAUSIBLE)
    is_of_bleeding = any(
        e.rule is RuleId.TRANSFUSION or e.what is Concept.HEMORRHAGIC_SHOCK for e in signs if not e.is_unsure
    )
    return is_of_bleeding and not is_small(chart, blood)
