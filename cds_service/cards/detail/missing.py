"""What was not available, not readable, or not assessed for the cautions on a study, in one line."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from cds_service.cards import texts
from cds_service.cards.case import Case
from cds_service.cards.cautions import bears_on_study
from cds_service.cards.phrases import joined
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
    known = case.chart.facts.availability
    read = {kind: known.get(kind, Availability.UNAVAILABLE) for kind in _DECIDING_KINDS}
    absent = [k for k, how in read.items() if how in _NOT_THERE]
    in_part = [k for k, how in read.items() if how is Availability.INCOMPLETE]
    return _in_one_line(
        _kinds_line(texts.NOT_AVAILABLE, absent),
        _kinds_line(texts.READ_IN_PART, in_part),
        unreadable_line(case),
        *_not_assessed(case, procedures, said=(*absent, *in_part)),
    )


def unread_line(case: Case, procedures: Collection[str]) -> str:
    """In one line, for a card that only confirms: what was unreadable, or not assessed for these studies."""
    return _in_one_line(unreadable_line(case), *_not_assessed(case, procedures))


def _in_one_line(*parts: str) -> str:
    return " ".join(texts.NOT_READ.format(part) for part in parts if part)


def _not_assessed(case: Case, procedures: Collection[str], said: Collection[Kind] = ()) -> Iterator[str]:
    """What was never charted, and what was not read, of the kinds whose cautions would bear on one study.

    Nothing when all of them were read and hold something (BEHAVIOUR 2, 6: read and absent says nothing). The
    studies are ids; "" is one not recognized. Procedures that were not read whole are named with any study:
    an embolization or an intubation may be among them. Nothing is said twice: what was not read is not "never
    charted" too; what was `said` to be not available is not named again, nor that of which some was read and
    the rest counted.
    """
    never, unread = (
        [kind for kind in kinds if any(_bears(case, kind, procedure) for procedure in procedures)]
        for kinds in (case.decision.never_charted, case.decision.not_assessed)
    )
    absent = [kind for kind in never if kind not in unread]
    if absent:
        yield texts.NEVER_CHARTED.format(", ".join(texts.NEVER_CHARTED_KIND[kind] for kind in absent))
    facts = case.chart.facts
    counted = [k for k, n in facts.unreadable.items() if n and facts.availability.get(k) not in _NOT_THERE]
    names = [texts.KIND[kind] for kind in unread if kind not in (*said, *counted)]
    if {*unread} >= _OF_CAUTIONS:
        names = [texts.OTHER_CAUTIONS if case.decision.cautions else texts.ALL_CAUTIONS]
    if not facts.is_whole(Kind.PROCEDURES):
        names.append(texts.KIND[Kind.PROCEDURES])
    yield texts.NOT_ASSESSED.format(", ".join(names)) if names else ""


def _bears(case: Case, kind: Kind, procedure: str) -> bool:
    if kind is Kind.IMAGING:
        return is_rated(case.site, procedure)
    return any(bears_on_study(case, Caution(caution), procedure) for caution in _CAUTIONS_FROM[kind])


def _kinds_line(line: str, kinds: Sequence[Kind]) -> str:
    return line.format(", ".join(texts.KIND[kind] for kind in kinds)) if kinds else ""


def unreadable_line(case: Case) -> str:
    """How many entries of each kind could not be read; empty when all of them could."""
    unreadable = Counter(case.chart.facts.unreadable)
    counted = {reference for _, reference, _ in case.chart.facts.not_understood}
    unreadable[Kind.BLEEDING] += sum(
        bleed.finding == "unreadable"
        and bleed.reference not in counted
        and case.chart.recency(period.end) in ("current", "undatable")
        for bleed, period in case.chart.bleeds
    )
    counts = [f"{texts.KIND[kind]} ({unreadable[kind]})" for kind in Kind if unreadable[kind]]
    return texts.UNREADABLE.format(joined(counts)) if counts else ""
