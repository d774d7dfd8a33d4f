"""The summary of each card: the finding first, on one plain line of under 140 characters."""

from collections.abc import Iterator
from typing import Final

from cds_service.cards.case import SCANS, Case, is_arteriography
from cds_service.cards.markdown import plain
from cds_service.cards.texts import CATEGORY, by_category, capital, either, hemoptysis, hint, joined, standing
from cds_service.clinical.decision import Alternative, Effect, Judgement, Outcome, Severity
from cds_service.knowledge.model import Category

SUMMARY_LIMIT: Final = 139


_FINDING_LIMIT: Final = 60


_SEE_CAUTIONS: Final = " (see cautions)"


def order_summary(case: Case, judgement: Judgement, *, caution_titles: tuple[str, ...] = ()) -> str:
    """The summary of an order's card, naming the order."""
    name = case.order_name(judgement.order)
    match judgement.outcome:
        case Outcome.DIFFERS:
            return _fitting(f"{name}: {by_category(judgement.categories)}")
        case Outcome.CONTRAST_UNSPECIFIED:
            head = f"{name}: please state the contrast, which decides the rating"
            return _with_instead(case, judgement, head)
        case Outcome.NOT_IN_TOPIC:
            return _with_instead(case, judgement, f"{name}: not rated for hemoptysis by the ACR topic")
        case Outcome.NOT_RECOGNISED:
            return _fitting(f"Study not recognized, so not rated for hemoptysis: {name}")
        case _:
            return _rated(case, judgement, caution_titles)


def _rated(case: Case, judgement: Judgement, caution_titles: tuple[str, ...]) -> str:
    category = judgement.category or Category.USUALLY_APPROPRIATE
    finding = f"{case.order_name(judgement.order)}: {CATEGORY[category]} in "
    head = f"{finding}{hemoptysis(case.plausible)}"
    if category is not Category.USUALLY_APPROPRIATE:
        return _with_instead(case, judgement, head, f"{finding}hemoptysis")
    complement = ", with a chest radiograph" if case.has_complement(judgement) else ""
    if not caution_titles:
        return _fitting(f"{head}{complement}", head)
    named = joined(title.lower() for title in caution_titles)
    return _fitting(f"{head}{complement}; caution: {named}", f"{head}{complement}; see cautions", head)


def _with_instead(case: Case, judgement: Judgement, *heads: str) -> str:
    """The head, and what to do instead: why nothing, or the better study and that it is drafted already.

    The second head is a shorter one, for where the first leaves no room.
    """
    tails = tuple(_tails(case, judgement))
    return _fitting(*(f"{head}; {tail}" for head in heads for tail in tails), heads[0])


def _tails(case: Case, judgement: Judgement) -> Iterator[str]:
    """What may follow the finding, the fullest first."""
    if judgement.allergy_withholds_alternatives:
        yield "no contrast study is offered after a contrast reaction"
    elif is_arteriography(case.procedure_of(judgement.order)) and judgement.named_instead:
        yield "diagnostic imaging usually comes first"
    elif drafted := _drafted_scan(case, judgement):
        yield f"{case.natural_name(drafted)} is usually appropriate and drafted already"
        yield f"{case.short_name(drafted)} is usually appropriate and drafted already"
        yield f"{case.short_name(drafted)} is drafted already"
    elif judgement.alternatives:
        yield from _offers(case, judgement.alternatives[0])


def _offers(case: Case, offered: Alternative) -> Iterator[str]:
    names = (case.natural_name(offered.procedure), case.short_name(offered.procedure))
    said = hint(offered.cautions)
    for caution in (f" (caution: {said})", _SEE_CAUTIONS) if said else ():
        yield from (f"{name} is usually appropriate{caution}" for name in names)
    yield from (f"{name} is usually appropriate" for name in names)


def _drafted_scan(case: Case, judgement: Judgement) -> str:
    """A better study that is drafted already: a CT or CTA, or any other where nothing can be offered."""
    procedures = case.knowledge.procedures
    scans = [p for p in judgement.named_instead if procedures[p].modality in SCANS]
    others = () if judgement.alternatives else judgement.named_instead
    return next(iter((*scans, *others)), "")


def massive_summary(case: Case) -> str:
    """The summary of the critical card."""
    is_unsure = case.decision.classification.is_instability_only
    then = "; consider another cause too" if is_unsure else ", then embolization"
    tail = f"stabilize first (airway, oxygen, hemodynamics){then}"
    finding = _first_finding(case, Effect.PROVES_MASSIVE)
    return _fitting(f"Massive hemoptysis ({finding}): {tail}", f"Massive hemoptysis: {tail}")


def sign_summary(case: Case) -> str:
    """The summary of the warning card."""
    tail = "check airway, oxygen and hemodynamics"
    finding = _first_finding(case, Effect.KEEPS_MASSIVE_PLAUSIBLE)
    return _fitting(
        f"Massive hemoptysis not excluded ({finding}): {tail}", f"Massive hemoptysis not excluded: {tail}"
    )


def _first_finding(case: Case, effect: Effect) -> str:
    found = case.decision.classification.evidence_with(effect)
    return plain(found[0].finding, _FINDING_LIMIT) if found else "see detail"


def patient_summary(case: Case) -> str:
    """The summary of the patient-view card: where the patient stands, and what is usually appropriate."""
    standing_now = standing(case.plausible, case.decision.classification.severity)
    what = f"Possible {standing_now}" if case.decision.is_possible_only else capital(standing_now)
    when = "once stable, " if case.decision.classification.severity is Severity.PROVEN else ""
    if not case.decision.initial_studies:
        return _fitting(f"{what}: see the detail for the imaging that is appropriate")
    return _fitting(
        *(f"{what}: {when}{studies}" for studies in _initial_studies(case)),
        f"{what}: {len(case.decision.initial_studies)} studies are usually appropriate",
    )


def _initial_studies(case: Case) -> Iterator[str]:
    """`chest radiograph, and CTA or CT chest with IV contrast, are usually appropriate`, then shorter."""
    studies = case.decision.initial_studies
    said = hint(caution for study in studies for caution in study.cautions)
    for caution in (f" (caution: {said})", _SEE_CAUTIONS, "") if said else ("",):
        yield f"{_joined_studies(case, studies, caution)} usually appropriate"


def _joined_studies(case: Case, studies: tuple[Alternative, ...], caution: str) -> str:
    """The radiograph first; of the scans one or the other."""
    procedures = case.knowledge.procedures
    scans = [s.procedure for s in studies if procedures[s.procedure].modality in SCANS]
    others = [case.natural_name(s.procedure) for s in studies if s.procedure not in scans]
    if not scans:
        return f"{joined(others)}{caution} {'are' if len(others) > 1 else 'is'}"
    named = f"{either([case.natural_name(scan) for scan in scans])}{caution}"
    if not others:
        return f"{named} is"
    is_choice = len(scans) > 1
    return f"{joined(others)}, and {named}, are" if is_choice else f"{joined(others)} and {named} are"


def _fitting(*candidates: str) -> str:
    """The first candidate of under 140 characters, else the last one cut."""
    fitting = (text for text in candidates if len(text) <= SUMMARY_LIMIT)
    return next(fitting, plain(candidates[-1], SUMMARY_LIMIT))
