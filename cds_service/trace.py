"""The trace of one evaluation: what was read, ignored, decided and why."""

from dataclasses import dataclass
from datetime import datetime

from cds_service.clinical.decision import Decision
from cds_service.clinical.facts import HemoptysisFacts
from cds_service.clinical.orders import ImagingOrder
from cds_service.fhir import EntryRead


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything that led to an answer, step by step.

    `facts` and `decision` are None when the orders alone ended the evaluation (BEHAVIOUR 1.3).
    """

    hook_instance: str
    judged_at: datetime
    notes: tuple[str, ...]
    orders: tuple[ImagingOrder, ...]
    judged: tuple[int, ...]
    entries: tuple[EntryRead, ...] = ()
    facts: HemoptysisFacts | None = None
    decision: Decision | None = None
