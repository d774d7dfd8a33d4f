"""The case on the desk: one decision with everything its cards are made from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cds_service.cards.escape import plain
from cds_service.cards.options import CardOptions
from cds_service.cards.phrases import uncapital
from cds_service.cds_hooks.request import DraftOrder, HookRequest
from cds_service.clinical.decision import Decision, Judgement, Outcome
from cds_service.clinical.facts import HemoptysisFacts
from cds_service.clinical.orders import ImagingOrder
from cds_service.knowledge.model import Category, Knowledge, Modality, Procedure, Variant

RADIOGRAPH: Final = "radiography-chest"
SCANS: Final = (Modality.CT, Modality.CTA)
TITLE_LIMIT: Final = 60


@dataclass(frozen=True, slots=True)
class Case:
    """One request, decided.

    `drafts` holds the client's draft orders by their index, `consult_ids` the `urn:uuid:` of each judged one.
    """

    decision: Decision
    facts: HemoptysisFacts
    request: HookRequest
    knowledge: Knowledge
    options: CardOptions
    new_uuid: Callable[[], UUID]
    drafts: Mapping[int, DraftOrder]
    consult_ids: Mapping[int, str]

    @property
    def plausible(self) -> tuple[Variant, ...]:
        """The variants that the data leave plausible."""
        return self.decision.classification.plausible

    def procedure_of(self, order: ImagingOrder) -> Procedure | None:
        """The procedure of an order; None when the study was not recognised."""
        return self.knowledge.procedures.get(order.procedure)

    def name(self, procedure: str) -> str:
        """The ACR name of a procedure."""
        return self.knowledge.procedures[procedure].name

    def natural_name(self, procedure: str) -> str:
        """The name of a procedure in a sentence: `chest radiograph`, `CTA chest with IV contrast`."""
        known = self.knowledge.procedures[procedure]
        if known.modality not in (Modality.RADIOGRAPHY, Modality.ARTERIOGRAPHY):
            return known.name
        return self.short_name(procedure)

    def short_name(self, procedure: str) -> str:
        """The short name of a procedure in a sentence: `CTA with contrast`."""
        return uncapital(self.knowledge.procedures[procedure].short_name)

    def order_name(self, order: ImagingOrder) -> str:
        """The name an order has on its card: the ACR's when recognised, else its own title, in plain text."""
        procedure = self.procedure_of(order)
        if procedure is None:
            return plain(order.title, TITLE_LIMIT) or "imaging order"
        if order.is_pulmonary_arteries:
            return f"{procedure.name} (pulmonary arteries)"
        return procedure.name

    def draft_of(self, order: ImagingOrder) -> DraftOrder:
        """The client's own draft of an order."""
        return self.drafts[order.index]

    def categories(self, procedure: str) -> dict[Variant, Category]:
        """The category of a rated procedure under each plausible variant."""
        return {variant: self.knowledge.category(procedure, variant) for variant in self.plausible}

    def has_complement(self, judgement: Judgement) -> bool:
        """True when the card of this order offers the chest radiograph beside it."""
        is_meant = self.decision.complement_for == judgement.order.index
        return is_meant and self.options.suggest_complement and judgement.order.can_carry_actions


def is_arteriography(procedure: Procedure | None) -> bool:
    """True for catheter studies, which are never replaced by a diagnostic study nor offered for one."""
    return procedure is not None and procedure.modality is Modality.ARTERIOGRAPHY


CHEST_IMAGING: Final = frozenset(Outcome) - {Outcome.NOT_CHEST_IMAGING, Outcome.NO_STUDY_YET}
"""The outcomes of orders that are for chest imaging, whatever their reason."""
