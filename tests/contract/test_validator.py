"""The validator accepts what is right and notices everything that is not."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from itertools import cycle
from typing import Any

import pytest

from . import cases, samples
from .cases import CARD_CASES, CODE_SYSTEM_CASES, DISCOVERY_CASES, OUTCOME_CASES, RESPONSE_CASES
from .damage import Damage, Place, places_in, put, replaced, without
from .validator import (
    REQUIREMENTS,
    code_system_faults,
    discovery_faults,
    outcome_faults,
    response_faults,
)

PAIRS = [samples.judged, samples.massive, samples.flawed, samples.chart_opened, samples.nothing_to_say]
PAIR_CASES = CARD_CASES + RESPONSE_CASES + cases.ACTION_CASES
JUNK: list[Any] = [None, 1.5, "x", [{}], {"x": []}]


def with_junk(document: cases.Json) -> Iterator[Any]:
    """The document with something else at every place in turn; what stands there changes round-robin."""
    for place, junk in zip(places_in(document), cycle(JUNK), strict=False):
        yield replaced(document, place, junk)


def is_free(place: Place) -> bool:
    """Where an answer may say what it likes: its wording, the study it suggests, the id it invents."""
    is_wording = place[-1] in {"summary", "detail", "label", "description", "display", "valueString"}
    is_study = "suggestions" in place and "coding" in place and "extension" not in place
    return is_wording or is_study or (place[:2] == ["cards", 1] and place[-1] in {"id", "url"})


def as_sent(pair: cases.Pair) -> tuple[cases.Json, cases.Json]:
    """Request and response as they come off the wire, so that no two places share an object."""
    request, response = json.loads(json.dumps(pair()))
    return request, response


def ids_of(faults: list[str]) -> set[str]:
    return {fault.split(" ")[0] for fault in faults}


def faults_of(pair: cases.Pair, damage: Damage) -> list[str]:
    request, response = as_sent(pair)
    document = {"request": request, "response": response}
    damage(document)
    return response_faults(document["response"], document["request"])


@pytest.mark.parametrize("pair", PAIRS)
def test_a_right_answer_has_no_faults(pair: cases.Pair) -> None:
    request, response = as_sent(pair)

    assert response_faults(response, request) == []


def test_right_resources_of_the_service_have_no_faults() -> None:
    assert discovery_faults(samples.discovery()) == []
    assert outcome_faults(samples.outcome(), status=400) == []
    assert code_system_faults(samples.code_system(), url=samples.code_system()["url"]) == []


@pytest.mark.parametrize(("identifier", "pair", "damage"), PAIR_CASES)
def test_a_damaged_answer_is_noticed(identifier: str, pair: cases.Pair, damage: Damage) -> None:
    assert identifier in ids_of(faults_of(pair, damage))


@pytest.mark.parametrize(("identifier", "damage"), DISCOVERY_CASES)
def test_a_damaged_discovery_is_noticed(identifier: str, damage: Damage) -> None:
    discovery = samples.discovery()

    damage(discovery)

    assert identifier in ids_of(discovery_faults(discovery))


@pytest.mark.parametrize(("identifier", "status", "damage"), OUTCOME_CASES)
def test_a_damaged_error_is_noticed(identifier: str, status: int, damage: Damage) -> None:
    reply = {"body": samples.outcome()}

    damage(reply)

    assert identifier in ids_of(outcome_faults(reply["body"], status=status))


@pytest.mark.parametrize(("identifier", "damage"), CODE_SYSTEM_CASES)
def test_a_damaged_code_system_is_noticed(identifier: str, damage: Damage) -> None:
    code_system = samples.code_system()

    damage(code_system)

    assert identifier in ids_of(code_system_faults(code_system))


def test_a_code_system_served_under_another_url_is_noticed() -> None:
    found = code_system_faults(samples.code_system(), url="https://x.org/CodeSystem/override-reason")

    assert ids_of(found) == {"CODESYSTEM-URL"}


def test_every_requirement_has_a_case_that_breaks_it() -> None:
    broken = {case[0] for case in [*PAIR_CASES, *DISCOVERY_CASES, *OUTCOME_CASES, *CODE_SYSTEM_CASES]}

    assert broken == set(REQUIREMENTS)


def test_every_requirement_states_its_rule_and_source() -> None:
    for identifier, requirement in REQUIREMENTS.items():
        assert requirement.rule.endswith("."), identifier
        assert requirement.source, identifier


def test_a_fault_names_requirement_path_and_finding() -> None:
    faults = faults_of(samples.judged, put("response.cards[0].indicator", "hard-stop"))

    assert (
        "CARD-INDICATOR $.cards[0].indicator: must be one of critical, info, warning, not 'hard-stop'"
        in faults
    )


def test_a_changed_digit_of_a_decimal_is_noticed() -> None:
    request, response = as_sent(samples.massive)
    request["context"]["draftOrders"]["entry"][0]["resource"]["quantityQuantity"] = {"value": Decimal("1.10")}
    response["systemActions"][0]["resource"]["quantityQuantity"] = {"value": Decimal("1.1")}

    assert ids_of(response_faults(response, request)) == {"ANNOTATION-UNCHANGED"}


def test_r5_shaped_code_may_be_replaced_by_r5_shaped_code() -> None:
    request, response = as_sent(samples.flawed)
    draft = request["context"]["draftOrders"]["entry"][0]["resource"]
    draft["code"] = {"concept": {"coding": [samples.CT_WITHOUT]}}
    response["systemActions"][0]["resource"]["code"] = draft["code"]
    new = response["cards"][0]["suggestions"][0]["actions"][0]["resource"]
    new["code"] = {"concept": {"coding": [samples.CTA]}}

    assert response_faults(response, request) == []


@pytest.mark.parametrize("pair", PAIRS)
def test_junk_anywhere_in_an_answer_never_stops_the_validator(pair: cases.Pair) -> None:
    request, response = as_sent(pair)

    for damaged in with_junk(response):
        assert isinstance(response_faults(damaged, request), list)


@pytest.mark.parametrize("pair", PAIRS)
def test_junk_anywhere_in_a_request_never_stops_the_validator(pair: cases.Pair) -> None:
    request, response = as_sent(pair)

    for damaged in with_junk(request):
        assert isinstance(response_faults(response, damaged), list)


@pytest.mark.parametrize(
    ("sample", "check"),
    [
        (samples.discovery, discovery_faults),
        (samples.code_system, code_system_faults),
        (samples.outcome, partial(outcome_faults, status=400)),
    ],
)
def test_junk_anywhere_in_a_resource_of_the_service_never_stops_the_validator(
    sample: Callable[[], cases.Json], check: Callable[[object], list[str]]
) -> None:
    for damaged in with_junk(sample()):
        assert isinstance(check(damaged), list)


def test_another_value_anywhere_in_an_answer_is_noticed_unless_the_place_is_free() -> None:
    request, response = as_sent(samples.judged)

    missed = [
        place
        for place in places_in(response)
        if not is_free(place) and not response_faults(replaced(response, place, "x"), request)
    ]

    assert missed == []


def test_a_missing_member_anywhere_in_an_answer_is_noticed_unless_it_is_optional() -> None:
    request, response = as_sent(samples.judged)

    missed = {
        str(place[-1])
        for place in places_in(response)
        if isinstance(place[-1], str) and not is_free(place)
        if not response_faults(without(response, place), request)
    }

    assert missed == {"isRecommended", "links", "extension", "reasonCode"}
