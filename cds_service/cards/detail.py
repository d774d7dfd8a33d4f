"""The detail of the cards about orders: GitHub-flavoured Markdown without HTML, in short sections."""

from collections.abc import Iterable, Iterator

from cds_service.cards import wording
from cds_service.cards.case import Case, is_arteriography
from cds_service.cards.caution_lines import cautions_of_order, cautions_section, title
from cds_service.cards.defaults import order_defaults
from cds_service.cards.escape import markdown
from cds_service.cards.notes import order_notes
from cds_service.cards.reading import missing_section, read_section, section, to_record_section
from cds_service.cards.sources import edition_label
from cds_service.cards.tables import ratings_table
from cds_service.clinical.decision import Alternative, Judgement, Outcome

_NOT_RATED = {
    Outcome.CONTRAST_UNSPECIFIED: wording.CONTRAST_UNSPECIFIED,
    Outcome.NOT_IN_TOPIC: wording.NOT_IN_TOPIC,
    Outcome.NOT_RECOGNISED: wording.NOT_RECOGNISED,
}


def order_detail(case: Case, judgement: Judgement) -> str:
    """The whole detail of an order's card."""
    cautions = cautions_of_order(case, judgement)
    return text_of(
        (
            _finding(case, judgement),
            _instead(case, judgement),
            to_record_section(case),
            cautions_section(case, cautions),
            read_section(case),
            ratings_table(case, ordered=judgement.order.procedure),
            section("Please note", order_notes(case, judgement)),
            missing_section(case),
            order_defaults(case, judgement, [caution.id for caution in cautions]),
            source_line(case),
        )
    )


def confirming_detail(case: Case, judgement: Judgement) -> str:
    """The detail of a card that only confirms: what is to be added to it, empty when nothing is."""
    cautions = cautions_of_order(case, judgement)
    added = (
        wording.COMPLEMENT if case.has_complement(judgement) else "",
        cautions_section(case, cautions),
        section("Please note", order_notes(case, judgement)),
    )
    defaults = order_defaults(case, judgement, [caution.id for caution in cautions])
    return text_of((*added, defaults, source_line(case))) if any(added) else ""


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
        return f"{name}: {wording.by_category(judgement.categories)}. No rating until this is settled."
    return f"{name}: **{wording.CATEGORY[judgement.category]}** in {wording.hemoptysis(case.plausible)}."


def _name(case: Case, judgement: Judgement) -> str:
    order = judgement.order
    name, own_title = markdown(case.order_name(order)), markdown(order.title)
    if not order.procedure or not own_title or own_title.casefold() == name.casefold():
        return name
    return f"{name} (ordered as {own_title})"


def _instead(case: Case, judgement: Judgement) -> str:
    is_open = len(case.plausible) > 1
    heading = "Usually appropriate whichever it is" if is_open else "Usually appropriate instead"
    return section(heading, _instead_lines(case, judgement))


def _instead_lines(case: Case, judgement: Judgement) -> Iterator[str]:
    """What is drafted already, then what is offered; for a catheter study the diagnostic ones by name."""
    is_catheter = is_arteriography(case.procedure_of(judgement.order))
    drafted = "" if is_catheter else " (already drafted)"
    yield from (f"{case.name(procedure)}{drafted}" for procedure in judgement.named_instead)
    yield from (alternative_line(case, alternative) for alternative in judgement.alternatives)


def alternative_line(case: Case, alternative: Alternative) -> str:
    """A study with the cautions on it."""
    name = case.name(alternative.procedure)
    if not alternative.cautions:
        return name
    return f"{name} (caution: {wording.joined(title(case, c).lower() for c in alternative.cautions)})"
