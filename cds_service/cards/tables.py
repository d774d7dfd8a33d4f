"""The studies of the ACR topic: category under each plausible variant, and radiation level."""

from collections.abc import Iterable

from cds_service.cards.case import Case
from cds_service.cards.radiation import level_for
from cds_service.cards.wording import CATEGORY, VARIANT, capital
from cds_service.knowledge.model import Procedure


def ratings_table(case: Case, *, ordered: str = "") -> str:
    """A GFM table, one row for each rated study, the ordered one in bold.

    With one variant it has a column for radiation. Several variants leave no room for that at 300 px,
    so a list of the levels follows then.
    """
    if len(case.plausible) > 1:
        return f"{_table(case, ordered)}\n\n{_radiation_list(case)}"
    return _table(case, ordered, "Radiation")


def _table(case: Case, ordered: str, *more_columns: str) -> str:
    variants = (capital(VARIANT[variant]) for variant in case.plausible)
    head = ("Study", *variants, *more_columns)
    rule = ("---",) * len(head)
    rows = (_row(case, procedure, ordered)[: len(head)] for procedure in case.knowledge.rated_procedures())
    return "\n".join(_line(cells) for cells in (head, rule, *rows))


def _row(case: Case, procedure: Procedure, ordered: str) -> tuple[str, ...]:
    name = f"**{procedure.name}**" if procedure.id == ordered else procedure.name
    categories = (CATEGORY[category] for category in case.categories(procedure.id).values())
    return (name, *categories, _level(case, procedure))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _level(case: Case, procedure: Procedure) -> str:
    return level_for(procedure, case.decision.classification.age_group)


def _radiation_list(case: Case) -> str:
    """The studies by radiation level."""
    by_level: dict[str, list[str]] = {}
    for procedure in case.knowledge.rated_procedures():
        by_level.setdefault(_level(case, procedure), []).append(procedure.name)
    lines = "\n".join(f"- {level}: {', '.join(names)}" for level, names in by_level.items())
    return f"**Radiation**\n\n{lines}"
