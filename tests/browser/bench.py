"""The page of the workbench as a test works it."""

import json
from typing import Any

from playwright.sync_api import Page, expect


class Bench:
    """The page with what went wrong on it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.faults: list[str] = []
        self.sent: list[Any] = []
        page.on("console", lambda m: self.faults.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", self._watch)

    def _watch(self, request: Any) -> None:
        if not request.url.startswith(self.address):
            self.faults.append(request.url)
        if request.url.endswith("/workbench/feedback"):
            self.sent.append(json.loads(request.post_data)["feedback"][0])

    def open(self, query: str = "") -> "Bench":
        self.page.goto(f"{self.address}/{query}")
        return self.answered()

    def answered(self) -> "Bench":
        """Once an answer is shown and nothing is asked any more."""
        expect(self.page.locator("#cards")).to_have_attribute("aria-busy", "false", timeout=15_000)
        return self

    @property
    def summaries(self) -> list[str]:
        return self.page.locator(".card__summary").all_inner_texts()

    @property
    def order(self) -> str:
        return self.page.locator(".order__name").first.inner_text()

    def move(self, control: str, value: int) -> None:
        """Move a slider as a person does: each step is an input, letting go a change."""
        slider = self.page.locator(f"#dial-{control}")
        slider.evaluate(
            "(s, v) => { s.value = v; s.dispatchEvent(new Event('input', {bubbles: true})); }", value
        )
        slider.evaluate("s => s.dispatchEvent(new Event('change', {bubbles: true}))")
        self.page.wait_for_timeout(200)
        self.answered()
