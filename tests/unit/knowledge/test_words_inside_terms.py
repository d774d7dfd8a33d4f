"""Other words inside a term, and words of recurrence and degree beside the bleed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.knowledge.load import load_knowledge
from cds_service.knowledge.terminology.concepts import Concept
from cds_service.knowledge.terminology.terminology import Terminology
from tests.unit.knowledge.terminology_builders import C, concepts

OF_THE_BLEED = {C.HEMOPTYSIS, C.SEVERE, C.RECURRENCE}


@pytest.mark.parametrize(
    "text",
    [
        "coughing up some blood",
        "coughing up bright red blood",
        "coughing up small amounts of blood",
        "coughed up a cup of blood",
        "coughs up 2 teaspoons of blood",
        "blood in his sputum",
        "crache un peu de sang dans les crachats",
    ],
)
def test_up_to_two_other_words_may_stand_inside_a_term(terminology: Terminology, text: str) -> None:
    assert C.HEMOPTYSIS in concepts(terminology.concepts_in(text))


@pytest.mark.parametrize(
    "text",
    [
        "coughing up one two three blood",
        "coughing up no blood",
        "coughing without blood",
        "coughing up phlegm, blood cultures taken",
        "coughing, blood pressure low",
        "coughing high blood pressure",
        "coughing fever and blood test",
        "blood taken. sputum sent",
    ],
)
def test_no_more_and_no_negation_comma_or_other_term(terminology: Terminology, text: str) -> None:
    assert C.HEMOPTYSIS not in concepts(terminology.concepts_in(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("recurrent hemoptysis", {C.HEMOPTYSIS, C.RECURRENCE}),
        ("hemoptysis again", {C.HEMOPTYSIS, C.RECURRENCE}),
        ("second episode of hemoptysis", {C.HEMOPTYSIS, C.RECURRENCE}),
        ("new episode of coughing up blood", {C.HEMOPTYSIS, C.RECURRENCE}),
        ("hémoptysie récidivante", {C.HEMOPTYSIS, C.RECURRENCE}),
        ("hémoptysie à nouveau", {C.HEMOPTYSIS, C.RECURRENCE}),
        ("recurrent massive hemoptysis", {C.HEMOPTYSIS, C.RECURRENCE, C.SEVERE}),
        ("massive recurrent hemoptysis", {C.HEMOPTYSIS, C.RECURRENCE, C.SEVERE}),
        ("hemoptysis, severe", {C.HEMOPTYSIS, C.SEVERE}),
        ("Hemoptysis (massive)", {C.HEMOPTYSIS, C.SEVERE}),
        ("hémoptysie grave", {C.HEMOPTYSIS, C.SEVERE}),
        ("hemoptysis, no recurrence", {C.HEMOPTYSIS}),
        ("hemoptysis is not massive", {C.HEMOPTYSIS}),
        ("hemoptysis in severe COPD", {C.HEMOPTYSIS}),
        ("severe COPD with hemoptysis", {C.HEMOPTYSIS}),
        ("severe chest pain and hemoptysis", {C.HEMOPTYSIS}),
        ("hemoptysis, severe chest pain", {C.HEMOPTYSIS}),
        ("hemoptysis. Recurrent pneumonia", {C.HEMOPTYSIS}),
        ("recurrent pneumonia", set()),
        ("severe asthma with COPD", set()),
        ("recurrent", {C.RECURRENCE}),
        ("severe", {C.SEVERE}),
    ],
)
def test_recurrence_and_degree_are_of_the_bleed_or_do_not_count(
    terminology: Terminology, text: str, expected: set[Concept]
) -> None:
    assert concepts(terminology.concepts_in(text)) & OF_THE_BLEED == expected


TERMS = load_knowledge().terminology.terms
LONG = sorted(words for words in TERMS.by_words if len(words.split()) > 1)


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(LONG), st.integers(1, 6), st.integers(0, 3))
def test_words_that_mean_nothing_change_no_term_as_long_as_they_are_two(
    term: str, place: int, extra: int
) -> None:
    words = term.split()
    place = min(place, len(words) - 1)
    text = " ".join([*words[:place], *["zzz"] * extra, *words[place:]])

    named = {match.concept for _, terms in TERMS.hits_in(text) for match in terms}

    whole = {match.concept for match in TERMS.by_words[term]}
    assert whole <= named if extra <= 2 else True
