"""Which numbers a card rests on that are this project's own, without a published source."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from cds_service.cards.case import Case
from cds_service.cards.evidence_lines import limit_text
from cds_service.clinical.amounts import number
from cds_service.clinical.decision import IndicationBasis, Judgement, RuleId
from cds_service.knowledge.model import Basis, CautionId, DefinitionId

_PHRASES: Final[Mapping[DefinitionId, str]] = {
    DefinitionId.SEVERITY_WINDOW: "severity counts the last {}",
    DefinitionId.EPISODE_GAP: "a new episode counts after {}",
    DefinitionId.INDICATION_WINDOW: "hemoptysis in the chart counts for {}",
    DefinitionId.RECENT_STUDY_WINDOW: "the same study counts as recent for {}",
    DefinitionId.COMPLEMENT_WINDOW: "a radiograph is not offered within {} of another",
    DefinitionId.SPO2_LOW: "low SpO2 is {}",
    DefinitionId.SYSTOLIC_LOW: "low systolic pressure is {}",
    DefinitionId.RESPIRATORY_RATE_HIGH: "high respiratory rate is {}",
}
_VITAL_LIMITS: Final = (
    DefinitionId.SPO2_LOW,
    DefinitionId.SYSTOLIC_LOW,
    DefinitionId.RESPIRATORY_RATE_HIGH,
)


def order_defaults(case: Case, judgement: Judgement, cautions: Collection[CautionId]) -> str:
    """The project defaults behind an order's card in one line."""
    used = list(_classifying(case))
    if judgement.indication is not IndicationBasis.OWN_REASON:
        used.append(DefinitionId.INDICATION_WINDOW)
    if CautionId.RECENT_STUDY in cautions:
        used.append(DefinitionId.RECENT_STUDY_WINDOW)
    if case.has_complement(judgement):
        used.append(DefinitionId.COMPLEMENT_WINDOW)
    return _line(case, used)


def patient_defaults(case: Case) -> str:
    """The project defaults behind a card that is about the patient, in one line."""
    return _line(case, [*_classifying(case), DefinitionId.INDICATION_WINDOW])


def _classifying(case: Case) -> Iterator[DefinitionId]:
    """What the variant rests on, but for the limits that the evidence itself names."""
    rules = {evidence.rule for evidence in case.decision.classification.evidence}
    yield DefinitionId.SEVERITY_WINDOW
    if RuleId.EARLIER_EPISODE in rules:
        yield DefinitionId.EPISODE_GAP
    if RuleId.NORMAL_VITALS in rules:
        yield from _VITAL_LIMITS


def _line(case: Case, used: Collection[DefinitionId]) -> str:
    phrases = [_phrase(case, definition) for definition in used if _is_default(case, definition)]
    return f"Project defaults, from no guideline: {'; '.join(phrases)}." if phrases else ""


def _is_default(case: Case, definition: DefinitionId) -> bool:
    return case.knowledge.definitions[definition].basis is Basis.PROJECT_DEFAULT


def _phrase(case: Case, definition: DefinitionId) -> str:
    known = case.knowledge.definitions[definition]
    if definition in _VITAL_LIMITS:
        return _PHRASES[definition].format(limit_text(known))
    unit = {"d": "days"}.get(known.unit, known.unit)
    return _PHRASES[definition].format(f"{number(known.value)} {unit}")
