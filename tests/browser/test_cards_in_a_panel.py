"""In a panel of 300 px the first button of a card is in sight."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

import pytest
from playwright.sync_api import Browser

from tests.browser.panel import WIDTH, first_button_starts_at, has_font
from tests.scenarios.replies import temporary_client
from tests.scenarios.words import bodies_in, cards_of, fixture_folders, kind_of

pytestmark = pytest.mark.browser

IN_SIGHT = 420

Starts = Mapping[str, list[tuple[float, str]]]


@pytest.fixture(scope="module")
def starts(browser: Browser) -> Iterator[Starts]:
    """Where the first button starts, of every card that has one, by kind."""
    context = browser.new_context(viewport={"width": WIDTH, "height": 900})
    page = context.new_page()
    if not has_font(page):
        pytest.skip("the font is not installed (apt-get install fonts-dejavu-extra)")
    found: dict[str, list[tuple[float, str]]] = defaultdict(list)
    with temporary_client() as client:
        for name, body in bodies_in(fixture_folders()):
            for card in cards_of(client, body):
                if card.get("suggestions"):
                    found[kind_of(card)].append((first_button_starts_at(page, card), name))
    yield found
    context.close()


def test_the_first_button_of_every_card_is_in_sight(starts: Starts) -> None:
    out_of_sight = {name: start for of_kind in starts.values() for start, name in of_kind if start > IN_SIGHT}

    assert {kind for kind in starts if starts[kind]} == {"advice", "critical", "confirm", "not rated"}
    assert out_of_sight == {}
