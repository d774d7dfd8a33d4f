"""The choices on a card and the orders they write: one better study in place of the order, or one more."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

import msgspec

from cds_service.cards import texts
from cds_service.cards.case import Case, is_arteriography
from cds_service.cards.cautions import alternative_text, text_with_level, the_complement
from cds_service.cards.code_systems import CATEGORY_SYSTEM, code_system_url
from cds_service.cards.site import Site, common_category
from cds_service.cds_hooks.drafts import codeable_concept, new_order, order_with
from cds_service.cds_hooks.raw_json import NOTHING, decoded
from cds_service.cds_hooks.request import DraftOrder
from cds_service.cds_hooks.response import (
    NO_CRITERIA_APPLY,
    URN,
    Action,
    Suggestion,
    consult_extension,
    criteria_extension,
    mechanism_extension,
    rating_extension,
)
from cds_service.clinical.decision import Alternative, Judgment
from cds_service.knowledge.model import Category, Knowledge, Procedure
from cds_service.knowledge.terminology.concepts import Coding, Concept
from cds_service.setting_values import PamaCode

UPDATE: Final = "update"
CREATE: Final = "create"


def rating_action(case: Case, judgment: Judgment) -> Action | None:
    """The whole draft order with its rating; None for an order that gets none or cannot carry one."""
    order = judgment.order
    is_rated = judgment.outcome in ("rated", "not-in-topic")
    if not (is_rated and order.can_carry_actions):
        return None
    rated = texts.CATEGORY[judgment.category] if judgment.category else texts.NO_CRITERIA
    extensions = _extensions(case.site, judgment.category, case.consult_ids[order.index], order.procedure)
    return Action(
        type=UPDATE,
        description=texts.RATE.format(case.order_name(order), rated),
        resource=order_with(case.drafts[order.index], extensions=extensions),
    )


def order_suggestions(case: Case, judgment: Judgment) -> tuple[Suggestion, ...]:
    """The replacements and the complement of an order; none for an order that cannot carry actions."""
    if not judgment.order.can_carry_actions:
        return ()
    return (*_replacements(case, judgment), *_complements(case, judgment))


def _replacements(case: Case, judgment: Judgment) -> Iterator[Suggestion]:
    """One `update` each, where the site offers any; an arteriography is never replaced."""
    offers = judgment.alternatives and case.site.settings.alternatives
    if not offers or is_arteriography(case.procedure_of(judgment.order)):
        return
    systems = code_systems_of(case.drafts[judgment.order.index])
    is_short = not judgment.categories  # the card of an order that is not rated has 30 words
    for alternative in judgment.alternatives:
        yield Suggestion(
            label=texts.REPLACE.format(alternative_text(case, alternative, is_short=is_short)),
            uuid=case.new_uuid(),
            actions=(_replacement(case, judgment, alternative.procedure, systems),),
            is_recommended=alternative.is_recommended,
        )


def _replacement(case: Case, judgment: Judgment, procedure: str, systems: tuple[str, ...]) -> Action:
    """One update of the whole order: another study, its rating, the same id and consultation."""
    order, site = judgment.order, case.site
    category = common_category(site, procedure, case.plausible)
    return Action(
        type=UPDATE,
        description=texts.ORDER_INSTEAD.format(site.natural_name(procedure), case.order_name(order)),
        resource=order_with(
            case.drafts[order.index],
            extensions=_extensions(site, category, case.consult_ids[order.index], procedure),
            code=_code(site, procedure, systems),
            reason_code=_for_hemoptysis(site),
        )
        if site.has_readers
        else NOTHING,
    )


def _complements(case: Case, judgment: Judgment) -> Iterator[Suggestion]:
    """A new order for a study beside the order, in its code system, of the same consultation."""
    if not case.has_complement(judgment):
        return
    study, index = the_complement(case), judgment.order.index
    systems = code_systems_of(case.drafts[index])
    action = _creation(case, study, case.consult_ids[index], systems)
    yield Suggestion(texts.ADD.format(text_with_level(case, study)), case.new_uuid(), (action,))


def initial_suggestions(case: Case) -> tuple[Suggestion, ...]:
    """For patient-view: the studies usually appropriate now, as new orders, none preselected.

    What an alert on top offers is offered there.
    """
    offered = {study.procedure for study in case.decision.alert_studies} if case.alert != "none" else ()
    studies = (study for study in case.decision.initial_studies if study.procedure not in offered)
    return tuple(_initial(case, study, alternative_text(case, study)) for study in studies)


def alert_suggestions(case: Case) -> tuple[Suggestion, ...]:
    """For a critical card: the study that finds the cause, as a new order, not preselected.

    Its level stands on the button, for the detail compares no studies.
    """
    studies = case.decision.alert_studies
    return tuple(_initial(case, study, text_with_level(case, study)) for study in studies)


def _initial(case: Case, study: Alternative, text: str) -> Suggestion:
    action = _creation(case, study, URN + case.new_uuid(), ())
    return Suggestion(texts.ORDER.format(text), case.new_uuid(), (action,))


def _creation(case: Case, study: Alternative, consult_id: str, systems: tuple[str, ...]) -> Action:
    """A new order for a study, rated, for hemoptysis; in the first of the code systems that has a code."""
    site, procedure = case.site, study.procedure
    category = common_category(site, procedure, case.plausible)
    return Action(
        type=CREATE,
        description=texts.ORDER.format(site.natural_name(procedure)),
        resource=new_order(
            case.request,
            order_id=case.new_uuid(),
            code=_code(site, procedure, systems),
            reason_code=_for_hemoptysis(site),
            extensions=_extensions(site, category, consult_id, procedure),
        )
        if site.has_readers
        else NOTHING,
    )


def selection_behavior(suggestions: Iterable[Suggestion]) -> str:
    """`at-most-one` for two or more replacements of one order, which exclude each other; else `any`."""
    kinds = [action.type for suggestion in suggestions for action in suggestion.actions]
    if not kinds:
        return ""
    return "at-most-one" if kinds.count(UPDATE) > 1 else "any"


# --- what the orders hold --------------------------------------------------------------------------------


def orderable_code(procedure: Procedure, order_systems: Iterable[str], knowledge: Knowledge) -> Coding:
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


def _code(site: Site, procedure: str, systems: tuple[str, ...]) -> msgspec.Raw:
    study = site.knowledge.procedures[procedure]
    return _concept_of(orderable_code(study, systems, site.knowledge))


@lru_cache(maxsize=256)
def _concept_of(code: Coding) -> msgspec.Raw:
    return codeable_concept(code)


@lru_cache(maxsize=64)
def _for_hemoptysis(site: Site) -> msgspec.Raw:
    return codeable_concept(code_for_hemoptysis(site))


def code_for_hemoptysis(site: Site) -> Coding:
    """The reason that a new or reasonless order gets: the first listed code of hemoptysis."""
    return site.knowledge.terminology.codes_of(Concept.HEMOPTYSIS)[0]


def code_systems_of(draft: DraftOrder) -> tuple[str, ...]:
    """The code systems of a draft order's `code`, in its R4 or its R5 shape, as written."""
    code = decoded(draft.members["code"], dict[str, Any]) if "code" in draft.members else None
    return tuple(dict.fromkeys(_systems(code)))


def _systems(code: Any) -> Iterator[str]:
    if not isinstance(code, dict):
        return
    if "concept" in code:
        yield from _systems(code["concept"])
    codings = code.get("coding")
    for coding in codings if isinstance(codings, list) else [codings]:
        if isinstance(coding, dict) and isinstance(coding.get("system"), str):
            yield coding["system"]


def _extensions(
    site: Site, category: Category | None, consult_id: str, procedure: str
) -> tuple[msgspec.Raw, ...]:
    """The extensions of BEHAVIOUR 7: rating, consult id, criteria applied if any, mechanism consulted."""
    rating, *others = _lasting_extensions(site, category, procedure if category else "")
    return (rating, consult_extension(consult_id), *others)


@lru_cache(maxsize=128)
def _lasting_extensions(site: Site, category: Category | None, procedure: str) -> tuple[msgspec.Raw, ...]:
    """Those that are the same on every order of a study and a category; None is for no criteria."""
    settings, code = site.settings, _pama_code(site, category)
    system = code_system_url(settings.canonical_url, CATEGORY_SYSTEM)
    applied = site.knowledge.edition.topic_url if category and code != NO_CRITERIA_APPLY else ""
    return (
        rating_extension(code, category, category_system=system, text=rating_text(site, category, procedure)),
        *((criteria_extension(applied),) if applied else ()),
        mechanism_extension(settings.qcdsm),
    )


def rating_text(site: Site, category: Category | None, procedure: str) -> str:
    """The rating in words, which name the study: `CTA chest with IV contrast: usually appropriate`.

    By it a rating is known again as that of the same study; empty without a category.
    """
    return texts.DIFFERS.format(site.name(procedure), texts.CATEGORY[category]) if category else ""


def _pama_code(site: Site, category: Category | None) -> PamaCode:
    match category:
        case Category.USUALLY_APPROPRIATE:
            return "appropriate"
        case Category.MAY_BE_APPROPRIATE:
            return site.settings.may_be_appropriate
        case Category.USUALLY_NOT_APPROPRIATE:
            return "not-appropriate"
        case None:
            return NO_CRITERIA_APPLY
