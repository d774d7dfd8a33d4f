"""The card of one judged order: BEHAVIOUR 6, row by row."""

from cds_service.cards.case import Case
from cds_service.cards.caution_lines import caution_titles, cautions_of_order
from cds_service.cards.chart_parts import ChartParts
from cds_service.cards.detail import confirming_detail, order_detail
from cds_service.cards.notes import asks_for_a_check
from cds_service.cards.sources import criteria_source, links, override_reasons
from cds_service.cards.suggestions import order_suggestions, selection_behavior
from cds_service.cards.summaries import order_summary
from cds_service.cds_hooks.response import Card
from cds_service.clinical.decision import Judgement, Outcome
from cds_service.knowledge.model import Category

INFO = "info"
WARNING = "warning"


def order_card(case: Case, judgement: Judgement, *, chart: ChartParts) -> Card | None:
    """The card of an order; None for one that is appropriate, when the site wants no card for that alone."""
    match judgement.outcome:
        case Outcome.RATED if judgement.category is Category.USUALLY_APPROPRIATE:
            return _confirming_card(case, judgement, chart)
        case Outcome.RATED | Outcome.DIFFERS:
            return _advising_card(case, judgement, chart, _indicator(judgement))
        case Outcome.CONTRAST_UNSPECIFIED | Outcome.NOT_IN_TOPIC | Outcome.NOT_RECOGNISED:
            return _advising_card(case, judgement, chart, INFO)
        case _:
            return None


def _indicator(judgement: Judgement) -> str:
    """`warning` when the order is, or may turn out to be, usually not appropriate."""
    possible = {judgement.category, *judgement.categories.values()}
    return WARNING if Category.USUALLY_NOT_APPROPRIATE in possible else INFO


def _advising_card(case: Case, judgement: Judgement, chart: ChartParts, indicator: str) -> Card:
    suggestions = order_suggestions(case, judgement)
    is_recognised = judgement.outcome is not Outcome.NOT_RECOGNISED
    return Card(
        uuid=str(case.new_uuid()),
        summary=order_summary(case, judgement),
        indicator=indicator,
        source=criteria_source(case),
        detail=order_detail(case, judgement, chart=chart),
        suggestions=suggestions,
        selection_behavior=selection_behavior(suggestions),
        override_reasons=override_reasons(case) if is_recognised else (),
        links=links(case),
    )


def _confirming_card(case: Case, judgement: Judgement, chart: ChartParts) -> Card | None:
    """One line, with no more than the cautions, the complement and the notes there are."""
    titles = caution_titles(case, cautions_of_order(case, judgement))
    if not (titles or case.options.confirm_appropriate or _is_more_than_confirmed(case, judgement)):
        return None
    suggestions = order_suggestions(case, judgement)
    return Card(
        uuid=str(case.new_uuid()),
        summary=order_summary(case, judgement, caution_titles=titles),
        indicator=INFO,
        source=criteria_source(case),
        detail=confirming_detail(case, judgement, chart=chart),
        suggestions=suggestions,
        selection_behavior=selection_behavior(suggestions),
        links=links(case),
    )


def _is_more_than_confirmed(case: Case, judgement: Judgement) -> bool:
    return case.has_complement(judgement) or asks_for_a_check(case, judgement)
