"""What all pages share: headers, links under any path, static files, and what a browser gets for no page."""

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.settings import Settings
from cds_service.web.frame import CONTENT_SECURITY_POLICY, STATIC, digest_of, files_in
from tests.contract.validator import outcome_faults

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
STYLESHEET = f"/static/{digest_of(files_in(STATIC))}/site.css"


def test_a_page_has_the_headers_that_keep_it_to_itself(client: FlaskClient) -> None:
    headers = client.get("/").headers

    assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "address", ["/", "/criteria", "/criteria/massive", "/rules", "/patient", "/patient/fr"]
)
def test_a_page_that_the_browser_has_is_not_sent_again(client: FlaskClient, address: str) -> None:
    first = client.get(address)

    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY


def test_an_answer_to_a_program_goes_as_it_is(client: FlaskClient) -> None:
    assert "Content-Security-Policy" not in client.get("/cds-services").headers


def test_a_static_file_is_kept_for_ever_and_one_of_another_version_is_not(client: FlaskClient) -> None:
    now, other = client.get(STYLESHEET), client.get("/static/0123456789ab/site.css")

    assert "immutable" in now.headers["Cache-Control"]
    assert other.headers["Cache-Control"] == "no-cache"
    assert now.data == other.data == (STATIC / "site.css").read_bytes()


@pytest.mark.parametrize("name", ["nothing.css", "../frame.py", "%2e%2e/frame.py", "..%2fframe.py"])
def test_nothing_else_is_served_as_a_static_file(client: FlaskClient, name: str) -> None:
    assert client.get(f"/static/0/{name}").status_code == 404


def test_the_digest_is_another_one_when_a_file_changes(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a")
    before = digest_of(files_in(tmp_path))

    (tmp_path / "a.css").write_text("b")

    assert digest_of(files_in(tmp_path)) != before


@pytest.mark.parametrize(
    "path", ["/", "/nowhere", "/a/b/c", "/criteria/massive", "/criteria/massive/", "/rules"]
)
@pytest.mark.parametrize("script_name", ["", "/imaging"])
def test_links_hold_under_any_path_that_a_proxy_may_give(app: Flask, path: str, script_name: str) -> None:
    environ = {"SCRIPT_NAME": script_name}

    page = app.test_client().get(path, headers=BROWSER, environ_overrides=environ).text

    upward = "../" * (path.count("/") - 1) or "./"
    assert f'href="{upward}{STYLESHEET[1:]}"' in page
    assert 'href="/' not in page


def test_a_browser_gets_a_page_where_there_is_none_and_a_program_an_outcome(client: FlaskClient) -> None:
    page, outcome = client.get("/nowhere", headers=BROWSER), client.get("/nowhere")

    assert page.status_code == outcome.status_code == 404
    assert page.mimetype == "text/html"
    assert "Content-Security-Policy" in page.headers
    assert outcome_faults(outcome.get_json(force=True), status=404) == []


@pytest.mark.parametrize(("is_on", "home"), [(True, "Workbench"), (False, "Home")])
@pytest.mark.parametrize("address", ["/criteria", "/nowhere"])
def test_the_first_page_is_called_the_workbench_only_where_it_is_one(
    settings: Settings, address: str, home: str, *, is_on: bool
) -> None:
    client = create_app(replace(settings, workbench=is_on)).test_client()

    page = client.get(address, headers=BROWSER).text

    assert f">{home}</a>" in page
    assert (">Workbench</a>" in page) == is_on


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/plain, */*", ""])
def test_whoever_does_not_name_html_first_gets_an_outcome(client: FlaskClient, accept: str) -> None:
    assert client.get("/nowhere", headers={"Accept": accept}).mimetype == "application/json"


def test_a_call_of_an_unknown_service_is_never_answered_with_a_page(client: FlaskClient) -> None:
    assert client.post("/cds-services/nowhere", json={}, headers=BROWSER).mimetype == "application/json"
