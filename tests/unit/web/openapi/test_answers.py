"""What the service really takes and answers is what its OpenAPI document says, route by route."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from cds_service import errors
from cds_service.app import applications, create_app
from cds_service.cds_hooks.feedback import MOST_CHARACTERS_OF_AN_ID
from cds_service.cli.parser import REFUSALS
from cds_service.records.sql.engine import engine_from
from cds_service.records.sql.schema import migrate
from cds_service.settings import Settings
from cds_service.web.bodies import outcome_of
from cds_service.web.openapi.schemas import every_error
from tests.attack.signing import ISSUER, SERVICE, jwks, token, trusted
from tests.unit.web.openapi.documented import Documented, closed, documented
from tests.unit.web.walked import IDS, addresses, methods_of

FIXTURES = Path(__file__).parents[4] / "fixtures"
HOOKS = ("order-select", "order-sign", "patient-view")
PUBLIC = "https://cds.example.org"
REQUEST, RESPONSE = ({"$ref": f"#/components/schemas/{name}"} for name in ("HookRequest", "ServiceResponse"))
GOLDEN = json.loads((FIXTURES / "requests/order-select/recurrent-ct-without-contrast.json").read_bytes())
FEEDBACK: dict[str, list[dict[str, Any]]] = {
    "feedback": [
        {
            "card": "4e0a3a1e-3180-4578-ad75-32d7b8d8d4a1",
            "outcome": "accepted",
            "outcomeTimestamp": "2026-11-24T10:05:31Z",
            "acceptedSuggestions": [{"id": "4e0a3a1e-3180-4578-ad75-32d7b8d8d4a2"}],
        }
    ]
}
BODIES = {"call": GOLDEN, "take_feedback": FEEDBACK, "ask": {}, "check_feedback": FEEDBACK}
ANSWERED_ALL_THE_SAME = {
    "clients/entries-that-hold-no-resource",
    "clients/hook-instance-and-user-of-odd-types",
}
"""Requests that no conforming client sends."""

NO_DATA = "conditions-were-not-sent-for-an-order-without-reason"


@pytest.fixture
def told(settings: Settings) -> Documented:
    return documented(create_app(settings))


@pytest.fixture
def both(settings: Settings, tmp_path: Path) -> tuple[Flask, ...]:
    """The service and its management as production has them, with the workbench, and one client."""
    file = tmp_path / "clients.toml"
    lists = {"services": [IDS["service_id"]]}
    file.write_text(trusted({"name": "north", "issuer": ISSUER, "jwks": jwks(), **lists}))
    migrate(engine_from(settings.database_url))
    return applications(
        replace(
            settings,
            profile="production",
            public_url=PUBLIC,
            trusted_clients=file,
            management_bind="127.0.0.1:8001",
            workbench=True,
        )
    )


def by(address: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(aud=PUBLIC + address)}"}


def body_of(endpoint: str, method: str) -> Any:
    return BODIES[endpoint.partition(".")[2]] if method == "POST" else None


def requests_in(*folders: str) -> Iterator[tuple[str, Any]]:
    for folder in folders:
        for file in sorted((FIXTURES / "requests" / folder).glob("*.json")):
            with suppress(ValueError):  # a few are no JSON on purpose
                yield file.stem, json.loads(file.read_bytes())


def responses_in(folder: str) -> Iterator[tuple[str, Any]]:
    for file in sorted((FIXTURES / "responses" / folder).glob("*.json")):
        yield file.stem, json.loads(file.read_bytes())


def test_every_route_answers_as_it_says(both: tuple[Flask, ...]) -> None:
    told = documented(both[0])
    told.document = closed(told.document)

    for app in both:
        for rule, address in addresses(app):
            for method in methods_of(rule):
                body = body_of(rule.endpoint, method)

                answer = app.test_client().open(address, method=method, json=body, headers=by(address))

                assert answer.status_code == 200, address
                assert told.faults_in(answer, rule.rule) == [], address


def test_every_golden_answer_is_one_by_the_schema_and_has_no_member_beside(told: Documented) -> None:
    told.document = closed(told.document)
    answers = {f"{folder}/{name}": answer for folder in HOOKS for name, answer in responses_in(folder)}

    assert len(answers) > 50
    assert {name: told.faults(RESPONSE, answer) for name, answer in answers.items()} == {
        name: [] for name in answers
    }


def test_a_request_is_one_by_the_schema_exactly_where_it_is_not_refused_as_malformed(
    told: Documented,
) -> None:
    folders = (*HOOKS, "charts", "clients", "invalid")
    malformed = {
        f"{folder}/{name}"
        for folder in folders
        for name, answer in responses_in(folder)
        if answer.get("status") == 400
    }
    asked = {f"{folder}/{name}": body for folder in folders for name, body in requests_in(folder)}

    refused = {name for name, body in asked.items() if told.faults(REQUEST, body)}

    assert len(malformed & asked.keys()) > 10
    assert refused == (malformed & asked.keys()) | ANSWERED_ALL_THE_SAME


@pytest.mark.parametrize(
    ("member", "value"),
    [("indicator", "hard-stop"), ("summary", "x" * 141), ("uuid", "1"), ("source", {}), ("cards", [])],
)
def test_the_schema_of_an_answer_notices_a_wrong_card(told: Documented, member: str, value: object) -> None:
    told.document = closed(told.document)
    answer = dict(responses_in("order-select"))["recurrent-ct-without-contrast"]

    answer["cards"][0][member] = value

    assert told.faults(RESPONSE, answer)


@pytest.mark.parametrize(
    ("change", "is_right"),
    [
        ({}, True),
        ({"outcome": "overridden", "acceptedSuggestions": None}, True),
        ({"acceptedSuggestions": []}, False),
        ({"acceptedSuggestions": None}, False),
        ({"outcome": "ignored"}, False),
        ({"card": ""}, False),
        ({"card": "x" * MOST_CHARACTERS_OF_AN_ID}, True),
        ({"card": "x" * (MOST_CHARACTERS_OF_AN_ID + 1)}, False),
        ({"acceptedSuggestions": [{"id": "x" * (MOST_CHARACTERS_OF_AN_ID + 1)}]}, False),
        ({"outcomeTimestamp": "yesterday"}, False),
        ({"overrideReason": {"userComment": "x" * 10_001}}, False),
    ],
)
def test_feedback_is_taken_exactly_where_the_schema_says(
    settings: Settings, told: Documented, change: dict[str, Any], *, is_right: bool
) -> None:
    body = {"feedback": [{**FEEDBACK["feedback"][0], **change}]}

    answer = create_app(settings).test_client().post(f"/cds-services/{SERVICE}/feedback", json=body)

    assert (answer.status_code == 200) == is_right
    assert (told.faults({"$ref": "#/components/schemas/Feedback"}, body) == []) == is_right


def provoked(client: FlaskClient, rule: Rule, address: str, method: str) -> Iterator[TestResponse]:
    """Answers to what is wrong in each way that a route can be asked wrongly."""
    body = body_of(rule.endpoint, method)

    def ask(path: str = address, **more: Any) -> TestResponse:
        return client.open(path, method=method, **{"json": body, "headers": by(path), **more})

    yield ask(headers={})
    odd = address.replace(IDS["name"], "none.css").replace(IDS["sheet_id"], "none")
    for value in IDS.values():
        odd = odd.replace(value, "none") if value not in (IDS["name"], IDS["digest"]) else odd
    yield ask(odd)
    yield ask(address.replace(IDS["service_id"], "hemoptysis-imaging-order-sign"))
    yield ask(query_string={"since": "whenever"})
    if method == "POST":
        yield ask(json=[])
        yield ask(json=None, data=b"{}", content_type="text/plain")
        yield ask(json=None, data=b" " * (4 << 20 | 1), content_type="application/json")
        yield ask(json=json.loads((FIXTURES / "requests/invalid" / f"{NO_DATA}.json").read_bytes()))


def test_every_refusal_is_one_that_the_route_says(both: tuple[Flask, ...]) -> None:
    told = documented(both[0])
    seen = set()
    for app in both:
        for rule, address in addresses(app):
            for method in methods_of(rule):
                for answer in provoked(app.test_client(), rule, address, method):
                    assert told.faults_in(answer, rule.rule) == [], (address, answer.status_code)
                    seen.add(answer.status_code)

    assert seen == {200, 400, 401, 403, 404, 412, 413, 415}


def test_whatever_error_a_route_says_it_answers_in_the_shape_that_it_says(both: tuple[Flask, ...]) -> None:
    told = documented(both[0])
    kinds = [kind for kind in every_error() if not issubclass(kind, errors.StartupError)]
    for app in both:
        for rule, address in addresses(app):
            for kind in kinds:

                def broken(kind: type[errors.CdsServiceError] = kind, **_: object) -> str:
                    raise kind("Something.")

                app.view_functions[rule.endpoint] = broken
                for method in methods_of(rule):
                    answer = app.test_client().open(address, method=method, headers=by(address), json={})
                    if str(kind.status) in told.operation(rule.rule, method)["responses"]:
                        assert told.faults_in(answer, rule.rule) == [], (address, kind)


def test_what_the_server_itself_refuses_stands_at_every_address(told: Documented) -> None:
    """A body that is too large, and room for one, only where a body is taken."""
    every = {str(status) for status in (400, *REFUSALS)}

    for path, operations in told.document["paths"].items():
        for method, operation in operations.items():
            expected = every if method == "post" else every - {"413", "503"}
            assert expected <= operation["responses"].keys(), path


@pytest.mark.parametrize("status", REFUSALS)
def test_what_the_server_itself_refuses_has_the_shape_that_is_told(told: Documented, status: int) -> None:
    error = REFUSALS[status]
    operation = told.operation("/cds-services/<service_id>", "POST")
    schema = told.resolved(operation["responses"][str(status)])["content"]["application/json"]["schema"]

    assert told.faults(schema, msgspec.to_builtins(outcome_of(error))) == []
    assert error.status == status
