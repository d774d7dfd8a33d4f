"""The index from codes to concepts: systems by their names, codes and their categories."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from cds_service.knowledge.terminology.concepts import ConceptMatch

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
