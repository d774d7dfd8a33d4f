"""FHIR clients, what they are asked for, and the threads that they start."""

import threading
import time
from dataclasses import replace
from pathlib import Path

from cds_service.outbound.client import FhirClient
from cds_service.settings import settings_from

TOKEN = "secret-token"
DEADLINE_SECONDS = 0.4  # as shipped
LATEST_SECONDS = 1.5  # generous: machines that run tests are noisy
AMPLE_SECONDS = 10.0
MAX_BYTES = 1024 * 1024
MAX_PAGES = 5
QUERIES = {
    "patient": "Patient/1",
    "conditions": "Condition?patient=1",
    "vitals": "Observation?patient=1&code=http://loinc.org|59408-5,http://loinc.org|9279-1",
    "allergies": "AllergyIntolerance?patient=1",
}
OTHERS = ("patient", "vitals", "allergies")


def client_with(
    deadline_seconds: float = AMPLE_SECONDS, *allowed: str, ca_file: Path | None = None, proxy: str = ""
) -> FhirClient:
    milliseconds = round(deadline_seconds * 1000)
    settings = replace(
        settings_from({}),
        fhir_servers=allowed,
        fhir_deadline_ms=milliseconds,
        max_body_bytes=MAX_BYTES,
        ca_file=ca_file,
        https_proxy=proxy,
    )
    return FhirClient(settings, max_pages=MAX_PAGES)


def outbound_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "outbound"]


def ended_within(seconds: float) -> bool:
    """Whether every thread of the client has ended, soon enough."""
    latest = time.monotonic() + seconds
    for thread in outbound_threads():
        thread.join(max(0.0, latest - time.monotonic()))
    return not outbound_threads()


def seconds_since(start: float) -> float:
    return time.monotonic() - start
