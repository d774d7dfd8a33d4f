"""Writes the picture of the workbench that the README shows: `python -m tests.browser.picture`."""

import shutil
import sys
import tempfile
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from cds_service.app import create_app
from cds_service.settings import settings_from
from tests.browser.conftest import CHROMIUM_OPTIONS

PICTURE = Path("docs/images/workbench.png")
SHOWN = "?patient=nonmassive-embolization&amount=150&hours=24"
WIDTH, HEIGHT = 1200, 760


def write_picture(folder: str) -> None:
    app = create_app(settings_from({"CDS_DATABASE_URL": f"sqlite:///{folder}/cds-service.db"}))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or sys.exit("chromium is not installed")
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(f"http://127.0.0.1:{server.server_port}/{SHOWN}")
        page.wait_for_selector("#cards[aria-busy=false]")
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURE)
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        write_picture(scratch)
