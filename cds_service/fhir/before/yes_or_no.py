"""Answers that say yes or no, by their words: no verified codes of answers were found."""

from enum import StrEnum

from cds_service.fhir.before.codings import Coded
from cds_service.knowledge.terminology.words import folded

_WORDS = {
    "no": False,
    "non": False,
    "none": False,
    "nil": False,
    "aucun": False,
    "aucune": False,
    "absent": False,
    "absente": False,
    "negative": False,
    "negatif": False,
    "not detected": False,
    "not present": False,
    "not pregnant": False,
    "yes": True,
    "oui": True,
    "present": True,
    "positive": True,
    "positif": True,
    "detected": True,
    "pregnant": True,
    "enceinte": True,
}


class Answer(StrEnum):
    """What a coded answer says."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


def answer_in(coded: Coded) -> Answer:
    """Yes or no; unclear when it says neither, or both."""
    said = {_WORDS[word] for text in coded.words if (word := _plain(text)) in _WORDS}
    if len(said) != 1:
        return Answer.UNCLEAR
    return Answer.YES if said.pop() else Answer.NO


def _plain(text: str) -> str:
    """The words without a full stop or a semantic tag: `Absent (qualifier value)`."""
    return folded(text.partition(" (")[0]).rstrip(".")
