"""Draft orders as imaging orders: for what reason."""

from typing import Any

import pytest

from cds_service.clinical.facts import ReasonKind
from cds_service.knowledge.terminology.concepts import Concept
from tests.unit.fhir.builders import (
    CHEST_PAIN,
    HEMOPTYSIS,
    ICD,
    SNOMED,
    Json,
    bundle,
    concept,
    condition,
    observation,
    order,
    orders_in,
    read_order,
)

AT_CONDITION = [{"reference": "Condition/c1"}]


def reason_kind(**members: Any) -> ReasonKind:
    return read_order(order(**members)).reason.kind


@pytest.mark.parametrize(
    "members",
    [
        {"reasonCode": [HEMOPTYSIS]},
        {"reasonCode": HEMOPTYSIS},
        {"reasonCode": [CHEST_PAIN, concept(ICD, "R04.2")]},
        {
            "reasonCode": [
                {"coding": [{"system": ICD, "code": "Z00"}, {"system": SNOMED, "code": "66857006"}]}
            ]
        },
        {"reasonCode": [{"text": "coughing up blood since Monday"}]},
        {"reasonCode": [{"text": "hémoptysie"}]},
        {"reasonCode": [{"coding": [{"system": "urn:local", "code": "7", "display": "Haemoptysis"}]}]},
        {"reasonCode": [{"coding": [{"system": SNOMED, "code": "999", "display": "Massive haemoptysis"}]}]},
        {"reason": [{"concept": HEMOPTYSIS}]},
        {"reasonCodeableConcept": HEMOPTYSIS},
        {"orderDetail": [{"text": "Reason: hemoptysis"}]},
        {"orderDetail": [{"parameter": [{"valueString": "hemoptysis"}]}]},
        {"reasonReference": [{"reference": "#c"}], "contained": [condition("c")]},
        {"reasonReference": [{"display": "Hemoptysis"}]},
    ],
)
def test_an_order_says_hemoptysis_in_many_ways(members: Json) -> None:
    assert reason_kind(**members) == "for-hemoptysis"


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, "none"),
        ({"reasonCode": []}, "none"),
        ({"reasonCode": [{"coding": [{}]}]}, "none"),
        ({"orderDetail": [{"text": "portable please"}]}, "none"),
        ({"reasonCode": [concept("urn:local", "7")]}, "unresolved"),
        ({"reasonReference": AT_CONDITION}, "unresolved"),
        ({"reasonCode": [concept(SNOMED, "49727002")]}, "cause-or-symptom"),
        ({"reasonCode": [{"text": "pneumonia?"}]}, "cause-or-symptom"),
        ({"reasonCode": [CHEST_PAIN]}, "other"),
        ({"reasonCode": [{"text": "trauma"}]}, "other"),
        ({"reasonCode": [{"text": "no hemoptysis"}]}, "other"),
        ({"reasonCode": [CHEST_PAIN], "reasonReference": AT_CONDITION}, "other"),
        ({"reasonCode": [concept(ICD, "R04.81")]}, "other"),
    ],
)
def test_other_reasons_and_none(members: Json, expected: ReasonKind) -> None:
    assert reason_kind(**members) == expected


def test_the_name_of_an_excluded_icd_code_does_not_count_by_its_words() -> None:
    name = "Acute idiopathic pulmonary hemorrhage in infants"
    coding = {"system": ICD, "code": "R04.81", "display": name}

    assert reason_kind(reasonCode=[{"coding": [coding], "text": name}]) == "other"


def test_a_reference_is_followed_into_the_data() -> None:
    read = read_order(order(reasonReference=AT_CONDITION), any=bundle(condition("c1", code=HEMOPTYSIS)))

    assert read.reason.kind == "for-hemoptysis"


def test_a_reference_is_followed_to_an_observation_of_blood() -> None:
    reference = [{"reference": "Observation/b1"}]

    read = read_order(order(reasonReference=reference), any=bundle(observation(HEMOPTYSIS, "b1")))

    assert read.reason.kind == "for-hemoptysis"


def test_a_reference_is_followed_among_the_draft_orders() -> None:
    read, _ = orders_in(order(reasonReference=AT_CONDITION), condition("c1"))

    assert read.reason.kind == "for-hemoptysis"


@pytest.mark.parametrize(
    "referred",
    [
        condition("c1", verificationStatus=concept("x", "refuted")),
        condition("c1", verificationStatus="entered-in-error"),
        condition("c1", subject={"reference": "Patient/p2"}),
    ],
)
def test_a_reason_that_does_not_count_is_as_one_that_cannot_be_resolved(referred: Json) -> None:
    read = read_order(order(reasonReference=AT_CONDITION), any=bundle(referred))

    assert read.reason.kind == "unresolved"


def test_a_condition_of_another_patient_among_the_drafts_is_no_reason() -> None:
    other = condition("c1", subject={"reference": "Patient/p2"})

    read, _ = orders_in(order(reasonReference=AT_CONDITION), other)

    assert read.reason.kind == "unresolved"


def test_the_concepts_of_a_reason_are_kept_once_each() -> None:
    codings = [{"system": ICD, "code": "R04.9"}, {"system": ICD, "code": "R04.2"}]

    matches = read_order(order(reasonCode=[{"coding": codings}])).reason.matches

    assert [match.concept for match in matches].count(Concept.HEMOPTYSIS) == 1
