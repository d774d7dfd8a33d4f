"""A peer: Flask, and a strict fhir.resources model of every resource of the prefetch; nothing is judged."""

from collections.abc import Iterator
from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from flask import Flask, Response, request

app = Flask(__name__)


def resources_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every resource of one prefetch value, a Bundle opened."""
    if not isinstance(value, dict):
        return
    if value.get("resourceType") == "Bundle":
        for entry in value.get("entry", []):
            yield from resources_in(entry.get("resource"))
    elif "resourceType" in value:
        yield value


@app.post("/cds-services/<service_id>")
def call(service_id: str) -> Response:
    """An answer without cards, after every resource was validated."""
    body: dict[str, Any] = request.get_json()
    for value in body["prefetch"].values():
        for resource in resources_in(value):
            get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    return Response('{"cards": []}', content_type="application/json")
