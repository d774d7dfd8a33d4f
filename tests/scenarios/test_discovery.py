"""Discovery as the real app serves it."""

from collections.abc import Iterator
from typing import Any

from flask.testing import FlaskClient

from tests.contract.validator import discovery_faults
from tests.scenarios.assemble import every_request
from tests.scenarios.replies import posted

BODIES = {hook: body for hook, _, body in every_request()}
"""One request of each hook."""


def values_in(value: Any) -> Iterator[Any]:
    yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from values_in(part)


def test_discovery_keeps_the_rules_of_cds_hooks(client: FlaskClient) -> None:
    reply = client.get("/cds-services")

    assert reply.status_code == 200
    assert discovery_faults(reply.get_json()) == []


def test_discovery_is_json_and_holds_nothing_empty(client: FlaskClient) -> None:
    reply = client.get("/cds-services")

    assert reply.mimetype == "application/json"
    assert not [value for value in values_in(reply.get_json()) if value in (None, "", [], {})]


def test_each_listed_service_answers_under_its_id(client: FlaskClient) -> None:
    for service in client.get("/cds-services").get_json()["services"]:
        reply = client.post(f"/cds-services/{service['id']}", json=BODIES[service["hook"]])

        assert reply.status_code == 200, service["id"]


def test_an_answer_is_json(client: FlaskClient) -> None:
    for body in BODIES.values():
        assert posted(client, body).mimetype == "application/json"
