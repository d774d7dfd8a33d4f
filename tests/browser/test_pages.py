"""The pages in a browser: nothing from elsewhere, no fault, fit for every reader, screen and printer."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

NOWHERE = "/criteria/nowhere"
"""The one address that is not there, which a browser tells on its console."""

PAGES = (
    *("/criteria", "/criteria/massive", "/criteria/nonmassive", "/criteria/recurrent", "/rules"),
    *("/patient/en", "/patient/fr", NOWHERE),
)
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
SERIOUS = ("serious", "critical")


@contextmanager
def opened(browser: Browser, url: str, **context: Any) -> Iterator[tuple[Page, list[str]]]:
    """A page, and what went wrong on it: errors of the console, requests to another host."""
    faults: list[str] = []
    own = browser.new_context(**context)
    page = own.new_page()
    page.on("console", lambda m: faults.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    host = url.split("/")[2]
    page.on("request", lambda r: faults.append(r.url) if f"//{host}/" not in r.url else None)
    page.goto(url)
    if url.endswith(NOWHERE):
        faults[:] = [fault for fault in faults if "404" not in fault]
    yield page, faults
    own.close()


def violations_on(page: Page) -> list[str]:
    """What axe-core finds that is serious or worse, by rule and place."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"{rule['id']}: {json.dumps(node['target'])}"
        for rule in found
        if rule["impact"] in SERIOUS
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_a_page_fits_the_screen_and_every_reader(
    browser: Browser, service_url: str, address: str, scheme: Any, width: int
) -> None:
    size = {"width": width, "height": 900}

    with opened(browser, service_url + address, viewport=size, color_scheme=scheme) as (page, faults):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert violations_on(page) == []
        assert faults == []


@pytest.mark.parametrize("address", PAGES[:-1])
def test_a_page_prints_black_on_white_without_its_navigation(
    browser: Browser, service_url: str, address: str, tmp_path: Path
) -> None:
    with opened(browser, service_url + address, color_scheme="dark") as (page, _):
        page.emulate_media(media="print", color_scheme="dark")

        colors = page.evaluate("(s => [s.backgroundColor, s.color])(getComputedStyle(document.body))")
        assert colors == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
        assert not page.locator(".site-header").is_visible()
        assert page.locator("h1").is_visible()
        assert page.pdf(path=tmp_path / "page.pdf").startswith(b"%PDF")


@pytest.mark.parametrize("address", ["/patient/en", "/patient/fr"])
def test_the_page_for_patients_is_two_sheets_of_paper_at_most(
    browser: Browser, service_url: str, address: str
) -> None:
    with opened(browser, service_url + address) as (page, _):
        sheets = page.pdf(format="A4").count(b"/Type /Page\n")

        assert 1 <= sheets <= 2


def test_the_keyboard_reaches_the_content_first_and_the_variants_by_name(
    browser: Browser, service_url: str
) -> None:
    with opened(browser, service_url + "/criteria") as (page, faults):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip-link"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"

        page.get_by_label("Variants").get_by_role("link", name="Recurrent").click()

        assert page.get_by_role("heading", level=1).inner_text() == "Recurrent hemoptysis"
        assert faults == []


def test_a_rule_that_a_limit_names_is_one_click_away(browser: Browser, service_url: str) -> None:
    with opened(browser, service_url + "/criteria/massive") as (page, _):
        page.get_by_role("link", name="volume-24h-massive", exact=True).click()

        assert page.url.endswith("/rules#volume-24h-massive")
        assert page.locator("[id='volume-24h-massive']").is_visible()


def test_the_page_for_patients_speaks_the_language_of_the_browser_and_changes_it_on_request(
    browser: Browser, service_url: str
) -> None:
    with opened(browser, service_url + "/patient", locale="fr-FR") as (page, faults):
        assert page.get_by_role("heading", level=1).inner_text() == "Cracher du sang en toussant"

        page.get_by_role("link", name="English").click()

        assert page.url.endswith("/patient/en")
        assert page.get_by_role("heading", level=1).inner_text() == "Coughing up blood"
        assert faults == []


def test_no_script_runs_on_a_page_but_the_services_own(browser: Browser, service_url: str) -> None:
    with opened(browser, service_url + "/patient/en") as (page, _):
        page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p onclick=\"window.ran = 1\">x</p>')")
        page.evaluate("document.body.lastElementChild.click()")

        assert page.evaluate("window.ran") is None
