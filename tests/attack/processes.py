"""What the processes of a service take: memory, and time of the processor."""

from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")


def workers_of(first: int) -> list[int]:
    """The processes that gunicorn's first one has started."""
    children = (PROC / str(first) / "task" / str(first) / "children").read_text()
    return [int(pid) for pid in children.split()]


def bytes_held(first: int) -> int:
    """Memory of the first process and its workers that is in use now; what they share counts for each."""
    return sum(map(bytes_held_by, [first, *workers_of(first)]))


def bytes_held_by(pid: int) -> int:
    """Memory of one process that is in use now."""
    return _status(pid, "VmRSS")


def most_bytes_held(pid: int) -> int:
    """The most memory that a process had in use since `forget_most_bytes_held`."""
    return _status(pid, "VmHWM")


def forget_most_bytes_held(pid: int) -> None:
    (PROC / str(pid) / "clear_refs").write_text("5")


def seconds_computed(pid: int) -> float:
    """Time of the processor that all threads of a process have had, to the nanosecond."""
    tasks = (PROC / str(pid) / "task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def _status(pid: int, name: str) -> int:
    for line in (PROC / str(pid) / "status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(name)
