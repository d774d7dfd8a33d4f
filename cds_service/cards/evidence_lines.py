"""One piece of evidence in one line: when, what was found, how it was charted, and what it says."""

import re
from collections.abc import Sequence
from typing import Final

from cds_service.cards.dates import shown
from cds_service.cards.escape import markdown
from cds_service.cards.wording import EFFECT, PROJECT_DEFAULT
from cds_service.clinical.amounts import number
from cds_service.clinical.decision import Effect, Evidence, RuleId
from cds_service.knowledge.model import Basis, Comparison, Definition, Knowledge

_FINDING_LIMIT: Final = 200
_SAID_ELSEWHERE: Final = frozenset({RuleId.CHILD, RuleId.CONDITIONS_MISSING, RuleId.PROCEDURES_MISSING})
_IN_ML: Final = re.compile(r"[\d.,<>=~ ]+m[lL]")
_COMPARISON: Final = {Comparison.AT_LEAST: "from", Comparison.OVER: "over", Comparison.UNDER: "under"}
_UNITS: Final = {"mm[Hg]": "mmHg"}


def telling(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The evidence worth a line: once each, and what is only shown last."""
    kept = [e for e in evidence if e.rule not in _SAID_ELSEWHERE and not _is_within_another(e, evidence)]
    return sorted(kept, key=_is_shown_only)


def _is_shown_only(evidence: Evidence) -> bool:
    return evidence.effect is Effect.SHOWN_ONLY


def _is_within_another(part: Evidence, evidence: Sequence[Evidence]) -> bool:
    """True for a reading that is only shown and that a set of readings names too."""
    references = set(part.references)
    if not references or not _is_shown_only(part):
        return False
    return any(
        part.finding != whole.finding
        and part.finding in whole.finding
        and references <= set(whole.references)
        for whole in evidence
    )


def evidence_line(evidence: Evidence, knowledge: Knowledge) -> str:
    """`2026-11-24 08:10Z: 236.6 mL of blood in 24 h (charted: 1 cup) → massive (limit: from 200 mL)`."""
    finding = markdown(evidence.finding, _FINDING_LIMIT)
    line = f"{shown(evidence.when)}: {finding}{_charted(evidence)}"
    if not EFFECT[evidence.effect]:
        return line
    return f"{line} → {EFFECT[evidence.effect]}{_limit(evidence, knowledge)}"


def _charted(evidence: Evidence) -> str:
    """The chart's own words, unless the finding already says them or they differ by no more than mL."""
    charted = evidence.charted.strip()
    if not charted or _squeezed(charted) in _squeezed(evidence.finding) or _IN_ML.fullmatch(charted):
        return ""
    return f" (charted: {markdown(charted)})"


def _squeezed(text: str) -> str:
    return "".join(text.split()).casefold()


def _limit(evidence: Evidence, knowledge: Knowledge) -> str:
    if evidence.definition is None:
        return ""
    limit = knowledge.definitions[evidence.definition]
    default = f", {PROJECT_DEFAULT}" if limit.basis is Basis.PROJECT_DEFAULT else ""
    return f" (limit: {limit_text(limit)}{default})"


def limit_text(limit: Definition) -> str:
    """A limit as it is crossed: `from 200 mL`, `over 50 mL`, `under 90 %`."""
    return f"{_COMPARISON[limit.comparison]} {number(limit.value)} {_UNITS.get(limit.unit, limit.unit)}"
