"""Whether a phrase in a free text is affirmed, only possible, or negated."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from cds_service.knowledge.words import folded, pattern_of

NEGATION_REACH_WORDS = 6
HEDGE_REACH_WORDS = 2
REACH_CHARACTERS = 200
"""No cue further away is looked for: a clause is shorter, and a text of megabytes stays cheap."""

_SENTENCE_END = re.compile(r"[.!](?=\s|$)|[;\r\n]+")
_DASH = re.compile(r"\s[-\u2010-\u2015]+\s")
_LEAD = r"\s*[:=]?\s*(?:(?:is|was|a ete|est)\s+)?"
_CLAUSE_END = r"\s*(?:$|[,.)\]])"
_ENUMERATION = re.compile(r",\s*(?:or|ou)\b|\b(?:nor|ni)\b|\b(?:or|ou)\s*$")
_LATER_ITEM = re.compile(r"(?:,[^,:?()]*)*,\s*(?:or|ou)\b")


class Stance(StrEnum):
    """What a text says of a thing it names."""

    AFFIRMED = "affirmed"
    POSSIBLE = "possible"
    NEGATED = "negated"


class CueKind(StrEnum):
    """What a cue does to the words near it.

    `before` negates what follows up to the end of the clause, `before-list` also past commas;
    `after` negates what stands right before it, `after-alone` only at the end of a clause;
    `hedge` makes what follows merely possible; `scope-end` ends the reach of all these.
    """

    BEFORE = "before"
    BEFORE_LIST = "before-list"
    AFTER = "after"
    AFTER_ALONE = "after-alone"
    HEDGE = "hedge"
    NOT_A_NEGATION = "not-a-negation"
    SCOPE_END = "scope-end"


@dataclass(frozen=True, slots=True)
class Cues:
    """The cues before a term with their kinds, and the patterns that find cues before and after it."""

    kinds: Mapping[str, CueKind]
    ahead: re.Pattern[str]
    after: re.Pattern[str]

    def stance(self, sentence: str, start: int, end: int) -> Stance:
        """What a folded sentence says of the phrase between start and end.

        "Rule out X" and "r/o X" ask about X: the stance is possible, not negated. A colon, a question
        mark, a parenthesis and a scope end ("but", "for", "with") stop what stands before them; a comma
        stops a plain "no" unless it belongs to an enumeration ("no fever, cough, or X").
        """
        if start > REACH_CHARACTERS:
            offset = start - REACH_CHARACTERS
            return self.stance(sentence[offset : end + REACH_CHARACTERS], start - offset, end - offset)
        if self.after.match(sentence, end):
            return Stance.NEGATED
        cues = self._cues_before(sentence[:start])
        if any(self._negates(sentence, cue, start, end) for cue in cues):
            return Stance.NEGATED
        is_asked = sentence[:start].rstrip().endswith("?")
        if is_asked or any(self._hedges(sentence, cue, start) for cue in cues):
            return Stance.POSSIBLE
        return Stance.AFFIRMED

    def _cues_before(self, text: str) -> list[re.Match[str]]:
        found: list[re.Match[str]] = []
        for cue in self.ahead.finditer(text):
            if self.kinds[cue[0]] is CueKind.SCOPE_END:
                found.clear()
            else:
                found.append(cue)
        return found

    def _negates(self, sentence: str, cue: re.Match[str], start: int, end: int) -> bool:
        kind = self.kinds[cue[0]]
        gap = sentence[cue.end() : start].lstrip(" :")
        if kind not in (CueKind.BEFORE, CueKind.BEFORE_LIST) or re.search(r"[:?()\[\]|]", gap):
            return False
        if kind is CueKind.BEFORE_LIST or _is_enumeration(sentence, cue.end(), start, end):
            return True
        return "," not in gap and len(gap.split()) <= NEGATION_REACH_WORDS

    def _hedges(self, sentence: str, cue: re.Match[str], start: int) -> bool:
        gap = sentence[cue.end() : start]
        is_near = len(gap.split()) <= HEDGE_REACH_WORDS and not re.search(r"[,:?()\[\]|]", gap)
        return self.kinds[cue[0]] is CueKind.HEDGE and is_near


def cues_from(cues: Iterable[tuple[CueKind, str]]) -> Cues:
    """The cues, given with their folded words, and the patterns that find them."""
    listed = list(cues)
    after = pattern_of(words for kind, words in listed if kind is CueKind.AFTER).pattern
    alone = pattern_of(words for kind, words in listed if kind is CueKind.AFTER_ALONE).pattern
    trailing = (CueKind.AFTER, CueKind.AFTER_ALONE)
    kinds = {words: kind for kind, words in listed if kind not in trailing}
    return Cues(
        kinds=MappingProxyType(kinds),
        ahead=pattern_of(kinds),
        after=re.compile(rf"{_LEAD}(?:(?:{after})|(?:{alone}){_CLAUSE_END})"),
    )


def sentences_of(text: str) -> Iterator[str]:
    """The folded sentences of a text; a dash between spaces parts clauses like a colon."""
    for sentence in _SENTENCE_END.split(_DASH.sub(" : ", text)):
        if plain := folded(sentence):
            yield plain


def _is_enumeration(sentence: str, cue_end: int, start: int, end: int) -> bool:
    """True for `no fever, cough, or X` and `no fever, X, or cough`: the commas part the same list."""
    if _ENUMERATION.search(sentence[cue_end:start]):
        return True
    return bool(_LATER_ITEM.match(sentence, end, end + REACH_CHARACTERS))
