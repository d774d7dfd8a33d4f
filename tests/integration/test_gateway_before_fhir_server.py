"""A gateway before the FHIR server that wants a token, or gives anything but the data: honest cards."""

from collections.abc import Mapping
from typing import Any, Final

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cds_service.cards.texts import KIND
from cds_service.knowledge.kinds import Kind
from tests.integration.advice import (
    KEYS,
    NAMES,
    body_of,
    every_patient,
    honest_answer,
    milder_in,
    missing_in,
    refusal_is_due,
    sending,
)
from tests.integration.gateway import Gateway, Mode
from tests.integration.gateway_answers import STRANGER
from tests.integration.hapi import HapiServer
from tests.scenarios.chart import Json
from tests.scenarios.replies import answered, posted

pytestmark = pytest.mark.integration

TOKEN: Final = "token-of-this-request"

NOTHING_USABLE: Final = (
    Mode.CUTS, Mode.CUTS_BODY, Mode.SERVER_ERROR, Mode.BUSY, Mode.REFUSES, Mode.NOT_FOUND, Mode.REDIRECTS,
    Mode.HTML, Mode.XML, Mode.TRUNCATED_JSON, Mode.NOT_A_RESOURCE, Mode.DEEP_JSON,
)  # fmt: skip
TOO_MUCH: Final = (Mode.HUGE, Mode.HUGE_HEADERS, Mode.GZIP_BOMB)
IN_PART: Final = (Mode.ENDLESS_PAGES, Mode.LOOPING_PAGES, Mode.PAGES_ELSEWHERE)

EXAMPLE: Final = "order-select/recurrent-ct-without-contrast"
NEEDS_CONDITIONS: Final = ("order-select/reason-from-the-chart", "patient-view/patient-view-massive")
TELLING: Final = (
    EXAMPLE,
    "order-select/massive-by-volume",
    "order-select/massive-by-instability",
    "order-select/recurrent-after-embolization",
    "order-select/nonmassive-cta",
    "order-sign/contrast-reaction",
    *NEEDS_CONDITIONS,
)
telling_requests = pytest.mark.parametrize("name", TELLING)

# Which of the two order hooks is called makes no difference to what data are read.
READ_ONCE: Final = tuple(name for name in NAMES if not name.startswith("order-sign/"))

DECIDING: Final = (Kind.CONDITIONS, Kind.BLEEDING, Kind.VITALS, Kind.PROCEDURES)
FOR_CAUTIONS: Final = (Kind.LABS, Kind.ALLERGIES, Kind.MEDICATIONS, Kind.IMAGING)

# What another rating or variant than with all the data is agreed for, by the key that is missing.
AGREED: Final[Mapping[str, frozenset[str]]] = {
    "patient": frozenset({"child"}),  # BEHAVIOUR 4: age unknown, adult rules, and the card says so
}


def bearing(token: str) -> Json:
    """The fhirAuthorization of a request."""
    return {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "patient/*.read",
        "subject": "cds-service",
    }


# --- the token -------------------------------------------------------------------------------------


@every_patient
def test_with_the_token_of_the_request_the_advice_is_the_same(
    client: FlaskClient, hapi: HapiServer, name: str
) -> None:
    body = body_of(name)

    with Gateway(hapi.base_url, TOKEN, Mode.HONEST) as gateway:
        access = {"fhirServer": gateway.base_url, "fhirAuthorization": bearing(TOKEN)}
        answer = answered(client, sending(body, {}, **access))

    assert answer == answered(client, body)
    assert {seen.authorization for seen in gateway.requests} <= {f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    "authorization", [{}, {"fhirAuthorization": bearing("another-token")}], ids=["without", "wrong"]
)
@telling_requests
def test_without_the_right_token_nothing_is_read_and_the_card_says_so(
    client: FlaskClient, hapi: HapiServer, name: str, authorization: Json
) -> None:
    body = body_of(name)

    with Gateway(hapi.base_url, TOKEN, Mode.HONEST) as gateway:
        asked = sending(body, {}, fhirServer=gateway.base_url, **authorization)
        reply = posted(client, asked)

    assert_tells_that_nothing_was_read(client, name, reply)
    assert gateway.requests
    assert "another-token" not in reply.text


# --- everything fails ------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", NOTHING_USABLE)
@telling_requests
def test_a_server_that_gives_nothing_usable_costs_its_data_and_no_more(
    client: FlaskClient, hapi: HapiServer, mode: Mode, name: str
) -> None:
    with Gateway(hapi.base_url, "", mode) as gateway:
        reply = posted(client, sending(body_of(name), {}, fhirServer=gateway.base_url))

    assert_tells_that_nothing_was_read(client, name, reply)


def assert_tells_that_nothing_was_read(client: FlaskClient, name: str, reply: TestResponse) -> None:
    """412 exactly where nothing can be said; else nothing milder, and what was not available."""
    body, answer = body_of(name), reply.get_json()
    assert reply.status_code == (412 if refusal_is_due(body) else 200)
    if reply.status_code == 412:
        assert [issue["code"] for issue in answer["issue"]] == ["incomplete"]
        return
    assert answer["cards"]
    assert milder_in(answer, answered(client, body)) == []
    assert is_confirming_only(answer) or not unsaid(answer, *DECIDING, *FOR_CAUTIONS)


def is_confirming_only(answer: Json) -> bool:
    """Whether the only card is the one line that an order is appropriate (BEHAVIOUR 6)."""
    return not any(card.get("overrideReasons") for card in answer["cards"])


def unsaid(answer: Json, *kinds: Kind) -> list[Kind]:
    """The kinds of data that the cards do not name as missing."""
    missing = missing_in(answer)
    return [kind for kind in kinds if KIND[kind] not in missing]


@pytest.mark.parametrize("mode", TOO_MUCH)
def test_a_server_that_sends_too_much_is_not_read_to_the_end(
    client: FlaskClient, hapi: HapiServer, mode: Mode
) -> None:
    with Gateway(hapi.base_url, "", mode) as gateway:
        reply = posted(client, sending(body_of(EXAMPLE), {}, fhirServer=gateway.base_url))

    assert_tells_that_nothing_was_read(client, EXAMPLE, reply)


@telling_requests
def test_the_data_of_another_patient_are_not_used_and_count_as_not_available(
    client: FlaskClient, hapi: HapiServer, name: str
) -> None:
    body = body_of(name)

    with Gateway(hapi.base_url, "", Mode.WRONG_PATIENT) as gateway:
        reply = posted(client, sending(body, {}, fhirServer=gateway.base_url))

    assert STRANGER not in reply.text
    assert reply.status_code == (412 if refusal_is_due(body) else 200)
    answer = reply.get_json()
    if reply.status_code == 200:
        assert milder_in(answer, answered(client, body)) == []
        assert is_confirming_only(answer) or not unsaid(answer, Kind.CONDITIONS, Kind.VITALS)


@pytest.mark.parametrize("mode", IN_PART)
@telling_requests
def test_pages_that_lead_nowhere_leave_what_came_and_the_card_says_read_in_part(
    client: FlaskClient, hapi: HapiServer, mode: Mode, name: str
) -> None:
    body = body_of(name)

    with Gateway(hapi.base_url, "", mode) as gateway:
        answer = answered(client, sending(body, {}, fhirServer=gateway.base_url))

    assert milder_in(answer, answered(client, body)) == []
    assert is_confirming_only(answer) or "Read in part" in missing_in(answer)


@pytest.mark.parametrize("mode", IN_PART)
def test_what_came_before_the_pages_led_nowhere_still_proves(
    client: FlaskClient, hapi: HapiServer, mode: Mode
) -> None:
    body = body_of("order-select/massive-by-volume")

    with Gateway(hapi.base_url, "", mode) as gateway:
        answer = answered(client, sending(body, {}, fhirServer=gateway.base_url))

    assert [card["indicator"] for card in answer["cards"]] == ["critical", "info"]


# --- one kind of data fails ------------------------------------------------------------------------


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("mode", [Mode.SERVER_ERROR, Mode.PAGES_ELSEWHERE])
def test_no_kind_of_data_makes_anything_milder_by_failing(
    client: FlaskClient, hapi: HapiServer, mode: Mode, key: str
) -> None:
    bodies = {name: body_of(name) for name in READ_ONCE if is_judged_alike(name, key)}

    with Gateway(hapi.base_url, "", mode) as gateway:
        answers = {name: honest_answer(client, without(key, b, gateway)) for name, b in bodies.items()}

    given = {name: answer for name, answer in answers.items() if answer}
    faults = {name: milder_in(given[name], answered(client, bodies[name])) for name in given}
    assert {name: found for name, found in faults.items() if found} == {}
    assert len(given) == len(bodies) or key == "conditions"


def is_judged_alike(name: str, key: str) -> bool:
    return name.partition("/")[2] not in AGREED.get(key, ())


def without(key: str, body: Json, gateway: Gateway) -> Json:
    """The request with everything but one kind of data, which only the server has."""
    sent: dict[str, Any] = {other: value for other, value in body["prefetch"].items() if other != key}
    return sending(body, sent, fhirServer=gateway.base_url)


@pytest.mark.parametrize("kind", [*DECIDING, *FOR_CAUTIONS, Kind.PREGNANCY])
@pytest.mark.parametrize("mode", [Mode.SERVER_ERROR, Mode.PAGES_ELSEWHERE])
def test_the_card_names_the_kind_of_data_that_failed_and_no_other(
    client: FlaskClient, hapi: HapiServer, mode: Mode, kind: Kind
) -> None:
    body = body_of("order-select/pregnancy")

    with Gateway(hapi.base_url, "", mode) as gateway:
        answer = answered(client, without(kind, body, gateway))

    others = {*DECIDING, *FOR_CAUTIONS} - {kind}
    assert not unsaid(answer, kind)
    assert set(unsaid(answer, *others)) == others


def test_an_unknown_age_is_said(client: FlaskClient, hapi: HapiServer) -> None:
    with Gateway(hapi.base_url, "", Mode.SERVER_ERROR) as gateway:
        answer = answered(client, without("patient", body_of("order-select/child"), gateway))

    assert "Age unknown" in answer["cards"][0]["detail"]


def test_procedures_that_cannot_be_read_keep_recurrence_plausible(
    client: FlaskClient, hapi: HapiServer
) -> None:
    body = body_of("order-select/recurrent-after-embolization")

    with Gateway(hapi.base_url, "", Mode.SERVER_ERROR) as gateway:
        answer = answered(client, without("procedures", body, gateway))

    assert milder_in(answer, answered(client, body)) == []


def test_a_confirming_card_says_which_cautions_were_not_assessed(
    client: FlaskClient, hapi: HapiServer
) -> None:
    body = body_of("order-select/nonmassive-cta")

    with Gateway(hapi.base_url, "", Mode.SERVER_ERROR) as gateway:
        answer = answered(client, without("allergies", body, gateway))

    assert KIND[Kind.ALLERGIES] in answer["cards"][0]["detail"]
