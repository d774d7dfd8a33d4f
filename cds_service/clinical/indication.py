"""Whether the chart has hemoptysis, and whether an order is for it (BEHAVIOUR 5)."""

from collections.abc import Iterator

from cds_service.clinical.decision import IndicationBasis
from cds_service.clinical.facts import Diagnosis, HemoptysisFacts, ImagingOrder, Kind, ReasonKind
from cds_service.clinical.windows import Currency, currency, is_current
from cds_service.knowledge.model import DefinitionId, Knowledge, Modality
from cds_service.knowledge.terminology.concepts import Certainty, Concept, ConceptMatch

_ONLY_BY_OWN_REASON = (Modality.PET, Modality.ULTRASOUND)


_BASIS_BY_CHART = {
    ReasonKind.NONE: IndicationBasis.CHART_WITHOUT_REASON,
    ReasonKind.UNRESOLVED: IndicationBasis.CHART_WITH_UNRESOLVED_REASON,
    ReasonKind.CAUSE_OR_SYMPTOM: IndicationBasis.CHART_WITH_RELATED_REASON,
}


def hemoptysis_in_chart(facts: HemoptysisFacts, knowledge: Knowledge) -> frozenset[Certainty]:
    """How surely the chart says hemoptysis; empty when it has none.

    An active Condition of the indication window or undated, charted blood of the severity window,
    or the reason of the current encounter.
    """
    return frozenset(_certainties(facts, knowledge))


def _certainties(facts: HemoptysisFacts, knowledge: Knowledge) -> Iterator[Certainty]:
    for diagnosis in facts.diagnoses:
        if is_present_hemoptysis(diagnosis, facts, knowledge):
            yield from hemoptysis_certainties(diagnosis.matches)
    for bleed in facts.bleeds:
        end = bleed.period.closed_at(facts.now).end
        if bleed.shows_blood and is_current(end, facts, knowledge):
            yield Certainty.DEFINITE
    yield from hemoptysis_certainties(facts.encounter_reasons)


def is_present_hemoptysis(diagnosis: Diagnosis, facts: HemoptysisFacts, knowledge: Knowledge) -> bool:
    """An active hemoptysis Condition that was begun or recorded in the window, or is undated.

    One that came back has no date of its coming back, so it counts as undated.
    """
    if not (diagnosis.is_active and diagnosis.means(Concept.HEMOPTYSIS)):
        return False
    if diagnosis.is_returning:
        return True
    window = DefinitionId.INDICATION_WINDOW
    dated = [m for m in (diagnosis.onset, diagnosis.recorded) if m.is_dated]
    return not dated or any(currency(m, facts, knowledge, window) is not Currency.PAST for m in dated)


def hemoptysis_certainties(matches: tuple[ConceptMatch, ...]) -> Iterator[Certainty]:
    """The certainty of every match that means hemoptysis."""
    return (match.certainty for match in matches if match.concept is Concept.HEMOPTYSIS)


def indication_of(
    order: ImagingOrder, in_chart: frozenset[Certainty], facts: HemoptysisFacts, knowledge: Knowledge
) -> IndicationBasis:
    """Why the order is taken to be for hemoptysis; UNKNOWN when only missing conditions could tell.

    `in_chart` is what `hemoptysis_in_chart` found.
    """
    if order.reason.kind is ReasonKind.HEMOPTYSIS:
        return IndicationBasis.OWN_REASON
    if order.reason.kind is ReasonKind.OTHER or _needs_own_reason(order, knowledge):
        return IndicationBasis.NOT_FOR_HEMOPTYSIS
    if in_chart:
        return _BASIS_BY_CHART[order.reason.kind]
    if order.reason.kind is not ReasonKind.CAUSE_OR_SYMPTOM and not facts.is_whole(Kind.CONDITIONS):
        return IndicationBasis.UNKNOWN
    return IndicationBasis.NOT_FOR_HEMOPTYSIS


def _needs_own_reason(order: ImagingOrder, knowledge: Knowledge) -> bool:
    """An embolization of any vessel, a PET and an ultrasound are for hemoptysis only if they say so."""
    procedure = knowledge.procedures.get(order.procedure)
    is_wide = procedure is not None and procedure.modality in _ONLY_BY_OWN_REASON
    return order.needs_hemoptysis_reason or is_wide
