"""The report in a browser: on a narrow and a wide screen, in light and dark, for every reader."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser

from cds_service.knowledge.load import load_knowledge
from cds_service.records.report.asking import question_from
from cds_service.records.report.report import report_on
from cds_service.web.bodies import register_problems
from cds_service.web.insights import insights, report_file
from tests.browser.conftest import answering
from tests.browser.test_pages import opened, violations_on
from tests.unit.records.report.generator import END, fill

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def insights_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The management's address with this alone, over a made record."""
    folder, knowledge = tmp_path_factory.mktemp("insights"), load_knowledge()
    database = f"sqlite:///{folder}/record.db"
    fill(database, 1500).dispose()
    app = Flask("bare", static_folder=None)
    register_problems(app)
    app.register_blueprint(insights(database, knowledge, "9.9", now=lambda: END))
    question = question_from({"since": "2026-10-01", "compare-since": "2026-08-01"}, knowledge, END)
    page = report_file(report_on(database, question, knowledge), knowledge, "9.9")
    app.add_url_rule("/file.html", view_func=lambda: page)
    with answering(app) as url:
        yield url


@pytest.mark.parametrize("address", ["/insights?since=2026-10-01&compare-since=2026-08-01", "/file.html"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_the_report_fits_the_screen_and_every_reader(
    browser: Browser, insights_url: str, address: str, scheme: Any, width: int
) -> None:
    size = {"width": width, "height": 900}
    with opened(browser, insights_url + address, viewport=size, color_scheme=scheme) as (page, faults):
        page.locator("details").evaluate_all("every => every.forEach(one => one.open = true)")
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        bars = page.locator(".chart__bar").first.bounding_box()

        assert overflow == 0
        assert bars is not None
        assert bars["width"] > 20
        assert violations_on(page) == []
    assert faults == []


def test_a_filter_is_chosen_and_a_table_is_kept(browser: Browser, insights_url: str, tmp_path: Path) -> None:
    with opened(browser, f"{insights_url}/insights?since=2026-10-01", accept_downloads=True) as (
        page,
        faults,
    ):
        page.get_by_label("Client").select_option("north")
        page.get_by_role("button", name="Show").click()
        page.locator("#categories summary").click()
        with page.expect_download() as download:
            page.locator("#categories a").click()
        download.value.save_as(tmp_path / "kept.csv")

        assert "client=north" in page.url
        assert "client north" in page.locator(".lede").inner_text()
        first = page.locator("#categories tbody tr").first.inner_text()
    kept = (tmp_path / "kept.csv").read_text().splitlines()[1]
    assert kept.split(",")[0] in first
    assert faults == []
