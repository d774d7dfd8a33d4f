"""Short phrases for summaries: short names, a choice between names, a hint at the cautions."""

from collections.abc import Iterable, Sequence

from cds_service.cards.case import Case
from cds_service.cards.wording import CAUTION_HINT, joined, uncapital
from cds_service.knowledge.model import CautionId


def short_of(case: Case, procedure: str) -> str:
    """The short name of a procedure in a sentence: `CTA with contrast`."""
    return uncapital(case.knowledge.procedures[procedure].short_name)


def either(names: Sequence[str]) -> str:
    """`CTA or CT chest with IV contrast` of names that differ by their first word only, else all in full."""
    firsts, rests = zip(*(name.partition(" ")[::2] for name in names), strict=True)
    if len(set(rests)) > 1:
        return joined(names, "or")
    return f"{joined(firsts, 'or')} {rests[0]}".rstrip()


def hint(cautions: Iterable[CautionId]) -> str:
    """The cautions that a summary names, each in a word: `kidneys and pregnancy`; empty without any."""
    words = dict.fromkeys(CAUTION_HINT[caution] for caution in cautions if caution in CAUTION_HINT)
    return joined(words) if words else ""
