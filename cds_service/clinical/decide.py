"""The whole decision for one request: classification, indications, judgments, cautions, what to offer."""

from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from typing import Final

from msgspec.structs import replace

from cds_service.clinical.cautions import cautions_for, never_charted, not_assessed
from cds_service.clinical.chart import Chart, began
from cds_service.clinical.classify import classify
from cds_service.clinical.decision import Alternative, Decision, IndicationBasis, Judgment
from cds_service.clinical.facts import ImagingOrder
from cds_service.clinical.rating import (
    SCANS,
    diagnostic_studies,
    in_order_of_preference,
    offered,
    rate,
    speaks_of_embolism,
    takes_alternatives,
    with_alternatives,
)
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.model import Category, DefinitionId, Knowledge, Modality, Variant
from cds_service.knowledge.terminology.concepts import Certainty, Concept, ConceptMatch

_RADIOGRAPH: Final = Modality.RADIOGRAPHY
_ONLY_BY_OWN_REASON: Final = (Modality.PET, Modality.ULTRASOUND)
_OUTSIDE_TOPIC: Final = (Concept.VASCULITIS, Concept.HEMOSIDEROSIS)
_BASIS_BY_CHART: Final = {
    "none": IndicationBasis.CHART_WITHOUT_REASON,
    "unresolved": IndicationBasis.CHART_WITH_UNRESOLVED_REASON,
    "cause-or-symptom": IndicationBasis.CHART_WITH_RELATED_REASON,
}


def decide(
    chart: Chart, orders: Sequence[ImagingOrder], judged: Collection[int], *, alternatives: int
) -> Decision:
    """Everything that is decided for one request.

    `orders` are all draft orders, `judged` the indexes of those to judge, `alternatives` how many studies
    may be offered instead of one.
    """
    in_chart = hemoptysis_in_chart(chart)
    decided = Decision(
        classify(chart),
        cautions=cautions_for(chart),
        not_assessed=not_assessed(chart.facts),
        never_charted=never_charted(chart.facts),
        is_outside_topic=chart.has(*_OUTSIDE_TOPIC),
    )
    drafted = frozenset(order.procedure for order in orders if order.procedure)
    rated = (_rated(order, in_chart, decided, chart) for order in orders if order.index in judged)
    judgments = _recommended_once(
        _with_alternatives(judgment, decided, chart, drafted=drafted, limit=alternatives)
        for judgment in rated
    )
    by_order = any(j.is_judged and j.indication is IndicationBasis.OWN_REASON for j in judgments)
    return replace(
        decided,
        judgments=judgments,
        has_hemoptysis=bool(in_chart) or by_order,
        is_possible_only=bool(in_chart) and Certainty.DEFINITE not in in_chart,
        complement_for=_complement_for(judgments, drafted, decided, chart),
        initial_studies=() if judgments else _initial_studies(decided, chart.knowledge),
        studied_since_onset=_was_studied_since_onset(chart),
    )


def _rated(order: ImagingOrder, in_chart: frozenset[Certainty], decided: Decision, chart: Chart) -> Judgment:
    """What is said of one order by itself; possible only where no certain code speaks for hemoptysis."""
    indication = indication_of(order, in_chart, chart)
    judgment = rate(order, indication, decided.classification.plausible, chart.knowledge)
    certainties = set(in_chart)
    if indication is IndicationBasis.OWN_REASON:
        certainties.update(hemoptysis_certainties(order.reason.matches))
    return replace(judgment, is_possible_only=True) if certainties == {Certainty.POSSIBLE} else judgment


def _with_alternatives(
    judgment: Judgment, decided: Decision, chart: Chart, *, drafted: Set[str], limit: int
) -> Judgment:
    has_embolism = chart.has(Concept.PULMONARY_EMBOLISM) or speaks_of_embolism(judgment.order)
    if not takes_alternatives(judgment, chart.knowledge, has_embolism=has_embolism):
        return judgment
    return with_alternatives(judgment, decided, chart.knowledge, drafted=drafted, limit=limit)


def _recommended_once(judgments: Iterable[Judgment]) -> tuple[Judgment, ...]:
    """A study that one card preselects is not preselected by the next one again."""
    seen: set[str] = set()
    settled = []
    for judgment in judgments:
        recommended = {a.procedure for a in judgment.alternatives if a.is_recommended}
        settled.append(_without_default(judgment) if recommended & seen else judgment)
        seen |= recommended
    return tuple(settled)


def _without_default(judgment: Judgment) -> Judgment:
    """The judgment with nothing preselected: no more than one alternative ever is."""
    alternatives = tuple(replace(a, is_recommended=False) for a in judgment.alternatives)
    return replace(judgment, alternatives=alternatives)


def _complement_for(
    judgments: Sequence[Judgment], drafted: Set[str], decided: Decision, chart: Chart
) -> int | None:
    """The index of the first order that is done together with a radiograph not yet drafted or done."""
    for judgment in judgments:
        if _takes_complement(judgment, decided, chart.knowledge):
            return None if _has_radiograph(drafted, chart) else judgment.order.index
    return None


def _has_radiograph(drafted: Set[str], chart: Chart) -> bool:
    procedures = chart.knowledge.procedures
    is_drafted = any(procedures[p].modality is _RADIOGRAPH for p in drafted)
    return is_drafted or any(
        procedures[study.procedure].modality is _RADIOGRAPH
        and chart.is_current(study.performed, DefinitionId.COMPLEMENT_WINDOW)
        for study in chart.facts.studies
    )


def _takes_complement(judgment: Judgment, decided: Decision, knowledge: Knowledge) -> bool:
    """Usually appropriate, and not itself the radiograph; in nonmassive hemoptysis only CT and CTA."""
    if judgment.category is not Category.USUALLY_APPROPRIATE:
        return False
    modality = knowledge.procedures[judgment.order.procedure].modality
    if Variant.NONMASSIVE in decided.classification.plausible:
        return modality in SCANS
    return modality is not _RADIOGRAPH


def _initial_studies(decided: Decision, knowledge: Knowledge) -> tuple[Alternative, ...]:
    """What patient-view offers: the studies usually appropriate under all plausible variants."""
    studies = diagnostic_studies(decided.classification, knowledge)
    preferred = in_order_of_preference(studies, decided, ordered=None)
    return offered(preferred, decided, knowledge, may_recommend=False)


def _was_studied_since_onset(chart: Chart) -> bool:
    """True when a CT or CTA of the chest was certainly done since the present hemoptysis began."""
    if not chart.facts.studies:
        return False
    onsets = [moment.earliest for moment in map(began, chart.present) if moment.is_dated]
    procedures = chart.knowledge.procedures
    scans = (s.performed for s in chart.facts.studies if procedures[s.procedure].modality in SCANS)
    return bool(onsets) and any(scan.is_dated and scan.earliest >= max(onsets) for scan in scans)


def has_orders_needing_conditions(decision: Decision) -> bool:
    """True when no order can be judged and at least one waits for conditions (BEHAVIOUR 1.5)."""
    waits = any(j.outcome == "needs-conditions" for j in decision.judgments)
    return waits and not any(j.is_judged for j in decision.judgments)


def hemoptysis_in_chart(chart: Chart) -> frozenset[Certainty]:
    """How surely the chart says hemoptysis; empty when it has none.

    An active Condition of the indication window or undated, charted blood of the severity window,
    or the reason of the current encounter.
    """
    return frozenset(_certainties(chart))


def _certainties(chart: Chart) -> Iterator[Certainty]:
    for diagnosis in chart.present:
        yield from hemoptysis_certainties(diagnosis.matches)
    if any(bleed.shows_blood and chart.is_current(period.end) for bleed, period in chart.bleeds):
        yield Certainty.DEFINITE
    yield from hemoptysis_certainties(chart.facts.encounter_reasons)


def hemoptysis_certainties(matches: tuple[ConceptMatch, ...]) -> Iterator[Certainty]:
    """The certainty of every match that means hemoptysis, but for a history of it."""
    return (m.certainty for m in matches if m.concept is Concept.HEMOPTYSIS and m.is_present)


def indication_of(order: ImagingOrder, in_chart: frozenset[Certainty], chart: Chart) -> IndicationBasis:
    """Why the order is taken to be for hemoptysis; UNKNOWN when only missing conditions could tell.

    `in_chart` is what `hemoptysis_in_chart` found.
    """
    if order.reason.kind == "for-hemoptysis":
        return IndicationBasis.OWN_REASON
    if order.reason.kind == "other" or _needs_own_reason(order, chart.knowledge):
        return IndicationBasis.NOT_FOR_HEMOPTYSIS
    if in_chart:
        return _BASIS_BY_CHART[order.reason.kind]
    if order.reason.kind != "cause-or-symptom" and not chart.facts.is_whole(Kind.CONDITIONS):
        return IndicationBasis.UNKNOWN
    return IndicationBasis.NOT_FOR_HEMOPTYSIS


def _needs_own_reason(order: ImagingOrder, knowledge: Knowledge) -> bool:
    """An embolization of any vessel, a PET and an ultrasound are for hemoptysis only if they say so."""
    procedure = knowledge.procedures.get(order.procedure)
    is_wide = procedure is not None and procedure.modality in _ONLY_BY_OWN_REASON
    return order.needs_hemoptysis_reason or is_wide
