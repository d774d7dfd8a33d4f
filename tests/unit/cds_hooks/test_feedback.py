"""The feedback of a CDS Client, read item by item."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.cds_hooks.feedback import MOST_ITEMS, FeedbackItem, OverrideReason, feedback_from_json
from cds_service.errors import BadRequest, BadValue, RequiredMissing, TooLarge

CARD = "4e0a3a1e-3283-4575-ab82-028d55fe2719"
SUGGESTION = "e56e1945-20b3-4393-8503-a1a20fd73152"
SECRET = "Jane Doe"


def accepted(**changes: Any) -> dict[str, Any]:
    item = {
        "card": CARD,
        "outcome": "accepted",
        "acceptedSuggestions": [{"id": SUGGESTION}],
        "outcomeTimestamp": "2026-11-24T10:05:31Z",
    }
    return item | changes


def overridden(**changes: Any) -> dict[str, Any]:
    return {"card": CARD, "outcome": "overridden", "outcomeTimestamp": "2026-11-24T10:05:31Z"} | changes


def body_of(*items: object) -> bytes:
    return json.dumps({"feedback": items}).encode()


def read_one(item: object) -> FeedbackItem:
    batch = feedback_from_json(body_of(item))
    assert batch.faults == ()
    (read,) = batch.items
    return read


def test_an_accepted_suggestion_is_read() -> None:
    assert read_one(accepted()) == FeedbackItem(
        card=CARD,
        outcome="accepted",
        outcome_timestamp=datetime(2026, 11, 24, 10, 5, 31, tzinfo=UTC),
        accepted_suggestions=(SUGGESTION,),
    )


def test_an_overridden_card_without_a_reason_is_read() -> None:
    read = read_one(overridden(overrideReason=None, acceptedSuggestions=None))

    assert (read.outcome, read.override_reason) == ("overridden", OverrideReason())


def test_ids_that_are_uuids_are_read_as_we_write_them() -> None:
    read = read_one(accepted(card=CARD.upper(), acceptedSuggestions=[{"id": SUGGESTION.upper()}]))
    other = read_one(accepted(card=f"Card-{CARD.upper()}"))

    assert (read.card, read.accepted_suggestions) == (CARD, (SUGGESTION,))
    assert other.card == f"Card-{CARD.upper()}"


@pytest.mark.parametrize("empty", [{}, {"reason": None}, {"reason": {}}, {"reason": {"code": ""}}])
@pytest.mark.parametrize(
    ("empty_one", "filled"), [("overrideReason", "overrideReasons"), ("overrideReasons", "overrideReason")]
)
def test_an_empty_reason_hides_no_filled_one(empty: dict[str, Any], empty_one: str, filled: str) -> None:
    read = read_one(overridden(**{empty_one: empty, filled: {"reason": {"code": "other"}}}))

    assert read.override_reason == OverrideReason(code="other")


@pytest.mark.parametrize("member", ["overrideReason", "overrideReasons"])
def test_an_override_reason_is_read_under_its_own_name_and_under_epics(member: str) -> None:
    reason = {
        "reason": {"code": "already-done", "system": "https://example.org/reasons", "display": "Done"},
        "userComment": "CT done elsewhere",
        "extension": {"com.example": [1]},
    }

    read = read_one(overridden(**{member: reason}))

    assert read.override_reason == OverrideReason(
        "already-done", "https://example.org/reasons", "Done", "CT done elsewhere"
    )


def test_a_comment_alone_is_a_reason() -> None:
    read = read_one(overridden(overrideReasons={"userComment": "see note", "extension": {}}))

    assert read.override_reason == OverrideReason(user_comment="see note")


def test_a_time_with_an_offset_is_read_in_utc() -> None:
    read = read_one(overridden(outcomeTimestamp="2026-11-24T12:05:31.5+02:00"))

    assert read.outcome_timestamp == datetime(2026, 11, 24, 10, 5, 31, 500_000, tzinfo=UTC)


def test_a_time_without_an_offset_is_in_utc_as_the_specification_has_them() -> None:
    read = read_one(overridden(outcomeTimestamp="2026-11-24T10:05:31"))

    assert read.outcome_timestamp == datetime(2026, 11, 24, 10, 5, 31, tzinfo=UTC)


def test_an_empty_batch_holds_nothing() -> None:
    batch = feedback_from_json(body_of())

    assert (batch.items, batch.faults) == ((), ())


def test_one_bad_item_is_named_and_costs_none_of_the_good_ones() -> None:
    batch = feedback_from_json(body_of(accepted(), overridden(), overridden(outcome="ignored"), accepted()))

    assert [item.outcome for item in batch.items] == ["accepted", "overridden", "accepted"]
    assert [fault.message for fault in batch.faults] == [
        'feedback[2].outcome: expected "accepted" or "overridden"'
    ]


def test_of_many_bad_items_the_first_are_named_and_the_rest_are_counted() -> None:
    batch = feedback_from_json(body_of(overridden(), *[{}] * 999))

    refusal = batch.refusal()

    assert (len(batch.items), batch.refused) == (1, 999)
    named = refusal.message.split("; ")
    assert named[0] == "feedback[1].card: expected the uuid of a card"
    assert named[19:] == [
        "feedback[20].card: expected the uuid of a card",
        "and 979 more items that cannot be read",
    ]


def test_more_items_than_the_limit_are_refused_together_and_told_how_many_may_come() -> None:
    assert len(feedback_from_json(body_of(*[overridden()] * MOST_ITEMS)).items) == MOST_ITEMS

    with pytest.raises(TooLarge) as refused:
        feedback_from_json(body_of(*[overridden()] * (MOST_ITEMS + 1)))

    assert refused.value.expression == "feedback"
    assert refused.value.message == (
        "feedback: expected at most 1000 items, 1001 came and none was kept; send them in several requests"
    )


def reason(**coding: str) -> dict[str, Any]:
    return {"overrideReason": {"reason": coding}}


@pytest.mark.parametrize(
    ("longest", "member"),
    [
        (lambda more: overridden(card="x" * (256 + more)), "card"),
        (
            lambda more: accepted(acceptedSuggestions=[{"id": "x" * (256 + more)}]),
            "acceptedSuggestions[0].id",
        ),
        (lambda more: accepted(acceptedSuggestions=[{"id": "x"}] * (100 + more)), "acceptedSuggestions"),
        (lambda more: overridden(**reason(code="x" * (1024 + more))), "overrideReason.reason.code"),
        (lambda more: overridden(**reason(system="x" * (1024 + more))), "overrideReason.reason.system"),
        (lambda more: overridden(**reason(display="x" * (1024 + more))), "overrideReason.reason.display"),
        (
            lambda more: overridden(overrideReason={"userComment": "\u00e9" * (10_000 + more)}),
            "overrideReason.userComment",
        ),
        (
            lambda more: overridden(overrideReasons={"userComment": "x" * (10_000 + more)}),
            "overrideReasons.userComment",
        ),
    ],
)
def test_each_text_and_list_has_a_limit_and_what_is_longer_is_named_and_not_quoted(
    longest: Callable[[int], dict[str, Any]], member: str
) -> None:
    read_one(longest(0))

    fault = feedback_from_json(body_of(longest(1))).refusal()

    assert fault.expression == f"feedback[0].{member}"
    assert fault.message.startswith(f"feedback[0].{member}: expected ")
    assert len(fault.message) < 150


@pytest.mark.parametrize("count", [2, 20])
def test_a_few_bad_items_are_all_named(count: int) -> None:
    refusal = feedback_from_json(body_of(*[{}] * count)).refusal()

    assert [part.partition(".")[0] for part in refusal.message.split("; ")] == [
        f"feedback[{index}]" for index in range(count)
    ]


def test_a_single_bad_item_keeps_its_place_and_its_code() -> None:
    refusal = feedback_from_json(body_of({})).refusal()

    assert (refusal.expression, refusal.issue_code) == ("feedback[0].card", "required")


@pytest.mark.parametrize(
    ("item", "place", "kind"),
    [
        (None, "", BadRequest),
        ("text", "", BadRequest),
        ([], "", BadRequest),
        ({}, ".card", RequiredMissing),
        (overridden(card=None), ".card", BadValue),
        (overridden(card=""), ".card", BadValue),
        (overridden(card="a\0b"), ".card", BadValue),
        (overridden(card="x" * 2000), ".card", BadValue),
        (overridden(outcome=SECRET), ".outcome", BadValue),
        (overridden(outcome="Accepted"), ".outcome", BadValue),
        (overridden(outcomeTimestamp=SECRET), ".outcomeTimestamp", BadValue),
        (overridden(outcomeTimestamp="2026-11-24"), ".outcomeTimestamp", BadValue),
        (overridden(outcomeTimestamp="2026-02-30T00:00:00Z"), ".outcomeTimestamp", BadValue),
        (overridden(outcomeTimestamp="0001-01-01T00:00:00+14:00"), ".outcomeTimestamp", BadValue),
        (overridden(outcomeTimestamp=1764000000), ".outcomeTimestamp", BadValue),
        (accepted(acceptedSuggestions=None), ".acceptedSuggestions", RequiredMissing),
        (accepted(acceptedSuggestions=[]), ".acceptedSuggestions", RequiredMissing),
        (accepted(acceptedSuggestions=SUGGESTION), ".acceptedSuggestions", BadValue),
        (accepted(acceptedSuggestions=[SUGGESTION]), ".acceptedSuggestions[0]", BadValue),
        (accepted(acceptedSuggestions=[{"id": "1"}, {}]), ".acceptedSuggestions[1].id", RequiredMissing),
        (accepted(acceptedSuggestions=[{"id": 1}]), ".acceptedSuggestions[0].id", BadValue),
        (overridden(overrideReason=SECRET), ".overrideReason", BadValue),
        (overridden(overrideReason={"reason": SECRET}), ".overrideReason.reason", BadValue),
        (overridden(overrideReasons={"reason": {"code": 1}}), ".overrideReasons.reason.code", BadValue),
        (overridden(overrideReason={"userComment": [SECRET]}), ".overrideReason.userComment", BadValue),
    ],
)
def test_a_fault_names_the_place_and_quotes_nothing(item: object, place: str, kind: type[BadRequest]) -> None:
    batch = feedback_from_json(body_of(overridden(), item))

    (fault,) = batch.faults
    assert type(fault) is kind
    assert fault.expression == f"feedback[1]{place}"
    assert fault.message.startswith(f"feedback[1]{place}: expected ")
    assert SECRET not in fault.message


@pytest.mark.parametrize(
    ("body", "kind", "place"),
    [
        (b"", BadRequest, ""),
        (b"not json", BadRequest, ""),
        (b"null", BadRequest, ""),
        (b"[]", BadRequest, ""),
        (b'{"feedback": [', BadRequest, ""),
        (b"[" * 100_000, BadRequest, ""),
        (b'{"feedback": [' + b"[" * 100_000, BadRequest, ""),
        (b"{}", RequiredMissing, "feedback"),
        (b'{"feedback": null}', BadRequest, "feedback"),
        (b'{"feedback": {}}', BadRequest, "feedback"),
    ],
)
def test_a_body_without_a_feedback_array_is_refused_as_a_whole(
    body: bytes, kind: type[BadRequest], place: str
) -> None:
    with pytest.raises(BadRequest) as raised:
        feedback_from_json(body)

    assert type(raised.value) is kind
    assert raised.value.expression == place


def test_bytes_that_are_not_utf8_cost_their_own_item_only() -> None:
    broken = json.dumps(overridden(card="CARD")).encode().replace(b"CARD", b"\xff")
    good = json.dumps(overridden()).encode()

    batch = feedback_from_json(b'{"feedback": [' + broken + b"," + good + b"]}")

    assert len(batch.items) == 1
    assert [fault.expression for fault in batch.faults] == ["feedback[0]"]


def test_a_comment_cut_off_within_an_emoji_is_kept_without_it() -> None:
    read = read_one(overridden(overrideReason={"userComment": "fine \ud83d"}))

    assert read.override_reason.user_comment == "fine ?"


def test_a_comment_with_a_character_that_no_database_takes_is_kept_without_it() -> None:
    read = read_one(overridden(overrideReason={"userComment": "a\0b"}))

    assert read.override_reason.user_comment == "a\N{REPLACEMENT CHARACTER}b"


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
MEMBERS = ["card", "outcome", "outcomeTimestamp", "acceptedSuggestions", "overrideReason", "overrideReasons"]


@given(st.lists(st.dictionaries(st.sampled_from(MEMBERS), ANY_JSON) | ANY_JSON, max_size=4))
def test_whatever_the_items_are_each_is_kept_or_named(items: list[Any]) -> None:
    try:
        batch = feedback_from_json(body_of(*items))
    except BadRequest:
        return

    assert len(batch.items) + batch.refused == len(items)


@given(st.binary())
def test_whatever_the_bytes_are_the_answer_is_a_batch_or_a_bad_request(body: bytes) -> None:
    try:
        feedback_from_json(body)
    except BadRequest as fault:
        assert fault.message  # noqa: PT017 - both outcomes are right, an error of another kind is not
