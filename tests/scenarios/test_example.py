"""Tests the main job: CT without contrast in recurrent hemoptysis, and the better study in one click."""

import json

import pytest
from flask.testing import FlaskClient

from tests.contract.agreed import PAMA_SYSTEM, RATING
from tests.scenarios.catalog import FIXTURES
from tests.scenarios.chart import Json
from tests.scenarios.replies import answered

CTA = "71275"
NAME = "recurrent-ct-without-contrast.json"


@pytest.fixture
def body() -> Json:
    content: Json = json.loads((FIXTURES / "requests" / "order-select" / NAME).read_text(encoding="utf-8"))
    return content


def rating_of(resource: Json) -> list[str]:
    """The codes of the rating on an order: the PAMA code, then the finer category."""
    (rating,) = [e["valueCodeableConcept"] for e in resource["extension"] if e["url"] == RATING]
    assert rating["coding"][0]["system"] == PAMA_SYSTEM
    return [coding["code"] for coding in rating["coding"]]


def with_draft(body: Json, resource: Json) -> Json:
    drafts = body["context"]["draftOrders"] | {"entry": [{"resource": resource}]}
    return body | {"context": body["context"] | {"draftOrders": drafts}}


def test_ct_without_contrast_in_recurrent_hemoptysis_is_rated_usually_not_appropriate(
    client: FlaskClient, body: Json
) -> None:
    answer = answered(client, body)

    (action,) = answer["systemActions"]
    draft = body["context"]["draftOrders"]["entry"][0]["resource"]
    assert action["type"] == "update"
    assert action["resource"] | {"extension": None} == draft | {"extension": None}
    assert rating_of(action["resource"]) == ["not-appropriate", "usually-not-appropriate"]


def test_one_warning_names_the_study_and_says_that_it_is_usually_not_appropriate(
    client: FlaskClient, body: Json
) -> None:
    answer = answered(client, body)

    (card,) = answer["cards"]
    assert card["indicator"] == "warning"
    assert card["source"]["topic"]["code"] == "recurrent"
    assert card["summary"].startswith("CT chest without IV contrast: usually not appropriate")


def test_cta_is_the_first_choice_and_the_recommended_one(client: FlaskClient, body: Json) -> None:
    (card,) = answered(client, body)["cards"]

    first, *others = card["suggestions"]
    (action,) = first["actions"]
    draft = body["context"]["draftOrders"]["entry"][0]["resource"]
    assert first["isRecommended"] is True
    assert not any(other.get("isRecommended") for other in others)
    assert action["type"] == "update"
    assert [coding["code"] for coding in action["resource"]["code"]["coding"]] == [CTA]
    assert action["resource"]["id"] == draft["id"]
    assert action["resource"]["reasonCode"] == draft["reasonCode"]
    assert rating_of(action["resource"]) == ["appropriate", "usually-appropriate"]


def test_the_offered_order_sent_back_as_the_draft_is_rated_appropriate(
    client: FlaskClient, body: Json
) -> None:
    (card,) = answered(client, body)["cards"]
    offered = card["suggestions"][0]["actions"][0]["resource"]

    again = answered(client, with_draft(body, offered))

    (action,) = again["systemActions"]
    assert rating_of(action["resource"]) == ["appropriate", "usually-appropriate"]
    assert action["resource"]["code"] == offered["code"]
    assert [card["indicator"] for card in again["cards"]] == ["info"]
