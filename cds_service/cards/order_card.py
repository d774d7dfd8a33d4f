"""The card of one judged order: BEHAVIOUR 6, row by row."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from cds_service.cards.case import Case
from cds_service.cards.cautions import (
    caution_lines,
    caution_titles,
    cautions_of_order,
    studies_on,
)
from cds_service.cards.detail.context import asks_for_a_check, chart_line, order_context
from cds_service.cards.detail.full import full_of_order
from cds_service.cards.detail.missing import missing_line, unread_line
from cds_service.cards.detail.studies import instead_line
from cds_service.cards.detail.why import why_line
from cds_service.cards.site import criteria_source, links, override_reasons
from cds_service.cards.suggestions import order_suggestions, selection_behavior
from cds_service.cards.summaries import order_summary
from cds_service.cds_hooks.response import Card
from cds_service.clinical.decision import Judgment
from cds_service.knowledge.model import Category

INFO: Final = "info"
WARNING: Final = "warning"
_DEPENDS_ON_THE_VARIANT: Final = ("differs-between-variants", "ct-or-cta")
_OF_THE_VARIANT: Final = ("rated", *_DEPENDS_ON_THE_VARIANT)


class ChartParts(msgspec.Struct, frozen=True):
    """The lines that the cards of a request share, from the chart alone; empty with nothing to say."""

    why: str
    to_chart: str


def order_cards(case: Case) -> Iterator[tuple[int, Card]]:
    """The index of each order that has a card, and that card, in the order of the drafts."""
    judgments = sorted((j for j in case.decision.judgments if j.is_judged), key=lambda j: j.order.index)
    if not judgments:
        return
    to_chart = chart_line(case) if case.alert != "sign" else ""  # the alert on top says it
    chart = ChartParts("" if case.is_full else why_line(case), to_chart)
    for judgment in judgments:
        is_held_back = judgment.order.index in case.decision.held_back
        if not is_held_back and (card := _card(case, judgment, chart)):
            yield judgment.order.index, card


def _card(case: Case, judgment: Judgment, chart: ChartParts) -> Card | None:
    if judgment.order.index in case.rated_before:
        return _repeated(case, judgment)
    if judgment.category is Category.USUALLY_APPROPRIATE:
        return _confirming_card(case, judgment)
    return _advising_card(case, judgment, order_detail(case, judgment, chart=chart))


def _advising_card(case: Case, judgment: Judgment, detail: str) -> Card:
    suggestions = order_suggestions(case, judgment)
    is_recognized = judgment.outcome != "not-recognized"
    return Card(
        uuid=str(case.new_uuid()),
        summary=order_summary(case, judgment),
        indicator=_indicator(judgment),
        source=criteria_source(case.site, case.classification.topic),
        detail=detail,
        suggestions=suggestions,
        selection_behavior=selection_behavior(suggestions),
        override_reasons=override_reasons(case.site) if is_recognized else (),
        links=links(case.site, case.classification.topic),
    )


def _indicator(judgment: Judgment) -> str:
    """`warning` when the order is, or may turn out to be, usually not appropriate."""
    is_doubtful = Category.USUALLY_NOT_APPROPRIATE in judgment.categories.values()
    is_inappropriate = judgment.category is Category.USUALLY_NOT_APPROPRIATE
    return WARNING if is_doubtful or is_inappropriate else INFO


def _confirming_card(case: Case, judgment: Judgment) -> Card | None:
    """One line, with no more than the cautions, the complement and the context there are.

    None for an order that is appropriate, when the site wants no card for that alone.
    """
    titles = caution_titles(case, cautions_of_order(case, judgment))
    if judgment.order.has_other_regions and not titles:
        return None
    is_wanted = titles or case.site.settings.confirm_appropriate or case.has_complement(judgment)
    if not (is_wanted or asks_for_a_check(case, judgment)):
        return None
    suggestions = order_suggestions(case, judgment)
    return Card(
        uuid=str(case.new_uuid()),
        summary=order_summary(case, judgment, caution_titles=titles),
        indicator=INFO,
        source=criteria_source(case.site, case.classification.topic),
        detail=confirming_detail(case, judgment),
        suggestions=suggestions,
        selection_behavior=selection_behavior(suggestions),
        links=links(case.site, case.classification.topic),
    )


def _repeated(case: Case, judgment: Judgment) -> Card | None:
    """What is left of a card whose rating the order carries already (BEHAVIOUR 6, order-sign)."""
    cautions = cautions_of_order(case, judgment)
    detail = text_of(caution_lines(case, cautions, ordered=judgment.order.procedure))
    if _indicator(judgment) == WARNING:
        return _advising_card(case, judgment, detail)
    if not cautions:
        return None
    is_advising = judgment.category is not Category.USUALLY_APPROPRIATE
    return Card(
        uuid=str(case.new_uuid()),
        summary=order_summary(case, judgment, caution_titles=caution_titles(case, cautions)),
        indicator=INFO,
        source=criteria_source(case.site, case.classification.topic),
        detail=detail,
        override_reasons=override_reasons(case.site) if is_advising else (),
        links=links(case.site, case.classification.topic),
    )


def order_detail(case: Case, judgment: Judgment, *, chart: ChartParts) -> str:
    """The whole detail of an order's card."""
    ordered = judgment.order.procedure
    return text_of(
        (
            chart.why if judgment.outcome in _OF_THE_VARIANT else "",
            *caution_lines(case, cautions_of_order(case, judgment), ordered=ordered),
            instead_line(case, judgment),
            order_context(case, judgment),
            chart.to_chart if judgment.outcome in _DEPENDS_ON_THE_VARIANT else "",
            missing_line(case, studies_on(case, judgment)),
            *full_of_order(case, ordered),
        )
    )


def confirming_detail(case: Case, judgment: Judgment) -> str:
    """The detail of a card that only confirms: what is to be added to it, empty when nothing is."""
    cautions = caution_lines(case, cautions_of_order(case, judgment), ordered=judgment.order.procedure)
    unread = unread_line(case, studies_on(case, judgment))
    if judgment.order.has_other_regions:
        return text_of((*cautions, unread))
    return text_of((*cautions, order_context(case, judgment), unread))


def text_of(lines: Iterable[str]) -> str:
    """The lines that say something, each a paragraph of its own."""
    return "\n\n".join(line for line in lines if line)
