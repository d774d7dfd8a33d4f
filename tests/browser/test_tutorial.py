"""The tutorial on the workbench, followed step by step in a browser."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from cds_service import examples
from tests.browser.bench import Bench

pytestmark = pytest.mark.browser

PAGE: Final = Path("docs/tutorial/workbench.md")
STEP: Final = re.compile(r"<!-- ([a-z]+)(?:: (.*?))? -->")


def choose(bench: Bench, what: str) -> None:
    id, value = what.split(" ")
    bench.page.select_option(f"#{id}", value)


def move(bench: Bench, what: str) -> None:
    control, value = what.split(" ")
    bench.move(control, int(value))


def paste(bench: Bench, example: str) -> None:
    bench.page.get_by_text("Paste or drop a captured request").click()
    bench.page.fill("#paste", examples.text(example))
    bench.page.get_by_role("button", name="Ask", exact=True).click()


def see(bench: Bench, words: str) -> None:
    expect(bench.page.locator("#main")).to_contain_text(words)
    found = bench.page.get_by_text(words).locator("visible=true")
    expect(found.first).to_be_visible()


STEPS: Final[dict[str, Callable[[Bench, str], object]]] = {
    "open": lambda bench, _: bench.open(),
    "back": lambda bench, _: bench.page.go_back(),
    "press": lambda bench, name: bench.page.get_by_role("button", name=name).click(),
    "tab": lambda bench, name: bench.page.get_by_role("tab", name=name).click(),
    "choose": choose,
    "move": move,
    "paste": paste,
    "see": see,
}


def test_every_step_of_the_tutorial_shows_what_it_says(page: Page, service_url: str) -> None:
    page.set_viewport_size({"width": 1440, "height": 1000})
    page.set_default_timeout(10_000)
    bench = Bench(page, service_url)
    steps = [(verb, what) for verb, what in STEP.findall(PAGE.read_text(encoding="utf-8")) if verb in STEPS]
    assert len(steps) > 20

    for verb, what in steps:
        STEPS[verb](bench, what)
        bench.answered()

    assert bench.faults == []


def test_every_slider_and_patient_that_the_tutorial_names_is_called_so(page: Page, service_url: str) -> None:
    Bench(page, service_url).open()
    named = re.findall(r"\*\*(.+?)\*\*", PAGE.read_text(encoding="utf-8"))

    everything = page.locator("#bench").inner_text() + " ".join(page.locator("option").all_inner_texts())

    assert [name for name in named if name not in everything] == []
