"""The studies of the ACR topic: category under each plausible variant, and radiation level."""

from collections.abc import Iterable
from typing import Final

from cds_service.cards.case import Case
from cds_service.cards.phrases import hemoptysis, in_words
from cds_service.cards.radiation import level_for
from cds_service.knowledge.model import Procedure


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
