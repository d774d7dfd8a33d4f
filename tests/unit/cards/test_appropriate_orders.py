"""An appropriate order: when its card is silenced, and what complements it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from cds_service.clinical.decision import Caution, Decision, IndicationBasis
from cds_service.clinical.facts import Reason
from cds_service.clinical.time import Moment
from cds_service.knowledge.model import CautionId
from cds_service.knowledge.terminology.concepts import Concept, ConceptMatch
from tests.unit.cards.builders import (
    CT,
    CTA,
    REACTION,
    RECURRENT,
    a_decision,
    an_order,
    answer_to,
    cards_of,
    judged,
    settings,
    the_card,
)

SILENT = settings(confirm_appropriate=False)


def an_appropriate_order(**changes: Any) -> Decision:
    return a_decision(judged(an_order("cta-chest-with-contrast"), RECURRENT), plausible=RECURRENT, **changes)


def test_an_appropriate_order_with_nothing_to_add_gets_one_line() -> None:
    card = the_card(a_decision(judged(an_order("radiography-chest"), RECURRENT), plausible=RECURRENT))

    assert card.summary == "Radiography chest: usually appropriate in recurrent hemoptysis"
    assert card.detail == ""


def test_a_cta_in_recurrence_points_to_embolization_as_the_complement() -> None:
    assert "Bronchial embolization is complementary." in the_card(an_appropriate_order()).detail


def test_a_site_can_silence_the_confirmation_and_keep_the_rating() -> None:
    answer = answer_to(an_appropriate_order(), settings=settings(confirm_appropriate=False))

    assert answer.cards == ()
    assert answer.system_actions is not msgspec.UNSET


def test_a_caution_speaks_even_where_confirmations_are_silenced() -> None:
    decision = an_appropriate_order(cautions=REACTION)

    card = the_card(decision, settings=settings(confirm_appropriate=False))

    assert card.summary.endswith("; caution: earlier contrast reaction")
    assert "**Earlier contrast reaction**: Iohexol. " in card.detail


def test_a_complement_speaks_even_where_confirmations_are_silenced() -> None:
    decision = an_appropriate_order(complement_for=0)

    card = the_card(decision, settings=settings(confirm_appropriate=False))

    assert card.detail == "Bronchial embolization is complementary."
    assert [s.label for s in card.suggestions] == ["Add chest radiograph (☢ <0.1 mSv)"]
    assert card.selection_behavior == "any"


@pytest.mark.parametrize(
    ("order", "said"),
    [
        pytest.param(
            {"recognition": "by-name", "matched_name": "angio CT thorax"},
            "Recognized by its name (angio CT thorax), please check.",
            id="by name",
        ),
        pytest.param(
            {"other_procedures": ("ct-chest-without-contrast",)},
            "Its codes disagree (also CT chest without IV contrast): please check the study.",
            id="codes disagree",
        ),
        pytest.param(
            {"has_rating": True, "can_carry_actions": False},
            "The older rating on this order no longer holds",
            id="older rating that cannot be replaced",
        ),
        pytest.param(
            {"reason": Reason("for-hemoptysis", (ConceptMatch(Concept.PULMONARY_EMBOLISM),))},
            "Pulmonary embolism is charted or suspected",
            id="embolism",
        ),
    ],
)
def test_an_order_to_check_keeps_its_card_where_confirmations_are_silenced(
    order: dict[str, Any], said: str
) -> None:
    decision = a_decision(judged(an_order("cta-chest-with-contrast", **order)))

    card = the_card(decision, settings=SILENT)

    assert said in card.detail


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"is_possible_only": True}, "please confirm that blood was coughed up"),
        (
            {"indication": IndicationBasis.CHART_WITH_UNRESOLVED_REASON},
            "Its reason could not be read",
        ),
    ],
)
def test_a_doubtful_indication_keeps_its_card_where_confirmations_are_silenced(
    changes: dict[str, Any], said: str
) -> None:
    decision = a_decision(judged(an_order("cta-chest-with-contrast"), **changes))

    card = the_card(decision, settings=SILENT)

    assert said in card.detail


@pytest.mark.parametrize(
    "changes",
    [
        {"indication": IndicationBasis.CHART_WITHOUT_REASON},
        {"indication": IndicationBasis.CHART_WITH_RELATED_REASON},
    ],
)
def test_a_note_that_asks_for_nothing_brings_no_card_where_confirmations_are_silenced(
    changes: dict[str, Any],
) -> None:
    decision = a_decision(judged(an_order("cta-chest-with-contrast"), **changes))

    assert cards_of(decision, settings=SILENT) == ()


def test_the_label_of_the_complement_carries_the_caution() -> None:
    pregnancy = (Caution(CautionId.PREGNANCY, Concept.PREGNANCY),)
    decision = an_appropriate_order(complement_for=0, cautions=pregnancy)

    (suggestion,) = the_card(decision).suggestions

    assert suggestion.label == "Add chest radiograph (caution: pregnancy; ☢ <0.1 mSv)"


def test_the_label_of_the_complement_carries_no_caution_of_another_study() -> None:
    decision = an_appropriate_order(complement_for=0, cautions=REACTION)

    (suggestion,) = the_card(decision).suggestions

    assert suggestion.label == "Add chest radiograph (☢ <0.1 mSv)"


def done(written: str, procedure: str = "cta-chest-with-contrast") -> Caution:
    day = datetime.fromisoformat(written[:10]).replace(tzinfo=UTC)
    when = Moment(day, day + timedelta(days=1), written)
    return Caution(CautionId.RECENT_STUDY, when=when, procedure=procedure)


@pytest.mark.parametrize("written", ["2026-11-20", "2026-11-20T23:40:00+01:00", ""])
def test_the_label_of_a_study_done_recently_says_the_day(written: str) -> None:
    caution = msgspec.structs.replace(
        done("2026-11-20"), when=replace(done("2026-11-20").when, written=written)
    )
    decision = a_decision(judged(an_order(), alternatives=(CTA, CT)), cautions=(caution,))

    card = the_card(decision)

    assert [s.label for s in card.suggestions] == [
        "Replace with CTA chest with IV contrast (done 2026-11-20)",
        "Replace with CT chest with IV contrast",
    ]


def test_a_label_says_the_last_day_a_study_was_done_after_its_cautions() -> None:
    careful = msgspec.structs.replace(CTA, cautions=(CautionId.PREGNANCY,))
    cautions = (done("2026-11-22"), done("2026-11-20"))
    decision = a_decision(judged(an_order(), alternatives=(careful,)), cautions=cautions)

    (suggestion,) = the_card(decision).suggestions

    assert suggestion.label == (
        "Replace with CTA chest with IV contrast (caution: pregnancy; done 2026-11-22)"
    )


def test_the_label_of_a_complement_done_recently_says_the_day() -> None:
    cautions = (done("2026-11-20", "radiography-chest"),)
    decision = an_appropriate_order(complement_for=0, cautions=cautions)

    (suggestion,) = the_card(decision).suggestions

    assert suggestion.label == "Add chest radiograph (done 2026-11-20; ☢ <0.1 mSv)"


def test_a_site_can_do_without_the_complement() -> None:
    decision = an_appropriate_order(complement_for=0)

    card = the_card(decision, settings=settings(suggest_complement=False))

    assert card.suggestions == ()


def test_only_the_named_order_gets_the_complement() -> None:
    orders = (an_order("cta-chest-with-contrast"), an_order("ct-chest-with-contrast", index=1, id="b"))
    decision = a_decision(*(judged(order) for order in orders), complement_for=1)

    assert [len(card.suggestions) for card in cards_of(decision)] == [0, 1]
