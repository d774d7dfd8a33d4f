"""In a panel of 300 px the first button of a card is in sight."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.panel import WIDTH, first_button_starts_at, has_font
from tests.scenarios.chart import Json
from tests.scenarios.replies import temporary_client
from tests.scenarios.rich import HOOKS, ORDERS, fullest_body, rich_bodies
from tests.scenarios.words import bodies_in, cards_of, fixture_folders, kind_of

pytestmark = pytest.mark.browser

IN_SIGHT = 420

Starts = Mapping[str, list[tuple[float, str]]]


def panel_in(browser: Browser) -> tuple[BrowserContext, Page]:
    context = browser.new_context(viewport={"width": WIDTH, "height": 900})
    page = context.new_page()
    if not has_font(page):
        pytest.skip("the font is not installed (apt-get install fonts-dejavu-extra)")
    return context, page


@pytest.fixture(scope="module")
def starts(browser: Browser) -> Iterator[Starts]:
    """Where the first button starts, of every card that has one, by kind."""
    context, page = panel_in(browser)
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


def test_the_first_button_is_in_sight_whatever_a_chart_holds(browser: Browser) -> None:
    context, page = panel_in(browser)
    bodies: list[Json] = [fullest_body(hook=hook, orders=[(*order, 0)]) for hook in HOOKS for order in ORDERS]

    @given(body=rich_bodies())
    @settings(
        max_examples=60, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    def draw(body: Json) -> None:
        bodies.append(body)

    draw()
    with temporary_client() as client:
        cards = [card for body in bodies for card in cards_of(client, body) if card.get("suggestions")]
    out_of_sight = [c["summary"] for c in cards if first_button_starts_at(page, c) > IN_SIGHT]
    context.close()

    assert len(cards) > 50
    assert out_of_sight == []
