"""However much a chart holds, a card is read in ten seconds and still says what to do."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import hypothesis
import pytest
from flask.testing import FlaskClient

from cds_service.cards.room import fits
from tests.scenarios.catalog import FIXTURES
from tests.scenarios.chart import Json
from tests.scenarios.rich import (
    BLEEDS,
    CONDITIONS,
    HOOKS,
    ORDERS,
    VITALS,
    allergy,
    body_of,
    condition,
    drug,
    egfr,
    fullest_body,
    given,
    procedure,
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
    assert "tranexamic acid (embolism" in card["detail"]


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


def test_where_cautions_are_cut_short_drugs_and_numbers_keep_their_names(client: FlaskClient) -> None:
    rich = [
        *(drug("apixaban 5 mg"), drug("metformin 1000 mg"), egfr(25), allergy("iohexol")),
        *(condition("Pulmonary tuberculosis"), condition("Lung cancer")),
    ]

    (card,) = cards_of(client, body_of(rich, hook="patient-view"))

    assert "\n\n**" not in card["detail"]
    for named in ("(apixaban 5 mg)", "(eGFR 25 mL/min/1.73 m²)", "(iohexol)", "metformin", "tuberculosis"):
        assert named in card["detail"]
    assert "more" not in card["detail"].partition("Radiation")[0]


@pytest.mark.parametrize("order", [ORDERS[0], ORDERS[3]])
def test_a_card_gives_up_why_before_the_names_of_its_cautions(
    client: FlaskClient, order: tuple[str, str, str]
) -> None:
    charted = [egfr(25), drug("apixaban 5 mg"), drug("metformin 1000 mg")]

    (card,) = cards_of(client, body_of(charted, orders=[(*order, 0)]))

    assert "**: apixaban 5 mg. Decide on" in card["detail"]
    assert "**: eGFR 25 mL/min/1.73 m². Consider saline" in card["detail"]
    assert "Why: " not in card["detail"]


def test_a_button_on_an_alert_leaves_room_for_a_second_vital_sign(client: FlaskClient) -> None:
    card, _ = cards_of(client, body_of([*VITALS[:3]], hook="patient-view", left_out=["bleeding"]))

    assert card["summary"].startswith("Unstable patient with hemoptysis (oxygen saturation 81 %")
    assert card["detail"].startswith("Also: systolic pressure 71 mmHg; and ")


def test_what_an_alert_says_on_its_button_alone_the_card_below_says_in_full(client: FlaskClient) -> None:
    charted = [BLEEDS[0], egfr(22), allergy("iohexol"), drug("apixaban 5 mg")]

    alert, below = cards_of(client, body_of(charted, hook="patient-view"))

    assert "caution: earlier contrast reaction and severe kidney impairment" in labels_of(alert)[0]
    assert "**" not in alert["detail"]
    assert "**Earlier contrast reaction**: iohexol, " in below["detail"]
    assert "**Severe kidney impairment**: eGFR 22 " in below["detail"]
    assert "**Anticoagulant" not in below["detail"]


@pytest.mark.parametrize("order", ORDERS[:3])
@pytest.mark.parametrize("blood", [BLEEDS[0], BLEEDS[3]])
def test_an_alert_leaves_the_cautions_of_an_order_to_its_card(
    client: FlaskClient, blood: tuple[str, Json], order: tuple[str, str, str]
) -> None:
    charted = [blood, condition("Pulmonary tuberculosis"), allergy("iohexol")]

    alert, below = cards_of(client, body_of(charted, orders=[(*order, 0)]))

    assert alert["indicator"] in ("critical", "warning")
    assert "airborne isolation" not in alert["detail"]
    assert "airborne isolation" in below["detail"]
    assert (alert["detail"] + below["detail"]).count("premedication") == 1


@pytest.mark.parametrize(
    "unstable",
    [
        [given("vasopressin infusion"), condition("Massive hemoptysis")],
        [procedure("intubation"), condition("Hemoptysis")],
    ],
)
@pytest.mark.parametrize("birth", [ADULT, OF_NO_AGE])
def test_a_long_finding_leaves_room_for_every_step(
    client: FlaskClient, unstable: list[tuple[str, Json]], birth: str
) -> None:
    charted = [*unstable, condition("Acute saddle pulmonary embolism"), drug("warfarin 5 mg")]

    for card in cards_of(client, body_of(charted, hook="patient-view", birth=birth)):
        check(card)


def test_what_an_alert_names_in_brief_as_not_known_the_card_below_says_in_full(client: FlaskClient) -> None:
    body = json.loads((FIXTURES / "requests/patient-view/patient-view-massive.json").read_text())
    for value in body["prefetch"].values():
        if value and value["resourceType"] == "Bundle":
            value["link"] = [{"relation": "next", "url": "https://elsewhere.example/fhir?page=2"}]

    alert, card = cards_of(client, body)

    assert "Read in part" not in alert["detail"]
    assert "Read in part: diagnoses, amount of blood, vital signs." in card["detail"]


def test_an_alert_says_the_cautions_that_the_card_of_an_order_only_names(client: FlaskClient) -> None:
    charted = [
        *(BLEEDS[0], condition("Pulmonary tuberculosis"), allergy("iohexol")),
        *(egfr(22), drug("apixaban 5 mg")),
    ]

    alert, below = cards_of(client, body_of(charted, orders=[(*ORDERS[2], 0)]))

    assert "Also: tuberculosis." in below["detail"]
    assert "airborne isolation" in alert["detail"]
