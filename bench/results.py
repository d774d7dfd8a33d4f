"""One run of the benchmark: what is measured, and the figures that come of it."""

import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bench.in_process import calls_per_resource, cpu_over_json_loads
from bench.processes import System, all_running, running
from bench.rounds import Trial, Turns, held
from bench.systems import BARE_FLASK, RAW_FLOOR, SERVICE

LATENCIES: Final = (
    *(Trial("tiny", 100, rounds=9, kept=kept) for kept in (False, True)),
    *(Trial("typical", 100, rounds=9, kept=kept) for kept in (False, True)),
    *(Trial("unconcerned", 100, rounds=9, kept=kept) for kept in (False, True)),
    *(Trial("heavy", 20, rounds=9, kept=kept) for kept in (False, True)),
)
CONCURRENT: Final = (
    Trial("typical", 1000, rounds=5, connections=8),
    Trial("typical", 500, rounds=5, connections=32),
    Trial("heavy", 1000, rounds=3, connections=8),
)
EXTREME: Final = tuple(Trial("extreme", 4, rounds=5, kept=kept) for kept in (False, True))
_SYSTEMS: Final = (SERVICE, BARE_FLASK, RAW_FLOOR)
_STARTS: Final = 3
_SECONDS_AT_REST: Final = 3.0


@dataclass(frozen=True, slots=True)
class Results:
    """The figures of one run; `turns` by trial, the others by system or payload.

    `share` is the part of the requests that were sent: 1 unless the run was a quick one.
    """

    turns: Mapping[Trial, Turns]
    memory_mib: Mapping[str, float]
    seconds_to_start: Mapping[str, float]
    cpu_over_json: Mapping[str, float]
    calls_per_resource: float
    seconds: float
    share: float


def results(*, share: float = 1.0) -> Results:
    """Measure everything, or with a share of the requests; memory at rest between heavy and extreme loads."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        starts = _seconds_to_start(folder / "starts")
        with all_running(_SYSTEMS, folder) as systems:
            turns = {trial: held(trial, systems) for trial in _of((*LATENCIES, *CONCURRENT), share)}
            time.sleep(_SECONDS_AT_REST)
            memory = {one.system.name: one.pss_mib() for one in systems}
            turns |= {trial: held(trial, systems) for trial in _of(EXTREME, share)}
    return Results(
        turns, memory, starts, cpu_over_json_loads(), calls_per_resource(), time.monotonic() - began, share
    )


def _of(trials: Sequence[Trial], share: float) -> Sequence[Trial]:
    return [replace(trial, requests=max(2, round(trial.requests * share))) for trial in trials]


def _seconds_to_start(folder: Path) -> Mapping[str, float]:
    """From nothing to the first answer, the systems taking turns."""
    seconds: dict[System, list[float]] = {system: [] for system in _SYSTEMS}
    for number in range(_STARTS):
        for system in _SYSTEMS:
            with running(system, folder / f"{system.name}-{number}") as one:
                seconds[system].append(one.seconds_to_start)
    return {system.name: statistics.median(values) for system, values in seconds.items()}
