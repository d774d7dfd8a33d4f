"""Indexes from codes and words to concepts: systems by their names, codes and categories, terms."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from cds_service.knowledge.terminology.concepts import Certainty, Concept, ConceptMatch
from cds_service.knowledge.terminology.context import SPELLED_OUT, Cues, Stance, sentences_of
from cds_service.knowledge.terminology.words import folded, pattern_of, tokens_of

LONGEST_ICD_CODE: Final = 7
"""Characters without the dot; only ICD codes match by their category."""

MAX_CHARACTERS_READ: Final = 20_000
"""A reason or a name is far shorter; what stands behind this in a text is not looked at."""

ICD_CATEGORY_LENGTH: Final = 3
ICD: Final = "icd"


@dataclass(frozen=True, slots=True)
class CodeIndex:
    """The code systems, and which concepts a code stands for; keys are (canonical system, code key).

    `names` gives the canonical URI of a system by any of its names, `matching` says how its codes are
    compared: `exact`, as they stand, or `icd`, dots aside; in either case does not count. `silent` holds
    the excluded codes; of an ICD code its category (R04, 786), siblings included.
    """

    names: Mapping[str, str]
    matching: Mapping[str, str]
    exact: Mapping[tuple[str, str], tuple[ConceptMatch, ...]] = field(default_factory=dict)
    prefixes: Mapping[tuple[str, str], tuple[ConceptMatch, ...]] = field(default_factory=dict)
    silent: frozenset[tuple[str, str]] = frozenset()

    def canonical(self, uri: str) -> str:
        """The canonical URI of a system; an unknown one comes back unchanged."""
        if uri in self.matching:
            return uri
        return self.names.get(name_key(uri), uri)

    def key(self, system: str, code: str) -> tuple[str, str]:
        """The canonical system, and the code in the form in which its codes are compared.

        CAUTION: codes of unknown systems are a site's own and may differ in case only.
        """
        uri = self.canonical(system)
        if uri not in self.matching:
            return uri, code.strip()
        plain = code.strip().upper()
        return uri, plain.replace(".", "") if self.is_icd(uri) else plain

    def is_icd(self, uri: str) -> bool:
        """True for the canonical URI of an ICD."""
        return self.matching.get(uri) == ICD

    def find(self, system: str, key: str) -> tuple[ConceptMatch, ...]:
        """What the code itself stands for, else what its longest listed category does, else nothing."""
        if match := self.exact.get((system, key)):
            return match
        for length in range(min(len(key), LONGEST_ICD_CODE), 0, -1):
            if match := self.prefixes.get((system, key[:length])):
                return match
        return ()

    def is_silent(self, system: str, key: str) -> bool:
        """True for an excluded code, and for an unlisted ICD code in the category of one."""
        is_excluded = not {(system, key), (system, key[:ICD_CATEGORY_LENGTH])}.isdisjoint(self.silent)
        return is_excluded and not self.find(system, key)


@dataclass(frozen=True, slots=True)
class TermIndex:
    """The listed words, the pattern that finds them, and the cues around them.

    `needed` holds, by its longest word, all the words that a text must hold to name a term; `words_of` those
    of each term of a concept.
    """

    by_words: Mapping[str, tuple[ConceptMatch, ...]]
    needed: Mapping[str, tuple[frozenset[str], ...]]
    words_of: Mapping[Concept, tuple[frozenset[str], ...]]
    pattern: re.Pattern[str]
    cues: Cues

    def find(self, text: str) -> tuple[ConceptMatch, ...]:
        """The concepts a text names; one that is also affirmed counts as affirmed."""
        text = text[:MAX_CHARACTERS_READ]
        if not self._may_name(text):
            return ()
        if terms := self.by_words.get(folded(text)):  # nothing around it could change what it says
            return tuple({term.concept: term for term in terms}.values())
        found: dict[Concept, ConceptMatch] = {}
        for sentence in sentences_of(text):
            for match in self._matches_in(sentence):
                known = found.get(match.concept)
                if known is None or known.certainty is Certainty.POSSIBLE:
                    found[match.concept] = match
        return tuple(found.values())

    def may_name(self, text: str, concept: Concept) -> bool:
        """False for nearly every text that does not name the concept; never for one that does."""
        said = frozenset(tokens_of(text[:MAX_CHARACTERS_READ]))
        return any(words <= said for words in self.words_of.get(concept, ()))

    def _may_name(self, text: str) -> bool:
        """False for nearly every text that names no term, at little cost; never for one that does."""
        tokens = tokens_of(text)
        if self.needed.keys().isdisjoint(tokens):
            return False
        said = frozenset(tokens)
        return any(words <= said for token in said for words in self.needed.get(token, ()))

    def _matches_in(self, sentence: str) -> Iterable[ConceptMatch]:
        if not self._may_name(sentence):
            return
        for hit in self.pattern.finditer(sentence):
            stance = self.cues.stance(sentence, hit.start(), hit.end())
            if stance is not Stance.NEGATED:
                yield from (_match_from(term, stance) for term in self._terms_at(sentence, hit))

    def _terms_at(self, sentence: str, hit: re.Match[str]) -> Iterable[ConceptMatch]:
        """The terms of a hit; bleeding of newborns and infants is another entity than hemoptysis."""
        terms = self.by_words[hit[0]]
        if all(term.concept is not Concept.HEMOPTYSIS for term in terms):
            return terms
        if not self.cues.is_of_newborn(sentence, hit.start(), hit.end()):
            return terms
        return (term for term in terms if term.concept is not Concept.HEMOPTYSIS)


def term_index_from(terms: Iterable[ConceptMatch], cues: Cues) -> TermIndex:
    """The index of terms, each as the match that its folded words give."""
    by_words: dict[str, tuple[ConceptMatch, ...]] = {}
    for term in terms:
        by_words[term.by_text] = (*by_words.get(term.by_text, ()), term)
    return TermIndex(
        by_words=MappingProxyType(by_words),
        needed=MappingProxyType(_needed(by_words)),
        words_of=MappingProxyType(_words_of(by_words)),
        pattern=pattern_of(by_words),
        cues=cues,
    )


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


def name_key(name: str) -> str:
    """A system's name in the form in which names are compared."""
    plain = name.strip().lower().partition("|")[0]
    return re.sub(r"^https?://(www\.)?", "", plain).rstrip("/")


def _match_from(term: ConceptMatch, stance: Stance) -> ConceptMatch:
    return replace(term, certainty=Certainty.POSSIBLE) if stance is Stance.POSSIBLE else term
