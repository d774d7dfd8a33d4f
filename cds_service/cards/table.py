"""The studies of the ACR topic: category under each plausible variant, and radiation level."""

from collections.abc import Iterable
from typing import Final

from cds_service.cards.case import Case
from cds_service.cards.markdown import markdown
from cds_service.cards.texts import hemoptysis, in_words
from cds_service.clinical.facts import AgeGroup
from cds_service.knowledge.model import Procedure, Radiation

SYMBOL = "☢"


NOT_GIVEN = "not given"


def level(radiation: Radiation | None) -> str:
    """A level as `☢☢☢ 1-10 mSv`, safe in Markdown; `not given` where the ACR gives none."""
    if radiation is None:
        return NOT_GIVEN
    dose = radiation.dose_range_msv.removesuffix("mSv").strip()
    return f"{SYMBOL * radiation.symbols} {markdown(dose)} mSv".strip()


def level_for(procedure: Procedure, age_group: AgeGroup) -> str:
    """The level that holds for the patient; both, named, when the age is unknown."""
    match age_group:
        case AgeGroup.CHILD:
            return level(procedure.radiation_pediatric)
        case AgeGroup.ADULT:
            return level(procedure.radiation_adult)
        case AgeGroup.UNKNOWN:
            return f"adult {level(procedure.radiation_adult)}, child {level(procedure.radiation_pediatric)}"


def ratings_table(case: Case, *, ordered: str = "") -> str:
    """A GFM table, one row for each rated study, the ordered one in bold.

    It has three columns, which is what fits at 300 px: a study whose category differs between the plausible
    variants names each with its variants in one cell.
    """
    rows = (_row(case, procedure, ordered) for procedure in case.knowledge.rated_procedures())
    table = "\n".join(_line(cells) for cells in (_HEAD, ("---",) * len(_HEAD), *rows))
    return f"**Ratings in {hemoptysis(case.plausible)}**\n\n{table}"


_HEAD: Final = ("Study", "Category", "Dose")


def _row(case: Case, procedure: Procedure, ordered: str) -> tuple[str, ...]:
    name = f"**{procedure.name}**" if procedure.id == ordered else procedure.name
    radiation = level_for(procedure, case.decision.classification.age_group)
    return (name, in_words(case.categories(procedure.id)), radiation)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
