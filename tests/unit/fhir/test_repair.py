"""Repair leaves R4 as it is, and makes R4 of other shapes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.cds_hooks.raw_json import decoded
from cds_service.fhir.elements import CodeableConcept, Element, Extension
from cds_service.fhir.repair import repaired
from cds_service.fhir.resources import Condition
from tests.unit.fhir.builders import HEMOPTYSIS, SNOMED, Json, condition, element
from tests.unit.fhir.r4 import TYPES, elements, written


@pytest.mark.parametrize("as_type", TYPES)
@given(st.data())
def test_repair_of_r4_changes_nothing(as_type: type[Element], data: st.DataObject) -> None:
    raw = written(data.draw(elements(as_type)))

    read = decoded(raw, as_type)

    assert read is not None
    assert repaired(raw, as_type) == read


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ({"coding": None, "system": SNOMED, "code": "66857006"}, HEMOPTYSIS),
        ({"coding": None, "concept": HEMOPTYSIS}, HEMOPTYSIS),
        ({"concept": None, "coding": HEMOPTYSIS["coding"]}, HEMOPTYSIS),
        ({"coding": [HEMOPTYSIS["coding"]]}, HEMOPTYSIS),
        ([None, HEMOPTYSIS], HEMOPTYSIS),
        ("hemoptysis", {"text": "hemoptysis"}),
        (["hemoptysis"], {"text": "hemoptysis"}),
    ],
    ids=str,
)
def test_a_code_of_another_shape_is_read_as_in_r4(code: Any, expected: Json) -> None:
    assert element(Condition, condition(code=code)) == element(Condition, condition(code=expected))


@pytest.mark.parametrize("name", ["onsetDateTime", "encounter", "recordedDate"])
def test_an_element_that_is_null_is_absent_and_hides_none_of_another_version(name: str) -> None:
    older = condition(assertedDate="2026", context={"reference": "Encounter/e1"}) | {name: None}
    current = condition(recordedDate="2026", encounter={"reference": "Encounter/e1"})

    assert element(Condition, older) == element(Condition, current)


def test_what_is_nested_too_deep_to_mean_something_costs_no_more_than_itself() -> None:
    nested = "[" * 500 + "5" + "]" * 500
    raw = json.dumps(condition(code="@")).replace('"@"', nested).encode()

    read = repaired(raw, Condition)

    assert read is not None
    assert (read.id, read.code) == ("c1", CodeableConcept(extension=(Extension(),)))


@pytest.mark.parametrize("raw", [b"", b"null", b"5", b"[]", b'"x"', b"{", b'{"code": ' + b"1" * 5000 + b"}"])
def test_what_is_no_object_or_cannot_be_decoded_is_not_read(raw: bytes) -> None:
    assert repaired(raw, Condition) is None
