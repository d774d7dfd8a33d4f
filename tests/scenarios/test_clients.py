"""Tests that every body of the corpus of clients gets its expected outcome, and nothing beyond it."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.contract.validator import outcome_faults, response_faults
from tests.scenarios import clients
from tests.scenarios.chart import Json
from tests.scenarios.replies import with_stable_uuids

bodies = pytest.mark.parametrize("name", clients.names())
answered_bodies = pytest.mark.parametrize(
    "name", [name for name in clients.names() if clients.outcome_of(name)["status"] == 200]
)


def sent(client: FlaskClient, text: str, service: str) -> TestResponse:
    return client.post(f"/cds-services/{service}", data=text, content_type="application/json")


def reply_to(client: FlaskClient, name: str) -> TestResponse:
    return sent(client, clients.text_of(name), clients.service_of(clients.body_of(name)))


@bodies
def test_a_body_gets_its_expected_outcome(client: FlaskClient, name: str) -> None:
    expected = clients.outcome_of(name)

    reply = reply_to(client, name)

    assert reply.status_code == expected["status"], reply.text
    assert not [word for word in expected.get("neverSays", ()) if word in reply.text]
    if reply.status_code == 200:
        assert_is_answered(json.loads(reply.text), expected)
    else:
        assert_is_refused(json.loads(reply.text), expected)


def assert_is_answered(answer: Json, expected: Json) -> None:
    assert [clients.seen_of(card) for card in answer["cards"]] == [
        {name: value for name, value in card.items() if name not in ("says", "neverSays")}
        for card in expected["cards"]
    ]
    assert clients.ratings_in(answer) == expected["ratings"]
    for card, wanted in zip(answer["cards"], expected["cards"], strict=True):
        words = clients.words_of(card)
        assert not [word for word in wanted.get("says", ()) if word not in words], words
        assert not [word for word in wanted.get("neverSays", ()) if word in words], words


def assert_is_refused(outcome: Json, expected: Json) -> None:
    (issue,) = outcome["issue"]
    assert issue["code"] == expected["issueCode"]
    assert issue.get("expression", [None]) == [expected.get("expression")]


@bodies
def test_an_answer_keeps_the_rules_of_cds_hooks(client: FlaskClient, name: str) -> None:
    reply = reply_to(client, name)

    answer = json.loads(reply.text, parse_float=Decimal)
    request = json.loads(clients.text_of(name), parse_float=Decimal)
    is_refused = reply.status_code != 200
    assert (
        outcome_faults(answer, status=reply.status_code) if is_refused else response_faults(answer, request)
    ) == []


@bodies
def test_which_of_the_services_is_called_does_not_matter(client: FlaskClient, name: str) -> None:
    replies = [sent(client, clients.text_of(name), service) for service in clients.SERVICES]

    assert len({(reply.status_code, with_stable_uuids(reply.text)) for reply in replies}) == 1


@answered_bodies
def test_what_is_not_changed_in_an_order_keeps_its_bytes(client: FlaskClient, name: str) -> None:
    drafts = {resource_name(draft): draft for draft in drafts_in(clients.text_of(name))}

    answer = msgspec.json.decode(reply_to(client, name).data, type=Answer)

    annotated = [action.resource for action in answer.system_actions]
    replacing = [
        a.resource for c in answer.cards for s in c.suggestions for a in s.actions if a.type == "update"
    ]
    assert not [r for r in annotated if changed_members(r, drafts) - {"extension"}]
    assert not [r for r in replacing if changed_members(r, drafts) - {"extension", "code", "reasonCode"}]


@answered_bodies
def test_nothing_of_another_patient_changes_an_answer(client: FlaskClient, name: str) -> None:
    body = clients.body_of(name)

    reply = sent(client, json.dumps(clients.with_another_patient(body)), clients.service_of(body))

    alone = sent(client, json.dumps(body), clients.service_of(body))
    assert with_stable_uuids(reply.text) == with_stable_uuids(alone.text)


def test_the_same_data_would_change_the_answer_if_they_were_the_patients(client: FlaskClient) -> None:
    body = clients.body_of("absolute-references")
    mixed = json.dumps(clients.with_another_patient(body))

    reply = sent(client, mixed.replace(clients.ANOTHER_PATIENT, "lind-nora"), clients.service_of(body))

    assert [card["indicator"] for card in json.loads(reply.text)["cards"]] == ["critical", "info"]


def test_every_body_has_an_outcome_and_every_outcome_a_body() -> None:
    outcomes = clients.names("responses")

    assert clients.names() == outcomes


# --- bytes -----------------------------------------------------------------------------------------

Members = dict[str, msgspec.Raw]


class Action(msgspec.Struct):
    """An action, its resource as the bytes of each member."""

    type: str
    resource: Members


class Suggestion(msgspec.Struct):
    actions: list[Action]


class Card(msgspec.Struct):
    suggestions: list[Suggestion] = []


class Answer(msgspec.Struct, rename="camel"):
    cards: list[Card]
    system_actions: list[Action] = []


class Entry(msgspec.Struct):
    resource: Members | None = None


class Drafts(msgspec.Struct):
    entry: list[Entry] = []


class Context(msgspec.Struct, rename="camel"):
    draft_orders: Drafts | None = None


class Request(msgspec.Struct):
    context: Context


def drafts_in(text: str) -> Iterator[Members]:
    drafts = msgspec.json.decode(text, type=Request).context.draft_orders
    yield from (entry.resource for entry in (drafts.entry if drafts else ()) if entry.resource)


def resource_name(resource: Members) -> tuple[Any, ...]:
    return tuple(bytes(resource.get(member, msgspec.Raw())) for member in ("resourceType", "id"))


def changed_members(resource: Members, drafts: dict[tuple[Any, ...], Members]) -> set[str]:
    """The members that were added, left out or written otherwise than in the draft order."""
    draft = drafts[resource_name(resource)]
    names = draft.keys() | resource.keys()
    return {name for name in names if bytes(draft.get(name, b"-")) != bytes(resource.get(name, b"-"))}
