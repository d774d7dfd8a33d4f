"""What a card says was not available, could not be read, or was not assessed for cautions."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from cds_service.cards.case import Case
from cds_service.cards.caution_lines import bears_on_study
from cds_service.cards.phrases import joined
from cds_service.cards.reading import section
from cds_service.cards.wording import KIND
from cds_service.clinical.decision import Caution
from cds_service.clinical.facts import Availability, Kind
from cds_service.knowledge.model import CautionId, Standing

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
