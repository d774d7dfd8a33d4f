"""The evidence as lines: when, what was found, how it was charted, and what it says."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from cds_service.cards.dates import shown
from cds_service.cards.escape import markdown
from cds_service.cards.wording import EFFECT, PROJECT_DEFAULT
from cds_service.clinical.amounts import number
from cds_service.clinical.decision import Effect, Evidence, RuleId
from cds_service.knowledge.model import Basis, Comparison, Definition, Knowledge

_FINDING_LIMIT: Final = 200
_SAID_ELSEWHERE: Final = frozenset({RuleId.CHILD, RuleId.CONDITIONS_MISSING, RuleId.PROCEDURES_MISSING})
_NUMBER: Final = re.compile(r"\d{1,12}(?:[.,]\d{1,12})?", re.ASCII)
_COMPARISON: Final = {Comparison.AT_LEAST: "from", Comparison.OVER: "over", Comparison.UNDER: "under"}
_UNITS: Final = {"mm[Hg]": "mmHg"}
_RANK: Final = {
    Effect.PROVES_MASSIVE: 0,
    Effect.PROVES_RECURRENCE: 0,
    Effect.KEEPS_MASSIVE_PLAUSIBLE: 1,
    Effect.KEEPS_RECURRENCE_PLAUSIBLE: 1,
    Effect.RULES_OUT_MASSIVE: 2,
    Effect.RAISES_ALERT: 3,
    Effect.SHOWN_ONLY: 4,
}


def ranked(evidence: Iterable[Evidence]) -> list[Evidence]:
    """What decides first, then signs, what rules out, the background, and what is only shown."""
    return sorted(evidence, key=lambda e: _RANK[e.effect])


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the evidence; `decides` is False for the background and for what is only shown."""

    text: str
    decides: bool


def evidence_lines(evidence: Sequence[Evidence], knowledge: Knowledge) -> Iterator[Line]:
    """A line for each thing in the chart; all that one Condition says stands on one line."""
    kept = [e for e in evidence if e.rule not in _SAID_ELSEWHERE and not _is_within_another(e, evidence)]
    oxygen = [e for e in kept if e.rule is RuleId.OXYGEN]
    newest = max((e for e in kept if e.rule is RuleId.SATURATION), key=_latest, default=None)
    if newest:
        kept = [e for e in kept if e.rule is not RuleId.OXYGEN]
    for group in _by_source(kept):
        text = _text(group, knowledge, beside=oxygen if newest in group else ())
        yield Line(text, decides=_RANK[group[0].effect] < _RANK[Effect.RAISES_ALERT])


def _latest(evidence: Evidence) -> tuple[float, tuple[str, ...]]:
    return evidence.when.latest.timestamp(), evidence.references


def _is_within_another(part: Evidence, evidence: Sequence[Evidence]) -> bool:
    """True for a reading that is only shown and that a set of readings names too."""
    references = set(part.references)
    if not references or part.effect is not Effect.SHOWN_ONLY:
        return False
    return any(
        part.finding != whole.finding
        and part.finding in whole.finding
        and references <= set(whole.references)
        for whole in evidence
    )


def _by_source(evidence: Sequence[Evidence]) -> list[list[Evidence]]:
    """The evidence by the resource that it came from and the way it was charted, in order."""
    groups: dict[object, list[Evidence]] = {}
    for place, one in enumerate(evidence):
        source = (one.references, one.charted) if one.references and not _is_measured(one) else place
        groups.setdefault(source, []).append(one)
    return list(groups.values())


def _text(group: Sequence[Evidence], knowledge: Knowledge, *, beside: Iterable[Evidence]) -> str:
    """`2026-11-24 08:10Z: 236.58 mL of blood in 24 h (charted: 1 cup) → massive (limit: from 200 mL)`."""
    first = next((e for e in group if e.rule is not RuleId.HIGH_RISK), group[0])
    says = "; ".join(dict.fromkeys(s for e in group if (s := _says(e, knowledge))))
    text = f"{shown(first.when)}: {_subject(first)}{_beside(beside, first)}"
    return f"{text} → {says}" if says else text


def _subject(evidence: Evidence) -> str:
    """What was found, in our words, the chart's, or both where they differ."""
    finding = markdown(evidence.finding, _FINDING_LIMIT)
    charted = markdown(evidence.charted.strip())
    if not charted or _is_the_same(evidence):
        return finding
    if evidence.rule is RuleId.HIGH_RISK or _squeezed(evidence.finding) in _squeezed(evidence.charted):
        return charted
    return f"{finding} (charted: {charted})"


def _is_the_same(evidence: Evidence) -> bool:
    """True when the chart's words say no more, or its unit differs from ours by its spelling only."""
    if _is_measured(evidence):
        charted, found = first_number(evidence.charted), first_number(evidence.finding)
        return charted == found != "" or _squeezed(evidence.charted) in _squeezed(evidence.finding)
    return _squeezed(evidence.charted) in ("hemoptysis", "haemoptysis", _squeezed(evidence.finding))


def _is_measured(evidence: Evidence) -> bool:
    return evidence.rule in _MEASURED


_MEASURED: Final = frozenset(
    {
        RuleId.VOLUME,
        RuleId.RATE,
        RuleId.UNREADABLE_AMOUNT,
        RuleId.UNDATED_AMOUNT,
        RuleId.SMALL_TOTAL,
        RuleId.SATURATION,
        RuleId.SYSTOLIC,
        RuleId.RESPIRATORY_RATE,
        RuleId.OXYGEN,
        RuleId.NORMAL_VITALS,
    }
)


def first_number(text: str) -> str:
    """The first number of a text as we show it; empty without one."""
    match = _NUMBER.search(text)
    return number(Decimal(match[0].replace(",", "."))) if match else ""


def _squeezed(text: str) -> str:
    return "".join(text.split()).casefold()


def _beside(oxygen: Iterable[Evidence], saturation: Evidence) -> str:
    """The oxygen breathed, on the line of the saturation; with its own time where that differs."""
    return "".join(f", {markdown(e.finding)}{_other_time(e, saturation)}" for e in oxygen)


def _other_time(evidence: Evidence, other: Evidence) -> str:
    when = shown(evidence.when)
    return "" if when == shown(other.when) else f" ({when})"


def _says(evidence: Evidence, knowledge: Knowledge) -> str:
    said = EFFECT[evidence.effect]
    return f"{said}{_limit(evidence, knowledge)}" if said else ""


def _limit(evidence: Evidence, knowledge: Knowledge) -> str:
    if evidence.definition is None:
        return ""
    limit = knowledge.definitions[evidence.definition]
    default = f", {PROJECT_DEFAULT}" if limit.basis is Basis.PROJECT_DEFAULT else ""
    return f" (limit: {limit_text(limit)}{default})"


def limit_text(limit: Definition) -> str:
    """A limit as it is crossed: `from 200 mL`, `over 50 mL`, `under 90 %`."""
    return f"{_COMPARISON[limit.comparison]} {number(limit.value)} {_UNITS.get(limit.unit, limit.unit)}"
