"""Tests that every fixture request gets its expected response, in whatever order its data come."""

import json
import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.contract.fhir_validity import errors_in
from tests.contract.validator import outcome_faults, response_faults
from tests.scenarios.assemble import as_text, every_request
from tests.scenarios.catalog import FIXTURES
from tests.scenarios.chart import Json
from tests.scenarios.replies import answered, posted

REQUESTS = FIXTURES / "requests"
RESPONSES = FIXTURES / "responses"
HOOKS = ("order-select", "order-sign", "patient-view")

valid_requests = pytest.mark.parametrize(
    "name", [str(f.relative_to(REQUESTS)) for hook in HOOKS for f in sorted((REQUESTS / hook).glob("*.json"))]
)
invalid_requests = pytest.mark.parametrize(
    "name", [f.name for f in sorted((REQUESTS / "invalid").glob("*.json"))]
)
patients = pytest.mark.parametrize(
    "file", sorted((FIXTURES / "patients").glob("*.json")), ids=lambda file: file.stem
)


def read(file: Path) -> Json:
    content: Json = json.loads(file.read_text(encoding="utf-8"))
    return content


def actions_in(answer: Json) -> Iterator[Json]:
    yield from answer.get("systemActions", ())
    for card in answer["cards"]:
        for suggestion in card.get("suggestions", ()):
            yield from suggestion["actions"]


def in_another_order(body: Json, seed: str) -> Json:
    """The same data: prefetch keys shuffled, the entries of every Bundle reversed."""
    keys = list(body["prefetch"])
    random.Random(seed).shuffle(keys)
    return body | {"prefetch": {key: _reversed_entries(body["prefetch"][key]) for key in keys}}


def _reversed_entries(resource: Json) -> Json:
    return resource | {"entry": resource["entry"][::-1]} if "entry" in resource else resource


@valid_requests
def test_a_fixture_request_gets_its_expected_response(client: FlaskClient, name: str) -> None:
    answer = answered(client, read(REQUESTS / name))

    assert answer == read(RESPONSES / name)


@valid_requests
def test_an_answer_keeps_the_rules_of_cds_hooks(client: FlaskClient, name: str) -> None:
    text = (REQUESTS / name).read_text(encoding="utf-8")

    reply = posted(client, json.loads(text))

    answer = json.loads(reply.text, parse_float=Decimal)
    assert response_faults(answer, json.loads(text, parse_float=Decimal)) == []


@valid_requests
def test_every_resource_in_an_action_is_valid(client: FlaskClient, name: str) -> None:
    answer = answered(client, read(REQUESTS / name))

    errors = [errors_in(action["resource"]) for action in actions_in(answer)]
    assert not any(errors), errors


@valid_requests
def test_the_order_of_the_data_does_not_matter(client: FlaskClient, name: str) -> None:
    body = read(REQUESTS / name)

    answer = answered(client, in_another_order(body, seed=name))

    assert answer == answered(client, body)


@invalid_requests
def test_an_invalid_request_is_refused_as_expected(client: FlaskClient, name: str) -> None:
    text = (REQUESTS / "invalid" / name).read_text(encoding="utf-8")
    hook = next((hook for hook in HOOKS if f'"hook": "{hook}"' in text), "order-select")

    reply = client.post(
        f"/cds-services/hemoptysis-imaging-{hook}", data=text, content_type="application/json"
    )

    outcome = json.loads(reply.text)
    assert outcome_faults(outcome, status=reply.status_code) == []
    issue_code = outcome["issue"][0]["code"]
    assert {"status": reply.status_code, "issueCode": issue_code} == read(RESPONSES / "invalid" / name)


@patients
def test_a_patient_is_a_transaction_of_puts_of_valid_resources(file: Path) -> None:
    bundle = read(file)

    requests = [entry["request"] for entry in bundle["entry"]]
    names = [f"{entry['resource']['resourceType']}/{entry['resource']['id']}" for entry in bundle["entry"]]
    assert bundle["type"] == "transaction"
    assert requests == [{"method": "PUT", "url": name} for name in names]
    assert errors_in(bundle) == {}


@patients
def test_every_resource_of_a_patient_is_about_that_patient_and_named_after_it(file: Path) -> None:
    patient, *others = [entry["resource"] for entry in read(file)["entry"]]

    subjects = {(other.get("subject") or other["patient"])["reference"] for other in others}
    assert (patient["resourceType"], patient["id"]) == ("Patient", file.stem)
    assert subjects == {f"Patient/{file.stem}"}
    assert all(other["id"].startswith(f"{file.stem}-") for other in others)


def test_the_requests_are_what_the_assembler_makes() -> None:
    expected = {f"{hook}/{name}.json": as_text(body) for hook, name, body in every_request()}

    found = _texts_of(REQUESTS, *HOOKS)

    assert found == expected, "run `python -m tests.scenarios.assemble`, then read what changed"


def test_every_request_has_a_response_and_every_response_a_request() -> None:
    folders = (*HOOKS, "invalid")

    assert _texts_of(REQUESTS, *folders).keys() == _texts_of(RESPONSES, *folders).keys()


def test_every_patient_is_used() -> None:
    used: set[Any] = {body["context"]["patientId"] for _, _, body in every_request()}

    assert used == {file.stem for file in (FIXTURES / "patients").glob("*.json")}


def _texts_of(root: Path, *folders: str) -> dict[str, str]:
    files = [file for folder in folders for file in (root / folder).glob("*.json")]
    return {str(file.relative_to(root)): file.read_text(encoding="utf-8") for file in files}
