"""How long one answer takes, against plain ways to read the same request: `python -m bench.measure`.

Each way runs in turns with the others, so that a busy machine slows all of them alike; what counts
is the ratio of the medians, not the milliseconds.
"""

import json
import resource
import statistics
import time
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fhir.resources.R4B import get_fhir_model_class

from cds_service.app import consultation_from
from cds_service.cds_hooks.parse import hook_request_from
from cds_service.settings import settings_from
from cds_service.support.captures import asked

REQUEST = Path("fixtures/requests/order-select/recurrent-ct-without-contrast.json")
ROUNDS = 200
LARGE = 200


def resources_in(value: Any) -> list[dict[str, Any]]:
    """Every resource of the prefetch and the drafts, Bundles opened."""
    if not isinstance(value, dict):
        return []
    if value.get("resourceType") == "Bundle":
        return [r for entry in value.get("entry", []) for r in resources_in(entry.get("resource"))]
    return [value] if "resourceType" in value else []


def validated(body: bytes) -> int:
    """Builds the JSON tree and a strict fhir.resources model of every resource."""
    request = json.loads(body)
    parts = [*request["prefetch"].values(), request["context"].get("draftOrders")]
    resources = [resource for part in parts for resource in resources_in(part)]
    for one in resources:
        get_fhir_model_class(one["resourceType"]).model_validate(one)
    return len(resources)


def with_many_observations(body: bytes) -> bytes:
    """The same request with a long page of vital signs, as a ward sends it."""
    request = json.loads(body)
    entries = request["prefetch"]["vitals"]["entry"]
    pattern = entries[0]["resource"]
    entries += [{"resource": {**pattern, "id": f"more-{n}"}} for n in range(LARGE)]
    return json.dumps(request).encode()


def ways(body: bytes) -> Mapping[str, Callable[[], object]]:
    """What is measured, by name; the first is the unit."""
    consultation = consultation_from(settings_from({}))
    return {
        "json.loads of the body": lambda: json.loads(body),
        "this service: envelope only": lambda: hook_request_from(body),
        "this service: whole answer": lambda: asked(body, None, consultation),
        "fhir.resources: strict model of each resource": lambda: validated(body),
    }


def medians(measured: Mapping[str, Callable[[], object]]) -> dict[str, tuple[float, float]]:
    """Median wall and CPU milliseconds of each way, the ways taking turns."""
    walls: dict[str, list[float]] = {name: [] for name in measured}
    cpus: dict[str, list[float]] = {name: [] for name in measured}
    for _ in range(ROUNDS):
        for name, run in measured.items():
            wall, cpu = time.perf_counter(), time.process_time()
            run()
            walls[name].append((time.perf_counter() - wall) * 1000)
            cpus[name].append((time.process_time() - cpu) * 1000)
    return {name: (statistics.median(walls[name]), statistics.median(cpus[name])) for name in measured}


def peak_kib(run: Callable[[], object]) -> float:
    """The most memory that Python objects of one run take, in KiB."""
    tracemalloc.start()
    run()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1024


def report(title: str, body: bytes) -> None:
    """One table: p50, CPU and memory of each way, and each as a ratio to the first."""
    measured = ways(body)
    times = medians(measured)
    unit_wall, unit_cpu = next(iter(times.values()))
    unit_peak = peak_kib(next(iter(measured.values())))
    print(f"\n{title}, {len(body) / 1024:.0f} KiB, {ROUNDS} rounds")
    print(f"{'':48}{'p50 ms':>9}{'ratio':>8}{'CPU ms':>9}{'ratio':>8}{'KiB':>8}{'ratio':>8}")
    for name, (wall, cpu) in times.items():
        peak = peak_kib(measured[name])
        print(
            f"{name:48}{wall:9.2f}{wall / unit_wall:8.1f}{cpu:9.2f}{cpu / unit_cpu:8.1f}"
            f"{peak:8.0f}{peak / unit_peak:8.1f}"
        )


def main() -> None:
    """Measure the golden request, and the same with a long page of vital signs."""
    body = REQUEST.read_bytes()
    report("Golden request", body)
    report(f"With {LARGE} more vital signs", with_many_observations(body))
    print(f"\nresident set at most: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
