"""Codes: aliases of systems, ICD categories, the concepts of a code, codes that must not count."""

from typing import get_args

import pytest

from cds_service.knowledge.terminology.concepts import Certainty, Coding, Concept, Role
from cds_service.knowledge.terminology.terminology import Terminology
from tests.unit.knowledge.terminology_builders import CPT, LOINC, PCS, RADLEX, SNOMED, C, concepts

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
CM = "http://hl7.org/fhir/sid/icd-10-cm"
WHO = "http://hl7.org/fhir/sid/icd-10"
ICD9 = "http://hl7.org/fhir/sid/icd-9-cm"

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
        (CM, "A16.2", {C.TUBERCULOSIS}),
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
        (CM, "J96.90", {C.RESPIRATORY_FAILURE_UNSPECIFIED}),
        (WHO, "J96.99", {C.RESPIRATORY_FAILURE_UNSPECIFIED}),
        (CM, "R57.1", {C.HYPOVOLEMIC_SHOCK}),
        (CM, "R57.0", {C.SHOCK}),
        (CM, "I46.8", {C.ARREST}),
        (WHO, "I46.1", {C.ARREST}),
        (CM, "T81.10XA", {C.SHOCK}),
        (CM, "T81.10XD", set()),
        (CM, "D62", set()),
        (CM, "I95.9", set()),
        (CM, "R65.21", {C.SHOCK, C.SEPSIS}),
        (CM, "Z99.81", {C.HOME_OXYGEN}),
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
        (CM, "Z79.02", {C.ANTIPLATELET}),
        (CM, "", set()),
    ],
)
def test_an_icd_code_matches_as_the_rules_say(
    terminology: Terminology, system: str, code: str, expected: set[Concept]
) -> None:
    assert concepts(terminology.meaning(system, code).matches) == expected


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        (SNOMED, "66857006", {C.HEMOPTYSIS, C.EXPECTORATED_BLOOD}),
        (SNOMED, "61281005", {C.HEMOPTYSIS, C.BLOODSTAINED_SPUTUM}),
        (SNOMED, "8765009", {C.GASTROINTESTINAL_BLEEDING}),
        (SNOMED, "12441001", set()),
        (SNOMED, "67905004", {C.ACUTE_RESPIRATORY_FAILURE, C.CHRONIC_RESPIRATORY_FAILURE}),
        (SNOMED, "409622000", {C.RESPIRATORY_FAILURE_UNSPECIFIED}),
        (SNOMED, "24484000", {C.SEVERE}),
        (SNOMED, "6736007", {C.MILD_OR_MODERATE}),
        (SNOMED, "182764009", {C.ANTICOAGULATION}),
        (SNOMED, "77386006", {C.PREGNANCY}),
        (SNOMED, "293637006", {C.CONTRAST_REACTION, C.OTHER_CONTRAST}),
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
    assert concepts(terminology.meaning(system, code).matches) == expected


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
    match = next(m for m in terminology.meaning(system, code).matches if m.concept is C.HEMOPTYSIS)

    assert match.certainty is certainty
    assert match.by_text == ""


def test_the_codes_of_a_concept_stand_in_the_order_of_its_list(terminology: Terminology) -> None:
    assert [c.code for c in terminology.codes_of(C.OXYGEN_SATURATION)][:2] == ["2708-6", "59408-5"]
    assert terminology.codes_of(C.EXPECTORATED_BLOOD) == (Coding(SNOMED, "66857006", "Hemoptysis"),)


def test_every_concept_has_codes_or_is_known_by_its_words_alone(terminology: Terminology) -> None:
    uncoded = {concept for concept in Concept if not terminology.codes_of(concept)}

    assert uncoded == {
        *(C.RECURRENCE, C.INFARCTION, C.ISCHEMIA, C.THROMBOSIS),
        *(C.INFUSION, C.LOCAL_FORM, C.NONINVASIVE_VENTILATION),
    }
    assert all(terminology.terms.words_of.get(concept) for concept in uncoded)


@pytest.mark.parametrize(
    ("concept", "roles"),
    [
        (C.COPD, {"cause", "lasting"}),
        (C.PULMONARY_EMBOLISM, {"cause"}),
        (C.LUNG_CANCER, {"cause", "high-risk"}),
        (C.CAVITATING_LESION, {"cause", "high-risk"}),
        (C.ASPERGILLOSIS, {"cause", "high-risk"}),
        (C.TUBERCULOSIS, {"cause", "high-risk"}),
        (C.BRONCHIECTASIS, {"cause", "high-risk", "lasting"}),
        (C.CYSTIC_FIBROSIS, {"cause", "high-risk", "lasting"}),
        (C.CHRONIC_RESPIRATORY_FAILURE, {"high-risk", "lasting"}),
        (C.CONTRAST_REACTION, {"lasting"}),
        (C.ANTICOAGULATION, {"high-risk"}),
        (C.ANTICOAGULANT, {"high-risk"}),
        (C.COUGH, {"respiratory-symptom"}),
        (C.DYSPNEA, {"respiratory-symptom"}),
        (C.TUBERCULOSIS_SEQUELAE, set()),
        (C.LUNG_CANCER_HISTORY, set()),
        (C.HEMOPTYSIS, set()),
    ],
)
def test_a_concept_has_its_roles_and_no_other(
    terminology: Terminology, concept: Concept, roles: set[Role]
) -> None:
    assert {role for role in get_args(Role) if terminology.has_role(concept, role)} == roles


# --- national modifications, modifiers -------------------------------------------------------


@pytest.mark.parametrize(
    "system",
    [
        WHO,
        CM,
        "http://fhir.de/CodeSystem/bfarm/icd-10-gm",
        "http://fhir.de/CodeSystem/dimdi/icd-10-gm",
        "http://hl7.org/fhir/sid/icd-10-gm",
        "http://hl7.org/fhir/sid/icd-10-am",
        "urn:oid:2.16.840.1.113883.6.135",
        "http://hl7.org/fhir/sid/icd-10-ca",
        "https://smt.esante.gouv.fr/terminologie-cim-10",
    ],
)
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("R04.2", C.HEMOPTYSIS),
        ("Z35.0", C.PREGNANCY),
        ("R57.2", C.SHOCK),
        ("Y57.5", C.CONTRAST_REACTION),
        ("C34.1", C.LUNG_CANCER),
    ],
)
def test_a_national_modification_is_icd_10_for_the_codes_they_share(
    terminology: Terminology, system: str, code: str, expected: Concept
) -> None:
    assert expected in terminology.meaning(system, code).concepts


def test_an_icd_9_code_is_not_read_as_icd_10(terminology: Terminology) -> None:
    assert not terminology.meaning(ICD9, "R57.2").concepts


@pytest.mark.parametrize(
    "code", ["71250-26", "71250TC", "71250 26", "71250-26-LT", "71250tc", " 71250-TC ", "7125026"]
)
def test_a_cpt_code_with_modifiers_is_that_code(terminology: Terminology, code: str) -> None:
    assert terminology.meaning(CPT, code).order_code == terminology.meaning(CPT, "71250").order_code


@pytest.mark.parametrize("code", ["71250-", "71250-2", "712502", "71250-26-", "X71250-26", "-26", ""])
def test_what_is_no_code_with_modifiers_is_no_known_code(terminology: Terminology, code: str) -> None:
    assert terminology.meaning(CPT, code).order_code is None


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
        (SNOMED, "12441001", True),
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
    assert terminology.meaning(system, code).is_silent is expected
