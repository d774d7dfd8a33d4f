"""Alternating rounds: every system takes its turn in each, and what counts is the ratio within a round."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bench.load import Measured, load
from bench.payloads import payload
from bench.processes import Running

LEAST_FOR_P99: Final = 1000
"""The fewest samples of one round of which a 99th percentile says something."""
_SEEDS: Final = range(4)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one system did in one round."""

    p50: float
    p99: float | None
    per_second: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Trial:
    """One kind of load: a payload, and on how many connections how many requests of it a round are sent."""

    payload: str
    requests: int
    rounds: int
    connections: int = 1
    kept: bool = False

    @property
    def name(self) -> str:
        """As it stands in tables and results."""
        kind = "kept" if self.kept else "new"
        return f"{self.payload}, {self.connections} {kind}"


Turns = Mapping[str, Sequence[Turn]]


def held(trial: Trial, systems: Sequence[Running]) -> Turns:
    """The turns of every system, by its name."""
    bodies = [payload(trial.payload, seed) for seed in _SEEDS]
    messages = {one.system.name: one.system.requests(bodies, kept=trial.kept) for one in systems}
    turns: dict[str, list[Turn]] = {name: [] for name in messages}
    for one in systems:  # what is slower the first time is not measured
        load(one.port, messages[one.system.name], requests=len(_SEEDS), kept=trial.kept)
    for number in range(trial.rounds):
        for one in _rotated(systems, number):
            turns[one.system.name].append(_turn(trial, one, messages[one.system.name]))
    return turns


def ratio(turns: Turns, value: Callable[[Turn], float | None], *, of: str, to: str) -> float | None:
    """The median of the ratios within each round; None where there are no values."""
    ratios = []
    for one, unit in zip(turns[of], turns[to], strict=True):
        mine, theirs = value(one), value(unit)
        if mine is not None and theirs:
            ratios.append(mine / theirs)
    return statistics.median(ratios) if ratios else None


def middle(turns: Turns, value: Callable[[Turn], float | None], *, of: str) -> float | None:
    """The median of what one system showed."""
    values = [found for turn in turns[of] if (found := value(turn)) is not None]
    return statistics.median(values) if values else None


def _rotated(systems: Sequence[Running], number: int) -> Sequence[Running]:
    """No system always comes behind the same one."""
    first = number % len(systems)
    return [*systems[first:], *systems[:first]]


def _turn(trial: Trial, one: Running, messages: Sequence[bytes]) -> Turn:
    cpu = one.cpu_seconds()
    measured = load(
        one.port, messages, requests=trial.requests, connections=trial.connections, kept=trial.kept
    )
    return Turn(
        p50=statistics.median(measured.latencies),
        p99=_p99(measured),
        per_second=len(measured.latencies) / measured.seconds,
        cpu_seconds=(one.cpu_seconds() - cpu) / len(measured.latencies),
    )


def _p99(measured: Measured) -> float | None:
    if len(measured.latencies) < LEAST_FOR_P99:
        return None
    return sorted(measured.latencies)[len(measured.latencies) * 99 // 100]
