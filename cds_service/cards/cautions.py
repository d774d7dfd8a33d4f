"""What speaks for care on a card, and what could not be read or assessed for it."""

from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from itertools import chain
from typing import Final

from cds_service.cards import texts
from cds_service.cards.case import Case
from cds_service.cards.markdown import FINDING_LIMIT, day, markdown, shown
from cds_service.cards.phrases import (
    caution_text,
    charted_number,
    first_number_of,
    in_words,
    joined,
    kidneys_text,
    length_text,
    uncapital,
    window_length,
)
from cds_service.cards.room import Room, few
from cds_service.cards.site import level_for, rated_with
from cds_service.clinical.cautions import bears_on
from cds_service.clinical.decision import Alternative, Caution, Judgment
from cds_service.clinical.pregnancy import is_older
from cds_service.clinical.range import Range
from cds_service.clinical.time import Moment
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.model import CautionId, Modality
from cds_service.knowledge.terminology.concepts import Concept

_IN_OUR_WORDS: Final = (
    Concept.PREGNANCY_TEST,
    Concept.EGFR,
    Concept.CREATININE,
    Concept.DELIVERY_DATE_ESTIMATED,
    Concept.GESTATIONAL_AGE,
    Concept.PREGNANCY_UNKNOWN,
)
"""What our words say more of than the title of the caution does."""

_MOST_LINES, _MOST_FURTHER, _MOST_IN_BRIEF = 3, 5, 2
_OF_KIDNEYS: Final = (CautionId.KIDNEY_SEVERE, CautionId.KIDNEY_UNKNOWN, CautionId.METFORMIN)
"""The cautions that stand on one line."""

_OF_DRUGS: Final = (CautionId.ANTICOAGULATION, CautionId.METFORMIN)
"""A drug that is charted is being taken: since when changes nothing."""

_WITH_A_NAME: Final = (
    *(CautionId.ANTICOAGULATION, CautionId.CONTRAST_REACTION),
    *(CautionId.KIDNEY_SEVERE, CautionId.KIDNEY_UNKNOWN),
)
"""The cautions of which the drug, the agent or the number is named where all of them stand on one line."""

_NOT_ON_CARDS: Final = (CautionId.KIDNEY_DISCRETION,)
"""At an eGFR of 30 and over there is nothing on the card."""


def cautions_of_order(case: Case, judgment: Judgment) -> tuple[Caution, ...]:
    """The cautions on the ordered study, its alternatives and its complement.

    Where a reaction to contrast is why nothing is offered, it is shown too.
    """
    if not case.decision.cautions:
        return ()
    bearing = bearing_cautions(case, studies_on(case, judgment))
    if not judgment.allergy_withholds_alternatives:
        return bearing
    reactions = (c for c in case.decision.cautions if c.id is CautionId.CONTRAST_REACTION)
    return (*reactions, *(c for c in bearing if c.id is not CautionId.CONTRAST_REACTION))


def studies_on(case: Case, judgment: Judgment) -> tuple[str, ...]:
    """The procedures that an order's card is about: the ordered one, and those that it offers.

    The first is "" for a study that was not recognized.
    """
    offered = (alternative.procedure for alternative in judgment.alternatives)
    complement = (radiograph(case),) if case.has_complement(judgment) else ()
    return (judgment.order.procedure, *offered, *complement)


def radiograph(case: Case) -> str:
    """The chest radiograph of the topic."""
    return next(iter(rated_with(case.site, Modality.RADIOGRAPHY))).id


def bearing_cautions(case: Case, procedures: Collection[str]) -> tuple[Caution, ...]:
    """The cautions that bear on one of the procedures, in the order they were found."""
    return tuple(
        caution
        for caution in case.decision.cautions
        if caution.id not in _NOT_ON_CARDS
        and any(bears_on_study(case, caution, procedure) for procedure in procedures)
    )


def bears_on_study(case: Case, caution: Caution, procedure: str) -> bool:
    """True when a caution bears on the study; on one that was not recognized, when it does on every one."""
    known = case.knowledge.procedures.get(procedure)
    if known:
        return bears_on(caution, known, case.knowledge)
    is_of_every_study = case.knowledge.cautions[caution.id].applies_to == "every-study"
    return is_of_every_study and not caution.procedure


def the_complement(case: Case) -> Alternative:
    """The chest radiograph as it is offered beside an order, with the cautions that its label carries."""
    study = radiograph(case)
    bearing = dict.fromkeys(caution.id for caution in bearing_cautions(case, (study,)))
    return Alternative(study, tuple(caution for caution in bearing if caution in texts.CAUTION_HINT))


def caution_titles(case: Case, cautions: Iterable[Caution]) -> tuple[str, ...]:
    """The title of each caution once."""
    return tuple(dict.fromkeys(case.knowledge.cautions[caution.id].title for caution in cautions))


def alternative_text(case: Case, alternative: Alternative, *, is_short: bool = False) -> str:
    """A study with what speaks for care: `chest radiograph (caution: pregnancy; done 2026-11-20)`."""
    site = case.site
    name = (site.short_name if is_short else site.natural_name)(alternative.procedure)
    if not (alternative.cautions or case.decision.cautions):
        return name
    beside = "; ".join(_beside(case, alternative))
    return f"{name} ({beside})" if beside else name


def text_with_level(case: Case, study: Alternative) -> str:
    """The same with its relative radiation level: `chest radiograph (☢ <0.1 mSv)`."""
    level = level_for(case.knowledge.procedures[study.procedure], case.classification.age_group)
    beside = "; ".join((*_beside(case, study), level))
    return f"{case.site.natural_name(study.procedure)} ({beside})"


def _beside(case: Case, alternative: Alternative) -> Iterator[str]:
    if alternative.cautions:
        titles = (case.knowledge.cautions[caution].title.lower() for caution in alternative.cautions)
        yield texts.CAUTION_BESIDE.format(joined(titles))
    if done := _day_done(case, alternative.procedure):
        yield texts.DONE_BESIDE.format(done)


def _day_done(case: Case, procedure: str) -> str:
    """The last day on which the study was done within the window of a recent study; empty if it was not."""
    found = case.decision.cautions
    done = [c.when for c in found if c.id is CautionId.RECENT_STUDY and c.procedure == procedure]
    return day(max(done, key=lambda when: when.latest)) if done else ""


def caution_lines(case: Case, cautions: Sequence[Caution], *, ordered: str = "") -> Iterator[str]:
    """One line for each of the first three: what was found, what it says, and what follows here.

    Further ones are named in one line; where there is little room, all of them are, with what they rest on.
    """
    groups = _groups(cautions)
    lines = _MOST_LINES if case.room < Room.NAMES else 0
    shown_first, others = groups[:lines], groups[lines:]
    yield from (_line(case, of_one, ordered) for of_one in shown_first)
    if further := [caution for of_one in others for caution in of_one]:
        most = 0 if case.room is Room.COUNTS else _MOST_IN_BRIEF if case.room is Room.LEAST else _MOST_FURTHER
        names = _with_findings(case, further) if case.room is Room.NAMES else caution_titles(case, further)
        named = joined(few(map(uncapital, names), most))
        yield (texts.ALSO if lines else texts.CAUTIONS).format(named)


def with_a_line(cautions: Iterable[Caution]) -> Iterator[Caution]:
    """Those that stand on a line of their own."""
    return chain.from_iterable(_groups(cautions)[:_MOST_LINES])


def _groups(cautions: Iterable[Caution]) -> Sequence[Sequence[Caution]]:
    """Those that stand on one line together."""
    groups: dict[CautionId, list[Caution]] = {}
    for caution in cautions:
        group = CautionId.KIDNEY_SEVERE if caution.id in _OF_KIDNEYS else caution.id
        groups.setdefault(group, []).append(caution)
    return list(groups.values())


def _with_findings(case: Case, cautions: Iterable[Caution]) -> Iterator[str]:
    """Each title once, with what it rests on: `severe kidney impairment (eGFR 22 mL/min/1.73 m²)`."""
    found: dict[str, list[str]] = {}
    for caution in cautions:
        named = found.setdefault(case.knowledge.cautions[caution.id].title, [])
        named += [_named(case, caution)] if caution.id in _WITH_A_NAME else []
    for title, named in found.items():
        yield texts.CAUTION_AND_NAME.format(title, joined(case.few(named))) if named else title


def _line(case: Case, group: Sequence[Caution], ordered: str) -> str:
    known = case.knowledge.cautions
    ids = dict.fromkeys(caution.id for caution in group)
    first, *others = caution_titles(case, group)
    title = ", ".join((first, *map(uncapital, others)))
    said = {(caution.what, caution.egfr) for caution in group if caution.what is not None}
    found = list(dict.fromkeys(_found(case, caution, said, title) for caution in _telling(group)))
    if len(found) > (most := 2 if case.room is Room.AMPLE else 1):
        found[most:] = [texts.AND_MORE.format(len(found) - most)]
    says = (known[caution].text for caution in ids)
    consequences = (text for caution in ids for text in _consequences(case, caution, ordered))
    more = consequences if case.room < Room.BRIEF else ()
    return " ".join((f"**{title}**: {'; '.join(found)}.", *says, *more))


def _telling(group: Sequence[Caution]) -> Sequence[Caution]:
    """Of the kidneys a measured eGFR or an injury alone: they say more than a diagnosis or the drug."""
    measured = [c for c in group if c.what in (Concept.EGFR, Concept.ACUTE_KIDNEY_INJURY)]
    return measured or group


def _found(case: Case, caution: Caution, said: Set[tuple[Concept | None, Range | None]], title: str) -> str:
    """What was found, with its date; beside a drug the kidneys it was weighed with too, unless `said`."""
    named = texts.CHARTED if title.casefold() == caution.charted.casefold() else _named(case, caution)
    is_of_a_drug = caution.id in _OF_DRUGS
    is_dated = caution.when.is_dated and not is_of_a_drug and case.room < Room.BRIEF
    dated = f", {shown(caution.when, case.now)}" if is_dated else ""
    if caution.what in (Concept.EGFR, Concept.CREATININE):
        dated = _aged(case, caution.when, dated)
    by_name = texts.BY_NAME_ONLY if caution.by_text and case.room is Room.AMPLE else ""
    context = ""
    if caution.id is CautionId.METFORMIN and (caution.kidneys, caution.egfr) not in said:
        kidneys = markdown(kidneys_text(caution), FINDING_LIMIT)
        context = f"; {_aged(case, caution.egfr_taken, kidneys)}"
    if caution.id is CautionId.PREGNANCY_UNKNOWN and caution.what is Concept.PREGNANCY:
        context = texts.NOTHING_SINCE
    return f"{named}{dated}{by_name}{context}"


def _aged(case: Case, taken: Moment, text: str) -> str:
    """The text with the age of a kidney value that is older than a year."""
    if not is_older(taken, DefinitionId.EGFR_AGE, case.chart):
        return text
    age = case.chart.facts.now - taken.latest
    return texts.OF_AN_AGE.format(text, length_text(age.total_seconds() / 3600))


def _named(case: Case, caution: Caution) -> str:
    """Our words, or the chart's own where ours repeat the title of the caution, or both."""
    ours = markdown(caution_text(caution, case.knowledge), FINDING_LIMIT)
    theirs = case.charted(caution.charted)
    is_same_number = caution.egfr and charted_number(caution.charted) == first_number_of(caution.egfr)
    if not theirs or (caution.what is Concept.EGFR and is_same_number):
        return ours
    return f"{ours} ({theirs})" if caution.what in _IN_OUR_WORDS else theirs


def _consequences(case: Case, caution: CautionId, ordered: str) -> Iterator[str]:
    """What a caution means for the studies of this card."""
    if caution is CautionId.CONTRAST_REACTION:
        for native in rated_with(case.site, Modality.CT):
            if native.contrast == "without" and native.id != ordered:
                categories = case.categories(native.id)
                yield texts.WITHOUT_CONTRAST.format(native.name, in_words(categories))
    if caution is CautionId.KIDNEY_UNKNOWN and case.chart.facts.is_whole(Kind.LABS):
        yield texts.NO_RECENT_EGFR.format(window_length(case.knowledge.definitions[DefinitionId.EGFR_AGE]))
