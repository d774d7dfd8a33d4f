"""The reference page of the decisions, made from the same data that the tests check."""

from collections.abc import Iterable, Sequence

from cds_service.clinical.decision import IndicationBasis
from cds_service.knowledge.model import Category, Procedure, Radiation, Variant
from tests.clinical.chart import knowledge
from tests.clinical.criteria import CHARTS, TABLE, common_category
from tests.clinical.patterns.catalog import SECTIONS, every_pattern
from tests.clinical.patterns.indications import CASES
from tests.clinical.patterns.pattern import Pattern

_CATEGORY = {
    Category.USUALLY_APPROPRIATE: "usually appropriate",
    Category.MAY_BE_APPROPRIATE: "may be appropriate",
    Category.USUALLY_NOT_APPROPRIATE: "usually not appropriate",
}
_SEVERITY = {
    "proven": "proven",
    "kept-plausible": "kept plausible",
    "unsettled": "not settled",
    "ruled-out": "ruled out",
}
_RECURRENCE = {
    "proven": "proven",
    "plausible": "plausible",
    "not-found": "not found",
}
_INDICATION = {
    IndicationBasis.OWN_REASON: "judged: its own reason",
    IndicationBasis.CHART_WITHOUT_REASON: "judged: the chart",
    IndicationBasis.CHART_WITH_UNRESOLVED_REASON: "judged: the chart",
    IndicationBasis.CHART_WITH_RELATED_REASON: "judged: a related reason, and the chart",
    IndicationBasis.NOT_FOR_HEMOPTYSIS: "not judged",
    IndicationBasis.UNKNOWN: "needs the conditions",
}


def decision_table() -> str:
    """The whole page."""
    parts = (
        _INTRODUCTION.format(patterns=len(list(every_pattern())), indications=len(CASES)),
        "## The criteria\n\n" + _CRITERIA + _cells(),
        "## Ratings by what is plausible\n\n" + _BY_SET + _by_plausible_set(),
        "## Evidence\n\n" + _EVIDENCE + "\n\n".join(_patterns()),
        "## Indication\n\n" + _FOR_WHAT + _indications(),
    )
    return "\n\n".join(parts) + "\n"


_INTRODUCTION = (
    "# Decision table\n\n"
    "Written by `make docs` from the data of the tests in `tests/clinical/`: do not edit. "
    "Each of the 18 ratings, the {patterns} patterns of evidence and the {indications} indications below "
    "is checked by a test. The rules behind them: [behavior](behaviour.md)."
)
_CRITERIA = (
    "The category of each procedure in each variant, and its relative radiation level "
    "in adults and children.\n\n"
)
_BY_SET = (
    "The rating of an order when the chart leaves these variants plausible. "
    "*Differs*: the order gets no rating, and the card shows the category under each variant.\n\n"
)
_EVIDENCE = (
    "Unless a pattern says otherwise: an adult; everything could be read; nothing else is charted; "
    "an amount of blood is two hours old, a vital sign one hour. "
    "Whether it is massive and whether it is recurrent are two questions; "
    "together they leave the plausible variants.\n\n"
)
_FOR_WHAT = (
    "An order for CTA unless the case names another study; nothing is charted but what the case says.\n\n"
)


def _cells() -> str:
    header = ("Procedure", "Massive", "Nonmassive", "Recurrent", "Adult", "Child")
    variants = (Variant.MASSIVE, Variant.NONMASSIVE, Variant.RECURRENT)
    return table(header, (_cell_row(_procedure(name), variants) for name in TABLE))


def _cell_row(procedure: Procedure, variants: Sequence[Variant]) -> Sequence[str]:
    categories = [_CATEGORY[TABLE[procedure.id][variant]] for variant in variants]
    levels = (_radiation(procedure.radiation_adult), _radiation(procedure.radiation_pediatric))
    return (procedure.name, *categories, *levels)


def _radiation(level: Radiation | None) -> str:
    return f"{'☢' * level.symbols} {level.dose_range_msv} mSv" if level else "not given"


def _by_plausible_set() -> str:
    header = ("Plausible", *(_procedure(name).short_name for name in TABLE))
    return table(header, ((_variants(variants), *_ratings(variants)) for variants in CHARTS))


def _ratings(variants: tuple[Variant, ...]) -> Iterable[str]:
    for procedure in TABLE:
        category = common_category(procedure, variants)
        yield _CATEGORY[category] if category else "*differs*"


def _patterns() -> Iterable[str]:
    header = ("Pattern", "Massive", "Recurrent", "Plausible variants", "Topic")
    for section in SECTIONS:
        rows = (_pattern_row(pattern) for pattern in section.patterns)
        note = f"{section.note}\n\n" if section.note else ""
        yield f"### {section.title}\n\n{note}{table(header, rows)}"


def _pattern_row(pattern: Pattern) -> Sequence[str]:
    expected = pattern.expected
    questions = (_SEVERITY[expected.severity], _RECURRENCE[expected.recurrence])
    return (pattern.name, *questions, _variants(expected.plausible), f"`{expected.topic}`")


def _indications() -> str:
    rows = ((case.name[0].upper() + case.name[1:], _INDICATION[case.expected]) for case in CASES)
    return table(("Order and chart", "Outcome"), rows)


def _procedure(name: str) -> Procedure:
    return knowledge().procedures[name]


def _variants(variants: Iterable[Variant]) -> str:
    return ", ".join(variants)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; a bar in a cell is escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
