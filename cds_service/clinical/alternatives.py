"""Which studies to offer instead of, or together with, an order (BEHAVIOUR 6, Alternatives)."""

from collections.abc import Sequence
from dataclasses import dataclass

from cds_service.clinical.cautions import bears_on
from cds_service.clinical.decision import Alternative, Cautions, Classification
from cds_service.clinical.facts import AgeGroup
from cds_service.knowledge.model import Category, CautionId, Knowledge, Modality, Procedure

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
