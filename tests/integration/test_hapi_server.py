"""Tests that the HAPI FHIR test server stores, searches and validates, before other tests rely on it."""

from typing import Any

import pytest

from tests.integration.hapi import HapiServer

pytestmark = pytest.mark.integration

SNOMED = "http://snomed.info/sct"
PATIENT_ID = "hapi-server-smoke"


def _transaction(*resources: dict[str, Any]) -> dict[str, Any]:
    entries = [
        {
            "resource": resource,
            "request": {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"},
        }
        for resource in resources
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def _service_request(**changes: object) -> dict[str, Any]:
    return {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "plan",
        "code": {
            "coding": [{"system": SNOMED, "code": "169069000", "display": "Computed tomography of chest"}]
        },
        "subject": {"reference": f"Patient/{PATIENT_ID}"},
        **changes,
    }


def test_a_loaded_patient_is_found_by_the_next_equal_search(hapi_server: HapiServer) -> None:
    query = f"Patient?_id={PATIENT_ID}"
    before = hapi_server.search(query)

    hapi_server.load(_transaction({"resourceType": "Patient", "id": PATIENT_ID, "gender": "female"}))

    after = hapi_server.search(query)
    assert before.get("entry", []) == []
    assert [entry["resource"]["gender"] for entry in after["entry"]] == ["female"]


@pytest.mark.parametrize(
    ("changes", "named_by_each_error"),
    [
        pytest.param({}, [], id="valid"),
        pytest.param({"status": "on-paper"}, ["status"], id="code-outside-the-required-value-set"),
        pytest.param({"subject": None}, ["subject"], id="required-element-missing"),
    ],
)
def test_validate_names_the_errors_of_a_service_request_and_finds_none_in_a_good_one(
    hapi_server: HapiServer, changes: dict[str, Any], named_by_each_error: list[str]
) -> None:
    resource = {name: value for name, value in _service_request(**changes).items() if value is not None}

    errors = hapi_server.validate(resource)

    assert len(errors) == len(named_by_each_error), errors
    assert all(name in error for name, error in zip(named_by_each_error, errors, strict=True))
