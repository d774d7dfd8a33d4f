"""A slider takes its own reading out of a panel; what stands beside it stays as it was charted."""

import json
from typing import Any

import pytest

from cds_service import examples
from tests.unit.web.workbench.conftest import Asked

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"


def measure(code: str, value: float, unit: str, **quantity: str) -> dict[str, Any]:
    return {
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit, **quantity},
    }


SYSTOLIC, DIASTOLIC = measure("8480-6", 124, "mm[Hg]"), measure("8462-4", 80, "mm[Hg]")
FAST = measure("8867-4", 140, "/min", comparator=">")
SLOW = measure("8867-4", 84, "/min")
NOT_KNOWN = {"code": {"text": "Early warning"}, "valueString": "7 of 20"}


def panel(id: str, minutes: int, *components: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "85353-1"}]},
        "subject": {"reference": f"Patient/{examples.FIRST}"},
        "effectiveDateTime": f"2026-03-12T12:{minutes:02}:00Z",
        "component": list(components),
    }


def request_with(*panels: dict[str, Any]) -> str:
    body = json.loads(examples.text(examples.FIRST))
    body["prefetch"]["vital-signs"] = None
    body["prefetch"]["vitals"]["entry"] = [{"resource": resource} for resource in panels]
    return json.dumps(body)


def vitals(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    entries = answer["request"]["prefetch"]["vitals"]["entry"]
    by_id = {entry["resource"]["id"]: entry["resource"] for entry in entries}
    assert len(by_id) == len(entries), "each reading has an id of its own"
    return by_id


def evidence(answer: dict[str, Any], rule: str) -> list[str]:
    return [one["found"] for one in answer["explain"]["evidence"] if one["rule"] == rule]


def test_every_panel_keeps_what_the_slider_does_not_move(asked: Asked) -> None:
    panels = (
        panel("a", 0, SYSTOLIC, DIASTOLIC, SLOW),
        panel("b", 10, SYSTOLIC, FAST, NOT_KNOWN),
        panel("c", 20, SYSTOLIC, SLOW),
    )

    answer = asked(text=request_with(*panels), changes={"systolic-pressure": 118})

    found = vitals(answer)
    assert found.keys() == {"a", "b", "c", "workbench-systolic-pressure"}
    assert found["a"] == panel("a", 0, DIASTOLIC, SLOW)
    assert found["b"] == panel("b", 10, FAST, NOT_KNOWN)
    assert found["c"] == panel("c", 20, SLOW)


def test_a_reading_that_is_not_exact_still_counts(asked: Asked) -> None:
    text = request_with(panel("a", 0, SYSTOLIC, FAST), panel("b", 10, SYSTOLIC, SLOW))
    before = asked(text=text)
    assert evidence(before, "heart-rate")

    after = asked(text=text, changes={"systolic-pressure": 118})

    assert evidence(after, "heart-rate") == evidence(before, "heart-rate")
    assert after["explain"]["classification"]["massive"] == before["explain"]["classification"]["massive"]


def test_a_panel_of_nothing_else_makes_room(asked: Asked) -> None:
    text = request_with(panel("a", 0, SYSTOLIC), panel("b", 10, SLOW))

    answer = asked(text=text, changes={"systolic-pressure": 118})

    assert vitals(answer).keys() == {"b", "workbench-systolic-pressure"}


def test_a_value_of_its_own_goes_and_the_components_stay(asked: Asked) -> None:
    own = {**panel("a", 0, SLOW), **measure("8480-6", 124, "mm[Hg]")}

    answer = asked(text=request_with(own), changes={"systolic-pressure": 70})

    kept = vitals(answer)["a"]
    assert "valueQuantity" not in kept
    assert kept["component"] == [SLOW]
    assert evidence(answer, "systolic-pressure") == ["systolic pressure 70 mmHg"]
    assert evidence(answer, "heart-rate") == ["heart rate 84 /min"]


@pytest.mark.parametrize("flow", ["air", "given"])
def test_oxygen_in_a_panel_gives_way_to_the_switch(asked: Asked, flow: str) -> None:
    oxygen, saturation = measure("3151-8", 6, "L/min"), measure("59408-5", 97, "%")

    answer = asked(text=request_with(panel("a", 0, oxygen, saturation, SLOW)), changes={"oxygen": flow})

    assert vitals(answer)["a"] == panel("a", 0, saturation, SLOW)
    assert answer["chart"]["oxygen"] == "given"


def test_a_member_that_a_panel_contains_loses_its_value_alone(asked: Asked) -> None:
    member = {"resourceType": "Observation", "id": "m", "status": "final", **SYSTOLIC}
    holder = panel("a", 0, SLOW) | {"contained": [member], "hasMember": [{"reference": "#m"}]}

    answer = asked(text=request_with(holder), changes={"systolic-pressure": 118})

    kept = vitals(answer)["a"]
    assert kept["component"] == [SLOW]
    assert [one["id"] for one in kept["contained"]] == ["m"]
    assert evidence(answer, "systolic-pressure") in ([], ["systolic pressure 118 mmHg"])
    assert "valueQuantity" not in kept["contained"][0]
