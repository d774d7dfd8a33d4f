"""The whole decision for one request: classification, judgements, cautions, what to offer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cds_service.clinical.cautions import cautions_for
from cds_service.clinical.classify import classify
from cds_service.clinical.decision import Alternative, Decision, IndicationBasis, Judgement, Outcome
from cds_service.clinical.evidence.conditions import began
from cds_service.clinical.evidence.sums import is_charted
from cds_service.clinical.facts import HemoptysisFacts, ImagingOrder
from cds_service.clinical.indication import (
    hemoptysis_certainties,
    hemoptysis_in_chart,
    indication_of,
    is_present_hemoptysis,
)
from cds_service.clinical.rating import (
    Choice,
    diagnostic_studies,
    in_order_of_preference,
    offered,
    rate,
    speaks_of_embolism,
    with_alternatives,
)
from cds_service.clinical.time import Moment
from cds_service.clinical.windows import is_current
from cds_service.knowledge.model import Category, DefinitionId, Knowledge, Modality, Variant
from cds_service.knowledge.terminology.concepts import Certainty, Concept

_RADIOGRAPH = Modality.RADIOGRAPHY


_CT = (Modality.CT, Modality.CTA)


@dataclass(frozen=True, slots=True)
class OrdersToJudge:
    """All draft orders, and the places of those to judge."""

    orders: Sequence[ImagingOrder]
    judged: Collection[int]

    @property
    def drafted(self) -> frozenset[str]:
        """The procedures that are drafted, judged or not."""
        return frozenset(order.procedure for order in self.orders if order.procedure)


def decide(
    facts: HemoptysisFacts, to_judge: OrdersToJudge, *, knowledge: Knowledge, alternatives: int
) -> Decision:
    """Everything that is decided for one request; `alternatives` is how many studies may be offered."""
    classification = classify(facts, knowledge)
    cautions = cautions_for(facts, knowledge)
    choice = Choice(classification, cautions, knowledge, alternatives)
    in_chart = hemoptysis_in_chart(facts, knowledge)
    has_embolism = is_charted(facts, Concept.PULMONARY_EMBOLISM)
    desk = _Desk(facts, choice, in_chart, to_judge.drafted, has_embolism)
    judged = [order for order in to_judge.orders if order.index in to_judge.judged]
    judgements = _recommended_once(tuple(desk.judgement(order) for order in judged))
    by_order = any(j.is_judged and j.indication is IndicationBasis.OWN_REASON for j in judgements)
    return Decision(
        classification=classification,
        judgements=judgements,
        cautions=cautions,
        has_hemoptysis=bool(in_chart) or by_order,
        is_possible_only=bool(in_chart) and Certainty.DEFINITE not in in_chart,
        complement_for=_complement_for(judgements, to_judge, facts, choice),
        initial_studies=_initial_studies(choice),
        studied_since_onset=_was_studied_since_onset(facts, knowledge),
    )


@dataclass(frozen=True, slots=True)
class _Desk:
    """What every order of a request is judged with."""

    facts: HemoptysisFacts
    choice: Choice
    in_chart: frozenset[Certainty]
    drafted: frozenset[str]
    has_embolism: bool

    def judgement(self, order: ImagingOrder) -> Judgement:
        """What is said of one order."""
        knowledge = self.choice.knowledge
        indication = indication_of(order, self.in_chart, self.facts, knowledge)
        rated = rate(order, indication, self.choice.classification, knowledge)
        has_embolism = self.has_embolism or speaks_of_embolism(order)
        judgement = with_alternatives(rated, self.choice, drafted=self.drafted, has_embolism=has_embolism)
        return replace(judgement, is_possible_only=self._is_possible_only(order, indication))

    def _is_possible_only(self, order: ImagingOrder, indication: IndicationBasis) -> bool:
        """True when only codes that possibly mean hemoptysis speak for it."""
        certainties = set(self.in_chart)
        if indication is IndicationBasis.OWN_REASON:
            certainties |= set(hemoptysis_certainties(order.reason.matches))
        return certainties == {Certainty.POSSIBLE}


def _recommended_once(judgements: tuple[Judgement, ...]) -> tuple[Judgement, ...]:
    """A study that one card preselects is not preselected by the next one again."""
    seen: set[str] = set()
    settled = []
    for judgement in judgements:
        kept = tuple(
            replace(a, is_recommended=a.is_recommended and a.procedure not in seen)
            for a in judgement.alternatives
        )
        seen |= {a.procedure for a in kept if a.is_recommended}
        settled.append(replace(judgement, alternatives=kept))
    return tuple(settled)


def _complement_for(
    judgements: Sequence[Judgement], to_judge: OrdersToJudge, facts: HemoptysisFacts, choice: Choice
) -> int | None:
    """The place of the first order that is done together with a radiograph not yet drafted or done."""
    if _has_radiograph(to_judge, facts, choice.knowledge):
        return None
    return next((j.order.index for j in judgements if _takes_complement(j, choice)), None)


def _has_radiograph(to_judge: OrdersToJudge, facts: HemoptysisFacts, knowledge: Knowledge) -> bool:
    procedures = knowledge.procedures
    is_drafted = any(procedures[p].modality is _RADIOGRAPH for p in to_judge.drafted)
    return is_drafted or any(
        procedures[study.procedure].modality is _RADIOGRAPH
        and is_current(study.performed, facts, knowledge, DefinitionId.COMPLEMENT_WINDOW)
        for study in facts.studies
    )


def _takes_complement(judgement: Judgement, choice: Choice) -> bool:
    """Usually appropriate, and not itself the radiograph; in nonmassive hemoptysis only CT and CTA."""
    if judgement.category is not Category.USUALLY_APPROPRIATE:
        return False
    modality = choice.knowledge.procedures[judgement.order.procedure].modality
    if Variant.NONMASSIVE in choice.classification.plausible:
        return modality in _CT
    return modality is not _RADIOGRAPH


def _initial_studies(choice: Choice) -> tuple[Alternative, ...]:
    studies = diagnostic_studies(choice.classification, choice.knowledge)
    preferred = in_order_of_preference(studies, choice, ordered=None)
    return offered(preferred, replace(choice, limit=len(preferred)), may_recommend=False)


def _was_studied_since_onset(facts: HemoptysisFacts, knowledge: Knowledge) -> bool:
    """True when a CT or CTA of the chest was certainly done since the present hemoptysis began."""
    onsets = [began(d) for d in facts.diagnoses if is_present_hemoptysis(d, facts, knowledge)]
    dated = [onset for onset in onsets if onset.is_dated]
    scans = [s for s in facts.studies if knowledge.procedures[s.procedure].modality in _CT]
    return any(_is_since(scan.performed.earliest, dated) for scan in scans if scan.performed.is_dated)


def _is_since(scan: datetime, onsets: Sequence[Moment]) -> bool:
    return bool(onsets) and all(onset.earliest <= scan for onset in onsets)


def has_orders_needing_conditions(decision: Decision) -> bool:
    """True when no order can be judged and at least one waits for conditions (BEHAVIOUR 1.5)."""
    waits = any(j.outcome is Outcome.NEEDS_CONDITIONS for j in decision.judgements)
    return waits and not any(j.is_judged for j in decision.judgements)
