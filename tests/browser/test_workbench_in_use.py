"""The workbench by keyboard, in a narrow panel, and where an answer is none."""

import json
from statistics import median
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from cds_service import examples
from tests.browser.bench import Bench
from tests.browser.panel import FONT, has_font

pytestmark = pytest.mark.browser

IN_SIGHT = 420
WITH_NO_SUGGESTION = 450
"""Where the dismissal of the longest card stands that suggests nothing: an unstable patient."""
STARTS = """font => {
    document.documentElement.style.setProperty("--font", `"${font}"`);
    return [...document.querySelectorAll("#cards .card")].map(card => {
        const button = card.querySelector(".card__button") ?? card.querySelector(".card__overrides");
        const kind = card.querySelector(".card__button") ? "suggests" : "suggests nothing";
        const size = parseFloat(getComputedStyle(card.querySelector(".card__summary")).fontSize);
        const start = button.getBoundingClientRect().top - card.getBoundingClientRect().top;
        return [`${card.className.split("--")[1]} ${kind}`, start, size];
    });
}"""
CUT_OFF = """async () => {
    const module = [...document.scripts].find(script => script.src.endsWith("main.js")).src;
    const { evaluated } = await import(module.replace("main.js", "service.js"));
    const asking = new AbortController();
    window.fetch = async () => ({ ok: true, status: 200, json: async () => {
        asking.abort();
        throw new DOMException("cut off", "AbortError");
    } });
    const state = { pasted: null, changes: {}, drafts: null };
    return evaluated(state, asking.signal).then(answer => `answered ${answer}`, problem => problem.name);
}"""


# --- by keyboard ---------------------------------------------------------------------------------------


def test_the_keyboard_goes_on_where_a_suggestion_was_taken(bench: Bench) -> None:
    bench.open()
    bench.page.locator(".card__button").first.focus()
    bench.page.keyboard.press("Enter")

    expect(bench.page.locator("#announcement")).to_contain_text("Taken")
    expect(bench.page.locator("#cards-title")).to_be_focused()
    bench.page.get_by_role("button", name="Back to the first order").focus()
    bench.page.keyboard.press("Enter")
    expect(bench.page.locator("#cards-title")).to_be_focused()


def test_the_keyboard_goes_on_at_the_card_that_was_dismissed(bench: Bench) -> None:
    bench.open()
    bench.page.get_by_role("button", name="Dismiss, with a reason").focus()
    for key in ("Enter", "Space"):
        bench.page.keyboard.press(key)
    bench.page.get_by_role("button", name="Send and dismiss").press("Enter")

    again = bench.page.get_by_role("button", name="Show it again")
    expect(again).to_be_focused()
    again.press("Enter")
    expect(bench.page.get_by_role("button", name="Dismiss, with a reason")).to_be_focused()


# --- in a narrow panel ---------------------------------------------------------------------------------


def test_the_first_button_of_every_card_is_in_sight_at_300_px(bench: Bench) -> None:
    bench.open("?width=narrow")
    if not has_font(bench.page):
        pytest.skip("the font is not installed (apt-get install fonts-dejavu-extra)")
    starts: dict[tuple[str, str], float] = {}
    for name in examples.names():
        bench.open(f"?patient={name}&width=narrow")
        for kind, start, size in bench.page.evaluate(STARTS, FONT):
            starts[name, kind] = start
            assert size >= 15, name

    suggesting = {card: start for card, start in starts.items() if card[1].endswith("suggests")}
    assert {kind for _, kind in suggesting} == {
        f"{kind} suggests" for kind in ("critical", "warning", "info")
    }
    assert {card: start for card, start in suggesting.items() if start > IN_SIGHT} == {}
    assert {card: start for card, start in starts.items() if start > WITH_NO_SUGGESTION} == {}
    assert median(starts.values()) < IN_SIGHT / 2


# --- sliders -------------------------------------------------------------------------------------------


def test_without_an_amount_the_hours_cannot_be_moved_until_there_is_one(bench: Bench) -> None:
    bench.open("?patient=undetermined-embolization")

    expect(bench.page.locator("#dial-hours")).to_be_disabled()
    expect(bench.page.locator("#value-hours")).to_have_text("not charted")
    bench.move("amount", 40)
    expect(bench.page.locator("#dial-hours")).to_be_enabled()


def test_an_amount_that_is_not_exact_is_shown_as_charted(bench: Bench) -> None:
    body = json.loads(examples.text("nonmassive-embolization"))
    body["prefetch"]["bleeding"]["entry"][0]["resource"]["valueQuantity"] |= {"value": 260, "comparator": ">"}
    pasted(bench, json.dumps(body))

    expect(bench.page.locator("#value-amount")).to_have_text("over 260 mL")
    expect(bench.page.locator("#multiple")).to_contain_text("Charted as over 260 mL")
    bench.move("hours", 20)
    expect(bench.page.locator(".card--critical")).to_have_count(1)


def test_a_chart_that_was_not_read_cannot_be_changed(bench: Bench) -> None:
    body = json.loads(examples.text(examples.FIRST))
    order = body["context"]["draftOrders"]["entry"][0]["resource"]
    order["code"] = {"coding": [{"system": "http://loinc.org", "code": "58410-2"}], "text": "Blood count"}
    order["reasonCode"] = [{"text": "Anemia"}]
    pasted(bench, json.dumps(body | {"prefetch": {}}))

    expect(bench.page.locator("#cards")).to_contain_text("No card")
    assert bench.page.locator("#chart").evaluate("chart => chart.disabled")
    expect(bench.page.locator("#multiple")).to_contain_text("was not read")


def pasted(bench: Bench, text: str) -> None:
    bench.open()
    bench.page.get_by_text("Paste or drop a captured request").click()
    bench.page.fill("#paste", text)
    bench.page.get_by_role("button", name="Ask").click()
    bench.page.wait_for_url("**/?pasted=1")
    bench.answered()


# --- answers that are none -----------------------------------------------------------------------------


def test_an_answer_that_is_no_json_is_told_in_words(bench: Bench) -> None:
    bench.open()

    def no_json(route: Route) -> None:
        route.fulfill(status=200, content_type="text/html", body="<html>Sign in</html>")

    bench.page.route("**/workbench/evaluate", no_json)
    bench.page.select_option("#example", "child")
    bench.answered()

    expect(bench.page.locator("#cards .note--danger")).to_contain_text("The service did not answer")
    assert "null" not in bench.page.locator("#cards").inner_text()
    bench.page.unroute("**/workbench/evaluate")
    bench.page.select_option("#example", examples.FIRST)
    bench.answered()
    assert len(bench.summaries) == 1


def test_an_answer_that_is_cut_off_by_the_next_question_is_no_answer(bench: Bench) -> None:
    bench.open()

    said: Any = bench.page.evaluate(CUT_OFF)

    assert said == "AbortError"


def test_beside_the_curl_stands_where_its_instant_is_honored(bench: Bench) -> None:
    bench.open()
    expect(bench.page.locator("#curl-note")).to_be_hidden()
    bench.page.get_by_role("tab", name="curl").click()

    expect(bench.page.locator("#curl-note")).to_contain_text("in production")
