"""The changes that a card or the service makes to orders: ratings, replacements and new orders."""

from collections.abc import Iterable

import msgspec

from cds_service.cards.case import Case
from cds_service.cards.options import APPROPRIATE, NOT_APPROPRIATE
from cds_service.cards.order_codes import code_systems_of, orderable_code
from cds_service.cards.sources import CATEGORY_SYSTEM, code_system_url
from cds_service.cards.wording import CATEGORY
from cds_service.cds_hooks.draft import codeable_concept, new_order, order_with
from cds_service.cds_hooks.rating import NO_CRITERIA_APPLY, RatingOnOrder, rating_extensions
from cds_service.cds_hooks.response import Action
from cds_service.clinical.decision import Judgement, Outcome
from cds_service.knowledge.model import Category
from cds_service.knowledge.terminology import Concept


def _for_hemoptysis(case: Case) -> msgspec.Raw:
    """The reason that a new or reasonless order gets: the first listed code of hemoptysis."""
    return codeable_concept(case.knowledge.terminology.codes_of(Concept.HEMOPTYSIS)[0])


def rating_action(case: Case, judgement: Judgement) -> Action | None:
    """The whole draft order with its rating; None for an order that gets none or cannot carry one."""
    order = judgement.order
    if not order.can_carry_actions or judgement.outcome not in (Outcome.RATED, Outcome.NOT_IN_TOPIC):
        return None
    extensions = _extensions(case, judgement.category, case.consult_ids[order.index])
    rated = CATEGORY[judgement.category] if judgement.category else "no criteria apply"
    return Action(
        type="update",
        description=f"Rate {case.order_name(order)}: {rated}",
        resource=order_with(case.draft_of(order).raw, extensions=extensions),
    )


def replacement(case: Case, judgement: Judgement, procedure: str) -> Action:
    """One update of the whole order: another study, its rating, the same id and consultation."""
    order = judgement.order
    raw = case.draft_of(order).raw
    return Action(
        type="update",
        description=f"Order {case.natural_name(procedure)} instead of {case.order_name(order)}",
        resource=order_with(
            raw,
            extensions=_extensions(case, _category(case, procedure), case.consult_ids[order.index]),
            code=_code(case, procedure, code_systems_of(raw)),
            reason_code=_for_hemoptysis(case),
        ),
    )


def complement(case: Case, judgement: Judgement, procedure: str) -> Action:
    """A new order for a study beside the order, in its code system, of the same consultation."""
    order = judgement.order
    systems = code_systems_of(case.draft_of(order).raw)
    return creation(case, procedure, consult_id=case.consult_ids[order.index], code_systems=systems)


def creation(case: Case, procedure: str, *, consult_id: str, code_systems: Iterable[str] = ()) -> Action:
    """A new order for a study, rated, for hemoptysis; in the first of the code systems that has a code."""
    return Action(
        type="create",
        description=f"Order {case.natural_name(procedure)}",
        resource=new_order(
            case.request,
            order_id=str(case.new_uuid()),
            code=_code(case, procedure, code_systems),
            reason_code=_for_hemoptysis(case),
            extensions=_extensions(case, _category(case, procedure), consult_id),
        ),
    )


def _code(case: Case, procedure: str, code_systems: Iterable[str]) -> msgspec.Raw:
    study = case.knowledge.procedures[procedure]
    return codeable_concept(orderable_code(study, code_systems, case.knowledge))


def _category(case: Case, procedure: str) -> Category | None:
    """The category of a rated study if it is the same under all plausible variants."""
    categories = set(case.categories(procedure).values())
    return categories.pop() if len(categories) == 1 else None


def _extensions(case: Case, category: Category | None, consult_id: str) -> tuple[msgspec.Raw, ...]:
    options = case.options
    rating = RatingOnOrder(
        pama_code=_pama_code(case, category),
        category=category,
        category_system=code_system_url(options.canonical_url, CATEGORY_SYSTEM),
        consult_id=consult_id,
        auc_applied=case.knowledge.edition.topic_url if category else "",
        qcdsm=options.qcdsm,
    )
    return rating_extensions(rating)


def _pama_code(case: Case, category: Category | None) -> str:
    match category:
        case Category.USUALLY_APPROPRIATE:
            return APPROPRIATE
        case Category.MAY_BE_APPROPRIATE:
            return case.options.may_be_appropriate
        case Category.USUALLY_NOT_APPROPRIATE:
            return NOT_APPROPRIATE
        case None:
            return NO_CRITERIA_APPLY
