"""A denial in the next clause denies; what is another's, feared or over is none of the patient now."""

import pytest

from cds_service.knowledge.terminology.concepts import Certainty, Concept
from tests.unit.fhir.builders import meanings

SIGNS = (Concept.SHOCK, Concept.HEMORRHAGIC_SHOCK, Concept.ARREST, Concept.ACUTE_RESPIRATORY_FAILURE)
NONE_OF_NOW = """
Septic shock, ruled out | Septic shock (ruled out) | Septic shock: ruled out | Septic shock - ruled out
Septic shock, denied | Acute respiratory failure, excluded | Cardiac arrest (absent) | choc septique, éliminé
Mother died of septic shock | cardiac arrest in father | brother had cardiac arrest
mère décédée de choc septique
At risk of shock | at risk for acute respiratory failure | risque de choc | prévention du choc hémorragique
prevention of septic shock | Septic shock, resolved | septic shock (resolved) | choc septique, résolu
Toxic shock syndrome in childhood | Culture shock
"""
OF_NOW = """
Septic shock | septic shock, not resolved | septic shock, pneumonia ruled out | septic shock, no fever
septic shock, risk of bleeding | wife found him in cardiac arrest | shock in a patient at risk of bleeding
mother with COPD: septic shock | femme avec choc septique | fille avec choc septique
acute respiratory failure, denied chest pain
"""


def _listed(words: str) -> list[str]:
    return [text.strip() for line in words.strip().splitlines() for text in line.split("|")]


def _signs_of_now(text: str) -> list[Concept]:
    return [
        match.concept for match in meanings().in_text(text) if match.is_present and match.concept in SIGNS
    ]


@pytest.mark.parametrize("text", _listed(NONE_OF_NOW))
def test_a_sign_denied_behind_feared_over_or_of_a_relative_is_none_of_now(text: str) -> None:
    assert _signs_of_now(text) == []


@pytest.mark.parametrize("text", _listed(OF_NOW))
def test_the_same_words_said_of_something_else_take_no_sign_away(text: str) -> None:
    assert _signs_of_now(text)


@pytest.mark.parametrize("text", ["hemoptysis, resolved", "at risk of hemoptysis", "mother had hemoptysis"])
def test_hemoptysis_that_is_over_feared_or_perhaps_of_a_relative_stays_possible(text: str) -> None:
    (match,) = meanings().in_text(text)

    assert (match.concept, match.certainty) == (Concept.HEMOPTYSIS, Certainty.POSSIBLE)


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("Septic shock 2019", "2019"),
        ("Septic shock (2019)", "2019"),
        ("choc septique en 2019", "2019"),
        ("Septic shock since 2019, ICD in place", "2019"),
        ("Septic shock", ""),
        ("MI 2019, septic shock", ""),
        ("Septic shock 2019, septic shock", ""),
        ("Septic shock 2019-nCoV", ""),
        ("Septic shock 2019/20", ""),
    ],
)
def test_a_year_right_behind_every_term_tells_when_it_was(text: str, year: str) -> None:
    assert meanings().terminology.year_told(text, {Concept.SHOCK}) == year
