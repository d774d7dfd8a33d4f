"""What the criteria say of an order under the plausible variants, and what to offer instead."""

from collections.abc import Mapping, Sequence, Set
from typing import Final

from msgspec.structs import replace

from cds_service.clinical.cautions import bears_on, is_pressing
from cds_service.clinical.decision import (
    Alternative,
    Caution,
    Classification,
    Decision,
    IndicationBasis,
    Judgment,
    JudgmentOutcome,
)
from cds_service.clinical.facts import ImagingOrder, Recognition
from cds_service.knowledge.model import (
    Category,
    CautionId,
    Knowledge,
    Modality,
    Procedure,
    TopicStatus,
    Variant,
)
from cds_service.knowledge.terminology.concepts import Concept

SCANS: Final = (Modality.CT, Modality.CTA)
_SCAN_RANK: Final = {Modality.CTA: 0, Modality.CT: 1}
"""CTA, then CT, then the others."""

_USUALLY_APPROPRIATE: Final = {Category.USUALLY_APPROPRIATE}
_WITHOUT_A_STUDY: Final[Mapping[Recognition, JudgmentOutcome]] = {
    "no-study-yet": "no-study-yet",
    "other-order": "other-order",
    "not-chest-imaging": "not-chest-imaging",
}
_BY_INDICATION: Final[Mapping[IndicationBasis, JudgmentOutcome]] = {
    IndicationBasis.NOT_FOR_HEMOPTYSIS: "other-indication",
    IndicationBasis.UNKNOWN: "needs-conditions",
}
_NOT_RATED: Final[Mapping[TopicStatus, JudgmentOutcome]] = {
    "contrast-unspecified": "contrast-unspecified",
    "not-in-topic": "not-in-topic",
}


def diagnostic_studies(classification: Classification, knowledge: Knowledge) -> list[Procedure]:
    """The studies usually appropriate under every plausible variant; never arteriography."""
    ratings, plausible = knowledge.ratings, classification.plausible
    diagnostic = (p for p in knowledge.rated_procedures() if p.modality is not Modality.ARTERIOGRAPHY)
    return [
        procedure
        for procedure in diagnostic
        if {ratings[variant, procedure.id].category for variant in plausible} == _USUALLY_APPROPRIATE
    ]


def ct_angiography(classification: Classification, knowledge: Knowledge) -> tuple[str, ...]:
    """CT angiography of the chest, where it is usually appropriate under every plausible variant."""
    studies = diagnostic_studies(classification, knowledge)
    return tuple(study.id for study in studies if study.modality is Modality.CTA)


def in_order_of_preference(
    studies: Sequence[Procedure], decided: Decision, *, ordered: Procedure | None
) -> list[Procedure]:
    """Without a charted risk first, then same modality, CTA before CT, lower radiation.

    Children, and pregnant patients: lowest radiation first.
    """
    is_child = decided.classification.age_group == "child"
    has_reaction = decided.has(CautionId.CONTRAST_REACTION)
    radiation_first = is_child or decided.has(CautionId.PREGNANCY)

    def preference(procedure: Procedure) -> tuple[int, ...]:
        has_risk = has_reaction and procedure.uses_iodinated_contrast
        level = procedure.radiation_pediatric if is_child else procedure.radiation_adult
        radiation = level.symbols if level else 0
        rank = _SCAN_RANK.get(procedure.modality, 2)
        if radiation_first:
            return (has_risk, radiation, rank)
        return (has_risk, not _is_same_modality(procedure, ordered), rank, radiation)

    return sorted(studies, key=preference)


def _is_same_modality(procedure: Procedure, ordered: Procedure | None) -> bool:
    """CT angiography is CT; nothing ordered yet has no modality to keep."""
    if ordered is None:
        return False
    both_scan = procedure.modality in SCANS and ordered.modality in SCANS
    return both_scan or procedure.modality is ordered.modality


def offered(
    studies: Sequence[Procedure], decided: Decision, knowledge: Knowledge, *, may_recommend: bool
) -> tuple[Alternative, ...]:
    """The studies as they are offered, with the cautions on their labels.

    The first is recommended unless the patient is a child, a caution is pressing, or the chart asks a
    question that the topic does not rate.
    """
    is_child = decided.classification.age_group == "child"
    is_open = is_child or decided.is_outside_topic or any(map(is_pressing, decided.cautions))
    recommends = may_recommend and not is_open
    return tuple(
        Alternative(
            procedure.id,
            _on_label(decided.cautions, procedure, knowledge),
            is_recommended=recommends and index == 0,
        )
        for index, procedure in enumerate(studies)
    )


def _on_label(
    cautions: Sequence[Caution], procedure: Procedure, knowledge: Knowledge
) -> tuple[CautionId, ...]:
    if not cautions:
        return ()
    bearing = (c.id for c in cautions if is_pressing(c) and bears_on(c, procedure, knowledge))
    return tuple(dict.fromkeys(bearing))


def rate(
    order: ImagingOrder, indication: IndicationBasis, plausible: Sequence[Variant], knowledge: Knowledge
) -> Judgment:
    """The category of the order, if it is the same under every plausible variant.

    Otherwise the outcome says why there is none: nothing to judge, another indication, contrast not
    specified, not in the topic, not recognized, or different categories: between variants, or between CT
    with contrast and CT angiography where the order may be either.
    """
    outcome = _unrated(order, indication, knowledge)
    if outcome:
        return Judgment(order, outcome, indication)
    categories = {variant: knowledge.category(order.procedure, variant) for variant in plausible}
    if order.may_be_cta and categories != _categories_of_cta(plausible, knowledge):
        return Judgment(order, "ct-or-cta", indication, categories=categories)
    distinct = set(categories.values())
    if len(distinct) > 1:
        return Judgment(order, "differs-between-variants", indication, categories=categories)
    return Judgment(order, "rated", indication, category=distinct.pop(), categories=categories)


def _categories_of_cta(plausible: Sequence[Variant], knowledge: Knowledge) -> Mapping[Variant, Category]:
    cta = next(p.id for p in knowledge.rated_procedures() if p.modality is Modality.CTA)
    return {variant: knowledge.category(cta, variant) for variant in plausible}


def _unrated(
    order: ImagingOrder, indication: IndicationBasis, knowledge: Knowledge
) -> JudgmentOutcome | None:
    """Why the order has no category, None if it is one of the topic."""
    if order.recognition in _WITHOUT_A_STUDY:
        return _WITHOUT_A_STUDY[order.recognition]
    if indication in _BY_INDICATION:
        return _BY_INDICATION[indication]
    if order.recognition == "unrecognized-imaging":
        return "not-recognized"
    return _NOT_RATED.get(knowledge.procedures[order.procedure].topic_status)


def with_alternatives(
    judgment: Judgment, decided: Decision, knowledge: Knowledge, *, drafted: Set[str], limit: int
) -> Judgment:
    """The judgment with up to `limit` studies to offer instead of its order, and those already drafted.

    Where a usually appropriate CT or CTA is drafted already, nothing more is preselected.
    """
    ordered = knowledge.procedures[judgment.order.procedure]
    if _is_withheld_for_allergy(judgment, ordered, decided):
        return replace(judgment, allergy_withholds_alternatives=True)
    studies = in_order_of_preference(
        diagnostic_studies(decided.classification, knowledge), decided, ordered=ordered
    )
    if ordered.modality is Modality.ARTERIOGRAPHY or judgment.order.has_other_regions:
        return replace(judgment, named_instead=tuple(s.id for s in studies))
    open_studies = [s for s in studies if s.id not in drafted]
    has_scan = any(s.id in drafted and s.modality in SCANS for s in studies)
    may_recommend = judgment.outcome != "not-in-topic" and not has_scan
    return replace(
        judgment,
        alternatives=offered(open_studies[:limit], decided, knowledge, may_recommend=may_recommend),
        named_instead=tuple(s.id for s in studies if s.id in drafted),
    )


def takes_alternatives(judgment: Judgment, knowledge: Knowledge, *, has_embolism: bool) -> bool:
    """Whether the table of BEHAVIOUR 6 gives alternatives to an order of this outcome."""
    match judgment.outcome:
        case "rated":
            return judgment.category is not Category.USUALLY_APPROPRIATE
        case "differs-between-variants" | "contrast-unspecified" | "ct-or-cta":
            return True
        case "not-in-topic":
            modality = knowledge.procedures[judgment.order.procedure].modality
            return modality not in (Modality.NUCLEAR, Modality.ARTERIOGRAPHY) and not has_embolism
        case _:
            return False


def _is_withheld_for_allergy(judgment: Judgment, ordered: Procedure, decided: Decision) -> bool:
    """After a reaction to contrast, a may-be-appropriate CT without contrast is left alone."""
    is_native_ct = ordered.modality is Modality.CT and ordered.contrast == "without"
    is_may_be = judgment.category is Category.MAY_BE_APPROPRIATE
    return is_native_ct and is_may_be and decided.has(CautionId.CONTRAST_REACTION)


def speaks_of_embolism(order: ImagingOrder) -> bool:
    """True when the order's own reason names pulmonary embolism."""
    return any(m.concept is Concept.PULMONARY_EMBOLISM and m.is_present for m in order.reason.matches)
