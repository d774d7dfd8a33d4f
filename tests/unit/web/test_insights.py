"""The report in a browser, and as a file of its own."""

import csv
import io
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cds_service.app import applications
from cds_service.knowledge.load import load_knowledge
from cds_service.records.report.asking import question_from
from cds_service.records.report.report import report_on
from cds_service.records.report.sheets import sheets
from cds_service.settings import Settings
from cds_service.web.access import ROUTES, Access
from cds_service.web.bodies import register_problems
from cds_service.web.frame import CONTENT_SECURITY_POLICY
from cds_service.web.insights import insights, report_file
from tests.unit.records.report.generator import END, fill

KNOWLEDGE = load_knowledge()
PERIODS = "since=2026-10-01&until=2026-11-30&compare-since=2026-08-10&compare-until=2026-09-30"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("insights") / "record.db"
    fill(f"sqlite:///{path}", 800).dispose()
    return f"sqlite:///{path}"


def service(url: str) -> Flask:
    """An application with this alone, as the management's address has it."""
    app = Flask("bare", static_folder=None)
    register_problems(app)
    app.register_blueprint(insights(url, KNOWLEDGE, "9.9", now=lambda: END))
    return app


@pytest.fixture(scope="module")
def browser(url: str) -> FlaskClient:
    return service(url).test_client()


def test_the_page_shows_every_figure_with_its_table(browser: FlaskClient, url: str) -> None:
    page = browser.get(f"/insights?{PERIODS}")

    question = question_from(dict(pair.split("=") for pair in PERIODS.split("&")), KNOWLEDGE, END)
    every = sheets(report_on(url, question, KNOWLEDGE), KNOWLEDGE)
    assert page.status_code == 200
    assert {"periods", "modes", "latency", "changes"} <= {sheet.id for sheet in every}
    for sheet in every:
        assert f'id="{sheet.id}"' in page.text
        assert f'href="insights/{sheet.id}.csv?' in page.text


def test_the_page_has_the_headers_of_a_page_and_no_inline_style_or_script(browser: FlaskClient) -> None:
    page = browser.get("/insights")

    assert page.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert page.headers["Cache-Control"] == "no-store"
    assert not re.search(r"<script|<style|style=|\son\w+=", page.text)
    assert re.findall(r'(?:src|href)="(?!insights|#|data:)([^"]*)"', page.text) == []


def test_its_style_comes_from_beside_it(browser: FlaskClient) -> None:
    style = browser.get("/insights/style.css")
    again = browser.get("/insights/style.css", headers={"If-None-Match": style.headers["ETag"]})

    assert "--paper" in style.text
    assert ".bars__row" in style.text
    assert again.status_code == 304


@pytest.mark.parametrize("address", ["/insights", "/insights/"])
def test_links_lead_to_it_under_any_path(browser: FlaskClient, address: str) -> None:
    page = browser.get(address).text

    upward = "../" if address.endswith("/") else ""
    assert f'href="{upward}insights/style.css"' in page
    assert f'action="{upward}insights"' in page


@pytest.mark.parametrize(
    "filters",
    [
        "client=north",
        "service=hemoptysis-imaging-order-sign",
        "procedure=radiography-chest",
        "variant=massive",
    ],
)
def test_a_filter_narrows_the_figures_and_stays_in_the_form(browser: FlaskClient, filters: str) -> None:
    def orders(query: str) -> int:
        rows = list(csv.DictReader(io.StringIO(browser.get(f"/insights/categories.csv?{query}").text)))
        return sum(int(row["Orders"]) for row in rows)

    page = browser.get(f"/insights?since=2026-08-10&{filters}").text

    assert 0 < orders(f"since=2026-08-10&{filters}") < orders("since=2026-08-10")
    value = filters.partition("=")[2]
    assert f'<option value="{value}" selected>' in page
    assert f"since=2026-08-10&amp;{filters}" in page


def test_csv_is_a_file_to_keep(browser: FlaskClient) -> None:
    answer = browser.get(f"/insights/periods.csv?{PERIODS}")

    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="periods.csv"'
    assert answer.mimetype == "text/csv"
    assert {"Earlier", "This period", "Difference", "Difference, 95 % interval low"} <= rows[0].keys()


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/insights?since=soon", 400),
        ("/insights/nothing.csv", 404),
        ("/insights/periods.csv", 404),
        ("/insights/categories.csv?by=year", 400),
    ],
)
def test_what_cannot_be_answered_says_why(browser: FlaskClient, address: str, status: int) -> None:
    answer = browser.get(address)

    assert answer.status_code == status
    assert answer.get_json(force=True)["resourceType"] == "OperationOutcome"


def test_an_empty_record_and_an_empty_time_are_said(tmp_path: Path) -> None:
    fill(f"sqlite:///{tmp_path}/record.db", 0).dispose()

    page = service(f"sqlite:///{tmp_path}/record.db").test_client().get("/insights")

    assert page.status_code == 200
    assert "Nothing was recorded in this time" in page.text


def test_no_value_of_the_address_becomes_markup(browser: FlaskClient) -> None:
    page = browser.get('/insights?client="><script>alert(1)</script>&hours=24')

    assert page.status_code == 200
    assert "<script" not in page.text


def test_the_file_needs_nothing_beside_it(url: str) -> None:
    question = question_from({}, KNOWLEDGE, END)

    page = report_file(report_on(url, question, KNOWLEDGE), KNOWLEDGE, "9.9")

    assert re.findall(r"(?:src|href|action)=\"(?!#|data:)[^\"]*\"|url\(|@import|<script|<form", page) == []
    assert "<style>" in page
    assert "cds-service 9.9" in page


def test_its_routes_are_of_the_management(settings: Settings, url: str) -> None:
    rules = [rule.rule for rule in service(url).url_map.iter_rules()]

    assert {ROUTES[rule] for rule in rules} == {Access.MANAGEMENT}
    apart = replace(settings, management_bind="127.0.0.1:8001")
    service_itself, managed = (app.test_client() for app in applications(apart))
    assert service_itself.get("/insights").status_code == 404
    assert managed.get("/insights").status_code == 200


def test_nothing_is_counted_from_what_comes_later(url: str) -> None:
    question = question_from({"until": "2027-06-01"}, KNOWLEDGE, END)

    assert isinstance(report_on(url, question, KNOWLEDGE).figures.scope.until, datetime)


@pytest.mark.parametrize("path", ["/insights", "/insights/categories.csv"])
@pytest.mark.parametrize("left", [None, b"", b"no database at all" * 100], ids=["away", "empty", "garbage"])
def test_a_record_that_is_away_or_no_record_is_no_fault_of_this_service(
    path: str, left: bytes | None, tmp_path: Path
) -> None:
    file = tmp_path / "record.db"
    browser = service(f"sqlite:///{file}").test_client()
    if left is not None:
        file.write_bytes(left)

    answer = browser.get(path)

    assert answer.status_code == 503
    issue = answer.get_json()["issue"][0]
    assert issue["code"] == "transient"
    assert "record" in issue["diagnostics"] or "CDS_DATABASE_URL" in issue["diagnostics"]
