"""The one line of a card that says why: the evidence that decides, each with its time."""

from collections.abc import Iterator, Sequence
from typing import Final

from cds_service.cards import texts
from cds_service.cards.case import Case
from cds_service.cards.detail.evidence import subject
from cds_service.cards.markdown import markdown, shown
from cds_service.cards.phrases import OF_THE_BLEED, evidence_text, joined
from cds_service.cards.room import Room
from cds_service.clinical.decision import Effect, Evidence, RuleId
from cds_service.knowledge.model import Variant

_SHORT_FINDING: Final = 40
_NOT_FOUND: Final = (RuleId.CONDITIONS_MISSING, RuleId.PROCEDURES_MISSING)
"""What was not read stands on a line of its own."""

_OF_AN_UNSTABLE_PATIENT: Final = (
    *(RuleId.VENTILATION, RuleId.INSTABILITY, RuleId.VASOPRESSOR, RuleId.TRANSFUSION),
    *(RuleId.ACUTE_FAILURE, RuleId.SHOCK, RuleId.SEVERE_CONDITION),
)
"""What is named on an alert that another finding proves already, also where it proves nothing by itself."""


def why_line(case: Case) -> str:
    """Why the variant is what it is; empty where nothing decides it, or the alert on top says it."""
    found = _deciding(case)
    return _line(texts.WHY, found, case, most=case.room.names)


def also_line(case: Case) -> str:
    """What speaks for an alert beside the finding of its summary, and the small amount it stands against.

    Of each kind of finding the first alone: another amount of blood, or a second shock, changes nothing.
    """
    findings = alert_findings(case)
    first, others = next(iter(findings), None), findings[1:]
    by_kind = {(e.rule, e.what): e for e in reversed(others) if not _is_alike(e, first)}
    small = _amounts(case) if case.alert == "unstable-and-small" else []
    found = [*(e for e in others if by_kind.get((e.rule, e.what)) is e), *small]
    most = case.room.names if case.alert == "sign" or case.room else len(found)
    return _line(texts.ALSO_FOUND, found, case, most=most)


def alert_findings(case: Case) -> Sequence[Evidence]:
    """What proves, or keeps massive plausible, the finding of the summary first.

    Of an unstable patient that is one of the patient, not of the bleed.
    """
    classification = case.classification
    proofs = classification.evidence_with(Effect.PROVES_MASSIVE)
    signs = classification.evidence_with(Effect.KEEPS_MASSIVE_PLAUSIBLE)
    unstable = [e for e in signs if e.rule in _OF_AN_UNSTABLE_PATIENT and not e.is_unsure]
    found = [*proofs, *unstable] if proofs else signs
    told = {reading.rule for e in found for reading in e.readings}
    rules = {e.rule for e in found}
    kept = [e for e in found if not (e.readings and told <= rules)]
    if case.alert in ("unstable", "unstable-and-small"):
        return sorted(kept, key=lambda e: e.rule in OF_THE_BLEED)
    return kept


def _is_alike(evidence: Evidence, first: Evidence | None) -> bool:
    """True for another finding of the kind that the summary names."""
    return first is not None and (evidence.rule, evidence.what) == (first.rule, first.what)


def _deciding(case: Case) -> Sequence[Evidence]:
    """What decides the variant: recurrence first, then what an alert on top does not say already.

    An embolization that proves recurrence stands in the context, with what follows from it.
    """
    by_effect = case.classification.evidence_with
    plausible = case.plausible
    found: list[Evidence] = []
    if Variant.RECURRENT in plausible:
        proofs = by_effect(Effect.PROVES_RECURRENCE)
        found += [e for e in proofs if e.rule is not RuleId.AFTER_EMBOLIZATION]
        found += [] if proofs else by_effect(Effect.KEEPS_RECURRENCE_PLAUSIBLE)
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


def _line(text: str, evidence: Sequence[Evidence], case: Case, *, most: int) -> str:
    """The first findings with their times, and how many more there are; briefly the findings alone."""
    most = min(most, len(evidence))
    more = [texts.AND_MORE.format(len(evidence) - most)] if len(evidence) > most else []
    if case.room < Room.BRIEF:
        lines = [*_by_time(evidence[:most], case), *more]
    else:
        lines = [*(_finding(e, case, has_amount=True) for e in evidence[:most]), *more]
    return text.format("; ".join(lines)) if evidence else ""


def _by_time(evidence: Sequence[Evidence], case: Case) -> Iterator[str]:
    """What was found at one time together, with that time: `230 mL of blood over 24 h (today 14:00)`."""
    by_time: dict[str, list[str]] = {}
    has_amount = any(e.measure for e in evidence)
    for one in evidence:
        by_time.setdefault(shown(one.when, case.now), []).append(_finding(one, case, has_amount=has_amount))
    for when, findings in by_time.items():
        yield texts.FOUND_AT.format(joined(dict.fromkeys(findings)), when)


def _finding(evidence: Evidence, case: Case, *, has_amount: bool) -> str:
    if evidence.rule is RuleId.SMALL_AND_CALM:
        return texts.CALM if has_amount else texts.SMALL_AND_CALM
    if case.room < Room.FIRST_NAMES:
        return subject(evidence, case.room.characters)
    return markdown(evidence_text(evidence), _SHORT_FINDING)
