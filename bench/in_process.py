"""What one answer costs without HTTP: processor time over that of `json.loads`, and calls per resource.

Neither needs a quiet machine: the first is a ratio of two that take turns, the second a count.
"""

import gc
import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Final

from bench.answering import answering
from bench.payloads import payload, resource_count

_SEEDS: Final = range(4)
_ROUNDS: Final = {"typical": 60, "heavy": 15}


def cpu_over_json_loads() -> dict[str, float]:
    """The processor time of the whole answer over that of `json.loads` of the same body, by payload."""
    answer = answering()
    gc.freeze()  # as the service does after its start
    return {name: _cpu_ratio(answer, name, rounds) for name, rounds in _ROUNDS.items()}


def calls_per_resource() -> float:
    """How many calls the answer to a typical request makes for each resource, as a profiler counts them."""
    answer, body = answering(), payload("typical", seed=_SEEDS[0])
    for seed in _SEEDS:
        answer(payload("typical", seed))
    counts = [calls_of(lambda: answer(body)) for _ in range(2)]  # one of them may make UUIDs for many others
    return min(counts) / resource_count("typical")


def _cpu_ratio(answer: Callable[[bytes], bytes], name: str, rounds: int) -> float:
    bodies = [payload(name, seed) for seed in _SEEDS]
    for body in bodies:
        answer(body)
    ratios = []
    for number in range(rounds):
        body = bodies[number % len(bodies)]
        ratios.append(_cpu(partial(answer, body)) / _cpu(partial(json.loads, body)))
    return statistics.median(ratios)


def _cpu(run: Callable[[], object]) -> float:
    started = time.process_time()
    run()
    return time.process_time() - started


def calls_of(run: Callable[[], object]) -> int:
    """How many calls are made meanwhile, as a profiler counts them."""
    count = 0

    def counted(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        run()
    finally:
        sys.setprofile(None)
    return count


if __name__ == "__main__":
    for name, ratio in cpu_over_json_loads().items():
        print(f"{name}: whole answer {ratio:.2f} times json.loads")
    print(f"typical: {calls_per_resource():.0f} calls per resource")
