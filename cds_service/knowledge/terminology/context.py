"""The cues of a free text: the words that affirm, doubt or negate what stands near them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

_LEAD: Final = r"\s*+(?:[:=?]\s*+)?(?:(?:is|was|a ete|est)\s+)?"
_CLAUSE_END: Final = r"\s*(?:$|[,)\]]|\s:|\.(?!\w))"
_NEXT_FIELD: Final = r"\s+\w[\w ]{0,30}[:=]"
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

_UNBROKEN: Final = ("pseudo", "experiencer", "filler", "termination-with", "post-present", "pre-other")
_TRAILING: Final = ("post", "post-alone", "post-field", "post-present", "post-past", "post-other")
_NOWHERE: Final = (*_TRAILING, "joint")


@dataclass(frozen=True, slots=True)
class Cues:
    """The cues before a term with their kinds, and the patterns that find cues before and after it.

    `first_words` are those with which a cue begins, or that are one: where one stands, no term goes on.
    `longest` is how many characters the longest cue ahead has.
    """

    kinds: Mapping[str, CueKind]
    ahead: re.Pattern[str]
    after: re.Pattern[str]
    newborn: re.Pattern[str]
    present: re.Pattern[str]
    over: re.Pattern[str]
    of_another: re.Pattern[str]
    first_words: frozenset[str]
    longest: int


def cues_from(cues: Iterable[tuple[CueKind, str]]) -> Cues:
    """The cues, given with their folded words, and the patterns that find them."""
    listed = list(cues)
    after, alone, field, present, past, other = (_pattern(listed, kind) for kind in _TRAILING)
    kinds = {words: kind for kind, words in listed if kind not in _NOWHERE}
    return Cues(
        kinds=MappingProxyType(kinds),
        ahead=pattern_of(kinds),
        after=re.compile(
            rf"{_LEAD}(?:(?:{after})|(?!\(neg\))[(\[]?\s*+(?:{alone}){_CLAUSE_END})"
            rf"|\s*+[:=?]\s*+(?:{alone}|{field}){_NEXT_FIELD}|\s*+[:=?(\[]\s*+(?:{field}){_CLAUSE_END}"
            rf"|\s*+(?!\(neg\))[,(\[]{_LEAD}(?:{after}|{alone}){_CLAUSE_END}"
        ),
        newborn=re.compile(_pattern(listed, "experiencer")),
        present=re.compile(rf"[ ,(]*+(?:{present})"),
        over=re.compile(rf"[ ,(]*+{_LEAD}(?:{past}){_CLAUSE_END}"),
        of_another=re.compile(rf"[ ,(]*+(?:{other})"),
        first_words=frozenset(
            word
            for kind, words in listed
            for word in re.findall(r"\w+", words)[:1]
            if kind not in _UNBROKEN and (kind not in _TRAILING or word == words)
        ),
        longest=max(map(len, kinds), default=0),
    )


def pattern_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """A pattern that finds whole phrases, the longest one where several begin at the same place.

    After an elision (`pas d'`) the next word may follow at once.
    """
    whole = _branches(frozenset(phrases))
    return re.compile(rf"(?<!\w)(?:{whole})(?:(?!\w)|(?<='))" if whole else r"(?!)")


def _branches(phrases: frozenset[str]) -> str:
    """A part of a pattern that finds one of the phrases, the longest first, by one letter after the other.

    A list of them all would be tried one by one at every word, which takes ten times as long.
    """
    tails: dict[str, set[str]] = {}
    for phrase in phrases - {""}:
        tails.setdefault(phrase[0], set()).add(phrase[1:])
    parts = (re.escape(first) + _branches(frozenset(tails[first])) for first in sorted(tails))
    whole = "|".join(parts)
    return f"(?:{whole}){'?' * ('' in phrases)}" if whole else ""


def _pattern(listed: Iterable[tuple[CueKind, str]], wanted: CueKind) -> str:
    return pattern_of(words for kind, words in listed if kind == wanted).pattern
