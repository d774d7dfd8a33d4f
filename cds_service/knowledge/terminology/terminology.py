"""Codes and words: which clinical concept or imaging procedure a coding or a phrase stands for."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from cds_service.knowledge.terminology.codes import CodeIndex
from cds_service.knowledge.terminology.concepts import (
    CodeMeaning,
    Coding,
    Concept,
    ConceptMatch,
    Role,
    Study,
)
from cds_service.knowledge.terminology.study_names import StudyWords
from cds_service.knowledge.terminology.terms import TermIndex
from cds_service.knowledge.terminology.words import ChartWords

_MOST_KEPT: Final = 8_192
_ASKABLE: Final = re.compile(r"[A-Za-z0-9._~:/+-]+")
_LONGEST_KEPT: Final = 64
"""CAUTION: what a request sends is remembered: bounded, or a sender could fill the memory."""


@dataclass(frozen=True, slots=True)
class Terminology:
    """Every code and word the service knows. Lookups are dict lookups, and codes are remembered.

    `words` are those of charts and orders beside the terms. `own_units` are the units in which a site charts
    the observations that it codes itself.
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

    def meaning(self, system: str, code: str) -> CodeMeaning:
        """What a code means, as it is written: by any name of its system, with blanks around.

        A code is looked up once. Of two threads that meet it first both may look it up.
        """
        known = self._looked_up.get((system, code))
        if known is None:
            known = self._meaning_of(system, code)
            if max(len(system), len(code)) <= _LONGEST_KEPT:
                if len(self._looked_up) >= _MOST_KEPT:
                    self._looked_up.clear()
                self._looked_up[system, code] = known
        return known

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
            order_code=self.order_codes.get(key),
            is_not_imaging=key in self.not_imaging,
        )

    def canonical_system(self, uri: str) -> str:
        """The canonical URI of a code system known by an OID, another spelling or a short name.

        Scheme (http, https), `www.`, case, a trailing slash and a `|version` make no difference.
        An unknown system comes back unchanged.
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
        return self.terms.find(text)

    def study_in(self, text: str) -> Study:
        """The study the name of an order means, if all of it is explicit (see StudyWords.study_in)."""
        return self.study_words.study_in(text)

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
        return self.own_units.get(self.codes.key(system, code), "") if self.own_units else ""

    def with_observation_codes(self, extra: Iterable[tuple[Coding, Concept, str]]) -> "Terminology":
        """The same terminology with a site's own observation codes, each with its concept and unit.

        They are read before the shipped ones, and asked for beside them.
        """
        listed = [(self.codes.key(one.system, one.code), one, concept, unit) for one, concept, unit in extra]
        exact = {key: (ConceptMatch(concept),) for key, _, concept, _ in listed}
        codings = dict(self.codings)
        for _, coding, concept, _ in listed:
            if is_askable(coding):
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


def is_askable(coding: Coding) -> bool:
    """True for a code that can stand in a query as it is: no sign in it parts or ends a list of codes."""
    return _ASKABLE.fullmatch(f"{coding.system}{coding.code}") is not None
