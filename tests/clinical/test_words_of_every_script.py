"""A word of a script that no term is in is read as any other word that is not known: never passed over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.fhir.codes import Meanings
from cds_service.fhir.orders.studies import is_of_another_part
from cds_service.knowledge.load import load_knowledge

KNOWLEDGE = load_knowledge()
UNKNOWN = "qqxq"
SCRIPTS = ("Анна", "Άννα", "胸部", "アンナ", "안나", "آنا", "אנה", "अन", "อนา", "Աննա", "ანა", "አና")
WORDS = (
    *(
        "CT",
        "CTA",
        "CT angiogram",
        "chest",
        "thorax",
        "abdomen",
        "with",
        "without",
        "contrast",
        "IV",
        "low dose",
    ),
    *("screening", "pulmonary embolism", "pulmonary", "embolism", "for PE", "protocol", "x-ray", "PA", "MRI"),
    *(
        "bronchial",
        "embolization",
        "no",
        "and",
        "not",
        "hemoptysis",
        "rule out",
        "lung biopsy",
        "high",
        "resolution",
    ),
)
pieces = st.lists(st.sampled_from([*WORDS, UNKNOWN, UNKNOWN]), min_size=1, max_size=7)
joints = st.sampled_from([" ", " ", " ", ", ", "/", "-", " + "])


@given(words=pieces, joint=joints, script=st.sampled_from(SCRIPTS))
def test_a_name_means_the_same_whatever_script_its_unknown_words_are_in(
    words: list[str], joint: str, script: str
) -> None:
    latin = joint.join(words)
    other = joint.join(script if word == UNKNOWN else word for word in words)
    meanings = Meanings(KNOWLEDGE)

    assert KNOWLEDGE.terminology.study_in(other) == KNOWLEDGE.terminology.study_in(latin)
    assert is_of_another_part((other,), meanings) == is_of_another_part((latin,), meanings)


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_word_of_another_script_parts_the_words_of_a_phrase(script: str) -> None:
    study_in = KNOWLEDGE.terminology.study_in

    assert study_in("pulmonary embolism CT").procedure == "cta-chest-with-contrast"
    assert study_in(f"pulmonary embolism {script} CT").procedure == ""


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_part_of_the_body_that_is_not_understood_is_a_further_one(script: str) -> None:
    assert KNOWLEDGE.terminology.study_words.names_further_part(f"CT thorax/{script} with contrast")


@given(words=pieces, script=st.sampled_from(SCRIPTS))
def test_a_text_names_the_same_whatever_script_its_unknown_words_are_in(
    words: list[str], script: str
) -> None:
    latin, other = " ".join(words), " ".join(script if word == UNKNOWN else word for word in words)
    concepts_in = KNOWLEDGE.terminology.concepts_in

    assert {m.concept for m in concepts_in(other)} == {m.concept for m in concepts_in(latin)}
