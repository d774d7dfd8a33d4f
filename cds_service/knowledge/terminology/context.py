"""Whether a phrase in a free text is affirmed, only possible, or negated."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from cds_service.knowledge.terminology.words import folded, pattern_of

PRESENT = "(+)"


ABSENT = "(neg)"


"""CAUTION: folding a text would turn `(-)` into `( )`, an empty box, so it is spelled out before."""


_SPELLINGS = (
    (re.compile(r"[(\[]\s*(?:[-\u2010-\u2015\u2212]|neg|negative)\s*[)\]]", re.IGNORECASE), ABSENT),
    (re.compile(r"[(\[]\s*(?:\+|pos|positive)\s*[)\]]", re.IGNORECASE), PRESENT),
)


_SIGN = re.compile(r"\(\+\)|\(neg\)")


_SIGN_BEHIND = re.compile(r"\s*[:=]?\s*(\(\+\)|\(neg\))")


_SIGNED_CLAUSE_START = re.compile(r"(?:^|[,:;/|])\s*$")


_SIGNED_CLAUSE_END = re.compile(r"\s*(?:$|[,:;/|])")


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
    if ahead and _SIGNED_CLAUSE_START.search(sentence[: first.start()]) and not _is_field(behind):
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
    is_own = _SIGNED_CLAUSE_END.match(sentence, behind.end()) or sentence.rstrip().endswith((PRESENT, ABSENT))
    return Signed.ABSENT if is_own else Signed.UNCLEAR


NEGATION_REACH_WORDS = 6


HEDGE_REACH_WORDS = 2


NEWBORN_REACH_WORDS = 1


REACH_CHARACTERS = 200


"""No cue further away is looked for: a clause is shorter, and a text of megabytes stays cheap."""


_SENTENCE_END = re.compile(r"[.!](?=\s|$)|[;\r\n]+")


_DASH = re.compile(r"\s[-\u2010-\u2015]+\s")


_CONTRACTION = re.compile(
    r"\b(?:(ca|could|did|do|does|had|has|have|is|are|was|were|wo|would)n't"
    r"|(did|does|had|has|have|is|was|were)nt)\b|\bcan(?=not\b)"
)


_LEAD = r"\s*[:=?]?\s*(?:(?:is|was|a ete|est)\s+)?"


_CLAUSE_END = r"\s*(?:$|[,)\]]|\s:|\.(?!\w))"


_NEXT_FIELD = r"\s+\w[\w ]{0,30}[:=]"


_CLAUSE_START = re.compile(r"(?:^|[,;/|(\[]|\b(?:but|or|mais|ou))\s*$")


_ITEM_BEFORE = re.compile(r"(?:[,/]|\b(?:or|nor|ou|ni))\s*$")


_ENUMERATION = re.compile(r",\s*(?:or|ou)\b|\b(?:nor|ni)\b|\b(?:or|ou)\s*$")


_LATER_ITEM = re.compile(r"(?:,[^,:?()]*)*,\s*(?:or|ou)\b")


class Stance(StrEnum):
    """What a text says of a thing it names."""

    AFFIRMED = "affirmed"
    POSSIBLE = "possible"
    NEGATED = "negated"


class CueKind(StrEnum):
    """What a cue does to the words near it.

    `before` negates what follows up to the end of the clause, `before-list` also past commas,
    `before-next` only what comes next, and clearly so only where it begins a clause;
    `after` negates what stands right before it, `after-alone` only at the end of a clause, `after-field`
    only there and as the value of a field (`Cough: N`);
    `hedge` makes what follows merely possible; `scope-end` ends the reach of all these, `scope-end-verb`
    unless it is the verb of the negation itself (`has not had`), with `filler` words between, and
    `symptom-with` unless that symptom is negated itself (`no cough with`);
    `of-newborn` tells that the bleeding is the entity of newborns and infants.
    """

    BEFORE = "before"
    BEFORE_LIST = "before-list"
    BEFORE_NEXT = "before-next"
    AFTER = "after"
    AFTER_ALONE = "after-alone"
    AFTER_FIELD = "after-field"
    HEDGE = "hedge"
    NOT_A_NEGATION = "not-a-negation"
    SCOPE_END = "scope-end"
    SCOPE_END_VERB = "scope-end-verb"
    SYMPTOM_WITH = "symptom-with"
    FILLER = "filler"
    OF_NEWBORN = "of-newborn"


_ACTING = (CueKind.BEFORE, CueKind.BEFORE_LIST, CueKind.BEFORE_NEXT, CueKind.HEDGE)


_ENDING = (CueKind.SCOPE_END, CueKind.SCOPE_END_VERB, CueKind.SYMPTOM_WITH)


_TRAILING = (CueKind.AFTER, CueKind.AFTER_ALONE, CueKind.AFTER_FIELD)


_STOPS = re.compile(r"[:?()\[\]|]")


@dataclass(frozen=True, slots=True)
class Cues:
    """The cues before a term with their kinds, and the patterns that find cues before and after it."""

    kinds: Mapping[str, CueKind]
    ahead: re.Pattern[str]
    after: re.Pattern[str]
    newborn: re.Pattern[str]

    def stance(self, sentence: str, start: int, end: int) -> Stance:
        """What a folded sentence says of the phrase between start and end.

        "Rule out X" and "r/o X" ask about X: the stance is possible, not negated. A colon, a question
        mark, a parenthesis and a scope end ("but", "for", "with") stop what stands before them; a comma
        stops a plain "no" unless it belongs to an enumeration ("no fever, cough, or X").
        """
        sentence, start, end = _near(sentence, start, end)
        signed = sign_of(sentence, start, end)
        if signed is Signed.PRESENT:
            return Stance.AFFIRMED
        cues = self._cues_before(sentence[:start])
        is_negated = self.after.match(sentence, end) or any(
            self._negates(sentence, cue, start, end) for cue in cues
        )
        if signed is Signed.ABSENT or is_negated:
            return Stance.NEGATED
        is_asked = signed is Signed.UNCLEAR or sentence[:start].rstrip().endswith("?")
        if is_asked or any(self._hedges(sentence, cue, start) for cue in cues):
            return Stance.POSSIBLE
        return Stance.AFFIRMED

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
        if kind is CueKind.HEDGE or _STOPS.search(gap):
            return False
        if kind is CueKind.BEFORE_NEXT:
            return _is_next(gap) and bool(_CLAUSE_START.search(sentence[: cue.start()]))
        if kind is CueKind.BEFORE_LIST or _is_enumeration(sentence, cue.end(), start, end):
            return True
        return "," not in gap and len(gap.split()) <= NEGATION_REACH_WORDS

    def _hedges(self, sentence: str, cue: re.Match[str], start: int) -> bool:
        gap = sentence[cue.end() : start]
        if self.kinds[cue[0]] is CueKind.BEFORE_NEXT:
            return not gap.strip()
        is_near = len(gap.split()) <= HEDGE_REACH_WORDS and "," not in gap and not _STOPS.search(gap)
        return self.kinds[cue[0]] is CueKind.HEDGE and is_near


def cues_from(cues: Iterable[tuple[CueKind, str]]) -> Cues:
    """The cues, given with their folded words, and the patterns that find them."""
    listed = list(cues)
    after, alone, field = (_pattern(listed, kind) for kind in _TRAILING)
    kinds = {words: kind for kind, words in listed if kind not in _TRAILING}
    return Cues(
        kinds=MappingProxyType(kinds),
        ahead=pattern_of(kinds),
        after=re.compile(
            rf"{_LEAD}(?:(?:{after})|(?!\(neg\))[(\[]?\s*(?:{alone}){_CLAUSE_END})"
            rf"|\s*[:=?]\s*(?:{alone}|{field}){_NEXT_FIELD}|\s*[:=?(\[]\s*(?:{field}){_CLAUSE_END}"
        ),
        newborn=re.compile(_pattern(listed, CueKind.OF_NEWBORN)),
    )


def _pattern(listed: Iterable[tuple[CueKind, str]], wanted: CueKind) -> str:
    return pattern_of(words for kind, words in listed if kind is wanted).pattern


def sentences_of(text: str) -> Iterator[str]:
    """The folded sentences of a text, with `not` for `n't`.

    A dash between spaces parts clauses like a colon; the sign `(-)` is spelled `(neg)`.
    """
    for sentence in _SENTENCE_END.split(_DASH.sub(" : ", signs_spelled(text))):
        if plain := folded(sentence):
            yield _CONTRACTION.sub(_uncontracted, plain)


def _uncontracted(found: re.Match[str]) -> str:
    return f"{found[1] or found[2]} not" if found[1] or found[2] else "can "


def _near(sentence: str, start: int, end: int) -> tuple[str, int, int]:
    """The sentence as far as any cue can reach, and where the phrase stands in it."""
    offset = max(0, start - REACH_CHARACTERS)
    return sentence[offset : end + REACH_CHARACTERS], start - offset, end - offset


def _is_beside(gap: str) -> bool:
    return len(gap.split()) <= NEWBORN_REACH_WORDS and re.fullmatch(r"[\w' ]*", gap) is not None


def _is_joined(kind: CueKind, gap: str) -> bool:
    """True for the verb or the symptom that the cue before it negates."""
    if kind is CueKind.SYMPTOM_WITH and _ITEM_BEFORE.search(gap):
        return True
    return kind in (CueKind.SCOPE_END_VERB, CueKind.SYMPTOM_WITH, CueKind.FILLER) and not gap.strip()


def _is_next(gap: str) -> bool:
    """True for nothing between, and for the items before it in `cough/X` and `cough or X`."""
    return not gap.strip() or ("," not in gap and bool(_ITEM_BEFORE.search(gap)))


def _is_enumeration(sentence: str, cue_end: int, start: int, end: int) -> bool:
    """True for `no fever, cough, or X` and `no fever, X, or cough`: the commas part the same list."""
    if _ENUMERATION.search(sentence[cue_end:start]):
        return True
    return bool(_LATER_ITEM.match(sentence, end, end + REACH_CHARACTERS))
