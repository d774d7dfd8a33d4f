"""The OpenAPI document: it is one, it holds every route and no other, and its schemas are what is read."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator

from cds_service import __version__
from cds_service.app import create_app
from cds_service.cds_hooks import feedback, parse, response
from cds_service.settings import Settings
from cds_service.web.access import ROUTES, Access
from cds_service.web.openapi.operations import OPERATIONS, PARAMETERS
from tests.unit.web.openapi.documented import documented

READ_AS: dict[str, type[msgspec.Struct]] = {
    "HookRequest": parse._Envelope,
    "Context": parse._Context,
    "ServiceResponse": response.ServiceResponse,
    "Card": response.Card,
    "CardSource": response.CardSource,
    "Coding": response.CardCoding,
    "Suggestion": response.Suggestion,
    "Action": response.Action,
    "Link": response.Link,
    "FeedbackItem": feedback._Item,
    "OverrideReason": feedback._OverrideReason,
}


@pytest.fixture
def document(settings: Settings) -> dict[str, Any]:
    return documented(create_app(settings)).document


def test_it_is_an_openapi_3_1_document(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_the_validator_notices_a_parameter_that_is_missing(document: dict[str, Any]) -> None:
    document["paths"]["/criteria/{variant}"]["get"]["parameters"] = []

    assert list(OpenAPIV31SpecValidator(document).iter_errors())


def test_every_route_has_a_line_that_says_what_it_answers_and_no_other_does() -> None:
    assert OPERATIONS.keys() == ROUTES.keys(), "add the new route to OPERATIONS in web/openapi/operations.py"


def test_every_route_of_an_application_is_in_it_with_its_methods(settings: Settings) -> None:
    for workbench in (True, False):
        app = create_app(replace(settings, workbench=workbench))
        served = {
            (method.lower(), rule.rule.replace("<path:", "<").replace("<", "{").replace(">", "}"))
            for rule in app.url_map.iter_rules()
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        }

        paths = documented(app).document["paths"]

        assert {(method, path) for path, operations in paths.items() for method in operations} == served


def test_every_operation_says_what_it_is_in_a_sentence(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["summary"].endswith("."), path
            assert operation["responses"]["200"]["content"], path
            assert set(operation["tags"]) <= {tag["name"] for tag in document["tags"]}, path
            for parameter in operation["parameters"]:
                assert parameter["description"], path


def test_every_variable_part_of_an_address_is_told() -> None:
    app = Flask(__name__)
    for rule in ROUTES:
        app.add_url_rule(rule, endpoint=rule, view_func=lambda **_: "")

    parts = {name for rule in app.url_map.iter_rules() for name in rule.arguments}

    assert parts - {"filename"} == PARAMETERS.keys()


def test_a_token_is_asked_for_where_it_is_needed_and_nowhere_else(settings: Settings) -> None:
    gateway = replace(settings, trusted_clients="gateway")
    sites: list[tuple[Settings, list[dict[str, list[str]]]]] = [
        (settings, [{}, {"token": []}]),
        (gateway, [{"token": []}]),
    ]
    for site, asked in sites:
        told = documented(create_app(site))
        for rule, access in ROUTES.items():
            method = "POST" if OPERATIONS[rule].takes else "GET"
            security = told.operation(rule, method)["security"]
            assert security == (asked if access is Access.TOKEN else []), rule


def test_where_the_management_listens_is_told_to_nobody(settings: Settings) -> None:
    apart = replace(settings, management_bind="10.9.8.7:8765", public_url="https://cds.example.org/cds")
    app = create_app(apart)

    answer = app.test_client().get("/openapi.json")

    told = documented(app)
    assert "10.9.8.7" not in answer.text
    assert "8765" not in answer.text
    assert told.document["servers"] == [{"url": "https://cds.example.org/cds"}]
    assert told.operation("/status", "GET")["servers"][0]["url"] == "http://{management}"
    assert "servers" not in told.operation("/cds-services", "GET")


def test_the_document_is_made_once_and_not_sent_again_to_who_has_it(settings: Settings) -> None:
    client = create_app(settings).test_client()
    first = client.get("/openapi.json")

    again = client.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")
    assert first.get_json()["info"]["version"] == __version__


@pytest.mark.parametrize("name", READ_AS)
def test_a_schema_of_the_protocol_names_the_members_that_are_read_or_written(
    document: dict[str, Any], name: str
) -> None:
    schema = document["components"]["schemas"][name]

    assert set(schema["properties"]) == set(READ_AS[name].__struct_encode_fields__)
