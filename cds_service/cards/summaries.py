"""The summary of each card: the finding first, on one plain line of under 140 characters."""

from typing import Final

from cds_service.cards.case import Case, is_arteriography
from cds_service.cards.escape import plain
from cds_service.cards.wording import CATEGORY, by_category, capital, hemoptysis, joined
from cds_service.clinical.decision import Effect, Judgement, Outcome
from cds_service.knowledge.model import Category, Modality

SUMMARY_LIMIT: Final = 139
_FINDING_LIMIT: Final = 60


def order_summary(case: Case, judgement: Judgement, *, caution_titles: tuple[str, ...] = ()) -> str:
    """The summary of an order's card, naming the order."""
    name = case.order_name(judgement.order)
    match judgement.outcome:
        case Outcome.DIFFERS:
            return _fitting(f"{name}: {by_category(judgement.categories)}")
        case Outcome.CONTRAST_UNSPECIFIED:
            return _with_instead(case, judgement, f"{name}: please state the contrast, it decides the rating")
        case Outcome.NOT_IN_TOPIC:
            return _with_instead(case, judgement, f"{name}: not rated for hemoptysis by the ACR topic")
        case Outcome.NOT_RECOGNISED:
            return _fitting(f"Study not recognised, so not rated for hemoptysis: {name}")
        case _:
            return _rated(case, judgement, caution_titles)


def _rated(case: Case, judgement: Judgement, caution_titles: tuple[str, ...]) -> str:
    category = judgement.category or Category.USUALLY_APPROPRIATE
    head = f"{case.order_name(judgement.order)}: {CATEGORY[category]} in {hemoptysis(case.plausible)}"
    if category is not Category.USUALLY_APPROPRIATE:
        return _with_instead(case, judgement, head)
    complement = ", with a chest radiograph" if case.has_complement(judgement) else ""
    if not caution_titles:
        return _fitting(f"{head}{complement}", head)
    named = joined(title.lower() for title in caution_titles)
    return _fitting(f"{head}{complement}; caution: {named}", f"{head}{complement}; see cautions", head)


def _with_instead(case: Case, judgement: Judgement, head: str) -> str:
    """The head, and what to do instead: why nothing, or the better study and that it is drafted already."""
    if judgement.allergy_withholds_alternatives:
        return _fitting(f"{head}; contrast reaction charted, no contrast study offered", head)
    if is_arteriography(case.procedure_of(judgement.order)) and judgement.named_instead:
        return _fitting(f"{head}; diagnostic imaging usually comes first", head)
    if drafted := _drafted_scan(case, judgement):
        return _fitting(f"{head}; {case.name(drafted)} is drafted already", head)
    if not judgement.alternatives:
        return _fitting(head)
    name = case.name(judgement.alternatives[0].procedure)
    short = f"{head}; {name} is"
    if judgement.category is Category.USUALLY_NOT_APPROPRIATE:
        return _fitting(short, head)
    return _fitting(f"{short} usually appropriate", f"{head}; better: {name}", head)


def _drafted_scan(case: Case, judgement: Judgement) -> str:
    """A better study that is drafted already: a CT or CTA, or any other where nothing can be offered."""
    procedures = case.knowledge.procedures
    scans = [p for p in judgement.named_instead if procedures[p].modality in (Modality.CT, Modality.CTA)]
    others = () if judgement.alternatives else judgement.named_instead
    return next(iter((*scans, *others)), "")


def massive_summary(case: Case) -> str:
    """The summary of the critical card."""
    tail = "stabilise first (airway, oxygen, haemodynamics), then embolization"
    finding = _first_finding(case, Effect.PROVES_MASSIVE)
    return _fitting(f"Massive hemoptysis ({finding}): {tail}", f"Massive hemoptysis: {tail}")


def sign_summary(case: Case) -> str:
    """The summary of the warning card."""
    tail = "check airway, oxygen and haemodynamics"
    finding = _first_finding(case, Effect.KEEPS_MASSIVE_PLAUSIBLE)
    return _fitting(
        f"Massive hemoptysis not excluded ({finding}): {tail}", f"Massive hemoptysis not excluded: {tail}"
    )


def _first_finding(case: Case, effect: Effect) -> str:
    found = case.decision.classification.evidence_with(effect)
    return plain(found[0].finding, _FINDING_LIMIT) if found else "see detail"


def patient_summary(case: Case) -> str:
    """The summary of the patient-view card: what imaging is usually appropriate now."""
    what = capital(hemoptysis(case.plausible))
    if case.decision.is_possible_only:
        what = f"Possible {hemoptysis(case.plausible)}"
    names = [case.name(study.procedure) for study in case.decision.initial_studies]
    if not names:
        return _fitting(f"{what}: see the detail for the imaging that is appropriate")
    short_names = [case.knowledge.procedures[s.procedure].short_name for s in case.decision.initial_studies]
    return _fitting(
        f"{what}: {joined(names, 'or')} usually appropriate",
        f"{what}: {joined(short_names, 'or')} usually appropriate",
        f"{what}: {len(names)} studies are usually appropriate for initial imaging",
    )


def _fitting(*candidates: str) -> str:
    """The first candidate of under 140 characters, else the last one cut."""
    fitting = (text for text in candidates if len(text) <= SUMMARY_LIMIT)
    return next(fitting, plain(candidates[-1], SUMMARY_LIMIT))
