"""The card of one judged order: BEHAVIOUR 6, row by row."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from cds_service.cards import texts
from cds_service.cards.case import Case, is_arteriography, is_named_only
from cds_service.cards.cautions import (
    alternative_text,
    caution_titles,
    cautions_of_order,
    cautions_section,
    missing_section,
    not_assessed_line,
    procedures_line,
    studies_on,
    unreadable_line,
)
from cds_service.cards.evidence import evidence_section, section
from cds_service.cards.markdown import markdown
from cds_service.cards.notes import (
    asks_for_a_check,
    background_notes,
    order_defaults,
    order_notes,
    settling_section,
    window_text,
)
from cds_service.cards.phrases import by_category, capital, hemoptysis
from cds_service.cards.site import criteria_source, links, override_reasons, ratings_table, source_line
from cds_service.cards.suggestions import order_suggestions, selection_behavior
from cds_service.cards.summaries import order_summary
from cds_service.cds_hooks.response import Card
from cds_service.clinical.decision import Judgment
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.model import Category, Variant

INFO: Final = "info"
WARNING: Final = "warning"


class ChartParts(msgspec.Struct, frozen=True):
    """The parts that the cards of a request share, from the chart alone; empty with nothing to say."""

    evidence: str
    settling: str
    background: tuple[str, ...]
    defaults: str


def order_cards(case: Case) -> Iterator[Card]:
    """A card for each order that has one, in the order of the drafts."""
    judgments = sorted((j for j in case.decision.judgments if j.is_judged), key=lambda j: j.order.index)
    if not judgments:
        return
    chart = ChartParts(
        evidence_section(case),
        settling_section(case),
        tuple(background_notes(case)) if case.alert == "none" else (),
        order_defaults(case),
    )
    for judgment in judgments:
        if judgment.category is not Category.USUALLY_APPROPRIATE:
            yield _advising_card(case, judgment, chart)
        elif card := _confirming_card(case, judgment, chart):
            yield card


def _advising_card(case: Case, judgment: Judgment, chart: ChartParts) -> Card:
    suggestions = order_suggestions(case, judgment)
    is_recognized = judgment.outcome != "not-recognized"
    return Card(
        uuid=str(case.new_uuid()),
        summary=order_summary(case, judgment),
        indicator=_indicator(judgment),
        source=criteria_source(case.site, case.classification.topic),
        detail=order_detail(case, judgment, chart=chart),
        suggestions=suggestions,
        selection_behavior=selection_behavior(suggestions),
        override_reasons=override_reasons(case.site) if is_recognized else (),
        links=links(case.site),
    )


def _indicator(judgment: Judgment) -> str:
    """`warning` when the order is, or may turn out to be, usually not appropriate."""
    is_doubtful = Category.USUALLY_NOT_APPROPRIATE in judgment.categories.values()
    is_inappropriate = judgment.category is Category.USUALLY_NOT_APPROPRIATE
    return WARNING if is_doubtful or is_inappropriate else INFO


def _confirming_card(case: Case, judgment: Judgment, chart: ChartParts) -> Card | None:
    """One line, with no more than the cautions, the complement and the notes there are.

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
        detail=confirming_detail(case, judgment, chart=chart),
        suggestions=suggestions,
        selection_behavior=selection_behavior(suggestions),
        links=links(case.site),
    )


def order_detail(case: Case, judgment: Judgment, *, chart: ChartParts) -> str:
    """The whole detail of an order's card."""
    ordered = judgment.order.procedure
    return text_of(
        (
            _finding(case, judgment),
            _instead(case, judgment),
            _settling(case, judgment, chart),
            cautions_section(case, cautions_of_order(case, judgment), ordered=ordered),
            chart.evidence,
            ratings_table(case.site, case.plausible, case.classification.age_group, ordered),
            section(texts.PLEASE_NOTE, order_notes(case, judgment)),
            missing_section(case, studies_on(case, judgment)),
            chart.defaults,
            source_line(case.site),
        )
    )


def confirming_detail(case: Case, judgment: Judgment, *, chart: ChartParts) -> str:
    """The detail of a card that only confirms: what is to be added to it, empty when nothing is."""
    cautions = cautions_of_order(case, judgment)
    if judgment.order.has_other_regions:
        alone = cautions_section(case, cautions, ordered=judgment.order.procedure)
        return text_of((alone, _not_read(case, judgment)))
    added = (
        _complement(case) if case.has_complement(judgment) else "",
        cautions_section(case, cautions, ordered=judgment.order.procedure),
        section(texts.PLEASE_NOTE, (*order_notes(case, judgment), *chart.background)),
        _not_read(case, judgment),
    )
    return text_of((*added, source_line(case.site))) if any(added) else ""


def _not_read(case: Case, judgment: Judgment) -> str:
    """What could not be read, and what the cautions on the study could not be assessed from, in one line."""
    not_assessed = not_assessed_line(case, studies_on(case, judgment))
    lines = (unreadable_line(case), not_assessed, procedures_line(case))
    return " ".join(f"{line}." for line in lines if line)


def _complement(case: Case) -> str:
    is_nonmassive = Variant.NONMASSIVE in case.plausible
    why = texts.COMPLEMENT_NONMASSIVE if is_nonmassive else texts.COMPLEMENT
    none_yet = texts.NONE_DONE if case.chart.facts.is_whole(Kind.IMAGING) else texts.NONE_DRAFTED
    return why.format(none_yet.format(window_text(case.knowledge, DefinitionId.COMPLEMENT_WINDOW)))


def _settling(case: Case, judgment: Judgment, chart: ChartParts) -> str:
    """What to record; under an alert, which says it too, only where the rating waits for it."""
    is_said = case.alert != "none" and judgment.outcome != "differs-between-variants"
    return "" if is_said else chart.settling


def text_of(sections: Iterable[str]) -> str:
    """The sections that say something, one after the other."""
    return "\n\n".join(part for part in sections if part)


def _finding(case: Case, judgment: Judgment) -> str:
    """The rating in a sentence, or why there is none."""
    name = _name(case, judgment)
    if judgment.outcome in texts.NOT_RATED:
        return f"{name}: {texts.NOT_RATED[judgment.outcome]}"
    if judgment.category is None:
        return texts.NOT_RATED_WHILE_OPEN.format(name, by_category(judgment.categories))
    return texts.RATED.format(name, texts.CATEGORY[judgment.category], hemoptysis(case.plausible))


def _name(case: Case, judgment: Judgment) -> str:
    order = judgment.order
    name, own_title = markdown(case.order_name(order)), markdown(order.title)
    if not order.procedure or not own_title or own_title.casefold() == name.casefold():
        return name
    return texts.ORDERED_AS.format(name, own_title)


def _instead(case: Case, judgment: Judgment) -> str:
    if not (judgment.named_instead or judgment.alternatives):
        return ""
    is_catheter = is_arteriography(case.procedure_of(judgment.order))
    if len(case.plausible) > 1:
        heading = texts.WHICHEVER_IT_IS
    else:
        heading = texts.USUALLY_FIRST if is_catheter else texts.USUALLY_INSTEAD
    return section(heading, _instead_lines(case, judgment))


def _instead_lines(case: Case, judgment: Judgment) -> Iterator[str]:
    """What is drafted already, then what is offered; for an order that is never replaced all by name."""
    is_named = is_named_only(case, judgment)
    for procedure in judgment.named_instead:
        name = capital(case.site.natural_name(procedure))
        yield name if is_named else texts.ALREADY_DRAFTED.format(name)
    yield from (capital(alternative_text(case, a)) for a in judgment.alternatives)
