"""The card of one judged order: BEHAVIOUR 6, row by row."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias

import msgspec

from cds_service.cards.case import Case, fitted
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
from cds_service.cards.room import Room
from cds_service.cards.site import criteria_source, links, override_reasons
from cds_service.cards.suggestions import order_suggestions, selection_behavior
from cds_service.cards.summaries import order_summary
from cds_service.cds_hooks.response import Card
from cds_service.clinical.decision import Judgment
from cds_service.knowledge.model import Category

INFO: Final = "info"
WARNING: Final = "warning"
Lines: TypeAlias = Callable[[Case], Iterable[str]]
"""The paragraphs of a detail, for a case with more or with less room."""
_DEPENDS_ON_THE_VARIANT: Final = ("differs-between-variants", "ct-or-cta")
_OF_THE_VARIANT: Final = ("rated", *_DEPENDS_ON_THE_VARIANT)


class ChartParts(msgspec.Struct, frozen=True):
    """The lines that the cards of a request share, from the chart alone; empty with nothing to say."""

    why: str
    to_chart: str


def order_cards(case: Case) -> Iterator[tuple[int, Card]]:
    """The index of each order that has a card, and that card, in the order of the drafts."""
    judgments = sorted(case.decision.with_cards, key=lambda j: j.order.index)
    if not judgments:
        return
    chart = _chart_parts(case)
    for judgment in judgments:
        if card := _card(case, judgment, chart):
            yield judgment.order.index, card


def _chart_parts(case: Case) -> ChartParts:
    to_chart = chart_line(case) if case.alert != "sign" else ""  # the alert on top says it
    return ChartParts("" if case.is_full else why_line(case), to_chart)


def _card(case: Case, judgment: Judgment, chart: ChartParts) -> Card | None:
    if judgment.order.index in case.rated_before:
        return _repeated(case, judgment)
    if judgment.category is Category.USUALLY_APPROPRIATE:
        return _confirming_card(case, judgment)

    def lines_of(narrowed: Case) -> Iterator[str]:
        parts = chart if narrowed is case else _chart_parts(narrowed)
        return order_lines(narrowed, judgment, chart=parts)

    return _advising_card(case, judgment, lines_of)


def _advising_card(case: Case, judgment: Judgment, lines_of: Lines) -> Card:
    suggestions = order_suggestions(case, judgment)
    said = fitted(case, lambda _: order_summary(case, judgment), suggestions, lines_of)
    is_recognized = judgment.outcome != "not-recognized"
    return Card(
        uuid=case.new_uuid(),
        summary=said.summary,
        indicator=_indicator(judgment),
        source=criteria_source(case.site, case.classification.topic),
        detail=said.detail,
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

    def summary_of(_: Case) -> str:
        return order_summary(case, judgment, caution_titles=titles)

    def lines_of(narrowed: Case) -> Iterator[str]:
        return confirming_lines(narrowed, judgment)

    said = fitted(case, summary_of, suggestions, lines_of)
    return Card(
        uuid=case.new_uuid(),
        summary=said.summary,
        indicator=INFO,
        source=criteria_source(case.site, case.classification.topic),
        detail=said.detail,
        suggestions=suggestions,
        selection_behavior=selection_behavior(suggestions),
        links=links(case.site, case.classification.topic),
    )


def _repeated(case: Case, judgment: Judgment) -> Card | None:
    """What is left of a card whose rating the order carries already (BEHAVIOUR 6, order-sign)."""
    cautions = cautions_of_order(case, judgment)

    def summary_of(_: Case) -> str:
        return order_summary(case, judgment, caution_titles=caution_titles(case, cautions))

    def lines_of(narrowed: Case) -> Iterator[str]:
        return caution_lines(narrowed, cautions, ordered=judgment.order.procedure)

    if _indicator(judgment) == WARNING:
        return _advising_card(case, judgment, lines_of)
    if not cautions:
        return None
    said = fitted(case, summary_of, (), lines_of)
    is_advising = judgment.category is not Category.USUALLY_APPROPRIATE
    return Card(
        uuid=case.new_uuid(),
        summary=said.summary,
        indicator=INFO,
        source=criteria_source(case.site, case.classification.topic),
        detail=said.detail,
        override_reasons=override_reasons(case.site) if is_advising else (),
        links=links(case.site, case.classification.topic),
    )


def order_lines(case: Case, judgment: Judgment, *, chart: ChartParts) -> Iterator[str]:
    """The whole detail of an order's card, a paragraph each."""
    ordered = judgment.order.procedure
    cautions = cautions_of_order(case, judgment)
    gives_way = bool(cautions) and case.room >= Room.WITHOUT_WHY
    yield chart.why if judgment.outcome in _OF_THE_VARIANT and not gives_way else ""
    yield from caution_lines(case, cautions, ordered=ordered)
    yield instead_line(case, judgment)
    yield order_context(case, judgment)
    yield chart.to_chart if judgment.outcome in _DEPENDS_ON_THE_VARIANT else ""
    yield missing_line(case, studies_on(case, judgment))
    yield from full_of_order(case, ordered)


def confirming_lines(case: Case, judgment: Judgment) -> Iterator[str]:
    """The detail of a card that only confirms: what is to be added to it, nothing when nothing is."""
    ordered = judgment.order.procedure
    yield from caution_lines(case, cautions_of_order(case, judgment), ordered=ordered)
    is_in_part = judgment.order.has_other_regions
    yield "" if is_in_part else order_context(case, judgment)
    yield unread_line(case, studies_on(case, judgment))
    yield from () if is_in_part else full_of_order(case, ordered)
