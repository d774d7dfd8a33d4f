"""What a prefetch key says of what came, or did not come, under it (BEHAVIOUR 2)."""

from typing import Any

import pytest

from cds_service.clinical.facts import Availability
from cds_service.knowledge.kinds import Kind
from tests.unit.fhir.builders import bundle, gathered, outcome

AVAILABLE, _, _, UNAVAILABLE = Availability


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
