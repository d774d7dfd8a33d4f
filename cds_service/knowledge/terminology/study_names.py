"""Which imaging study the name of an order means, recognised cautiously."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from cds_service.knowledge.terminology.words import tokens_of

ANY_CONTRAST = "any"


UNSTATED_CONTRAST = "unstated"


MAX_CHARACTERS_READ = 2_000


"""The name of a study is far shorter; what stands behind this is not looked at."""


Tokens = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StudyInText:
    """What a name of an order says: the procedure if modality, chest and contrast are all explicit.

    A CT of the chest that says nothing of contrast is the procedure with contrast unspecified.
    """

    procedure: str | None
    is_chest_imaging: bool
    is_pulmonary_arteries: bool = False


NO_STUDY = StudyInText(procedure=None, is_chest_imaging=False)


@dataclass(frozen=True, slots=True)
class StudyRule:
    """Modality words, region and contrast that together name a procedure."""

    modalities: frozenset[str]
    region: str
    contrast: str
    procedure: str


@dataclass(frozen=True, slots=True)
class StudyWords:
    """Phrases (as tokens) with their meanings, such as `modality=ct`, and the rules that join them."""

    spellings: Mapping[Tokens, Tokens]
    meanings: Mapping[Tokens, tuple[str, ...]]
    rules: Mapping[tuple[frozenset[str], str, str], str]

    def study_in(self, text: str) -> StudyInText:
        """The study a text names.

        No procedure when a part is not explicit, when two phrases contradict each other, or when the
        text also names another part of the body, another kind of procedure, or a doubt ("no", "not").
        """
        found = self._found(text)
        modalities, regions = frozenset(found["modality"]), found["region"]
        if not modalities:
            return NO_STUDY
        procedure = None if found["other"] else self._procedure(modalities, regions, found["contrast"])
        is_ct = not modalities.isdisjoint({"ct", "cta"})
        return StudyInText(
            procedure=procedure,
            is_chest_imaging=procedure is not None or bool(regions - {"whole-body"}),
            is_pulmonary_arteries=is_ct and "pulmonary-arteries" in regions,
        )

    def is_imaging_word(self, text: str) -> bool:
        """True for the name of an order category that means imaging, such as `Radiology`."""
        return bool(self._found(text)["category"])

    def _procedure(self, modalities: frozenset[str], regions: set[str], contrasts: set[str]) -> str | None:
        region = _most_specific(regions)
        if len(contrasts) > 1 or region is None:
            return None
        stated = next(iter(contrasts), UNSTATED_CONTRAST)
        exact = self.rules.get((modalities, region, stated))
        return exact or self.rules.get((modalities, region, ANY_CONTRAST))

    def _found(self, text: str) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {
            "modality": set(),
            "region": set(),
            "contrast": set(),
            "other": set(),
            "category": set(),
        }
        spelled = tuple(_respelled(tokens_of(text[:MAX_CHARACTERS_READ]), self.spellings))
        for phrase in _phrases(spelled, self.meanings):
            for meaning in self.meanings.get(phrase, ()):
                kind, _, value = meaning.partition("=")
                found[kind].add(value)
        return found


def study_words_from(
    spellings: Mapping[str, str], meanings: Mapping[str, Sequence[str]], rules: Sequence[StudyRule]
) -> StudyWords:
    """Study words with every phrase cut into tokens; phrases are read after the spellings."""
    respellings = {tokens_of(words): tokens_of(read_as) for words, read_as in spellings.items()}
    return StudyWords(
        spellings=MappingProxyType(respellings),
        meanings=MappingProxyType(
            {tuple(_respelled(tokens_of(w), respellings)): tuple(m) for w, m in meanings.items()}
        ),
        rules=MappingProxyType({(r.modalities, r.region, r.contrast): r.procedure for r in rules}),
    )


def _most_specific(regions: set[str]) -> str | None:
    for region in ("bronchial", "pulmonary-arteries", "chest", "whole-body"):
        if region in regions:
            return region
    return None


def _respelled(tokens: Tokens, spellings: Mapping[Tokens, Tokens]) -> Iterator[str]:
    for phrase in _phrases(tokens, spellings):
        yield from spellings.get(phrase, phrase)


def _phrases(tokens: Tokens, known: Mapping[Tokens, object]) -> Iterator[Tokens]:
    """The text cut into known phrases, the longest first; an unknown word stands alone."""
    longest = max((len(phrase) for phrase in known), default=1)
    position = 0
    while position < len(tokens):
        width = _width_at(tokens, position, longest, known)
        yield tokens[position : position + width]
        position += width


def _width_at(tokens: Tokens, position: int, longest: int, known: Mapping[Tokens, object]) -> int:
    for width in range(min(longest, len(tokens) - position), 1, -1):
        if tokens[position : position + width] in known:
            return width
    return 1
