"""What a card says was read from the chart."""

from collections.abc import Iterable
from typing import Final

from cds_service.cards.alert import alerts_for
from cds_service.cards.case import Case
from cds_service.cards.dates import shown
from cds_service.cards.escape import markdown
from cds_service.cards.evidence_lines import evidence_lines, ranked
from cds_service.cards.wording import NOTHING_READ
from cds_service.clinical.condition_evidence import began
from cds_service.clinical.decision import Effect, Evidence, Severity
from cds_service.clinical.facts import Diagnosis
from cds_service.clinical.indication import is_present_hemoptysis
from cds_service.knowledge.model import CautionId

MOST_LINES: Final = 10
_MOST_DECIDING: Final = 3
_MOST_DIAGNOSES: Final = 2
_PROOF: Final = (Effect.PROVES_MASSIVE,)
_DECIDING: Final = (
    Effect.PROVES_RECURRENCE,
    Effect.KEEPS_MASSIVE_PLAUSIBLE,
    Effect.KEEPS_RECURRENCE_PLAUSIBLE,
)


def section(title: str, lines: Iterable[str]) -> str:
    """A titled list in Markdown; empty without lines."""
    bullets = "\n".join(f"- {line}" for line in lines)
    return f"**{title}**\n\n{bullets}" if bullets else ""


def evidence_section(case: Case) -> str:
    """The evidence of a card that is no alert: only what decides, where an alert shows all of it."""
    return _deciding_section(case) if alerts_for(case) else read_section(case)


def read_section(case: Case) -> str:
    """The evidence used and the charted hemoptysis, each with its date; past ten lines only counted."""
    evidence = ranked(e for e in case.decision.classification.evidence if not is_a_caution(case, e))
    lines = list(evidence_lines(evidence, case.knowledge))
    deciding = [line.text for line in lines if line.decides]
    others = [line.text for line in lines if not line.decides] if lines else [NOTHING_READ]
    return section(_TITLE, _counted([*deciding, *_hemoptysis_lines(case, evidence), *others], MOST_LINES))


_TITLE: Final = "Read from the chart"


def _deciding_section(case: Case) -> str:
    classification = case.decision.classification
    is_proven = classification.severity is Severity.PROVEN
    deciding = ranked(classification.evidence_with(*(_PROOF if is_proven else _DECIDING)))
    lines = [line.text for line in evidence_lines(deciding, case.knowledge)]
    return section(_TITLE, _counted(lines, _MOST_DECIDING))


def _counted(lines: list[str], most: int) -> list[str]:
    return [*lines[:most], f"and {len(lines) - most} more"] if len(lines) > most else lines


def _hemoptysis_lines(case: Case, evidence: Iterable[Evidence]) -> list[str]:
    """The charted diagnoses, newest first, unless the evidence speaks of them."""
    said = {reference for e in evidence for reference in e.references}
    present = [d for d in case.facts.diagnoses if is_present_hemoptysis(d, case.facts, case.knowledge)]
    unsaid = sorted((d for d in present if d.reference not in said), key=_newest_first)
    lines = (f"{shown(began(d))}: diagnosis {markdown(d.label) or 'hemoptysis'}" for d in unsaid)
    return list(dict.fromkeys(lines))[:_MOST_DIAGNOSES]


def _newest_first(diagnosis: Diagnosis) -> tuple[float, str]:
    return -began(diagnosis).latest.timestamp(), diagnosis.reference


def is_a_caution(case: Case, evidence: Evidence) -> bool:
    """True for an anticoagulant: its caution, which bears on every study, says more than its evidence."""
    if evidence.effect is not Effect.RAISES_ALERT:
        return False
    drugs = (c for c in case.decision.cautions.found if c.id is CautionId.ANTICOAGULATION)
    charted = {reference for drug in drugs for reference in drug.references}
    return bool(evidence.references) and charted.issuperset(evidence.references)
