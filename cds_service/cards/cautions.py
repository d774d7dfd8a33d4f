"""What a card says was not available, could not be read, or was not assessed for cautions."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from cds_service.cards.case import RADIOGRAPH, Case
from cds_service.cards.evidence import first_number, section
from cds_service.cards.markdown import day, markdown, shown
from cds_service.cards.notes import window_text
from cds_service.cards.texts import CAUTION_HINT, KIND, WITHOUT_CONTRAST, in_words, joined
from cds_service.clinical.cautions import bears_on
from cds_service.clinical.decision import Alternative, Caution, Judgement
from cds_service.clinical.facts import Availability, Kind
from cds_service.knowledge.model import AppliesTo, CautionId, DefinitionId, Standing

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


_DECIDING_KINDS: Final = (Kind.CONDITIONS, Kind.BLEEDING, Kind.VITALS, Kind.PROCEDURES)


_CAUTIONS_FROM: Final[Mapping[Kind, tuple[CautionId, ...]]] = {
    Kind.CONDITIONS: (
        CautionId.KIDNEY_SEVERE,
        CautionId.PREGNANCY,
        CautionId.THYROID,
        CautionId.ANTICOAGULATION,
        CautionId.TUBERCULOSIS,
    ),
    Kind.LABS: (CautionId.KIDNEY_SEVERE, CautionId.KIDNEY_DISCRETION),
    Kind.PREGNANCY: (CautionId.PREGNANCY,),
    Kind.ALLERGIES: (CautionId.CONTRAST_REACTION,),
    Kind.MEDICATIONS: (CautionId.METFORMIN, CautionId.ANTICOAGULATION),
}


"""The cautions that each kind of data gives rise to; earlier imaging gives one to each rated study."""


def missing_section(case: Case, procedures: Collection[str]) -> str:
    """What was not available, read in part, unreadable, or not assessed for cautions on these studies."""
    lines = (
        _kinds_line("Not available", _kinds_with(case, Availability.UNAVAILABLE, Availability.FAILED)),
        _kinds_line("Read in part", _kinds_with(case, Availability.INCOMPLETE)),
        not_assessed_line(case, procedures),
        _unreadable_line(case),
    )
    return section("What is missing", (line for line in lines if line))


def not_assessed_line(case: Case, procedures: Collection[str]) -> str:
    """The kinds of data that were not read and whose cautions would bear on one of the studies.

    Empty when all of them were read (BEHAVIOUR 2). The studies are ids; "" is one not recognised.
    """
    unread = case.decision.cautions.not_assessed
    bearing = (kind for kind in unread if any(_bears(case, kind, procedure) for procedure in procedures))
    return _kinds_line("Not assessed for cautions", bearing)


def _bears(case: Case, kind: Kind, procedure: str) -> bool:
    if kind is Kind.IMAGING:
        known = case.knowledge.procedures.get(procedure)
        return known is not None and known.standing is Standing.RATED
    return any(bears_on_study(case, Caution(caution, ""), procedure) for caution in _CAUTIONS_FROM[kind])


def _kinds_with(case: Case, *availabilities: Availability) -> list[Kind]:
    known = case.facts.availability
    return [k for k in _DECIDING_KINDS if known.get(k, Availability.UNAVAILABLE) in availabilities]


def _kinds_line(what: str, kinds: Iterable[Kind]) -> str:
    names = [KIND[kind] for kind in kinds]
    return f"{what}: {joined(names)}" if names else ""


def _unreadable_line(case: Case) -> str:
    counts = [f"{KIND[kind]} ({count})" for kind in Kind if (count := case.facts.unreadable.get(kind))]
    return f"Entries that could not be read: {joined(counts)}" if counts else ""


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
