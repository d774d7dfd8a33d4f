"""What words and codes say of blood that was looked for: that there was some, none, or an unread amount."""

import re
from typing import Final

from cds_service.clinical.facts import Finding
from cds_service.fhir.before.codings import Coded
from cds_service.fhir.before.yes_or_no import Answer, answer_in
from cds_service.knowledge.terminology.concepts import Coding, Concept
from cds_service.knowledge.terminology.terminology import Terminology
from cds_service.knowledge.terminology.words import folded, tokens_of

_NO_BLOOD: Final = frozenset(
    {
        "0", "no blood", "no blood seen", "no bleeding", "no hemoptysis", "no haemoptysis", "pas de sang",
        "pas d'hemoptysie",
    }
)  # fmt: skip


_BLOOD: Final = frozenset(
    {"blood", "blood present", "blood seen", "blood streaks", "streaks of blood", "sang"}
)


SIZES: Final = frozenset(
    {
        "massive", "large", "lot", "lots", "much", "copious", "profuse", "heavy", "huge", "severe", "major",
        "moderate", "significant", "considerable", "abundant", "cup", "cups", "cupful", "bowl", "basin",
        "massif", "beaucoup", "abondant", "abondante", "abondantes", "important", "importante", "moderee",
        "grave", "tasse",
    }
)  # fmt: skip


"""Words, folded, that tell how much blood there was and give no amount."""


def finding_said(coded: Coded, terminology: Terminology) -> Finding:
    """Present or absent as far as the codes and words are understood; else an amount that cannot be read.

    Words that are not understood beside others that are change nothing, unless they tell how much.
    """
    meant = [coding for coding in coded.codings if _means_hemoptysis(coding, terminology)]
    explained = {coding.display for coding in meant}
    words = {word: finding_in_word(word, terminology) for word in coded.words if word not in explained}
    said = {*words.values(), *(Finding.PRESENT for _ in meant)}
    if any(finding is Finding.UNREADABLE and _tells_how_much(word) for word, finding in words.items()):
        return Finding.UNREADABLE
    return next((f for f in (Finding.PRESENT, Finding.ABSENT) if f in said), Finding.UNREADABLE)


def finding_in_word(text: str, terminology: Terminology) -> Finding:
    """What one text says as a whole: `no`, `nil`, `yes`, `blood-streaked sputum`, `blood-streaked`."""
    answer, plain = answer_in(Coded(texts=(text,))), folded(text).rstrip(".")
    if answer is Answer.NO or plain in _NO_BLOOD:
        return Finding.ABSENT
    if answer is Answer.YES or plain in _BLOOD or _is_term(plain, terminology):
        return Finding.PRESENT
    return Finding.UNREADABLE


def _is_term(plain: str, terminology: Terminology) -> bool:
    """True for a listed term of hemoptysis and nothing else: `massive hemoptysis` tells an amount too."""
    for name in (plain, f"{plain} sputum"):
        meant = {match.concept for match in terminology.concepts_in(name) if match.by_text == name}
        if Concept.HEMOPTYSIS in meant and Concept.SEVERE not in meant:
            return True
    return False


def _means_hemoptysis(coding: Coding, terminology: Terminology) -> bool:
    return any(match.concept is Concept.HEMOPTYSIS for match in terminology.concepts_of(coding))


def _tells_how_much(text: str) -> bool:
    return bool(re.search(r"\d", text)) or not SIZES.isdisjoint(tokens_of(text))
