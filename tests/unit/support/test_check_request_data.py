"""What `check-request` says of the data and of the answer, and how it reads a request in part."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cds_service.fhir.bundles import contents_of
from cds_service.support.captures import read_as_far_as_possible
from cds_service.support.validate import invalidities_in, is_resource_type
from tests.unit.support.builders import RECURRENT, REQUESTS, SECRET, Json, order, report, request

# --- prefetch and data ---------------------------------------------------------------------------------


def test_each_entry_is_shown_with_what_was_made_of_it() -> None:
    condition: Json = {
        "resourceType": "Condition",
        "id": "c1",
        "subject": {"reference": "Patient/p1"},
        "code": {"text": "hemoptysis"},
    }
    others = {**condition, "id": "c2", "subject": {"reference": "Patient/p9"}}
    bundle = {"resourceType": "Bundle", "entry": [{"resource": condition}, {"resource": others}]}

    lines = report(request(order(), prefetch={"item1": bundle, "vitals": None, "conditions": condition}))

    assert "item1 (not a key of discovery: recognized by content)" in lines
    assert "Bundle: opened" in lines
    assert "R4B: type is missing" in lines
    assert "entry[0].resource Condition: used as conditions" in lines
    assert "entry[1].resource Condition: taken for conditions, not used: is another patient's" in lines
    assert "vitals: null, nothing there" in lines
    assert "Condition: taken for conditions, not used: came before" in lines


def test_what_is_missing_and_why_is_told() -> None:
    page = {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": [{"relation": "next", "url": "https://ehr.example/next"}],
        "entry": [{"resource": {"resourceType": "Condition", "id": "c1", "code": {"text": "cough"}}}],
    }
    failed = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing"}]}

    lines = report(request(order(), prefetch={"conditions": page, "vitals": failed}))

    assert "not all there is: page-cut-off" in lines
    assert "failed: tells nothing" in lines
    assert "conditions: incomplete, 1 used" in lines
    assert "vitals: failed, 0 used" in lines


def test_a_search_that_was_narrower_than_ours_is_told() -> None:
    link = {"relation": "self", "url": "https://ehr.example/Condition?patient=p1&category=problem-list-item"}
    entry = {"resource": {"resourceType": "Condition", "id": "c1"}}
    page = {"resourceType": "Bundle", "type": "searchset", "link": [link], "entry": [entry]}

    lines = report(request(order(), prefetch={"item1": page}))

    assert "not all there is: its self link shows a narrower search for conditions than ours" in lines


def test_the_fhir_server_is_named_as_not_asked() -> None:
    body = request(order())
    body |= {"fhirServer": "https://ehr.example/fhir", "fhirAuthorization": {"access_token": SECRET}}

    lines = report(body)

    assert "FHIR server: named, with a token; not asked here, so what it would add is missing below" in lines
    assert not any(SECRET in line for line in lines)


# --- the answer, or the refusal ------------------------------------------------------------------------


def test_the_answer_is_the_one_of_the_service() -> None:
    lines = report(RECURRENT.read_bytes())

    assert "topic: recurrent" in lines
    assert "order 1: rated" in lines
    assert "card, warning: Recurrent hemoptysis" in lines
    assert "[Replace with CTA chest with IV contrast]" in lines
    assert "rating: not-appropriate, usually-not-appropriate" in lines


def test_everything_that_is_wrong_is_told_at_once_and_the_rest_is_read() -> None:
    body = request(order())
    body |= {"hook": "ORDER-SELECT", "prefetch": []}
    del body["context"]["patientId"]
    body["context"]["selections"] = {}

    lines = report(body)

    refusals = [line for line in lines if line.startswith("400 ")]
    assert [line.split(":")[0] for line in refusals] == [
        "400 value",
        "400 required",
        "400 value",
        "400 value",
    ]
    assert "study: ct-chest-without-contrast (by-code)" in lines
    assert "Answer" not in lines


def test_missing_data_are_a_refusal_with_all_that_could_be_read() -> None:
    lines = report(request(order(reasonCode=None)))

    assert lines[0] == "Refused"
    assert lines[1].startswith("412 incomplete: The imaging order gives no reason")
    assert "reason: none" in lines


@pytest.mark.parametrize(
    "file", sorted(REQUESTS.glob("*/*.json")), ids=lambda f: str(f.relative_to(REQUESTS))
)
def test_every_fixture_gets_a_report_without_ids_and_names(file: Path) -> None:
    body = file.read_bytes()
    patient = re.search(rb'"patientId": "(?:.*/)?([^"/]+)"', body)
    if patient:
        body = re.sub(rb"(?<![\w-])" + re.escape(patient[1]) + rb"(?!\w|\":)", SECRET.encode(), body)

    lines = report(body)

    assert lines
    hidden = [SECRET, *re.findall(r'"(?:family|birthDate|fullUrl)": "([^"]+)"', body.decode())]
    assert [line for line in lines if any(text in line for text in hidden)] == []


# --- the parts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", sorted((REQUESTS / "invalid").glob("*.json")), ids=lambda f: f.stem)
def test_whatever_is_a_json_object_can_be_read_in_part(file: Path) -> None:
    body = file.read_bytes()

    request, _ = read_as_far_as_possible(body)

    is_object = body.strip().startswith(b"{") and "cut-off" not in file.name
    assert (request is not None) == is_object


@pytest.mark.parametrize(
    ("resource", "invalidities"),
    [
        ({"resourceType": "Patient", "birthDate": "1970-01-01"}, []),
        ({"resourceType": "ProcedureRequest"}, ["resourceType is no resource type of R4B"]),
        ({"resourceType": "Coding"}, ["resourceType is no resource type of R4B"]),
        ({"id": "x"}, ["resourceType is no resource type of R4B"]),
        (
            {"resourceType": "ServiceRequest", "reasonCode": {}, "status": 5, SECRET + " x": 1},
            [
                "(member) is no element of R4B",
                "intent is missing",
                "reasonCode must be an array",
                "status must be text",
                "subject is missing",
            ],
        ),
        (
            {"resourceType": "Patient", "name": [{"given": SECRET}], "birthDate": SECRET},
            ["birthDate has a value that is not allowed", "name[0].given must be an array"],
        ),
        (
            {
                "resourceType": "Observation",
                "status": "final",
                "code": {},
                "valueString": "x",
                "valueInteger": 1,
            },
            ["resource has elements that exclude each other"],
        ),
    ],
)
def test_r4b_is_checked_strictly_and_no_value_is_told(resource: Json, invalidities: list[str]) -> None:
    found = [str(fault) for fault in invalidities_in(json.dumps(resource).encode())]

    assert found == invalidities


def test_a_type_of_data_is_no_type_of_resource() -> None:
    assert [is_resource_type(name) for name in ("Patient", "Coding", "", "../x")] == [
        True,
        False,
        False,
        False,
    ]


def test_resources_are_found_in_bundles_arrays_and_wrappers_with_their_places() -> None:
    patient = {"resourceType": "Patient", "id": "p"}
    inner = {"resourceType": "Bundle", "entry": [{"resource": patient}]}
    values: list[Any] = [
        patient,
        [patient],
        {"resource": patient, "response": {}},
        {"entry": {"resource": inner}},
    ]

    contents = [contents_of(json.dumps(value).encode(), with_entries=True) for value in values]
    found = [[(entry.path, entry.type) for entry in one.entries or ()] for one in contents]

    assert found == [
        [("", "Patient")],
        [("[0]", "Patient")],
        [("resource", "Patient")],
        [("entry[0].resource.entry[0].resource", "Patient")],
    ]


def test_what_is_not_understood_is_listed_with_why() -> None:
    code = {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]}
    odd: Json = {"resourceType": "Observation", "id": "v1", "status": "final", "code": code}
    odd["valueQuantity"] = {"value": 70, "unit": "Torr"}
    masked = {"resourceType": "Condition", "id": "c1", "subject": {"reference": "Patient/p1"}}
    prefetch = {"vitals": {"entry": [{"resource": odd}]}, "conditions": {"entry": [{"resource": masked}]}}

    lines = report(request(order(), prefetch=prefetch))

    assert any("used as vitals, not wholly understood: unit-not-known" in line for line in lines)
    assert any("taken for conditions, not used: is not understood: without-a-code" in line for line in lines)
    assert "vitals: incomplete, 1 used, 1 could not be read" in lines
    assert "conditions: incomplete, 0 used, 1 could not be read" in lines
