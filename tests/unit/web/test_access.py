"""Who may use which route, and how often: every route walked, and what a known client may not."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.settings import Settings
from cds_service.web.access import ROUTES, Access
from tests.attack.signing import ISSUER, SERVICE, jwks, token, trusted
from tests.contract.validator import outcome_faults
from tests.unit.web.walked import addresses

GOLDEN = Path("fixtures/requests/order-select/recurrent-ct-without-contrast.json")
LOCAL = "http://localhost:8000"
FEEDBACK = {
    "feedback": [
        {
            "card": "4e0a3a1e-3180-4578-ad75-32d7b8d8d4a1",
            "outcome": "overridden",
            "outcomeTimestamp": "2026-11-24T10:05:31Z",
        }
    ]
}


def service(settings: Settings, tmp_path: Path, **client: Any) -> FlaskClient:
    """A service that trusts one client."""
    file = tmp_path / "clients.toml"
    file.write_text(trusted({"name": "north", "issuer": ISSUER, "jwks": jwks(), **client}))
    return create_app(replace(settings, trusted_clients=file)).test_client()


def by(address: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(aud=LOCAL + address)}"}


def called(client: FlaskClient, address: str = f"/cds-services/{SERVICE}", **members: Any) -> Any:
    body = {**json.loads(GOLDEN.read_bytes()), **members}
    return client.post(address, json=body, headers=by(address))


def test_every_route_says_who_may_use_it(settings: Settings) -> None:
    rules = {rule.rule for rule in create_app(settings).url_map.iter_rules()}

    assert rules <= ROUTES.keys(), "add the new route to ROUTES in web/access.py"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_every_route_that_needs_a_token_refuses_without_one_and_every_open_one_answers(
    settings: Settings, tmp_path: Path, method: str
) -> None:
    client = service(settings, tmp_path)

    for rule, address in addresses(client.application):
        if method not in (rule.methods or ()):
            continue
        answer = client.open(address, method=method, json={} if method == "POST" else None)

        if ROUTES[rule.rule] is not Access.TOKEN:
            assert answer.status_code not in (401, 403, 404, 405), address
            continue
        assert answer.status_code == 401, address
        assert answer.headers["WWW-Authenticate"] == "Bearer", address
        assert answer.headers["Access-Control-Allow-Origin"] == "*", address
        if method != "HEAD":
            assert outcome_faults(answer.get_json(force=True), status=401) == [], address


def test_options_is_open_on_every_route(settings: Settings, tmp_path: Path) -> None:
    client = service(settings, tmp_path)

    for _, address in addresses(client.application):
        assert client.options(address).status_code == 200, address


def test_a_route_that_is_not_listed_needs_a_token(settings: Settings, tmp_path: Path) -> None:
    app = service(settings, tmp_path).application
    app.add_url_rule("/new", view_func=lambda: "new", endpoint="new")

    client = app.test_client()

    assert client.get("/new").status_code == 401
    assert client.get("/new", headers=by("/new")).status_code == 200


def test_a_token_is_for_the_public_url_of_the_route(settings: Settings, tmp_path: Path) -> None:
    client = service(replace(settings, public_url="https://cds.example.org/hospital"), tmp_path)
    ours = token(aud="https://cds.example.org/hospital/cds-services")
    local = token(aud=f"{LOCAL}/cds-services")

    for sent, status in ((ours, 200), (local, 401)):
        headers = {
            "Authorization": f"Bearer {sent}",
            "Host": "evil.example",
            "X-Forwarded-Host": "evil.example",
        }
        assert client.get("/cds-services", headers=headers).status_code == status


def test_a_client_may_use_the_services_that_the_site_lists_for_it(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = service(settings, tmp_path, services=["hemoptysis-imaging-order-sign"])
    sign = "/cds-services/hemoptysis-imaging-order-sign"

    refused = called(client)
    feedback = f"/cds-services/{SERVICE}/feedback"
    refused_feedback = client.post(feedback, json=FEEDBACK, headers=by(feedback))

    assert called(client, sign).status_code == 200
    assert client.get("/cds-services", headers=by("/cds-services")).status_code == 200
    for answer in (refused, refused_feedback):
        assert answer.status_code == 403
        assert outcome_faults(answer.get_json(force=True), status=403) == []
        assert answer.get_json(force=True)["issue"][0]["code"] == "forbidden"
    assert caplog.messages.count("request refused client=north reason=service-not-listed") == 2


@pytest.mark.parametrize(
    ("server", "status"),
    [
        ("https://ehr.north.example/fhir", 200),
        ("https://ehr.north.example/fhir/", 200),
        ("https://ehr.north.example/fhir/tenant-1", 200),
        ("https://ehr.north.example/fhirx", 403),
        ("https://ehr.north.example", 403),
        ("https://ehr.south.example/fhir", 403),
        ("http://ehr.north.example/fhir", 403),
        ("https://ehr.north.example/fhir/../other", 403),
        ("https://ehr.north.example@evil.example/fhir", 403),
        (None, 200),
    ],
)
def test_a_client_may_name_the_fhir_servers_that_the_site_lists_for_it(
    settings: Settings, tmp_path: Path, server: str | None, status: int
) -> None:
    client = service(settings, tmp_path, fhir_servers=["https://ehr.north.example/fhir"])
    authorization = {
        "access_token": "secret",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "",
        "subject": "x",
    }

    answer = called(client, fhirServer=server, fhirAuthorization=authorization)

    assert answer.status_code == status
    assert "secret" not in answer.get_data(as_text=True)


def test_a_silent_client_is_answered_without_cards_and_actions(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    live, silent = service(settings, tmp_path), service(settings, tmp_path, mode="silent")

    with caplog.at_level("INFO"):
        answers = [called(client).get_json(force=True) for client in (live, silent)]

    assert answers[0]["cards"]
    assert answers[1] == {"cards": []}
    judged = [record.getMessage() for record in caplog.records if record.getMessage().startswith("request ")]
    assert len(judged) == 2
    outcomes = [line.split(" instance=")[1].split(" ms=")[0] for line in judged]
    assert outcomes[1] == outcomes[0].replace(" status=", " mode=silent status=")
    assert all("client=north" in line for line in judged)


def test_a_site_without_trusted_clients_reads_no_token(settings: Settings) -> None:
    client = create_app(settings).test_client()

    for sent in ({}, {"Authorization": "Bearer x.y.z"}):
        assert client.get("/cds-services", headers=sent).status_code == 200


def test_one_client_that_sends_too_much_is_told_when_to_come_again(
    settings: Settings, tmp_path: Path
) -> None:
    client = service(replace(settings, rate_limit=12), tmp_path)

    answers = [client.get("/cds-services", headers=by("/cds-services")) for _ in range(3)]
    other = client.get("/CodeSystem/override-reason")

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert outcome_faults(answers[2].get_json(force=True), status=429) == []
    assert answers[2].get_json(force=True)["issue"][0]["code"] == "throttled"
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 5
    assert other.status_code == 200


@pytest.mark.parametrize("name", ["north", "127.0.0.1"])
def test_guesses_are_counted_by_their_address_and_do_not_hold_up_a_client_behind_it(
    settings: Settings, tmp_path: Path, name: str
) -> None:
    client = service(replace(settings, rate_limit=12), tmp_path, name=name)

    guesses = [client.get("/cds-services", headers={"Authorization": "Bearer x.y.z"}) for _ in range(3)]

    assert [guess.status_code for guess in guesses] == [401, 401, 429]
    assert client.get("/cds-services", headers=by("/cds-services")).status_code == 200


def test_without_trusted_clients_an_address_is_limited_unless_it_is_a_gateways(settings: Settings) -> None:
    limited = create_app(replace(settings, rate_limit=12)).test_client()
    gateway = create_app(replace(settings, rate_limit=12, trusted_proxies=("127.0.0.0/8",))).test_client()

    assert [limited.get("/cds-services").status_code for _ in range(3)] == [200, 200, 429]
    assert [gateway.get("/cds-services").status_code for _ in range(3)] == [200, 200, 200]
    assert limited.options("/cds-services").status_code == 200


def test_an_address_that_is_no_route_has_nothing_to_protect(settings: Settings, tmp_path: Path) -> None:
    client = service(settings, tmp_path)

    assert client.get("/nowhere").status_code == 404
    assert client.delete("/cds-services").status_code == 405
