"""The choices on a card: one better study in place of the order, or a study in addition."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from cds_service.cards.case import APPROPRIATE, NOT_APPROPRIATE, Case, is_arteriography
from cds_service.cards.cautions import alternative_text, the_complement
from cds_service.cards.sources import CATEGORY_SYSTEM, code_system_url
from cds_service.cards.texts import CATEGORY
from cds_service.cds_hooks.drafts import codeable_concept, new_order, order_with
from cds_service.cds_hooks.raw_json import decoded
from cds_service.cds_hooks.response import (
    NO_CRITERIA_APPLY,
    Action,
    RatingOnOrder,
    Suggestion,
    rating_extensions,
)
from cds_service.clinical.decision import Alternative, Judgement, Outcome
from cds_service.knowledge.model import Category, Knowledge, OrderableCode, Procedure
from cds_service.knowledge.terminology.concepts import Concept


def orderable_code(procedure: Procedure, order_systems: Iterable[str], knowledge: Knowledge) -> OrderableCode:
    """The code of a procedure in the first code system of the order that has one for it, else its first one.

    The first one is CPT, or the site's own where its map has an orderable code: then it has no others.
    The systems may be written by any of their names. Raises ValueError for a procedure without a code,
    which is never offered.
    """
    for system in order_systems:
        canonical = knowledge.terminology.canonical_system(system)
        if canonical in procedure.canonical_codes:
            return procedure.canonical_codes[canonical]
    first, *_ = procedure.canonical_codes.values()
    return first


class _Coded(msgspec.Struct):
    """The one member of a draft order that names its study."""

    code: Any = None


def code_systems_of(raw: msgspec.Raw) -> tuple[str, ...]:
    """The code systems of a draft order's `code`, in its R4 or its R5 shape, as written."""
    order = decoded(raw, _Coded)
    return tuple(dict.fromkeys(_systems(order.code))) if order else ()


def _systems(code: object) -> Iterator[str]:
    if not isinstance(code, dict):
        return
    if "concept" in code:
        yield from _systems(code["concept"])
    codings = code.get("coding")
    for coding in codings if isinstance(codings, list) else [codings]:
        if isinstance(coding, dict) and isinstance(coding.get("system"), str):
            yield coding["system"]


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


def order_suggestions(case: Case, judgement: Judgement) -> tuple[Suggestion, ...]:
    """The replacements and the complement of an order; none for an order that cannot carry actions."""
    if not judgement.order.can_carry_actions:
        return ()
    return (*_replacements(case, judgement), *_complement(case, judgement))


def _replacements(case: Case, judgement: Judgement) -> tuple[Suggestion, ...]:
    """One `update` each; an arteriography is never replaced."""
    if is_arteriography(case.procedure_of(judgement.order)):
        return ()
    return tuple(_replacement(case, judgement, alternative) for alternative in judgement.alternatives)


def _replacement(case: Case, judgement: Judgement, alternative: Alternative) -> Suggestion:
    return Suggestion(
        label=f"Replace with {alternative_text(case, alternative)}",
        uuid=str(case.new_uuid()),
        actions=(replacement(case, judgement, alternative.procedure),),
        is_recommended=alternative.is_recommended,
    )


def _complement(case: Case, judgement: Judgement) -> tuple[Suggestion, ...]:
    if not case.has_complement(judgement):
        return ()
    study = the_complement(case)
    action = complement(case, judgement, study.procedure)
    return (Suggestion(f"Add {alternative_text(case, study)}", str(case.new_uuid()), (action,)),)


def initial_suggestions(case: Case) -> tuple[Suggestion, ...]:
    """For patient-view: the studies usually appropriate now, as new orders, none preselected."""
    return tuple(_initial(case, study) for study in case.decision.initial_studies)


def _initial(case: Case, study: Alternative) -> Suggestion:
    action = creation(case, study.procedure, consult_id=case.new_uuid().urn)
    return Suggestion(f"Order {alternative_text(case, study)}", str(case.new_uuid()), (action,))


def selection_behavior(suggestions: Iterable[Suggestion]) -> str:
    """`at-most-one` for two or more replacements of one order, which exclude each other; else `any`."""
    kinds = [action.type for suggestion in suggestions for action in suggestion.actions]
    if not kinds:
        return ""
    return "at-most-one" if kinds.count("update") > 1 else "any"
