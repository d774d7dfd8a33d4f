"""An amount in the words of hemoptysis is a sign unless it is certainly a small one (BEHAVIOUR 4)."""

import pytest

from cds_service.knowledge.terminology.concepts import Concept
from tests.unit.fhir.builders import SNOMED, Json, concept, condition, facts_of, meanings, observation

MUCH = """
Hemoptysis, approx 300 mL | Hemoptysis 300ml/24h | Hémoptysie de 300 ml | hemoptysis ~ 2 cups | hemoptysis 1 L
coughing up cups of blood | hemoptysis 10 mL/h | hemoptysis 300 mL yesterday | hemoptysis, 5 x 20 mL
hemoptysis (a pint) | hemoptysis 1/2 cup | hemoptysis, more than 200 mL | Hämoptyse 200 ml | approx 300 mL
"""
NOT_MUCH = """
Hemoptysis 20 mL | hemoptysis < 5 mL | hemoptysis, 2 teaspoons | hemoptysis 5 mL yesterday
hemoptysis x 2 days | hemoptysis in a pt with COPD | hemoptysis on 4L NC | hemoptysis, on 4 L O2
hemoptysis, ground glass opacities | hemoptysis, 250 mL bolus given | hemoptysis L side
hemoptysis, 40 pack years | history of hemoptysis 300 mL
hemoptysis, pleural drain 300 mL | hemoptysis, SpO2 92 % on 2 L | hemoptysis, FEV1 1.2 L | hemoptysis, 1 L NS
"""


def _listed(words: str) -> list[str]:
    return [text.strip() for line in words.strip().splitlines() for text in line.split("|")]


def _is_much(text: str) -> bool:
    return any(match.concept is Concept.SEVERE for match in meanings().in_text(text))


@pytest.mark.parametrize("text", _listed(MUCH))
def test_an_amount_that_is_not_certainly_small_calls_the_bleed_severe(text: str) -> None:
    assert _is_much(text)


@pytest.mark.parametrize("text", _listed(NOT_MUCH))
def test_a_small_amount_a_time_and_another_fluid_do_not(text: str) -> None:
    assert not _is_much(text)


@pytest.mark.parametrize(
    ("members", "finding"),
    [
        ({"valueString": "+"}, "blood-seen"),
        ({"valueString": "++"}, "unreadable"),
        ({"valueString": "+++"}, "unreadable"),
        ({"note": [{"text": "300 mL bright red"}]}, "unreadable"),
        ({"note": [{"text": "large amount"}]}, "unreadable"),
        ({"note": [{"text": "5 mL"}]}, "blood-seen"),
        ({"note": [{"text": "seen by nurse"}]}, "blood-seen"),
        ({"valueString": "no", "note": [{"text": "300 mL urine"}]}, "absent"),
    ],
)
def test_plus_signs_and_notes_tell_an_amount_that_cannot_be_read(members: Json, finding: str) -> None:
    (bleed,) = facts_of(observation(concept(SNOMED, "66857006"), **members)).bleeds

    assert bleed.finding == finding


@pytest.mark.parametrize(
    ("members", "onset"),
    [
        ({"recordedDate": "2024-03-14"}, "2019"),
        ({"recordedDate": "2024-03-14", "onsetDateTime": "2024-03-14"}, "2019"),
        ({}, "2019"),
        ({"recordedDate": "2024-03-14", "onsetDateTime": "2024-03-10"}, "2024-03-10"),
    ],
)
def test_a_year_in_words_is_the_onset_where_none_is_charted(members: Json, onset: str) -> None:
    (diagnosis,) = facts_of(condition(code={"text": "Septic shock 2019"}, **members)).diagnoses

    assert diagnosis.onset.written == onset


def test_a_year_behind_hemoptysis_says_nothing_of_now() -> None:
    (diagnosis,) = facts_of(condition(code={"text": "Hemoptysis 2019"})).diagnoses

    assert not diagnosis.onset.is_dated
