"""The prefetch templates as queries to a real FHIR server give the advice of the fixture prefetch."""

from collections.abc import Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.integration.advice import KEYS, Queried, body_of, every_request, patient_of, sending
from tests.integration.hapi import HapiServer
from tests.scenarios.catalog import FIXTURES
from tests.scenarios.chart import Json, answer_to, chart_of
from tests.scenarios.replies import answered

pytestmark = pytest.mark.integration

PATIENTS = sorted(file.stem for file in (FIXTURES / "patients").glob("*.json"))


def ids_in(answer: Json) -> list[str]:
    entries = answer.get("entry", ()) if answer["resourceType"] == "Bundle" else [{"resource": answer}]
    return [f"{entry['resource']['resourceType']}/{entry['resource']['id']}" for entry in entries]


def as_null_if_empty(answer: Json) -> Json | None:
    return answer if ids_in(answer) else None


def test_discovery_lists_every_key(templates: Mapping[str, str]) -> None:
    assert set(templates) == set(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_a_template_finds_in_the_server_what_the_fixture_prefetch_holds(
    hapi: HapiServer, templates: Mapping[str, str], key: str
) -> None:
    queries = {patient: templates[key].replace("{{context.patientId}}", patient) for patient in PATIENTS}

    found = {patient: ids_in(hapi.search(query)) for patient, query in queries.items()}

    held = {patient: ids_in(answer_to(query, chart_of(patient))) for patient, query in queries.items()}
    assert {patient: sorted(ids) for patient, ids in found.items()} == {p: sorted(i) for p, i in held.items()}
    assert any(found.values()), "a template that finds nothing in any chart shows nothing"


@every_request
def test_the_templates_run_as_queries_give_the_same_advice(
    client: FlaskClient, queried: Queried, name: str
) -> None:
    body = body_of(name)

    answer = answered(client, sending(body, queried(patient_of(body))))

    assert answer == answered(client, body)


@every_request
def test_null_for_a_query_that_finds_nothing_gives_the_same_advice(
    client: FlaskClient, queried: Queried, name: str
) -> None:
    body = body_of(name)
    prefetch: dict[str, Any] = queried(patient_of(body))

    answer = answered(client, sending(body, {k: as_null_if_empty(v) for k, v in prefetch.items()}))

    assert answer == answered(client, body)
