"""Which numbers a card rests on that are this project's own, without a published source."""

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Final

from cds_service.cards.case import Case
from cds_service.cards.evidence_lines import limit_text
from cds_service.cards.wording import PROJECT_DEFAULT
from cds_service.clinical.amounts import number
from cds_service.clinical.condition_evidence import began
from cds_service.clinical.decision import Effect, Evidence, IndicationBasis, RuleId
from cds_service.clinical.indication import is_present_hemoptysis
from cds_service.knowledge.model import Basis, DefinitionId

_PHRASES: Final[Mapping[DefinitionId, str]] = {
    DefinitionId.SEVERITY_WINDOW: "severity counts the last {}",
    DefinitionId.EPISODE_GAP: "a new episode counts after {}",
    DefinitionId.INDICATION_WINDOW: "hemoptysis in the chart counts for {}",
    DefinitionId.SPO2_LOW: "low SpO2 is {}",
    DefinitionId.SYSTOLIC_LOW: "low systolic pressure is {}",
    DefinitionId.RESPIRATORY_RATE_HIGH: "high respiratory rate is {}",
}
_VITAL_LIMITS: Final = (
    DefinitionId.SPO2_LOW,
    DefinitionId.SYSTOLIC_LOW,
    DefinitionId.RESPIRATORY_RATE_HIGH,
)
_ABOUT_MASSIVE: Final = (Effect.PROVES_MASSIVE, Effect.KEEPS_MASSIVE_PLAUSIBLE, Effect.RULES_OUT_MASSIVE)


def order_defaults(case: Case) -> str:
    """The project defaults that decided the variant of an order's card, in one line.

    Those behind a caution, a complement or the indication stand beside these.
    """
    return _line(case, list(_classifying(case)))


def patient_defaults(case: Case) -> str:
    """The project defaults that decided a card about the patient, in one line."""
    return _line(case, [*_classifying(case), *_from_the_chart(case)])


def alert_defaults(case: Case) -> str:
    """The project defaults that decided an alert: hemoptysis comes from the chart unless an order says so."""
    bases = {judgement.indication for judgement in case.decision.judgements if judgement.is_judged}
    is_in_an_order = IndicationBasis.OWN_REASON in bases
    return order_defaults(case) if is_in_an_order else patient_defaults(case)


def window_text(case: Case, window: DefinitionId) -> str:
    """The length of a window, and whether this project chose it: `7 days (project default)`."""
    known = case.knowledge.definitions[window]
    default = f" ({PROJECT_DEFAULT})" if _is_default(case, window) else ""
    return f"{_length(known.value, known.unit)}{default}"


def indication_window(case: Case) -> str:
    """How far back hemoptysis was looked for; empty where no dated diagnosis decided that."""
    return "".join(window_text(case, window) for window in _from_the_chart(case))


def _classifying(case: Case) -> Iterator[DefinitionId]:
    """What decided the variant, but for the limits that the evidence itself names."""
    evidence = case.decision.classification.evidence
    if any(e.effect in _ABOUT_MASSIVE and e.when.is_dated for e in evidence):
        yield DefinitionId.SEVERITY_WINDOW
    if any(e.rule is RuleId.EARLIER_EPISODE for e in evidence):
        yield DefinitionId.EPISODE_GAP
    if any(_is_ruled_out_by_vitals(e) for e in evidence):
        yield from _VITAL_LIMITS


def _is_ruled_out_by_vitals(evidence: Evidence) -> bool:
    return evidence.rule is RuleId.NORMAL_VITALS and evidence.effect is Effect.RULES_OUT_MASSIVE


def _from_the_chart(case: Case) -> Iterator[DefinitionId]:
    present = [d for d in case.facts.diagnoses if is_present_hemoptysis(d, case.facts, case.knowledge)]
    if any(began(d).is_dated and not d.is_returning for d in present):
        yield DefinitionId.INDICATION_WINDOW


def _line(case: Case, used: Collection[DefinitionId]) -> str:
    phrases = [_phrase(case, definition) for definition in used if _is_default(case, definition)]
    return f"Project defaults, from no guideline: {'; '.join(phrases)}." if phrases else ""


def _is_default(case: Case, definition: DefinitionId) -> bool:
    return case.knowledge.definitions[definition].basis is Basis.PROJECT_DEFAULT


def _phrase(case: Case, definition: DefinitionId) -> str:
    known = case.knowledge.definitions[definition]
    if definition in _VITAL_LIMITS:
        return _PHRASES[definition].format(limit_text(known))
    return _PHRASES[definition].format(_length(known.value, known.unit))


def _length(value: Decimal, unit: str) -> str:
    return f"{number(value)} {'days' if unit == 'd' else unit}"
