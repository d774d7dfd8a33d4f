"""Codings by their displays: when the name of a code counts, in Conditions and in reasons of orders."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.fhir.codes import coded_from
from cds_service.fhir.elements import CodeableConcept
from cds_service.knowledge.terminology.concepts import Certainty, Concept
from tests.unit.fhir.builders import (
    ICD,
    SNOMED,
    Json,
    condition,
    element,
    facts_of,
    meanings,
    order,
    read_order,
)

WHO = "http://hl7.org/fhir/sid/icd-10"
ICD9 = "http://hl7.org/fhir/sid/icd-9-cm"
LOCAL = "urn:site:problems"

C = Concept

BLANKS = st.sampled_from(["", " ", "\t"])


def coded(system: str, code: str, display: str, **more: Any) -> Json:
    return {"coding": [{"system": system, "code": code, "display": display}], **more}


def in_a_condition(code: Json) -> set[Concept]:
    """What a Condition stands for; one that stands for nothing is no diagnosis."""
    return {match.concept for one in facts_of(condition(code=code)).diagnoses for match in one.matches}


def in_a_reason(code: Json) -> set[Concept]:
    return {match.concept for match in read_order(order(reasonCode=[code])).reason.matches}


UNLISTED = [
    (ICD, "J96.90", "Respiratory failure, unspecified", C.RESPIRATORY_FAILURE_UNSPECIFIED),
    (ICD, "J96.91", "Respiratory failure, unspecified with hypoxia", C.RESPIRATORY_FAILURE_UNSPECIFIED),
    (WHO, "J96.9", "Respiratory failure, unspecified", C.RESPIRATORY_FAILURE_UNSPECIFIED),
    (WHO, "R09.0", "Hypoxaemia", C.HYPOXEMIA),
    (ICD9, "799.02", "Hypoxemia", C.HYPOXEMIA),
    (ICD, "T81.19", "Hypovolemic shock", C.HYPOVOLEMIC_SHOCK),
    (ICD9, "518.81", "Acute respiratory failure", C.ACUTE_RESPIRATORY_FAILURE),
    (SNOMED, "999", "Acute respiratory failure", C.ACUTE_RESPIRATORY_FAILURE),
    (LOCAL, "7", "Hypoxemia", C.HYPOXEMIA),
]


@pytest.mark.parametrize(("system", "code", "display", "expected"), UNLISTED)
def test_the_display_of_an_unlisted_code_counts(
    system: str, code: str, display: str, expected: Concept
) -> None:
    assert in_a_condition(coded(system, code, display)) == {expected}
    assert in_a_reason(coded(system, code, display)) == {expected}


def test_a_text_that_repeats_the_display_of_an_unlisted_icd_code_counts() -> None:
    name = "Respiratory failure, unspecified with hypoxia"

    assert in_a_condition(coded(ICD, "J96.91", name, text=name)) == {C.RESPIRATORY_FAILURE_UNSPECIFIED}


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (ICD, "R04.81"), (ICD, "R04.0"), (ICD, "R04.1"), (ICD, "R04.8"), (ICD, "R04"), (WHO, "R04.0"),
        (WHO, "R04.1"), (ICD, "J85.3"), (ICD9, "786.31"), (ICD9, "786.50"), (ICD9, "786"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "name",
    [
        "Acute idiopathic pulmonary hemorrhage in infants",
        "Pulmonary hemorrhage",
        "Hemoptysis",
        "Lung abscess",
    ],
)
def test_the_display_of_an_excluded_icd_code_or_its_sibling_never_counts(
    system: str, code: str, name: str
) -> None:
    assert in_a_condition(coded(system, code, name, text=name)) == set()
    assert in_a_reason(coded(system, code, name, text=name)) == set()


@pytest.mark.parametrize(
    ("system", "code", "display", "expected"),
    [
        (ICD, "R05.9", "Cough with hemoptysis", C.COUGH),
        (ICD, "J96.10", "Acute respiratory failure", C.CHRONIC_RESPIRATORY_FAILURE),
        (SNOMED, "49727002", "Hemoptysis", C.COUGH),
    ],
)
def test_a_listed_code_wins_over_its_display(system: str, code: str, display: str, expected: Concept) -> None:
    assert in_a_condition(coded(system, code, display)) == {expected}
    assert in_a_reason(coded(system, code, display)) == {expected}


@pytest.mark.parametrize(
    ("system", "code", "display"),
    [
        (ICD, "P26.1", "Massive pulmonary hemorrhage originating in the perinatal period"),
        (WHO, "P26.9", "Unspecified pulmonary haemorrhage originating in the perinatal period"),
        (ICD9, "770.3", "Pulmonary hemorrhage of fetus or newborn"),
        (SNOMED, "999", "Neonatal pulmonary hemorrhage"),
        (LOCAL, "7", "Pulmonary hemorrhage of newborn"),
        (LOCAL, "8", "Acute idiopathic pulmonary hemorrhage in infants"),
    ],
)
def test_the_bleeding_of_newborns_is_no_hemoptysis(system: str, code: str, display: str) -> None:
    assert in_a_condition(coded(system, code, display)) == set()
    assert in_a_reason(coded(system, code, display)) == set()


def test_a_family_history_in_a_display_means_nothing() -> None:
    family = coded(ICD, "Z83.1", "Family history of tuberculosis")

    assert in_a_condition(family) == set()


def test_a_personal_history_in_a_display_is_of_the_past() -> None:
    code = element(CodeableConcept, coded(ICD, "Z87.01", "Personal history of pneumonia (recurrent)"))

    (match,) = meanings().of_concept(code)

    assert (match.concept, match.certainty) == (C.PNEUMONIA, Certainty.PAST)


def test_the_text_of_a_reason_counts_beside_a_listed_code() -> None:
    reason = read_order(order(reasonCode=[coded(ICD, "R05.9", "Cough", text="coughing up blood")])).reason

    assert reason.kind == "for-hemoptysis"


SYSTEMS_AND_CODES = [
    (ICD, "R04.0"),
    (ICD, "R04.2"),
    (ICD, "J18.9"),
    (SNOMED, "66857006"),
    (LOCAL, "7"),
    ("", ""),
]
WORDS = st.sampled_from(["Hemoptysis", "no hemoptysis", "Epistaxis", "Hypoxemia", "", " "])
padded = st.builds(lambda before, text, after: before + text + after, BLANKS, WORDS, BLANKS)
codings = st.builds(
    lambda pair, display: {"system": pair[0], "code": pair[1], "display": display},
    st.sampled_from(SYSTEMS_AND_CODES),
    padded,
)


@given(
    st.builds(lambda coding, text: {"coding": coding, "text": text}, st.lists(codings, max_size=3), padded)
)
def test_a_concept_means_the_same_by_either_way_of_reading_it(written: Json) -> None:
    concept = element(CodeableConcept, written)

    assert meanings().of_concept(concept) == meanings().meant(coded_from(concept))
