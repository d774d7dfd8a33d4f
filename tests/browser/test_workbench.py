"""The workbench in a browser: every flow, from what is chosen to what is shown, and back."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from cds_service import examples
from tests.browser.bench import Bench
from tests.browser.test_pages import violations_on

pytestmark = pytest.mark.browser

DROP = """([name, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name, {type: "application/json"}));
    document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
}"""


# --- choosing ------------------------------------------------------------------------------------------


def test_it_opens_with_an_example_its_card_its_rating_and_why(bench: Bench) -> None:
    bench.open()

    assert len(bench.summaries) == 1
    expect(bench.page.locator(".card--warning .card__indicator")).to_contain_text("Warning")
    expect(bench.page.locator(".order .category")).to_have_text("Usually not appropriate")
    expect(bench.page.locator(".verdicts")).to_contain_text("recurrent")
    expect(bench.page.locator(".timeline__list")).to_contain_text("earlier episode")
    expect(bench.page.locator("#announcement")).to_contain_text("1 card. warning:")


def test_patient_hook_order_and_reason_are_chosen_and_the_address_tells_them(bench: Bench) -> None:
    bench.open()
    bench.page.select_option("#example", "massive-by-volume")
    bench.answered()
    bench.page.get_by_text("order-sign", exact=True).click()
    bench.page.select_option("#order", "ct-chest-without-and-with-contrast")
    bench.page.select_option("#reason", "hemoptysis")
    bench.answered()

    expect(bench.page.locator(".card--critical .card__indicator")).to_contain_text("Critical")
    assert bench.order == "CT chest without and with IV contrast"
    assert dict(part.split("=") for part in bench.page.url.partition("?")[2].split("&")) == {
        "patient": "massive-by-volume",
        "hook": "order-sign",
        "order": "ct-chest-without-and-with-contrast",
        "reason": "hemoptysis",
    }


def test_patient_view_has_no_order(bench: Bench) -> None:
    bench.open()
    bench.page.get_by_text("patient-view", exact=True).click()
    bench.answered()

    expect(bench.page.locator("#orders")).to_contain_text("nothing is ordered")
    expect(bench.page.locator("#order-choice")).to_be_hidden()


def test_an_address_restores_the_state_and_back_and_forward_walk_through_it(bench: Bench) -> None:
    bench.open("?patient=borderline-volume&vary=heart-rate&amount=20&oxygen=given&width=narrow&tab=curl")

    assert bench.page.locator("#example").input_value() == "borderline-volume"
    assert bench.page.locator("#dial-amount").input_value() == "20"
    assert bench.page.locator("#vary").input_value() == "heart-rate"
    expect(bench.page.locator('input[name="dial-oxygen"][value="given"]')).to_be_checked()
    expect(bench.page.locator("#wire-text")).to_contain_text("curl -s")

    bench.page.select_option("#example", "child")
    bench.answered()
    bench.page.go_back()
    bench.answered()
    assert bench.page.locator("#example").input_value() == "borderline-volume"
    assert bench.page.locator("#dial-amount").input_value() == "20"
    bench.page.go_forward()
    bench.answered()
    assert bench.page.locator("#example").input_value() == "child"


# --- pasting and dropping ------------------------------------------------------------------------------


def test_a_request_is_pasted_and_no_address_or_store_holds_it(bench: Bench) -> None:
    bench.open()
    bench.page.get_by_text("Paste or drop a captured request").click()
    bench.page.fill("#paste", examples.text("massive-by-rate"))
    bench.page.get_by_role("button", name="Ask").click()
    bench.answered()

    assert bench.summaries[0].startswith("Massive hemoptysis")
    expect(bench.page.locator("#pasted")).to_be_visible()
    assert bench.page.url.endswith("?pasted=1")
    assert bench.page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]

    bench.page.reload()
    expect(bench.page.locator("#cards")).to_contain_text("not kept")


def test_a_file_is_dropped(bench: Bench) -> None:
    bench.open()
    bench.page.evaluate(DROP, ["request.json", examples.text("nonmassive-embolization")])
    bench.page.wait_for_url("**/?pasted=1")
    bench.answered()

    assert bench.order == "Embolization of bronchial artery"

    bench.page.get_by_role("button", name="Back to the examples").click()
    bench.answered()
    assert bench.order == "CT chest without contrast"


def test_a_file_is_chosen(bench: Bench, tmp_path: Path) -> None:
    file = tmp_path / "request.json"
    file.write_text(examples.text("child"), encoding="utf-8")
    bench.open()
    bench.page.get_by_text("Paste or drop a captured request").click()
    bench.page.set_input_files("#file", file)
    bench.page.wait_for_url("**/?pasted=1")
    bench.answered()

    expect(bench.page.locator("#wire-text")).to_contain_text('"patientId": "child"')


def test_what_is_no_request_is_refused_in_words(bench: Bench) -> None:
    bench.open()
    bench.page.evaluate(DROP, ["request.json", '{"hook": '])
    bench.page.wait_for_url("**/?pasted=1")
    bench.answered()

    expect(bench.page.locator("#cards .note--danger")).to_contain_text("refuses this request: 400")
    expect(bench.page.locator("#wire-text")).to_contain_text("OperationOutcome")
    bench.faults[:] = [
        fault for fault in bench.faults if "400" not in fault
    ]  # the browser tells of the status


def test_text_with_markup_in_a_chart_stays_text(bench: Bench) -> None:
    body = Path("fixtures/requests/clients/text-with-markup.json").read_text(encoding="utf-8")
    bench.open()
    bench.page.evaluate(DROP, ["request.json", body])
    bench.page.wait_for_url("**/?pasted=1")
    bench.answered()

    assert bench.page.locator("#bench").locator("script, img, iframe").count() == 0


@pytest.mark.parametrize("width", [360, 1440])
def test_a_name_without_end_stays_in_its_place(bench: Bench, width: int) -> None:
    body = json.loads(examples.text(examples.FIRST))
    order = body["context"]["draftOrders"]["entry"][0]["resource"]
    order["code"]["text"] = f"CT chest without contrast {'x' * 120}"
    order["reasonCode"] = [{"text": f"hemoptysis {'y' * 120}"}]
    bench.page.set_viewport_size({"width": width, "height": 900})
    bench.open()
    bench.page.evaluate(DROP, ["request.json", json.dumps(body)])
    bench.page.wait_for_url("**/?pasted=1")
    bench.answered()

    assert "xxxxxxxx" in bench.page.locator(".order__name").inner_text()
    assert bench.page.evaluate("document.documentElement.scrollWidth") <= width


# --- cards ---------------------------------------------------------------------------------------------


def test_taking_a_suggestion_changes_the_order_asks_again_and_sends_feedback(bench: Bench) -> None:
    bench.open()
    bench.page.get_by_role("button", name="Replace with CTA chest with IV contrast").click()
    bench.answered()

    assert bench.order.startswith("CTA chest")
    expect(bench.page.locator(".order .category")).to_have_text("Usually appropriate")
    (item,) = bench.sent
    assert (item["outcome"], len(item["acceptedSuggestions"])) == ("accepted", 1)
    bench.page.get_by_role("tab", name="Feedback").click()
    expect(bench.page.locator("#wire-text")).to_contain_text('"accepted"')

    bench.page.reload()
    bench.answered()
    assert bench.order.startswith("CTA chest"), "the address holds the draft orders"
    bench.page.get_by_role("button", name="Back to the first order").click()
    bench.answered()
    assert bench.order == "CT chest without contrast"


def test_a_complement_is_added_beside_the_order(bench: Bench) -> None:
    bench.open("?patient=appropriate-with-complement")
    bench.page.locator(".card__button").first.click()
    bench.answered()

    assert bench.page.locator(".order").count() == 2


def test_dismissing_asks_for_the_reason_and_sends_it(bench: Bench) -> None:
    bench.open()
    bench.page.get_by_role("button", name="Dismiss, with a reason").click()
    form = bench.page.locator(".dismissal")
    reason = form.locator("label", has=bench.page.locator("input[type=radio]")).first
    words = reason.inner_text()
    reason.click()
    form.get_by_label("Comment").fill("seen at the bedside")
    form.get_by_role("button", name="Send and dismiss").click()
    bench.answered()

    expect(bench.page.locator(".card--dismissed")).to_contain_text(words)
    (item,) = bench.sent
    assert item["outcome"] == "overridden"
    assert item["overrideReason"]["userComment"] == "seen at the bedside"
    assert item["overrideReason"]["reason"]["code"] in bench.page.url

    bench.page.reload()
    bench.answered()
    expect(bench.page.locator(".card--dismissed")).to_contain_text(words)
    assert len(bench.sent) == 1, "what was sent is not sent again"


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_cards_are_shown_at_300_px_and_full_width(bench: Bench, width: int) -> None:
    bench.page.set_viewport_size({"width": width, "height": 900})
    bench.open("?patient=massive-by-volume")
    full = bench.page.locator(".card").first.bounding_box()
    bench.page.get_by_text("300 px", exact=True).click()
    narrow = bench.page.locator(".card").first.bounding_box()

    assert full
    assert narrow
    assert narrow["width"] == pytest.approx(min(300, full["width"]), abs=1)
    assert bench.page.evaluate("document.documentElement.scrollWidth") <= width


# --- sliders -------------------------------------------------------------------------------------------


def test_a_slider_changes_the_chart_the_answer_and_the_multiple(bench: Bench) -> None:
    bench.open("?patient=nonmassive-embolization")
    bench.move("amount", 250)

    assert bench.summaries[0].startswith("Massive hemoptysis")
    expect(bench.page.locator("#multiple")).to_contain_text("Now at 250 mL")
    expect(bench.page.locator("#multiple .multiple__row")).to_have_count(9)
    expect(bench.page.locator("#wire-text")).to_contain_text("workbench-amount")
    assert "amount=250" in bench.page.url

    bench.move("oxygen-saturation", 85)
    expect(bench.page.locator("#multiple")).to_contain_text("Now at 85 %")
    assert bench.page.locator("#vary").input_value() == "oxygen-saturation"

    bench.page.get_by_role("button", name="Put the chart back").click()
    bench.answered()
    expect(bench.page.locator("#value-amount")).to_have_text("45 mL")


def test_a_switch_changes_the_chart_and_the_answer(bench: Bench) -> None:
    bench.open("?patient=nonmassive-embolization")
    bench.page.get_by_text("18 months ago", exact=True).click()
    bench.answered()

    expect(bench.page.locator(".verdict--proven")).to_contain_text("Recurrence")
    expect(bench.page.locator("#multiple")).to_contain_text("18 months ago")


def test_a_slider_is_moved_by_keys_and_each_move_is_heard(bench: Bench) -> None:
    bench.open("?patient=borderline-volume")
    bench.page.locator("#dial-amount").focus()
    bench.page.keyboard.press("End")
    bench.page.wait_for_timeout(300)
    bench.answered()

    assert bench.page.locator("#dial-amount").get_attribute("aria-valuetext") == "300 mL"
    expect(bench.page.locator("#announcement")).to_contain_text("critical: Massive hemoptysis")


def test_rules_are_linked(bench: Bench) -> None:
    bench.open()
    link = bench.page.locator(".timeline__rule").first
    id = link.inner_text()
    link.click()
    bench.page.wait_for_load_state()

    assert bench.page.url == f"{bench.address}/rules#{id}"
    expect(bench.page.locator(f"[id='{id}']")).to_be_visible()


# --- on the wire ---------------------------------------------------------------------------------------


def test_request_answer_explanation_and_curl_are_shown_and_copied(bench: Bench) -> None:
    bench.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=bench.address)
    bench.open()
    for tab, says in (
        ("Answer", '"cards"'),
        ("Explain", '"evidence"'),
        ("curl", "--data-binary @- <<'JSON'"),
    ):
        bench.page.get_by_role("tab", name=tab).click()

        expect(bench.page.locator("#wire-text")).to_contain_text(says)
    bench.page.get_by_role("button", name="Copy").click()
    expect(bench.page.get_by_role("button", name="Copied")).to_be_visible()
    copied = bench.page.evaluate("navigator.clipboard.readText()")
    assert re.match(rf"curl -s '{bench.address}/cds-services/hemoptysis-imaging-order-select'", copied)


def test_tabs_are_walked_by_arrow_keys(bench: Bench) -> None:
    bench.open()
    bench.page.get_by_role("tab", name="Request").focus()
    bench.page.keyboard.press("ArrowRight")

    expect(bench.page.get_by_role("tab", name="Answer")).to_be_focused()
    expect(bench.page.get_by_role("tab", name="Answer")).to_have_attribute("aria-selected", "true")


# --- for everyone --------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("query", ["", "?patient=massive-by-instability&vary=recurrence&amount=40"])
def test_it_fits_the_screen_and_every_reader(
    browser: Browser, service_url: str, scheme: Any, width: int, query: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    opened = Bench(context.new_page(), service_url).open(query)
    for summary in opened.page.locator("summary").all():
        summary.click()
    opened.page.locator(".card__dismiss").first.click()

    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations_on(opened.page) == []
    assert opened.faults == []
    context.close()


def test_without_scripts_it_says_what_is_needed(browser: Browser, service_url: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(service_url)

    expect(page.get_by_text("The workbench needs JavaScript")).to_be_visible()
    expect(page.locator("#bench")).to_be_hidden()
    context.close()
