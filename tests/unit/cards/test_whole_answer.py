"""What holds of an answer as a whole: ids, actions, empty members, ratings."""

import msgspec
import pytest

from cds_service.knowledge.model import Variant
from tests.unit.cards.builders import (
    CT,
    CTA,
    EVERY_COMBINATION,
    a_decision,
    an_order,
    an_unknown_order,
    answer_to,
    cards_of,
    judged,
    not_rated,
    settings,
)


@pytest.mark.parametrize("plausible", EVERY_COMBINATION)
def test_every_uuid_of_an_answer_is_its_own(plausible: tuple[Variant, ...]) -> None:
    orders = (an_order(), an_order("ct-chest-without-and-with-contrast", index=1, id="b"))
    decision = a_decision(
        *(judged(order, plausible, alternatives=(CTA, CT)) for order in orders), plausible=plausible
    )

    cards = cards_of(decision)

    uuids = [card.uuid for card in cards] + [s.uuid for card in cards for s in card.suggestions]
    assert len(uuids) == len(set(uuids))


def test_every_action_has_a_description_and_every_suggestion_one_action() -> None:
    decision = a_decision(judged(an_order(), alternatives=(CTA, CT)), complement_for=0)

    answer = answer_to(decision)

    assert not isinstance(answer.system_actions, msgspec.UnsetType)
    suggestions = answer.cards[0].suggestions
    assert all(len(s.actions) == 1 for s in suggestions)
    assert all(a.description for s in suggestions for a in s.actions)
    assert all(action.description for action in answer.system_actions)


def test_empty_members_are_left_out() -> None:
    decision = a_decision(not_rated(an_unknown_order("Thorax"), "not-recognized"))

    written = msgspec.json.decode(msgspec.json.encode(answer_to(decision)))

    assert set(written) == {"cards"}
    assert set(written["cards"][0]) == {"uuid", "summary", "indicator", "source", "links"}


def test_system_actions_come_twice_unless_switched_off() -> None:
    decision = a_decision(judged(an_order()))

    both = msgspec.json.decode(msgspec.json.encode(answer_to(decision)))
    once = msgspec.json.decode(
        msgspec.json.encode(answer_to(decision, settings=settings(extension_system_actions=False)))
    )

    assert both["extension"]["systemActions"] == both["systemActions"]
    assert "extension" not in once


def test_each_suggestion_says_whether_it_is_recommended() -> None:
    decision = a_decision(judged(an_order(), alternatives=(CTA, CT)))

    written = msgspec.json.decode(msgspec.json.encode(answer_to(decision)))

    assert [s["isRecommended"] for s in written["cards"][0]["suggestions"]] == [True, False]


def test_the_same_input_gives_the_same_answer() -> None:
    decision = a_decision(judged(an_order(), alternatives=(CTA, CT)))

    assert msgspec.json.encode(answer_to(decision)) == msgspec.json.encode(
        answer_to(msgspec.structs.replace(decision))
    )
