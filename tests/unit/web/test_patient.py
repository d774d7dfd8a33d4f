"""The page for patients: easy to read, in the language asked for, the same for everyone."""

import re

import pytest
from flask.testing import FlaskClient

from cds_service.knowledge.load import load_knowledge
from cds_service.knowledge.model import AdviceKind
from tests.contract.validator import outcome_faults
from tests.unit.web.readability import (
    english_syllables,
    flesch_kincaid_grade,
    french_syllables,
    kandel_moles_score,
    prose_of,
    sentences_in,
    words_in,
)


def test_the_english_page_is_for_a_reader_of_twelve(client: FlaskClient) -> None:
    assert flesch_kincaid_grade(prose_of(client.get("/patient/en").text)) <= 6


def test_the_french_page_is_easy(client: FlaskClient) -> None:
    assert kandel_moles_score(prose_of(client.get("/patient/fr").text)) >= 70


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("fr", "fr"),
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("en-US,en;q=0.9,fr;q=0.1", "en"),
        ("de", "en"),
        ("de,fr;q=0.5,en;q=0.4", "fr"),
        ("", "en"),
    ],
)
def test_the_browser_chooses_the_language(client: FlaskClient, asked: str, language: str) -> None:
    answer = client.get("/patient", headers={"Accept-Language": asked})

    assert f'<html lang="{language}">' in answer.text
    assert answer.headers["Content-Language"] == language
    assert "Accept-Language" in answer.headers["Vary"]


def test_the_address_chooses_before_the_browser(client: FlaskClient) -> None:
    answer = client.get("/patient/fr", headers={"Accept-Language": "en"})

    assert '<html lang="fr">' in answer.text
    assert "Cracher du sang" in answer.text


def test_both_pages_have_the_same_parts(client: FlaskClient) -> None:
    english, french = (client.get(f"/patient/{language}").text for language in ("en", "fr"))

    def parts(page: str) -> list[str]:
        return [piece.split('"')[0] for piece in page.partition("<main")[2].split(' id="')[1:]]

    assert parts(english) == parts(french)
    assert {"when-to-get-help", "causes", "tests", "treatment", "what-follows"} <= {*parts(english)}
    assert english.count("<li>") == french.count("<li>")


def test_the_link_to_the_criteria_is_in_the_language_of_the_page_and_says_that_they_are_english(
    client: FlaskClient,
) -> None:
    english, french = (
        re.search(r"<a ([^>]*criteria[^>]*)>([^<]*)</a>", client.get(f"/patient/{language}").text)
        for language in ("en", "fr")
    )

    assert english
    assert french
    assert french[2] == "Pour les soignants&nbsp;: les critères (page en anglais)"
    assert all('hreflang="en"' in link[1] for link in (english, french))
    assert all(" lang=" not in link[1] for link in (english, french))


def test_the_page_calls_the_ways_to_stop_a_bleed_some_as_the_leaflet_does(client: FlaskClient) -> None:
    assert "some ways to stop a bleed" in client.get("/patient/en").text
    assert "des moyens d’arrêter le sang" in client.get("/patient/fr").text


def test_a_page_holds_no_script_and_no_form(client: FlaskClient) -> None:
    for language in ("en", "fr"):
        page = client.get(f"/patient/{language}").text

        assert "<script" not in page
        assert "<form" not in page


RED_FLAGS = {
    "large-amounts": ("a lot of blood", "beaucoup de sang"),
    "breathing": ("hard to breathe", "du mal à respirer"),
    "chest-pain": ("chest pain", "mal dans la poitrine"),
    "fainting": ("feel faint, or you pass out", "un malaise, ou vous perdez connaissance"),
    "vomiting-blood": (
        "vomit blood, or you see blood in your stool",
        "du sang dans vos selles",
    ),
    "fever": ("a fever over", "fièvre"),
}
"""What the page says of each red flag of the data, in its own words."""


@pytest.mark.parametrize(("place", "language"), [(0, "en"), (1, "fr")])
def test_the_page_says_every_red_flag_of_the_data_and_no_other(
    client: FlaskClient, place: int, language: str
) -> None:
    advice = load_knowledge().advice
    flags = {one.id: one.text for one in advice if one.kind is AdviceKind.RED_FLAG}
    page = client.get(f"/patient/{language}").text

    box = page.partition('id="when-to-get-help"')[2].partition("</section>")[0]
    said = re.findall(r"<li>(.*?)</li>", box, re.DOTALL)

    assert list(flags) == list(RED_FLAGS)
    assert len(said) == len(flags)
    for line, (flag, text) in zip(said, flags.items(), strict=True):
        assert RED_FLAGS[flag][place] in line
        assert [n for n in re.findall(r"\d[\d.]*", text) if n not in line.replace(",", ".")] == []


def test_another_language_is_not_there(client: FlaskClient) -> None:
    answer = client.get("/patient/de")

    assert answer.status_code == 404
    assert outcome_faults(answer.get_json(force=True), status=404) == []


@pytest.mark.parametrize(
    ("word", "syllables"),
    [
        *(("blood", 1), ("cough", 1), ("doctor", 2), ("breathe", 1), ("emergency", 4), ("infection", 3)),
        *(("pneumonia", 4), ("tuberculosis", 5), ("bronchoscopy", 4), ("called", 1), ("damaged", 2)),
        *(("vessels", 2), ("treated", 2), ("little", 2), ("causes", 2), ("makes", 1)),
        *(("treatment", 2), ("airway", 2), ("harmless", 2), ("bleeding", 2), ("hemoptysis", 4)),
    ],
)
def test_english_syllables_are_counted_as_spoken(word: str, syllables: int) -> None:
    assert english_syllables(word) == syllables


@pytest.mark.parametrize(
    ("word", "syllables"),
    [
        *(("sang", 1), ("toux", 1), ("médecin", 3), ("poumons", 2), ("bronches", 1), ("poitrine", 2)),
        *(("tuberculose", 4), ("pneumonie", 3), ("embolisation", 5), ("d’hémoptysie", 4), ("crachez", 2)),
        *(("hémoptysie", 4), ("cause", 1), ("urgences", 2), ("maladie", 3), ("vaisseaux", 2)),
    ],
)
def test_french_syllables_are_counted_as_written(word: str, syllables: int) -> None:
    assert french_syllables(word) == syllables


def test_headings_are_no_sentences_and_a_decimal_point_ends_none() -> None:
    text = prose_of(
        "<main><h2>Help</h2><p>A fever over 38.9 °C. Call: now!</p><li>One <b>thing</b></li></main>"
    )

    assert text == "A fever over 38.9 °C. Call: now!\nOne thing"
    assert [len(words_in(sentence)) for sentence in sentences_in(text)] == [4, 2, 2]


def test_the_formulas_give_what_their_authors_give() -> None:
    assert flesch_kincaid_grade("The cat sat on the mat.") == pytest.approx(0.39 * 6 + 11.8 - 15.59)
    assert kandel_moles_score("Le chat dort.") == pytest.approx(207 - 1.015 * 3 - 73.6)
