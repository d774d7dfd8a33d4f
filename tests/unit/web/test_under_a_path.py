"""Under a path of a host, whoever takes it off: pages, files, the workbench, discovery, cards."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from cds_service.app import create_app
from cds_service.settings import Settings
from tests.unit.web.walked import IDS
from tests.unit.web.walking import POSTED, Ask, Page, is_ours, urls_in, walked

HOST = "https://cds.hospital.example"
BASE = f"{HOST}/cds"
GOLDEN = Path("fixtures/requests/order-select/recurrent-ct-without-contrast.json")
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


def nothing(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("418 Nothing here", [])
    return []


def taken_off(app: Flask) -> Wsgi:
    """A gateway that takes the path off and tells nobody."""

    def gateway(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if not path.startswith("/cds/"):
            return nothing(environ, start_response)
        return app.wsgi_app({**environ, "PATH_INFO": path.removeprefix("/cds")}, start_response)

    return gateway


def left_on(app: Flask) -> Wsgi:
    """A gateway that leaves it on."""

    def gateway(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        is_ours = environ["PATH_INFO"].startswith("/cds/")
        return (app.wsgi_app if is_ours else nothing)(environ, start_response)

    return gateway


def mounted(app: Flask) -> Wsgi:
    """A WSGI server that has the application under a path."""
    return DispatcherMiddleware(nothing, {"/cds": app.wsgi_app})


GATEWAYS = {"taken off": taken_off, "left on": left_on, "mounted": mounted}


@pytest.fixture(params=GATEWAYS)
def ask(settings: Settings, request: pytest.FixtureRequest) -> Ask:
    at_path = replace(settings, public_url=BASE, canonical_url=BASE)
    client = Client(GATEWAYS[request.param](create_app(at_path)))

    def asked(method: str, address: str, body: Any) -> Page:
        path = address.removeprefix(HOST)
        answer = client.open(path, method=method, base_url=HOST, json=body)
        return Page(answer.status_code, answer.mimetype or "", answer.get_data(as_text=True))

    return asked


def test_every_page_and_file_that_is_linked_is_there_under_the_path(ask: Ask) -> None:
    found = walked(ask, BASE)

    lost = {address: page.status for address, page in found.items() if page.status != 200}
    assert lost == {}
    assert all(address.startswith(f"{BASE}/") for address in found)
    assert {page.media_type for page in found.values()} >= {"text/html", "text/css", "text/javascript"}
    for part in ("/criteria/massive", "/rules", "/patient/fr", "/workbench/main.js", "/site.css"):
        assert any(part in address for address in found), part


def test_the_workbench_posts_under_the_path(ask: Ask) -> None:
    found = walked(ask, BASE)
    scripts = [page.text for page in found.values() if page.media_type == "text/javascript"]
    posted = {name for text in scripts for name in POSTED.findall(text)}

    assert posted == {"workbench/evaluate", "workbench/feedback"}
    assert ask("POST", f"{BASE}/workbench/evaluate", {}).status == 200


def test_every_url_of_a_card_and_of_its_actions_that_is_ours_is_answered(ask: Ask) -> None:
    answer = ask("POST", f"{BASE}/cds-services/{IDS['service_id']}", json.loads(GOLDEN.read_bytes()))
    ours = {url for url in urls_in(json.loads(answer.text)) if is_ours(url, BASE)}

    assert {url.removeprefix(BASE) for url in ours} >= {
        "/criteria/recurrent",
        "/patient",
        "/CodeSystem/override-reason",
        "/CodeSystem/hemoptysis-variant",
        "/CodeSystem/acr-appropriateness-category",
    }
    for url in ours:
        page = ask("GET", url, None)
        assert page.status == 200, url
        if "/CodeSystem/" in url:
            assert json.loads(page.text)["url"] == url


def test_the_document_of_the_routes_names_the_path(ask: Ask) -> None:
    document = json.loads(ask("GET", f"{BASE}/openapi.json", None).text)
    (server,) = document["servers"]

    for path, operations in document["paths"].items():
        if "get" in operations:
            address = server["url"] + re.sub(r"\{(\w+)\}", lambda found: IDS[found[1]], path)
            assert ask("GET", address, None).status == 200, address


def test_where_it_is_not_there_it_says_so_within_the_path(ask: Ask) -> None:
    assert ask("GET", f"{BASE}/nowhere", None).status == 404
    assert ask("GET", f"{BASE}x/criteria", None).status == 418


def test_probes_and_the_path_itself_are_answered_beside_each_other(settings: Settings) -> None:
    client = create_app(replace(settings, public_url=BASE)).test_client()

    assert client.get("/health/live").status_code == 200
    assert client.get("/cds/health/live").status_code == 200
    assert client.get("/cdsx/health/live").status_code == 404
    assert client.get("/cds/cds/health/live").status_code == 404


@pytest.mark.parametrize("path", ["/patient", "/cds-services", "/criteria/x"])
def test_a_path_that_begins_as_a_route_does_stays_the_routes(settings: Settings, path: str) -> None:
    client = create_app(replace(settings, public_url=f"{HOST}{path}")).test_client()

    for route in ("/patient/fr", "/cds-services", "/criteria/massive"):
        assert client.get(route).status_code == 200, route


def test_a_path_in_letters_beyond_ascii_is_known_again(settings: Settings) -> None:
    client = create_app(replace(settings, public_url=f"{HOST}/h%C3%B4pital")).test_client()

    page = client.get("/hôpital/criteria/massive")

    assert page.status_code == 200
    assert 'href="../criteria"' in page.text
    assert "pital" not in page.text.partition("<main")[0]
