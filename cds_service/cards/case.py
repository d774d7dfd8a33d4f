"""Whether an alert stands on top of the other cards, and for what."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cds_service.cards.markdown import plain
from cds_service.cards.texts import uncapital
from cds_service.cds_hooks.request import DraftOrder, Hook, HookRequest
from cds_service.clinical.decision import Decision, Judgement, Outcome, Severity
from cds_service.clinical.facts import HemoptysisFacts, ImagingOrder
from cds_service.knowledge.model import Category, Knowledge, Modality, Procedure, Variant

APPROPRIATE = "appropriate"


NOT_APPROPRIATE = "not-appropriate"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOptions:
    """A site's choices, BEHAVIOUR 9.

    `may_be_appropriate` is the PAMA code of that category; the URLs have no trailing slash.
    """

    confirm_appropriate: bool = True
    alternatives: int = 2
    suggest_complement: bool = True
    may_be_appropriate: str = APPROPRIATE
    extension_system_actions: bool = True
    qcdsm: str = "none"
    canonical_url: str = "http://localhost:8000"
    public_url: str = "http://localhost:8000"


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


def alerts_for(case: Case) -> Severity | None:
    """At most one alert for a request: PROVEN, KEPT_PLAUSIBLE, or None.

    Proven massive hemoptysis alerts with any chest imaging order, whatever its reason; a sign only where
    hemoptysis itself is judged.
    """
    match case.decision.classification.severity:
        case Severity.PROVEN if _is_about_the_chest(case):
            return Severity.PROVEN
        case Severity.KEPT_PLAUSIBLE if _is_about_hemoptysis(case):
            return Severity.KEPT_PLAUSIBLE
        case _:
            return None


def _is_about_the_chest(case: Case) -> bool:
    outcomes = {judgement.outcome for judgement in case.decision.judgements}
    return case.decision.has_hemoptysis and (_is_patient_view(case) or bool(outcomes & CHEST_IMAGING))


def _is_about_hemoptysis(case: Case) -> bool:
    is_judged = any(judgement.is_judged for judgement in case.decision.judgements)
    return case.decision.has_hemoptysis and (_is_patient_view(case) or is_judged)


def _is_patient_view(case: Case) -> bool:
    return case.request.hook is Hook.PATIENT_VIEW
