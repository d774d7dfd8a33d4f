"""What the gateway answers when it means well, and what is made of that when it does not."""

from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

BASE_PATH: Final = "/fhir"
FHIR_JSON: Final = "application/fhir+json;charset=utf-8"
UPSTREAM_SECONDS: Final = 60
STRANGER: Final = "stranger-to-every-chart"


def from_upstream(upstream: str, path: str, base_url: str) -> tuple[int, str]:
    parts = urlsplit(upstream)
    connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=UPSTREAM_SECONDS)
    try:
        connection.request("GET", parts.path + path.removeprefix(BASE_PATH), headers={"Accept": FHIR_JSON})
        answer = connection.getresponse()
        return answer.status, answer.read().decode().replace(upstream, base_url)
    finally:
        connection.close()


def canned_answer(canned: Mapping[str, Any], path: str) -> Any:
    parts = urlsplit(path)
    resource_type, _, resource_id = parts.path.removeprefix(f"{BASE_PATH}/").partition("/")
    if resource_type in canned:
        return canned[resource_type]
    if resource_id:
        return {"resourceType": resource_type, "id": resource_id}
    patient = parse_qs(parts.query).get("patient", ["1"])[0]
    resource = {
        "resourceType": resource_type,
        "id": f"{resource_type}-1",
        "subject": {"reference": f"Patient/{patient}"},
    }
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": resource}]}


def outcome(code: str) -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code}]}


def with_next(answer: Mapping[str, Any], url: str) -> dict[str, Any]:
    return {**answer, "link": [{"relation": "next", "url": url}]}


def of_a_stranger(value: Any) -> Any:
    """The same JSON with every reference to a patient, and every patient's id, changed."""
    if isinstance(value, list):
        return [of_a_stranger(item) for item in value]
    if not isinstance(value, dict):
        return value
    changed = {name: of_a_stranger(item) for name, item in value.items()}
    if "Patient/" in str(value.get("reference", "")):
        changed["reference"] = f"Patient/{STRANGER}"
    return {**changed, "id": STRANGER} if value.get("resourceType") == "Patient" else changed
