"""What is offered in place of an order, and beside which orders."""

import msgspec

from cds_service.clinical.decision import Alternative
from cds_service.knowledge.model import CautionId
from tests.unit.cards.builders import (
    CT,
    CTA,
    RADIOGRAPH,
    REACTION,
    RECURRENT,
    a_decision,
    an_order,
    answer_to,
    cards_of,
    judged,
    the_card,
)


def test_two_replacements_of_one_order_exclude_each_other() -> None:
    decision = a_decision(judged(an_order(), alternatives=(CTA, CT)))

    card = the_card(decision)

    assert card.selection_behavior == "at-most-one"
    assert [s.is_recommended for s in card.suggestions] == [True, False]


def test_a_single_replacement_may_be_taken_or_left() -> None:
    assert the_card(a_decision(judged(an_order(), alternatives=(CTA,)))).selection_behavior == "any"


def test_an_arteriography_is_never_replaced() -> None:
    order = an_order("arteriography-bronchial-embolization")
    card = the_card(a_decision(judged(order, alternatives=(CTA,))))

    assert card.suggestions == ()


def test_an_arteriography_in_nonmassive_hemoptysis_names_the_diagnostic_studies() -> None:
    order = an_order("arteriography-bronchial-embolization")
    named = ("cta-chest-with-contrast", "ct-chest-with-contrast")

    card = the_card(a_decision(judged(order, named_instead=named)))

    assert card.summary.endswith("; diagnostic imaging usually comes first")
    assert "First: CTA or CT with contrast ☢☢☢ 1-10 mSv." in card.detail
    assert "drafted" not in card.detail


def test_a_better_study_that_is_drafted_is_named() -> None:
    card = the_card(a_decision(judged(an_order(), named_instead=("cta-chest-with-contrast",))))

    assert card.suggestions == ()
    assert "Instead: CTA with contrast (drafted) ☢☢☢ 1-10 mSv." in card.detail
    assert card.summary.endswith("; CTA with contrast is usually appropriate and drafted already")


def test_a_drafted_radiograph_does_not_hide_the_better_scan() -> None:
    judgment = judged(an_order(), alternatives=(CTA,), named_instead=("radiography-chest",))

    card = the_card(a_decision(judgment))

    assert card.summary.endswith("; CTA chest with IV contrast is usually appropriate")
    assert "chest radiograph (drafted) ☢ &lt;0.1 mSv; CTA with contrast ☢☢☢ 1-10 mSv." in card.detail


def test_a_label_carries_the_caution_on_its_study() -> None:
    risky = Alternative("cta-chest-with-contrast", (CautionId.CONTRAST_REACTION,))
    card = the_card(
        a_decision(judged(an_order(), RECURRENT, alternatives=(RADIOGRAPH, risky)), plausible=RECURRENT)
    )

    assert [s.label for s in card.suggestions] == [
        "Replace with chest radiograph",
        "Replace with CTA chest with IV contrast (caution: earlier contrast reaction)",
    ]


def test_alternatives_withheld_for_an_allergy_say_so() -> None:
    judgment = judged(an_order(), allergy_withholds_alternatives=True)

    card = the_card(a_decision(judgment, cautions=REACTION))

    assert card.summary.endswith("; no contrast study is offered after a contrast reaction")
    assert card.detail.count("**Earlier contrast reaction**: Iohexol. ") == 1


def test_an_order_that_cannot_carry_actions_gets_a_card_alone() -> None:
    order = an_order(can_carry_actions=False)

    answer = answer_to(a_decision(judged(order, RECURRENT, alternatives=(CTA,)), plausible=RECURRENT))

    assert [card.suggestions for card in answer.cards] == [()]
    assert answer.system_actions is msgspec.UNSET
    assert "Instead: CTA with contrast ☢☢☢ 1-10 mSv." in answer.cards[0].detail
    assert "Please change this order in the record." in answer.cards[0].detail


def test_cards_follow_the_order_of_the_drafts() -> None:
    second, first = an_order(index=1, id="b"), an_order("ct-chest-without-and-with-contrast", id="a")
    decision = a_decision(judged(second), judged(first))

    summaries = [card.summary for card in cards_of(decision)]

    assert summaries[0].startswith("CT chest without and with IV contrast")
    assert summaries[1].startswith("CT chest without IV contrast")
