"""What a client does not send is read from its FHIR server, and the advice is the same."""

import pytest
from flask.testing import FlaskClient

from tests.integration.advice import (
    KEYS,
    Queried,
    body_of,
    every_patient,
    every_request,
    patient_of,
    sending,
    topics_of,
)
from tests.integration.gateway import Gateway, Mode
from tests.integration.hapi import HapiServer
from tests.scenarios.chart import Json
from tests.scenarios.replies import answered

pytestmark = pytest.mark.integration

EXAMPLE = "order-select/recurrent-ct-without-contrast"


@every_request
def test_nothing_sent_and_everything_fetched_gives_the_same_advice(
    client: FlaskClient, hapi: HapiServer, name: str
) -> None:
    body = body_of(name)
    bare = {member: value for member, value in body.items() if member != "prefetch"}

    answer = answered(client, bare | {"fhirServer": hapi.base_url})

    assert answer == answered(client, body)


@pytest.mark.parametrize("sent", [KEYS[::2], KEYS[1::2]], ids=["even", "odd"])
@every_patient
def test_half_sent_and_half_fetched_gives_the_same_advice(
    client: FlaskClient, hapi: HapiServer, name: str, sent: tuple[str, ...]
) -> None:
    body = body_of(name)
    prefetch = {key: body["prefetch"][key] for key in sent}

    answer = answered(client, sending(body, prefetch, fhirServer=hapi.base_url))

    assert answer == answered(client, body)


@pytest.mark.parametrize("value", [{"resourceType": "Bundle", "type": "searchset", "total": 0}, None])
@every_patient
def test_what_is_empty_under_an_unknown_key_is_fetched(
    client: FlaskClient, hapi: HapiServer, name: str, value: Json | None
) -> None:
    body = body_of(name)
    prefetch = {f"item{number}": value for number in range(len(KEYS))}

    answer = answered(client, sending(body, prefetch, fhirServer=hapi.base_url))

    assert answer == answered(client, body)


@every_patient
def test_unknown_keys_give_the_same_advice(
    client: FlaskClient, hapi: HapiServer, queried: Queried, name: str
) -> None:
    body = body_of(name)
    prefetch = {f"item{i}": value for i, value in enumerate(queried(patient_of(body)).values())}

    answer = answered(client, sending(body, prefetch, fhirServer=hapi.base_url))

    assert answer == answered(client, body)


@pytest.mark.parametrize("key", KEYS)
def test_only_what_is_missing_is_asked_for(client: FlaskClient, hapi: HapiServer, key: str) -> None:
    body = body_of(EXAMPLE)
    prefetch = {other: value for other, value in body["prefetch"].items() if other != key}

    with Gateway(hapi.base_url, "", Mode.HONEST) as gateway:
        answer = answered(client, sending(body, prefetch, fhirServer=gateway.base_url))

    assert len(gateway.requests) == 1
    assert answer == answered(client, body)


@pytest.mark.parametrize("name", [EXAMPLE, "order-select/medication-only", "order-select/abdomen-ct"])
def test_nothing_is_asked_for_when_nothing_is_needed(
    client: FlaskClient, hapi: HapiServer, name: str
) -> None:
    body = body_of(name)
    needed = body["prefetch"] if name == EXAMPLE else {}

    with Gateway(hapi.base_url, "", Mode.HONEST) as gateway:
        answered(client, sending(body, needed, fhirServer=gateway.base_url))

    assert gateway.requests == []


@pytest.mark.parametrize("key", ["conditions", "item1"])
def test_a_narrower_query_than_ours_is_asked_again_in_full(
    client: FlaskClient, hapi: HapiServer, key: str
) -> None:
    body = body_of(EXAMPLE)
    active = hapi.search(f"Condition?patient={patient_of(body)}&clinical-status=active")
    others = {other: value for other, value in body["prefetch"].items() if other != "conditions"}
    narrower = sending(body, {**others, key: active})

    alone = answered(client, narrower)
    fetched = answered(client, narrower | {"fhirServer": hapi.base_url})

    assert set(topics_of(alone)) == {"undetermined"}
    assert fetched == answered(client, body)
