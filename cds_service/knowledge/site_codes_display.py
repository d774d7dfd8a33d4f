"""Doubts about the display of a site's code: whether it names the study that the code is mapped to."""

from collections.abc import Iterator, Mapping

from cds_service.knowledge.studies import StudyWords
from cds_service.knowledge.terminology import Terminology

_ANY_OTHER = "other"
"""Nuclear medicine, fluoroscopy: words that also stand beside the name of a modality."""


class _Words(StudyWords):
    """The words by which studies are known, asked for what a display says part by part."""

    __slots__ = ()

    def said_in(self, display: str) -> Mapping[str, set[str]]:
        """Modalities, regions and the like that are named, also where they make no study."""
        return self._found(display)

    def modalities_of(self, procedure: str) -> frozenset[str]:
        """Every modality by which a procedure may be named."""
        named = (modalities for (modalities, *_), of in self.rules.items() if of == procedure)
        return frozenset[str]().union(*named)


def doubts_of(display: str, procedure: str, terminology: Terminology) -> Iterator[str]:
    """What a display names that its procedure is not: another study, modality or part of the body."""
    study = terminology.study_in(display).procedure
    if study is not None:
        yield from [f"the display reads like {study}"] if study != procedure else []
        return
    words = terminology.study_words
    known = _Words(words.spellings, words.meanings, words.rules)
    said = known.said_in(display)
    if strange := _strange(said["modality"], known.modalities_of(procedure)):
        yield f"the display names another modality ({', '.join(sorted(strange))})"
    if "region" in said["other"]:
        yield "the display names another part of the body"


def _strange(named: set[str], expected: frozenset[str]) -> set[str]:
    is_named_too = not named.isdisjoint(expected)
    return named - expected - ({_ANY_OTHER} if is_named_too else set())
