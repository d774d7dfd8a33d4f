"""Codes and words: which clinical concept or imaging procedure a coding or a phrase stands for."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, TypeVar

from cds_service.knowledge.terminology.concepts import (
    CodeMeaning,
    Coding,
    Concept,
    ConceptMatch,
    Role,
    Study,
)
from cds_service.knowledge.terminology.neighbors import A_YEAR, is_called_large, years_behind
from cds_service.knowledge.terminology.signs import OF_NOW
from cds_service.knowledge.terminology.stances import cues_within
from cds_service.knowledge.terminology.study_names import StudyWords
from cds_service.knowledge.terminology.terms import Read, TermIndex
from cds_service.knowledge.terminology.words import ChartWords, sentences_of

LONGEST_CATEGORY: Final = 7
"""Characters of the longest category that is listed, without the dot of an ICD."""

Matching: TypeAlias = Literal["exact", "icd", "hierarchy", "modifier"]
"""How the codes of a system are compared.

`exact`: as they stand; `icd`: by categories too, dots aside; `hierarchy`: by categories too; `modifier`:
without the modifiers behind them (`71250-26`, `71250TC`).
"""

_WITH_MODIFIERS: Final = re.compile(r"([0-9A-Z][0-9]{3}[0-9A-Z])(?:[- ]?[0-9A-Z]{2}){1,4}")

ICD_CATEGORY_LENGTH: Final = 3
ICD: Final = "icd"


@dataclass(frozen=True, slots=True)
class CodeIndex:
    """The code systems, and which concepts a code stands for; keys are (canonical system, code key).

    `names` gives the canonical URI of a system by any of its names, `matching` says how its codes are
    compared; case never counts. `modified` gives the system of which a national one is a modification: a code
    not listed in its own system counts as it does there. `silent` holds the excluded codes; of an ICD code
    its category (R04, 786), siblings included. An excluded code stands in `exact` with no meaning, so that no
    category makes it one.
    """

    names: Mapping[str, str]
    matching: Mapping[str, Matching]
    modified: Mapping[str, str] = field(default_factory=dict)
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
        if self.is_icd(uri):
            return uri, plain.replace(".", "")
        has_modifiers = self.matching[uri] == "modifier" and _WITH_MODIFIERS.fullmatch(plain)
        return uri, has_modifiers[1] if has_modifiers else plain

    def is_icd(self, uri: str) -> bool:
        """True for the canonical URI of an ICD."""
        return self.matching.get(uri) == ICD

    def find(self, system: str, key: str) -> tuple[ConceptMatch, ...]:
        """What the code itself stands for, else what its longest listed category does, else nothing.

        Of a national modification what is not listed for itself counts as in the system that it modifies.
        """
        known = self.exact.get((system, key))
        if known is not None:
            return known
        for length in range(min(len(key), LONGEST_CATEGORY), 0, -1):
            if match := self.prefixes.get((system, key[:length])):
                return match
        modified = self.modified.get(system)
        return () if modified is None or self._is_shut(system, key) else self.find(modified, key)

    def _is_shut(self, system: str, key: str) -> bool:
        """True for an excluded code and in its category: what counts there is listed in the system itself."""
        return not {(system, key), (system, key[:ICD_CATEGORY_LENGTH])}.isdisjoint(self.silent)

    def is_silent(self, system: str, key: str) -> bool:
        """True for an excluded code, and for an unlisted ICD code in the category of one."""
        return self._is_shut(system, key) and not self.find(system, key)


def name_key(name: str) -> str:
    """A system's name in the form in which names are compared."""
    plain = name.strip().lower().partition("|")[0]
    return re.sub(r"^https?://(www\.)?", "", plain).rstrip("/")


HIERARCHY: Final = "hierarchy"
_MOST_KEPT: Final = 8_192
_LONGEST_KEPT: Final = 64
LONGEST_TEXT_KEPT: Final = 200
"""CAUTION: what a request sends is remembered: bounded, or a sender could fill the memory."""


K = TypeVar("K")
T = TypeVar("T")


def keep(memory: dict[K, T], key: K, found: T) -> None:
    """Remember what was found, in place of the rest when that is too much."""
    if len(memory) >= _MOST_KEPT:
        memory.clear()
    memory[key] = found


def recalled(memory: dict[int, T], text: str, find: Callable[[str], T]) -> T:
    """What a text was found to say, remembered if it is short.

    CAUTION: by its hash alone, so that no text of a request is kept; it cannot be made to collide, since
    Python draws its key anew in each process.
    """
    found = memory.get(key := hash(text))
    if found is None:
        found = find(text)
        if len(text) <= LONGEST_TEXT_KEPT:
            keep(memory, key, found)
    return found


@dataclass(frozen=True, slots=True)
class Terminology:
    """Every code and word the service knows. Lookups are dict lookups, and codes are remembered.

    `words` are those of charts and orders beside the terms. `own_units` are the units in which a site charts
    the observations that it codes itself. `texts` remembers what short texts say, `_further` which of them
    name a part of the body beside the chest.
    """

    codes: CodeIndex
    terms: TermIndex
    study_words: StudyWords
    words: ChartWords
    order_codes: Mapping[tuple[str, str], Study]
    order_codings: Mapping[tuple[str, str], Coding]
    not_imaging: frozenset[tuple[str, str]]
    codings: Mapping[Concept, tuple[Coding, ...]]
    roles: Mapping[Concept, frozenset[str]]
    own_units: Mapping[tuple[str, str], str] = field(default_factory=dict)
    _looked_up: dict[tuple[str, str], CodeMeaning] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    texts: dict[int, Read] = field(default_factory=dict, init=False, repr=False, compare=False)
    _further: dict[int, bool] = field(default_factory=dict, init=False, repr=False, compare=False)

    def meaning(self, system: str, code: str) -> CodeMeaning:
        """What a code means, as it is written: by any name of its system, with blanks around.

        A code is looked up once. Of two threads that meet it first both may look it up.
        """
        known = self._looked_up.get((system, code))
        if known is None:
            known = self._meaning_of(system, code)
            if max(len(system), len(code)) <= _LONGEST_KEPT:
                keep(self._looked_up, (system, code), known)
        return known

    def read(self, text: str) -> Read:
        """What a text names, and what it names only to say no."""
        return recalled(self.texts, text, self.terms.read)

    def _meaning_of(self, written_system: str, code: str) -> CodeMeaning:
        key = system, _ = self.codes.key(written_system, code)
        matches = self.codes.find(*key)
        return CodeMeaning(
            system=system,
            matches=matches,
            concepts=frozenset(match.concept for match in matches),
            is_silent=self.codes.is_silent(*key),
            is_icd=self.codes.is_icd(system),
            is_known_system=system in self.codes.matching,
            order_code=self._order_code_of(*key),
            is_not_imaging=key in self.not_imaging,
        )

    def _order_code_of(self, system: str, code: str) -> Study | None:
        """The study of an order code; in a hierarchy (`8-836.k2`) that of the nearest listed one above."""
        if self.codes.matching.get(system) != HIERARCHY:
            return self.order_codes.get((system, code))
        lengths = range(min(len(code), _LONGEST_KEPT), 0, -1)
        return next((found for n in lengths if (found := self.order_codes.get((system, code[:n])))), None)

    def canonical_system(self, uri: str) -> str:
        """The canonical URI of a code system known by an OID, another spelling or a short name.

        Scheme, `www.`, case, a trailing slash, a `|version` make no difference; an unknown one comes back.
        """
        return self.codes.canonical(uri)

    def is_known_system(self, uri: str) -> bool:
        """True for a code system this service knows, by any of its names."""
        return self.codes.canonical(uri) in self.codes.matching

    def concepts_in(self, text: str) -> tuple[ConceptMatch, ...]:
        """The concepts a free text names with listed words, in any listed language, and does not negate.

        `by_text` is the term as it is listed (folded); up to two other words may stand inside it. A question
        ("rule out hemoptysis", "r/o PE", "?TB") gives the certainty possible, a history ("history of
        hemoptysis") the certainty past. Words of recurrence and of degree count where no other thing is
        named, or in a sentence that names hemoptysis. Of a very long text only the beginning is read.
        """
        return self.read(text)[0]

    def calls_bleed_large(self, text: str) -> bool:
        """True where words of size tell that hemoptysis of now is a large one (see `is_called_large`)."""
        for sentence in dict.fromkeys(sentences_of(text)):
            around = cues_within(sentence, self.terms.cues)
            for spans, meant in self.terms.hits_in(sentence):
                start, end = spans[0][0], spans[-1][1]
                is_bleed = any(m.concept is Concept.HEMOPTYSIS and m.is_present for m in meant)
                if not is_bleed or around.stance(start, end) not in OF_NOW:
                    continue
                inside = " ".join(sentence[first[1] : second[0]] for first, second in pairwise(spans))
                parts = sentence[:start], inside, sentence[end:]
                if is_called_large(parts, self.words, self.terms.cues.first_words):
                    return True
        return False

    def year_told(self, text: str, concepts: Collection[Concept]) -> str:
        """The one year right behind the terms of the concepts; empty where they stand without one too."""
        sentences = sentences_of(text) if A_YEAR.search(text) else ()
        years = {y for s in sentences for y in years_behind(s, self.terms.hits_in(s), concepts)}
        return years.pop() if len(years) == 1 else ""

    def study_in(self, text: str) -> Study:
        """The study the name of an order means, if all of it is explicit (see StudyWords.study_in)."""
        return self.study_words.study_in(text)

    def names_further_part(self, text: str) -> bool:
        """True for a name of the chest and of another part of the body."""
        return recalled(self._further, text, self.study_words.names_further_part)

    def is_imaging_word(self, text: str) -> bool:
        """True for the name of an order category that means imaging, such as `Radiology`, `Imagerie`."""
        return self.study_words.is_imaging_word(text)

    def codes_of(self, concept: Concept) -> tuple[Coding, ...]:
        """The codes of a concept in the order of its list (categories included)."""
        return self.codings.get(concept, ())

    def has_role(self, concept: Concept, role: Role) -> bool:
        """True when the manifest of the code lists gives the concept this role."""
        return role in self.roles.get(concept, frozenset())

    def unit_of(self, system: str, code: str) -> str:
        """The unit of a site's own observation code, for a number charted without one; empty for none."""
        return self.own_units.get(self.codes.key(system, code), "")

    def with_observation_codes(self, extra: Iterable[tuple[Coding, Concept, str]]) -> "Terminology":
        """The same terminology with a site's own observation codes, each with its concept and unit.

        They are read before the shipped ones, and asked for beside them.
        """
        listed = [(self.codes.key(one.system, one.code), one, concept, unit) for one, concept, unit in extra]
        exact = {key: (ConceptMatch(concept),) for key, _, concept, _ in listed}
        codings = dict(self.codings)
        for _, coding, concept, _ in listed:
            if coding.is_askable:
                codings[concept] = (*codings.get(concept, ()), coding)
        return replace(
            self,
            codes=replace(self.codes, exact=MappingProxyType({**self.codes.exact, **exact})),
            codings=MappingProxyType(codings),
            own_units=MappingProxyType({key: unit for key, _, _, unit in listed if unit}),
        )

    def with_order_codes(self, extra: Iterable[tuple[Coding, Study]]) -> "Terminology":
        """The same terminology with a site's own order codes added; the site's win over the shipped ones."""
        listed = [(self.codes.key(coding.system, coding.code), coding, study) for coding, study in extra]
        studies = {key: study for key, _, study in listed}
        codings = {key: coding for key, coding, _ in listed}
        return replace(
            self,
            order_codes=MappingProxyType({**self.order_codes, **studies}),
            order_codings=MappingProxyType({**self.order_codings, **codings}),
            not_imaging=self.not_imaging - studies.keys(),
        )
