"""Whether a phrase in a free text is affirmed, only possible, or negated."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from cds_service.knowledge.terminology.words import ABSENT, PRESENT, pattern_of

_SIGN: Final = re.compile(r"\(\+\)|\(neg\)")
_SIGN_BEHIND: Final = re.compile(r"\s*[:=]?\s*(\(\+\)|\(neg\))")
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


NEGATION_REACH_WORDS: Final = 6
HEDGE_REACH_WORDS: Final = 2
NEWBORN_REACH_WORDS: Final = 1
REACH_CHARACTERS: Final = 200
"""No cue further away is looked for: a clause is shorter, and a text of megabytes stays cheap."""

_LEAD: Final = r"\s*[:=?]?\s*(?:(?:is|was|a ete|est)\s+)?"
_CLAUSE_END: Final = r"\s*(?:$|[,)\]]|\s:|\.(?!\w))"
_NEXT_FIELD: Final = r"\s+\w[\w ]{0,30}[:=]"
_CLAUSE_START: Final = re.compile(r"(?:^|[,;/|(\[]|\b(?:but|or|mais|ou))\s*$")
_ITEM_BEFORE: Final = re.compile(r"(?:[,/]|\b(?:or|nor|ou|ni))\s*$")
_ENUMERATION: Final = re.compile(r",\s*(?:or|ou)\b|\b(?:nor|ni)\b|\b(?:or|ou)\s*$")
_LATER_ITEM: Final = re.compile(r"(?:,[^,:?()]*)*,\s*(?:or|ou)\b")
CueKind: TypeAlias = Literal[
    "pre",
    "pre-list",
    "pre-next",
    "pre-possible",
    "pre-past",
    "pre-other",
    "post",
    "post-alone",
    "post-field",
    "pseudo",
    "termination",
    "termination-verb",
    "termination-with",
    "filler",
    "experiencer",
    "post-present",
    "post-past",
    "post-other",
    "joint",
]
"""What a cue does to the words near it, by the names of ConText (Harkema 2009) where it has one.

    `pre` negates what follows up to the end of the clause, `pre-list` also past commas, `pre-next` only what
    comes next, and clearly so only where it begins a clause; `pre-possible` makes what follows merely
    possible, `pre-past` and `post-past` (`X, resolved`) a history of the patient, `pre-other` and
    `post-other` another's, or what is feared (`mother had X`, `risk of X`); `post` negates what stands
    right before it, `post-alone` only at the end of a clause, `post-field` only there and as the value of a
    field (`Cough: N`); `pseudo` looks like a negation and is none; `termination` ends the reach of all
    these, `termination-verb` unless it is the verb of the negation itself (`has not had`), with words of
    `filler` between, and `termination-with` unless the symptom that it joins is negated itself (`no cough
    with`); `experiencer` tells that the bleeding is the entity of newborns and infants; `post-present`
    tells that a history is of the present (`history of X for 2 days`); `joint` joins two things: no term
    reaches across it.
    """

_ACTING: Final = ("pre", "pre-list", "pre-next", "pre-possible", "pre-past", "pre-other")
_ENDING: Final = ("termination", "termination-verb", "termination-with")
_HEDGING: Final = ("pre-possible", "pre-past", "pre-other")
_UNBROKEN: Final = ("pseudo", "experiencer", "filler", "termination-with", "post-present", "pre-other")
_TRAILING: Final = ("post", "post-alone", "post-field", "post-present", "post-past", "post-other")
_NOWHERE: Final = (*_TRAILING, "joint")
_STOPS: Final = re.compile(r"[:?()\[\]|]")


@dataclass(frozen=True, slots=True)
class Cues:
    """The cues before a term with their kinds, and the patterns that find cues before and after it.

    `first_words` are those with which a cue begins, or that are one: where one stands, no term goes on.
    """

    kinds: Mapping[str, CueKind]
    ahead: re.Pattern[str]
    after: re.Pattern[str]
    newborn: re.Pattern[str]
    present: re.Pattern[str]
    over: re.Pattern[str]
    of_another: re.Pattern[str]
    first_words: frozenset[str]

    def stance(self, sentence: str, start: int, end: int) -> Stance:
        """What a folded sentence says of the phrase between start and end.

        "Rule out X" and "r/o X" ask about X: the stance is possible, not negated; "history of X" is past.
        A colon, a question mark, a parenthesis and a termination ("but", "for", "with") stop what stands
        before them; a comma stops a plain "no" unless it belongs to an enumeration ("no fever, cough, or X").
        """
        if start == 0 and end == len(sentence):
            return Stance.AFFIRMED
        sentence, start, end = _near(sentence, start, end)
        signed = sign_of(sentence, start, end)
        if signed is Stance.AFFIRMED:
            return signed
        cues = self._cues_before(sentence[:start])
        is_negated = self.after.match(sentence, end) or any(
            self._negates(sentence, cue, start, end) for cue in cues
        )
        if signed is Stance.NEGATED or is_negated:
            return Stance.NEGATED
        is_asked = signed is Stance.POSSIBLE or sentence[:start].rstrip().endswith("?")
        hedging = {self.kinds[cue[0]] for cue in cues if self._hedges(sentence, cue, start)}
        if "pre-past" in hedging:
            return Stance.AFFIRMED if self.present.match(sentence, end) else Stance.PAST
        if self.over.match(sentence, end):
            return Stance.OVER
        if self.of_another.match(sentence, end) or any(self._gives_away(sentence, c, start) for c in cues):
            return Stance.OF_ANOTHER
        return Stance.POSSIBLE if is_asked or hedging else Stance.AFFIRMED

    def is_of_newborn(self, sentence: str, start: int, end: int) -> bool:
        """True where newborns or infants are named right beside the phrase, before it or after it."""
        sentence, start, end = _near(sentence, start, end)
        beside = (found for found in self.newborn.finditer(sentence))
        return any(
            (found.end() <= start and _is_beside(sentence[found.end() : start]))
            or (found.start() >= end and _is_beside(sentence[end : found.start()]))
            for found in beside
        )

    def _cues_before(self, text: str) -> list[re.Match[str]]:
        """The cues whose reach no other cue has ended."""
        found: list[re.Match[str]] = []
        reach = 0
        for cue in self.ahead.finditer(text):
            kind = self.kinds[cue[0]]
            is_joined = bool(found) and _is_joined(kind, text[reach : cue.start()])
            if kind in _ACTING:
                found.append(cue)
            elif kind in _ENDING and not is_joined:
                found.clear()
            if kind in _ACTING or is_joined:
                reach = cue.end()
        return found

    def _negates(self, sentence: str, cue: re.Match[str], start: int, end: int) -> bool:
        kind = self.kinds[cue[0]]
        gap = sentence[cue.end() : start].lstrip(" :")
        if kind in _HEDGING or _STOPS.search(gap):
            return False
        if kind == "pre-next":
            return _is_next(gap) and bool(_CLAUSE_START.search(sentence[: cue.start()]))
        if kind == "pre-list" or _is_enumeration(sentence, cue.end(), start, end):
            return True
        return "," not in gap and len(gap.split()) <= NEGATION_REACH_WORDS

    def _hedges(self, sentence: str, cue: re.Match[str], start: int) -> bool:
        gap = sentence[cue.end() : start]
        if self.kinds[cue[0]] == "pre-next":
            return not gap.strip()
        is_near = len(gap.split()) <= HEDGE_REACH_WORDS and "," not in gap and not _STOPS.search(gap)
        return self.kinds[cue[0]] in _HEDGING and is_near

    def _gives_away(self, sentence: str, cue: re.Match[str], start: int) -> bool:
        return self.kinds[cue[0]] == "pre-other" and _is_next(sentence[cue.end() : start])


def cues_from(cues: Iterable[tuple[CueKind, str]]) -> Cues:
    """The cues, given with their folded words, and the patterns that find them."""
    listed = list(cues)
    after, alone, field, present, past, other = (_pattern(listed, kind) for kind in _TRAILING)
    kinds = {words: kind for kind, words in listed if kind not in _NOWHERE}
    return Cues(
        kinds=MappingProxyType(kinds),
        ahead=pattern_of(kinds),
        after=re.compile(
            rf"{_LEAD}(?:(?:{after})|(?!\(neg\))[(\[]?\s*(?:{alone}){_CLAUSE_END})"
            rf"|\s*[:=?]\s*(?:{alone}|{field}){_NEXT_FIELD}|\s*[:=?(\[]\s*(?:{field}){_CLAUSE_END}"
            rf"|\s*(?!\(neg\))[,(\[]{_LEAD}(?:{after}|{alone}){_CLAUSE_END}"
        ),
        newborn=re.compile(_pattern(listed, "experiencer")),
        present=re.compile(rf"[ ,(]*(?:{present})"),
        over=re.compile(rf"[ ,(]*{_LEAD}(?:{past}){_CLAUSE_END}"),
        of_another=re.compile(rf"[ ,(]*(?:{other})"),
        first_words=frozenset(
            word
            for kind, words in listed
            for word in re.findall(r"\w+", words)[:1]
            if kind not in _UNBROKEN and (kind not in _TRAILING or word == words)
        ),
    )


def _pattern(listed: Iterable[tuple[CueKind, str]], wanted: CueKind) -> str:
    return pattern_of(words for kind, words in listed if kind == wanted).pattern


def _near(sentence: str, start: int, end: int) -> tuple[str, int, int]:
    """The sentence as far as any cue can reach, and where the phrase stands in it."""
    offset = max(0, start - REACH_CHARACTERS)
    return sentence[offset : end + REACH_CHARACTERS], start - offset, end - offset


def _is_beside(gap: str) -> bool:
    return len(gap.split()) <= NEWBORN_REACH_WORDS and re.fullmatch(r"[\w' ]*", gap) is not None


def _is_joined(kind: CueKind, gap: str) -> bool:
    """True for the verb or the symptom that the cue before it negates."""
    if kind == "termination-with" and _ITEM_BEFORE.search(gap):
        return True
    return kind in ("termination-verb", "termination-with", "filler") and not gap.strip()


def _is_next(gap: str) -> bool:
    """True for nothing between, and for the items before it in `cough/X` and `cough or X`."""
    return not gap.strip() or ("," not in gap and bool(_ITEM_BEFORE.search(gap)))


def _is_enumeration(sentence: str, cue_end: int, start: int, end: int) -> bool:
    """True for `no fever, cough, or X` and `no fever, X, or cough`: the commas part the same list."""
    if _ENUMERATION.search(sentence[cue_end:start]):
        return True
    return bool(_LATER_ITEM.match(sentence, end, end + REACH_CHARACTERS))
