"""What a person and a browser client meet: the home page, and calls from a page of another origin."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

GOLDEN = Path("fixtures/requests/order-select/recurrent-ct-without-contrast.json")
CALL = """async ([url, body]) => {
    const answer = await fetch(url, {
        method: "POST",
        headers: {"Content-Type": "application/json", "Authorization": "Bearer none"},
        body,
    });
    return {status: answer.status, body: await answer.json()};
}"""


def called_from_another_origin(page: Page, url: str, body: str) -> dict[str, Any]:
    """The answer that a script gets on a page of `localhost`, another origin than `127.0.0.1`.

    That page is discovery: the service's own pages allow no call to another origin.
    """
    base, _, _ = url.replace("127.0.0.1", "localhost").partition("/cds-services")
    page.goto(f"{base}/cds-services")
    answer: dict[str, Any] = page.evaluate(CALL, [url, body])
    return answer


def test_the_home_page_says_what_this_is_and_fits_a_narrow_screen(page: Page, service_url: str) -> None:
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.set_viewport_size({"width": 320, "height": 800})

    page.goto(service_url)

    assert page.get_by_role("heading", level=1).inner_text().startswith("Is this chest imaging order")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert faults == []


def test_the_discovery_link_of_the_home_page_leads_to_discovery(page: Page, service_url: str) -> None:
    page.goto(service_url)

    page.locator("a[href$='/cds-services']").click()

    assert "hemoptysis-imaging-order-select" in page.content()


def test_a_page_of_another_origin_gets_the_cards(page: Page, service_url: str) -> None:
    url = f"{service_url}/cds-services/hemoptysis-imaging-order-select"

    answer = called_from_another_origin(page, url, GOLDEN.read_text())

    assert answer["status"] == 200
    assert answer["body"]["cards"][0]["indicator"] == "warning"


def test_a_page_of_another_origin_can_read_an_error(page: Page, service_url: str) -> None:
    url = f"{service_url}/cds-services/hemoptysis-imaging-order-select/feedback"

    answer = called_from_another_origin(page, url, json.dumps({"feedback": "no"}))

    assert answer["status"] == 400
    assert answer["body"]["resourceType"] == "OperationOutcome"
