"""The detail of the cards about orders: GitHub-flavoured Markdown without HTML, in short sections."""

from collections.abc import Iterable, Iterator

from cds_service.cards import wording
from cds_service.cards.case import Case, is_arteriography
from cds_service.cards.caution_lines import (
    cautions_of_order,
    cautions_section,
    day_done,
    studies_on,
    title,
)
from cds_service.cards.chart_parts import ChartParts
from cds_service.cards.defaults import window_text
from cds_service.cards.escape import markdown
from cds_service.cards.missing import missing_section, not_assessed_line
from cds_service.cards.notes import order_notes
from cds_service.cards.phrases import by_category, capital, hemoptysis, joined
from cds_service.cards.reading import section
from cds_service.cards.sources import edition_label
from cds_service.cards.tables import ratings_table
from cds_service.clinical.decision import Alternative, Judgement, Outcome
from cds_service.clinical.facts import Kind
from cds_service.knowledge.model import DefinitionId, Variant

_NOT_RATED = {
    Outcome.CONTRAST_UNSPECIFIED: wording.CONTRAST_UNSPECIFIED,
    Outcome.NOT_IN_TOPIC: wording.NOT_IN_TOPIC,
    Outcome.NOT_RECOGNISED: wording.NOT_RECOGNISED,
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
    why = wording.COMPLEMENT_NONMASSIVE if is_nonmassive else wording.COMPLEMENT
    none_yet = wording.NONE_DONE if case.facts.is_whole(Kind.IMAGING) else wording.NONE_DRAFTED
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
    return f"{name}: **{wording.CATEGORY[judgement.category]}** in {hemoptysis(case.plausible)}."


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


def alternative_text(case: Case, alternative: Alternative) -> str:
    """A study with what speaks for care: `chest radiograph (caution: pregnancy; done 2026-11-20)`."""
    name = case.natural_name(alternative.procedure)
    beside = "; ".join(_beside(case, alternative))
    return f"{name} ({beside})" if beside else name


def _beside(case: Case, alternative: Alternative) -> Iterator[str]:
    if alternative.cautions:
        yield f"caution: {joined(title(case, c).lower() for c in alternative.cautions)}"
    if done := day_done(case, alternative.procedure):
        yield f"done {done}"
