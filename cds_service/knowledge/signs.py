"""The signs `(+)` and `(-)` beside a phrase, as they are written in reviews of systems."""

import re
from enum import StrEnum

PRESENT = "(+)"
ABSENT = "(neg)"
"""CAUTION: folding a text would turn `(-)` into `( )`, an empty box, so it is spelled out before."""

_SPELLINGS = (
    (re.compile(r"[(\[]\s*(?:[-\u2010-\u2015\u2212]|neg|negative)\s*[)\]]", re.IGNORECASE), ABSENT),
    (re.compile(r"[(\[]\s*(?:\+|pos|positive)\s*[)\]]", re.IGNORECASE), PRESENT),
)
_SIGN = re.compile(r"\(\+\)|\(neg\)")
_SIGN_BEHIND = re.compile(r"\s*[:=]?\s*(\(\+\)|\(neg\))")
_CLAUSE_START = re.compile(r"(?:^|[,:;/|])\s*$")
_CLAUSE_END = re.compile(r"\s*(?:$|[,:;/|])")


class Signed(StrEnum):
    """What the signs of a sentence say of a phrase; unclear where a `(-)` may be another phrase's."""

    PRESENT = "present"
    ABSENT = "absent"
    UNCLEAR = "unclear"
    UNSIGNED = "unsigned"


def signs_spelled(text: str) -> str:
    """The text with every sign spelled in one way, which folding leaves alone."""
    for pattern, spelling in _SPELLINGS:
        text = pattern.sub(f" {spelling} ", text)
    return text


def sign_of(sentence: str, start: int, end: int) -> Signed:
    """What the signs say of the phrase between start and end.

    A sentence whose first sign begins a clause has its signs ahead (`(-) fever, cough (+) rash`), any
    other behind (`fever (-) cough (+)`).
    """
    first = _SIGN.search(sentence)
    if first is None:
        return Signed.UNSIGNED
    ahead = [*_SIGN.finditer(sentence, 0, start)]
    behind = _SIGN_BEHIND.match(sentence, end)
    if ahead and _CLAUSE_START.search(sentence[: first.start()]) and not _is_field(behind):
        return _sign_ahead(ahead[-1][0], sentence[ahead[-1].end() : start])
    if behind:
        return _sign_behind(behind, sentence)
    is_beside = bool(ahead) and not sentence[ahead[-1].end() : start].strip()
    return Signed.UNCLEAR if is_beside and ahead[-1][0] == ABSENT else Signed.UNSIGNED


def _is_field(behind: re.Match[str] | None) -> bool:
    """True for `Fever: (-) Cough: (+)`, where each sign is the value of the field before it."""
    return behind is not None and ":" in behind[0]


def _sign_ahead(sign: str, gap: str) -> Signed:
    if not gap.strip():
        return Signed.ABSENT if sign == ABSENT else Signed.PRESENT
    is_listed = re.fullmatch(r"[\w',/ ]*(?:[,/]|\b(?:or|ou)\b)\s*", gap)
    return Signed.ABSENT if sign == ABSENT and is_listed else Signed.UNSIGNED


def _sign_behind(behind: re.Match[str], sentence: str) -> Signed:
    if behind[1] == PRESENT:
        return Signed.PRESENT
    is_own = _CLAUSE_END.match(sentence, behind.end()) or sentence.rstrip().endswith((PRESENT, ABSENT))
    return Signed.ABSENT if is_own else Signed.UNCLEAR
