"""The line of a card that names what is usually appropriate, with its relative radiation level."""

from collections.abc import Iterable, Sequence

from cds_service.cards import texts
from cds_service.cards.case import Case, is_arteriography, is_named_only
from cds_service.cards.cautions import radiograph
from cds_service.cards.phrases import either
from cds_service.cards.site import level_for
from cds_service.clinical.decision import Judgment


def instead_line(case: Case, judgment: Judgment) -> str:
    """What is usually appropriate instead of an order, or before a catheter study."""
    is_named = is_named_only(case, judgment)
    drafted = () if is_named else judgment.named_instead
    offered = [alternative.procedure for alternative in judgment.alternatives]
    named = [*(judgment.named_instead if is_named else ()), *offered]
    if not (named or drafted):
        return ""
    if is_arteriography(case.procedure_of(judgment.order)):
        text = texts.FIRST
    else:
        text = texts.WHICHEVER_IT_IS if len(case.plausible) > 1 else texts.INSTEAD
    return text.format("; ".join(_with_levels(case, named, drafted)))


def beside_line(case: Case) -> str:
    """The chest radiograph that a card offers beside the order."""
    return texts.BESIDE.format("; ".join(_with_levels(case, (radiograph(case),))))


def levels_line(case: Case, procedures: Sequence[str]) -> str:
    """The levels of the studies that the summary and the buttons name; empty without any."""
    return texts.RADIATION.format("; ".join(_with_levels(case, procedures))) if procedures else ""


def _with_levels(case: Case, procedures: Iterable[str], drafted: Iterable[str] = ()) -> list[str]:
    """`CTA or CT with contrast ☢☢☢ 1-10 mSv`: what has one level stands together."""
    by_level: dict[str, list[str]] = {}
    for procedure in (*drafted, *procedures):
        name = case.site.short_name(procedure)
        text = texts.ALREADY_DRAFTED.format(name) if procedure in drafted else name
        level = level_for(case.knowledge.procedures[procedure], case.classification.age_group)
        by_level.setdefault(level, []).append(text)
    return [texts.WITH_LEVEL.format(either(names), level) for level, names in by_level.items()]
