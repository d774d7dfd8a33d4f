"""The card of one judged order: BEHAVIOUR 6, row by row."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cds_service.cards.case import Case, alerts_for, is_arteriography
from cds_service.cards.cautions import (
    alternative_text,
    caution_titles,
    cautions_of_order,
    cautions_section,
    missing_section,
    not_assessed_line,
    studies_on,
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
from cds_service.cards.sources import criteria_source, edition_label, links, override_reasons
from cds_service.cards.suggestions import order_suggestions, selection_behavior
from cds_service.cards.summaries import order_summary
from cds_service.cards.table import ratings_table
from cds_service.cards.texts import (
    CATEGORY,
    COMPLEMENT,
    COMPLEMENT_NONMASSIVE,
    CONTRAST_UNSPECIFIED,
    NONE_DONE,
    NONE_DRAFTED,
    NOT_IN_TOPIC,
    NOT_RECOGNISED,
    by_category,
    capital,
    hemoptysis,
)
from cds_service.cds_hooks.response import Card
from cds_service.clinical.decision import Judgement, Outcome
from cds_service.clinical.facts import Kind
from cds_service.knowledge.model import Category, DefinitionId, Variant


@dataclass(frozen=True, slots=True)
class ChartParts:
    """The parts of an order's card that come from the chart alone; each is empty with nothing to say."""

    has_alert: bool
    evidence: str
    settling: str
    background: tuple[str, ...]
    defaults: str


def chart_parts(case: Case) -> ChartParts:
    """The parts that the cards of a request share."""
    return ChartParts(
        has_alert=alerts_for(case) is not None,
        evidence=evidence_section(case),
        settling=settling_section(case),
        background=tuple(background_notes(case)),
        defaults=order_defaults(case),
    )


_NOT_RATED = {
    Outcome.CONTRAST_UNSPECIFIED: CONTRAST_UNSPECIFIED,
    Outcome.NOT_IN_TOPIC: NOT_IN_TOPIC,
    Outcome.NOT_RECOGNISED: NOT_RECOGNISED,
}


def order_detail(case: Case, judgement: Judgement, *, chart: ChartParts) -> str:
    """The whole detail of an order's card."""
    cautions = cautions_of_order(case, judgement)
    return text_of(
        (
            _finding(case, judgement),
            _instead(case, judgement),
            _settling(judgement, chart),
            cautions_section(case, cautions, ordered=judgement.order.procedure),
            chart.evidence,
            ratings_table(case, ordered=judgement.order.procedure),
            section("Please note", order_notes(case, judgement)),
            missing_section(case, studies_on(case, judgement)),
            chart.defaults,
            source_line(case),
        )
    )


def confirming_detail(case: Case, judgement: Judgement, *, chart: ChartParts) -> str:
    """The detail of a card that only confirms: what is to be added to it, empty when nothing is."""
    cautions = cautions_of_order(case, judgement)
    background = () if chart.has_alert else chart.background
    added = (
        _complement(case) if case.has_complement(judgement) else "",
        cautions_section(case, cautions, ordered=judgement.order.procedure),
        section("Please note", (*order_notes(case, judgement), *background)),
        _not_assessed(case, judgement),
    )
    return text_of((*added, source_line(case))) if any(added) else ""


def _not_assessed(case: Case, judgement: Judgement) -> str:
    """What the cautions on the study could not be assessed from (BEHAVIOUR 2)."""
    line = not_assessed_line(case, studies_on(case, judgement))
    return f"{line}." if line else ""


def _complement(case: Case) -> str:
    is_nonmassive = Variant.NONMASSIVE in case.plausible
    why = COMPLEMENT_NONMASSIVE if is_nonmassive else COMPLEMENT
    none_yet = NONE_DONE if case.facts.is_whole(Kind.IMAGING) else NONE_DRAFTED
    return f"{why} {none_yet.format(window_text(case, DefinitionId.COMPLEMENT_WINDOW))}"


def _settling(judgement: Judgement, chart: ChartParts) -> str:
    """What to record; under an alert, which says it too, only where the rating waits for it."""
    is_said = chart.has_alert and judgement.outcome is not Outcome.DIFFERS
    return "" if is_said else chart.settling


def source_line(case: Case) -> str:
    """The criteria with their edition and the year of publication."""
    edition = case.knowledge.edition
    return f"Source: {edition_label(edition)}, published {edition.year}."


def text_of(sections: Iterable[str]) -> str:
    """The sections that say something, one after the other."""
    return "\n\n".join(part for part in sections if part)


def _finding(case: Case, judgement: Judgement) -> str:
    """The rating in a sentence, or why there is none."""
    name = _name(case, judgement)
    if judgement.outcome in _NOT_RATED:
        return f"{name}: {_NOT_RATED[judgement.outcome]}"
    if judgement.category is None:
        return f"{name}: {by_category(judgement.categories)}. No rating while this is open."
    return f"{name}: **{CATEGORY[judgement.category]}** in {hemoptysis(case.plausible)}."


def _name(case: Case, judgement: Judgement) -> str:
    order = judgement.order
    name, own_title = markdown(case.order_name(order)), markdown(order.title)
    if not order.procedure or not own_title or own_title.casefold() == name.casefold():
        return name
    return f"{name} (ordered as {own_title})"


def _instead(case: Case, judgement: Judgement) -> str:
    if len(case.plausible) > 1:
        heading = "Usually appropriate whichever it is"
    elif is_arteriography(case.procedure_of(judgement.order)):
        heading = "Usually appropriate first"
    else:
        heading = "Usually appropriate instead"
    return section(heading, _instead_lines(case, judgement))


def _instead_lines(case: Case, judgement: Judgement) -> Iterator[str]:
    """What is drafted already, then what is offered; for a catheter study the diagnostic ones by name."""
    is_catheter = is_arteriography(case.procedure_of(judgement.order))
    drafted = "" if is_catheter else " (already drafted)"
    named = (case.natural_name(procedure) for procedure in judgement.named_instead)
    yield from (f"{capital(name)}{drafted}" for name in named)
    yield from (capital(alternative_text(case, a)) for a in judgement.alternatives)


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
