"""CodeableConcepts of any shape, and the concepts that they stand for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from cds_service.fhir.before.json_values import objects_in, text_in
from cds_service.knowledge.terminology.codes import Matching
from cds_service.knowledge.terminology.concepts import Certainty, Coding, Concept, ConceptMatch
from cds_service.knowledge.terminology.terminology import Terminology


@dataclass(frozen=True, slots=True)
class Coded:
    """The codings (with canonical systems) and the words of a CodeableConcept.

    `texts` are its own words, `displays` those of its codings, also of codings without a code.
    """

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
        codes = tuple(coding.code for coding in self.codings)
        return next(iter((*self.words, *codes)), "")

    @property
    def is_empty(self) -> bool:
        """True when it says nothing."""
        return not (self.codings or self.words)

    def joined(self, other: "Coded") -> "Coded":
        """Both together."""
        return Coded(self.codings + other.codings, self.texts + other.texts, self.displays + other.displays)


def coded_from(value: Any, terminology: Terminology) -> Coded:
    """A CodeableConcept, an array of them, an R5 CodeableReference, a bare Coding, or a plain text."""
    if isinstance(value, str):
        return Coded(texts=(value.strip(),)) if value.strip() else Coded()
    parts = [_from_object(concept, terminology) for concept in objects_in(value)]
    return Coded(
        codings=tuple(coding for part in parts for coding in part.codings),
        texts=tuple(text for part in parts for text in part.texts),
        displays=tuple(display for part in parts for display in part.displays),
    )


def _from_object(concept: dict[str, Any], terminology: Terminology) -> Coded:
    if "concept" in concept and "coding" not in concept:
        return coded_from(concept["concept"], terminology) if _is_shallow(concept["concept"]) else Coded()
    written = objects_in(concept.get("coding", concept if "code" in concept else None))
    codings = (_coding_from(coding, terminology) for coding in written)
    text = text_in(concept.get("text"))
    return Coded(
        codings=tuple(coding for coding in codings if coding.code),
        texts=(text,) if text else (),
        displays=tuple(d for coding in written if (d := text_in(coding.get("display")))),
    )


def _is_shallow(concept: Any) -> bool:
    """False for a concept in a concept, which no FHIR version has."""
    return not any("concept" in inner for inner in objects_in(concept))


def _coding_from(coding: dict[str, Any], terminology: Terminology) -> Coding:
    code = coding.get("code")
    written = str(code) if isinstance(code, int) and not isinstance(code, bool) else text_in(code)
    system = terminology.canonical_system(text_in(coding.get("system")))
    return Coding(system, written, text_in(coding.get("display")))


def concepts_coded(coded: Coded, terminology: Terminology) -> tuple[ConceptMatch, ...]:
    """The concepts that the codes stand for."""
    return merged(match for coding in coded.codings for match in terminology.concepts_of(coding))


def concepts_worded(words: Iterable[str], terminology: Terminology) -> tuple[ConceptMatch, ...]:
    """The concepts that words name."""
    return merged(match for text in words for match in terminology.concepts_in(text))


def concepts_meant(coded: Coded, terminology: Terminology) -> tuple[ConceptMatch, ...]:
    """The concepts that the codes stand for; where they stand for none that is listed, the words'."""
    return concepts_coded(coded, terminology) or concepts_worded(
        telling_words(coded, terminology), terminology
    )


def telling_words(coded: Coded, terminology: Terminology) -> tuple[str, ...]:
    """Its words, but for the displays of codes that are listed (the code wins) or excluded.

    A text that only repeats the display of such an ICD code or of an excluded code says no more than
    the code: `Acute idiopathic pulmonary hemorrhage in infants` must not count by the words in it.
    """
    settled = {coding.display for coding in coded.codings if _is_settled(coding, terminology)}
    repeated = {coding.display for coding in coded.codings if _is_settled_by_icd(coding, terminology)}
    texts = (text for text in coded.texts if text not in repeated)
    return tuple(dict.fromkeys((*texts, *(word for word in coded.displays if word not in settled))))


def _is_settled(coding: Coding, terminology: Terminology) -> bool:
    return bool(terminology.concepts_of(coding)) or terminology.is_silent(coding)


def _is_settled_by_icd(coding: Coding, terminology: Terminology) -> bool:
    is_icd = terminology.systems.matching.get(coding.system) is Matching.ICD
    return terminology.is_silent(coding) or (is_icd and _is_settled(coding, terminology))


def merged(matches: Iterable[ConceptMatch]) -> tuple[ConceptMatch, ...]:
    """One match for each concept: the definite one, the coded one, the first."""
    best: dict[Concept, ConceptMatch] = {}
    for match in matches:
        if match.concept not in best or _strength(match) > _strength(best[match.concept]):
            best[match.concept] = match
    return tuple(best.values())


def _strength(match: ConceptMatch) -> tuple[bool, bool]:
    return match.certainty is Certainty.DEFINITE, not match.by_text


def stands_for(coded: Coded, concept: Concept, terminology: Terminology) -> bool:
    """True when its codes or words mean the concept."""
    return any(match.concept is concept for match in concepts_meant(coded, terminology))


def status_codes(value: Any) -> Iterator[str]:
    """The codes of a status in lower case, whether it is a code or a CodeableConcept."""
    if isinstance(value, str):
        yield value.strip().lower()
    for concept in objects_in(value):
        for coding in objects_in(concept.get("coding")):
            yield text_in(coding.get("code")).lower()
        yield text_in(concept.get("text")).lower()


def has_status(value: Any, *codes: str) -> bool:
    """True when a status is one of the codes (`entered-in-error`), however it is written."""
    return any(status.replace(" ", "-").replace("_", "-") in codes for status in status_codes(value))
