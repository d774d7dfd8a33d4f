"""The slider of hours moves the period of the amount that is charted, and invents no amount."""

import json
from typing import Any

import pytest

from cds_service import examples
from cds_service.web.workbench.controls import HOURS, SLIDER_BY_ID
from tests.unit.web.workbench.conftest import Asked

EXAMPLE = "nonmassive-embolization"
ML = {"unit": "mL", "system": "http://unitsofmeasure.org", "code": "mL"}
PER_DAY = {"unit": "mL/(24.h)", "system": "http://unitsofmeasure.org", "code": "mL/(24.h)"}
NOT_EXACT: dict[str, tuple[dict[str, Any], str]] = {
    "comparator": ({"valueQuantity": {"value": 260, "comparator": ">", **ML}}, "over 260 mL"),
    "at least": ({"valueQuantity": {"value": 260, "comparator": ">=", **ML}}, "at least 260 mL"),
    "range": ({"valueRange": {"low": {"value": 150, **ML}, "high": {"value": 320, **ML}}}, "150 to 320 mL"),
    "rate": ({"valueQuantity": {"value": 260, "comparator": ">", **PER_DAY}}, "over 260 mL"),
    "words": ({"valueString": "more than 260 mL"}, "over 260 mL"),
    "words with a time": ({"valueString": "more than 260 mL in 24 h"}, "over 260 mL"),
    "vessel": ({"valueString": "about two cups of blood"}, "473 to 480 mL"),
}


def request_with(value: dict[str, Any], **members: Any) -> str:
    """The request with another amount over 24 h."""
    body = json.loads(examples.text(EXAMPLE))
    (entry,) = body["prefetch"]["bleeding"]["entry"]
    bleed = {name: entry["resource"][name] for name in entry["resource"] if not name.startswith("value")}
    entry["resource"] = {**bleed, **value, **members}
    return json.dumps(body)


def severity(answer: dict[str, Any]) -> str:
    found: str = answer["explain"]["classification"]["massive"]
    return found


@pytest.mark.parametrize("kind", NOT_EXACT)
def test_no_position_of_the_hours_rules_massive_out_of_an_amount_that_is_not_exact(
    asked: Asked, kind: str
) -> None:
    text = request_with(NOT_EXACT[kind][0])
    assert severity(asked(text=text)) in ("proven", "kept-plausible")

    for hours in SLIDER_BY_ID[HOURS].values()[::4]:
        answer = asked(text=text, changes={"hours": hours})

        assert severity(answer) != "ruled-out", hours
        assert "massive" in answer["explain"]["classification"]["plausible"], hours


@pytest.mark.parametrize("kind", NOT_EXACT)
def test_what_is_not_exact_is_told_as_the_chart_says_it(asked: Asked, kind: str) -> None:
    value, words = NOT_EXACT[kind]

    for changes in ({}, {"hours": 20}):
        answer = asked(text=request_with(value), changes=changes)

        assert answer["chart"]["amount"] is None
        assert answer["inWords"]["amount"] == words


def test_an_amount_over_fewer_hours_stays_critical(asked: Asked) -> None:
    text = request_with(NOT_EXACT["comparator"][0])

    before, after = asked(text=text), asked(text=text, changes={"hours": 20})

    assert before["answer"]["cards"][0]["indicator"] == "critical"
    assert after["answer"]["cards"][0]["indicator"] == "critical"
    (bleed,) = (entry["resource"] for entry in after["request"]["prefetch"]["bleeding"]["entry"])
    assert bleed["valueQuantity"] == NOT_EXACT["comparator"][0]["valueQuantity"]
    assert evidence(after) == ["over 260 mL of blood over 20 h"]


def evidence(answer: dict[str, Any]) -> list[str]:
    return [one["found"] for one in answer["explain"]["evidence"] if one["rule"] == "bleeding-volume"]


@pytest.mark.parametrize("hours", [0, 20, 48])
def test_without_an_amount_the_hours_change_nothing(asked: Asked, hours: int) -> None:
    name = "undetermined-embolization"
    before, after = asked(example=name), asked(example=name, changes={"hours": hours})

    assert before["chart"]["hours"] is None
    assert after["request"] == before["request"]
    assert after["explain"]["classification"] == before["explain"]["classification"]


def test_without_an_amount_the_multiple_over_the_hours_has_one_stretch(asked: Asked) -> None:
    multiple = asked(example="undetermined-embolization", vary="hours")["multiple"]

    assert len(multiple["variants"]) == 1
    assert multiple["variants"][0]["kind"] == "undetermined"
    assert all(len(stretches) == 1 for _, stretches in multiple["strips"])


def test_what_is_unsure_and_counted_over_a_time_is_not_written_anew_as_sure(asked: Asked) -> None:
    modified = {"modifierExtension": [{"url": "https://ehr.example/doubt", "valueBoolean": True}]}
    rate = {"valueQuantity": {"value": 10, **PER_DAY}}

    answer = asked(text=request_with(rate, **modified), changes={"hours": 20})

    assert answer["chart"]["hours"] is None
    assert answer["request"] == json.loads(request_with(rate, **modified))


def test_other_amounts_stay_where_the_hours_of_the_newest_are_moved(asked: Asked) -> None:
    body = json.loads(examples.text(EXAMPLE))
    entries = body["prefetch"]["bleeding"]["entry"]
    newest = entries[0]["resource"]
    kept = {name: newest[name] for name in newest if not name.startswith(("value", "effective"))}
    copious = {"id": "copious", "valueString": "copious", "effectiveDateTime": body_end(newest)}
    entries.append({"resource": {**kept, **copious}})
    text = json.dumps(body)

    before, after = severity(asked(text=text)), severity(asked(text=text, changes={"hours": 12}))

    assert before == after
    assert after != "ruled-out"


def body_end(bleed: dict[str, Any]) -> str:
    end: str = bleed.get("effectiveDateTime") or bleed["effectivePeriod"]["end"]
    return end
