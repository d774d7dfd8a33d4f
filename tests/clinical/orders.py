"""Draft orders for the clinical tests."""

from dataclasses import replace

from cds_service.clinical.decide import OrdersToJudge, decide
from cds_service.clinical.decision import Decision, Judgement
from cds_service.clinical.facts import ImagingOrder, Reason, ReasonKind, Recognition
from cds_service.knowledge.terminology.concepts import Concept
from tests.clinical.chart import Fact, chart, knowledge, possible, sure

FOR_HEMOPTYSIS = Reason(ReasonKind.HEMOPTYSIS, sure(Concept.HEMOPTYSIS))
FOR_POSSIBLE_HEMOPTYSIS = Reason(ReasonKind.HEMOPTYSIS, possible(Concept.HEMOPTYSIS))
FOR_COUGH = Reason(ReasonKind.CAUSE_OR_SYMPTOM, sure(Concept.COUGH))
FOR_EMBOLISM = Reason(ReasonKind.CAUSE_OR_SYMPTOM, sure(Concept.PULMONARY_EMBOLISM))
FOR_ANOTHER = Reason(ReasonKind.OTHER)
WITHOUT_REASON = Reason(ReasonKind.NONE)
UNRESOLVED_REASON = Reason(ReasonKind.UNRESOLVED)

RADIOGRAPH = "radiography-chest"
EMBOLIZATION = "arteriography-bronchial-embolization"
CT_WITH = "ct-chest-with-contrast"
CTA = "cta-chest-with-contrast"
CT_WITHOUT = "ct-chest-without-contrast"
CT_WITHOUT_AND_WITH = "ct-chest-without-and-with-contrast"
CT_UNSPECIFIED = "ct-chest-contrast-unspecified"


def order(procedure: str, reason: Reason = FOR_HEMOPTYSIS) -> ImagingOrder:
    """A draft order for a study of procedures.csv; for hemoptysis unless told."""
    return ImagingOrder(0, "order", procedure, Recognition.BY_CODE, procedure, reason)


def unrecognised(recognition: Recognition, reason: Reason = FOR_HEMOPTYSIS) -> ImagingOrder:
    """A draft order whose study is not known."""
    return ImagingOrder(0, "order", "something", recognition, "", reason)


def decided(*facts: Fact, orders: tuple[ImagingOrder, ...] = (), limit: int = 2) -> Decision:
    """The decision on these orders, all of them judged."""
    numbered = tuple(replace(one, index=place) for place, one in enumerate(orders))
    to_judge = OrdersToJudge(numbered, range(len(numbered)))
    return decide(chart(*facts), to_judge, knowledge=knowledge(), alternatives=limit)


def judged(one: ImagingOrder, *facts: Fact, limit: int = 2) -> Judgement:
    """The judgement of a single order."""
    return decided(*facts, orders=(one,), limit=limit).judgements[0]
