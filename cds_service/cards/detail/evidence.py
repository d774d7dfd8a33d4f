"""What a card says was read from the chart."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from cds_service.cards import texts
from cds_service.cards.case import Case
from cds_service.cards.markdown import FINDING_LIMIT, LABEL_LIMIT, markdown, shown
from cds_service.cards.phrases import charted_number, evidence_text, first_number_of, limit_text, range_text
from cds_service.clinical.chart import began
from cds_service.clinical.decision import Effect, Evidence, RuleId
from cds_service.clinical.facts import Diagnosis
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.model import CautionId, Knowledge

MOST_LINES: Final = 10
_MOST_DECIDING: Final = 3
_MOST_DIAGNOSES: Final = 2
_SAID_ELSEWHERE: Final = frozenset({RuleId.CONDITIONS_MISSING, RuleId.PROCEDURES_MISSING})
_RANK: Final = {
    Effect.PROVES_MASSIVE: 0,
    Effect.PROVES_RECURRENCE: 0,
    Effect.KEEPS_MASSIVE_PLAUSIBLE: 1,
    Effect.KEEPS_RECURRENCE_PLAUSIBLE: 1,
    Effect.RULES_OUT_MASSIVE: 2,
    Effect.RAISES_ALERT: 3,
    Effect.SHOWN_ONLY: 4,
}
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
        RuleId.HEART_RATE,
        RuleId.VITALS_SCORE_THREE,
        RuleId.RECENT_AMOUNT,
        RuleId.CALLED_LARGE,
        RuleId.SMALL_AND_CALM,
    }
)
_PROOF: Final = (Effect.PROVES_MASSIVE,)
_DECIDING: Final = (
    Effect.PROVES_RECURRENCE,
    Effect.KEEPS_MASSIVE_PLAUSIBLE,
    Effect.KEEPS_RECURRENCE_PLAUSIBLE,
)


def section(title: str, lines: Iterable[str]) -> str:
    """A titled list in Markdown; empty without lines."""
    bullets = "\n- ".join(lines)
    return f"**{title}**\n\n- {bullets}" if bullets else ""


def evidence_section(case: Case) -> str:
    """The evidence of a card that is no alert: only what decides, where an alert shows all of it."""
    return read_section(case) if case.alert == "none" else _deciding_section(case)


def read_section(case: Case) -> str:
    """The evidence used and the charted hemoptysis, each with its date; past ten lines only counted."""
    told = references_of_anticoagulants(case)
    evidence = [e for e in case.classification.evidence if not is_a_caution(e, told)]
    deciding, others = evidence_lines(evidence, case)
    if not (deciding or others):
        others = [texts.NOTHING_READ]
    lines = [*deciding, *_hemoptysis_lines(case, evidence), *others]
    return section(texts.READ_FROM_THE_CHART, _counted(lines, MOST_LINES))


def _deciding_section(case: Case) -> str:
    is_proven = case.classification.severity == "proven"
    evidence = case.classification.evidence_with(*(_PROOF if is_proven else _DECIDING))
    deciding, _ = evidence_lines(evidence, case)
    return section(texts.READ_FROM_THE_CHART, _counted(deciding, _MOST_DECIDING))


def _counted(lines: list[str], most: int) -> list[str]:
    return [*lines[:most], texts.AND_MORE.format(len(lines) - most)] if len(lines) > most else lines


def evidence_lines(evidence: Sequence[Evidence], case: Case) -> tuple[list[str], list[str]]:
    """A line for each thing in the chart, what decides first; all that one Condition says stands on one line.

    Apart from what decides stand the background and what is only shown.
    """
    sets = [reading for whole in evidence for reading in whole.readings]
    kept = [e for e in evidence if e.rule not in _SAID_ELSEWHERE and not (sets and _is_within(e, sets))]
    kept.sort(key=lambda e: _RANK[e.effect])
    oxygen = _newest_of_each(e for e in kept if e.rule is RuleId.OXYGEN)
    newest = max((e for e in kept if e.rule is RuleId.SATURATION), key=_latest, default=None)
    if newest:
        kept = [e for e in kept if e.rule is not RuleId.OXYGEN]
    deciding: list[str] = []
    others: list[str] = []
    for group in _by_source(kept):
        lines = deciding if _RANK[group[0].effect] < _RANK[Effect.RAISES_ALERT] else others
        lines.append(_text(group, case, beside=oxygen if newest in group else ()))
    return deciding, others


def _newest_of_each(evidence: Iterable[Evidence]) -> list[Evidence]:
    """The newest of what was found of each kind: however often it is charted, it is said once."""
    newest: dict[str, Evidence] = {}
    for one in sorted(evidence, key=_latest):
        newest[one.what] = one
    return list(newest.values())


def _latest(evidence: Evidence) -> tuple[float, tuple[str, ...]]:
    return evidence.when.latest.timestamp(), evidence.references


def _is_within(part: Evidence, sets: Iterable[Evidence]) -> bool:
    """True for a reading that is only shown and that a set of readings names too."""
    return part.effect is Effect.SHOWN_ONLY and any(
        part.rule is reading.rule and part.value == reading.value and part.references == reading.references
        for reading in sets
    )


def _by_source(evidence: Sequence[Evidence]) -> list[list[Evidence]]:
    """The evidence by the resource that it came from and the way it was charted, in order."""
    groups: dict[object, list[Evidence]] = {}
    for index, one in enumerate(evidence):
        is_condition = one.references and one.rule not in _MEASURED
        groups.setdefault((one.references, one.charted) if is_condition else index, []).append(one)
    return list(groups.values())


def _text(group: Sequence[Evidence], case: Case, *, beside: Sequence[Evidence]) -> str:
    """`today 08:10: about 240 mL of blood over 24 h (charted: 1 cup) → massive (limit: from 200 mL)`."""
    first = group[0]
    if len(group) > 1:
        first = next((e for e in group if e.rule is not RuleId.HIGH_RISK), first)
    says = "; ".join(dict.fromkeys(s for e in group if (s := _says(e, case.knowledge))))
    text = f"{shown(first.when, case.now)}: {subject(first)}{_beside(beside, first, case.now)}"
    return f"{text} → {says}" if says else text


def subject(evidence: Evidence, most: int = LABEL_LIMIT) -> str:
    """What was found, in our words, the chart's, or both where they differ."""
    found = evidence_text(evidence)
    finding = markdown(found, FINDING_LIMIT)
    if evidence.by_name or any(reading.by_name for reading in evidence.readings):
        finding = texts.BY_ITS_NAME.format(finding)
    if not evidence.charted.strip() or _is_the_same(evidence, found):
        return finding
    charted = markdown(evidence.charted.strip(), most)
    if not charted:
        return finding
    if evidence.rule is RuleId.HIGH_RISK or _squeezed(found) in _squeezed(evidence.charted):
        return charted
    return texts.CHARTED_AS.format(finding, charted)


def _is_the_same(evidence: Evidence, found: str) -> bool:
    """True when the chart's words say no more, or its unit differs from ours by its spelling only."""
    if evidence.rule not in _MEASURED:
        charted = _squeezed(evidence.charted)
        return charted in texts.SPELLINGS_OF_HEMOPTYSIS or charted == _squeezed(found)
    if evidence.charted in found:
        return True
    if evidence.value and charted_number(evidence.charted) == first_number_of(evidence.value):
        return True
    return _squeezed(evidence.charted) in _squeezed(found)


def _squeezed(text: str) -> str:
    return "".join(text.split()).casefold()


def _beside(oxygen: Iterable[Evidence], saturation: Evidence, now: datetime) -> str:
    """The oxygen breathed, on the line of the saturation; with its own time where that differs."""
    return "".join(f", {markdown(evidence_text(e))}{_other_time(e, saturation, now)}" for e in oxygen)


def _other_time(evidence: Evidence, other: Evidence, now: datetime) -> str:
    when = shown(evidence.when, now)
    return "" if when == shown(other.when, now) else f" ({when})"


def _says(evidence: Evidence, knowledge: Knowledge) -> str:
    said = texts.EFFECT[evidence.effect]
    if not said or evidence.definition is None:
        return said
    limit = knowledge.definitions[evidence.definition]
    is_of_the_site = limit.basis == "project-default"
    return (texts.SITE_LIMIT if is_of_the_site else texts.LIMIT).format(said, limit_text(limit))


def _hemoptysis_lines(case: Case, evidence: Iterable[Evidence]) -> list[str]:
    """The charted diagnoses, newest first, unless the evidence speaks of them."""
    said = {reference for e in evidence for reference in e.references}
    unsaid = sorted((d for d in case.chart.present if d.reference not in said), key=_newest_first)
    lines = (
        f"{shown(began(d), case.now)}: {texts.DIAGNOSIS.format(markdown(d.label) or texts.HEMOPTYSIS)}"
        for d in unsaid
    )
    return list(dict.fromkeys(lines))[:_MOST_DIAGNOSES]


def _newest_first(diagnosis: Diagnosis) -> tuple[float, str]:
    return -began(diagnosis).latest.timestamp(), diagnosis.reference


def references_of_anticoagulants(case: Case) -> frozenset[str]:
    """The resources of which the caution on anticoagulation tells."""
    drugs = (c for c in case.decision.cautions if c.id is CautionId.ANTICOAGULATION)
    return frozenset(reference for drug in drugs for reference in drug.references)


def is_a_caution(evidence: Evidence, told: frozenset[str]) -> bool:
    """True for an anticoagulant: its caution, which bears on every study, says more than its evidence."""
    is_alert = evidence.effect is Effect.RAISES_ALERT
    return is_alert and bool(evidence.references) and told.issuperset(evidence.references)


def low_saturation(case: Case) -> list[str]:
    """The lowest saturation under the limit that is not past."""
    limit = case.chart.definition(DefinitionId.SPO2_LOW)
    low = [
        vital.value
        for vital in case.chart.facts.vitals
        if vital.kind == "oxygen-saturation"
        and vital.value.some_value_crosses(limit)
        and case.chart.recency(vital.taken) in ("current", "undatable")
    ]
    lowest = min(low, key=lambda value: (value.low, value.high), default=None)
    return [texts.LOW_SATURATION.format(range_text(lowest, limit.unit))] if lowest else []
