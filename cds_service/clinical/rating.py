"""What the criteria say of an order under the plausible variants, and what to offer instead."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from cds_service.clinical.cautions import bears_on
from cds_service.clinical.decision import (
    Alternative,
    Cautions,
    Classification,
    IndicationBasis,
    Judgement,
    Outcome,
)
from cds_service.clinical.facts import AgeGroup, ImagingOrder, Recognition
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
from cds_service.knowledge.terminology.concepts import Concept

_CROSS_SECTIONAL = (Modality.CT, Modality.CTA)


_RISKS = (CautionId.CONTRAST_REACTION, CautionId.PREGNANCY)


_NO_DEFAULT = (*_RISKS, CautionId.KIDNEY_SEVERE)


_ON_LABELS = (*_NO_DEFAULT, CautionId.KIDNEY_DISCRETION)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the choice of studies depends on; `limit` is how many may be offered."""

    classification: Classification
    cautions: Cautions
    knowledge: Knowledge
    limit: int

    @property
    def is_for_child(self) -> bool:
        """True for a patient under the adult age."""
        return self.classification.age_group is AgeGroup.CHILD


def diagnostic_studies(classification: Classification, knowledge: Knowledge) -> list[Procedure]:
    """The studies usually appropriate under every plausible variant; never arteriography."""
    return [
        procedure
        for procedure in knowledge.rated_procedures()
        if procedure.modality is not Modality.ARTERIOGRAPHY
        and all(
            knowledge.category(procedure.id, variant) is Category.USUALLY_APPROPRIATE
            for variant in classification.plausible
        )
    ]


def in_order_of_preference(
    studies: Sequence[Procedure], choice: Choice, *, ordered: Procedure | None
) -> list[Procedure]:
    """Without a charted risk first, then same modality, CTA before CT, lower radiation.

    Children, and pregnant patients: lowest radiation first.
    """

    def preference(procedure: Procedure) -> tuple[int, ...]:
        has_risk = choice.cautions.has(CautionId.CONTRAST_REACTION) and procedure.uses_iodinated_contrast
        radiation = _symbols(procedure, choice)
        rank = _rank(procedure)
        if choice.is_for_child or choice.cautions.has(CautionId.PREGNANCY):
            return (has_risk, radiation, rank)
        return (has_risk, not _is_same_modality(procedure, ordered), rank, radiation)

    return sorted(studies, key=preference)


def _symbols(procedure: Procedure, choice: Choice) -> int:
    level = procedure.radiation_pediatric if choice.is_for_child else procedure.radiation_adult
    return level.symbols if level else 0


def _rank(procedure: Procedure) -> int:
    """CTA, then CT, then the others."""
    ranks = {Modality.CTA: 0, Modality.CT: 1}
    return ranks.get(procedure.modality, 2)


def _is_same_modality(procedure: Procedure, ordered: Procedure | None) -> bool:
    """CT angiography is CT; nothing ordered yet has no modality to keep."""
    if ordered is None:
        return False
    both = {procedure.modality, ordered.modality}
    return len(both) == 1 or both <= set(_CROSS_SECTIONAL)


def offered(studies: Sequence[Procedure], choice: Choice, *, may_recommend: bool) -> tuple[Alternative, ...]:
    """The first studies, with the cautions on their labels.

    The first is recommended unless the patient is a child, or a reaction to contrast, a pregnancy or
    severe kidney impairment is charted.
    """
    recommends = may_recommend and not choice.is_for_child and not choice.cautions.has(*_NO_DEFAULT)
    return tuple(
        Alternative(procedure.id, _cautions_on(procedure, choice), is_recommended=recommends and place == 0)
        for place, procedure in enumerate(studies[: choice.limit])
    )


def _cautions_on(procedure: Procedure, choice: Choice) -> tuple[CautionId, ...]:
    bearing = [c.id for c in choice.cautions.found if bears_on(c, procedure, choice.knowledge)]
    return tuple(dict.fromkeys(c for c in bearing if c in _ON_LABELS))


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
