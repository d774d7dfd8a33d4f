"""What a CodeableConcept means: the concepts it stands for, a status, an answer."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, TypeAlias

import msgspec

from cds_service.deadline import NO_DEADLINE, Deadline
from cds_service.fhir.chart.blood_amounts import tells_of_much
from cds_service.fhir.elements import CodeableConcept, is_masked, tells_of_absence
from cds_service.knowledge.kinds import Measured
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.concepts import (
    AS_SURE,
    Certainty,
    CodeMeaning,
    Coding,
    Concept,
    ConceptMatch,
    Study,
)
from cds_service.knowledge.terminology.terminology import LONGEST_TEXT_KEPT, Terminology, keep, recalled
from cds_service.knowledge.terminology.words import folded

NOTHING_MEANT: tuple[ConceptMatch, ...] = ()


class Coded(msgspec.Struct, frozen=True):
    """The codings and words of CodeableConcepts: their own `texts`, and `displays` (also without a code)."""

    codings: tuple[Coding, ...] = ()
    texts: tuple[str, ...] = ()
    displays: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """Every way in which it is worded, its own text first."""
        return tuple(dict.fromkeys((*self.texts, *self.displays)))

    @property
    def label(self) -> str:
        """How it reads: its text, else a display, else a code."""
        return next(chain(self.texts, self.displays, (coding.code for coding in self.codings)), "")

    @property
    def is_empty(self) -> bool:
        """True when it says nothing."""
        return not (self.codings or self.texts or self.displays)

    def joined(self, other: "Coded") -> "Coded":
        """Both together."""
        return Coded(self.codings + other.codings, self.texts + other.texts, self.displays + other.displays)


UNCODED = Coded()


def coded_from(*concepts: CodeableConcept | None) -> Coded:
    """The codings and words of CodeableConcepts, without blanks around them."""
    codings, texts, displays = [], [], []
    for concept in concepts:
        if concept is None or is_masked(concept):
            continue
        if text := (concept.text or "").strip():
            texts.append(text)
        for coding in concept.coding:
            if tells_of_absence(coding):
                continue
            display = (coding.display or "").strip()
            if display:
                displays.append(display)
            if code := (coding.code or "").strip():
                codings.append(Coding((coding.system or "").strip(), code, display))
    return Coded(tuple(codings), tuple(texts), tuple(displays))


def words_of(concept: CodeableConcept | None) -> list[str]:
    """Every way in which a CodeableConcept is worded, its own text first."""
    if concept is None:
        return []
    words: dict[str, None] = {}
    if concept.text and (text := concept.text.strip()):
        words[text] = None
    for coding in concept.coding:
        if coding.display and (display := coding.display.strip()):
            words[display] = None
    return [*words]


_HIDDEN: Final = frozenset({"masked", "redacted", "subsetted", "abstred", "suppressed", "confidential"})


def is_word(text: str) -> bool:
    """False for what stands where words are hidden (`REDACTED`, `***`), and for a mere number."""
    plain = folded(text).strip(" .*[]()<>")
    return plain not in _HIDDEN and any(map(str.isalpha, plain))


def code_of(concept: CodeableConcept | None) -> str:
    """The first code of a CodeableConcept, empty without any."""
    codes = ((coding.code or "").strip() for coding in concept.coding) if concept else ()
    return next((code for code in codes if code), "")


def worded(text: str) -> Coded:
    """A text alone."""
    return Coded(texts=(text,)) if text else UNCODED


Told: TypeAlias = tuple[str, tuple[ConceptMatch, ...]]
"""How a resource that is referred to is called, and what it means."""


@dataclass(frozen=True, slots=True)
class Meanings:
    """What the codes and texts of one request mean.

    `measured` is what each code of an Observation of an unknown system names, by its hash; `referred` what
    each resource tells that a reason refers to, by the identity of what is read: it is kept with them, so no
    other object can get the same.
    CAUTION: texts are patient data; what they mean is remembered for one request only.
    """

    knowledge: Knowledge
    deadline: Deadline = NO_DEADLINE
    _by_text: dict[str, tuple[ConceptMatch, ...]] = field(default_factory=dict, repr=False)
    _denied: dict[str, frozenset[Concept]] = field(default_factory=dict, repr=False)
    _studies: dict[str, Study] = field(default_factory=dict, repr=False)
    measured: dict[int, Measured] = field(default_factory=dict, repr=False)
    referred: dict[int, tuple[object, Told | None]] = field(default_factory=dict, repr=False)

    @property
    def terminology(self) -> Terminology:
        """The codes and words that are known."""
        return self.knowledge.terminology

    def of(self, coding: Coding) -> CodeMeaning:
        """What a code means."""
        return self.knowledge.terminology.meaning(coding.system, coding.code)

    def in_text(self, text: str) -> tuple[ConceptMatch, ...]:
        """The concepts that a text names."""
        found = self._by_text.get(text)
        if found is None:
            self.deadline.check()
            meant, denied = self.knowledge.terminology.read(text)
            found = self._by_text[text] = self._with_size(text, meant)
            if denied:
                self._denied[text] = denied
        return found

    @property
    def denies_something(self) -> bool:
        """True where some text that was read names something only to say no from afar."""
        return bool(self._denied)

    def denied_in(self, text: str) -> frozenset[Concept]:
        """What a text that was read names only to say no from afar: it may mean another thing."""
        return self._denied.get(text, frozenset())

    def _with_size(self, text: str, meant: tuple[ConceptMatch, ...]) -> tuple[ConceptMatch, ...]:
        """With a possible `severe` where a size or an amount calls the bleed large: `hemoptysis, 300 mL`."""
        of_now = {match.concept for match in meant if match.is_present}
        if Concept.SEVERE in of_now or (meant and Concept.HEMOPTYSIS not in of_now):
            return meant
        is_named, knowledge = bool(meant), self.knowledge
        is_large = recalled(knowledge.large, text, lambda t: tells_of_much(t, knowledge, is_named=is_named))
        severe = ConceptMatch(Concept.SEVERE, Certainty.POSSIBLE, by_text=text)
        return (*meant, severe) if is_large else meant

    def study_in(self, text: str) -> Study:
        """The study that a text names."""
        found = self._studies.get(text)
        if found is None:
            self.deadline.check()
            found = self._studies[text] = self.knowledge.terminology.study_in(text)
        return found

    def of_concept(self, concept: CodeableConcept | None) -> tuple[ConceptMatch, ...]:
        """The same as `meant` of the concept as Coded, found once for all that are alike."""
        if concept is None:
            return NOTHING_MEANT
        key = hash(concept)
        try:
            return self.knowledge.meant[key]
        except KeyError:
            return self._remembered(key, concept)

    def _remembered(self, key: int, concept: CodeableConcept) -> tuple[ConceptMatch, ...]:
        """What a concept means, kept beyond the request where that holds none of its texts.

        A match by size has the text itself; what a text denies is noted for each request.
        """
        meaning = self.knowledge.terminology.meaning
        found: list[ConceptMatch] = []
        silent: set[str] = set()
        for coding in concept.coding:
            if coding.code:
                meant = meaning(coding.system or "", coding.code)
                found += meant.matches
                if meant.is_silent:
                    silent.add((coding.display or "").strip())
        words = () if found else [word for word in words_of(concept) if word not in silent]
        known = merged(found) if found else self.worded(words)
        is_plain = not any(word in self._denied or len(word) > LONGEST_TEXT_KEPT for word in words)
        if is_plain and all(match.concept is not Concept.SEVERE for match in known):
            keep(self.knowledge.meant, key, known)
        return known

    def meant(self, coded: Coded) -> tuple[ConceptMatch, ...]:
        """The concepts that the codes stand for; where they stand for none that is listed, the words'."""
        return self.coded(coded) or self.worded(self.telling_words(coded))

    def coded(self, coded: Coded) -> tuple[ConceptMatch, ...]:
        """The concepts that the codes stand for."""
        return merged(match for coding in coded.codings for match in self.of(coding).matches)

    def worded(self, words: Iterable[str]) -> tuple[ConceptMatch, ...]:
        """The concepts that words name."""
        return merged(match for text in words for match in self.in_text(text))

    def telling_words(self, coded: Coded) -> tuple[str, ...]:
        """Its words, but for the displays of codes that are listed (the code wins) or excluded.

        A text that only repeats the display of such an ICD code or of an excluded code says no more than
        the code: `Acute idiopathic pulmonary hemorrhage in infants` must not count by the words in it.
        """
        settled, repeated = set(), set()
        for coding in coded.codings:
            meaning = self.of(coding)
            if meaning.is_silent or meaning.matches:
                settled.add(coding.display)
                if meaning.is_silent or meaning.is_icd:
                    repeated.add(coding.display)
        texts = [text for text in coded.texts if text not in repeated]
        return tuple(dict.fromkeys((*texts, *(word for word in coded.displays if word not in settled))))

    def is_telling(self, coded: Coded) -> bool:
        """True when it says something definite: words, or a code of a known system."""
        return any(map(is_word, coded.words)) or any(self.of(c).is_known_system for c in coded.codings)

    def answer_in(self, coded: Coded) -> bool | None:
        """True for yes and False for no, by its words; None for neither or both.

        By words alone, since no verified codes of answers were found; a full stop and a semantic tag say
        nothing: `Absent (qualifier value)`.
        """
        answers = self.knowledge.words.answers
        words = (folded(text.partition(" (")[0]).rstrip(".") for text in coded.words)
        said = {answers[word] for word in words if word in answers}
        return said.pop() if len(said) == 1 else None


def merged(matches: Iterable[ConceptMatch]) -> tuple[ConceptMatch, ...]:
    """One match for each concept: the surest one, the coded one, the first."""
    matches = tuple(matches)
    if len(matches) < 2:
        return matches
    best: dict[Concept, ConceptMatch] = {}
    for match in matches:
        known = best.get(match.concept)
        if known is None or _strength(match) > _strength(known):
            best[match.concept] = match
    return tuple(best.values())


def _strength(match: ConceptMatch) -> tuple[int, bool]:
    return AS_SURE[match.certainty], not match.by_text
