"""How throughput grows with instances behind nginx that share one PostgreSQL: `python -m bench.scale`.

The clients, nginx and the database take their part of the same processors, which is shown beside. Needs
Linux, nginx and a PostgreSQL server; about half a minute for each number of instances.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.load import load, request_bytes
from bench.payloads import payload
from bench.processes import cpu_of_tree
from tests.attack.nginx import nginx_before
from tests.operation.instances import instances
from tests.unit.records.postgresql import server_started

RUNS: Final = (("typical", 1), ("typical", 2), ("typical", 4), ("unconcerned", 1), ("heavy", 1))
"""What is asked, and how many instances there are."""

CONNECTIONS: Final = 16
REQUESTS: Final = 4000
WARM_UP: Final = 400
KINDS: Final = ("service", "nginx", "database", "clients")


@dataclass(frozen=True, slots=True)
class Scaled:
    """What so many instances answered in a time, and the processor seconds that each part took for it."""

    payload: str
    instances: int
    answered: int
    seconds: float
    cpu: dict[str, float]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answered / self.seconds

    @property
    def cores(self) -> float:
        """How many processors all parts together kept busy."""
        return sum(self.cpu.values()) / self.seconds


def measured(kind: str, count: int, folder: Path, *, requests: int) -> Scaled:
    """So many instances, each of one process, under the load of one kind of request."""
    bodies = [request_bytes(payload(kind, seed), kept=True) for seed in range(8)]
    with (
        server_started() as server,
        server.database("record") as url,
        instances(folder, count, CDS_DATABASE_URL=url) as members,
    ):
        first, *others = [one.port for one in members]
        with nginx_before(first, folder, *others, rate="100000r/s") as nginx:
            roots = {
                "service": [one.pid for one in members],
                "nginx": [nginx.pid],
                "database": [server.pid],
            }
            load(nginx.plain, bodies, requests=WARM_UP, connections=CONNECTIONS, kept=True)
            before, own = _cpu(roots), time.process_time()
            found = load(nginx.plain, bodies, requests=requests, connections=CONNECTIONS, kept=True)
            spent = {kind: seconds - before[kind] for kind, seconds in _cpu(roots).items()}
            spent["clients"] = time.process_time() - own
    return Scaled(kind, count, len(found.latencies), found.seconds, spent)


def _cpu(roots: dict[str, list[int]]) -> dict[str, float]:
    return {kind: sum(map(_cpu_since_start, pids)) for kind, pids in roots.items()}


def _cpu_since_start(root: int) -> float:
    """CAUTION: a connection to PostgreSQL is a process of its own, most of which have ended by now."""
    ended = (Path("/proc") / str(root) / "stat").read_text().rpartition(") ")[2].split()[13:15]
    return cpu_of_tree(root) + sum(map(int, ended)) / os.sysconf("SC_CLK_TCK")


def lines(found: Sequence[Scaled], *, processors: int) -> Iterator[str]:
    """A table for the page: throughput as a ratio to one instance's, and what each answer costs."""
    busy, cost = f"processors busy of {processors}", "ms of a processor for each answer"
    yield f"| request | instances | answers a second | ratio | {busy} | {cost} |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for one in found:
        costs = ", ".join(f"{kind} {one.cpu[kind] / one.answered * 1000:.2f}" for kind in KINDS)
        ratio = one.rate / next(first.rate for first in found if first.payload == one.payload)
        figures = f"{one.rate:.0f} | {ratio:.2f} | {one.cores:.2f}"
        yield f"| {one.payload} | {one.instances} | {figures} | {costs} |"


def main() -> None:
    """Measure, and print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--requests", type=int, default=REQUESTS)
    requests = arguments.parse_args().requests
    found = []
    for kind, count in RUNS:
        with tempfile.TemporaryDirectory() as folder:
            found.append(measured(kind, count, Path(folder), requests=requests))
    for line in lines(found, processors=len(os.sched_getaffinity(0))):
        print(line)


if __name__ == "__main__":
    main()
