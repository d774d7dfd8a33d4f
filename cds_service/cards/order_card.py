"""The card of one judged order: BEHAVIOUR 6, row by row."""

from cds_service.cards.case import Case
from cds_service.cards.caution_lines import caution_titles, cautions_of_order
from cds_service.cards.detail import confirming_detail, order_detail
from cds_service.cards.sources import criteria_source, links, override_reasons
from cds_service.cards.suggestions import order_suggestions, selection_behavior
from cds_service.cards.summaries import order_summary
from cds_service.cds_hooks.response import Card, Coding
from cds_service.clinical.decision import Judgement, Outcome
from cds_service.knowledge.model import Category

INFO = "info"
WARNING = "warning"


def order_card(case: Case, judgement: Judgement) -> Card | None:
    """The card of an order; None for one that is appropriate, when the site wants no card for that alone."""
    match judgement.outcome:
        case Outcome.RATED if judgement.category is Category.USUALLY_APPROPRIATE:
            return _confirming_card(case, judgement)
        case Outcome.RATED | Outcome.DIFFERS:
            return _advising_card(case, judgement, _indicator(judgement), override_reasons(case))
        case Outcome.CONTRAST_UNSPECIFIED | Outcome.NOT_IN_TOPIC:
            return _advising_card(case, judgement, INFO, override_reasons(case))
        case Outcome.NOT_RECOGNISED:
            return _advising_card(case, judgement, INFO, ())
        case _:
            return None


def _indicator(judgement: Judgement) -> str:
    """`warning` when the order is, or may turn out to be, usually not appropriate."""
    possible = {judgement.category, *judgement.categories.values()}
    return WARNING if Category.USUALLY_NOT_APPROPRIATE in possible else INFO


def _advising_card(case: Case, judgement: Judgement, indicator: str, reasons: tuple[Coding, ...]) -> Card:
    suggestions = order_suggestions(case, judgement)
    return Card(
        uuid=str(case.new_uuid()),
        summary=order_summary(case, judgement),
        indicator=indicator,
        source=criteria_source(case),
        detail=order_detail(case, judgement),
        suggestions=suggestions,
        selection_behavior=selection_behavior(suggestions),
        override_reasons=reasons,
        links=links(case),
    )


def _confirming_card(case: Case, judgement: Judgement) -> Card | None:
    """One line, with no more than the cautions, the complement and the notes there are."""
    titles = caution_titles(case, cautions_of_order(case, judgement))
    if not (titles or case.has_complement(judgement) or case.options.confirm_appropriate):
        return None
    suggestions = order_suggestions(case, judgement)
    return Card(
        uuid=str(case.new_uuid()),
        summary=order_summary(case, judgement, caution_titles=titles),
        indicator=INFO,
        source=criteria_source(case),
        detail=confirming_detail(case, judgement),
        suggestions=suggestions,
        selection_behavior=selection_behavior(suggestions),
        links=links(case),
    )
