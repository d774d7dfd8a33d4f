"""The charts of the fixtures, replayed, get the answers that they get live."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient

from cds_service.evaluate import Evaluation
from cds_service.knowledge.load import load_knowledge
from cds_service.replay.export import FileTally
from cds_service.replay.judging import Judge
from cds_service.replay.lines import KeptLine
from cds_service.replay.past_request import PatientLines
from tests.scenarios.assemble import request_for
from tests.scenarios.catalog import Scenario, scenarios
from tests.scenarios.chart import chart_of
from tests.scenarios.replies import answered, temporary_client
from tests.unit.replay.exports import Json, a_setup

TYPE_OF_KEY = {"conditions": "Condition", "imaging": "DiagnosticReport"}
TYPES = (
    *("Patient", "Condition", "Observation", "Procedure", "AllergyIntolerance", "MedicationRequest"),
    *("MedicationAdministration", "DiagnosticReport", "Encounter"),
)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SIGNED = [scenario for scenario in scenarios() if "order-sign" in scenario.hooks]


@pytest.fixture(scope="module")
def client() -> Iterator[FlaskClient]:
    with temporary_client() as client:
        yield client


def live_request(scenario: Scenario) -> Json:
    """The request of the fixture, its drafts in the order of their ids, which is all an export tells."""
    body = request_for(scenario, "order-sign", load_knowledge())
    body["context"]["draftOrders"]["entry"].sort(key=lambda entry: str(entry["resource"]["id"]))
    return body


def exported(scenario: Scenario, body: Json) -> list[KeptLine]:
    """The chart and the orders as an export has them, long after they were signed."""
    chart = [
        KeptLine(scenario.patient, "chart", msgspec.json.encode(one)) for one in chart_of(scenario.patient)
    ]
    drafts = (entry["resource"] for entry in body["context"]["draftOrders"]["entry"])
    signed = (
        draft | {"status": "completed", "intent": "order", "authoredOn": scenario.judge_at}
        for draft in drafts
    )
    return [*chart, *(KeptLine(scenario.patient, "order", msgspec.json.encode(order)) for order in signed)]


@cache
def judge_without(*types: str, reads_cards: bool = True) -> Judge:
    """A judge of an export that has no file of these types."""
    setup = a_setup().after(FileTally("", types=dict.fromkeys(set(TYPES) - {*types}, 1)))
    return Judge(replace(setup, reads_cards=reads_cards))


def not_sent(scenario: Scenario) -> Iterator[str]:
    return (TYPE_OF_KEY[key] for key in scenario.not_sent)


def without_uuids(response: Any) -> Any:
    return json.loads(UUID.sub("uuid", json.dumps(response)).replace("00000000-0000-4000-8000-", ""))


@pytest.mark.parametrize("scenario", SIGNED, ids=lambda scenario: scenario.name)
def test_a_fixture_that_is_replayed_gets_its_live_answer(client: FlaskClient, scenario: Scenario) -> None:
    body = live_request(scenario)
    chart = PatientLines(exported(scenario, body), None)
    answers = list(judge_without(*not_sent(scenario)).answers(scenario.patient, chart))

    assert len(answers) == 1
    for each in answers:
        assert isinstance(each.result, Evaluation)
        response = json.loads(msgspec.json.encode(each.result.response))
        live = answered(client, body)
        assert without_uuids(response) == without_uuids(live)


@pytest.mark.parametrize("scenario", SIGNED, ids=lambda scenario: scenario.name)
def test_the_words_of_cards_that_nobody_reads_make_no_difference_to_a_row(scenario: Scenario) -> None:
    lines = exported(scenario, live_request(scenario))
    read, unread = (
        [*judge_without(*not_sent(scenario), reads_cards=reads).rows(scenario.patient, lines)]
        for reads in (True, False)
    )

    assert read
    assert unread == read
