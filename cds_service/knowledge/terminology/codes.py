"""Indexes from codes and words to concepts: systems by their names, codes and categories, terms."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from cds_service.knowledge.terminology.concepts import Certainty, Concept, ConceptMatch, Term
from cds_service.knowledge.terminology.context import Cues, Stance, sentences_of

LONGEST_ICD_CODE = 7


"""Characters without the dot; only ICD codes match by their category."""


MAX_CHARACTERS_READ = 20_000


"""A reason or a name is far shorter; what stands behind this in a text is not looked at."""


ICD_CATEGORY_LENGTH = 3


class Matching(StrEnum):
    """How the codes of a system are compared: as they stand, or as ICD codes (dots and case aside)."""

    EXACT = "exact"
    ICD = "icd"


@dataclass(frozen=True, slots=True)
class Systems:
    """The code systems: canonical URI by any of its names, and how their codes are compared."""

    by_name: Mapping[str, str]
    matching: Mapping[str, Matching]

    def canonical(self, uri: str) -> str:
        """The canonical URI of a system; an unknown one comes back unchanged."""
        if uri in self.matching:
            return uri
        return self.by_name.get(name_key(uri), uri)

    def code_key(self, system: str, code: str) -> str:
        """A code in the form in which codes of its (canonical) system are compared.

        CAUTION: codes of unknown systems are a site's own and may differ in case only.
        """
        match self.matching.get(system):
            case Matching.ICD:
                return code.strip().upper().replace(".", "")
            case Matching.EXACT:
                return code.strip().upper()
            case None:
                return code.strip()


@dataclass(frozen=True, slots=True)
class CodeIndex:
    """Which concepts a code stands for; keys are (canonical system, code key).

    `silent` holds the excluded codes; of an ICD code its category (R04, 786), siblings included.
    """

    exact: Mapping[tuple[str, str], tuple[ConceptMatch, ...]]
    prefixes: Mapping[tuple[str, str], tuple[ConceptMatch, ...]]
    silent: frozenset[tuple[str, str]] = frozenset()

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
    """The listed words, the pattern that finds them, and the cues around them."""

    by_words: Mapping[str, tuple[Term, ...]]
    pattern: re.Pattern[str]
    cues: Cues

    def find(self, text: str) -> tuple[ConceptMatch, ...]:
        """The concepts a text names; one that is also affirmed counts as affirmed."""
        found: dict[Concept, ConceptMatch] = {}
        for sentence in sentences_of(text[:MAX_CHARACTERS_READ]):
            for match in self._matches_in(sentence):
                known = found.get(match.concept)
                if known is None or known.certainty is Certainty.POSSIBLE:
                    found[match.concept] = match
        return tuple(found.values())

    def _matches_in(self, sentence: str) -> Iterable[ConceptMatch]:
        for hit in self.pattern.finditer(sentence):
            stance = self.cues.stance(sentence, hit.start(), hit.end())
            if stance is not Stance.NEGATED:
                yield from (_match_from(term, stance) for term in self._terms_at(sentence, hit))

    def _terms_at(self, sentence: str, hit: re.Match[str]) -> Iterable[Term]:
        """The terms of a hit; bleeding of newborns and infants is another entity than hemoptysis."""
        terms = self.by_words[hit[0]]
        if not self.cues.is_of_newborn(sentence, hit.start(), hit.end()):
            return terms
        return (term for term in terms if term.concept is not Concept.HEMOPTYSIS)


def name_key(name: str) -> str:
    """A system's name in the form in which names are compared."""
    plain = name.strip().lower().partition("|")[0]
    return re.sub(r"^https?://(www\.)?", "", plain).rstrip("/")


def _match_from(term: Term, stance: Stance) -> ConceptMatch:
    certainty = Certainty.POSSIBLE if stance is Stance.POSSIBLE else term.certainty
    return ConceptMatch(term.concept, certainty, by_text=term.words)
