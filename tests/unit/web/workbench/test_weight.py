"""How much a browser has to fetch for the workbench before it asks anything."""

import gzip
import re

from flask.testing import FlaskClient

MOST_BYTES = 120 * 1024


def test_the_page_with_its_scripts_and_styles_is_light(client: FlaskClient) -> None:
    page = client.get("/").get_data()
    linked = re.findall(r'(?:href|src)="(\./static/[^"]+)"', page.decode())
    fetched = {address: client.get(address.removeprefix(".")).get_data() for address in linked}
    folder = next(address for address in linked if address.endswith("main.js")).removesuffix("main.js")
    for name in ("cards", "dials", "dom", "markdown", "service", "state", "wire"):
        fetched[name] = client.get(f"{folder.removeprefix('.')}{name}.js").get_data()

    weight = sum(len(gzip.compress(content)) for content in (page, *fetched.values()))

    assert len(fetched) >= 9
    assert weight < MOST_BYTES


def test_every_module_that_a_script_imports_is_served_beside_it(client: FlaskClient) -> None:
    page = client.get("/").get_data(as_text=True)
    folder = re.search(r'src="\.(/static/[^"]+/)main\.js"', page)
    assert folder
    seen, to_see = set(), {"main.js"}
    while to_see:
        name = to_see.pop()
        seen.add(name)
        answer = client.get(folder[1] + name)
        assert answer.status_code == 200
        assert "javascript" in answer.headers["Content-Type"]
        to_see |= set(re.findall(r'from "\./([a-z]+\.js)"', answer.get_data(as_text=True))) - seen

    assert seen == {
        "main.js",
        "cards.js",
        "dials.js",
        "dom.js",
        "markdown.js",
        "service.js",
        "state.js",
        "wire.js",
    }
