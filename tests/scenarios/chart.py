"""A fixture patient's chart, searched as a FHIR server would for the service's prefetch templates."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from tests.scenarios.catalog import FIXTURES

Json = dict[str, Any]

BASE_URL: Final = "https://hospital.example/fhir"

# Where the date of a resource stands, by the name of the search parameter that sorts by it.
_DATES: Final = {
    "recorded-date": ("recordedDate",),
    "authoredon": ("authoredOn",),
    "effective-time": ("effectivePeriod", "effectiveDateTime"),
    "date": ("effectiveDateTime", "effectivePeriod", "performedDateTime", "recordedDate", "period"),
}


def chart_of(patient: str) -> list[Json]:
    """The resources of the transaction Bundle in fixtures/patients."""
    bundle = json.loads((FIXTURES / "patients" / f"{patient}.json").read_text(encoding="utf-8"))
    return [entry["resource"] for entry in bundle["entry"]]


def answer_to(query: str, chart: list[Json]) -> Json:
    """The resource that `Type/id` names, or the searchset Bundle that `Type?parameters` finds."""
    path, _, parameters = query.partition("?")
    if not parameters:
        resource_type, _, wanted = path.partition("/")
        return next(r for r in chart if r["resourceType"] == resource_type and r["id"] == wanted)
    return _searchset(path, dict(parse_qsl(parameters, strict_parsing=True)), chart)


def _searchset(resource_type: str, parameters: dict[str, str], chart: list[Json]) -> Json:
    sort, count = parameters.pop("_sort").removeprefix("-"), int(parameters.pop("_count"))
    found = [r for r in chart if r["resourceType"] == resource_type and _matches(r, parameters)]
    newest_first = sorted(found, key=lambda resource: _date(resource, sort), reverse=True)
    entries = [
        {
            "fullUrl": f"{BASE_URL}/{resource_type}/{resource['id']}",
            "resource": resource,
            "search": {"mode": "match"},
        }
        for resource in newest_first[:count]
    ]
    bundle: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
    return bundle | {"entry": entries} if entries else bundle


def _matches(resource: Json, parameters: Mapping[str, str]) -> bool:
    return all(_has(resource, name, values.split(",")) for name, values in parameters.items())


def _has(resource: Json, name: str, values: list[str]) -> bool:
    match name:
        case "patient":
            patient = resource.get("subject") or resource["patient"]
            return patient["reference"].removeprefix("Patient/") in values
        case "status":
            return resource["status"] in values
        case "code" | "category":
            return not set(values).isdisjoint(_tokens(resource.get(name)))
        case _:
            raise ValueError(f"unexpected search parameter {name}")


def _tokens(value: Any) -> Iterator[str]:
    """With and without the system: a bare code finds that of any system."""
    concepts = value if isinstance(value, list) else [value]
    for concept in concepts:
        for coding in (concept or {}).get("coding", ()):
            yield from (f"{coding['system']}|{coding['code']}", coding["code"])


def _date(resource: Json, parameter: str) -> str:
    """As text that sorts by time: all instants of the fixtures are in UTC."""
    values = (resource.get(name) for name in _DATES[parameter])
    written = next((value for value in values if value), "")
    return str(written.get("end", written["start"]) if isinstance(written, dict) else written)
