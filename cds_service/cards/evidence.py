"""What a card says was read from the chart."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from cds_service.cards.case import Case, alerts_for
from cds_service.cards.markdown import markdown, shown
from cds_service.cards.texts import EFFECT, NOTHING_READ, PROJECT_DEFAULT
from cds_service.clinical.amounts import number
from cds_service.clinical.decision import Effect, Evidence, RuleId, Severity
from cds_service.clinical.evidence.conditions import began
from cds_service.clinical.facts import Diagnosis
from cds_service.clinical.indication import is_present_hemoptysis
from cds_service.knowledge.model import Basis, CautionId, Comparison, Definition, Knowledge

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
