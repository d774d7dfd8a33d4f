"""Codes and words: which clinical concept or imaging procedure a coding or a phrase stands for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from cds_service.knowledge.terminology.codes import CodeIndex, Systems, TermIndex
from cds_service.knowledge.terminology.concepts import (
    Coding,
    Concept,
    ConceptMatch,
    OrderCode,
    Role,
)
from cds_service.knowledge.terminology.study_names import StudyInText, StudyWords


@dataclass(frozen=True, slots=True)
class Terminology:
    """Every code and word the service knows. Lookups are dict lookups."""

    systems: Systems
    codes: CodeIndex
    terms: TermIndex
    study_words: StudyWords
    order_codes: Mapping[tuple[str, str], OrderCode]
    not_imaging: frozenset[tuple[str, str]]
    codings: Mapping[Concept, tuple[Coding, ...]]
    roles: Mapping[Concept, frozenset[Role]]

    def canonical_system(self, uri: str) -> str:
        """The canonical URI of a code system known by an OID, another spelling or a short name.

        Scheme (http, https), `www.`, case, a trailing slash and a `|version` make no difference.
        An unknown system comes back unchanged.
        """
        return self.systems.canonical(uri)

    def is_known_system(self, uri: str) -> bool:
        """True for a code system this service knows, by any of its names."""
        return self.systems.canonical(uri) in self.systems.matching

    def concepts_of(self, coding: Coding) -> tuple[ConceptMatch, ...]:
        """The concepts a code stands for; ICD codes also by their listed category."""
        return self.codes.find(*self._key(coding))

    def is_silent(self, coding: Coding) -> bool:
        """True for a code whose display must not count either.

        These are the excluded codes and, of ICD, the unlisted codes of the same category: siblings of
        R04.0 and 786.31 are told apart by the code alone.
        """
        return self.codes.is_silent(*self._key(coding))

    def concepts_in(self, text: str) -> tuple[ConceptMatch, ...]:
        """The concepts a free text names with listed words, English or French, and does not negate.

        `by_text` is the term as it is listed (folded). A question ("rule out hemoptysis", "r/o PE",
        "?TB") and a history ("history of hemoptysis") give the certainty possible. Of a very
        long text only the beginning is read.
        """
        return self.terms.find(text)

    def order_code(self, coding: Coding) -> OrderCode | None:
        """What an order code stands for, or None when it is not in the map."""
        return self.order_codes.get(self._key(coding))

    def is_not_imaging(self, coding: Coding) -> bool:
        """True for a code known to be no imaging study, such as bronchoscopy."""
        return self._key(coding) in self.not_imaging

    def study_in(self, text: str) -> StudyInText:
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

    def with_order_codes(self, extra: Iterable[OrderCode]) -> "Terminology":
        """The same terminology with a site's own order codes added; the site's win over the shipped ones."""
        own = {self._key(order_code.coding): order_code for order_code in extra}
        return replace(
            self,
            order_codes=MappingProxyType({**self.order_codes, **own}),
            not_imaging=self.not_imaging - own.keys(),
        )

    def _key(self, coding: Coding) -> tuple[str, str]:
        system = self.systems.canonical(coding.system)
        return system, self.systems.code_key(system, coding.code)
