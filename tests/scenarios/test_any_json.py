"""Tests that no body, at no address, by no method, gets a fault of ours, HTML, or more of it read than is allowed."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse, create_environ, run_wsgi_app

from cds_service.app import create_app
from cds_service.settings import Settings, settings_from
from tests.contract.validator import outcome_faults
from tests.scenarios import any_json, clients
from tests.scenarios.any_json import bodies
from tests.scenarios.chart import Json
from tests.scenarios.replies import with_stable_uuids

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE")
ORIGIN: Final = {"Origin": "https://ehr.example"}
SERVICE: Final = "/cds-services/hemoptysis-imaging-order-select"
FEEDBACK: Final = f"{SERVICE}/feedback"
EVERY_EXAMPLE: Final = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
LIMIT: Final = 20_000


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    folder = tmp_path_factory.mktemp("any-json")
    return create_app(settings_from({"CDS_DATABASE_URL": f"sqlite:///{folder}/record.db"}))


@pytest.fixture(scope="module")
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def small_app(settings: Settings) -> Flask:
    """A service that takes bodies of at most LIMIT bytes."""
    return create_app(settings_from({"CDS_DATABASE_URL": settings.database_url, "CDS_MAX_BODY_BYTES": str(LIMIT)}))


def addresses(app: Flask) -> list[str]:
    """Every route with what may stand in its places, and what is no route."""
    filled = {
        "<service_id>": ("hemoptysis-imaging-order-sign", "hemoptysis-imaging-patient-view", "no-such-service"),
        "<code_system_id>": ("hemoptysis-variant", "no-such-code-system"),
    }
    paths = [rule.rule for rule in app.url_map.iter_rules()]
    for place, values in filled.items():
        paths = [path.replace(place, value) for path in paths for value in values]
    return sorted({*paths, "/no/such/address", "/cds-services/"})


def assert_well_behaved(reply: TestResponse, method: str) -> None:
    """No fault of ours; every error an OperationOutcome, every JSON well-formed, a browser may read it."""
    assert reply.status_code < 500, reply.text
    assert reply.headers.get("Access-Control-Allow-Origin") in ("*", ORIGIN["Origin"])
    if method == "HEAD":
        assert not reply.data
    elif reply.status_code >= 400:
        assert reply.mimetype == "application/json"
        assert outcome_faults(strictly_read(reply.data), status=reply.status_code) == []
    elif reply.mimetype.endswith("json"):
        strictly_read(reply.data)


def strictly_read(text: bytes) -> Any:
    """The JSON; fails on what is not UTF-8, on NaN and on a member that stands twice."""
    return json.loads(text.decode(), parse_constant=_refuse, object_pairs_hook=_once_each)


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def _once_each(pairs: list[tuple[str, Any]]) -> Json:
    members = dict(pairs)
    assert len(members) == len(pairs), "a member stands twice"
    return members


def posted(client: FlaskClient, address: str, body: bytes, **arguments: Any) -> TestResponse:
    return client.post(address, data=body, headers=ORIGIN, content_type="application/json", **arguments)


@EVERY_EXAMPLE
@given(body=bodies)
def test_a_service_answers_any_body(client: FlaskClient, body: bytes) -> None:
    for address in (SERVICE, FEEDBACK):
        assert_well_behaved(posted(client, address, body), "POST")


@EVERY_EXAMPLE
@given(body=bodies, data=st.data())
def test_every_address_answers_any_body_by_any_method(
    app: Flask, client: FlaskClient, body: bytes, data: st.DataObject
) -> None:
    address = data.draw(st.sampled_from(addresses(app)))
    method = data.draw(st.sampled_from(METHODS))
    media_type = data.draw(st.sampled_from(["application/json", "application/fhir+json", "text/plain", ""]))

    reply = client.open(address, method=method, data=body, headers=ORIGIN, content_type=media_type)

    assert_well_behaved(reply, method)
