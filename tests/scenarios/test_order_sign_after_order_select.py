"""What was said at order-select is not said again at order-sign (BEHAVIOUR 6)."""

import json
from copy import deepcopy
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.scenarios.catalog import FIXTURES
from tests.scenarios.chart import Json
from tests.scenarios.replies import posted

RATING = "http://fhir.org/argonaut/Extension/pama-rating"
CONSULT_ID = f"{RATING}-consult-id"
WITHOUT_CONTRAST, BOTH = ("71250", "CT chest without contrast"), ("71270", "CT chest without and with")


def answer_to(client: FlaskClient, body: Json) -> Json:
    reply = posted(client, body)
    assert reply.status_code == 200, reply.text
    answer: Json = json.loads(reply.text)
    return answer


def request_for(name: str, hook: str = "order-select") -> Json:
    body: Json = json.loads((FIXTURES / "requests" / hook / f"{name}.json").read_text(encoding="utf-8"))
    return body


def signed_after(client: FlaskClient, name: str) -> tuple[Json, Json, Json]:
    """The answer at order-select, then the request and the answer at order-sign of the rated drafts."""
    selected = answer_to(client, request_for(name))
    body = request_for(name, "order-sign")
    rated = {action["resource"]["id"]: action["resource"] for action in selected["systemActions"]}
    for entry in body["context"]["draftOrders"]["entry"]:
        entry["resource"] = rated.get(entry["resource"]["id"], entry["resource"])
    return selected, body, answer_to(client, body)


def extension_of(answer: Json, url: str) -> Any:
    extensions = answer["systemActions"][0]["resource"]["extension"]
    (found,) = [extension for extension in extensions if extension["url"] == url]
    return found


def orders_in(body: Json) -> list[Json]:
    return [entry["resource"] for entry in body["context"]["draftOrders"]["entry"]]


@pytest.mark.parametrize("name", ["appropriate-with-complement", "radiograph", "nonmassive-embolization"])
def test_an_info_card_without_a_caution_is_left_out_with_its_complement(
    client: FlaskClient, name: str
) -> None:
    selected, _, signed = signed_after(client, name)

    assert len(selected["cards"]) == 1
    assert signed["cards"] == []
    assert signed["systemActions"]


def test_the_rating_is_sent_again_with_the_same_consult_id(client: FlaskClient) -> None:
    selected, _, signed = signed_after(client, "appropriate-with-complement")

    assert extension_of(signed, CONSULT_ID) == extension_of(selected, CONSULT_ID)
    assert extension_of(signed, RATING) == extension_of(selected, RATING)


def test_an_info_card_with_a_caution_is_the_caution_alone(client: FlaskClient) -> None:
    selected, _, signed = signed_after(client, "kidney-impairment")

    (before,), (after,) = selected["cards"], signed["cards"]
    assert after["detail"].startswith("**Severe kidney impairment, metformin**: ")
    assert after["detail"] in before["detail"]
    assert "\n\n" not in after["detail"]
    assert "suggestions" not in after


def test_a_warning_is_its_summary_cautions_and_suggestions_alone(client: FlaskClient) -> None:
    selected, _, signed = signed_after(client, "pregnancy")

    (before,), (after,) = selected["cards"], signed["cards"]
    labels = [[s["label"] for s in card["suggestions"]] for card in (before, after)]
    assert (after["summary"], after["indicator"]) == (before["summary"], "warning")
    assert labels[0] == labels[1]
    assert after["detail"].startswith("**Pregnancy**: ")
    assert "\n\n" not in after["detail"]


def test_the_alert_always_comes(client: FlaskClient) -> None:
    selected, _, signed = signed_after(client, "massive-by-rate")

    assert [card["indicator"] for card in selected["cards"]] == ["critical", "info"]
    assert [card["summary"] for card in signed["cards"]] == [selected["cards"][0]["summary"]]


def test_an_order_whose_category_changed_gets_its_whole_card_and_a_new_consult_id(
    client: FlaskClient,
) -> None:
    selected, body, _ = signed_after(client, "appropriate-with-complement")
    body["prefetch"]["conditions"]["entry"] = []
    del body["prefetch"]["bleeding"], body["prefetch"]["vitals"]
    (order,) = orders_in(body)
    rating = next(e for e in order["extension"] if e["url"] == RATING)["valueCodeableConcept"]
    rating["coding"][1]["code"] = "may-be-appropriate"

    signed = answer_to(client, body)

    assert len(signed["cards"]) == 1
    assert extension_of(signed, CONSULT_ID) != extension_of(selected, CONSULT_ID)


def test_the_same_category_for_another_study_is_no_repetition(client: FlaskClient) -> None:
    """Both CT without contrast and CT without and with are usually not appropriate in recurrence."""
    _, body, _ = signed_after(client, "recurrent-ct-without-contrast")
    code, display = BOTH
    for order in orders_in(body):
        coding = {"system": "http://www.ama-assn.org/go/cpt", "code": code, "display": display}
        order["code"] = {"coding": [coding], "text": display}

    (card,) = answer_to(client, body)["cards"]

    assert "Why: " in card["detail"]


def test_a_client_that_keeps_only_the_codings_is_told_nothing_twice(client: FlaskClient) -> None:
    _, body, _ = signed_after(client, "appropriate-with-complement")
    (order,) = orders_in(body)
    for extension in order["extension"]:
        extension.get("valueCodeableConcept", {}).pop("text", None)

    assert answer_to(client, body)["cards"] == []


@pytest.mark.parametrize("system", ["https://another.example/CodeSystem/acr-appropriateness-category", ""])
def test_the_rating_of_another_service_says_nothing_here(client: FlaskClient, system: str) -> None:
    _, body, _ = signed_after(client, "appropriate-with-complement")
    other = deepcopy(body)
    (order,) = orders_in(other)
    for extension in order["extension"]:
        for coding in extension.get("valueCodeableConcept", {}).get("coding", [])[1:]:
            coding["system"] = system

    assert len(answer_to(client, other)["cards"]) == 1


def test_order_select_says_everything_each_time(client: FlaskClient) -> None:
    selected, body, _ = signed_after(client, "appropriate-with-complement")
    again = request_for("appropriate-with-complement")
    again["context"]["draftOrders"] = body["context"]["draftOrders"]

    assert len(answer_to(client, again)["cards"]) == len(selected["cards"])


@pytest.mark.parametrize(
    "extension",
    [
        {"url": RATING},
        {"url": RATING, "valueCodeableConcept": "text"},
        {"url": RATING, "valueCodeableConcept": {"coding": [None, 3]}},
        {"url": CONSULT_ID, "valueUri": 7},
    ],
)
def test_a_rating_that_cannot_be_read_is_none(client: FlaskClient, extension: Json) -> None:
    body = request_for("appropriate-with-complement", "order-sign")
    for order in orders_in(body):
        order["extension"] = [extension]

    assert len(answer_to(client, body)["cards"]) == 1
