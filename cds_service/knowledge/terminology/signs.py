"""What a text can say of a thing that it names, and what its signs `(+)` and `(-)` say."""

import re
from enum import StrEnum
from typing import Final

from cds_service.knowledge.terminology.words import ABSENT, PRESENT

_SIGN: Final = re.compile(r"\(\+\)|\(neg\)")
_SIGN_BEHIND: Final = re.compile(r"\s*+(?:[:=]\s*+)?(\(\+\)|\(neg\))")
_SIGNED_CLAUSE_START: Final = re.compile(r"(?:^|[,:;/|])\s*$")
_SIGNED_CLAUSE_END: Final = re.compile(r"\s*(?:$|[,:;/|])")


class Stance(StrEnum):
    """What a text says of a thing it names."""

    AFFIRMED = "affirmed"
    PAST = "past"
    POSSIBLE = "possible"
    NEGATED = "negated"
    OVER = "over"
    OF_ANOTHER = "of-another"


OF_NOW: Final = (Stance.AFFIRMED, Stance.POSSIBLE)


def sign_of(sentence: str, start: int, end: int) -> Stance | None:
    """What the signs say of the phrase between start and end; None when they say nothing of it.

    A sentence whose first sign begins a clause has its signs ahead (`(-) fever, cough (+) rash`), any
    other behind (`fever (-) cough (+)`). Where a `(-)` may be another phrase's, it leaves a question.
    """
    first = _SIGN.search(sentence) if "(" in sentence else None
    if first is None:
        return None
    ahead = [*_SIGN.finditer(sentence, 0, start)]
    behind = _SIGN_BEHIND.match(sentence, end)
    if ahead and _SIGNED_CLAUSE_START.search(sentence[: first.start()]) and not _is_field(behind):
        return _sign_ahead(ahead[-1][0], sentence[ahead[-1].end() : start])
    if behind:
        return _sign_behind(behind, sentence)
    is_beside = bool(ahead) and not sentence[ahead[-1].end() : start].strip()
    return Stance.POSSIBLE if is_beside and ahead[-1][0] == ABSENT else None


def _is_field(behind: re.Match[str] | None) -> bool:
    """True for `Fever: (-) Cough: (+)`, where each sign is the value of the field before it."""
    return behind is not None and ":" in behind[0]


def _sign_ahead(sign: str, gap: str) -> Stance | None:
    if not gap.strip():
        return Stance.NEGATED if sign == ABSENT else Stance.AFFIRMED
    is_listed = re.fullmatch(r"[\w',/ ]*(?:[,/]|\b(?:or|ou)\b)\s*", gap)
    return Stance.NEGATED if sign == ABSENT and is_listed else None


def _sign_behind(behind: re.Match[str], sentence: str) -> Stance:
    if behind[1] == PRESENT:
        return Stance.AFFIRMED
    is_own = _SIGNED_CLAUSE_END.match(sentence, behind.end()) or sentence.rstrip().endswith((PRESENT, ABSENT))
    return Stance.NEGATED if is_own else Stance.POSSIBLE
