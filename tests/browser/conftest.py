"""A running service and a headless Chromium for the tests of what stands on a screen."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from cds_service.app import create_app
from cds_service.settings import settings_from
from tests.browser.bench import Bench

CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def answering(app: Flask) -> Iterator[str]:
    """The address at which an application answers, on a free port of this machine."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def service_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the service, answering on a free port of this machine."""
    database = tmp_path_factory.mktemp("record") / "cds-service.db"
    with answering(create_app(settings_from({"CDS_DATABASE_URL": f"sqlite:///{database}"}))) as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; the test is skipped where it is not installed."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """A fresh page of a fresh session."""
    context = browser.new_context(viewport={"width": 900, "height": 1100})
    yield context.new_page()
    context.close()


@pytest.fixture
def bench(page: Page, service_url: str) -> Iterator[Bench]:
    """The workbench in a wide window; nothing goes wrong on it."""
    page.set_viewport_size({"width": 1440, "height": 1000})
    page.set_default_timeout(10_000)
    opened = Bench(page, service_url)
    yield opened
    assert opened.faults == []
