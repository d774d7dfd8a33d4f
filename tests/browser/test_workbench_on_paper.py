"""The workbench on paper, and signs of a chart that turn the direction of writing."""

import json
from typing import Any

import pytest
from playwright.sync_api import expect

from cds_service import examples
from tests.browser.bench import Bench
from tests.browser.test_workbench_in_use import pasted

pytestmark = pytest.mark.browser

OVERRIDE = "\u202e"
"""A sign after which everything is written from right to left, up to the end of its paragraph."""

IS_TURNED = """element => {
    const range = document.createRange();
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const left = (node, at) => {
        range.setStart(node, at);
        range.setEnd(node, at + 1);
        return range.getBoundingClientRect();
    };
    const turned = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        for (let at = 0; at + 1 < node.length; at += 1) {
            if (!/[a-z]/i.test(node.data[at]) || !/[a-z]/i.test(node.data[at + 1])) continue;
            const [one, next] = [left(node, at), left(node, at + 1)];
            if (one.top === next.top && one.width && next.width && next.left < one.left) {
                turned.push(node.data);
                break;
            }
        }
    }
    return turned;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_paper_are_the_order_its_rating_the_cards_and_why_alone(bench: Bench, scheme: Any) -> None:
    bench.open("?patient=massive-by-instability&amount=40")
    bench.page.emulate_media(media="print", color_scheme=scheme)

    for shown in (
        "h1",
        "#about",
        ".order__name",
        ".order__rating",
        ".card__detail",
        "#why .verdicts",
        ".timeline__list",
    ):
        expect(bench.page.locator(shown).first).to_be_visible()
    for hidden in (
        "#wire",
        "#wire-text",
        "#multiple",
        "#chart",
        "#example",
        "#hook",
        "#paste-box",
        "#copy",
        ".site-header",
    ):
        for one in bench.page.locator(hidden).all():
            expect(one).to_be_hidden()
    for control in bench.page.locator("#bench :is(select, input, textarea)").all():
        expect(control).to_be_hidden()


def test_a_long_request_does_not_come_on_paper_too(bench: Bench) -> None:
    bench.open("?patient=massive-by-volume")

    assert bench.page.pdf(format="A4").count(b"/Type /Page\n") <= 3


def test_a_sign_that_turns_the_writing_turns_nothing_beside_what_it_stands_in(bench: Bench) -> None:
    body = json.loads(examples.text(examples.FIRST))
    order = body["context"]["draftOrders"]["entry"][0]["resource"]
    order["code"]["text"] = f"CT chest without {OVERRIDE} contrast"
    order["reasonCode"][0]["text"] = f"hemoptysis {OVERRIDE} and more"
    for entry in body["prefetch"]["conditions"]["entry"]:
        entry["resource"]["code"]["text"] = f"Hemoptysis {OVERRIDE} of the chart"
        entry["resource"].setdefault("id", "one")
    twice = body["prefetch"]["conditions"]["entry"][0]
    strange = {"resource": {"resourceType": "Account", "id": f"a{OVERRIDE}b", "status": "active"}}
    body["prefetch"]["conditions"]["entry"] += [twice, strange]
    pasted(bench, json.dumps(body))
    bench.page.locator("summary", has_text="What was ignored").click()

    expect(bench.page.locator(".ignored")).to_contain_text("was sent more than once: it counts once")
    expect(bench.page.locator("#wire-text")).to_contain_text("\\u202e")
    assert OVERRIDE not in bench.page.locator("#wire-text").inner_text()
    own = bench.page.locator(".order__name, .order__code, .ignored code").all_inner_texts()
    assert sum(OVERRIDE in text for text in own) >= 2
    turned = bench.page.locator("#bench").evaluate(IS_TURNED)
    assert [text for text in turned if OVERRIDE not in text] == []
