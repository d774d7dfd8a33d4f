"""What a run must show, as the project demands of every change; where one is missed, by how much."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bench.results import Results
from bench.rounds import Turn, ratio
from bench.systems import BARE_FLASK, SERVICE

MOST_P50: Final = {"tiny": 3.0, "typical": 2.0, "heavy": 1.0, "extreme": 0.8, "unconcerned": 0.9}
AIM_P50: Final = {"tiny": 1.5, "typical": 1.0, "heavy": 0.5, "extreme": 0.4, "unconcerned": 0.65}
MOST_P99: Final = {"typical": 1.0, "heavy": 1.0}
MOST_MEMORY: Final = 1.5
MOST_CPU_OVER_JSON: Final = {"typical": 2.5, "heavy": 1.5}
MOST_CALLS_PER_RESOURCE: Final = 75.0
LEAST_OVER_FHIR_RESOURCES: Final = {"typical": 10.0, "heavy": 22.0}
LEAST_OVER_HEALTHCHAIN: Final = 1.0


@dataclass(frozen=True, slots=True)
class Gate:
    """One demand: what is measured, what it was (None: not taken), and what it may be at most.

    `is_due`: what was not taken is missed.
    """

    what: str
    found: float | None
    most: float
    is_due: bool = True

    @property
    def is_met(self) -> bool:
        """Whether it is."""
        return not self.is_due if self.found is None else self.found <= self.most

    def __str__(self) -> str:
        if self.found is None:
            return f"{'MISSED' if self.is_due else '      '}  {self.what}: not taken, at most {self.most:.2f}"
        return (
            f"{'met   ' if self.is_met else 'MISSED'}  {self.what}: {self.found:.2f}, at most {self.most:.2f}"
        )


def gates(results: Results) -> list[Gate]:
    """Every demand on the service beside the bare Flask service, and on the answer in process."""
    memory = results.memory_mib[SERVICE.name] / results.memory_mib[BARE_FLASK.name]
    return [
        *_latency_gates(results),
        Gate("memory of the tree after the heavy load, ratio", memory, MOST_MEMORY),
        *(
            Gate(f"CPU of the whole answer over json.loads, {name}", results.cpu_over_json[name], most)
            for name, most in MOST_CPU_OVER_JSON.items()
        ),
        Gate("calls per resource, typical", results.calls_per_resource, MOST_CALLS_PER_RESOURCE),
    ]


def _latency_gates(results: Results) -> Iterator[Gate]:
    """A run with a share of the requests has too few of them for a 99th percentile."""
    is_due = results.share == 1
    for trial, turns in results.turns.items():
        if trial.connections == 1 and not trial.kept:
            p50 = ratio(turns, _p50, of=SERVICE.name, to=BARE_FLASK.name)
            yield Gate(f"p50 of {trial.name}, ratio", p50, MOST_P50[trial.payload], is_due)
        if trial.connections == 8:
            p99 = ratio(turns, _p99, of=SERVICE.name, to=BARE_FLASK.name)
            yield Gate(f"p99 of {trial.name}, ratio", p99, MOST_P99[trial.payload], is_due)


def _p50(turn: Turn) -> float:
    return turn.p50


def _p99(turn: Turn) -> float | None:
    return turn.p99
