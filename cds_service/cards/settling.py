"""What to record to settle what is open, or that nothing charted can."""

from typing import Final

from cds_service.cards import wording
from cds_service.cards.case import Case
from cds_service.cards.reading import section
from cds_service.clinical.decision import Severity, ToRecord
from cds_service.clinical.facts import AgeGroup

_SETTLE_SEVERITY: Final = frozenset({ToRecord.AMOUNT, ToRecord.VITALS, ToRecord.DATES})
_OPEN: Final = (Severity.KEPT_PLAUSIBLE, Severity.UNSETTLED)


def settling_section(case: Case) -> str:
    """What to record; where the severity is open and nothing recorded could settle it, who decides then."""
    wanted = case.decision.classification.to_record
    to_record = section("To settle it, record", (wording.TO_RECORD[item] for item in wanted))
    return "\n\n".join(part for part in (_undecidable(case), to_record) if part)


def _undecidable(case: Case) -> str:
    """Nothing rules massive hemoptysis out in children, nor while a sign of it stands (BEHAVIOUR 4)."""
    classification = case.decision.classification
    if classification.severity not in _OPEN or _SETTLE_SEVERITY & set(classification.to_record):
        return ""
    is_child = classification.age_group is AgeGroup.CHILD
    return wording.NOTHING_TO_RECORD_CHILD if is_child else wording.NOTHING_TO_RECORD
