"""Words by language: which concepts have none, what may be said in none, and a language that a site adds."""

import csv
import re
import shutil
from collections import defaultdict
from pathlib import Path

import pytest

from cds_service.knowledge.load import SHIPPED_DATA, load_knowledge
from cds_service.knowledge.terminology.concepts import Certainty, Concept
from cds_service.knowledge.terminology.terminology import Terminology
from cds_service.knowledge.terminology.words import folded
from tests.unit.knowledge.terminology_builders import C

NOT_SHIPPED = Path(__file__).parents[2] / "docs/reference/not-shipped.md"
NAMES = {"English": "en", "French": "fr", "German": "de", "Spanish": "es", "Italian": "it"}
LANGUAGES = {**NAMES, "Portuguese": "pt", "Dutch": "nl", "any": "any"}
INCOMPLETE = [name for name in LANGUAGES if name not in ("English", "French")]
TOO_SHORT = {"pci", "km", "mdc", "asa", "tpa", "lae ct", "oxilan", "cathflo"}
"""Names that mean another thing as well, or were not met: dropped singly."""


def terms() -> list[dict[str, str]]:
    with (SHIPPED_DATA / "codelists/terms.csv").open(encoding="utf-8") as file:
        return [*csv.DictReader(file)]


def concepts_by_language() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for row in terms():
        if row["certainty"] not in ("other", "not"):
            found[row["language"]].add(row["concept"])
    return found


def test_english_and_french_have_words_for_every_concept_but_four() -> None:
    """What a code alone can say: any vessel, the amount of blood, a degree (in words, a size)."""
    for language in ("en", "fr"):
        worded = concepts_by_language()[language]

        assert {*Concept} - worded == {
            *(Concept.UNNAMED_EMBOLIZATION, Concept.EXPECTORATED_BLOOD, Concept.BLOODSTAINED_SPUTUM),
            Concept.MILD_OR_MODERATE,
        }


@pytest.mark.parametrize("language", INCOMPLETE)
def test_the_page_says_which_concepts_a_language_has_words_for(language: str) -> None:
    page = NOT_SHIPPED.read_text(encoding="utf-8")

    row = re.search(rf"^\| {language} \| (.*) \|$", page, re.MULTILINE)

    assert row is not None
    assert set(row[1].split(", ")) == concepts_by_language()[LANGUAGES[language]]


def test_no_name_is_shipped_that_is_too_short_or_was_not_met() -> None:
    shipped = {folded(row["words"]) for row in terms() if row["certainty"] not in ("other", "not")}

    assert not shipped & TOO_SHORT


def with_lines(folder: Path, name: str, *lines: str) -> None:
    with (folder / "codelists" / name).open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def test_a_site_adds_a_language_without_code(tmp_path: Path) -> None:
    own = tmp_path / "own"
    shutil.copytree(SHIPPED_DATA, own)
    with_lines(
        own,
        "terms.csv",
        "hemoptysis,any,definite,krwioplucie",
        "hemoptysis,any,definite,odkrztuszanie krwi",
        "recurrence,any,definite,nawrotowe",
        "contrast-reaction,any,definite,uczulenie na kontrast",
        "oxygen-saturation,any,definite,saturacja",
        "oxygen-saturation,any,other,żylna",
    )
    with_lines(own, "negations.csv", "pre,any,bez", "pre-past,any,przebyte", "pre-possible,any,podejrzenie")

    terminology = load_knowledge(own).terminology

    said = {
        text: {match.concept: match.certainty for match in terminology.concepts_in(text)}
        for text in (
            "Krwioplucie nawrotowe",
            "odkrztuszanie świeżej krwi",
            "bez krwioplucia, krwioplucie",
            "bez krwioplucie",
            "przebyte krwioplucie",
            "podejrzenie krwioplucie",
            "saturacja żylna",
            "Saturacja",
        )
    }
    assert said["Krwioplucie nawrotowe"] == {
        C.HEMOPTYSIS: Certainty.DEFINITE,
        C.RECURRENCE: Certainty.DEFINITE,
    }
    assert said["odkrztuszanie świeżej krwi"] == {C.HEMOPTYSIS: Certainty.DEFINITE}
    assert said["bez krwioplucie"] == {}
    assert said["przebyte krwioplucie"] == {C.HEMOPTYSIS: Certainty.PAST}
    assert said["podejrzenie krwioplucie"] == {C.HEMOPTYSIS: Certainty.POSSIBLE}
    assert said["saturacja żylna"] == {}
    assert said["Saturacja"] == {C.OXYGEN_SATURATION: Certainty.DEFINITE}


@pytest.mark.parametrize(
    ("text", "certainty"),
    [
        ("Hämoptysen", Certainty.DEFINITE),
        ("Haemoptoe seit gestern", Certainty.DEFINITE),
        ("Fieber und Bluthusten, keine Dyspnoe", Certainty.DEFINITE),
        ("Verdacht auf Hämoptoe", Certainty.POSSIBLE),
        ("Zustand nach Hämoptoe", Certainty.PAST),
        ("tos con sangre", Certainty.DEFINITE),
        ("antecedentes de hemoptisis", Certainty.PAST),
        ("emottisi da ieri", Certainty.DEFINITE),
        ("hemoptise", Certainty.DEFINITE),
        ("bloed ophoesten", Certainty.DEFINITE),
    ],
)
def test_hemoptysis_is_read_in_seven_languages(
    terminology: Terminology, text: str, certainty: Certainty
) -> None:
    matches = terminology.concepts_in(text)

    assert {m.certainty for m in matches if m.concept is C.HEMOPTYSIS} == {certainty}


@pytest.mark.parametrize(
    "text", ["keine Hämoptysen", "ohne Bluthusten", "niega hemoptisis", "sin hemoptisis", "geen hemoptoë"]
)
def test_hemoptysis_is_negated_in_these_languages_too(terminology: Terminology, text: str) -> None:
    assert C.HEMOPTYSIS not in {m.concept for m in terminology.concepts_in(text)}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("jodhaltiges Kontrastmittel", C.IODINATED_CONTRAST),
        ("medio de contraste yodado", C.IODINATED_CONTRAST),
        ("mezzo di contrasto iodato", C.IODINATED_CONTRAST),
        ("produit de contraste iodé", C.IODINATED_CONTRAST),
        ("IVP dye", C.IODINATED_CONTRAST),
        ("Omnipaque 350", C.IODINATED_CONTRAST),
        ("Imeron", C.IODINATED_CONTRAST),
        ("Dotarem", C.OTHER_CONTRAST),
        ("MRI contrast", C.OTHER_CONTRAST),
        ("Gadolinium contrast media allergy", C.OTHER_CONTRAST),
        ("Contrast media (gadolinium)", C.OTHER_CONTRAST),
        ("Eliquis 5 mg", C.ANTICOAGULANT),
        ("Previscan", C.ANTICOAGULANT),
        ("Marcumar", C.ANTICOAGULANT),
        ("heparin infusion", C.ANTICOAGULANT),
        ("Kardégic", C.ANTIPLATELET),
        ("Janumet", C.METFORMIN),
        ("Noradrenalin Perfusor", C.VASOPRESSOR),
        ("Enoxaparina 4000 UI", C.ANTICOAGULANT),
        ("acenocumarol", C.ANTICOAGULANT),
        ("Nadroparina cálcica", C.ANTICOAGULANT),
        ("eparina", C.ANTICOAGULANT),
        ("Varfarina 5 mg", C.ANTICOAGULANT),
        ("rivaroxabana 20 mg", C.ANTICOAGULANT),
        ("HBPM", C.ANTICOAGULANT),
        ("AVK", C.ANTICOAGULANT),
        ("ácido acetilsalicílico 100 mg", C.ANTIPLATELET),
        ("Acetylsalicylsäure", C.ANTIPLATELET),
        ("noradrenalina 0,2 mcg/kg/min", C.VASOPRESSOR),
        ("ioexolo", C.IODINATED_CONTRAST),
    ],
)
def test_a_drug_is_known_by_substance_brand_and_class(
    terminology: Terminology, text: str, concept: Concept
) -> None:
    assert {match.concept for match in terminology.concepts_in(text)} == {concept}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("tiefe Beinvenenthrombose", C.THROMBOSIS),
        ("Trombosis venosa profunda", C.THROMBOSIS),
        ("Lungenembolie", C.PULMONARY_EMBOLISM),
        ("Tromboembolismo pulmonar agudo", C.PULMONARY_EMBOLISM),
        ("Unstable angina", C.ISCHEMIA),
        ("Acute ischemic heart disease, unspecified", C.ISCHEMIA),
        ("Acute infarction of intestine, part and extent unspecified", C.ISCHEMIA),
        ("Atherosclerosis of native arteries of extremities with rest pain, right leg", C.ISCHEMIA),
        ("AOMI stade IV", C.ISCHEMIA),
        ("pAVK Stadium IV", C.ISCHEMIA),
        ("Cardiopatía isquémica", C.ISCHEMIA),
        ("Herzinfarkt", C.INFARCTION),
    ],
)
def test_what_speaks_against_a_drug_is_known_in_words(
    terminology: Terminology, text: str, concept: Concept
) -> None:
    assert concept in {match.concept for match in terminology.concepts_in(text)}


NATIONAL_FORMS = (
    *(("arin", "arina"), ("udin", "udina"), ("xaban", "xabana"), ("gatran", "gatrana")),
    *(("teplase", "teplasa"), ("ticlopidine", "ticlopidina"), ("dipyridamole", "dipiridamol")),
    *(("coumarol", "cumarol"), ("iopamidol", "iopamidolo"), ("iomeprol", "iomeprolo")),
)
"""How the generic names of drugs end in English, and in Spanish, Italian or Portuguese."""


@pytest.mark.parametrize(("english", "national"), NATIONAL_FORMS)
def test_every_generic_name_of_a_drug_is_known_in_its_national_form(english: str, national: str) -> None:
    """So that a name that is added brings its forms along."""
    drugs = {C.ANTICOAGULANT, C.ANTIPLATELET, C.THROMBOLYTIC, C.IODINATED_CONTRAST}
    listed = [row for row in terms() if row["certainty"] == "definite" and row["concept"] in drugs]
    known = {(row["concept"], folded(row["words"])) for row in listed}
    names = [row for row in listed if row["words"].islower() and row["language"] in ("any", "en")]

    forms = {
        (row["concept"], row["words"].removesuffix(english) + national)
        for row in names
        if row["words"].endswith(english) and " " not in row["words"]
    }

    assert forms
    assert forms <= known


@pytest.mark.parametrize(
    "text",
    [
        "Cathflo (alteplase)",
        "epinephrine auto-injector",
        "phenylephrine nasal spray",
        "KM",
    ],
)
def test_local_forms_and_names_that_are_too_short_are_no_drug(terminology: Terminology, text: str) -> None:
    said = {match.concept for match in terminology.concepts_in(text)}
    assert said <= {Concept.LINE_CARE, Concept.LOCAL_FORM}


@pytest.mark.parametrize(
    "text",
    ["heparin lock flush", "heparin flush 10 unt/ml", "heparin 2 UNT/ML injection", "héparine, rinçage"],
)
def test_heparin_that_keeps_a_line_open_is_known_as_both(terminology: Terminology, text: str) -> None:
    said = {match.concept: match.certainty for match in terminology.concepts_in(text)}
    assert said == {Concept.ANTICOAGULANT: Certainty.DEFINITE, Concept.LINE_CARE: Certainty.DEFINITE}
