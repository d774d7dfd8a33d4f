"""Which imaging study the name of an order means, recognized cautiously."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cds_service.knowledge.terminology.concepts import Study
from cds_service.knowledge.terminology.words import folded, tokens_of

ANY_CONTRAST: Final = "any"
OPEN_CONTRAST: Final = "unspecified"
UNSTATED_CONTRAST: Final = "unstated"
MOST_CHARACTERS_OF_A_NAME: Final = 2_000
"""The name of a study is far shorter; what stands behind this is not looked at."""

Tokens = tuple[str, ...]
Rule = tuple[frozenset[str], str, str]
NO_STUDY: Final = Study("", is_chest_imaging=False)
_IMAGING: Final = ("modality=", "category=")
_DOUBTS: Final = ("doubt", "referral")
_CATHETER: Final = ("embolization", "angiography")
_ELSEWHERE: Final = ("region", "organ")
_PLACE: Final = ("region=", "presumed=", "other=region")
_UNRATED_PART: Final = "aorta"
_SIGNS: Final = (
    (re.compile("\\+/?[-\u2212\u2013]|\u00b1"), " plusminus "),
    (re.compile("[-\u2212\u2013]/\\+"), " minusplus "),
    (re.compile(r"\+"), " plus "),
    (re.compile("(?<=\\w)[-\u2212\u2013](?!\\w)|\\([-\u2212\u2013]\\)"), " minus "),
)
_JOINED: Final = re.compile(r"(?<![^\W_])[^\W_]+(?:[-/+&][^\W_]+)+")
_SHORTEST_PART: Final = 3
_WORD: Final = re.compile("[a-z0-9]+|[^\\W_\\u0000-\\u024f\\u1e00-\\u1eff]+")
"""A word of a folded name: CAUTION, one of a script that no term is in is a word too, and is not known."""
_DENIAL: Final = "denial=next"
_DENIED_TOO: Final = "denial=onward"
_OF_CHEST: Final = "region=chest"
_SENTENCES: Final = re.compile(r"[.;\r\n]")
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

        A CT of the chest that says nothing of contrast, or leaves it open, is the procedure with contrast
        unspecified; a CT angiography is with contrast by definition. Another part of the body beside the
        chest is told (`has_other_regions`). No procedure when a part is not explicit, when two phrases
        contradict each other, or the text holds a doubt ("no", "not"); an intervention, and an organ with a
        study of its own, are no chest imaging (see `is_no_study`).
        """
        tokens = _tokens(text)
        if self.imaging.isdisjoint(tokens):
            return NO_STUDY
        said = self._said_by(tokens)
        modalities, regions = frozenset(said["modality"]), said["region"]
        if not modalities or _is_no_study(said):
            return NO_STUDY
        is_doubtful = not said["other"].isdisjoint(_DOUBTS)
        procedure = "" if is_doubtful else self._procedure(modalities, regions, said["contrast"])
        is_ct = not modalities.isdisjoint({"ct", "cta"})
        return Study(
            procedure=procedure,
            is_chest_imaging=bool(procedure or regions - {"whole-body"}),
            is_pulmonary_arteries=is_ct and "pulmonary-arteries" in regions,
            has_other_regions=self._has_further_part(said, text),
        )

    def names_further_part(self, text: str) -> bool:
        """True for a name of the chest and of another part of the body.

        A word that is not known counts as one where a hyphen or a slash joins it to that of the chest.
        """
        return self._has_further_part(self.said_in(text), text)

    def _has_further_part(self, said: Mapping[str, set[str]], text: str) -> bool:
        is_named = not said["other"].isdisjoint(_ELSEWHERE)
        joined = _JOINED.findall(text[:MOST_CHARACTERS_OF_A_NAME])
        return bool(said["region"]) and (is_named or any(map(self._is_partly_unknown, joined)))

    def _is_partly_unknown(self, joined: str) -> bool:
        """True for words joined to that of the chest one of which is not known: `thorax/xyz`."""
        tokens = _words_of(joined)
        if not any(meaning == _OF_CHEST for token in tokens for meaning in self.meanings.get((token,), ())):
            return False
        unknown = (t for t in tokens if t not in self.named and t not in self.spelled)
        return any(
            token.isalpha() and (len(token) >= _SHORTEST_PART or not token.isascii()) for token in unknown
        )

    def is_no_study(self, text: str) -> bool:
        """True for the name of an intervention, also one that imaging guides, and of the study of an organ.

        A radiograph that names an intervention is taken before or after it.
        """
        return _is_no_study(self.said_in(text))

    def is_elsewhere(self, text: str) -> bool:
        """True for the name of an intervention, and of a listed part of the body beside which no chest is."""
        said = self.said_in(text)
        return _is_guided(said) or not (said["region"] or said["other"].isdisjoint(_ELSEWHERE))

    def contrast_in(self, text: str) -> str:
        """What instructions say of contrast: `with`, `without`, `without-and-with`; empty for nothing.

        A sentence with a doubt, a condition, a region that is not the chest or an earlier study is left out;
        two that contradict each other say nothing.
        """
        sentences = (self.said_in(part) for part in _SENTENCES.split(text[:MOST_CHARACTERS_OF_A_NAME]))
        stated = {contrast for said in sentences if not said["other"] for contrast in said["contrast"]}
        return stated.pop() if len(stated) == 1 and OPEN_CONTRAST not in stated else ""

    def is_place(self, text: str) -> bool:
        """True for words of nothing but a part of the body: `Thorax`, in instructions beside the study."""
        said = [self.meanings.get(phrase, ()) for phrase in self.phrases_in(text)]
        return bool(said) and all(meant and all(m.startswith(_PLACE) for m in meant) for meant in said)

    def is_imaging_word(self, text: str) -> bool:
        """True for the name of an order category that means imaging, such as `Radiology`."""
        return self._has_category(text, "imaging")

    def is_laboratory_word(self, text: str) -> bool:
        """True for the name of a laboratory test or of the order category of such tests."""
        return self._has_category(text, "laboratory")

    def names_more_than_a_test(self, text: str) -> bool:
        """True for a name of an intervention or of imaging, also beside that of a laboratory test."""
        said = self.said_in(text)
        return bool(said["modality"] or said["other"] & {"procedure", "guidance"})

    def _has_category(self, text: str, category: str) -> bool:
        tokens = _tokens(text)
        return not self.imaging.isdisjoint(tokens) and category in self._said_by(tokens)["category"]

    def phrases_in(self, text: str) -> Iterator[Tokens]:
        """The text cut into the phrases that are known; an unknown word stands alone."""
        return _phrases(_respelled(_tokens(text), self.spellings, self.spelled), self.named)

    def said_in(self, text: str) -> Mapping[str, set[str]]:
        """Modalities, regions and the like that a text names, also where they make no study."""
        return self._said_by(_tokens(text))

    def modalities_of(self, procedure: str) -> frozenset[str]:
        """Every modality by which a procedure may be named."""
        named = (modalities for (modalities, *_), of in self.rules.items() if of == procedure)
        return frozenset[str]().union(*named)

    def _procedure(self, modalities: frozenset[str], regions: set[str], contrasts: set[str]) -> str:
        region = next((region for region in _MOST_SPECIFIC_FIRST if region in regions), "")
        if len(contrasts) > 1 or not region or _UNRATED_PART in regions:
            return ""
        stated = next(iter(contrasts - {OPEN_CONTRAST}), UNSTATED_CONTRAST)
        exact = self.rules.get((modalities, region, stated))
        return exact or self.rules.get((modalities, region, ANY_CONTRAST), "")

    def _said_by(self, tokens: Tokens) -> Mapping[str, set[str]]:
        phrases = _phrases(_respelled(tokens, self.spellings, self.spelled), self.named)
        said: dict[str, set[str]] = defaultdict(set)
        for meanings in _without_denied([self.meanings.get(phrase, ()) for phrase in phrases]):
            for meaning in meanings:
                kind, _, value = meaning.partition("=")
                said[kind].add(value)
        _settle(said)
        return said


def _tokens(text: str) -> Tokens:
    """The words of a name; the signs of `IV+`, `C-` and `+/- contrast` are words too."""
    cut = text[:MOST_CHARACTERS_OF_A_NAME]
    for sign, word in _SIGNS:
        cut = sign.sub(word, cut)
    return _words_of(cut)


def _words_of(text: str) -> Tokens:
    """The words of a text, those of every script: what is not understood is never passed over."""
    return tokens_of(text) if text.isascii() else tuple(_WORD.findall(folded(text)))


def _without_denied(meant: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Without the modality that a denial stands before (`not CTA`), where another one is left.

    `No X-ray or CT` denies both: all of it is left as it is, with its doubt.
    """
    triples = enumerate(zip(meant, meant[1:], [*meant[2:], ()], strict=False))
    denied = {
        n
        for n, (first, second, third) in triples
        if _DENIAL in first and _has_modality(second) and _DENIED_TOO not in third
    }
    left = [said for n, said in enumerate(meant) if n not in denied and n - 1 not in denied]
    return left if any(map(_has_modality, left)) else meant


def _has_modality(meanings: Iterable[str]) -> bool:
    return any(meaning.startswith(_IMAGING[0]) for meaning in meanings)


def _settle(said: dict[str, set[str]]) -> None:
    """What a word means depends on those beside it.

    `HRCT` and `aorta` are of the chest unless another part is named alone; screening is imaging only of an
    organ or beside a word of imaging; the radiology that someone is referred to is no imaging.
    """
    if said["region"] or "region" not in said["other"]:
        said["region"] |= said["presumed"]
    if said["modality"] == {"screening"} and not said["region"] and "imaging" not in said["category"]:
        said["modality"].clear()
    if "referral" in said["other"] and not said["modality"]:
        said["category"].discard("imaging")


def _is_no_study(said: Mapping[str, set[str]]) -> bool:
    return "organ" in said["other"] or _is_guided(said)


def _is_guided(said: Mapping[str, set[str]]) -> bool:
    """A radiograph is taken before or after an intervention; an embolization is one that is rated."""
    modalities, other = said["modality"], said["other"]
    is_guided = "guidance" in other or ("procedure" in other and modalities != {"radiography"})
    return is_guided and modalities.isdisjoint(_CATHETER)


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
