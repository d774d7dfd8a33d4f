"""Words of size beside hemoptysis call it large; those of another thing do not (BEHAVIOUR 4)."""

import pytest

from cds_service.fhir.codes import Meanings
from cds_service.knowledge.terminology.concepts import Concept
from tests.unit.fhir.builders import meanings

LARGE = """
Large volume haemoptysis | large-volume hemoptysis | large hemoptysis | huge hemoptysis | Hemoptysis - massive
copious hemoptysis | Copious, bright red hemoptysis | hemoptysis, copious | hemoptysis (large amount)
hemoptysis: profuse | profuse haemoptysis since this morning | hemoptysis copious with shock
large amount of bright red hemoptysis | coughing up copious blood | hemoptysis with large amounts of blood
COPD. Copious hemoptysis. | Abundant hemoptysis, COPD | Hemoptysis (copious), large B cell lymphoma
lots of haemoptysis | heavy hemoptysis | major hemoptysis | hemoptysis, large volume since last night
Hémoptysie abondante | hémoptysies abondantes | Hémoptysie abondante depuis hier | hémoptysie très abondante
Hémoptysie abondante chez un patient BPCO | hémoptysie menaçante | hémoptysie importante
Hémoptysie, abondante | hémoptysie en grande quantité | hémoptysie foudroyante | hémoptysie cataclysmique
bluthusten massiv | Massiver Bluthusten | reichlich Bluthusten
hemoptisis masiva | hemoptisis abundante en paciente con EPOC | emottisi massiva | emottisi abbondante
copious | large amount, bright red
small hemoptysis yesterday, massive today | hemoptysis, small yesterday, copious today
hemoptysis, not small | hemoptysis, no longer small | hémoptysie non minime | hemoptysis (not minor)
exsanguinating hemoptysis | catastrophic haemoptysis | uncontrolled hemoptysis | hemoptysis, life-threatening
schwere Hämoptyse | lebensbedrohliche Hämoptyse | hemoptisis amenazante | hemoptisis severa
massale hemoptoë | hemoptise maciça | emottisi minacciosa | crache du sang en abondance
"""
NOT_LARGE = """
hemoptysis | small hemoptysis | hémoptysie minime | hemoptysis, not copious | no large hemoptysis
hemoptysis, non-massive | hémoptysie peu abondante | hémoptysie moins abondante | hemoptysis no longer profuse
previous large hemoptysis | history of copious hemoptysis
large mass, hemoptysis | large cell carcinoma, hemoptysis | hemoptysis large cell carcinoma
large pleural effusion with hemoptysis | tumor large with hemoptysis | effusion is large and hemoptysis
hemoptysis, large pleural effusion | hemoptysis and large effusion | hemoptysis, large left hilar mass
massive pulmonary embolism, hemoptysis | hemoptysis with massive PE | hemoptysis after large bore biopsy
hemoptysis and copious sputum | hemoptysis, copious secretions | copious sputum | lots of cough and hemoptysis
hémoptysie et expectoration abondante | expectoration abondante, hémoptysie
hémoptysie et fièvre, épanchement abondant | hemoptysis, heavy smoker
significant smoking history, hemoptysis | uncontrolled hypertension, hemoptysis | hemoptysis, no streaks today
hemoptysis, uncontrolled hypertension | risk of massive hemoptysis | hemoptysis, small, no large clots
"""


def _listed(words: str) -> list[str]:
    return [text.strip() for line in words.strip().splitlines() for text in line.split("|")]


def _is_called_large(text: str, known: Meanings) -> bool:
    return any(match.concept is Concept.SEVERE and match.is_present for match in known.in_text(text))


@pytest.mark.parametrize("text", _listed(LARGE))
def test_words_of_size_beside_the_bleed_call_it_large(text: str) -> None:
    assert _is_called_large(text, meanings())


@pytest.mark.parametrize("text", _listed(NOT_LARGE))
def test_words_of_size_that_are_small_denied_past_or_of_another_thing_do_not(text: str) -> None:
    assert not _is_called_large(text, meanings())


def test_every_listed_large_word_calls_the_bleed_large_before_it_and_behind_it() -> None:
    known = meanings()
    large = [words for words, size in known.knowledge.words.sizes.items() if size == "large"]

    assert len(large) > 40
    for words in large:
        assert _is_called_large(f"{words} hemoptysis", known), words
        assert _is_called_large(f"hémoptysie, {words}", known), words
        assert not _is_called_large(f"{words} pleural effusion, hemoptysis", known), words
