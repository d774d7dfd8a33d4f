"""Codes and words: aliases of systems, ICD categories, order codes, listed terms and negation."""

import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cds_service.knowledge.load import load_knowledge
from cds_service.knowledge.negation import sentences_of
from cds_service.knowledge.terminology import (
    Certainty,
    Coding,
    Concept,
    ConceptMatch,
    OrderCode,
    Role,
    Terminology,
)

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
CPT = "http://www.ama-assn.org/go/cpt"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
CM = "http://hl7.org/fhir/sid/icd-10-cm"
WHO = "http://hl7.org/fhir/sid/icd-10"
ICD9 = "http://hl7.org/fhir/sid/icd-9-cm"
PCS = "http://www.cms.gov/Medicare/Coding/ICD10"
RADLEX = "http://www.radlex.org"

C = Concept

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


@pytest.fixture(scope="module")
def terminology() -> Terminology:
    return load_knowledge().terminology


def concepts(matches: tuple[ConceptMatch, ...]) -> set[Concept]:
    return {match.concept for match in matches}


# --- systems ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("http://snomed.info/sct", SNOMED),
        ("https://snomed.info/sct", SNOMED),
        ("http://snomed.info/sct/", SNOMED),
        ("urn:oid:2.16.840.1.113883.6.96", SNOMED),
        ("SNOMED-CT", SNOMED),
        ("http://snomed.info/sct|http://snomed.info/sct/731000124108", SNOMED),
        ("http://loinc.org/", LOINC),
        ("https://loinc.org", LOINC),
        ("urn:oid:2.16.840.1.113883.6.1", LOINC),
        ("urn:oid:2.16.840.1.113883.6.12", CPT),
        ("https://www.ama-assn.org/go/cpt", CPT),
        ("http://ama-assn.org/go/cpt", CPT),
        ("http://www.ama-assn.org/go/cpt/", CPT),
        ("cpt", CPT),
        (" CPT ", CPT),
        ("CPT-4", CPT),
        ("urn:oid:2.16.840.1.113883.6.90", CM),
        ("ICD-10-CM", CM),
        ("urn:oid:2.16.840.1.113883.6.3", WHO),
        ("CIM-10", WHO),
        ("http://hl7.org/fhir/sid/icd-9-cm/diagnosis", ICD9),
        ("urn:oid:2.16.840.1.113883.6.103", ICD9),
        ("urn:oid:2.16.840.1.113883.6.88", RXNORM),
        ("urn:oid:2.16.840.1.113883.6.4", PCS),
        ("urn:oid:2.16.840.1.113883.6.256", RADLEX),
        ("http://radlex.org/", RADLEX),
    ],
)
def test_a_code_system_is_known_by_any_of_its_names(
    terminology: Terminology, name: str, canonical: str
) -> None:
    assert terminology.canonical_system(name) == canonical
    assert terminology.is_known_system(name)


@pytest.mark.parametrize(
    "name", ["", "urn:oid:1.2.3", "https://fhir.cerner.com/ec2458f2/codeSet/200", "http://snomed.info/sct/9"]
)
def test_an_unknown_code_system_comes_back_unchanged(terminology: Terminology, name: str) -> None:
    assert terminology.canonical_system(name) == name
    assert not terminology.is_known_system(name)


# --- concepts of codes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        (CM, "R04.2", {C.HEMOPTYSIS}),
        (CM, "R042", {C.HEMOPTYSIS}),
        (CM, "r04.2", {C.HEMOPTYSIS}),
        (CM, " R04.2 ", {C.HEMOPTYSIS}),
        (WHO, "R04.2", {C.HEMOPTYSIS}),
        (WHO, "R04.8", {C.HEMOPTYSIS}),
        (CM, "R04.89", {C.HEMOPTYSIS}),
        (CM, "R04.9", {C.HEMOPTYSIS}),
        (CM, "R04.20", set()),
        (CM, "R04", set()),
        (CM, "R04.0", set()),
        (CM, "R04.1", set()),
        (CM, "R04.81", set()),
        (CM, "R04.8", set()),
        (WHO, "R04.0", set()),
        (ICD9, "786.30", {C.HEMOPTYSIS}),
        (ICD9, "78630", {C.HEMOPTYSIS}),
        (ICD9, "786.39", {C.HEMOPTYSIS}),
        (ICD9, "786.3", {C.HEMOPTYSIS}),
        (ICD9, "786.31", set()),
        (ICD9, "R04.2", set()),
        (CM, "J85.0", {C.CAVITATING_LESION}),
        (CM, "J85.2", {C.CAVITATING_LESION}),
        (CM, "J85.3", set()),
        (CM, "C34", {C.LUNG_CANCER}),
        (CM, "C34.11", {C.LUNG_CANCER}),
        (CM, "c3411", {C.LUNG_CANCER}),
        (WHO, "C34.3", {C.LUNG_CANCER}),
        (CM, "C78.01", {C.LUNG_CANCER}),
        (CM, "C78.1", set()),
        (CM, "C35", set()),
        (CM, "A15.7", {C.TUBERCULOSIS}),
        (WHO, "A16.2", {C.TUBERCULOSIS}),
        (CM, "A16.2", set()),
        (CM, "B90.9", {C.TUBERCULOSIS_SEQUELAE}),
        (CM, "Z86.11", {C.TUBERCULOSIS_SEQUELAE}),
        (CM, "J44.81", {C.COPD}),
        (CM, "J45.909", set()),
        (CM, "J47.1", {C.BRONCHIECTASIS}),
        (CM, "E84.19", {C.CYSTIC_FIBROSIS}),
        (CM, "J15.212", {C.PNEUMONIA}),
        (WHO, "J18.1", {C.PNEUMONIA}),
        (CM, "J20.1", {C.RESPIRATORY_INFECTION}),
        (CM, "J96.01", {C.ACUTE_RESPIRATORY_FAILURE}),
        (CM, "J96.10", {C.CHRONIC_RESPIRATORY_FAILURE}),
        (CM, "J96.12", {C.CHRONIC_RESPIRATORY_FAILURE}),
        (CM, "J96.22", {C.ACUTE_RESPIRATORY_FAILURE, C.CHRONIC_RESPIRATORY_FAILURE}),
        (CM, "J96.2", {C.ACUTE_RESPIRATORY_FAILURE, C.CHRONIC_RESPIRATORY_FAILURE}),
        (CM, "J96.90", set()),
        (CM, "I26.02", {C.PULMONARY_EMBOLISM}),
        (CM, "T17.598D", {C.FOREIGN_BODY}),
        (CM, "T17.908A", {C.FOREIGN_BODY}),
        (CM, "T17.2", set()),
        (CM, "B44.81", {C.ASPERGILLOSIS}),
        (CM, "M31.31", {C.VASCULITIS}),
        (CM, "M31.4", set()),
        (CM, "N17.0", {C.ACUTE_KIDNEY_INJURY}),
        (CM, "N18.32", {C.KIDNEY_DISEASE_OTHER}),
        (CM, "N18.9", {C.KIDNEY_DISEASE_OTHER}),
        (CM, "N18.4", {C.KIDNEY_DISEASE_SEVERE}),
        (CM, "N18.6", {C.KIDNEY_DISEASE_SEVERE}),
        (CM, "N18.2", set()),
        (CM, "E05.00", {C.THYROID}),
        (CM, "O99.513", {C.PREGNANCY}),
        (CM, "Z33.1", {C.PREGNANCY}),
        (CM, "Z91.041", {C.CONTRAST_REACTION}),
        (CM, "Z79.01", {C.ANTICOAGULATION}),
        (CM, "D68.32", {C.ANTICOAGULATION}),
        (CM, "Z79.02", set()),
        (CM, "", set()),
    ],
)
def test_an_icd_code_matches_as_the_rules_say(
    terminology: Terminology, system: str, code: str, expected: set[Concept]
) -> None:
    assert concepts(terminology.concepts_of(Coding(system, code))) == expected


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        (SNOMED, "66857006", {C.HEMOPTYSIS, C.EXPECTORATED_BLOOD}),
        (SNOMED, "61281005", {C.HEMOPTYSIS}),
        (SNOMED, "8765009", set()),
        (SNOMED, "12441001", set()),
        (SNOMED, "67905004", {C.ACUTE_RESPIRATORY_FAILURE, C.CHRONIC_RESPIRATORY_FAILURE}),
        (SNOMED, "409622000", {C.RESPIRATORY_FAILURE_UNSPECIFIED}),
        (SNOMED, "24484000", {C.SEVERE}),
        (SNOMED, "6736007", set()),
        (SNOMED, "182764009", {C.ANTICOAGULATION}),
        (SNOMED, "77386006", {C.PREGNANCY}),
        (SNOMED, "293637006", {C.CONTRAST_REACTION}),
        (SNOMED, "300913006", set()),
        (SNOMED, "187252008", {C.TUBERCULOSIS_SEQUELAE}),
        (SNOMED, "431857002", {C.KIDNEY_DISEASE_SEVERE}),
        (SNOMED, "433146000", {C.KIDNEY_DISEASE_SEVERE}),
        (SNOMED, "433144002", {C.KIDNEY_DISEASE_OTHER}),
        (SNOMED, "233525003", {C.BRONCHIAL_EMBOLIZATION}),
        (PCS, "03LY3DZ", {C.UNNAMED_EMBOLIZATION}),
        (CPT, "37244", {C.UNNAMED_EMBOLIZATION}),
        (LOINC, "24554-8", {C.UNNAMED_EMBOLIZATION}),
        (LOINC, "59408-5", {C.OXYGEN_SATURATION}),
        (LOINC, "8480-6", {C.SYSTOLIC_PRESSURE}),
        (LOINC, "85354-9", {C.BLOOD_PRESSURE_PANEL}),
        (LOINC, "3150-0", {C.INHALED_OXYGEN_CONCENTRATION}),
        (LOINC, "3151-8", {C.INHALED_OXYGEN_FLOW}),
        (LOINC, "82810-3", {C.PREGNANCY_STATUS}),
        (LOINC, "2106-3", {C.PREGNANCY_TEST}),
        (LOINC, "38200-2", set()),
        (RXNORM, "1364430", {C.ANTICOAGULANT}),
        (RXNORM, "6809", {C.METFORMIN}),
        ("urn:oid:2.16.840.1.113883.6.96", "66857006", {C.HEMOPTYSIS, C.EXPECTORATED_BLOOD}),
        ("", "66857006", set()),
        ("urn:site", "66857006", set()),
    ],
)
def test_other_codes_match_exactly(
    terminology: Terminology, system: str, code: str, expected: set[Concept]
) -> None:
    assert concepts(terminology.concepts_of(Coding(system, code))) == expected


@pytest.mark.parametrize(
    ("system", "code", "certainty"),
    [
        (SNOMED, "66857006", Certainty.DEFINITE),
        (CM, "R04.2", Certainty.DEFINITE),
        (CM, "R04.89", Certainty.POSSIBLE),
        (CM, "R04.9", Certainty.POSSIBLE),
        (WHO, "R04.8", Certainty.POSSIBLE),
        (SNOMED, "95431003", Certainty.POSSIBLE),
        (SNOMED, "11029002", Certainty.POSSIBLE),
    ],
)
def test_a_code_that_only_possibly_means_hemoptysis_says_so(
    terminology: Terminology, system: str, code: str, certainty: Certainty
) -> None:
    match = next(m for m in terminology.concepts_of(Coding(system, code)) if m.concept is C.HEMOPTYSIS)

    assert match.certainty is certainty
    assert match.by_text == ""


def test_the_codes_of_a_concept_stand_in_the_order_of_its_list(terminology: Terminology) -> None:
    assert [c.code for c in terminology.codes_of(C.OXYGEN_SATURATION)] == ["2708-6", "59408-5"]
    assert terminology.codes_of(C.EXPECTORATED_BLOOD) == (Coding(SNOMED, "66857006", "Hemoptysis"),)
    assert all(terminology.codes_of(concept) for concept in Concept)


@pytest.mark.parametrize(
    ("concept", "roles"),
    [
        (C.COPD, {Role.CAUSE}),
        (C.PULMONARY_EMBOLISM, {Role.CAUSE}),
        (C.LUNG_CANCER, {Role.CAUSE, Role.HIGH_RISK}),
        (C.CAVITATING_LESION, {Role.CAUSE, Role.HIGH_RISK}),
        (C.ASPERGILLOSIS, {Role.CAUSE, Role.HIGH_RISK}),
        (C.TUBERCULOSIS, {Role.CAUSE, Role.HIGH_RISK}),
        (C.BRONCHIECTASIS, {Role.CAUSE, Role.HIGH_RISK}),
        (C.CYSTIC_FIBROSIS, {Role.CAUSE, Role.HIGH_RISK}),
        (C.CHRONIC_RESPIRATORY_FAILURE, {Role.HIGH_RISK}),
        (C.ANTICOAGULATION, {Role.HIGH_RISK}),
        (C.ANTICOAGULANT, {Role.HIGH_RISK}),
        (C.COUGH, {Role.RESPIRATORY_SYMPTOM}),
        (C.DYSPNEA, {Role.RESPIRATORY_SYMPTOM}),
        (C.TUBERCULOSIS_SEQUELAE, set()),
        (C.LUNG_CANCER_HISTORY, set()),
        (C.HEMOPTYSIS, set()),
    ],
)
def test_a_concept_has_its_roles_and_no_other(
    terminology: Terminology, concept: Concept, roles: set[Role]
) -> None:
    assert {role for role in Role if terminology.has_role(concept, role)} == roles


# --- concepts in text ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hemoptysis", {C.HEMOPTYSIS}),
        ("Recurrent HAEMOPTYSIS", {C.HEMOPTYSIS}),
        ("patient coughing up blood since Monday", {C.HEMOPTYSIS}),
        ("blood-streaked sputum", {C.HEMOPTYSIS}),
        ("Hémoptysie récidivante", {C.HEMOPTYSIS}),
        ("hemoptysies", {C.HEMOPTYSIS}),
        ("crachats hémoptoïques", {C.HEMOPTYSIS}),
        ("non-massive hemoptysis", {C.HEMOPTYSIS}),
        ("hematemesis", set()),
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
        ("shellfish allergy", set()),
        ("iodine allergy", set()),
        ("Iodinated contrast media", {C.CONTRAST_REACTION}),
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
        ("history of hemoptysis", C.HEMOPTYSIS),
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


def test_a_term_both_asked_and_affirmed_is_affirmed(terminology: Terminology) -> None:
    matches = terminology.concepts_in("rule out hemoptysis. Hemoptysis seen on the ward.")

    assert matches == (ConceptMatch(C.HEMOPTYSIS, Certainty.DEFINITE, by_text="hemoptysis"),)


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


@settings(deadline=None)
@given(st.text(max_size=300))
def test_a_text_without_a_listed_term_names_nothing(text: str) -> None:
    terms = load_knowledge().terminology.terms
    assume(not any(terms.pattern.search(sentence) for sentence in sentences_of(text)))

    assert terms.find(text) == ()


@settings(deadline=None)
@given(st.lists(st.sampled_from(CUE_WORDS), max_size=12))
def test_cues_alone_name_nothing(words: list[str]) -> None:
    assert C.HEMOPTYSIS not in concepts(load_knowledge().terminology.concepts_in(" ".join(words)))


LONG_PARTS = [
    "hemoptysis ", "no hemoptysis ", "no cough with ", "(-) ", "hemoptysis (-) ", "(-) hemoptysis ", "neg/",
    "has not ", "never has had ", "hemoptysis: n ", "doesn't ", "pulmonary hemorrhage of newborn ", "( ", "n",
    " - ", "a", " ", "-", ",", "or ", "denies, ",
]  # fmt: skip


@pytest.mark.parametrize("part", LONG_PARTS)
def test_a_text_of_twenty_thousand_characters_is_read_in_a_moment(
    terminology: Terminology, part: str
) -> None:
    text = part * (20_000 // len(part)) + " hemoptysis"
    started = time.process_time()

    terminology.concepts_in(text)

    assert time.process_time() - started < 1


@pytest.mark.parametrize("part", ["no hemoptysis ", "no hemoptysis, ", "r/o hemoptysis (", "denies; ", "? "])
def test_a_text_of_a_million_characters_costs_less_than_a_second(terminology: Terminology, part: str) -> None:
    text = part * (1_000_000 // len(part))
    started = time.perf_counter()

    terminology.concepts_in(text)
    terminology.study_in(text)

    assert time.perf_counter() - started < 1


# --- codes whose display must not count ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        (CM, "R04.81", True),
        (CM, "R04.0", True),
        (CM, "R04.1", True),
        (CM, "R04.8", True),
        (CM, "R04", True),
        (WHO, "R04.1", True),
        (CM, "J85.3", True),
        (ICD9, "786.31", True),
        (ICD9, "786.50", True),
        (SNOMED, "8765009", True),
        (CM, "R04.2", False),
        (WHO, "R04.8", False),
        (ICD9, "786.30", False),
        (CM, "J85.2", False),
        (CM, "J96.91", False),
        (SNOMED, "66857006", False),
        ("urn:site", "R04.81", False),
    ],
)
def test_excluded_codes_and_their_unlisted_icd_siblings_are_silent(
    terminology: Terminology, system: str, code: str, expected: bool
) -> None:
    assert terminology.is_silent(Coding(system, code)) is expected


# --- order codes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "code", "procedure"),
    [
        (CPT, "71046", "radiography-chest"),
        (CPT, "71250", "ct-chest-without-contrast"),
        (CPT, "71260", "ct-chest-with-contrast"),
        (CPT, "71270", "ct-chest-without-and-with-contrast"),
        (CPT, "71275", "cta-chest-with-contrast"),
        ("urn:oid:2.16.840.1.113883.6.12", "71275", "cta-chest-with-contrast"),
        ("cpt", " 71275 ", "cta-chest-with-contrast"),
        (CPT, "71555", "mra-chest"),
        (CPT, "78582", "ventilation-perfusion"),
        (CPT, "78815", "fdg-pet"),
        (CPT, "75726", "bronchial-arteriography"),
        (LOINC, "30746-2", "radiography-chest"),
        (LOINC, "24627-2", "ct-chest-contrast-unspecified"),
        (LOINC, "30804-9", "cta-chest-with-contrast"),
        (SNOMED, "169069000", "ct-chest-contrast-unspecified"),
        (SNOMED, "233525003", "arteriography-bronchial-embolization"),
        (PCS, "b31l1zz", "bronchial-arteriography"),
        (RADLEX, "RPID16", "ct-chest-without-contrast"),
    ],
)
def test_an_order_code_stands_for_its_procedure(
    terminology: Terminology, system: str, code: str, procedure: str
) -> None:
    found = terminology.order_code(Coding(system, code))

    assert found is not None
    assert found.procedure == procedure


@pytest.mark.parametrize(
    ("system", "code"),
    [(CPT, "74177"), (CPT, "31622"), (SNOMED, "71275"), ("urn:site", "71275"), (RADLEX, "RPID17"), (CPT, "")],
)
def test_a_code_that_is_not_in_the_map_stands_for_nothing(
    terminology: Terminology, system: str, code: str
) -> None:
    assert terminology.order_code(Coding(system, code)) is None


def test_ct_of_the_pulmonary_arteries_is_marked(terminology: Terminology) -> None:
    marked = {o.coding.code for o in terminology.order_codes.values() if o.is_pulmonary_arteries}

    assert marked == {"79077-4", "16332841000119106", "RPID147", "B32S1ZZ", "B32T1ZZ"}


def test_an_embolization_of_any_vessel_needs_a_hemoptysis_reason(terminology: Terminology) -> None:
    marked = {o.coding.code for o in terminology.order_codes.values() if o.needs_hemoptysis_reason}

    assert marked == {"37244", "24554-8", "03LY3CZ", "03LY3DZ", "03LY3ZZ"}


@pytest.mark.parametrize(
    ("system", "code"), [(CPT, "31622"), (SNOMED, "10847001"), (LOINC, "18744-3"), (PCS, "0BJ08ZZ")]
)
def test_bronchoscopy_is_known_to_be_no_imaging(terminology: Terminology, system: str, code: str) -> None:
    assert terminology.is_not_imaging(Coding(system, code))
    assert terminology.order_code(Coding(system, code)) is None


def test_a_sites_own_codes_are_added_and_win(terminology: Terminology) -> None:
    local = OrderCode(Coding("urn:site", "IMG123", "CT CHEST W"), "ct-chest-with-contrast")
    redefined = OrderCode(
        Coding("cpt", "71275", "CTPA"), "cta-chest-with-contrast", is_pulmonary_arteries=True
    )

    own = terminology.with_order_codes([local, redefined])

    assert own.order_code(Coding("urn:site", "IMG123")) == local
    assert own.order_code(Coding(CPT, "71275")) == redefined
    assert own.order_code(Coding(CPT, "71250")) == terminology.order_code(Coding(CPT, "71250"))
    assert terminology.order_code(Coding("urn:site", "IMG123")) is None


def test_a_sites_own_codes_may_differ_in_case_only(terminology: Terminology) -> None:
    upper = OrderCode(Coding("urn:site", "A"), "ct-chest-with-contrast")
    lower = OrderCode(Coding("urn:site", "a"), "ct-chest-without-contrast")

    own = terminology.with_order_codes([upper, lower])

    assert own.order_code(Coding("urn:site", "A")) == upper
    assert own.order_code(Coding("urn:site", "a")) == lower
