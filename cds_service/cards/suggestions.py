"""The choices on a card: one better study in place of the order, or a study in addition."""

from collections.abc import Iterable

from cds_service.cards import actions
from cds_service.cards.case import Case, is_arteriography
from cds_service.cards.caution_lines import the_complement
from cds_service.cards.detail import alternative_text
from cds_service.cds_hooks.response import Suggestion
from cds_service.clinical.decision import Alternative, Judgement


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
        actions=(actions.replacement(case, judgement, alternative.procedure),),
        is_recommended=alternative.is_recommended,
    )


def _complement(case: Case, judgement: Judgement) -> tuple[Suggestion, ...]:
    if not case.has_complement(judgement):
        return ()
    study = the_complement(case)
    action = actions.complement(case, judgement, study.procedure)
    return (Suggestion(f"Add {alternative_text(case, study)}", str(case.new_uuid()), (action,)),)


def initial_suggestions(case: Case) -> tuple[Suggestion, ...]:
    """For patient-view: the studies usually appropriate now, as new orders, none preselected."""
    return tuple(_initial(case, study) for study in case.decision.initial_studies)


def _initial(case: Case, study: Alternative) -> Suggestion:
    action = actions.creation(case, study.procedure, consult_id=case.new_uuid().urn)
    return Suggestion(f"Order {alternative_text(case, study)}", str(case.new_uuid()), (action,))


def selection_behavior(suggestions: Iterable[Suggestion]) -> str:
    """`at-most-one` for two or more replacements of one order, which exclude each other; else `any`."""
    kinds = [action.type for suggestion in suggestions for action in suggestion.actions]
    if not kinds:
        return ""
    return "at-most-one" if kinds.count("update") > 1 else "any"
