"""Whether a phrase in a free text is affirmed, only possible, or negated, by the cues of its sentence."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from cds_service.knowledge.terminology.context import CueKind, Cues
from cds_service.knowledge.terminology.signs import Stance, sign_of

NEGATION_REACH_WORDS: Final = 6
HEDGE_REACH_WORDS: Final = 2
NEWBORN_REACH_WORDS: Final = 1
REACH_CHARACTERS: Final = 200
"""No cue further away is looked for: a clause is shorter, and a text of megabytes stays cheap."""

_CLAUSE_START: Final = re.compile(r"(?:^|[,;/|(\[]|\b(?:but|or|mais|ou))\s*$")
_ITEM_BEFORE: Final = re.compile(r"(?:[,/]|\b(?:or|nor|ou|ni))\s*$")
_ENUMERATION: Final = re.compile(r",\s*(?:or|ou)\b|\b(?:nor|ni)\b|\b(?:or|ou)\s*$")
_LATER_ITEM: Final = re.compile(r"(?:,[^,:?()]*)*,\s*(?:or|ou)\b")
_ACTING: Final = ("pre", "pre-list", "pre-next", "pre-possible", "pre-past", "pre-other")
_ENDING: Final = ("termination", "termination-verb", "termination-with")
_HEDGING: Final = ("pre-possible", "pre-past", "pre-other")
_STOPS: Final = re.compile(r"[:?()\[\]|]")
_JOINT: Final = 8
"""Characters of the longest that begins a clause, and the blank behind it."""


Reached: TypeAlias = tuple[int, int, int]
"""The first and the last, not included, of the cues that act; and where the reach of the last one began."""


def cues_within(sentence: str, cues: Cues) -> "SentenceCues":
    """The cues of a folded sentence, which are found once for all the phrases in it."""
    found = [*cues.ahead.finditer(sentence)]
    acting: list[re.Match[str]] = []
    reached = [*_reached(found, acting, 0, cues)]
    newborns = [*cues.newborn.finditer(sentence)]
    starts, acting_from = [cue.start() for cue in found], [cue.start() for cue in acting]
    return SentenceCues(cues, sentence, found, starts, acting, acting_from, reached, newborns)


def _reached(
    found: Iterable[re.Match[str]], acting: list[re.Match[str]], reach: int, cues: Cues
) -> Iterator[Reached]:
    """After each cue those whose reach no other cue has ended; `acting` is filled with all that act."""
    first = 0
    for cue in found:
        kind, gap = cues.kinds[cue[0]], slice(max(reach, cue.start() - REACH_CHARACTERS), cue.start())
        is_joined = first < len(acting) and _is_joined(kind, cue.string[gap])
        if kind in _ACTING:
            acting.append(cue)
        elif kind in _ENDING and not is_joined:
            first = len(acting)
        if kind in _ACTING or is_joined:
            reach = cue.end()
        yield first, len(acting), reach


@dataclass(frozen=True, slots=True)
class SentenceCues:
    """The cues of one folded sentence, found once, and what they say of each phrase in it.

    `found` are all cues ahead of something, `acting` those that do something to what follows, `starts` and
    `acting_from` where these begin; `reached` which of them act behind each of the cues, `newborns` the words
    for newborns and infants.
    """

    cues: Cues
    sentence: str
    found: Sequence[re.Match[str]]
    starts: Sequence[int]
    acting: Sequence[re.Match[str]]
    acting_from: Sequence[int]
    reached: Sequence[Reached]
    newborns: Sequence[re.Match[str]]

    def stance(self, start: int, end: int) -> Stance:
        """What the sentence says of the phrase between start and end.

        "Rule out X" and "r/o X" ask about X: the stance is possible, not negated; "history of X" is past.
        A colon, a question mark, a parenthesis and a termination ("but", "for", "with") stop what stands
        before them; a comma stops a plain "no" unless it belongs to an enumeration ("no fever, cough, or X").
        """
        sentence, behind = self.sentence, end + REACH_CHARACTERS
        if start == 0 and end == len(sentence):
            return Stance.AFFIRMED
        signed = sign_of(*_near(sentence, start, end)) if "(" in sentence else None
        if signed is Stance.AFFIRMED:
            return signed
        ahead = self._acting_before(start)
        is_negated = self.cues.after.match(sentence, end, behind) or self._is_negated(ahead, start, end)
        if signed is Stance.NEGATED or is_negated:
            return Stance.NEGATED
        kinds = {*self._hedging(ahead, start)}
        if "pre-past" in kinds:
            return Stance.AFFIRMED if self.cues.present.match(sentence, end, behind) else Stance.PAST
        if self.cues.over.match(sentence, end, behind):
            return Stance.OVER
        if self.cues.of_another.match(sentence, end, behind) or self._is_given_away(ahead, start):
            return Stance.OF_ANOTHER
        before = sentence[max(0, start - REACH_CHARACTERS) : start].rstrip()
        is_asked = signed is Stance.POSSIBLE or before.endswith("?")
        return Stance.POSSIBLE if is_asked or kinds else Stance.AFFIRMED

    def is_of_newborn(self, start: int, end: int) -> bool:
        """True where newborns or infants are named right beside the phrase, before it or after it."""
        if not self.newborns:
            return False
        ahead = bisect_right(self.newborns, start, key=_end_of)
        behind = bisect_left(self.newborns, end, key=_start_of)
        gaps = [(found.end(), start) for found in self.newborns[max(0, ahead - 1) : ahead]]
        gaps += [(end, found.start()) for found in self.newborns[behind : behind + 1]]
        return any(_is_beside(self.sentence[first:last]) for first, last in gaps)

    def is_denied_beside(self, start: int, end: int) -> bool:
        """True where the no stands right beside the phrase that it negates, with nothing between."""
        near = self.sentence[max(0, start - REACH_CHARACTERS) : start]
        before = start - len(near) + len(near.rstrip())
        is_behind = self.cues.after.match(self.sentence, end, end + REACH_CHARACTERS)
        if is_behind or sign_of(*_near(self.sentence, start, end)):
            return True
        number, tail = self._found_before(before)
        last = tail[-1] if tail else self.found[number - 1] if number else None
        return last is not None and last.end() == before

    def _found_before(self, position: int) -> tuple[int, Sequence[re.Match[str]]]:
        """How many of the cues end before a position, and those that are found behind them only up to there.

        CAUTION: what is found in the whole sentence may reach beyond the position where a shorter cue ends
        before it, and a word that stands right behind a cue hides it: `?TB`.
        """
        number = bisect_left(self.starts, position)
        is_parted = position == 0 or " " in self.sentence[position - 1 : position + 1]
        if is_parted and (number == 0 or self.found[number - 1].end() <= position):
            return number, ()
        since = max(0, position - self.cues.longest)
        number = bisect_left(self.starts, since)
        since = max(since, self.found[number - 1].end() if number else 0)
        return number, [*self.cues.ahead.finditer(self.sentence, since, position)]

    def _acting_before(self, start: int) -> Sequence[re.Match[str]]:
        """The cues that act on a phrase which begins here, as far as any can reach."""
        number, tail = self._found_before(start)
        first, last, reach = self.reached[number - 1] if number else (0, 0, 0)
        near = bisect_left(self.acting_from, start - REACH_CHARACTERS, first, last)
        acting = [*self.acting[near:last]]
        if not tail:
            return acting
        behind = [*_reached(tail, acting, reach, self.cues)]
        return acting[behind[-1][0] :] if behind else acting

    def _is_negated(self, ahead: Sequence[re.Match[str]], start: int, end: int) -> bool:
        """Whether one of the cues ahead negates the phrase; the nearest is looked at first."""
        if not ahead:
            return False
        sentence, since = self.sentence, ahead[0].end()
        stop = max((found.start() for found in _STOPS.finditer(sentence, since, start)), default=-1)
        comma, is_far = sentence.rfind(",", since, start), False
        listed: int | None = None
        for cue in reversed(ahead):
            gap = sentence[cue.end() : start].lstrip(" :")
            if stop >= start - len(gap):
                return False
            kind = self.cues.kinds[cue[0]]
            if kind == "pre-next":
                is_negated = _is_next(gap) and _begins_clause(cue)
            else:
                is_far = is_far or comma >= cue.end() or len(gap.split()) > NEGATION_REACH_WORDS
                is_negated = not is_far or kind == "pre-list"
                if not is_negated:
                    listed = self._listed_from(since, start, end) if listed is None else listed
                    is_negated = listed >= cue.end()
            if is_negated and kind not in _HEDGING:
                return True
        return False

    def _listed_from(self, since: int, start: int, end: int) -> int:
        """From where on the commas part one list: `no fever, cough, or X`, `no fever, X, or cough`."""
        if _LATER_ITEM.match(self.sentence, end, end + REACH_CHARACTERS):
            return start
        listed = _ENUMERATION.finditer(self.sentence, since, start)
        return max((found.start() for found in listed), default=-1)

    def _hedging(self, ahead: Sequence[re.Match[str]], start: int) -> Iterator[CueKind]:
        """The kinds of the cues ahead that leave the phrase open."""
        for cue in reversed(ahead):
            gap = self.sentence[cue.end() : start]
            if len(gap.split()) > HEDGE_REACH_WORDS or "," in gap or _STOPS.search(gap):
                return
            kind = self.cues.kinds[cue[0]]
            if kind in _HEDGING or (kind == "pre-next" and not gap.strip()):
                yield kind

    def _is_given_away(self, ahead: Sequence[re.Match[str]], start: int) -> bool:
        """Whether one of the cues ahead says that the phrase is another's."""
        return any(
            self.cues.kinds[cue[0]] == "pre-other" and _is_next(self.sentence[cue.end() : start])
            for cue in reversed(ahead)
        )


def _begins_clause(cue: re.Match[str]) -> bool:
    return _CLAUSE_START.search(cue.string, max(0, cue.start() - _JOINT), cue.start()) is not None


def _start_of(cue: re.Match[str]) -> int:
    return cue.start()


def _end_of(cue: re.Match[str]) -> int:
    return cue.end()


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
