"""The whole decision for one request: classification, indications, judgments, cautions, what to offer."""

from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from cds_service.clinical.cautions import cautions_for, never_charted, not_assessed
from cds_service.clinical.chart import Chart, began, duration
from cds_service.clinical.decision import Alternative, Decision, IndicationBasis, Judgment
from cds_service.clinical.facts import KIND_NOT_KNOWN, Diagnosis, ImagingOrder
from cds_service.clinical.rating import (
    SCANS,
    ct_angiography,
    diagnostic_studies,
    in_order_of_preference,
    offered,
    rate,
    speaks_of_embolism,
    takes_alternatives,
    with_alternatives,
)
from cds_service.clinical.silence import NOTHING_SILENCED, Silenced, heard
from cds_service.clinical.time import Moment
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.model import Category, Knowledge, Modality, Procedure, Variant
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
    chart: Chart,
    orders: Sequence[ImagingOrder],
    judged: Collection[int],
    *,
    alternatives: int,
    silenced: Silenced = NOTHING_SILENCED,
) -> Decision:
    """Everything that is decided for one request.

    `orders` are all drafts, `judged` the indexes of those to judge, `alternatives` the most offered for one.
    """
    in_chart = hemoptysis_in_chart(chart)
    decided = replace(
        heard(chart, silenced),
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
    was_studied = _was_studied_since_onset(chart)
    by_order = any(_is_for_hemoptysis(judgment) for judgment in judgments)
    return replace(
        decided,
        judgments=judgments,
        has_hemoptysis=bool(in_chart) or by_order,
        is_possible_only=bool(in_chart) and Certainty.DEFINITE not in in_chart,
        complement_for=_complement_for(judgments, drafted, decided, chart),
        initial_studies=() if judgments else _initial_studies(decided, chart, drafted),
        studied_since_onset=was_studied,
        alert_studies=() if was_studied else _alert_studies(decided, chart.knowledge, drafted),
        has_new_hemoptysis=_has_new_hemoptysis(chart),
    )


def _is_for_hemoptysis(judgment: Judgment) -> bool:
    """An order that says so itself: one that is judged, or of another kind."""
    is_meant = judgment.is_judged or judgment.outcome == "other-order"
    return is_meant and judgment.indication is IndicationBasis.OWN_REASON


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
    if judgment.outcome == "not-recognized":
        return replace(judgment, named_instead=ct_angiography(decided.classification, chart.knowledge))
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
    there = drafted | _done_of_late(chart)
    return any(procedures[procedure].modality is _RADIOGRAPH for procedure in there)


def _done_of_late(chart: Chart) -> Set[str]:
    """The studies that were done in the window of the complement."""
    done = chart.facts.studies
    return {s.procedure for s in done if chart.is_current(s.performed, DefinitionId.COMPLEMENT_WINDOW)}


def _takes_complement(judgment: Judgment, decided: Decision, knowledge: Knowledge) -> bool:
    """Usually appropriate, and not itself the radiograph; in nonmassive hemoptysis only CT and CTA.

    Never beside an order for further regions, which gets no more than its cautions.
    """
    if judgment.category is not Category.USUALLY_APPROPRIATE or judgment.order.has_other_regions:
        return False
    modality = knowledge.procedures[judgment.order.procedure].modality
    if Variant.NONMASSIVE in decided.classification.plausible:
        return modality in SCANS
    return modality is not _RADIOGRAPH


def _initial_studies(decided: Decision, chart: Chart, drafted: Set[str]) -> tuple[Alternative, ...]:
    """What patient-view offers: usually appropriate under all plausible variants, not there already."""
    there = drafted | _done_of_late(chart)
    studies = [p for p in diagnostic_studies(decided.classification, chart.knowledge) if p.id not in there]
    preferred = in_order_of_preference(studies, decided, ordered=None)
    return offered(preferred, decided, chart.knowledge, may_recommend=False)


def _alert_studies(decided: Decision, knowledge: Knowledge, drafted: Set[str]) -> tuple[Alternative, ...]:
    """What a critical card offers: CTA, unless a CT or CTA is drafted."""
    is_critical = decided.classification.alert not in ("sign", "none")
    if not is_critical or any(_is_scan(knowledge.procedures[p]) for p in drafted):
        return ()
    studies = [p for p in knowledge.rated_procedures() if p.modality is Modality.CTA]
    return offered(studies, decided, knowledge, may_recommend=False)


def _is_scan(procedure: Procedure) -> bool:
    """True for a CT or CTA of the topic, with whatever contrast; a screening CT looks for something else."""
    return procedure.modality in SCANS and procedure.topic_status != "not-in-topic"


def _was_studied_since_onset(chart: Chart) -> bool:
    """True when a CT or CTA of the chest was certainly done since the present hemoptysis began.

    A low-dose screening CT is none: it looks for no source of bleeding.
    """
    if not chart.facts.studies:
        return False
    onset = _known_onset(chart)
    procedures = chart.knowledge.procedures
    scans = (s.performed for s in chart.facts.studies if _is_scan(procedures[s.procedure]))
    return onset is not None and any(scan.is_dated and scan.earliest >= onset for scan in scans)


def _known_onset(chart: Chart) -> datetime | None:
    """When the present hemoptysis began at the latest; None where that is not known.

    What came back has the date of its first beginning, so that only blood tells when it came back.
    """
    begun = [moment.earliest for moment in map(began, chart.present) if moment.is_dated]
    if begun and not any(diagnosis.is_returning for diagnosis in chart.present):
        return max(begun)
    seen = (period.start for bleed, period in chart.bleeds if bleed.shows_blood)
    of_late = [s.earliest for s in seen if s.is_dated and _is_within(s, DefinitionId.RECENT_WINDOW, chart)]
    return min(of_late, default=None)


def _has_new_hemoptysis(chart: Chart) -> bool:
    """True when it began, came back or was recorded in the window of patient-view, or blood was seen of late.

    When a Condition of recurrence came back has no date of its own, so it counts.
    """
    window = DefinitionId.PATIENT_VIEW_WINDOW
    return (
        any(d.is_returning or _is_new(d, window, chart) for d in chart.present)
        or any(
            bleed.shows_blood and _is_within(period.end, DefinitionId.RECENT_WINDOW, chart)
            for bleed, period in chart.bleeds
        )
        or any(True for _ in hemoptysis_certainties(chart.facts.encounter_reasons))
        or _may_have_bled(chart)
    )


def _is_new(diagnosis: Diagnosis, window: DefinitionId, chart: Chart) -> bool:
    dates = (diagnosis.onset, diagnosis.recorded)
    return any(moment.is_dated and _is_within(moment, window, chart) for moment in dates)


def _is_within(moment: Moment, window: DefinitionId, chart: Chart) -> bool:
    """True when any of it may lie in the window."""
    return moment.may_lie_between(chart.facts.now - duration(chart.knowledge, window), chart.latest)


def has_orders_needing_conditions(decision: Decision) -> bool:
    """True when no order can be judged and at least one waits for conditions (BEHAVIOUR 1.5)."""
    waits = any(j.outcome == "needs-conditions" for j in decision.judgments)
    return waits and not any(j.is_judged for j in decision.judgments)


def hemoptysis_in_chart(chart: Chart) -> frozenset[Certainty]:
    """How surely the chart says hemoptysis; empty when it has none.

    An active Condition of the indication window or undated, charted blood of the recent window, or the
    reason of the current encounter; possibly, blood that cannot be read or dated. A history is not of now.
    """
    return frozenset(_certainties(chart))


def _certainties(chart: Chart) -> Iterator[Certainty]:
    for diagnosis in chart.present:
        yield from hemoptysis_certainties(diagnosis.matches)
    for bleed, period in chart.bleeds:
        if bleed.shows_blood and chart.is_current(period.end, DefinitionId.RECENT_WINDOW):
            yield Certainty.POSSIBLE if bleed.is_unsure else Certainty.DEFINITE
    if _may_have_bled(chart):
        yield Certainty.POSSIBLE
    yield from hemoptysis_certainties(chart.facts.encounter_reasons)


def _may_have_bled(chart: Chart) -> bool:
    """True for charted blood without a usable time, and for an Observation of blood that cannot be read.

    One without a readable code or key may be of any kind, and tells nothing.
    """
    since = chart.since[DefinitionId.RECENT_WINDOW]
    for bleed, period in chart.bleeds:
        if bleed.shows_blood and period.end.latest >= since and chart.recency(period.end) == "undatable":
            return True
    unread = chart.facts.not_understood
    return any(kind is Kind.BLEEDING and why != KIND_NOT_KNOWN for kind, _, why in unread)


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
