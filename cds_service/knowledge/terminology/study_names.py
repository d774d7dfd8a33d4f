"""Which imaging study the name of an order means, recognized cautiously."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cds_service.knowledge.terminology.concepts import Study
from cds_service.knowledge.terminology.words import tokens_of

ANY_CONTRAST: Final = "any"
UNSTATED_CONTRAST: Final = "unstated"
MOST_CHARACTERS_OF_A_NAME: Final = 2_000
"""The name of a study is far shorter; what stands behind this is not looked at."""

Tokens = tuple[str, ...]
Rule = tuple[frozenset[str], str, str]
NO_STUDY: Final = Study("", is_chest_imaging=False)
_IMAGING: Final = ("modality=", "category=")
_MOST_SPECIFIC_FIRST: Final = ("bronchial", "pulmonary-arteries", "chest", "whole-body")


@dataclass(frozen=True, slots=True)
class StudyWords:
    """Phrases (as tokens) with their meanings, such as `modality=ct`, and the rules that join them.

    `rules`: the procedure that modalities, region and contrast together name.
    `spelled` and `named` hold the phrases of `spellings` and `meanings` by their first token, the longest
    first; a name that holds no token of `imaging` is of no imaging.
    """

    spellings: Mapping[Tokens, Tokens]
    meanings: Mapping[Tokens, tuple[str, ...]]
    rules: Mapping[Rule, str]
    spelled: Mapping[str, Sequence[Tokens]]
    named: Mapping[str, Sequence[Tokens]]
    imaging: frozenset[str]

    def study_in(self, text: str) -> Study:
        """The study a text names; the procedure if modality, chest and contrast are all explicit.

        A CT of the chest that says nothing of contrast is the procedure with contrast unspecified. No
        procedure when a part is not explicit, when two phrases contradict each other, or when the text
        also names another part of the body, another kind of procedure, or a doubt ("no", "not").
        """
        tokens = tokens_of(text[:MOST_CHARACTERS_OF_A_NAME])
        if self.imaging.isdisjoint(tokens):
            return NO_STUDY
        said = self._said_by(tokens)
        modalities, regions = frozenset(said["modality"]), said["region"]
        if not modalities:
            return NO_STUDY
        procedure = "" if said["other"] else self._procedure(modalities, regions, said["contrast"])
        is_ct = not modalities.isdisjoint({"ct", "cta"})
        return Study(
            procedure=procedure,
            is_chest_imaging=bool(procedure or regions - {"whole-body"}),
            is_pulmonary_arteries=is_ct and "pulmonary-arteries" in regions,
        )

    def is_imaging_word(self, text: str) -> bool:
        """True for the name of an order category that means imaging, such as `Radiology`."""
        tokens = tokens_of(text[:MOST_CHARACTERS_OF_A_NAME])
        return not self.imaging.isdisjoint(tokens) and bool(self._said_by(tokens)["category"])

    def said_in(self, text: str) -> Mapping[str, set[str]]:
        """Modalities, regions and the like that a text names, also where they make no study."""
        return self._said_by(tokens_of(text[:MOST_CHARACTERS_OF_A_NAME]))

    def modalities_of(self, procedure: str) -> frozenset[str]:
        """Every modality by which a procedure may be named."""
        named = (modalities for (modalities, *_), of in self.rules.items() if of == procedure)
        return frozenset[str]().union(*named)

    def _procedure(self, modalities: frozenset[str], regions: set[str], contrasts: set[str]) -> str:
        region = next((region for region in _MOST_SPECIFIC_FIRST if region in regions), "")
        if len(contrasts) > 1 or not region:
            return ""
        stated = next(iter(contrasts), UNSTATED_CONTRAST)
        exact = self.rules.get((modalities, region, stated))
        return exact or self.rules.get((modalities, region, ANY_CONTRAST), "")

    def _said_by(self, tokens: Tokens) -> Mapping[str, set[str]]:
        said: dict[str, set[str]] = defaultdict(set)
        for phrase in _phrases(_respelled(tokens, self.spellings, self.spelled), self.named):
            for meaning in self.meanings.get(phrase, ()):
                kind, _, value = meaning.partition("=")
                said[kind].add(value)
        return said


def study_words_from(
    spellings: Mapping[str, str], meanings: Mapping[str, Sequence[str]], rules: Mapping[Rule, str]
) -> StudyWords:
    """Study words with every phrase cut into tokens; phrases are read after the spellings."""
    respellings = {tokens_of(words): tokens_of(read_as) for words, read_as in spellings.items()}
    spelled = _by_first_token(respellings)
    meant = {_respelled(tokens_of(w), respellings, spelled): tuple(m) for w, m in meanings.items()}
    return StudyWords(
        spellings=MappingProxyType(respellings),
        meanings=MappingProxyType(meant),
        rules=MappingProxyType(dict(rules)),
        spelled=MappingProxyType(spelled),
        named=MappingProxyType(_by_first_token(meant)),
        imaging=_imaging_tokens(respellings, meant),
    )


def _by_first_token(phrases: Iterable[Tokens]) -> dict[str, list[Tokens]]:
    found: dict[str, list[Tokens]] = defaultdict(list)
    for phrase in sorted(filter(None, phrases), key=len, reverse=True):
        found[phrase[0]].append(phrase)
    return dict(found)


def _imaging_tokens(
    spellings: Mapping[Tokens, Tokens], meanings: Mapping[Tokens, tuple[str, ...]]
) -> frozenset[str]:
    """One token of every phrase that names imaging, and of every spelling that is read as such a token."""
    named = {
        max(phrase, key=len)
        for phrase, meant in meanings.items()
        if phrase and any(meaning.startswith(_IMAGING) for meaning in meant)
    }
    read_so = {max(words, key=len) for words, read_as in spellings.items() if named.intersection(read_as)}
    return frozenset(named | read_so)


def _respelled(
    tokens: Tokens, spellings: Mapping[Tokens, Tokens], spelled: Mapping[str, Sequence[Tokens]]
) -> Tokens:
    return tuple(token for phrase in _phrases(tokens, spelled) for token in spellings.get(phrase, phrase))


def _phrases(tokens: Tokens, known: Mapping[str, Sequence[Tokens]]) -> Iterator[Tokens]:
    """The text cut into known phrases, the longest first; an unknown word stands alone."""
    position = 0
    while position < len(tokens):
        phrase = _phrase_at(tokens, position, known)
        yield phrase
        position += len(phrase)


def _phrase_at(tokens: Tokens, position: int, known: Mapping[str, Sequence[Tokens]]) -> Tokens:
    for phrase in known.get(tokens[position], ()):
        if tokens[position : position + len(phrase)] == phrase:
            return phrase
    return tokens[position : position + 1]
