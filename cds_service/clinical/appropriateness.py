"""What the criteria say of an order under the plausible variants, and what to offer instead."""

from collections.abc import Mapping, Set
from dataclasses import replace

from cds_service.clinical.alternatives import Choice, diagnostic_studies, in_order_of_preference, offered
from cds_service.clinical.decision import (
    Classification,
    IndicationBasis,
    Judgement,
    Outcome,
)
from cds_service.clinical.orders import ImagingOrder, Recognition
from cds_service.knowledge.model import (
    Category,
    CautionId,
    Contrast,
    Knowledge,
    Modality,
    Procedure,
    Standing,
    Variant,
)
from cds_service.knowledge.terminology import Concept

_CROSS_SECTIONAL = (Modality.CT, Modality.CTA)
_WITHOUT_A_STUDY = {
    Recognition.NO_STUDY_YET: Outcome.NO_STUDY_YET,
    Recognition.NOT_CHEST_IMAGING: Outcome.NOT_CHEST_IMAGING,
}
_BY_INDICATION = {
    IndicationBasis.NOT_FOR_HEMOPTYSIS: Outcome.OTHER_INDICATION,
    IndicationBasis.UNKNOWN: Outcome.NEEDS_CONDITIONS,
}


def rate(
    order: ImagingOrder, indication: IndicationBasis, classification: Classification, knowledge: Knowledge
) -> Judgement:
    """The category of the order, if it is the same under every plausible variant.

    Otherwise the outcome says why there is none: nothing to judge, another indication, contrast not
    specified, not in the topic, not recognised, or different categories.
    """
    if order.recognition in _WITHOUT_A_STUDY:
        return Judgement(order, _WITHOUT_A_STUDY[order.recognition], indication)
    if indication in _BY_INDICATION:
        return Judgement(order, _BY_INDICATION[indication], indication)
    if order.recognition is Recognition.UNRECOGNISED_IMAGING:
        return Judgement(order, Outcome.NOT_RECOGNISED, indication)
    procedure = knowledge.procedures[order.procedure]
    if procedure.standing is Standing.CONTRAST_UNSPECIFIED:
        return Judgement(order, Outcome.CONTRAST_UNSPECIFIED, indication)
    if procedure.standing is Standing.NOT_IN_TOPIC:
        return Judgement(order, Outcome.NOT_IN_TOPIC, indication)
    return _rated(order, indication, categories_of(procedure, classification, knowledge))


def categories_of(
    procedure: Procedure, classification: Classification, knowledge: Knowledge
) -> Mapping[Variant, Category]:
    """The category of a rated procedure under each plausible variant."""
    return {v: knowledge.category(procedure.id, v) for v in classification.plausible}


def _rated(
    order: ImagingOrder, indication: IndicationBasis, categories: Mapping[Variant, Category]
) -> Judgement:
    distinct = set(categories.values())
    if len(distinct) > 1:
        return Judgement(order, Outcome.DIFFERS, indication, categories=categories)
    return Judgement(order, Outcome.RATED, indication, category=distinct.pop(), categories=categories)


def with_alternatives(
    judgement: Judgement, choice: Choice, *, drafted: Set[str], has_embolism: bool
) -> Judgement:
    """The judgement with the studies to offer instead of its order, and those already drafted.

    Where a usually appropriate CT or CTA is drafted already, nothing more is preselected.
    """
    if not _takes_alternatives(judgement, choice.knowledge, has_embolism=has_embolism):
        return judgement
    ordered = choice.knowledge.procedures[judgement.order.procedure]
    if _is_withheld_for_allergy(judgement, ordered, choice):
        return replace(judgement, allergy_withholds_alternatives=True)
    studies = in_order_of_preference(
        diagnostic_studies(choice.classification, choice.knowledge), choice, ordered=ordered
    )
    if ordered.modality is Modality.ARTERIOGRAPHY:
        return replace(judgement, named_instead=tuple(s.id for s in studies))
    open_studies = [s for s in studies if s.id not in drafted]
    has_scan = any(s.id in drafted and s.modality in _CROSS_SECTIONAL for s in studies)
    may_recommend = judgement.outcome is not Outcome.NOT_IN_TOPIC and not has_scan
    return replace(
        judgement,
        alternatives=offered(open_studies, choice, may_recommend=may_recommend),
        named_instead=tuple(s.id for s in studies if s.id in drafted),
    )


def _takes_alternatives(judgement: Judgement, knowledge: Knowledge, *, has_embolism: bool) -> bool:
    """Whether the table of BEHAVIOUR 6 gives alternatives to an order of this outcome."""
    match judgement.outcome:
        case Outcome.RATED:
            return judgement.category is not Category.USUALLY_APPROPRIATE
        case Outcome.DIFFERS | Outcome.CONTRAST_UNSPECIFIED:
            return True
        case Outcome.NOT_IN_TOPIC:
            modality = knowledge.procedures[judgement.order.procedure].modality
            return modality not in (Modality.NUCLEAR, Modality.ARTERIOGRAPHY) and not has_embolism
        case _:
            return False


def _is_withheld_for_allergy(judgement: Judgement, ordered: Procedure, choice: Choice) -> bool:
    """After a reaction to contrast, a may-be-appropriate CT without contrast is left alone."""
    is_native_ct = ordered.modality is Modality.CT and ordered.contrast is Contrast.WITHOUT
    is_may_be = judgement.category is Category.MAY_BE_APPROPRIATE
    return is_native_ct and is_may_be and choice.cautions.has(CautionId.CONTRAST_REACTION)


def speaks_of_embolism(order: ImagingOrder) -> bool:
    """True when the order's own reason names pulmonary embolism."""
    return any(match.concept is Concept.PULMONARY_EMBOLISM for match in order.reason.matches)
