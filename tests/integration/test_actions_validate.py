"""Every resource in every action is valid FHIR R4, by a validator that is not ours."""

import json
from collections.abc import Iterator
from functools import cache

import pytest
from flask.testing import FlaskClient

from tests.integration.advice import NAMES, body_of, every_request
from tests.integration.hapi import HapiServer
from tests.scenarios import clients
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


every_client_body = pytest.mark.parametrize(
    "name", [name for name in clients.names() if clients.outcome_of(name)["status"] == 200]
)


def drafts_in(body: Json) -> Iterator[Json]:
    drafts = body["context"].get("draftOrders") or {}
    entries = [entry for entry in drafts.get("entry", ()) if isinstance(entry, dict)]
    yield from (e["resource"] for e in entries if isinstance(e.get("resource"), dict))


def named(resource: Json) -> str:
    return f"{resource['resourceType']}/{resource.get('id')}"


def resources_in(answer: Json) -> Iterator[Json]:
    """The resource of every action, in both places of the system actions and in the suggestions."""
    for place in (answer, answer.get("extension", {})):
        yield from (action["resource"] for action in place.get("systemActions", ()))
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


@every_client_body
def test_nothing_that_the_service_adds_makes_an_order_less_valid(
    client: FlaskClient, validator: Validator, name: str
) -> None:
    body = clients.body_of(name)
    before = {named(draft): set(validator.errors_in(draft)) for draft in drafts_in(body)}

    reply = client.post(f"/cds-services/{clients.service_of(body)}", json=body)

    emitted = list(resources_in(reply.get_json()))
    added = [set(validator.errors_in(r)) - before.get(named(r), set()) for r in emitted]
    assert not any(added), added


def test_the_fixtures_make_the_service_emit_creates_and_updates(client: FlaskClient) -> None:
    answers = [answered(client, body_of(name)) for name in NAMES]

    offered = [s for answer in answers for card in answer["cards"] for s in card.get("suggestions", ())]
    types = {action["type"] for suggestion in offered for action in suggestion["actions"]}
    assert types == {"create", "update"}
    assert any(answer.get("systemActions") for answer in answers)
