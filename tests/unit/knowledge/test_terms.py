"""Words: the listed terms, whatever their form, and the time it takes to read a text."""

import time
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cds_service.knowledge.load import load_knowledge
from cds_service.knowledge.terminology.concepts import Concept
from cds_service.knowledge.terminology.terminology import Terminology
from cds_service.knowledge.terminology.words import MAX_CHARACTERS_READ, sentences_of
from tests.unit.knowledge.terminology_builders import C, concepts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hemoptysis", {C.HEMOPTYSIS}),
        ("Recurrent HAEMOPTYSIS", {C.HEMOPTYSIS, C.RECURRENCE}),
        ("patient coughing up blood since Monday", {C.HEMOPTYSIS}),
        ("blood-streaked sputum", {C.HEMOPTYSIS}),
        ("Hémoptysie récidivante", {C.HEMOPTYSIS, C.RECURRENCE}),
        ("hemoptysies", {C.HEMOPTYSIS}),
        ("crachats hémoptoïques", {C.HEMOPTYSIS}),
        ("non-massive hemoptysis", {C.HEMOPTYSIS}),
        ("hematemesis", {C.GASTROINTESTINAL_BLEEDING}),
        ("epistaxis", set()),
        ("pseudohemoptysis", set()),
        ("pseudo-hémoptysie", set()),
        ("COPD with hemoptysis", {C.COPD, C.HEMOPTYSIS}),
        (
            "acute on chronic respiratory failure",
            {C.ACUTE_RESPIRATORY_FAILURE, C.CHRONIC_RESPIRATORY_FAILURE},
        ),
        ("chronic respiratory failure", {C.CHRONIC_RESPIRATORY_FAILURE}),
        ("respiratory failure", {C.RESPIRATORY_FAILURE_UNSPECIFIED}),
        ("history of pulmonary embolism", {C.PULMONARY_EMBOLISM_HISTORY}),
        ("late effects of tuberculosis", {C.TUBERCULOSIS_SEQUELAE}),
        ("tuberculose pulmonaire", {C.TUBERCULOSIS}),
        ("family history of lung cancer", set()),
        ("apixaban 5 MG Oral Tablet", {C.ANTICOAGULANT}),
        ("Metformin hydrochloride 500 mg", {C.METFORMIN}),
        ("toux et dyspnée", {C.COUGH, C.DYSPNEA}),
        ("shellfish allergy", {C.OTHER_CONTRAST}),
        ("iodine allergy", {C.OTHER_CONTRAST}),
        ("Iodinated contrast media", {C.IODINATED_CONTRAST}),
        ("chest pain", set()),
        ("preoperative", set()),
        ("", set()),
    ],
)
def test_a_listed_term_is_found_whatever_its_case_accents_and_hyphens(
    terminology: Terminology, text: str, expected: set[Concept]
) -> None:
    assert concepts(terminology.concepts_in(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Massive pulmonary hemorrhage originating in the perinatal period",
        "Unspecified pulmonary haemorrhage originating in the perinatal period",
        "Acute idiopathic pulmonary hemorrhage in infants",
        "Pulmonary hemorrhage of newborn",
        "Pulmonary hemorrhage of fetus or newborn",
        "Neonatal pulmonary hemorrhage",
        "Perinatal massive pulmonary hemorrhage",
        "Hémorragie pulmonaire massive survenant pendant la période périnatale",
        "Hémoptysie du nouveau-né",
    ],
)
def test_bleeding_of_newborns_and_infants_is_never_hemoptysis(terminology: Terminology, text: str) -> None:
    assert C.HEMOPTYSIS not in concepts(terminology.concepts_in(text))


def test_respiratory_failure_of_a_newborn_is_one(terminology: Terminology) -> None:
    assert concepts(terminology.concepts_in("Respiratory failure of newborn")) == {
        C.RESPIRATORY_FAILURE_UNSPECIFIED
    }


@pytest.mark.parametrize(
    "text",
    ["hemoptysis, mother of newborn", "hemoptysis in the newborn ward nurse", "infant with hemoptysis"],
)
def test_a_newborn_named_apart_from_the_bleeding_changes_nothing(terminology: Terminology, text: str) -> None:
    assert concepts(terminology.concepts_in(text)) == {C.HEMOPTYSIS}


def test_every_listed_term_alone_stands_for_its_concepts(terminology: Terminology) -> None:
    for words, terms in terminology.terms.by_words.items():
        found = {match.concept: match.certainty for match in terminology.concepts_in(words)}

        assert found == {term.concept: term.certainty for term in terms}, words


TERMS = load_knowledge().terminology.terms
SIGNS = [
    *"-_—–()[]+,.;:!?|/'’ \n\u00a0éœΣßİ\u0301",
    " (-) ",
    "n't ",
    "cannot",
    "didnt ",
    "no ",
    "pas d'",
    " - ",
]


@given(st.text(max_size=300))
def test_a_text_without_a_listed_term_names_nothing(text: str) -> None:
    assume(not any([*TERMS.hits_in(sentence)] for sentence in sentences_of(text)))

    assert TERMS.find(text) == ()


@given(st.lists(st.sampled_from([*sorted(TERMS.by_words), *SIGNS]), max_size=6), st.booleans())
def test_no_text_that_holds_a_term_is_passed_over(pieces: list[str], is_upper: bool) -> None:
    text = "".join(pieces).upper() if is_upper else "".join(pieces)
    holding = [sentence for sentence in sentences_of(text) if [*TERMS.hits_in(sentence)]]

    assert all(TERMS.may_name_any(sentence) for sentence in holding)
    assert TERMS.may_name_any(text) or not holding


LEAST_COST = 0.002
"""Seconds below which nothing is told apart."""

MOST_GROWTH = 40
"""Ten times the length costs ten times as much, a wide margin for the machine aside; a square, a hundred."""

LONG_PARTS = [
    "hemoptysis ", "no hemoptysis ", "no cough with ", "(-) ", "hemoptysis (-) ", "(-) hemoptysis ", "neg/",
    "has not ", "never has had ", "hemoptysis: n ", "doesn't ", "coughing x ", "acute x respiratory ",
    "history of x y ", "severe hemoptysis again ",
    "spo2 venous ", "contrast x contrast ", "pulmonary hemorrhage of newborn ", "( ", "n",
    " - ", "a", " ", "-", ",", "or ", "denies, ",
]  # fmt: skip


def cost(read: Callable[[str], object], text: str) -> float:
    """The processor time of reading a text that was not read before, at its best of three."""
    spent = []
    for number in range(3):
        started = time.process_time()
        read(f"{text}{number}")
        spent.append(time.process_time() - started)
    return max(min(spent), LEAST_COST)


@pytest.mark.parametrize("part", LONG_PARTS)
def test_the_cost_of_a_text_grows_with_its_length(terminology: Terminology, part: str) -> None:
    few, many = (part * (length // len(part)) + " hemoptysis" for length in (2_000, 20_000))

    assert cost(terminology.concepts_in, many) < MOST_GROWTH * cost(terminology.concepts_in, few)


@pytest.mark.parametrize("part", ["no hemoptysis ", "no hemoptysis, ", "r/o hemoptysis (", "denies; ", "? "])
def test_a_text_of_a_million_characters_costs_no_more_than_its_beginning(
    terminology: Terminology, part: str
) -> None:
    beginning, whole = (part * (length // len(part)) for length in (MAX_CHARACTERS_READ, 1_000_000))

    assert cost(terminology.concepts_in, whole) < 4 * cost(terminology.concepts_in, beginning)
    assert cost(terminology.study_in, whole) < 4 * cost(terminology.study_in, beginning)
