"""Every route walked for what all of them share: CORS, the shape of errors, methods, media types."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.setting_values import Profile
from cds_service.settings import Settings
from cds_service.web.access import ROUTES
from cds_service.web.routes import allow_browsers
from tests.contract.validator import outcome_faults
from tests.unit.web.walked import addresses

ORIGIN = "https://sandbox.example"
GOLDEN = Path("fixtures/requests/order-select/recurrent-ct-without-contrast.json")
SERVICE = "/cds-services/hemoptysis-imaging-order-select"


def test_in_development_one_address_has_every_route_of_the_list(app: Flask) -> None:
    assert {rule.rule for rule in app.url_map.iter_rules()} == set(ROUTES)


def test_every_route_answers_a_preflight_without_a_redirect(app: Flask, client: FlaskClient) -> None:
    for rule, address in addresses(app):
        method = "POST" if "POST" in (rule.methods or ()) else "GET"
        asked = {
            "Origin": ORIGIN,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization, content-type",
        }

        answer = client.options(address, headers=asked)

        assert answer.status_code == 200, address
        assert answer.headers["Access-Control-Allow-Origin"] in ("*", ORIGIN), address
        allowed = answer.headers["Access-Control-Allow-Headers"].lower()
        assert {h.strip() for h in allowed.split(",")} == {"authorization", "content-type"}, address
        assert method in answer.headers["Access-Control-Allow-Methods"], address


NEAR = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Private-Network": "true"}


@pytest.mark.parametrize(
    ("profile", "origins", "origin", "allowed"),
    [
        ("development", ("*",), ORIGIN, "true"),
        ("development", (ORIGIN,), ORIGIN, "true"),
        ("development", (ORIGIN,), "https://evil.example", None),
        ("production", (ORIGIN,), ORIGIN, "true"),
        ("production", (ORIGIN,), "https://evil.example", None),
        ("production", ("*",), ORIGIN, None),
        ("production", (), ORIGIN, None),
    ],
)
def test_every_route_lets_a_public_page_reach_a_near_service_in_development_or_if_it_is_listed(
    settings: Settings, profile: Profile, origins: tuple[str, ...], origin: str, allowed: str | None
) -> None:
    app = Flask("near")
    allow_browsers(app, origins, is_development=profile == "development")
    whole = create_app(replace(settings, cors_origins=origins))

    for client in (app.test_client(), *([whole.test_client()] if profile == settings.profile else [])):
        for _, address in addresses(whole):
            answer = client.options(address, headers={"Origin": origin, **NEAR})

            assert answer.headers.get("Access-Control-Allow-Private-Network") == allowed, address


def test_no_route_says_a_word_of_near_services_unless_it_is_asked(app: Flask, client: FlaskClient) -> None:
    for _, address in addresses(app):
        for asked in ({}, {"Access-Control-Request-Private-Network": "false"}):
            preflight = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST", **asked}

            for answer in (client.options(address, headers=preflight), client.get(address, headers=asked)):
                assert "Access-Control-Allow-Private-Network" not in answer.headers, address


def test_every_route_answers_a_method_it_does_not_take_with_an_outcome(
    app: Flask, client: FlaskClient
) -> None:
    for _, address in addresses(app):
        answer = client.delete(address, headers={"Origin": ORIGIN})

        assert answer.status_code == 405, address
        assert outcome_faults(answer.get_json(force=True), status=405) == [], address
        assert answer.headers["Access-Control-Allow-Origin"] in ("*", ORIGIN), address
        assert answer.headers["Allow"], address


def test_every_route_takes_a_trailing_slash_without_a_redirect(app: Flask, client: FlaskClient) -> None:
    for rule, address in addresses(app):
        if address == "/":
            continue
        method = client.post if "POST" in (rule.methods or ()) else client.get

        answer = method(f"{address}/", json={})

        assert answer.status_code in (200, 400), address


@pytest.mark.parametrize(
    "address", ["/nowhere", "/cds-services/nowhere", "/CodeSystem/nowhere", "/ConceptMap/nowhere"]
)
def test_an_unknown_address_is_answered_with_an_outcome_and_cors(client: FlaskClient, address: str) -> None:
    is_service = address.startswith("/cds-services")
    answer = (client.post if is_service else client.get)(address, json={}, headers={"Origin": ORIGIN})

    assert answer.status_code == 404
    assert outcome_faults(answer.get_json(force=True), status=404) == []
    assert answer.headers["Access-Control-Allow-Origin"] in ("*", ORIGIN)


@pytest.mark.parametrize("address", [SERVICE, f"{SERVICE}/feedback"])
@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_a_body_that_is_not_said_to_be_json_is_refused(
    client: FlaskClient, address: str, media_type: str
) -> None:
    answer = client.post(address, data=b"{}", content_type=media_type)

    assert answer.status_code == 415
    assert outcome_faults(answer.get_json(force=True), status=415) == []


@pytest.mark.parametrize(
    "media_type",
    ["application/json", "application/json; charset=utf-8", "application/fhir+json", "APPLICATION/JSON"],
)
def test_every_json_media_type_is_read(client: FlaskClient, media_type: str) -> None:
    answer = client.post(SERVICE, data=b"{}", content_type=media_type)

    assert answer.status_code == 400


def test_a_compressed_body_is_refused(client: FlaskClient) -> None:
    answer = client.post(
        SERVICE, data=b"\x1f\x8b", content_type="application/json", headers={"Content-Encoding": "gzip"}
    )

    assert answer.status_code == 415


def test_a_body_over_the_limit_is_refused(settings: Settings, app: Flask, client: FlaskClient) -> None:
    body = b'{"pad": "' + b"x" * app.config["MAX_CONTENT_LENGTH"] + b'"}'

    answer = client.post(SERVICE, data=body, content_type="application/json")

    assert answer.status_code == 413
    assert outcome_faults(answer.get_json(force=True), status=413) == []


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b"null", b'"text"', b'{"hook":', b"\xff\xfe"])
def test_a_body_that_is_no_json_object_is_refused_without_quoting_it(
    client: FlaskClient, body: bytes
) -> None:
    answer = client.post(SERVICE, data=body, content_type="application/json", headers={"Origin": ORIGIN})

    assert answer.status_code == 400
    assert outcome_faults(answer.get_json(force=True), status=400) == []
    assert b"nonsense" not in answer.data
    assert answer.headers["Access-Control-Allow-Origin"] in ("*", ORIGIN)


def test_a_fault_of_ours_is_answered_blandly_and_its_text_is_not_logged(
    app: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> str:
        raise RuntimeError("Jane Doe, born 1970-01-01")

    app.view_functions["pages.home"] = broken

    answer = client.get("/", headers={"Origin": ORIGIN})

    assert answer.status_code == 500
    assert outcome_faults(answer.get_json(force=True), status=500) == []
    assert "Jane" not in answer.text
    assert "Jane" not in caplog.text
    assert "RuntimeError" in caplog.text
    assert answer.headers["Access-Control-Allow-Origin"] in ("*", ORIGIN)


def test_only_listed_origins_are_allowed_when_origins_are_listed(settings: Settings) -> None:
    client = create_app(replace(settings, cors_origins=("https://ehr.example",))).test_client()

    listed = client.get("/cds-services", headers={"Origin": "https://ehr.example"})
    other = client.get("/cds-services", headers={"Origin": "https://evil.example"})

    assert listed.headers["Access-Control-Allow-Origin"] == "https://ehr.example"
    assert "Access-Control-Allow-Origin" not in other.headers


def test_no_browser_client_is_allowed_when_no_origin_is_listed(settings: Settings) -> None:
    client = create_app(replace(settings, cors_origins=())).test_client()

    answer = client.get("/cds-services", headers={"Origin": "https://evil.example"})

    assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_home_page_names_the_services_and_the_edition(settings: Settings) -> None:
    client = create_app(replace(settings, workbench=False)).test_client()
    page = client.get("/").text

    assert "hemoptysis-imaging-order-select" in page
    assert "Not a medical device" in page
    assert "2019 (New)" in page


def test_code_systems_are_served_at_their_canonical_urls(client: FlaskClient, settings: Settings) -> None:
    for name in ("hemoptysis-variant", "override-reason", "acr-appropriateness-category"):
        answer = client.get(f"/CodeSystem/{name}")

        resource = json.loads(answer.data)
        assert answer.content_type.startswith("application/fhir+json")
        assert resource["url"] == f"{settings.canonical_url}/CodeSystem/{name}"


def test_the_map_of_the_reasons_to_override_is_served_at_its_canonical_url(
    client: FlaskClient, settings: Settings
) -> None:
    answer = client.get("/ConceptMap/override-reason-to-non-adherence-reason")

    resource = json.loads(answer.data)
    assert answer.content_type.startswith("application/fhir+json")
    assert resource["url"] == f"{settings.canonical_url}/ConceptMap/{resource['id']}"


def test_a_call_is_logged_without_anything_of_the_patient(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    body = GOLDEN.read_bytes()

    with caplog.at_level("INFO", logger="cds_service"):
        client.post(SERVICE, data=body, content_type="application/json")

    logged = caplog.text
    assert "route=/cds-services/<service_id> service=hemoptysis-imaging-order-select" in logged
    assert "topic=recurrent" in logged
    assert json.loads(body)["hookInstance"] in logged
    assert json.loads(body)["context"]["patientId"] not in logged


def test_a_hook_instance_that_is_no_uuid_is_not_logged(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    body = {**json.loads(GOLDEN.read_bytes()), "hookInstance": "Jane Doe"}

    with caplog.at_level("INFO", logger="cds_service"):
        client.post(SERVICE, json=body)

    assert "instance=-" in caplog.text
    assert "Jane" not in caplog.text


@pytest.mark.parametrize("address", [SERVICE, f"{SERVICE}/feedback"])
def test_a_body_shorter_than_announced_did_not_arrive_whole(client: FlaskClient, address: str) -> None:
    short = {"CONTENT_LENGTH": "9", "wsgi.input_terminated": True}

    answer = client.post(address, data=b"{}", content_type="application/json", environ_overrides=short)

    assert answer.status_code == 400
    assert outcome_faults(answer.get_json(force=True), status=400) == []
    assert "did not arrive whole" in answer.text


@pytest.mark.parametrize("address", [SERVICE, f"{SERVICE}/feedback"])
def test_a_body_that_cannot_be_read_did_not_arrive_whole(client: FlaskClient, address: str) -> None:
    class Broken(io.RawIOBase):
        def readinto(self, buffer: object) -> int:
            raise ConnectionResetError("Jane Doe")

    broken = {"wsgi.input": Broken(), "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}

    answer = client.post(address, content_type="application/json", environ_overrides=broken)

    assert answer.status_code == 400
    assert "did not arrive whole" in answer.text
    assert "Jane" not in answer.text


def test_a_fault_after_the_route_is_answered_blandly_and_its_text_is_not_logged(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    @app.after_request
    def broken(response: Response) -> Response:
        raise RuntimeError("Jane Doe, born 1970-01-01")

    answer = app.test_client().get("/Jane")

    assert answer.status_code == 500
    assert "Jane" not in answer.text
    assert "Jane" not in caplog.text
    assert "RuntimeError" in caplog.text
