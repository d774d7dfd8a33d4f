"""The line of a card that names what is usually appropriate, with its relative radiation level."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from cds_service.cards import texts
from cds_service.cards.case import Case, is_arteriography, is_named_only
from cds_service.cards.markdown import markdown
from cds_service.cards.phrases import either
from cds_service.cards.site import level_for
from cds_service.clinical.decision import Judgment


def instead_line(case: Case, judgment: Judgment) -> str:
    """What is usually appropriate instead of an order, or before a catheter study.

    What the buttons name already is not named again where all of it has one level. Of an order that is not
    rated the summary says what is drafted, and of one not recognized all there is to say.
    """
    is_catheter = is_arteriography(case.procedure_of(judgment.order))
    is_rated = bool(judgment.categories) or is_catheter
    named = judgment.named_instead if is_rated else ()
    offered = tuple(alternative.procedure for alternative in judgment.alternatives)
    if judgment.outcome == "not-recognized":
        return ""
    if is_named_only(case, judgment) or not judgment.order.can_carry_actions:
        text = texts.FIRST if is_catheter else texts.INSTEAD
        return _line(text, _with_levels(case, (*named, *offered)))
    if not named:
        return levels_line(case, offered)
    return _line(texts.INSTEAD, _with_levels(case, offered, drafted=named))


def levels_line(case: Case, procedures: Sequence[str]) -> str:
    """The levels of studies that stand on buttons; empty without any."""
    levels = {_level(case, procedure) for procedure in procedures}
    if len(levels) == 1:
        (level,) = levels
        return texts.RADIATION.format(texts.EACH.format(level) if len(procedures) > 1 else level)
    return _line(texts.RADIATION, _with_levels(case, procedures))


def _line(text: str, studies: Sequence[str]) -> str:
    return text.format("; ".join(studies)) if studies else ""


def _with_levels(case: Case, procedures: Iterable[str], drafted: Iterable[str] = ()) -> list[str]:
    """`CTA or CT with contrast ☢☢☢ 1-10 mSv`: what has one level stands together."""
    by_level: dict[str, list[str]] = {}
    for procedure in (*drafted, *procedures):
        name = case.site.short_name(procedure)
        text = texts.ALREADY_DRAFTED.format(name) if procedure in drafted else name
        by_level.setdefault(_level(case, procedure), []).append(text)
    return [texts.WITH_LEVEL.format(either(names), level) for level, names in by_level.items()]


def _level(case: Case, procedure: str) -> str:
    return _shown(level_for(case.knowledge.procedures[procedure], case.classification.age_group))


@lru_cache(maxsize=64)
def _shown(level: str) -> str:
    """A level is none of a chart's texts: there are as many as the data hold."""
    return markdown(level)
