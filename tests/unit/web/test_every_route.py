"""Every route as production serves it, those of later versions too: who may, from where, and what is told."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from cds_service.app import applications
from cds_service.records.sql.engine import engine_from
from cds_service.records.sql.schema import migrate
from cds_service.settings import Settings
from cds_service.web.access import ROUTES, Access
from cds_service.web.request_log import REQUEST_ID
from tests.attack.signing import ISSUER, jwks, token, trusted
from tests.contract.validator import outcome_faults
from tests.unit.web.walked import addresses, methods_of

LISTED, OTHER = "https://ehr.example.org", "https://evil.example"
PUBLIC = "https://cds.example.org"
CANARY = "LEAKDoe"
MEDIA_TYPES = {
    "application/json",
    "application/fhir+json",
    "text/html",
    "text/plain",
    "text/css",
    "text/csv",
    "text/javascript",
    "image/png",
}
HEADERS = (
    "Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control",
    "Cookie", "Content-Encoding", "Content-Type", "Forwarded", "From", "Host", "If-Match",
    "If-Modified-Since", "If-None-Match", "Origin", "Range", "Referer", "User-Agent", "X-Forwarded-For",
    "X-Forwarded-Host", "X-Forwarded-Prefix", "X-Forwarded-Proto", "X-Http-Method-Override",
    "X-Original-Url", "X-Request-Id", "X-Script-Name", "Access-Control-Request-Headers",
    "Access-Control-Request-Method", "Traceparent",
)  # fmt: skip


class Route(NamedTuple):
    """One way to ask one of the applications; `access` is None for a route that is in no list."""

    app: Flask
    rule: Rule
    address: str
    method: str
    access: Access | None

    def ask(self, **more: object) -> TestResponse:
        """What the route answers to what it is meant for, or to what else is said."""
        headers = {"Origin": LISTED, "Authorization": f"Bearer {token(aud=PUBLIC + self.address)}"}
        given = {"json": {} if self.method == "POST" else None, "headers": headers, "method": self.method}
        return self.app.test_client().open(self.address, **{**given, **more})  # type: ignore[arg-type]


@pytest.fixture
def both(settings: Settings, tmp_path: Path) -> tuple[Flask, ...]:
    file = tmp_path / "clients.toml"
    file.write_text(trusted({"name": "north", "issuer": ISSUER, "jwks": jwks()}))
    production = replace(
        settings,
        profile="production",
        public_url=PUBLIC,
        trusted_clients=file,
        cors_origins=(LISTED,),
        management_bind="127.0.0.1:8001",
        workbench=True,
    )
    migrate(engine_from(settings.database_url))
    return applications(production)


@pytest.fixture
def routes(both: tuple[Flask, ...]) -> list[Route]:
    return list(routes_of(both))


def routes_of(both: tuple[Flask, ...]) -> Iterator[Route]:
    for app in both:
        for rule, address in addresses(app):
            for method in methods_of(rule):
                yield Route(app, rule, address, method, ROUTES.get(rule.rule))


def is_outcome(answer: TestResponse, status: int, *, method: str) -> bool:
    assert answer.status_code == status, answer.request.path
    if method != "HEAD":
        assert outcome_faults(answer.get_json(force=True), status=status) == [], answer.request.path
    return answer.content_type == "application/json"


def test_every_route_is_in_a_list_and_at_the_address_that_the_list_says(both: tuple[Flask, ...]) -> None:
    service, management = both

    assert {ROUTES[rule.rule] for rule in service.url_map.iter_rules()} == {Access.OPEN, Access.TOKEN}
    assert {ROUTES[rule.rule] for rule in management.url_map.iter_rules()} == {Access.MANAGEMENT}


def test_in_production_a_token_opens_what_needs_one_and_nothing_else_asks_for_one(
    routes: list[Route],
) -> None:
    for route in routes:
        for sent in ({}, {"Authorization": "Bearer x.y.z"}):
            answer = route.ask(headers=sent)

            if route.access in (Access.OPEN, Access.MANAGEMENT):
                assert answer.status_code in (200, 400), route.address
            else:
                assert is_outcome(answer, 401, method=route.method)
                assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert route.ask().status_code in (200, 400), route.address


def test_a_management_address_answers_its_routes_alone_and_no_other_address_does(
    both: tuple[Flask, ...],
) -> None:
    clients = [app.test_client() for app in both]

    for asked, other in (clients, clients[::-1]):
        for rule, address in addresses(other.application):
            for method in (*methods_of(rule), "OPTIONS", "DELETE"):
                answer = asked.open(address, method=method, headers={"Accept": "application/json"})

                assert is_outcome(answer, 404, method=method), address


def test_in_production_listed_origins_alone_may_call_whatever_the_answer_is(routes: list[Route]) -> None:
    for route in routes:
        is_service = route.access is not Access.MANAGEMENT
        for more in ({}, {"method": "DELETE"}, {"method": "OPTIONS"}, {"data": b"x", "json": None}):
            for origin in (LISTED, OTHER):
                answer = route.ask(headers={"Origin": origin}, **more)

                allowed = answer.headers.get("Access-Control-Allow-Origin")
                assert allowed == (LISTED if is_service and origin == LISTED else None), route.address


def test_every_route_says_what_its_answer_is_and_names_its_request(routes: list[Route]) -> None:
    for route in routes:
        answer = route.ask()

        assert answer.mimetype in MEDIA_TYPES, route.address
        assert len(answer.headers[REQUEST_ID]) == 36
        assert {"Server", "Location", "X-Powered-By"} & set(answer.headers.keys()) == set()


def test_every_route_that_takes_a_body_takes_json_alone(routes: list[Route]) -> None:
    taking = [route for route in routes if route.method == "POST"]
    assert len(taking) >= 4
    for route in taking:
        for media_type in (None, "text/plain", "multipart/form-data", "application/x-www-form-urlencoded"):
            assert is_outcome(
                route.ask(json=None, data=b"{}", content_type=media_type), 415, method="POST"
            ), route.address
        over = b" " * (route.app.config["MAX_CONTENT_LENGTH"] + 1)
        assert is_outcome(
            route.ask(json=None, data=over, content_type="application/json"), 413, method="POST"
        ), route.address


def test_a_fault_of_every_route_is_one_bland_outcome_and_none_of_its_words_is_logged(
    routes: list[Route], caplog: pytest.LogCaptureFixture
) -> None:
    def broken(**_: object) -> str:
        try:
            raise KeyError(f"{CANARY}, born 1970-01-01")
        except KeyError as error:
            raise RuntimeError(f"{CANARY} in {error}") from error

    caplog.set_level(0)
    for route in routes:
        route.app.view_functions[route.rule.endpoint] = broken

        answer = route.ask()

        assert is_outcome(answer, 500, method=route.method)
        assert CANARY not in answer.text
    assert CANARY not in caplog.text
    assert caplog.text.count("fault RuntimeError at ") == len(routes)


def told_of(answer: TestResponse) -> str:
    return f"{answer.status} {answer.headers} {answer.get_data(as_text=True)}"


def test_no_route_repeats_what_a_header_a_query_or_a_body_says(
    routes: list[Route], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    planted = {CANARY: CANARY, "hook": CANARY, "hookInstance": CANARY, "context": {CANARY: CANARY}}
    for route in routes:
        asked: list[dict[str, object]] = [{"headers": {name: CANARY}} for name in HEADERS]
        asked += [{"query_string": {CANARY: CANARY, "at": CANARY}}]
        if route.method == "POST":
            asked += [{"json": body} for body in (planted, {"feedback": [planted]}, [CANARY], CANARY)]
            asked += [{"json": None, "data": CANARY.encode(), "content_type": "application/json"}]
        for more in asked:
            assert CANARY not in told_of(route.ask(**more)), (route.address, more)
    assert CANARY not in caplog.text


def test_no_address_is_repeated_by_the_answer_or_by_the_log(
    both: tuple[Flask, ...], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    client: FlaskClient
    for client in (app.test_client() for app in both):
        for _, address in addresses(client.application):
            for odd in (
                f"{address}/{CANARY}",
                f"/{CANARY}{address}",
                f"{address}{CANARY}",
                f"/{CANARY}/{address}",
            ):
                for method in ("GET", "POST", "DELETE", "OPTIONS", CANARY.upper()):
                    for accept in ("text/html", "application/json"):
                        answer = client.open(odd, method=method, headers={"Accept": accept}, json={})

                        assert CANARY not in told_of(answer), odd
    assert CANARY not in caplog.text
    assert CANARY.upper() not in caplog.text
    assert json.dumps(CANARY) not in caplog.text
