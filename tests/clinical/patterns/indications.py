"""Why an order is, or is not, taken to be for hemoptysis (BEHAVIOUR 5)."""

from typing import NamedTuple

from msgspec.structs import replace

from cds_service.clinical.decision import IndicationBasis
from cds_service.clinical.facts import Diagnosis, ImagingOrder
from cds_service.clinical.time import UNDATED
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.terminology.concepts import Certainty, Concept, ConceptMatch
from tests.clinical.chart import (
    YESTERDAY,
    EncounterReason,
    Fact,
    active,
    blood_seen,
    days_ago,
    ended,
    episode,
    hemoptysis,
    hours_ago,
    incomplete,
    minutes_ahead,
    no_blood,
    on,
    possible,
    sure,
    unavailable,
    under,
    unreadable_amount,
)
from tests.clinical.orders import (
    CTA,
    EMBOLIZATION,
    FOR_ANOTHER,
    FOR_COUGH,
    FOR_EMBOLISM,
    FOR_HEMOPTYSIS,
    FOR_POSSIBLE_HEMOPTYSIS,
    UNRESOLVED_REASON,
    WITHOUT_REASON,
    order,
)

OWN, WITHOUT = IndicationBasis.OWN_REASON, IndicationBasis.CHART_WITHOUT_REASON
UNRESOLVED, RELATED = (
    IndicationBasis.CHART_WITH_UNRESOLVED_REASON,
    IndicationBasis.CHART_WITH_RELATED_REASON,
)
PAST_HEMOPTYSIS = ConceptMatch(Concept.HEMOPTYSIS, Certainty.PAST)
ANOTHER, UNKNOWN = IndicationBasis.NOT_FOR_HEMOPTYSIS, IndicationBasis.UNKNOWN

FOR_IT, UNREASONED = order(CTA, FOR_HEMOPTYSIS), order(CTA, WITHOUT_REASON)
UNCLEAR, COUGH = order(CTA, UNRESOLVED_REASON), order(CTA, FOR_COUGH)
OTHER = order(CTA, FOR_ANOTHER)
ANY_VESSEL = replace(order(EMBOLIZATION, WITHOUT_REASON), needs_hemoptysis_reason=True)
NO_CONDITIONS, SOME_CONDITIONS = unavailable(Kind.CONDITIONS), incomplete(Kind.CONDITIONS)
RETURNED = replace(hemoptysis(days_ago(700)), is_returning=True)
HISTORY = Diagnosis("Condition/it", (PAST_HEMOPTYSIS,), "", is_active=True)
POSSIBLE = Diagnosis("Condition/it", possible(Concept.HEMOPTYSIS), "", is_active=True)


class Case(NamedTuple):
    """An order, a chart, and why the order is or is not for hemoptysis."""

    name: str
    order: ImagingOrder
    facts: tuple[Fact, ...]
    expected: IndicationBasis


CASES = (
    Case("its own reason, an empty chart", FOR_IT, (), OWN),
    Case("its own reason, conditions not available", FOR_IT, (NO_CONDITIONS,), OWN),
    Case("its own reason by a possible code", order(CTA, FOR_POSSIBLE_HEMOPTYSIS), (), OWN),
    Case("another reason, hemoptysis in the chart", OTHER, (hemoptysis(),), ANOTHER),
    Case("another reason, conditions not available", OTHER, (NO_CONDITIONS,), ANOTHER),
    Case("another reason, massive hemoptysis", OTHER, (episode(250),), ANOTHER),
    Case("no reason, hemoptysis in the chart", UNREASONED, (hemoptysis(),), WITHOUT),
    Case("no reason, an empty chart", UNREASONED, (), ANOTHER),
    Case("no reason, conditions not available", UNREASONED, (NO_CONDITIONS,), UNKNOWN),
    Case("no reason, conditions read in part", UNREASONED, (SOME_CONDITIONS,), UNKNOWN),
    Case("no reason, conditions read in part hold it", UNREASONED, (SOME_CONDITIONS, hemoptysis()), WITHOUT),
    Case(
        "no reason, conditions not available, blood charted", UNREASONED, (NO_CONDITIONS, episode(5)), WITHOUT
    ),
    Case("a reason that cannot be resolved, in the chart", UNCLEAR, (hemoptysis(),), UNRESOLVED),
    Case("a reason that cannot be resolved, an empty chart", UNCLEAR, (), ANOTHER),
    Case("a reason that cannot be resolved, conditions not available", UNCLEAR, (NO_CONDITIONS,), UNKNOWN),
    Case("a cause or symptom, in the chart", COUGH, (hemoptysis(),), RELATED),
    Case("a cause or symptom, an empty chart", COUGH, (), ANOTHER),
    Case("a cause or symptom, conditions not available", COUGH, (NO_CONDITIONS,), ANOTHER),
    Case("no reason, begun exactly 30 days ago", UNREASONED, (hemoptysis(days_ago(30)),), WITHOUT),
    Case("no reason, begun 30 days and 1 h ago", UNREASONED, (hemoptysis(hours_ago(721)),), ANOTHER),
    Case("no reason, begun on the day 30 days ago", UNREASONED, (hemoptysis(on("2026-04-11")),), WITHOUT),
    Case("no reason, begun on the day 31 days ago", UNREASONED, (hemoptysis(on("2026-04-10")),), ANOTHER),
    Case(
        "no reason, begun 40 and recorded 29 days ago",
        UNREASONED,
        (active(Concept.HEMOPTYSIS, onset=days_ago(40), recorded=days_ago(29)),),
        WITHOUT,
    ),
    Case(
        "no reason, recorded 31 days ago, onset unknown",
        UNREASONED,
        (active(Concept.HEMOPTYSIS, recorded=days_ago(31)),),
        ANOTHER,
    ),
    Case("no reason, hemoptysis without dates", UNREASONED, (active(Concept.HEMOPTYSIS),), WITHOUT),
    Case("no reason, begun two years ago and come back since", UNREASONED, (RETURNED,), WITHOUT),
    Case("no reason, onset charted in the future", UNREASONED, (hemoptysis(minutes_ahead(60)),), WITHOUT),
    Case("no reason, hemoptysis that has ended", UNREASONED, (ended(abated=days_ago(1)),), ANOTHER),
    Case("no reason, another active Condition", UNREASONED, (active(Concept.LUNG_CANCER),), ANOTHER),
    Case("no reason, 5 mL of blood today", UNREASONED, (episode(5),), WITHOUT),
    Case("no reason, under 5 mL of blood today", UNREASONED, (episode(under(5)),), WITHOUT),
    Case("no reason, 0 mL of blood today", UNREASONED, (episode(0),), ANOTHER),
    Case("no reason, no blood seen today", UNREASONED, (no_blood(),), ANOTHER),
    Case("no reason, blood without an amount today", UNREASONED, (blood_seen(),), WITHOUT),
    Case("no reason, an amount that cannot be read today", UNREASONED, (unreadable_amount(),), WITHOUT),
    Case("no reason, 5 mL of blood yesterday, without a time", UNREASONED, (episode(5, YESTERDAY),), WITHOUT),
    Case("no reason, 5 mL of blood 25 h ago", UNREASONED, (episode(5, hours_ago(25)),), WITHOUT),
    Case("no reason, 5 mL of blood 72 h ago", UNREASONED, (episode(5, hours_ago(72)),), WITHOUT),
    Case("no reason, 5 mL of blood 73 h ago", UNREASONED, (episode(5, hours_ago(73)),), ANOTHER),
    Case("no reason, a history of hemoptysis in the chart", UNREASONED, (HISTORY,), ANOTHER),
    Case("no reason, 5 mL of blood, undated", UNREASONED, (episode(5, UNDATED),), WITHOUT),
    Case("no reason, 5 mL of blood in 14 min", UNREASONED, (episode(5, minutes_ahead(14)),), WITHOUT),
    Case("no reason, 5 mL of blood in 16 min", UNREASONED, (episode(5, minutes_ahead(16)),), WITHOUT),
    Case("no reason, 5 mL of blood of an earlier year", UNREASONED, (episode(5, on("2019-01-01")),), ANOTHER),
    Case(
        "no reason, hemoptysis is the reason of the encounter",
        UNREASONED,
        (EncounterReason(*sure(Concept.HEMOPTYSIS)),),
        WITHOUT,
    ),
    Case(
        "no reason, the encounter is for cough", UNREASONED, (EncounterReason(*sure(Concept.COUGH)),), ANOTHER
    ),
    Case("PET for hemoptysis", order("fdg-pet"), (), OWN),
    Case("PET without a reason", order("fdg-pet", WITHOUT_REASON), (hemoptysis(),), ANOTHER),
    Case("PET for a cause or symptom", order("fdg-pet", FOR_COUGH), (hemoptysis(),), ANOTHER),
    Case(
        "PET without a reason, conditions not available",
        order("fdg-pet", WITHOUT_REASON),
        (NO_CONDITIONS,),
        ANOTHER,
    ),
    Case("ultrasound for hemoptysis", order("ultrasound-chest"), (), OWN),
    Case("ultrasound without a reason", order("ultrasound-chest", WITHOUT_REASON), (hemoptysis(),), ANOTHER),
    Case("MRI without a reason", order("mri-chest", WITHOUT_REASON), (hemoptysis(),), WITHOUT),
    Case("V/Q scan for embolism", order("ventilation-perfusion", FOR_EMBOLISM), (hemoptysis(),), RELATED),
    Case("embolization of any vessel without a reason", ANY_VESSEL, (hemoptysis(),), ANOTHER),
    Case("embolization of any vessel for hemoptysis", replace(ANY_VESSEL, reason=FOR_HEMOPTYSIS), (), OWN),
    Case(
        "embolization of any vessel for a cause",
        replace(ANY_VESSEL, reason=FOR_COUGH),
        (hemoptysis(),),
        ANOTHER,
    ),
    Case(
        "bronchial embolization without a reason",
        order(EMBOLIZATION, WITHOUT_REASON),
        (hemoptysis(),),
        WITHOUT,
    ),
)
