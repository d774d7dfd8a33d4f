"""The cautions of a card: those that bear on the ordered study or on one that the card offers."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from cds_service.cards.case import RADIOGRAPH, Case
from cds_service.cards.dates import day, shown
from cds_service.cards.defaults import window_text
from cds_service.cards.escape import markdown
from cds_service.cards.evidence_lines import first_number
from cds_service.cards.phrases import in_words
from cds_service.cards.reading import section
from cds_service.cards.wording import CAUTION_HINT, WITHOUT_CONTRAST
from cds_service.clinical.cautions import bears_on
from cds_service.clinical.decision import Alternative, Caution, Judgement
from cds_service.knowledge.model import AppliesTo, CautionId, DefinitionId

_FINDING_LIMIT = 200


def cautions_of_order(case: Case, judgement: Judgement) -> tuple[Caution, ...]:
    """The cautions on the ordered study, its alternatives and its complement.

    Where a reaction to contrast is why nothing is offered, it is shown too.
    """
    bearing = bearing_cautions(case, studies_on(case, judgement))
    if not judgement.allergy_withholds_alternatives:
        return bearing
    reactions = (c for c in case.decision.cautions.found if c.id is CautionId.CONTRAST_REACTION)
    return (*reactions, *(c for c in bearing if c.id is not CautionId.CONTRAST_REACTION))


def studies_on(case: Case, judgement: Judgement) -> tuple[str, ...]:
    """The procedures that an order's card is about: the ordered one, and those that it offers.

    The first is "" for a study that was not recognised.
    """
    offered = (alternative.procedure for alternative in judgement.alternatives)
    complement = (RADIOGRAPH,) if case.has_complement(judgement) else ()
    return (judgement.order.procedure, *offered, *complement)


def bearing_cautions(case: Case, procedures: Collection[str]) -> tuple[Caution, ...]:
    """The cautions that bear on one of the procedures, in the order they were found."""
    return tuple(
        caution
        for caution in case.decision.cautions.found
        if any(bears_on_study(case, caution, procedure) for procedure in procedures)
    )


def bears_on_study(case: Case, caution: Caution, procedure: str) -> bool:
    """True when a caution bears on the study; on one that was not recognised, when it does on every one."""
    known = case.knowledge.procedures.get(procedure)
    if known:
        return bears_on(caution, known, case.knowledge)
    is_of_every_study = case.knowledge.cautions[caution.id].applies_to is AppliesTo.EVERY_STUDY
    return is_of_every_study and not caution.procedure


def the_complement(case: Case) -> Alternative:
    """The chest radiograph as it is offered beside an order, with the cautions that its label carries."""
    bearing = dict.fromkeys(caution.id for caution in bearing_cautions(case, (RADIOGRAPH,)))
    return Alternative(RADIOGRAPH, tuple(caution for caution in bearing if caution in CAUTION_HINT))


def day_done(case: Case, procedure: str) -> str:
    """The last day on which the study was done within the window of a recent study; empty if it was not."""
    found = case.decision.cautions.found
    done = [c.when for c in found if c.id is CautionId.RECENT_STUDY and c.procedure == procedure]
    return day(max(done, key=lambda when: when.latest)) if done else ""


def caution_titles(case: Case, cautions: Iterable[Caution]) -> tuple[str, ...]:
    """The title of each caution once."""
    return tuple(dict.fromkeys(title(case, caution.id) for caution in cautions))


def title(case: Case, caution: CautionId) -> str:
    """The short name of a caution."""
    return case.knowledge.cautions[caution].title


def cautions_section(case: Case, cautions: Sequence[Caution], *, ordered: str = "") -> str:
    """The cautions of a card that shows a rating."""
    lines = _lines(case, cautions, ordered)
    return section("Cautions (they do not change the rating)", lines)


def cautions_of_alert(case: Case, cautions: Sequence[Caution]) -> str:
    """The cautions of a card that rates nothing."""
    return section("Cautions", _lines(case, cautions, ""))


def _lines(case: Case, cautions: Sequence[Caution], ordered: str) -> Iterator[str]:
    """One line for each caution: all that was found for it, what it says, and what follows here."""
    by_id: dict[CautionId, list[Caution]] = {}
    for caution in cautions:
        by_id.setdefault(caution.id, []).append(caution)
    for of_one in by_id.values():
        known = case.knowledge.cautions[of_one[0].id]
        found = "; ".join(dict.fromkeys(_found(caution, cautions, known.title) for caution in of_one))
        yield " ".join((f"**{known.title}**: {found}.", known.text, *_consequences(case, known.id, ordered)))


def _found(caution: Caution, others: Iterable[Caution], title: str) -> str:
    """What was found, with its date; what the finding says after `;` once, if no other caution has it."""
    what, _, beside = caution.finding.partition("; ")
    dated = f", {shown(caution.when)}" if caution.when.is_dated else ""
    by_name = ", matched by name only" if caution.by_text else ""
    is_said = any(other.finding == beside for other in others)
    context = f"; {markdown(beside, _FINDING_LIMIT)}" if beside and not is_said else ""
    named = "charted" if title.casefold() == caution.charted.casefold() else _named(what, caution.charted)
    return f"{named}{dated}{by_name}{context}"


def _named(what: str, charted: str) -> str:
    """Our words, or the chart's own where ours repeat the title of the caution, or both."""
    ours, theirs = markdown(what, _FINDING_LIMIT), markdown(charted)
    if not theirs or first_number(what) == first_number(charted) != "":
        return ours
    return theirs if what in _NAMED_BY_TITLE or what.endswith(" charted") else f"{ours} ({theirs})"


_NAMED_BY_TITLE: Final = ("anticoagulant", "metformin")


def _consequences(case: Case, caution: CautionId, ordered: str) -> Iterator[str]:
    """What a caution means for the studies of this card, and how far back was looked."""
    if caution is CautionId.CONTRAST_REACTION and ordered != _NATIVE_CT:
        name, categories = case.name(_NATIVE_CT), case.categories(_NATIVE_CT)
        yield WITHOUT_CONTRAST.format(name, in_words(categories))
    if caution is CautionId.RECENT_STUDY:
        yield f"Looked back {window_text(case, DefinitionId.RECENT_STUDY_WINDOW)}."


_NATIVE_CT: Final = "ct-chest-without-contrast"
