"""Small exports for the tests, and replays of them."""

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet

from cds_service.replay.duck import replay_on_one_machine
from cds_service.replay.export import FileTally
from cds_service.replay.judging import JudgeSetup
from cds_service.replay.lines import Asked
from cds_service.replay.steps import ReplayJob, editions_of, job_of
from cds_service.settings import settings_from

Json = dict[str, Any]
AT = "2024-03-12T14:30:00Z"
CPT = "http://www.ama-assn.org/go/cpt"
SNOMED = "http://snomed.info/sct"
HEMOPTYSIS = {"coding": [{"system": SNOMED, "code": "66857006", "display": "Hemoptysis"}]}
TYPES = (
    *("Patient", "Condition", "Observation", "Procedure", "AllergyIntolerance", "MedicationRequest"),
    *("MedicationAdministration", "DiagnosticReport", "Encounter", "ServiceRequest"),
)


def silent(line: str) -> None:
    """Nobody is told how far it has come."""


def an_order(name: str = "order-1", patient: str = "p1", at: str = AT, **members: Any) -> Json:
    """A chest CT without contrast for hemoptysis."""
    return {
        "resourceType": "ServiceRequest",
        "id": name,
        "status": "completed",
        "intent": "order",
        "code": {"coding": [{"system": CPT, "code": "71250"}]},
        "subject": {"reference": f"Patient/{patient}"},
        "authoredOn": at,
        "requester": {"reference": "Practitioner/dr-1"},
        "reasonCode": [HEMOPTYSIS],
    } | members


def a_patient(name: str = "p1") -> Json:
    return {"resourceType": "Patient", "id": name, "birthDate": "1960-04-01", "gender": "male"}


def of_patient(resource_type: str, name: str, patient: str = "p1", **members: Any) -> Json:
    return {
        "resourceType": resource_type,
        "id": name,
        "subject": {"reference": f"Patient/{patient}"},
        **members,
    }


def a_bleed(name: str, at: str, ml: int, **members: Any) -> Json:
    quantity = {"value": ml, "unit": "mL", "system": "http://unitsofmeasure.org", "code": "mL"}
    bleed = {"status": "final", "code": HEMOPTYSIS, "effectiveDateTime": at, "valueQuantity": quantity}
    return of_patient("Observation", name, **(bleed | members))


def write_export(folder: Path, resources: Iterable[Json], types: Sequence[str] = TYPES) -> Path:
    """A file for each type, empty where there is none of it."""
    folder.mkdir(parents=True, exist_ok=True)
    lines: dict[str, list[str]] = {name: [] for name in types}
    for resource in resources:
        lines[resource["resourceType"]].append(json.dumps(resource))
    for name, written in lines.items():
        (folder / f"{name}.ndjson").write_text("".join(f"{line}\n" for line in written), encoding="utf-8")
    return folder


def gzipped(file: Path, *, cut: int | None = None) -> None:
    """The file compressed in its place, without its last bytes where it is cut."""
    packed = gzip.compress(file.read_bytes())
    file.with_name(f"{file.name}.gz").write_bytes(packed[: -cut if cut else None])
    file.unlink()


def a_setup(knowledge: Sequence[Path] = (), environ: Mapping[str, str] | None = None) -> JudgeSetup:
    settings = settings_from(environ or {})
    return JudgeSetup(settings, editions_of(knowledge, settings.knowledge_dir), ("key",))


def a_job(
    source: Path, setup: JudgeSetup | None = None, *, parts: int = 4, range_bytes: int = 1 << 20
) -> ReplayJob:
    return replace(job_of(str(source), setup or a_setup(), Asked(), range_bytes=range_bytes), parts=parts)


def replayed(source: Path, out: Path, setup: JudgeSetup | None = None, **parted: int) -> list[Json]:
    """The rows of a replay on this machine, sorted."""
    replay_on_one_machine(a_job(source, setup, **parted), out, workers=1, tell=silent)
    return rows_in(out)


def read_of(source: Path, out: Path) -> FileTally:
    """What a replay counts of what it reads."""
    return replay_on_one_machine(a_job(source), out, workers=1, tell=silent)


def rows_in(out: Path) -> list[Json]:
    """The rows of every set, sorted by edition and key."""
    found = [
        row | {"edition": folder.name.removeprefix("edition=")}
        for folder in out.glob("edition=*")
        for file in folder.glob("*.parquet")
        for row in parquet.ParquetFile(file).read().to_pylist()
    ]
    return sorted(found, key=lambda row: (row["edition"], row["order_key"]))
