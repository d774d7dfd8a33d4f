"""The summary of each card: the finding first, on one plain line of under 140 characters."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

from cds_service.cards import texts
from cds_service.cards.case import Case, is_arteriography, is_named_only
from cds_service.cards.detail.why import alert_findings
from cds_service.cards.markdown import plain, shown
from cds_service.cards.phrases import (
    by_category,
    capital,
    either,
    evidence_text,
    hemoptysis,
    hint,
    joined,
    where_it_stands,
)
from cds_service.cards.room import Room
from cds_service.clinical.decision import Alternative, Judgment
from cds_service.clinical.rating import SCANS
from cds_service.knowledge.model import AdviceKind, Category, CautionId

SUMMARY_LIMIT: Final = 139
_FINDING_LIMIT, _SHORT_FINDING = 60, 34
_UNRATED: Final = {
    "contrast-unspecified": texts.STATE_THE_CONTRAST,
    "ct-or-cta": texts.STATE_CT_OR_CTA,
    "not-in-topic": texts.NOT_IN_THE_TOPIC,
}


def order_summary(case: Case, judgment: Judgment, *, caution_titles: tuple[str, ...] = ()) -> str:
    """The summary of an order's card, naming the order."""
    name = case.order_name(judgment.order)
    match judgment.outcome:
        case "differs-between-variants":
            return _fitting((texts.DIFFERS.format(name, by_category(judgment.categories)),))
        case "contrast-unspecified" | "ct-or-cta" | "not-in-topic":
            if judgment.outcome == "contrast-unspecified":
                name = name.partition(",")[0]  # what the name says of the contrast, the summary says
            return _with_instead(case, judgment, (_UNRATED[judgment.outcome].format(name),))
        case "not-recognized":
            return _with_instead(case, judgment, (texts.STUDY_NOT_RECOGNIZED.format(name),))
        case "rated":
            return _rated(case, judgment, name, caution_titles)
        case (
            "other-indication"
            | "needs-conditions"
            | "no-study-yet"
            | "other-order"
            | "not-chest-imaging" as outcome
        ):
            raise AssertionError(outcome)  # such an order has no card


def _rated(case: Case, judgment: Judgment, name: str, caution_titles: tuple[str, ...]) -> str:
    category = judgment.category
    assert category is not None
    rated = texts.CATEGORY[category]
    head = texts.RATED_IN.format(name, rated, hemoptysis(case.plausible))
    if category is not Category.USUALLY_APPROPRIATE:
        shorter = texts.RATED_IN.format(name, rated, texts.HEMOPTYSIS)
        return _with_instead(case, judgment, (head, shorter))
    if not caution_titles:
        return _fitting((head,))
    named = joined(title.lower() for title in caution_titles)
    return _fitting((texts.WITH_CAUTION.format(head, named), texts.SEE_CAUTIONS.format(head), head))


def _with_instead(case: Case, judgment: Judgment, heads: Sequence[str]) -> str:
    """The head, and what to do instead: why nothing, or the better study and that it is drafted already.

    The second head is a shorter one, for where the first leaves no room.
    """
    candidates = (texts.THEN.format(head, tail) for head in heads for tail in _tails(case, judgment))
    return _fitting(chain(candidates, heads[:1]))


def _tails(case: Case, judgment: Judgment) -> Iterator[str]:
    """What may follow the finding, the fullest first."""
    if judgment.allergy_withholds_alternatives:
        yield texts.NO_CONTRAST_OFFERED
    elif is_arteriography(case.procedure_of(judgment.order)) and judgment.named_instead:
        yield texts.DIAGNOSTIC_FIRST
    elif judgment.named_instead and is_named_only(case, judgment):
        for named in judgment.named_instead[:1]:
            yield from _offers(case, judgment, Alternative(named))
    elif drafted := _drafted_scan(case, judgment):
        name, short = case.site.natural_name(drafted), case.site.short_name(drafted)
        yield texts.APPROPRIATE_AND_DRAFTED.format(name)
        yield texts.APPROPRIATE_AND_DRAFTED.format(short)
        yield texts.DRAFTED_ALREADY.format(short)
    elif judgment.alternatives:
        yield from _offers(case, judgment, judgment.alternatives[0])


def _offers(case: Case, judgment: Judgment, offered: Alternative) -> Iterator[str]:
    """The better study by its name, then by a shorter one; of an order not rated the shorter alone."""
    short = case.site.short_name(offered.procedure)
    names = (short,) if judgment.outcome in _UNRATED else (case.site.natural_name(offered.procedure), short)
    for caution in (*_in_brackets(offered.cautions), ""):
        yield from (texts.IS_APPROPRIATE.format(name, caution) for name in names)


def _in_brackets(cautions: Iterable[CautionId]) -> tuple[str, ...]:
    """The cautions that a summary hints at, in full and in short; nothing without any."""
    said = hint(cautions)
    return (texts.CAUTION_IN_BRACKETS.format(said), texts.SEE_IN_BRACKETS) if said else ()


def _drafted_scan(case: Case, judgment: Judgment) -> str:
    """A better study that is drafted already: a CT or CTA, or any other where nothing can be offered."""
    procedures = case.knowledge.procedures
    scans = [p for p in judgment.named_instead if procedures[p].modality in SCANS]
    others = () if judgment.alternatives else judgment.named_instead
    return next(iter((*scans, *others)), "")


def alert_summary(case: Case) -> str:
    """The summary of an alert: what is the matter, by which finding, and what comes first.

    In least room the first step alone says what comes first.
    """
    heading = texts.HEADING[case.alert]
    is_sign = case.alert == "sign"
    advised = case.knowledge.advice_on(AdviceKind.MASSIVE_NOT_EXCLUDED if is_sign else AdviceKind.FIRST)
    first = " ".join(advised)
    finding = plain(_first_finding(case), _FINDING_LIMIT if case.room < Room.LEAST else _SHORT_FINDING)
    if case.room is Room.COUNTS and not is_sign:
        return texts.FOUND_ALONE.format(heading, finding)
    return _fitting((texts.HEADED_FOUND.format(heading, finding, first), texts.HEADED.format(heading, first)))


def _first_finding(case: Case) -> str:
    """The first thing that proves, or keeps massive plausible, with its time; in little room without."""
    first = next(iter(alert_findings(case)), None)
    if first is None:
        return texts.SEE_DETAIL
    if case.room >= Room.NAMES:
        return evidence_text(first)
    return texts.AND_ITS_TIME.format(evidence_text(first), shown(first.when, case.now))


def patient_summary(case: Case) -> str:
    """The summary of the patient-view card: where the patient stands, and what is usually appropriate."""
    severity, studies = case.classification.severity, case.decision.initial_studies
    now = where_it_stands(case.plausible, severity)
    if case.alert in ("unstable", "unstable-and-small"):
        now = texts.HEADING[case.alert]
    what = texts.POSSIBLE_VARIANT.format(now) if case.decision.is_possible_only else capital(now)
    when = "" if case.alert in ("none", "sign") else texts.ONCE_STABLE
    if not studies:
        return _fitting((texts.WHERE_IT_STANDS.format(what, "", texts.SEE_IMAGING),))
    counted = texts.WHERE_IT_STANDS.format(what, "", texts.SO_MANY_STUDIES.format(len(studies)))
    said = (texts.WHERE_IT_STANDS.format(what, when, text) for text in _initial_studies(case))
    return _fitting(chain(said, (counted,)))


def _initial_studies(case: Case) -> Iterator[str]:
    """`chest radiograph, and CTA or CT chest with IV contrast, are usually appropriate`, then shorter."""
    studies = case.decision.initial_studies
    for caution in (*_in_brackets(caution for study in studies for caution in study.cautions), ""):
        yield texts.STUDIES_APPROPRIATE.format(_joined_studies(case, studies, caution))


def _joined_studies(case: Case, studies: tuple[Alternative, ...], caution: str) -> str:
    """The radiograph first; of the scans one or the other."""
    procedures = case.knowledge.procedures
    scans = [s.procedure for s in studies if procedures[s.procedure].modality in SCANS]
    others = [case.site.natural_name(s.procedure) for s in studies if s.procedure not in scans]
    if not scans:
        return (texts.ARE if len(others) > 1 else texts.IS).format(f"{joined(others)}{caution}")
    named = f"{either([case.site.natural_name(scan) for scan in scans])}{caution}"
    if not others:
        return texts.IS.format(named)
    is_choice = len(scans) > 1
    return (texts.STUDY_AND_CHOICE if is_choice else texts.STUDY_AND_SCAN).format(joined(others), named)


def _fitting(candidates: Iterable[str]) -> str:
    """The first candidate of under 140 characters, no later one being made; else the last one cut."""
    last = ""
    for last in candidates:
        if len(last) <= SUMMARY_LIMIT:
            return last
    return plain(last, SUMMARY_LIMIT)
