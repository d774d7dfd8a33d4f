"""What cannot be read is counted, and can only make its kind of data less complete."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.clinical.facts import Availability
from cds_service.fhir.resources import READ
from cds_service.knowledge.kinds import KINDS_OF_TYPE, Kind
from tests.unit.fhir.builders import (
    HEMOPTYSIS,
    SPO2,
    UNREADABLE,
    Json,
    bundle,
    condition,
    facts,
    facts_of,
    observation,
)
from tests.unit.fhir.r4 import resources

TYPES: Final = sorted({str(as_type.__struct_config__.tag) for as_type in READ} & KINDS_OF_TYPE.keys())
KEYS: Final = (*(kind.value for kind in Kind), "item1")
NO_RESOURCES: Final[list[Any]] = [
    *(5, "x", True, [], [[]], [5], {}, {"id": "c1"}, {"resourceType": 5}, {"resourceType": ""})
]
BETTER: Final = (
    *(Availability.UNAVAILABLE, Availability.FAILED),
    *(Availability.INCOMPLETE, Availability.AVAILABLE),
)


def broken(resource_type: str) -> Json:
    """A resource that no decoder can read, because of a number within it."""
    return {"resourceType": resource_type, "id": "x9", "subject": UNREADABLE}


@pytest.mark.parametrize("resource_type", TYPES)
@pytest.mark.parametrize("key", KEYS)
def test_a_resource_that_cannot_be_read_is_counted_under_any_key(key: str, resource_type: str) -> None:
    kinds = set(KINDS_OF_TYPE[resource_type])
    of_key = {kind for kind in kinds if kind.value == key} or kinds

    for value in (bundle(broken(resource_type)), broken(resource_type), [broken(resource_type)]):
        read = facts({key: value})

        assert read.unreadable == dict.fromkeys(of_key, 1)
        assert all(read.availability[kind] is not Availability.AVAILABLE for kind in of_key)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("entry", NO_RESOURCES, ids=str)
def test_an_entry_that_is_no_resource_is_counted_under_any_key(entry: Any, key: str) -> None:
    read = facts({key: bundle(condition(), entry)})

    kinds = [kind for kind in Kind if kind.value == key] or list(Kind)
    assert read.unreadable == dict.fromkeys(kinds, 1)
    assert all(read.availability[kind] is not Availability.AVAILABLE for kind in kinds)


entries = st.one_of(st.sampled_from(TYPES).map(broken), st.sampled_from(NO_RESOURCES))


@given(st.lists(resources(), max_size=4), entries, st.sampled_from(KEYS), st.sampled_from(KEYS))
def test_an_entry_that_cannot_be_read_never_makes_more_available(
    others: list[Any], entry: Any, key: str, other_key: str
) -> None:
    named = [resource | {"id": f"r{index}"} for index, resource in enumerate(others)]
    beside = {other_key: bundle(*named)}

    without = facts(beside | {key: bundle(*named)})
    with_it = facts(beside | {key: bundle(*named, entry)})

    for kind in Kind:
        assert BETTER.index(with_it.availability[kind]) <= BETTER.index(without.availability[kind])
    assert sum(with_it.unreadable.values()) > sum(without.unreadable.values())


@pytest.mark.parametrize(
    "value",
    [
        {"valueString": 150},
        {"valueString": ["150"]},
        {"valueBoolean": "yes"},
        {"valueQuantity": "150 mL"},
        {"valueQuantity": [150]},
        {"valueQuantity": {"value": {"x": 1}}},
        {"valueQuantity": {"value": "1_000", "unit": "mL"}},
        {"valueQuantity": {"value": "sNaN", "unit": "mL"}},
        {"valueQuantity": {"unit": 5}},
        {"valueRange": "100-200 mL"},
        {"valueRange": {"low": 100}},
        {"valueRatio": "200 mL/24 h"},
        {"valueRatio": {"numerator": 5}},
        {"valueCodeableConcept": 150},
        {"valueCodeableConcept": {"coding": "large"}},
        {"valueCodeableConcept": {"text": 150}},
    ],
    ids=str,
)
def test_a_value_of_another_shape_is_there_though_it_cannot_be_read(value: Json) -> None:
    vital = facts({"vitals": bundle(observation(SPO2, **value))})
    (bleed,) = facts({"bleeding": bundle(observation(HEMOPTYSIS, **value))}).bleeds

    assert (vital.unreadable, vital.vitals) == ({Kind.VITALS: 1}, ())
    assert vital.availability[Kind.VITALS] is Availability.INCOMPLETE
    assert bleed.finding == "unreadable"


@pytest.mark.parametrize("reason", [5, {"coding": "masked"}, {"text": 5}, {"coding": [5]}], ids=str)
def test_a_reason_for_no_value_that_cannot_be_read_is_one(reason: Any) -> None:
    read = facts({"bleeding": bundle(observation(HEMOPTYSIS, dataAbsentReason=reason))})

    assert (read.bleeds, read.unreadable) == ((), {Kind.BLEEDING: 1})


@pytest.mark.parametrize("period", ["2020", 2020, {"end": 2020}, {"start": ["2019"]}], ids=str)
def test_a_condition_that_has_abated_in_a_period_of_another_shape_is_not_active(period: Any) -> None:
    (read,) = facts({"conditions": bundle(condition(abatementPeriod=period))}).diagnoses

    assert not read.is_active


@pytest.mark.parametrize(
    "named",
    [
        {"medicationCodeableConcept": {"text": "No vitamins or warfarin"}},
        {"medicationReference": {"display": "No vitamins or warfarin"}},
        {
            "medicationReference": {"reference": "#m"},
            "contained": [
                {"resourceType": "Medication", "id": "m", "code": {"text": "No vitamins or warfarin"}}
            ],
        },
    ],
)
def test_a_drug_that_is_named_under_a_no_from_afar_is_in_doubt_however_it_is_named(named: Json) -> None:
    read = facts_of({"resourceType": "MedicationRequest", "id": "m1", "status": "active", **named})

    assert (read.safety, read.unreadable) == ((), {Kind.MEDICATIONS: 1})
