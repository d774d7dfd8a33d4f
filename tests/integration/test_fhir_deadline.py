"""A FHIR server that takes longer than it may costs the deadline and its own data."""

import time
from pathlib import Path
from typing import Final

import pytest
from flask.testing import FlaskClient

from cds_service.cards.texts import KIND
from cds_service.knowledge.kinds import Kind
from tests.integration.advice import body_of, client_with, honest_answer, milder_in, missing_in, sending
from tests.integration.gateway import Gateway, Mode
from tests.integration.hapi import HapiServer
from tests.scenarios.replies import answered

pytestmark = pytest.mark.integration

DEADLINE_MS: Final = 400
ENOUGH_MS: Final = 2500  # for what is honest, on a busy machine
MARGIN_SECONDS: Final = 2.5
NEVER_SECONDS: Final = 60.0

LATE: Final = (Mode.SLOW, Mode.HANGS, Mode.DRIPS_HEADERS, Mode.DRIPS_BODY, Mode.DRIPS_CHUNK_SIZE)


@pytest.fixture(scope="module")
def hasty_client(folder: Path) -> FlaskClient:
    return client_with(folder, deadline_ms=DEADLINE_MS)


@pytest.fixture(scope="module")
def patient_client(folder: Path) -> FlaskClient:
    return client_with(folder, deadline_ms=ENOUGH_MS)


@pytest.mark.parametrize("mode", LATE)
@pytest.mark.parametrize(
    "name",
    [
        "order-select/recurrent-ct-without-contrast",
        "order-sign/massive-by-volume",
        "patient-view/patient-view-massive",
    ],
)
def test_an_answer_comes_within_the_deadline_and_says_nothing_milder(
    hasty_client: FlaskClient, hapi: HapiServer, mode: Mode, name: str
) -> None:
    body = body_of(name)

    with Gateway(hapi.base_url, "", mode) as gateway:
        gateway.seconds = NEVER_SECONDS
        start = time.monotonic()
        answer = honest_answer(hasty_client, sending(body, {}, fhirServer=gateway.base_url))
        seconds = time.monotonic() - start

    assert seconds < DEADLINE_MS / 1000 + MARGIN_SECONDS
    assert bool(answer) == (not name.startswith("patient-view"))
    assert not answer or milder_in(answer, answered(hasty_client, body)) == []
    assert not answer or KIND[Kind.CONDITIONS] in missing_in(answer)


@pytest.mark.parametrize("mode", [Mode.SLOW, Mode.DRIPS_BODY])
def test_what_came_in_time_is_used_beside_what_did_not(
    patient_client: FlaskClient, hapi: HapiServer, mode: Mode
) -> None:
    body = body_of("order-select/massive-by-volume")

    with Gateway(hapi.base_url, "", mode).misbehaving_for("Condition") as gateway:
        gateway.seconds = NEVER_SECONDS
        start = time.monotonic()
        answer = answered(patient_client, sending(body, {}, fhirServer=gateway.base_url))
        seconds = time.monotonic() - start

    missing = missing_in(answer)
    assert seconds < ENOUGH_MS / 1000 + MARGIN_SECONDS
    assert answer["cards"][0]["indicator"] == "critical"
    assert KIND[Kind.CONDITIONS] in missing
    assert KIND[Kind.BLEEDING] not in missing
