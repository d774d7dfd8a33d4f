"""Where the time of one answer goes, stage by stage: `python -m bench.stages`."""

import csv
import gc
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from statistics import median
from time import perf_counter, process_time
from typing import Any, Final
from unittest.mock import patch

from bench import answering
from bench.payloads import payload, resource_count
from cds_service import evaluate
from cds_service.knowledge.load import SHIPPED_DATA, load_knowledge

STAGES: Final = {
    "hook_request_from": "the request: its members, the prefetch passed over",
    "orders_read": "the draft orders",
    "gather": "the prefetch: decoded, whose, of which kind",
    "hemoptysis_facts": "facts",
    "decide": "the decision",
    "build": "cards and actions",
}
"""The functions of the stages, and what they do."""
_ROUNDS: Final = {"tiny": 500, "typical": 200, "heavy": 30}


def shares(name: str) -> dict[str, float]:
    """The median time of each stage in microseconds, and that of the whole answer."""
    spent: dict[str, float] = defaultdict(float)
    rounds = []
    with _timed(spent):
        answer, body = answering.answering(), payload(name, seed=0)
        answer(body)
        gc.collect()
        gc.freeze()
        for _ in range(_ROUNDS[name]):
            spent.clear()
            began = perf_counter()
            answer(body)
            rounds.append(dict(spent) | {"": perf_counter() - began})
    return {stage: median(one[stage] for one in rounds) * 1e6 for stage in (*STAGES, "")}


@contextmanager
def _timed(spent: dict[str, float]) -> Iterator[None]:
    with ExitStack() as stack:
        for stage in STAGES:
            module = answering if hasattr(answering, stage) else evaluate
            timed = _adding_up(getattr(module, stage), stage, spent)
            stack.enter_context(patch.object(module, stage, timed))
        yield


def _adding_up(function: Callable[..., Any], stage: str, spent: dict[str, float]) -> Callable[..., Any]:
    @wraps(function)
    def run(*arguments: Any, **options: Any) -> Any:
        began = perf_counter()
        try:
            return function(*arguments, **options)
        finally:
            spent[stage] += perf_counter() - began

    return run


def main() -> None:
    """Print a table in Markdown: microseconds, and the share of the whole answer."""
    names = list(_ROUNDS)
    found = {name: shares(name) for name in names}
    heads = (f"{name} ({resource_count(name)} resources)" for name in names)
    print(f"| stage | {' | '.join(heads)} |\n|---|{'---|' * len(names)}")
    for stage in (*STAGES, ""):
        cells = (f"{found[name][stage]:.0f} µs, {found[name][stage] / found[name]['']:.0%}" for name in names)
        print(f"| {STAGES.get(stage, 'whole answer, the rest included')} | {' | '.join(cells)} |")
    loading, reading = _seconds(load_knowledge), _seconds(_files_read)
    print(f"\nThe knowledge is loaded once, in {loading / reading:.1f} times what reading its rows takes.")


def _seconds(work: Callable[[], object]) -> float:
    """The processor time of one run, the median of five."""
    spent = []
    for _ in range(5):
        began = process_time()
        work()
        spent.append(process_time() - began)
    return median(spent)


def _files_read() -> list[list[list[str]]]:
    return [
        list(csv.reader(path.read_text("utf-8").splitlines())) for path in sorted(SHIPPED_DATA.rglob("*.csv"))
    ]


if __name__ == "__main__":
    main()
