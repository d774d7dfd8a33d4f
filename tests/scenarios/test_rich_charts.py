"""However much a chart holds, a card is read in ten seconds and still says what to do."""

from collections.abc import Iterator, Mapping
from typing import Any

import hypothesis
import pytest
from flask.testing import FlaskClient

from cds_service.cards.room import fits
from tests.scenarios.chart import Json
from tests.scenarios.rich import (
    BLEEDS,
    CONDITIONS,
    HOOKS,
    ORDERS,
    body_of,
    condition,
    drug,
    fullest_body,
    given,
    rich_bodies,
)
from tests.scenarios.test_never_milder import EVERY_EXAMPLE
from tests.scenarios.words import MOST_WORDS, cards_of, words_in

STEPS = ("Airway", "ICU", "CTA", "bronchoscopy", "mbol", "surgery", "ranexamic acid", "erlipressin")
ADULT, CHILD, OF_NO_AGE = "1990-05-01", "2015-05-01", ""


def labels_of(card: Json) -> list[str]:
    return [suggestion["label"] for suggestion in card.get("suggestions", ())]


def created_by(cards: list[Json]) -> Iterator[str]:
    """The study of every new order that the buttons of an answer write."""
    for card in cards:
        for suggestion in card.get("suggestions", ()):
            yield from (a["description"] for a in suggestion["actions"] if a["type"] == "create")


def check(card: Json) -> None:
    detail = card.get("detail", "")

    assert len(card["summary"]) < 140
    assert len(words_in(card)) <= MOST_WORDS, detail
    assert fits(card["summary"], detail, labels_of(card)), detail
    if card["indicator"] == "critical" and "Look for another cause" not in detail:
        assert [step for step in STEPS if step not in detail] == []


@hypothesis.given(body=rich_bodies())
@EVERY_EXAMPLE
def test_no_card_is_longer_than_it_is_read_and_none_leaves_out_what_to_do(
    client: FlaskClient, body: Mapping[str, Any]
) -> None:
    for card in cards_of(client, dict(body)):
        check(card)


@pytest.mark.parametrize("birth", [ADULT, CHILD, OF_NO_AGE])
@pytest.mark.parametrize("hook", HOOKS)
def test_a_chart_that_holds_everything_gives_cards_of_the_same_length(
    client: FlaskClient, hook: str, birth: str
) -> None:
    for order in ORDERS:
        cards = cards_of(client, fullest_body(hook=hook, birth=birth, orders=[(*order, 0)]))

        assert cards
        for card in cards:
            check(card)


@hypothesis.given(body=rich_bodies())
@EVERY_EXAMPLE
def test_at_patient_view_a_study_is_offered_once_and_a_caution_said_once(
    client: FlaskClient, body: Mapping[str, Any]
) -> None:
    at_patient_view = {k: v for k, v in body["context"].items() if k != "draftOrders"}

    cards = cards_of(client, {**body, "hook": "patient-view", "context": at_patient_view})

    offered = [*created_by(cards)]
    cautions = [part for card in cards for part in card.get("detail", "").split("\n\n") if part[:2] == "**"]

    assert len(offered) == len({*offered})
    assert len(cautions) == len({*cautions})


@pytest.mark.parametrize("birth", [ADULT, CHILD])
def test_an_embolism_stands_on_the_critical_card_however_little_room_there_is(
    client: FlaskClient, birth: str
) -> None:
    card, *_ = cards_of(client, fullest_body(birth=birth))

    assert card["indicator"] == "critical"
    assert "tranexamic acid (embolism charted)" in card["detail"]


@pytest.mark.parametrize(
    ("name", "said"),
    [("Septic shock", "shock"), ("Cardiac arrest", "arrest"), ("Hypovolemic shock", "shock")],
)
def test_what_else_shows_an_unstable_patient_is_named_where_the_amount_proves(
    client: FlaskClient, name: str, said: str
) -> None:
    card, *_ = cards_of(client, body_of([BLEEDS[0], condition(name)]))

    assert card["summary"].startswith("Massive hemoptysis (260 mL")
    also = card["detail"].partition("\n\n")[0]
    assert also.startswith("Also: ")
    assert said in also.lower()


def test_a_chart_with_little_in_it_is_said_in_full(client: FlaskClient) -> None:
    card, *_ = cards_of(client, body_of([BLEEDS[0], condition(CONDITIONS[0])]))

    assert "Pulmonary embolism is charted: Acute saddle pulmonary embolism." in card["detail"]
    assert "CTA chest with IV contrast as soon as safe" in card["detail"]


@pytest.mark.parametrize(
    "treated",
    [
        drug("tranexamic acid 1 g", authored="2026-03-12T09:00:00Z"),
        drug("Glypressin 1 mg", authored="2026-03-12T09:00:00Z"),
        given("Exacyl 1 g", begun="2026-03-12T09:30:00Z"),
    ],
)
def test_bleeding_charted_after_a_drug_given_for_it_is_said_to_persist(
    client: FlaskClient, treated: tuple[str, Json]
) -> None:
    (card,) = cards_of(client, body_of([treated]))

    assert card["source"]["topic"]["code"] == "nonmassive"
    assert ": if it persists, specialized center." in card["detail"]
