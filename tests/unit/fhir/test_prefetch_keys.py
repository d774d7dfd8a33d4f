"""What a prefetch key says of what came, or did not come, under it (BEHAVIOUR 2)."""

from typing import Any

import pytest

from cds_service.clinical.facts import Availability
from cds_service.knowledge.kinds import Kind
from tests.unit.fhir.builders import (
    LOINC,
    bundle,
    concept,
    condition,
    gathered,
    observation,
    outcome,
    quantity,
)

AVAILABLE, INCOMPLETE, FAILED, UNAVAILABLE = Availability
SPO2 = observation(concept(LOINC, "59408-5"), "v1", valueQuantity=quantity(97, "%"))
CUT_OFF = bundle(SPO2, link=[{"relation": "next", "url": "x"}])
FILTERED = bundle(SPO2, link=[{"relation": "self", "url": "Observation?patient=p1&date=ge2026"}])
SUPPRESSED = bundle(SPO2, outcome("information", "suppressed"))


@pytest.mark.parametrize("value", [None, bundle()], ids=str)
@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("Condition", Kind.CONDITIONS),
        ("CONDITIONS", Kind.CONDITIONS),
        ("AllergyIntolerances", Kind.ALLERGIES),
        ("allergyintolerance", Kind.ALLERGIES),
        ("ImagingStudies", Kind.IMAGING),
        ("diagnosticReports", Kind.IMAGING),
        ("Procedure", Kind.PROCEDURES),
        ("MedicationStatements", Kind.MEDICATIONS),
        ("MedicationAdministration", Kind.ADMINISTRATIONS),
    ],
)
def test_nothing_under_a_key_that_names_the_type_says_that_nothing_is_there(
    key: str, kind: Kind, value: Any
) -> None:
    assert gathered({key: value}).availability[kind] is AVAILABLE


@pytest.mark.parametrize("key", ["problems", "ConditionList", "item1", "s", ""])
def test_nothing_under_any_other_key_says_nothing(key: str) -> None:
    assert set(gathered({key: bundle()}).availability.values()) == {UNAVAILABLE}


def test_a_failure_under_a_key_that_names_the_type_says_nothing() -> None:
    found = gathered({"Condition": outcome("error")})

    assert found.availability[Kind.CONDITIONS] is UNAVAILABLE


def test_what_came_by_category_counts_as_asked_for() -> None:
    assert gathered({"vital-signs": bundle()}).availability[Kind.VITALS] is AVAILABLE


@pytest.mark.parametrize("whole", [None, bundle(), bundle(SPO2)], ids=["null", "empty", "one"])
@pytest.mark.parametrize(
    "lacking",
    [
        CUT_OFF,
        FILTERED,
        SUPPRESSED,
        bundle(SPO2, total=200),
        bundle(SPO2, outcome("error")),
        outcome("error"),
    ],
    ids=["cut off", "filtered", "suppressed", "more in all", "with an error", "failed"],
)
@pytest.mark.parametrize("keys", [("vitals", "vital-signs"), ("vital-signs", "vitals")])
def test_what_the_answer_under_one_key_lacks_the_other_does_not_make_up_for(
    keys: tuple[str, str], lacking: Any, whole: Any
) -> None:
    first, second = keys

    found = gathered({first: lacking, second: whole})

    assert found.availability[Kind.VITALS] is INCOMPLETE
    assert found.asked_in_part == frozenset()


@pytest.mark.parametrize("value", [None, bundle(), bundle(SPO2)], ids=["null", "empty", "one"])
@pytest.mark.parametrize("key", ["vitals", "vital-signs"])
def test_vital_signs_under_one_key_alone_are_asked_for_in_part(key: str, value: Any) -> None:
    found = gathered({key: value})

    assert found.availability[Kind.VITALS] is AVAILABLE
    assert found.asked_in_part == {Kind.VITALS}
    assert gathered({"vitals": value, "vital-signs": value}).asked_in_part == frozenset()
    assert gathered({"item1": bundle(SPO2)}).asked_in_part == frozenset()


@pytest.mark.parametrize(
    ("own", "other", "expected"),
    [
        (bundle(condition(), link=[{"relation": "next", "url": "x"}]), bundle(condition("c2")), INCOMPLETE),
        (outcome("error"), bundle(condition("c2")), INCOMPLETE),
        (outcome("error"), None, FAILED),
        (bundle(), bundle(condition("c2"), link=[{"relation": "next", "url": "x"}]), AVAILABLE),
        (bundle(condition()), condition("c2"), AVAILABLE),
    ],
)
def test_what_came_under_another_key_does_not_make_our_own_question_whole(
    own: Any, other: Any, expected: Availability
) -> None:
    assert gathered({"conditions": own, "item1": other}).availability[Kind.CONDITIONS] is expected


def test_of_other_keys_the_bundle_that_is_cut_off_counts_and_a_lone_resource_only_alone() -> None:
    cut_off = bundle(condition(), link=[{"relation": "next", "url": "x"}])

    def found(*values: Any) -> Availability:
        named = {f"item{place}": value for place, value in enumerate(values)}
        return gathered(named).availability[Kind.CONDITIONS]

    assert found(cut_off, bundle(condition("c2"))) is INCOMPLETE
    assert found(condition(), bundle(condition("c2"))) is AVAILABLE
    assert found(condition()) is INCOMPLETE
