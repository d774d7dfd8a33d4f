"""Words: what a negation cancels, what a question leaves possible."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.knowledge.terminology.concepts import Certainty, Concept, ConceptMatch
from cds_service.knowledge.terminology.terminology import Terminology
from tests.unit.knowledge.terminology_builders import C, concepts

CUE_WORDS = [
    "no",
    "not",
    "never",
    "had",
    "has",
    "with",
    "cough",
    "(-)",
    "(+)",
    "neg",
    "denies",
    ":",
    ",",
    "or",
    "N",
]


@pytest.mark.parametrize(
    "text",
    [
        "no hemoptysis",
        "No evidence of hemoptysis.",
        "denies hemoptysis",
        "denies fever, chills, hemoptysis",
        "no fever, cough, or hemoptysis",
        "no hemoptysis, fever, or chills",
        "no fever or hemoptysis",
        "no fever/hemoptysis",
        "without hemoptysis",
        "w/o hemoptysis",
        "negative for hemoptysis",
        "absence of hemoptysis",
        "no history of hemoptysis",
        "hemoptysis ruled out",
        "hemoptysis was ruled out",
        "Hemoptysis: no",
        "Hemoptysis - none",
        "hemoptysis denied",
        "pas d'hémoptysie",
        "pas d\u2019hémoptysie",
        "absence d'hémoptysie",
        "sans hémoptysie",
        "aucune hémoptysie",
        "ni toux ni hémoptysie",
        "hémoptysie éliminée",
        "doesn't have hemoptysis",
        "doesn\u2019t have hemoptysis",
        "doesnt have hemoptysis",
        "hasn't had hemoptysis",
        "didn't cough up blood",
        "isn't hemoptysis",
        "wasn't hemoptysis",
        "has not had hemoptysis",
        "has not yet had hemoptysis",
        "never has had hemoptysis",
        "not had any hemoptysis",
        "denies ever having had hemoptysis",
        "denies he has hemoptysis",
        "neither cough nor hemoptysis",
        "cough but never hemoptysis",
        "never coughed up blood",
        "no cough with hemoptysis",
        "no cough with blood in sputum",
        "denies productive cough with hemoptysis",
        "no fever or cough with hemoptysis",
        "pas de toux avec hémoptysie",
        "neg for hemoptysis",
        "neg for fever, chills, hemoptysis",
        "neg hemoptysis",
        "negative hemoptysis",
        "neg cough/hemoptysis",
        "non hemoptysis",
        "lack of hemoptysis",
        "no longer has hemoptysis",
        "(-) hemoptysis",
        "(\u2212) hemoptysis",
        "(-)hemoptysis",
        "[-] hemoptysis",
        "ROS: (-) hemoptysis",
        "(-) fever, chills, hemoptysis",
        "(+) cough (-) hemoptysis",
        "(-) cough (-) hemoptysis (-) fever",
        "hemoptysis (-)",
        "cough (+) hemoptysis (-)",
        "hemoptysis (-), cough (+)",
        "hemoptysis (-) cough (+)",
        "Cough: (+) Hemoptysis: (-)",
        "Hemoptysis: N",
        "Hemoptysis:N",
        "Hemoptysis = N",
        "Hemoptysis (N)",
        "Hemoptysis? No",
        "Hemoptysis: never",
        "no evidence for hemoptysis",
        "Hemoptysis (no)",
        "Hemoptysis: N Fever: Y",
        "Hemoptysis: no Fever: yes",
        "hemoptysis neg",
        "hemoptysis: neg, fever: pos",
        "Hemoptysis - denies",
        "hemoptysis no longer present",
        "hemoptysis isn't present",
        "n'a jamais eu d'hémoptysie",
        "n'a pas eu d'hémoptysie",
        "n'a plus d'hémoptysie",
        "jamais d'hémoptysie",
        "hémoptysie absente",
    ],
)
def test_a_negation_cancels_the_term(terminology: Terminology, text: str) -> None:
    assert C.HEMOPTYSIS not in concepts(terminology.concepts_in(text))


@pytest.mark.parametrize(
    "text",
    [
        "no fever, hemoptysis for two days",
        "No fever. Hemoptysis.",
        "No fever; hemoptysis",
        "No fever\nHemoptysis",
        "No fever - hemoptysis x2 days",
        "no fever but hemoptysis",
        "afebrile, no dyspnea, presents with hemoptysis",
        "CT chest without contrast for hemoptysis",
        "no prior imaging in this patient with hemoptysis",
        "scanner sans injection pour hémoptysie",
        "pas de fièvre mais hémoptysie",
        "not massive hemoptysis",
        "no improvement in hemoptysis",
        "no known cause of hemoptysis",
        "hemoptysis, no fever",
        "hemoptysis no fever",
        "hemoptysis (no fever)",
        "no hemoptysis yesterday. Hemoptysis today",
        "not controlled hemoptysis",
        "hemoptysis not improving",
        "hemoptysis isn't improving",
        "pas d'amélioration de l'hémoptysie",
        "denies trauma, has hemoptysis",
        "denies trauma and has hemoptysis",
        "no cough, with hemoptysis",
        "no cough but with hemoptysis",
        "no fever, cough with hemoptysis",
        "no fever cough with hemoptysis",
        "cough with hemoptysis",
        "CT without contrast, cough with hemoptysis",
        "never smoker, hemoptysis",
        "never smoked hemoptysis x3",
        "never stopped having hemoptysis",
        "negative CXR with hemoptysis",
        "CXR negative, hemoptysis",
        "negative CXR hemoptysis",
        "hemoptysis negative CXR",
        "hemoptysis: negative for TB",
        "(+) hemoptysis (-) fever",
        "(-) fever (+) hemoptysis",
        "(+) cough, hemoptysis (-) fever",
        "fever (-) hemoptysis (+)",
        "fever (-), hemoptysis",
        "Fever: (-) Hemoptysis: (+)",
        "hemoptysis (+)",
        "( ) fever (x) hemoptysis ( ) cough",
        "Hemoptysis N.O.S.",
        "hemoptysis, denies fever",
        "hemoptysis - denies fever",
        "Fever: N, hemoptysis: Y",
        "lack of improvement in hemoptysis",
        "toux dont hémoptysie",
        "hémoptysie non massive",
        "de plus en plus d'hémoptysie",
    ],
)
def test_a_negation_of_something_else_does_not_cancel_the_term(terminology: Terminology, text: str) -> None:
    match = next(m for m in terminology.concepts_in(text) if m.concept is C.HEMOPTYSIS)

    assert match.certainty is Certainty.DEFINITE
    assert match.by_text in ("hemoptysis", "hemoptysie", "not massive hemoptysis")


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("rule out hemoptysis", C.HEMOPTYSIS),
        ("r/o hemoptysis", C.HEMOPTYSIS),
        ("?hemoptysis", C.HEMOPTYSIS),
        ("possible hemoptysis", C.HEMOPTYSIS),
        ("suspicion d'hémoptysie", C.HEMOPTYSIS),
        ("hemoptysis, r/o PE", C.PULMONARY_EMBOLISM),
        ("?TB", C.TUBERCULOSIS),
        ("pulmonary hemorrhage", C.HEMOPTYSIS),
        ("cannot exclude hemoptysis", C.HEMOPTYSIS),
        ("doesn't rule out hemoptysis", C.HEMOPTYSIS),
        ("fever (-) hemoptysis", C.HEMOPTYSIS),
        ("hemoptysis (-) fever", C.HEMOPTYSIS),
        ("TB: negative hemoptysis", C.HEMOPTYSIS),
        ("AFB negative hemoptysis", C.HEMOPTYSIS),
        ("no fever with hemoptysis", C.HEMOPTYSIS),
        ("plus d'hémoptysie", C.HEMOPTYSIS),
        ("Contact with and exposure to tuberculosis", C.TUBERCULOSIS),
    ],
)
def test_a_question_is_not_a_negation_but_only_possible(
    terminology: Terminology, text: str, concept: Concept
) -> None:
    match = next(m for m in terminology.concepts_in(text) if m.concept is concept)

    assert match.certainty is Certainty.POSSIBLE


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("history of hemoptysis", C.HEMOPTYSIS),
        ("h/o hemoptysis", C.HEMOPTYSIS),
        ("hx of recurrent hemoptysis", C.HEMOPTYSIS),
        ("Personal history of massive hemoptysis", C.HEMOPTYSIS),
        ("previous hemoptysis", C.HEMOPTYSIS),
        ("antécédent d'hémoptysie", C.HEMOPTYSIS),
        ("ATCD d'hémoptysie", C.HEMOPTYSIS),
        ("history of pneumonia", C.PNEUMONIA),
    ],
)
def test_a_history_is_of_the_past(terminology: Terminology, text: str, concept: Concept) -> None:
    match = next(m for m in terminology.concepts_in(text) if m.concept is concept)

    assert match.certainty is Certainty.PAST
    assert not match.is_present


@pytest.mark.parametrize(
    "text",
    [
        "2 day history of hemoptysis",
        "3-week history of hemoptysis",
        "recent history of hemoptysis",
        "history of hemoptysis for 2 days",
        "history of hemoptysis since yesterday",
        "history of hemoptysis x 3 days",
        "history of TB, hemoptysis",
        "history of COPD with hemoptysis",
        "history of hemoptysis. Hemoptysis again today.",
        "antécédent d'hémoptysie depuis ce matin",
    ],
)
def test_a_history_of_the_present_complaint_is_no_history(terminology: Terminology, text: str) -> None:
    match = next(m for m in terminology.concepts_in(text) if m.concept is C.HEMOPTYSIS)

    assert match.certainty is Certainty.DEFINITE


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("history of COPD", C.COPD),
        ("history of chronic respiratory failure", C.CHRONIC_RESPIRATORY_FAILURE),
        ("history of contrast allergy", C.CONTRAST_REACTION),
        ("antécédent d'allergie au produit de contraste", C.CONTRAST_REACTION),
    ],
)
def test_a_history_of_what_lasts_may_be_of_the_present(
    terminology: Terminology, text: str, concept: Concept
) -> None:
    match = next(m for m in terminology.concepts_in(text) if m.concept is concept)

    assert match.certainty is Certainty.POSSIBLE


def test_a_term_both_asked_and_affirmed_is_affirmed(terminology: Terminology) -> None:
    matches = terminology.concepts_in("rule out hemoptysis. Hemoptysis seen on the ward.")

    assert matches == (ConceptMatch(C.HEMOPTYSIS, Certainty.DEFINITE, by_text="hemoptysis"),)


@settings(deadline=None)
@given(words=st.lists(st.sampled_from(CUE_WORDS), max_size=12))
def test_cues_alone_name_nothing(terminology: Terminology, words: list[str]) -> None:
    assert C.HEMOPTYSIS not in concepts(terminology.concepts_in(" ".join(words)))
