"""The index of terms, made from the listed words."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from cds_service.knowledge.terminology.concepts import Concept, ConceptMatch
from cds_service.knowledge.terminology.context import Cues
from cds_service.knowledge.terminology.neighbors import WORD, Phrase
from cds_service.knowledge.terminology.terms import TermIndex
from cds_service.knowledge.terminology.words import words_needed


def term_index_from(
    terms: Iterable[ConceptMatch],
    cues: Cues,
    *,
    others: Iterable[tuple[Concept, str]] = (),
    doubts: Iterable[tuple[Concept, str]] = (),
    lasting: Iterable[Concept] = (),
) -> TermIndex:
    """The index of terms, each as the match that its folded words give; `denials` are folded words too."""
    by_words: dict[str, tuple[ConceptMatch, ...]] = {}
    for term in terms:
        by_words[term.by_text] = (*by_words.get(term.by_text, ()), term)
    needed = _needed(by_words)
    meanings = {tuple(WORD.findall(words)): meant for words, meant in by_words.items()}
    return TermIndex(
        by_words=MappingProxyType(by_words),
        needed=MappingProxyType(needed),
        words_of=MappingProxyType(_words_of(by_words)),
        phrases=MappingProxyType(_by_first_word(meanings)),
        meanings=MappingProxyType(meanings),
        inner=frozenset(needed) | cues.first_words,
        others=MappingProxyType(_by_concept(others)),
        doubts=MappingProxyType(_by_concept(doubts)),
        lasting=frozenset(lasting),
        cues=cues,
    )


def _by_first_word(phrases: Iterable[Phrase]) -> dict[str, tuple[Phrase, ...]]:
    found: dict[str, tuple[Phrase, ...]] = {}
    for phrase in sorted(phrases, key=len, reverse=True):
        found[phrase[0]] = (*found.get(phrase[0], ()), phrase)
    return found


def _by_concept(listed: Iterable[tuple[Concept, str]]) -> dict[Concept, frozenset[Phrase]]:
    found: dict[Concept, frozenset[Phrase]] = {}
    for concept, words in listed:
        found[concept] = found.get(concept, frozenset()) | {tuple(WORD.findall(words))}
    return found


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
