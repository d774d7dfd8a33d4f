"""What was not available, not readable, or not assessed for the cautions on a study, in one line."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from cds_service.cards import texts
from cds_service.cards.case import Case
from cds_service.cards.cautions import bears_on_study
from cds_service.cards.phrases import joined
from cds_service.cards.room import Room, few
from cds_service.cards.site import is_rated
from cds_service.clinical.decision import Caution
from cds_service.clinical.facts import Availability
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.model import CautionId

_NOT_THERE: Final = (Availability.UNAVAILABLE, Availability.FAILED)
_DECIDING_KINDS: Final = (Kind.CONDITIONS, Kind.BLEEDING, Kind.VITALS)
_CAUTIONS_FROM: Final[Mapping[Kind, tuple[CautionId, ...]]] = {
    Kind.CONDITIONS: (
        CautionId.KIDNEY_SEVERE,
        CautionId.PREGNANCY,
        CautionId.THYROID,
        CautionId.ANTICOAGULATION,
        CautionId.TUBERCULOSIS,
    ),
    Kind.LABS: (CautionId.KIDNEY_SEVERE,),
    Kind.PREGNANCY: (CautionId.PREGNANCY,),
    Kind.ALLERGIES: (CautionId.CONTRAST_REACTION,),
    Kind.MEDICATIONS: (CautionId.METFORMIN, CautionId.ANTICOAGULATION),
    Kind.ADMINISTRATIONS: (CautionId.ANTICOAGULATION,),
}
"""The cautions that each kind of data gives rise to; earlier imaging gives one to each rated study."""
_OF_CAUTIONS: Final = {Kind.LABS, Kind.ALLERGIES, Kind.MEDICATIONS, Kind.IMAGING}
"""Where none of these is read, cautions as such are not assessed."""


def missing_line(case: Case, procedures: Collection[str]) -> str:
    """In one line: what was not available, read in part, unreadable, or not assessed for these studies."""
    absent, in_part = _deciding(case, *_NOT_THERE), _deciding(case, Availability.INCOMPLETE)
    if case.room >= Room.FIRST_NAMES:
        return _briefly(case, procedures, said=(*absent, *in_part))
    return _in_one_line(
        _kinds_line(texts.NOT_AVAILABLE, absent),
        _kinds_line(texts.READ_IN_PART, in_part),
        unreadable_line(case),
        _never_charted(case, procedures),
        _not_assessed(case, procedures, said=(*absent, *in_part)),
    )


def is_missing_line_whole(case: Case, procedures: Collection[str]) -> bool:
    """True where in this room the line names all that it has to say, and counts nothing."""
    if case.room < Room.FIRST_NAMES:
        return True
    said = (*_deciding(case, *_NOT_THERE), *_deciding(case, Availability.INCOMPLETE))
    things = len(_unread(case, procedures, said)) + len(_absent(case, procedures))
    return things <= (1 if case.room < Room.COUNTS else 0)


def _deciding(case: Case, *states: Availability) -> list[Kind]:
    """The kinds that decide severity and are so."""
    known = case.chart.facts.availability
    return [kind for kind in _DECIDING_KINDS if known.get(kind, Availability.UNAVAILABLE) in states]


def unread_line(case: Case, procedures: Collection[str]) -> str:
    """In one line, for a card that only confirms: what was unreadable, or not assessed for these studies."""
    if case.room >= Room.FIRST_NAMES:
        return _briefly(case, procedures, said=())
    parts = (_never_charted(case, procedures), _not_assessed(case, procedures, said=()))
    return _in_one_line(unreadable_line(case), *parts)


def _briefly(case: Case, procedures: Collection[str], said: Collection[Kind]) -> str:
    """The same where there is little room: the first kinds, and how many more there are."""
    unread = _unread(case, procedures, said)
    if case.room >= Room.LEAST:
        never = [texts.NEVER_CHARTED_KIND[kind] for kind in _absent(case, procedures)]
        known = few((*never, *unread), 1 if case.room < Room.COUNTS else 0)
        return _in_one_line(texts.NOT_KNOWN_BRIEFLY.format(joined(known)) if known else "")
    line = texts.NOT_KNOWN.format(joined(few(unread, 2))) if unread else ""
    return _in_one_line(_never_charted(case, procedures), line)


def _unread(case: Case, procedures: Collection[str], said: Collection[Kind]) -> list[str]:
    kinds = [texts.KIND[kind] for kind in (*said, *_unreadable(case))]
    return [*kinds, *_unassessed(case, procedures, said)]


def _in_one_line(*parts: str) -> str:
    return " ".join(texts.NOT_READ.format(part) for part in parts if part)


def _never_charted(case: Case, procedures: Collection[str]) -> str:
    """What was read whole and is empty, of the kinds whose cautions would bear on one of the studies.

    The studies are ids; "" is one not recognized. What was not read is not "never charted" too.
    """
    names = ", ".join(texts.NEVER_CHARTED_KIND[kind] for kind in _absent(case, procedures))
    return texts.NEVER_CHARTED.format(names) if names else ""


def _absent(case: Case, procedures: Collection[str]) -> list[Kind]:
    never, unread = case.decision.never_charted, case.decision.not_assessed
    return [kind for kind in never if kind not in unread and _bears_on_any(case, kind, procedures)]


def _not_assessed(case: Case, procedures: Collection[str], said: Collection[Kind]) -> str:
    names = _unassessed(case, procedures, said)
    return texts.NOT_ASSESSED.format(", ".join(names)) if names else ""


def _unassessed(case: Case, procedures: Collection[str], said: Collection[Kind]) -> list[str]:
    """What was not read, of the kinds whose cautions would bear on one of the studies.

    Nothing when all of them were read and hold something (BEHAVIOUR 2, 6: read and absent says nothing).
    Procedures that were not read whole are named with any study: an embolization or an intubation may be
    among them. What was `said` to be not available is not named again, nor that of which some was read and
    the rest counted.
    """
    unread = [kind for kind in case.decision.not_assessed if _bears_on_any(case, kind, procedures)]
    facts = case.chart.facts
    counted = [k for k, n in facts.unreadable.items() if n and facts.availability.get(k) not in _NOT_THERE]
    names = [texts.KIND[kind] for kind in unread if kind not in (*said, *counted)]
    if {*unread} >= _OF_CAUTIONS:
        names = [texts.OTHER_CAUTIONS if case.decision.cautions else texts.ALL_CAUTIONS]
    if not facts.is_whole(Kind.PROCEDURES):
        names.append(texts.KIND[Kind.PROCEDURES])
    return names


def _bears_on_any(case: Case, kind: Kind, procedures: Collection[str]) -> bool:
    return any(_bears(case, kind, procedure) for procedure in procedures)


def _bears(case: Case, kind: Kind, procedure: str) -> bool:
    if kind is Kind.IMAGING:
        return is_rated(case.site, procedure)
    return any(bears_on_study(case, Caution(caution), procedure) for caution in _CAUTIONS_FROM[kind])


def _kinds_line(line: str, kinds: Sequence[Kind]) -> str:
    return line.format(", ".join(texts.KIND[kind] for kind in kinds)) if kinds else ""


def unreadable_line(case: Case) -> str:
    """How many entries of each kind could not be read; empty when all of them could."""
    counts = [f"{texts.KIND[kind]} ({count})" for kind, count in _unreadable(case).items()]
    return texts.UNREADABLE.format(joined(counts)) if counts else ""


def _unreadable(case: Case) -> Mapping[Kind, int]:
    unreadable = Counter(case.chart.facts.unreadable)
    counted = {reference for _, reference, _ in case.chart.facts.not_understood}
    unreadable[Kind.BLEEDING] += sum(
        bleed.finding == "unreadable"
        and bleed.reference not in counted
        and case.chart.recency(period.end) in ("current", "undatable")
        for bleed, period in case.chart.bleeds
    )
    return {kind: unreadable[kind] for kind in Kind if unreadable[kind]} if any(unreadable.values()) else {}
