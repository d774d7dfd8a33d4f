"""Servers as processes: started, asked whether they answer, and what their trees use, from /proc (Linux)."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.load import ADDRESS, load, request_bytes
from bench.payloads import payload

SECONDS_TO_START: Final = 60
_NANOSECONDS: Final = 1e9
_KIB_IN_MIB: Final = 1024


@dataclass(frozen=True, slots=True)
class System:
    """Something that answers hook requests; `{port}` in its command stands for where.

    `takes_extension`: whether it reads a request that carries the instant to judge at.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict, hash=False)
    address: str = ADDRESS
    takes_extension: bool = True

    def requests(self, bodies: Sequence[bytes], *, kept: bool = False) -> list[bytes]:
        """The bodies as whole HTTP requests to it."""
        fit = bodies if self.takes_extension else [_without_extension(body) for body in bodies]
        return [request_bytes(body, kept=kept, address=self.address) for body in fit]


@dataclass(frozen=True, slots=True)
class Running:
    """A system that answers at a port."""

    system: System
    port: int
    process: subprocess.Popen[bytes]
    seconds_to_start: float

    def cpu_seconds(self) -> float:
        """What all threads of the tree have used since they were started."""
        return cpu_of_tree(self.process.pid)

    def pss_mib(self) -> float:
        """The memory of the tree, what is shared counted by shares."""
        return sum(_pss_kib(process) for process in _tree(self.process.pid)) / _KIB_IN_MIB


@contextmanager
def all_running(systems: Sequence[System], folder: Path) -> Iterator[list[Running]]:
    """All of them at once, each in a folder of its own; ended afterwards."""
    with ExitStack() as stack:
        yield [stack.enter_context(running(system, folder / system.name)) for system in systems]


@contextmanager
def running(system: System, folder: Path) -> Iterator[Running]:
    """One system, from its start until it has answered."""
    folder.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    own = {name: value for name, value in os.environ.items() if not name.startswith("CDS_")}
    environment = {name: value.format(port=port) for name, value in system.environment.items()}
    with (folder / "log.txt").open("wb") as log:
        started = time.perf_counter()
        process = subprocess.Popen(
            [part.format(port=port) for part in system.command],
            env={**own, **environment, "PYTHONPATH": str(Path.cwd())},
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _wait_until_it_answers(system, port, process)
            yield Running(system, port, process, time.perf_counter() - started)
        finally:
            _end(process)


def _without_extension(body: bytes) -> bytes:
    request = json.loads(body)
    del request["extension"]
    return json.dumps(request, separators=(",", ":")).encode()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_it_answers(system: System, port: int, process: subprocess.Popen[bytes]) -> None:
    deadline, requests = time.monotonic() + SECONDS_TO_START, system.requests([payload("tiny")])
    while True:
        try:
            load(port, requests, requests=1)
        except (OSError, RuntimeError) as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{system.name} does not answer; see its log.txt") from error
            time.sleep(0.01)
        else:
            return


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _tree(root: int) -> list[int]:
    """A process and all that descend from it."""
    found = [root]
    for process in found:
        for children in Path(f"/proc/{process}/task").glob("*/children"):
            found += [int(child) for child in children.read_text().split()]
    return found


def cpu_of_tree(root: int) -> float:
    """What all threads of a process and of all that descend from it have used since they were started."""
    return sum(_cpu_of(process) for process in _tree(root))


def _cpu_of(process: int) -> float:
    texts = (path.read_text() for path in Path(f"/proc/{process}/task").glob("*/schedstat"))
    return sum(int(text.split()[0]) for text in texts) / _NANOSECONDS


def _pss_kib(process: int) -> int:
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
