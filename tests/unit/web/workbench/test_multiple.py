"""The small multiple says what the service itself says, at every position of the slider."""

import itertools
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service import examples
from cds_service.app import advisor_from
from cds_service.cds_hooks.response import PAMA_RATING
from cds_service.knowledge.load import load_knowledge
from cds_service.settings import settings_from
from cds_service.web.workbench.answer import answer_to
from cds_service.web.workbench.asked import Ask
from cds_service.web.workbench.controls import SLIDER_BY_ID, SLIDERS, SWITCH_BY_ID, Slider
from cds_service.web.workbench.variation import MOST_COLUMNS, first_positions
from tests.unit.web.workbench.conftest import Asked

LOOKS: Final = 100
"""At the clock: more than one evaluation of an example needs, fewer than all of a question."""

RATED = tuple(procedure.id for procedure in load_knowledge().rated_procedures())
NAMES = {procedure.name: procedure.id for procedure in load_knowledge().rated_procedures()}
BLEEDING = tuple(
    name for name in examples.names() if "hemoptysis" not in name and name != "patient-view-nothing"
)
SIGN = "/cds-services/hemoptysis-imaging-order-sign"


@st.composite
def positions(draw: st.DrawFn) -> tuple[str, float | str]:
    control = draw(st.sampled_from([*SLIDER_BY_ID, *SWITCH_BY_ID]))
    if control in SWITCH_BY_ID:
        return control, draw(st.sampled_from(SWITCH_BY_ID[control].states))
    return control, draw(st.sampled_from(SLIDER_BY_ID[control].values()))


@given(name=st.sampled_from(BLEEDING), moved=positions(), study=st.sampled_from(RATED))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_equals_the_rating_of_one_order_at_any_position(
    client: FlaskClient, asked: Asked, name: str, moved: tuple[str, float | str], study: str
) -> None:
    control, position = moved
    whole = asked(example=name, vary=control, hook="order-sign", reason="hemoptysis")
    one = asked(
        example=name, changes={control: position}, order=study, hook="order-sign", reason="hemoptysis"
    )

    answer = client.post(SIGN, json=one["request"]).get_json()

    assert category_at(whole["multiple"], study, position) == rating_in(answer)


def category_at(multiple: dict[str, Any], study: str, position: float | str) -> str:
    stretches = next(found for name, found in multiple["strips"] if NAMES[name] == study)
    kind: str = next(part["kind"] for part in stretches if holds(part["over"], position))
    return kind


def holds(over: str, position: float | str) -> bool:
    """`0 to 95 mL`, `97 %`, `earlier-episode`."""
    if isinstance(position, str):
        return over == position
    first, *rest = over.split(" ")
    return float(first) <= position <= float(rest[1] if rest[:1] == ["to"] else first)


def rating_in(answer: dict[str, Any]) -> str:
    """The finer category that the answer puts on the order; `differs` where it puts none on it."""
    for action in answer.get("systemActions", ()):
        for extension in action["resource"]["extension"]:
            if extension["url"] == PAMA_RATING:
                code: str = extension["valueCodeableConcept"]["coding"][1]["code"]
                return code
    return "differs"


@pytest.mark.parametrize("slider", SLIDERS, ids=lambda slider: slider.id)
def test_no_range_is_cut_before_its_end_is_judged(slider: Slider) -> None:
    first = first_positions(slider, load_knowledge())

    assert len(first) < MOST_COLUMNS, "one is left to look between two that differ"
    assert (first[0], first[-1]) == (slider.values()[0], slider.values()[-1])


@pytest.mark.parametrize("slider", SLIDERS, ids=lambda slider: slider.id)
def test_stretches_follow_one_another_over_the_whole_range(asked: Asked, slider: Any) -> None:
    multiple = asked(example="massive-by-instability", vary=slider.id)["multiple"]

    for stretches in (multiple["variants"], *(found for _, found in multiple["strips"])):
        assert stretches[0]["left"] == 0
        assert sum(part["width"] for part in stretches) == pytest.approx(100, abs=0.1)
        assert all(a["kind"] != b["kind"] for a, b in pairwise(stretches))


def test_the_amount_of_blood_changes_the_category_at_its_limits(asked: Asked) -> None:
    multiple = asked(example="nonmassive-embolization", vary="amount")["multiple"]

    embolization = next(found for name, found in multiple["strips"] if "embolization" in name)
    assert [(part["over"], part["kind"]) for part in embolization] == [
        ("0 to 95 mL", "may-be-appropriate"),
        ("100 to 195 mL", "differs"),
        ("200 to 300 mL", "usually-appropriate"),
    ]


def test_each_limit_says_whose_it_is(asked: Asked) -> None:
    answer = asked(example="nonmassive-embolization", vary="amount")

    limits = {limit["text"]: limit for limit in answer["multiple"]["limits"]}
    assert limits["from 200 mL"]["is_of_the_site"] is False
    assert limits["under 30 mL"]["is_of_the_site"] is True
    assert "Guideline" in answer["panels"]["multiple"]
    assert "from 50 mL" not in limits


def test_limits_for_some_patients_are_shown_where_they_decided(asked: Asked) -> None:
    limits = asked(example="massive-by-lowered-threshold", vary="amount")["multiple"]["limits"]

    assert {"over 50 mL", "from 50 mL"} & {limit["text"] for limit in limits}


def test_an_order_for_another_reason_is_not_judged(asked: Asked) -> None:
    multiple = asked(example="refuted-hemoptysis", vary="heart-rate")["multiple"]

    assert {part["kind"] for _, stretches in multiple["strips"] for part in stretches} == {"not-judged"}


def test_the_table_holds_every_stretch(asked: Asked) -> None:
    answer = asked(example="borderline-volume")

    html = answer["panels"]["multiple"]
    for _, stretches in answer["multiple"]["strips"]:
        for part in stretches:
            assert f"<td>{part['over']}</td><td>{part['words']}</td>" in html


def test_however_often_it_is_judged_one_question_has_the_time_of_one_request(client: FlaskClient) -> None:
    clock = itertools.count()
    hurried = replace(advisor_from(settings_from({})), seconds=LOOKS, timer=lambda: next(clock))

    with client.application.test_request_context():
        answer = answer_to(Ask(), hurried)

    assert answer["answer"].cards
    assert answer["multiple"] is None
    assert next(clock) < LOOKS + 5
