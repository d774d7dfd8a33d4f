"""Draft orders for the clinical tests."""

from msgspec.structs import replace

from cds_service.clinical.decide import decide
from cds_service.clinical.decision import Decision, Judgment
from cds_service.clinical.facts import ImagingOrder, Reason, Recognition
from cds_service.knowledge.terminology.concepts import Concept
from tests.clinical.chart import Fact, judged_chart, possible, sure

FOR_HEMOPTYSIS = Reason("for-hemoptysis", sure(Concept.HEMOPTYSIS))
FOR_POSSIBLE_HEMOPTYSIS = Reason("for-hemoptysis", possible(Concept.HEMOPTYSIS))
FOR_COUGH = Reason("cause-or-symptom", sure(Concept.COUGH))
FOR_EMBOLISM = Reason("cause-or-symptom", sure(Concept.PULMONARY_EMBOLISM))
FOR_ANOTHER = Reason("other")
WITHOUT_REASON = Reason("none")
UNRESOLVED_REASON = Reason("unresolved")

RADIOGRAPH = "radiography-chest"
EMBOLIZATION = "arteriography-bronchial-embolization"
CT_WITH = "ct-chest-with-contrast"
CTA = "cta-chest-with-contrast"
CT_WITHOUT = "ct-chest-without-contrast"
CT_WITHOUT_AND_WITH = "ct-chest-without-and-with-contrast"
CT_UNSPECIFIED = "ct-chest-contrast-unspecified"


def order(procedure: str, reason: Reason = FOR_HEMOPTYSIS) -> ImagingOrder:
    """A draft order for a study of procedures.csv; for hemoptysis unless told."""
    return ImagingOrder(0, "order", procedure, "by-code", procedure, reason)


def unrecognized(recognition: Recognition, reason: Reason = FOR_HEMOPTYSIS) -> ImagingOrder:
    """A draft order whose study is not known."""
    return ImagingOrder(0, "order", "something", recognition, "", reason)


def decided(*facts: Fact, orders: tuple[ImagingOrder, ...] = (), limit: int = 2) -> Decision:
    """The decision on these orders, all of them judged."""
    numbered = tuple(replace(one, index=place) for place, one in enumerate(orders))
    return decide(judged_chart(*facts), numbered, range(len(numbered)), alternatives=limit)


def judged(one: ImagingOrder, *facts: Fact, limit: int = 2) -> Judgment:
    """The judgment of a single order."""
    return decided(*facts, orders=(one,), limit=limit).judgments[0]
