"""The index of listed words: which concepts a free text names, how surely, and in which of its sentences."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from msgspec.structs import replace

from cds_service.knowledge.terminology.concepts import AS_SURE, Certainty, Concept, ConceptMatch
from cds_service.knowledge.terminology.context import Cues
from cds_service.knowledge.terminology.neighbors import (
    WORD,
    Hit,
    Phrase,
    Span,
    are_doubted,
    are_joined,
    places_of,
    readings_of,
)
from cds_service.knowledge.terminology.signs import Stance
from cds_service.knowledge.terminology.stances import SentenceCues, cues_within
from cds_service.knowledge.terminology.words import folded, sentences_of, tokens_of

OTHER_WORDS_INSIDE: Final = 2
"""So many other words may stand inside a term: `coughing up some blood` (BEHAVIOUR 5)."""

LONGEST_TERM: Final = 12
"""Words; a longer term is found, but not told where another one reaches into it."""

Read: TypeAlias = tuple[tuple[ConceptMatch, ...], frozenset[Concept]]
"""The concepts that a text names, and those of which it says no only from afar: it may mean another thing."""

_NOTHING: Final[Read] = ((), frozenset())
_PLAIN: Final = re.compile(r"[\w' ]*")
_ASIDE: Final = re.compile(r"\s*[,:(\[]\s*")
_CLAUSE_END: Final = re.compile(r"\s*(?:$|[,:)\]])")
_BAD_BLEED: Final = frozenset({Concept.SEVERE, Concept.HEMOPTYSIS})
_OF_THE_BLEED: Final = frozenset({Concept.SEVERE, Concept.RECURRENCE})
_BY_STANCE: Final = {
    Stance.POSSIBLE: Certainty.POSSIBLE,
    **dict.fromkeys((Stance.PAST, Stance.OVER, Stance.OF_ANOTHER), Certainty.PAST),
}


@dataclass(frozen=True, slots=True)
class TermIndex:
    """The listed words, how they are found in a text, and the cues around them.

    `needed` holds, by its longest word, all the words that a text must hold to name a term; `words_of` those
    of each term of a concept. `phrases` are the terms as words, by the first one, the longest first.
    `inner` are words that may not stand inside a term: they belong to another term, or to a cue.
    Beside a term of a concept its `others` tell of another thing, elsewhere in the sentence perhaps: a
    `venous` saturation, an electric `shock`; its `doubts`, beside a term, leave it in doubt: an `anticipated`
    intubation. Of a `lasting` thing (COPD, a reaction to contrast) a history says that it may last.
    """

    by_words: Mapping[str, tuple[ConceptMatch, ...]]
    needed: Mapping[str, tuple[frozenset[str], ...]]
    words_of: Mapping[Concept, tuple[frozenset[str], ...]]
    phrases: Mapping[str, tuple[Phrase, ...]]
    meanings: Mapping[Phrase, tuple[ConceptMatch, ...]]
    inner: frozenset[str]
    others: Mapping[Concept, frozenset[Phrase]]
    doubts: Mapping[Concept, frozenset[Phrase]]
    lasting: frozenset[Concept]
    cues: Cues

    def find(self, text: str) -> tuple[ConceptMatch, ...]:
        """The concepts a text names, each as surely as it is named anywhere in it."""
        return self.read(text)[0]

    def read(self, text: str) -> Read:
        """The concepts a text names, as `find`, and those that it names only to say no from afar."""
        if not self.may_name_any(text):
            return _NOTHING
        # Nothing around it could change what it says; a name may be shortened: `Resp. rate`.
        if terms := self.by_words.get(folded(text)) or self.by_words.get(folded(text.replace(".", ""))):
            return tuple({term.concept: term for term in terms}.values()), frozenset()
        found: dict[Concept, ConceptMatch] = {}
        denied: set[Concept] = set()
        for sentence in dict.fromkeys(sentences_of(text)):  # what is said twice says no more
            matches, negated = self._read_in(sentence)
            denied |= negated
            for match in matches:
                known = found.get(match.concept)
                if known is None or AS_SURE[match.certainty] > AS_SURE[known.certainty]:
                    found[match.concept] = match
        return tuple(found.values()), frozenset(denied - found.keys())

    def may_name(self, text: str, concept: Concept) -> bool:
        """False for nearly every text that does not name the concept; never for one that does."""
        said = frozenset(tokens_of(text))
        return any(words <= said for words in self.words_of.get(concept, ()))

    def may_name_any(self, text: str) -> bool:
        """False for nearly every text that names no term, at little cost; never for one that does."""
        tokens = tokens_of(text)
        if self.needed.keys().isdisjoint(tokens):
            return False
        said = frozenset(tokens)
        return any(words <= said for token in said for words in self.needed.get(token, ()))

    def is_excepted(self, texts: Iterable[str], agent: Concept, reaction: Concept) -> bool:
        """True where all that words name of an agent was tolerated, or is itself under a no.

        The first word for it, or for a reaction to it, that is neither settles that it is not.
        """
        may_name = (t for t in texts if self.may_name(t, agent) or self.may_name(t, reaction))
        is_named = False
        for sentence in dict.fromkeys(s for text in may_name for s in sentences_of(text)):
            concepts = [
                (spans, {match.concept for match in meant}) for spans, meant in self.hits_in(sentence)
            ]
            hits = [hit for hit in concepts if not hit[1].isdisjoint((agent, reaction))]
            around = cues_within(sentence, self.cues)
            doubted = are_doubted(around, [spans for spans, _ in hits], self.doubts.get(agent, frozenset()))
            for (spans, meant), is_doubted in zip(hits, doubted, strict=True):
                is_denied = (
                    reaction not in meant and around.stance(spans[0][0], spans[-1][1]) is Stance.NEGATED
                )
                if not (is_doubted or is_denied):
                    return False
            is_named = is_named or bool(hits)
        return is_named

    def hits_in(self, sentence: str) -> Iterator[Hit]:
        """The terms in a folded sentence, the longest one where several begin; none within another."""
        yield from self._hits_among([*WORD.finditer(sentence)])

    def _hits_among(self, words: Sequence[re.Match[str]]) -> Iterator[Hit]:
        texts = [word[0] for word in words]
        said = {*texts}
        position = 0
        while position < len(words):
            last = position
            for phrase in self.phrases.get(texts[position], ()):
                if said.issuperset(phrase) and (places := self._places_of(phrase, words, position)):
                    yield tuple(words[place].span() for place in places), self.meanings[phrase]
                    last = places[-1]
                    break
            position = last + 1

    def spans_in(self, sentence: str) -> Iterator[Span]:
        """Where the words of terms stand, and the words that deny one."""
        for spans, _ in self.hits_in(sentence):
            yield from spans
        words = [*WORD.finditer(sentence)]
        for phrases in (*self.others.values(), *self.doubts.values()):
            for first, last in places_of(words, phrases):
                yield from (word.span() for word in words[first : last + 1])

    def _places_of(self, phrase: Phrase, words: Sequence[re.Match[str]], position: int) -> list[int]:
        """The places of the words of a term that begins here, with few others inside; none for no term."""
        spare, places = OTHER_WORDS_INSIDE, [position]
        for wanted in phrase[1:]:
            position += 1
            while position < len(words) and are_joined(words, position) and words[position][0] != wanted:
                if spare == 0 or words[position][0] in self.inner:
                    return []
                spare, position = spare - 1, position + 1
            if position >= len(words) or not are_joined(words, position):
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

    def _read_in(self, sentence: str) -> tuple[list[ConceptMatch], set[Concept]]:
        """The matches in a sentence, as surely as it says them, and what it negates, but not right beside."""
        if not self.may_name_any(sentence):
            return [], set()
        words = [*WORD.finditer(sentence)]
        if not (found_in := [*self._hits_among(words)]):
            return [], set()
        around = cues_within(sentence, self.cues)
        hits = [(spans, self._terms_at(around, spans, terms)) for spans, terms in found_in]
        named = {term.concept for _, terms in hits for term in terms}
        set_aside = self._of_something_else(sentence, hits, named)
        readings = {concept: self._readings(words, hits, concept) for concept in named - set_aside}
        sure: set[Concept] = set()
        found: list[ConceptMatch] = []
        denied: set[Concept] = set()
        for place, (spans, terms) in enumerate(hits):
            open_terms = [t for t in terms if t.concept in readings and t.concept not in sure]
            read = [(t, reading) for t in open_terms if (reading := readings[t.concept][place])]
            if not read:
                continue
            start, end = spans[0][0], spans[-1][1]
            stance = around.stance(start, end)
            if stance is not Stance.NEGATED:
                said = [*self._said(read, stance)]
                found += said
                sure |= {match.concept for match in said if match.certainty is Certainty.DEFINITE}
            elif not around.is_denied_beside(start, end):
                denied |= {term.concept for term, _ in read}
        return found, denied

    def _said(self, read: Sequence[tuple[ConceptMatch, Certainty]], stance: Stance) -> Iterator[ConceptMatch]:
        """The terms of a hit that is not negated, as surely as its sentence says them of the patient."""
        for term, reading in read:
            if stance is Stance.OF_ANOTHER and not self._may_last(term, stance):
                continue
            stated = min(self._certainty(term, stance), reading, key=AS_SURE.__getitem__)
            yield term if stated is term.certainty else replace(term, certainty=stated)

    def _readings(
        self, words: Sequence[re.Match[str]], hits: Sequence[Hit], concept: Concept
    ) -> Sequence[Certainty | None]:
        others, doubts = self.others.get(concept, frozenset()), self.doubts.get(concept, frozenset())
        if not (others or doubts):
            return [Certainty.DEFINITE] * len(hits)
        own = [spans if any(t.concept is concept for t in terms) else () for spans, terms in hits]
        return readings_of(words, own, others, doubts, self.cues.first_words)

    def _certainty(self, term: ConceptMatch, stance: Stance) -> Certainty:
        said = _BY_STANCE.get(stance, Certainty.DEFINITE)
        if said is Certainty.PAST and self._may_last(term, stance):
            said = Certainty.POSSIBLE
        return min(term.certainty, said, key=AS_SURE.__getitem__)

    def _may_last(self, term: ConceptMatch, stance: Stance) -> bool:
        """True for a lasting thing, and a bleed or a pregnancy that is over or feared: it may be of now."""
        is_open = term.concept in (Concept.HEMOPTYSIS, Concept.PREGNANCY) and stance is not Stance.PAST
        return is_open or term.concept in self.lasting

    def _terms_at(
        self, around: SentenceCues, spans: tuple[Span, ...], terms: tuple[ConceptMatch, ...]
    ) -> tuple[ConceptMatch, ...]:
        """The terms of a hit; bleeding of newborns and infants is another entity than hemoptysis."""
        if all(term.concept is not Concept.HEMOPTYSIS for term in terms):
            return terms
        if not around.is_of_newborn(spans[0][0], spans[-1][1]):
            return terms
        return tuple(term for term in terms if term.concept is not Concept.HEMOPTYSIS)

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
        words = WORD.findall(gap)
        is_plain = _PLAIN.fullmatch(gap) is not None and len(words) <= OTHER_WORDS_INSIDE
        return is_plain and self.inner.isdisjoint(words)
