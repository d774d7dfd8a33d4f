"""What the pages say of the house, its answers and its cards is what the code holds."""

import re
import tomllib
from pathlib import Path

from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.settings import Settings
from tests.browser.panel import FONT, WIDTH
from tests.browser.test_cards_in_a_panel import IN_SIGHT
from tests.unit.docs.test_reference import page

ROOT = Path(__file__).parents[3]


def a_client(settings: Settings) -> FlaskClient:
    return create_app(settings).test_client()


def layers_of(container: str) -> list[str]:
    """The rooms that import-linter holds in order, from the top."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = (c["layers"] for c in contracts if c.get("containers") == [container])
    return [room for layer in layers for room in layer.split(" | ")]


def test_the_order_of_imports_is_the_one_that_is_checked() -> None:
    text = page("explanation/how-a-request-is-judged.md")
    line = re.search(r"^Imports go down only: .*$", text, re.MULTILINE)
    assert line
    of_the_house, within_cards = line[0].split("Within `cards`")

    assert re.findall(r"`(\w+)`", of_the_house) == layers_of("cds_service")
    assert re.findall(r"`(\w+)`", within_cards) == layers_of("cds_service.cards")


def test_every_room_has_a_line() -> None:
    rooms = page("explanation/how-a-request-is-judged.md").partition("## The rooms")[2]
    table = "\n".join(line.split("|")[1] for line in rooms.splitlines() if line.startswith("| "))

    assert [room for room in layers_of("cds_service") if f"`{room}`" not in table] == []


def test_the_second_copy_of_the_rating_is_said_to_be_off_in_production() -> None:
    text = page("explanation/how-a-request-is-judged.md")

    assert "in production the copy is off" in text
    assert "CDS_EXTENSION_SYSTEM_ACTIONS" in text


def test_the_headers_of_a_page_are_those_that_are_said(settings: Settings) -> None:
    text = page("reference/pages.md")
    headers = a_client(settings).get("/criteria").headers

    for name in ("Content-Security-Policy", "Permissions-Policy"):
        assert f"`{name}: {headers[name]}`" in text
    for name in ("X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Resource-Policy"):
        assert f"`{name}: {headers[name]}`" in text


def test_an_error_is_said_to_be_json_but_for_the_404_of_a_browser(settings: Settings) -> None:
    client = a_client(settings)
    asked = {"headers": {"Accept": "text/html"}}

    assert client.get("/nowhere", **asked).mimetype == "text/html"
    assert "json" in client.get("/nowhere").headers["Content-Type"]
    assert "json" in client.post("/criteria", **asked).headers["Content-Type"]
    assert "but for the 404 of a browser" in page("reference/errors.md")


def test_in_what_the_first_button_is_measured_is_said() -> None:
    text = page("reference/cards.md")

    for said in (f"within {IN_SIGHT} px", f"a panel of {WIDTH} px", FONT, "`tests/browser/panel.py`"):
        assert said in text
