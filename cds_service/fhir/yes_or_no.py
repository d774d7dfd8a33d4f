"""Coded answers that say yes or no."""

from enum import StrEnum

from cds_service.fhir.codings import Coded
from cds_service.knowledge.words import folded

_SNOMED = "http://snomed.info/sct"
_LOINC = "http://loinc.org"
# Answers and qualifiers of the value sets that FHIR and LOINC themselves give for such questions.
_CODES = {
    (_SNOMED, "373067005"): False,
    (_SNOMED, "2667000"): False,
    (_SNOMED, "260385009"): False,
    (_SNOMED, "373066001"): True,
    (_SNOMED, "52101004"): True,
    (_SNOMED, "10828004"): True,
    (_LOINC, "LA32-8"): False,
    (_LOINC, "LA6577-6"): False,
    (_LOINC, "LA9634-2"): False,
    (_LOINC, "LA26683-5"): False,
    (_LOINC, "LA33-6"): True,
    (_LOINC, "LA6576-8"): True,
    (_LOINC, "LA9633-4"): True,
    (_LOINC, "LA15173-0"): True,
}
_WORDS = {
    "no": False,
    "non": False,
    "none": False,
    "absent": False,
    "negative": False,
    "negatif": False,
    "not detected": False,
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
    by_code = [_CODES[c.system, c.code] for c in coded.codings if (c.system, c.code) in _CODES]
    by_word = [_WORDS[word] for text in coded.words if (word := folded(text).rstrip(".")) in _WORDS]
    said = set(by_code + by_word)
    if len(said) != 1:
        return Answer.UNCLEAR
    return Answer.YES if said.pop() else Answer.NO
