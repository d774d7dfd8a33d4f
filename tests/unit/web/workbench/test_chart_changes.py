"""A slider changes the chart of the request: one reading of its kind, and nothing else."""

import json
from typing import Any

import pytest

from cds_service import examples
from tests.contract.fhir_validity import errors_in
from tests.unit.web.workbench.conftest import Asked


def entries(answer: dict[str, Any], key: str) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in answer["request"]["prefetch"][key].get("entry", ())]


def evidence(answer: dict[str, Any], rule: str) -> list[str]:
    return [one["found"] for one in answer["explain"]["evidence"] if one["rule"] == rule]


@pytest.mark.parametrize(
    ("changes", "rule", "found"),
    [
        ({"amount": 250, "hours": 24}, "bleeding-volume", "250 mL of blood over 24 h"),
        ({"oxygen-saturation": 85}, "oxygen-saturation", "oxygen saturation 85 %"),
        ({"systolic-pressure": 80}, "systolic-pressure", "systolic pressure 80 mmHg"),
        ({"respiratory-rate": 40}, "respiratory-rate", "respiratory rate 40 /min"),
        ({"heart-rate": 150}, "heart-rate", "heart rate 150 /min"),
    ],
)
def test_what_a_slider_says_is_read_from_the_chart(
    asked: Asked, changes: dict[str, float], rule: str, found: str
) -> None:
    for name in ("recurrent-ct-without-contrast", "massive-by-instability", "undetermined-embolization"):
        answer = asked(example=name, changes=changes)

        assert evidence(answer, rule) == [found], name


def test_a_change_leaves_all_else_as_it_came(asked: Asked) -> None:
    before, after = asked(), asked(changes={"oxygen-saturation": 85})

    others = {name: value for name, value in after["request"].items() if name != "prefetch"}
    assert others == {name: value for name, value in before["request"].items() if name != "prefetch"}
    for key in before["request"]["prefetch"]:
        if key != "patient":
            ids = {one["id"] for one in entries(before, key)}
            assert {one["id"] for one in entries(after, key)} - ids <= {"workbench-oxygen-saturation"}, key
            assert ids - {one["id"] for one in entries(after, key)} <= {f"{examples.FIRST}-spo2"}, key


def test_what_stood_in_the_same_resource_is_charted_again(asked: Asked) -> None:
    body = json.loads(examples.text(examples.FIRST))
    vitals = body["prefetch"]["vitals"]["entry"]
    panel = next(entry["resource"] for entry in vitals if "component" in entry["resource"])
    beats = next(entry for entry in vitals if entry["resource"]["id"].endswith("-hr"))
    panel["component"].append({name: beats["resource"][name] for name in ("code", "valueQuantity")})
    vitals.remove(beats)

    answer = asked(text=json.dumps(body), changes={"systolic-pressure": 80})

    assert evidence(answer, "heart-rate") == ["heart rate 82 /min"]


@pytest.mark.parametrize(
    ("state", "recurrence"),
    [("first", "not-found"), ("earlier-episode", "proven"), ("after-embolization", "proven")],
)
@pytest.mark.parametrize(
    "name",
    [
        "recurrent-ct-without-contrast",
        "recurrent-by-clinical-status",
        "recurrent-after-embolization",
        "nonmassive-cta",
    ],
)
def test_the_switch_of_recurrence_decides_it(asked: Asked, name: str, state: str, recurrence: str) -> None:
    answer = asked(example=name, changes={"recurrence": state})

    assert answer["explain"]["classification"]["recurrence"] == recurrence


def test_oxygen_makes_a_saturation_rule_nothing_out(asked: Asked) -> None:
    effects = {
        state: asked(example="appropriate-with-complement", changes={"oxygen": state})["explain"][
            "classification"
        ]["massive"]
        for state in ("air", "given")
    }

    assert effects == {"air": "ruled-out", "given": "unsettled"}


def test_what_is_added_is_valid_and_of_the_same_patient(asked: Asked) -> None:
    changes = {
        "amount": 50,
        "hours": 6,
        "oxygen-saturation": 92,
        "systolic-pressure": 101,
        "respiratory-rate": 22,
        "heart-rate": 100,
        "oxygen": "given",
        "recurrence": "after-embolization",
    }

    answer = asked(changes=changes)

    prefetch = answer["request"]["prefetch"]
    made = [
        one
        for key in prefetch
        if key != "patient"
        for one in entries(answer, key)
        if one["id"].startswith("workbench-")
    ]
    assert len(made) == 7
    for resource in made:
        assert not errors_in(resource)
        assert resource["subject"] == {"reference": "Patient/recurrent-ct-without-contrast"}
    assert answer["chart"]["amount"] == 10, "the chart as it came"


@pytest.mark.parametrize("prefetch", [None, {}, {"vitals": None}, {"vitals": []}, {"vitals": "no"}])
def test_a_request_without_a_chart_gets_one(asked: Asked, prefetch: Any) -> None:
    body = json.loads(examples.text(examples.FIRST))
    body["prefetch"] = prefetch

    answer = asked(text=json.dumps(body), changes={"oxygen-saturation": 85, "amount": 20})

    assert evidence(answer, "oxygen-saturation") == ["oxygen saturation 85 %"]


def test_the_chart_says_where_each_slider_stands(asked: Asked) -> None:
    chart = asked(example="massive-by-instability")["chart"]

    assert chart["oxygen-saturation"] == 86
    assert (chart["oxygen"], chart["recurrence"]) == ("given", "first")
    assert asked(example="undetermined-embolization")["chart"]["amount"] is None
