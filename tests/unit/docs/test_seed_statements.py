"""Every clinical statement of the documents that the project began with stands where a user meets it."""

import csv
import html
import json
import re
import tomllib
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.setting_values import SHIPPED_KNOWLEDGE
from cds_service.settings import settings_from

ROOT = Path(__file__).parents[3]
LIST = ROOT / "docs" / "reference" / "seed-statements.csv"
DOCUMENTS = {"radiologyinfo-hemoptysis", "patient-leaflet", "teaching-page-205"}
with LIST.open(encoding="utf-8", newline="") as file:
    ROWS = [*csv.DictReader(file)]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    database = tmp_path_factory.mktemp("record") / "cds-service.db"
    return create_app(settings_from({"CDS_DATABASE_URL": f"sqlite:///{database}"})).test_client()


def text_at(page: str, anchor: str) -> str:
    """The text of the element with this id; of a heading, all up to the next of its level or above."""
    opened = re.search(rf'<(\w+)[^>]* id="{re.escape(anchor)}"[^>]*>', page)
    assert opened, f"nothing has the id {anchor}"
    tag, rest = opened[1], page[opened.end() :]
    if re.fullmatch(r"h\d", tag):
        return plain(re.split(rf"<h[1-{tag[1]}]\b[^>]*>|</main>", rest.partition(f"</{tag}>")[2])[0])
    depth = 1
    for found in re.finditer(rf"<(/?){tag}\b", rest):
        depth += -1 if found[1] else 1
        if not depth:
            return plain(rest[: found.start()])
    raise AssertionError(f"{anchor} is not closed")


def plain(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def text_of_page(client: FlaskClient, locator: str) -> str:
    address, _, anchor = locator.partition("#")
    answer = client.get(address)
    assert answer.status_code == 200, address
    return text_at(answer.text, anchor)


def text_of_cards(client: FlaskClient, locator: str) -> str:
    hook, _, name = locator.partition("/")
    body = (ROOT / "fixtures" / "requests" / hook / f"{name}.json").read_bytes()
    answer = client.post(
        f"/cds-services/hemoptysis-imaging-{hook}", data=body, content_type="application/json"
    )
    cards = json.loads(answer.data)["cards"]
    return plain(" ".join(f"{card['summary']} {card.get('detail', '')}" for card in cards))


def text_of_data(locator: str) -> str:
    """The row of a table whose first cells are the key, parts of it with bars between; or a TOML section."""
    name, _, key = locator.partition("#")
    text = (SHIPPED_KNOWLEDGE / name).read_text(encoding="utf-8")
    if name.endswith(".toml"):
        return json.dumps(tomllib.loads(text)[key])
    cells = key.split("|")
    (row,) = [row for row in csv.reader(text.splitlines()) if row[: len(cells)] == cells]
    return ",".join(row)


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_a_statement_stands_where_the_list_says(client: FlaskClient, row: dict[str, str]) -> None:
    kind, _, locator = row["place"].partition(":")

    match kind:
        case "page":
            text = text_of_page(client, locator)
        case "card":
            text = text_of_cards(client, locator)
        case "data":
            text = text_of_data(locator)
        case _:
            pytest.fail(f"there are no places of the kind {kind}")

    assert row["phrase"].lower() in text.lower()


def test_the_list_holds_the_three_documents_each_statement_once() -> None:
    assert {row["document"] for row in ROWS} == DOCUMENTS
    assert len({row["id"] for row in ROWS}) == len(ROWS) >= 50
    assert len({(row["document"], row["statement"]) for row in ROWS}) == len(ROWS)
    assert all(row["statement"] and len(row["phrase"]) > 2 for row in ROWS)


def test_a_phrase_that_stands_elsewhere_on_the_page_is_not_found() -> None:
    page = (
        '<main id="main"><h2 id="a">A</h2><p>one</p><h3>B</h3><p>two</p><h2 id="c">C</h2><p>three</p></main>'
    )

    assert text_at(page, "a") == "one B two"
    assert "three" in text_at(page, "main")
