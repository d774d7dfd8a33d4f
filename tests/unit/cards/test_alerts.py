"""The alerts: massive hemoptysis, proven or kept plausible."""

from dataclasses import replace

import msgspec
import pytest

from cds_service.cards.site import Site, teaching_source
from cds_service.clinical.decision import Decision, Effect, Judgment, JudgmentOutcome
from cds_service.knowledge.model import CIRSE, Variant
from tests.unit.cards.builders import (
    CTA,
    MASSIVE,
    MASSIVE_OR_NOT,
    NONMASSIVE,
    REACTION,
    RECURRENT,
    a_classification,
    a_decision,
    a_small_bleed,
    an_order,
    an_unknown_order,
    answer_to,
    cards_of,
    codes,
    judged,
    knowledge,
    not_rated,
    settings,
)
from tests.unit.cards.detail_builders import saturation


def test_proven_massive_puts_one_critical_card_before_the_orders() -> None:
    orders = (an_order(index=0, id="a"), an_order("ct-chest-without-and-with-contrast", index=1, id="b"))
    decision = a_decision(*(judged(o, MASSIVE, alternatives=(CTA,)) for o in orders), plausible=MASSIVE)

    cards = cards_of(decision)

    assert [card.indicator for card in cards] == ["critical", "info", "warning"]
    assert cards[0].suggestions == ()
    assert codes(cards[0].override_reasons) == [
        "seen-and-treated",
        "not-unstable-on-examination",
        "chart-is-wrong",
        "not-hemoptysis",
        "other",
    ]


def test_the_critical_card_says_what_comes_first_and_rests_on_the_teaching_page() -> None:
    card = cards_of(a_decision(judged(an_order(), MASSIVE), plausible=MASSIVE))[0]

    assert card.summary == (
        "Massive hemoptysis (240 mL of blood over 24 h, today 08:10): airway and oxygen first"
    )
    places = [
        card.detail.index(words)
        for words in (
            "1. Airway, oxygen, monitoring.",
            "2. ICU in a center with bronchial embolization and thoracic surgery.",
            "3. Cause, urgently, in parallel: CTA chest with IV contrast as soon as safe; "
            "bronchoscopy first if airway not secured.",
            "4. Bronchial embolization with chest radiograph; surgery if bleeding persists or recurs",
            "5. By local protocol: tranexamic acid (unless thrombosis, embolism) or terlipressin "
            "(unless hypoxia, ischemia, pregnancy).",
        )
    ]
    assert places == sorted(places)
    assert card.source.label.startswith("Teaching item 205")
    assert "url" not in msgspec.to_builtins(card.source)
    assert card.source.topic is not None
    assert card.source.topic.code == "massive"


def test_the_source_of_an_alert_is_called_what_the_data_call_it() -> None:
    sources = dict(knowledge().sources)
    sources[CIRSE] = msgspec.structs.replace(sources[CIRSE], short_title="CIRSE 2030")
    own = Site(replace(knowledge(), sources=sources), settings())

    label = teaching_source(own, "massive").label

    assert label == "Teaching item 205 on hemoptysis, CIRSE 2030; not ACR"


def test_an_unstable_patient_is_not_called_massive() -> None:
    classification = a_classification(
        MASSIVE, alert="unstable", evidence=(saturation(82, Effect.PROVES_MASSIVE),)
    )
    decision = a_decision(judged(an_order(), MASSIVE), classification=classification)

    card = cards_of(decision)[0]

    assert card.indicator == "critical"
    assert card.summary.startswith(
        "Unstable patient with hemoptysis (oxygen saturation 82 %, today 08:10): a"
    )
    assert "Massive hemoptysis" not in f"{card.summary}{card.detail}"


def test_the_alert_says_that_it_is_not_of_the_acr() -> None:
    for decision in (
        a_decision(judged(an_order(), MASSIVE), plausible=MASSIVE),
        with_a_sign(judged(an_order(), MASSIVE_OR_NOT)),
    ):
        card = cards_of(decision)[0]

        assert card.source.label == "Teaching item 205 on hemoptysis, CIRSE 2022; not ACR"


def test_the_critical_card_rates_nothing() -> None:
    decision = a_decision(
        judged(an_order(), MASSIVE), plausible=MASSIVE, cautions=REACTION, alert_studies=(CTA,)
    )

    card = cards_of(decision)[0]

    assert "**Earlier contrast reaction**" in card.detail
    assert "rating" not in card.detail.casefold()


def test_proven_massive_alerts_with_a_chest_order_for_another_reason() -> None:
    decision = a_decision(not_rated(an_order(), "other-indication"), plausible=MASSIVE)

    answer = answer_to(decision)

    assert [card.indicator for card in answer.cards] == ["critical"]
    assert answer.system_actions is msgspec.UNSET


@pytest.mark.parametrize("outcome", ["no-study-yet", "not-chest-imaging"])
def test_nothing_alerts_without_a_chest_study(outcome: JudgmentOutcome) -> None:
    assert cards_of(a_decision(not_rated(an_order(), outcome), plausible=MASSIVE)) == ()


def test_unstable_vital_signs_without_hemoptysis_do_not_alert() -> None:
    decision = a_decision(not_rated(an_order(), "other-indication"), plausible=MASSIVE, has_hemoptysis=False)

    assert cards_of(decision) == ()


def with_a_sign(judgment: Judgment) -> Decision:
    classification = a_classification(
        MASSIVE_OR_NOT,
        severity="kept-plausible",
        evidence=(a_small_bleed(Effect.KEEPS_MASSIVE_PLAUSIBLE),),
    )
    return a_decision(judgment, classification=classification)


def test_a_sign_of_massive_puts_one_warning_on_top() -> None:
    cards = cards_of(with_a_sign(judged(an_order(), MASSIVE_OR_NOT, alternatives=(CTA,))))

    assert [card.indicator for card in cards] == ["warning", "info"]
    assert cards[0].summary == (
        "Massive hemoptysis not excluded (30 mL of blood in one episode, today 08:10): "
        "recheck airway, oxygen and hemodynamics"
    )
    assert cards[0].suggestions == ()
    assert cards[0].override_reasons
    assert cards[0].source.topic is not None
    assert cards[0].source.topic.code == "undetermined"


def test_an_alert_asks_to_confirm_what_is_only_possibly_hemoptysis() -> None:
    decision = a_decision(judged(an_order(), MASSIVE), plausible=MASSIVE, is_possible_only=True)

    assert "please confirm" in cards_of(decision)[0].detail


@pytest.mark.parametrize("alert", ["massive", "unstable", "unstable-and-small"])
def test_an_order_for_hemoptysis_of_any_kind_gets_the_critical_card_alone(alert: str) -> None:
    classification = a_classification(MASSIVE, alert=alert)
    decision = a_decision(
        not_rated(an_unknown_order("Konsil Pneumologie"), "other-order"),
        classification=classification,
        has_hemoptysis=False,
    )

    assert [card.indicator for card in cards_of(decision)] == ["critical"]


@pytest.mark.parametrize("alert", ["unstable", "unstable-and-small"])
def test_once_the_bleed_is_no_longer_recent_only_judged_orders_get_the_alert(alert: str) -> None:
    past = a_classification(MASSIVE_OR_NOT, alert=alert, is_bleed_recent=False)

    assert cards_of(a_decision(not_rated(an_order(), "other-indication"), classification=past)) == ()
    assert len(cards_of(a_decision(judged(an_order(), MASSIVE_OR_NOT), classification=past))) == 2


def test_a_sign_of_massive_is_silent_about_an_order_for_another_reason() -> None:
    assert cards_of(with_a_sign(not_rated(an_order(), "other-indication"))) == ()


def test_unsettled_severity_alone_gives_no_alert() -> None:
    decision = a_decision(judged(an_order(), MASSIVE_OR_NOT, alternatives=(CTA,)), plausible=MASSIVE_OR_NOT)

    assert [card.indicator for card in cards_of(decision)] == ["info"]


@pytest.mark.parametrize("plausible", [MASSIVE, RECURRENT, NONMASSIVE, MASSIVE_OR_NOT])
def test_every_card_leads_to_its_ratings_and_to_the_page_for_patients(plausible: tuple[Variant, ...]) -> None:
    page = f"criteria/{plausible[0]}" if len(plausible) == 1 else "criteria"

    for card in cards_of(a_decision(judged(an_order(), plausible), plausible=plausible)):
        assert [(link.label, link.url) for link in card.links] == [
            ("Why, and all ratings", f"http://localhost:8000/{page}"),
            ("For the patient", "http://localhost:8000/patient"),
        ]
