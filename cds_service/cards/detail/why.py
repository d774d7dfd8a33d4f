"""The one line of a card that says why: the evidence that decides, each with its time."""

from collections.abc import Iterator, Sequence
from typing import Final

from cds_service.cards import texts
from cds_service.cards.case import Case
from cds_service.cards.detail.evidence import subject
from cds_service.cards.markdown import shown
from cds_service.cards.phrases import OF_THE_BLEED, joined
from cds_service.clinical.decision import Effect, Evidence, RuleId
from cds_service.knowledge.model import Variant

_MOST: Final = 2
_NOT_FOUND: Final = (RuleId.CONDITIONS_MISSING, RuleId.PROCEDURES_MISSING)
"""What was not read stands on a line of its own."""


def why_line(case: Case) -> str:
    """Why the variant is what it is; empty where nothing decides it, or the alert on top says it."""
    return _line(texts.WHY, _deciding(case), case)


def also_line(case: Case) -> str:
    """What speaks for an alert beside the finding of its summary, and the small amount it stands against."""
    others = alert_findings(case)[1:]
    small = _amounts(case) if case.alert == "unstable-and-small" else []
    return _line(texts.ALSO_FOUND, [*others[: _MOST + 1 - len(small)], *small], case)


def alert_findings(case: Case) -> Sequence[Evidence]:
    """What proves, or keeps massive plausible, the finding of the summary first.

    Of an unstable patient that is one of the patient, not of the bleed.
    """
    classification = case.classification
    proofs = classification.evidence_with(Effect.PROVES_MASSIVE)
    found = proofs or classification.evidence_with(Effect.KEEPS_MASSIVE_PLAUSIBLE)
    told = {reading.rule for e in found for reading in e.readings}
    rules = {e.rule for e in found}
    kept = [e for e in found if not (e.readings and told <= rules)]
    if case.alert in ("unstable", "unstable-and-small"):
        return sorted(kept, key=lambda e: e.rule in OF_THE_BLEED)
    return kept


def _deciding(case: Case) -> Sequence[Evidence]:
    """What decides the variant: recurrence first, then what an alert on top does not say already."""
    by_effect = case.classification.evidence_with
    plausible = case.plausible
    found: list[Evidence] = []
    if Variant.RECURRENT in plausible:
        found += by_effect(Effect.PROVES_RECURRENCE) or by_effect(Effect.KEEPS_RECURRENCE_PLAUSIBLE)
    if case.alert == "none" and Variant.MASSIVE in plausible:
        found += by_effect(Effect.PROVES_MASSIVE) or by_effect(Effect.KEEPS_MASSIVE_PLAUSIBLE)
    if plausible == (Variant.NONMASSIVE,):
        found += _against_massive(case)
    return [e for e in found if e.rule not in _NOT_FOUND]


def _against_massive(case: Case) -> Iterator[Evidence]:
    """The blood, then the calm vital signs that were weighed with it."""
    found = case.classification.evidence_with(Effect.RULES_OUT_MASSIVE)
    amounts = [e for e in found if e.rule is not RuleId.SMALL_AND_CALM]
    yield from amounts or _amounts(case)
    yield from (e for e in found if e.rule is RuleId.SMALL_AND_CALM)


def _amounts(case: Case) -> list[Evidence]:
    """The largest amount of blood that is only shown, which is that of a sum where there is one."""
    amounts = [e for e in case.classification.evidence_with(Effect.SHOWN_ONLY) if e.measure and e.value]
    return sorted(amounts, key=lambda e: e.value.high if e.value else 0)[-1:]


def _line(text: str, evidence: Sequence[Evidence], case: Case) -> str:
    lines = list(_by_time(evidence[: _MOST + 1], case))
    if len(evidence) > _MOST + 1:
        lines.append(texts.AND_MORE.format(len(evidence) - _MOST - 1))
    return text.format("; ".join(lines)) if lines else ""


def _by_time(evidence: Sequence[Evidence], case: Case) -> Iterator[str]:
    """What was found at one time together, with that time: `230 mL of blood over 24 h (today 14:00)`."""
    by_time: dict[str, list[str]] = {}
    has_amount = any(e.measure for e in evidence)
    for one in evidence:
        by_time.setdefault(shown(one.when, case.now), []).append(_finding(one, has_amount=has_amount))
    for when, findings in by_time.items():
        yield texts.FOUND_AT.format(joined(dict.fromkeys(findings)), when)


def _finding(evidence: Evidence, *, has_amount: bool) -> str:
    if evidence.rule is RuleId.SMALL_AND_CALM:
        return texts.CALM if has_amount else texts.SMALL_AND_CALM
    return subject(evidence)
