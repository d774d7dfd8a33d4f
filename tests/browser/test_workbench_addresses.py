"""The addresses of the workbench: what each step adds to the history, and what a wrong one is told."""

import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, Request, expect

from cds_service import examples
from tests.browser.bench import Bench

pytestmark = pytest.mark.browser

MANY_MOVEMENTS = """values => {
    const slider = document.getElementById("dial-amount");
    for (const value of values) {
        slider.value = value;
        slider.dispatchEvent(new Event("input", {bubbles: true}));
    }
}"""


def steps(page: Page) -> int:
    """How many entries the history has."""
    return int(page.evaluate("history.length"))


def query_of(page: Page) -> dict[str, list[str]]:
    return parse_qs(page.url.partition("?")[2])


def asked_by(page: Page) -> list[Any]:
    """What the page asks of the service from now on."""
    asked: list[Any] = []

    def watch(request: Request) -> None:
        if request.url.endswith("/workbench/evaluate"):
            asked.append(json.loads(request.post_data or ""))

    page.on("request", watch)
    return asked


# --- the history ---------------------------------------------------------------------------------------


def test_a_slider_moved_by_many_keys_is_one_step_and_back_undoes_it(bench: Bench) -> None:
    bench.open("?patient=borderline-volume")
    charted = bench.page.locator("#value-amount").inner_text()
    before = steps(bench.page)
    bench.page.locator("#dial-amount").focus()
    for key in (*["ArrowRight"] * 6, "PageUp", "Home"):
        bench.page.keyboard.press(key)
    bench.page.wait_for_url("**amount=0")
    bench.answered()

    assert steps(bench.page) == before + 1
    bench.page.go_back()
    bench.answered()
    expect(bench.page.locator("#value-amount")).to_have_text(charted)
    assert "amount" not in query_of(bench.page)


def test_another_slider_or_the_same_one_held_anew_is_another_step(bench: Bench) -> None:
    bench.open("?patient=borderline-volume")
    before = steps(bench.page)
    for control in ("amount", "heart-rate", "amount"):
        bench.page.locator(f"#dial-{control}").focus()
        for _ in range(3):
            bench.page.keyboard.press("ArrowRight")
        bench.page.wait_for_function(
            "id => location.search.includes(`vary=${id}`) || id === 'amount'", arg=control
        )
        bench.answered()

    assert steps(bench.page) == before + 3


def test_after_back_a_slider_begins_a_step_of_its_own(bench: Bench) -> None:
    bench.open("?patient=borderline-volume")
    before = steps(bench.page)
    bench.page.locator("#dial-amount").focus()
    bench.page.keyboard.press("End")
    bench.page.wait_for_url("**amount=300")
    bench.page.go_back()
    bench.answered()
    bench.page.keyboard.press("Home")
    bench.page.wait_for_url("**amount=0")
    bench.page.go_back()
    bench.answered()

    assert steps(bench.page) == before + 1
    assert "amount" not in query_of(bench.page)


def test_many_movements_at_once_are_one_question_about_the_last(bench: Bench) -> None:
    bench.open("?patient=borderline-volume")
    asked = asked_by(bench.page)

    bench.page.evaluate(MANY_MOVEMENTS, [*range(5, 255, 5)])
    bench.page.wait_for_url("**amount=250")
    bench.answered()

    assert [one["changes"] for one in asked] == [{"amount": 250}]
    expect(bench.page.locator("#multiple")).to_contain_text("Now at 250 mL")


# --- what was taken ------------------------------------------------------------------------------------


def test_a_taken_order_is_kept_when_the_hook_changes_and_the_address_holds_both(bench: Bench) -> None:
    bench.open()
    first = bench.order
    bench.page.get_by_role("button", name="Replace with CTA chest with IV contrast").click()
    bench.answered()
    taken = bench.order
    bench.page.get_by_text("order-sign", exact=True).click()
    expect(bench.page.locator('input[name="hook"][value="order-sign"]')).to_be_checked()
    bench.answered()

    assert taken != first
    assert bench.order == taken
    expect(bench.page.locator("#order option:checked")).to_have_text("As taken from the card")
    expect(bench.page.locator("#wire-text")).to_contain_text('"hook": "order-sign"')
    assert query_of(bench.page)["hook"] == ["order-sign"]

    bench.page.reload()
    bench.answered()
    assert bench.order == taken
    expect(bench.page.locator('input[name="hook"][value="order-sign"]')).to_be_checked()
    bench.page.get_by_text("patient-view", exact=True).click()
    bench.answered()
    expect(bench.page.locator("#orders")).to_contain_text("nothing is ordered")
    bench.page.get_by_text("order-select", exact=True).click()
    bench.answered()
    assert bench.order == taken


def test_the_chosen_hook_stays_chosen_while_the_answer_is_awaited(bench: Bench) -> None:
    bench.open()
    held: list[Any] = []
    bench.page.route("**/workbench/evaluate", lambda route: held.append(route))
    bench.page.get_by_text("order-sign", exact=True).click()
    bench.page.wait_for_url("**hook=order-sign")

    expect(bench.page.locator('input[name="hook"][value="order-sign"]')).to_be_checked()
    held[0].continue_()
    bench.page.unroute("**/workbench/evaluate")
    bench.answered()
    expect(bench.page.locator('input[name="hook"][value="order-sign"]')).to_be_checked()


def test_a_taken_order_gets_another_reason_and_stays_the_taken_one(bench: Bench) -> None:
    bench.open("?reason=cough")
    bench.page.locator(".card__button").first.click()
    bench.answered()
    taken = bench.order
    bench.page.select_option("#reason", "hemoptysis")
    bench.answered()

    assert bench.order == taken
    expect(bench.page.locator(".order__code").first).to_contain_text("emoptysis")
    bench.page.reload()
    bench.answered()
    expect(bench.page.locator("#reason option:checked")).to_have_text("Hemoptysis")
    bench.page.get_by_role("button", name="Back to the first order").click()
    bench.answered()
    expect(bench.page.locator("#reason option:checked")).to_have_text("Cough")


def test_what_is_taken_while_the_chart_is_opened_is_an_order_that_is_selected(bench: Bench) -> None:
    bench.open("?hook=patient-view&patient=recurrent-by-earlier-episode")
    bench.page.locator(".card__button").first.click()
    bench.answered()

    expect(bench.page.locator('input[name="hook"][value="order-select"]')).to_be_checked()
    assert bench.page.locator(".order").count() == 1


# --- wrong addresses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "wrong", "instead"),
    [
        (
            "hook=bogus",
            "hook=bogus is not one of order-select, order-sign, patient-view",
            "the hook of the example",
        ),
        ("amount=abc", "amount=abc is not a number from 0 to 300", "what is charted"),
        ("amount=301", "amount=301 is not a number from 0 to 300", "what is charted"),
        ("amount=-1e999", "amount=-1e999 is not a number", "what is charted"),
        ("recurrence=often", "recurrence=often is not one of first, ", "what is charted"),
        ("patient=nobody", "patient=nobody is not one of its list", "the first patient"),
        ("order=mri-of-the-knee", "order=mri-of-the-knee is not", "the order of the example"),
        ("reason=fever", "reason=fever is not", "the reason of the example"),
        ("vary=age", "vary=age is not", "the blood coughed up"),
        ("width=12", "width=12 is not one of full, narrow", "the full width"),
        ("tab=x", "tab=x is not", "the request"),
        ("drafts=WzFd", "drafts=WzFd is not draft orders", "the order as it is chosen"),
        ("drafts=eJw", "drafts=eJw is not draft orders", "the order as it is chosen"),
        ("dismissed=all", "dismissed=all is not cards by their number", "every card"),
    ],
)
def test_a_wrong_address_is_told_what_is_wrong_and_what_was_used_instead(
    bench: Bench, query: str, wrong: str, instead: str
) -> None:
    bench.open(f"?{query}&patient=child" if "patient" not in query else f"?{query}")

    note = bench.page.get_by_role("alert")
    expect(note).to_contain_text(wrong)
    expect(note).to_contain_text(f"Used instead: {instead}")
    assert bench.page.locator(".note--danger").count() == 0
    assert bench.page.locator(".order").count() == 1


def test_what_is_right_in_a_wrong_address_is_used_and_the_next_step_mends_it(bench: Bench) -> None:
    bench.open("?patient=borderline-volume&hook=bogus&amount=20")

    assert bench.page.locator("#example").input_value() == "borderline-volume"
    expect(bench.page.locator("#value-amount")).to_have_text("20 mL")
    expect(bench.page.get_by_role("alert").locator("li")).to_have_count(1)
    bench.page.get_by_text("order-sign", exact=True).click()
    bench.answered()
    expect(bench.page.get_by_role("alert")).to_be_empty()
    assert query_of(bench.page) == {
        "patient": ["borderline-volume"],
        "hook": ["order-sign"],
        "amount": ["20"],
    }


def test_every_example_opens_by_its_address_without_a_word(bench: Bench) -> None:
    for name in examples.names():
        bench.open(f"?patient={name}")
        expect(bench.page.get_by_role("alert")).to_be_empty()
