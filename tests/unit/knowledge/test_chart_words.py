"""The words of charts and orders beside the terms: in one form, and a site's own among them."""

import shutil
from pathlib import Path
from typing import get_args

import pytest

from cds_service.knowledge.load import SHIPPED_DATA, load_knowledge
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.words import Scale, folded


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge()


def test_answers_are_yes_or_no_in_two_languages(knowledge: Knowledge) -> None:
    answers = knowledge.words.answers

    assert [answers[word] for word in ("yes", "oui", "enceinte", "not detected", "aucune")] == [
        *(True, True, True),
        *(False, False),
    ]


def test_words_that_are_looked_for_in_folded_texts_are_folded(knowledge: Knowledge) -> None:
    words = knowledge.words
    listed = (*words.answers, *words.no_blood, *words.blood, *words.numbers, *words.doubtful)

    assert [word for word in (*listed, *words.embolized_elsewhere) if folded(word) != word] == []


def test_every_group_of_doubtful_words_is_there(knowledge: Knowledge) -> None:
    assert {"denies", "moins", "several", "hier", "seuil", "saline"} <= knowledge.words.doubtful


@pytest.mark.parametrize(("words", "sign"), [("≤", "<="), ("more than", ">"), ("moins de", "<")])
def test_signs_and_words_make_a_number_a_limit(knowledge: Knowledge, words: str, sign: str) -> None:
    assert knowledge.words.comparators[words] == sign


def test_the_units_of_vital_signs_are_spelled_in_lower_case_without_blanks(knowledge: Knowledge) -> None:
    spellings = knowledge.units.spellings

    assert set(spellings) == set(get_args(Scale))
    assert "mmhg" in spellings["mm[Hg]"]
    assert all(
        word == "".join(word.lower().split()) for scale in get_args(Scale) for word in spellings[scale]
    )


def test_a_word_of_a_site_is_one_row_more(tmp_path: Path) -> None:
    folder = shutil.copytree(SHIPPED_DATA, tmp_path / "data")
    with (folder / "codelists" / "chart_words.csv").open("a", encoding="utf-8") as file:
        file.write("answer,fr,Détectée,yes\nsize,fr,Énorme,large\nsize,fr,Inconnue,\nnumber,nl,twee,2\n")

    words = load_knowledge(folder).words

    assert words.answers["detectee"] is True
    assert (words.sizes["enorme"], words.sizes["inconnue"]) == ("large", "unclear")
    assert words.numbers["twee"] == "2"
