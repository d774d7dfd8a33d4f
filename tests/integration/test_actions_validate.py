"""Every resource in every action is valid FHIR R4, by a validator that is not ours."""

import json
from collections.abc import Iterator
from functools import cache

import pytest
from flask.testing import FlaskClient

from tests.integration.advice import NAMES, body_of, every_request
from tests.integration.hapi import HapiServer
from tests.scenarios.chart import Json
from tests.scenarios.replies import answered

pytestmark = pytest.mark.integration


class Validator:
    """Asks the server once for each distinct resource."""

    def __init__(self, server: HapiServer) -> None:
        self._errors_in = cache(lambda text: tuple(server.validate(json.loads(text))))

    def errors_in(self, resource: Json) -> tuple[str, ...]:
        return self._errors_in(json.dumps(resource, sort_keys=True))


@pytest.fixture(scope="module")
def validator(hapi: HapiServer) -> Validator:
    return Validator(hapi)


def resources_in(answer: Json) -> Iterator[Json]:
    """The resource of every action, in both places of the system actions and in the suggestions."""
    yield from (action["resource"] for action in answer.get("systemActions", ()))
    extension = answer.get("extension", {})
    yield from (action["resource"] for action in extension.get("systemActions", ()))
    for card in answer["cards"]:
        for suggestion in card.get("suggestions", ()):
            yield from (action["resource"] for action in suggestion["actions"])


@every_request
def test_every_resource_that_the_service_emits_is_valid(
    client: FlaskClient, validator: Validator, name: str
) -> None:
    answer = answered(client, body_of(name))

    errors = {json.dumps(r): found for r in resources_in(answer) if (found := validator.errors_in(r))}
    assert errors == {}


def test_the_fixtures_make_the_service_emit_creates_and_updates(client: FlaskClient) -> None:
    answers = [answered(client, body_of(name)) for name in NAMES]

    offered = [s for answer in answers for card in answer["cards"] for s in card.get("suggestions", ())]
    assert {action["type"] for suggestion in offered for action in suggestion["actions"]} == {
        "create",
        "update",
    }
    assert any(answer.get("systemActions") for answer in answers)
