"""The index of listed words: which concepts a free text names, how surely, and in which of its sentences."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Final, TypeAlias

from msgspec.structs import replace

from cds_service.knowledge.terminology.concepts import AS_SURE, Certainty, Concept, ConceptMatch
from cds_service.knowledge.terminology.context import SPELLED_OUT, Cues, Stance, sentences_of
from cds_service.knowledge.terminology.words import folded, tokens_of

MAX_CHARACTERS_READ: Final = 20_000
"""A reason or a name is far shorter; what stands behind this in a text is not looked at."""

OTHER_WORDS_INSIDE: Final = 2
"""So many other words may stand inside a term: `coughing up some blood` (BEHAVIOUR 5)."""

LONGEST_TERM: Final = 12
"""Words; a longer term is found, but not told where another one reaches into it."""

Phrase: TypeAlias = tuple[str, ...]
Span: TypeAlias = tuple[int, int]
Hit: TypeAlias = tuple[tuple[Span, ...], tuple[ConceptMatch, ...]]
"""Where the words of a term stand in its sentence, and what it stands for."""

_WORD: Final = re.compile(r"\w+")
_JOINTS: Final = frozenset({" ", "'", "' ", "/", " / ", " & ", " ("})
"""What may stand between the words of a term; after an elision the next word may follow at once."""

_PLAIN: Final = re.compile(r"[\w' ]*")
_ASIDE: Final = re.compile(r"\s*[,:(\[]\s*")
_CLAUSE_END: Final = re.compile(r"\s*(?:$|[,:)\]])")
_BAD_BLEED: Final = frozenset({Concept.SEVERE, Concept.HEMOPTYSIS})
_OF_THE_BLEED: Final = frozenset({Concept.SEVERE, Concept.RECURRENCE})
_BY_STANCE: Final = {Stance.POSSIBLE: Certainty.POSSIBLE, Stance.PAST: Certainty.PAST}


@dataclass(frozen=True, slots=True)
class TermIndex:
    """The listed words, how they are found in a text, and the cues around them.

    `needed` holds, by its longest word, all the words that a text must hold to name a term; `words_of` those
    of each term of a concept. `phrases` are the terms as words, by the first one, the longest first.
    `inner` are words that may not stand inside a term: they belong to another term, or to a cue.
    `denials` are words that tell of another thing than the concepts in whose sentence they stand: a `venous`
    saturation, a heparin `flush`. Of a `lasting` thing (COPD, a reaction to contrast) a history says that it
    may be there still.
    """

    by_words: Mapping[str, tuple[ConceptMatch, ...]]
    needed: Mapping[str, tuple[frozenset[str], ...]]
    words_of: Mapping[Concept, tuple[frozenset[str], ...]]
    phrases: Mapping[str, tuple[Phrase, ...]]
    meanings: Mapping[Phrase, tuple[ConceptMatch, ...]]
    inner: frozenset[str]
    denials: Mapping[Concept, frozenset[Phrase]]
    lasting: frozenset[Concept]
    cues: Cues

    def find(self, text: str) -> tuple[ConceptMatch, ...]:
        """The concepts a text names, each as surely as it is named anywhere in it."""
        text = text[:MAX_CHARACTERS_READ]
        if not self.may_name_any(text):
            return ()
        # Nothing around it could change what it says; a name may be shortened: `Resp. rate`.
        if terms := self.by_words.get(folded(text)) or self.by_words.get(folded(text.replace(".", ""))):
            return tuple({term.concept: term for term in terms}.values())
        found: dict[Concept, ConceptMatch] = {}
        for sentence in sentences_of(text):
            for match in self._matches_in(sentence):
                known = found.get(match.concept)
                if known is None or AS_SURE[match.certainty] > AS_SURE[known.certainty]:
                    found[match.concept] = match
        return tuple(found.values())

    def may_name(self, text: str, concept: Concept) -> bool:
        """False for nearly every text that does not name the concept; never for one that does."""
        said = frozenset(tokens_of(text[:MAX_CHARACTERS_READ]))
        return any(words <= said for words in self.words_of.get(concept, ()))

    def may_name_any(self, text: str) -> bool:
        """False for nearly every text that names no term, at little cost; never for one that does."""
        tokens = tokens_of(text)
        if self.needed.keys().isdisjoint(tokens):
            return False
        said = frozenset(tokens)
        return any(words <= said for token in said for words in self.needed.get(token, ()))

    def hits_in(self, sentence: str) -> Iterator[Hit]:
        """The terms in a folded sentence, the longest one where several begin; none within another."""
        words = [*_WORD.finditer(sentence)]
        position = 0
        while position < len(words):
            last = position
            for phrase in self.phrases.get(words[position][0], ()):
                if places := self._places_of(phrase, words, position):
                    yield tuple(words[place].span() for place in places), self.meanings[phrase]
                    last = places[-1]
                    break
            position = last + 1

    def spans_in(self, sentence: str) -> Iterator[Span]:
        """Where the words of terms stand, and the words that deny one."""
        for spans, _ in self.hits_in(sentence):
            yield from spans
        denying = frozenset[Phrase]().union(*self.denials.values())
        words = [*_WORD.finditer(sentence)]
        for beside in (*((word,) for word in words), *pairwise(words)):
            if tuple(word[0] for word in beside) in denying:
                yield from (word.span() for word in beside)

    def _places_of(self, phrase: Phrase, words: Sequence[re.Match[str]], position: int) -> list[int]:
        """The places of the words of a term that begins here, with few others inside; none for no term."""
        spare, places = OTHER_WORDS_INSIDE, [position]
        for wanted in phrase[1:]:
            position += 1
            while position < len(words) and _are_joined(words, position) and words[position][0] != wanted:
                if spare == 0 or words[position][0] in self.inner:
                    return []
                spare, position = spare - 1, position + 1
            if position >= len(words) or not _are_joined(words, position):
                return []
            places.append(position)
        is_cut = spare < OTHER_WORDS_INSIDE and self._begins_another(words, position)
        return [] if is_cut else places

    def _begins_another(self, words: Sequence[re.Match[str]], position: int) -> bool:
        """True where a longer term stands at once: the blood of a `blood pressure` is not coughed up."""
        following = tuple(word[0] for word in words[position : position + LONGEST_TERM])
        return any(
            len(phrase) > 1 and following[: len(phrase)] == phrase
            for phrase in self.phrases.get(following[0], ())
        )

    def _matches_in(self, sentence: str) -> Iterable[ConceptMatch]:
        if not self.may_name_any(sentence):
            return ()
        hits = [(spans, self._terms_at(sentence, spans, terms)) for spans, terms in self.hits_in(sentence)]
        named = {term.concept for _, terms in hits for term in terms}
        denied = self._denied_in(sentence, hits, named) | self._of_something_else(sentence, hits, named)
        return [match for match in self._stated(sentence, hits) if match.concept not in denied]

    def _stated(self, sentence: str, hits: Iterable[Hit]) -> Iterator[ConceptMatch]:
        """The matches that the sentence does not negate, as surely as it says them."""
        for spans, terms in hits:
            start, end = spans[0][0], spans[-1][1]
            stance = self.cues.stance(sentence, start, end)
            if stance is Stance.NEGATED:
                continue
            for term in terms:
                stated = self._certainty(term, stance)
                yield term if stated is term.certainty else replace(term, certainty=stated)

    def _certainty(self, term: ConceptMatch, stance: Stance) -> Certainty:
        said = _BY_STANCE.get(stance, Certainty.DEFINITE)
        if said is Certainty.PAST and term.concept in self.lasting:
            said = Certainty.POSSIBLE
        return min(term.certainty, said, key=AS_SURE.__getitem__)

    def _terms_at(
        self, sentence: str, spans: tuple[Span, ...], terms: tuple[ConceptMatch, ...]
    ) -> tuple[ConceptMatch, ...]:
        """The terms of a hit; bleeding of newborns and infants is another entity than hemoptysis."""
        if all(term.concept is not Concept.HEMOPTYSIS for term in terms):
            return terms
        if not self.cues.is_of_newborn(sentence, spans[0][0], spans[-1][1]):
            return terms
        return tuple(term for term in terms if term.concept is not Concept.HEMOPTYSIS)

    def _denied_in(self, sentence: str, hits: Sequence[Hit], named: set[Concept]) -> set[Concept]:
        """The concepts that other words of the sentence than their own terms make another thing."""
        return {
            concept
            for concept in named & self.denials.keys()
            if not self.denials[concept].isdisjoint(_said_around(sentence, hits, concept))
        }

    def _of_something_else(self, sentence: str, hits: Sequence[Hit], named: set[Concept]) -> set[Concept]:
        """Degree and recurrence of another thing than the bleed: `severe COPD`, `recurrent pneumonia`.

        In a sentence that names hemoptysis, words of recurrence are of it, and a word of degree only beside
        its own words: a wrong degree would prove.
        """
        alone = named & _OF_THE_BLEED
        is_of_newborn = any(not terms for _, terms in hits)
        if not alone or (named == alone and not is_of_newborn):
            return set()
        if Concept.HEMOPTYSIS not in named:
            return alone
        is_severe = Concept.SEVERE not in alone or self._is_beside_the_bleed(sentence, hits)
        return set() if is_severe else {Concept.SEVERE}

    def _is_beside_the_bleed(self, sentence: str, hits: Sequence[Hit]) -> bool:
        """True for a term of both, for a degree before the bleed, for one behind it that ends a clause."""
        before: tuple[int, frozenset[Concept]] = (0, frozenset())
        for spans, terms in hits:
            meant, (start, end) = frozenset(term.concept for term in terms), (spans[0][0], spans[-1][1])
            if meant >= _BAD_BLEED:
                return True
            is_near = self._is_near(sentence[before[0] : start])
            if meant | before[1] >= _BAD_BLEED and is_near:
                return Concept.SEVERE in before[1] or _CLAUSE_END.match(sentence, end) is not None
            is_between = is_near and meant == {Concept.RECURRENCE}
            before = (end, before[1] if is_between else meant)
        return False

    def _is_near(self, gap: str) -> bool:
        """True for nothing but a comma, a colon or a parenthesis between, or for few words that join."""
        if _ASIDE.fullmatch(gap):
            return True
        words = _WORD.findall(gap)
        is_plain = _PLAIN.fullmatch(gap) is not None
        return is_plain and len(words) <= OTHER_WORDS_INSIDE and self.inner.isdisjoint(words)


def term_index_from(
    terms: Iterable[ConceptMatch],
    cues: Cues,
    *,
    denials: Iterable[tuple[Concept, str]] = (),
    lasting: Iterable[Concept] = (),
) -> TermIndex:
    """The index of terms, each as the match that its folded words give; `denials` are folded words too."""
    by_words: dict[str, tuple[ConceptMatch, ...]] = {}
    for term in terms:
        by_words[term.by_text] = (*by_words.get(term.by_text, ()), term)
    needed = _needed(by_words)
    meanings = {tuple(_WORD.findall(words)): meant for words, meant in by_words.items()}
    denied: dict[Concept, frozenset[Phrase]] = {}
    for concept, words in denials:
        denied[concept] = denied.get(concept, frozenset()) | {tuple(_WORD.findall(words))}
    return TermIndex(
        by_words=MappingProxyType(by_words),
        needed=MappingProxyType(needed),
        words_of=MappingProxyType(_words_of(by_words)),
        phrases=MappingProxyType(_by_first_word(meanings)),
        meanings=MappingProxyType(meanings),
        inner=frozenset(needed) | cues.first_words,
        denials=MappingProxyType(denied),
        lasting=frozenset(lasting),
        cues=cues,
    )


def _by_first_word(phrases: Iterable[Phrase]) -> dict[str, tuple[Phrase, ...]]:
    found: dict[str, tuple[Phrase, ...]] = {}
    for phrase in sorted(phrases, key=len, reverse=True):
        found[phrase[0]] = (*found.get(phrase[0], ()), phrase)
    return found


def _said_around(sentence: str, hits: Sequence[Hit], concept: Concept) -> frozenset[Phrase]:
    """The words of a sentence, alone and in pairs, outside the terms of a concept."""
    own = [s for spans, terms in hits if any(term.concept is concept for term in terms) for s in spans]
    starts = [0, *(end for _, end in own)]
    ends = [*(start for start, _ in own), len(sentence)]
    said = [_WORD.findall(sentence[start:end]) for start, end in zip(starts, ends, strict=True)]
    pairs = ((a, b) for words in said for a, b in pairwise(words))
    return frozenset((*((word,) for words in said for word in words), *pairs))


def _are_joined(words: Sequence[re.Match[str]], position: int) -> bool:
    """True when only a blank or an elision parts a word from the one before it."""
    before, word = words[position - 1], words[position]
    return word.string[before.end() : word.start()] in _JOINTS


def _needed(phrases: Iterable[str]) -> dict[str, tuple[frozenset[str], ...]]:
    found: dict[str, tuple[frozenset[str], ...]] = {}
    for phrase in phrases:
        words = words_needed(phrase)
        longest = max(sorted(words), key=len)
        found[longest] = (*found.get(longest, ()), words)
    return found


def _words_of(terms: Mapping[str, Iterable[ConceptMatch]]) -> dict[Concept, tuple[frozenset[str], ...]]:
    found: dict[Concept, tuple[frozenset[str], ...]] = {}
    for words, meant in terms.items():
        for term in meant:
            found[term.concept] = (*found.get(term.concept, ()), words_needed(words))
    return found


def words_needed(phrase: str) -> frozenset[str]:
    """The words that a text must hold to name a phrase; none where it could not be told by words.

    CAUTION: what the sentences of a text spell out (`not` for `n't`) need not stand in the text itself.
    """
    return frozenset(tokens_of(phrase)) - SPELLED_OUT
