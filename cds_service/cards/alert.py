"""Whether an alert stands on top of the other cards, and for what."""

from cds_service.cards.case import CHEST_IMAGING, Case
from cds_service.cds_hooks.request import Hook
from cds_service.clinical.decision import Severity


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
