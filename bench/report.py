"""The figures of a run as the tables of docs/reference/performance.md."""

import platform
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import Final

from bench.gates import AIM_P50, MOST_P50
from bench.payloads import payload
from bench.results import Results
from bench.rounds import Trial, Turn, Turns, middle, ratio
from bench.systems import BARE_FLASK, RAW_FLOOR, SERVICE

PAGE: Final = Path("docs/reference/performance.md")
BEGIN: Final = "<!-- make bench writes from here -->"
END: Final = "<!-- to here -->"
_NAMES: Final = {SERVICE.name: "this service", BARE_FLASK.name: "bare Flask", RAW_FLOOR.name: "raw floor"}
_P50, _P99 = attrgetter("p50"), attrgetter("p99")
_PER_SECOND, _CPU = attrgetter("per_second"), attrgetter("cpu_seconds")
Value = Callable[[Turn], float | None]


def write(results: Results) -> None:
    """Put the tables of this run in the page."""
    _put_between(BEGIN, END, tables(results))


def tables(results: Results) -> str:
    """All tables, as Markdown."""
    parts = (
        _heading(results),
        _latencies(results),
        _throughput(results),
        _trees(results),
        _in_process(results),
    )
    return "\n\n".join(parts)


def report_costs(
    found: Mapping[str, float], most: Mapping[str, float], *, head: Sequence[str], by: str
) -> int:
    """Print what was found beside what it may be, and write it into the page, where its module `by` does so.

    The exit code is 1 where something costs more than it may; `quick` on the command line leaves the page.
    """
    rows = [[name, f"{most[name]:.2f}", f"{taken:.3f}"] for name, taken in found.items()]
    text = table(head, rows)
    print(text)
    if "quick" not in sys.argv:
        _put_between(f"<!-- python -m {by} writes from here -->", f"<!-- to here: {by} -->", text)
    return 0 if all(taken <= most[name] for name, taken in found.items()) else 1


def _put_between(begin: str, end: str, text: str) -> None:
    """Write the text into the page, in place of what stands between the two marks."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(begin)
    after = rest.partition(end)[2]
    PAGE.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _heading(results: Results) -> str:
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {results.seconds:.0f} s. "
        "Ratios are medians of the ratios within each round; bare Flask is 1."
    )


def _latencies(results: Results) -> str:
    head = ("payload", "KB", "must", "aim", "p50, new", "p50, kept", "raw floor, new", "CPU", "ms, new")
    alone = [(trial, turns) for trial, turns in results.turns.items() if trial.connections == 1]
    kept = {trial.payload: turns for trial, turns in alone if trial.kept}
    return table(
        head, (_latency_row(trial, turns, kept[trial.payload]) for trial, turns in alone if not trial.kept)
    )


def _latency_row(trial: Trial, new: Turns, kept: Turns) -> Sequence[str]:
    name = trial.payload
    milliseconds = " / ".join(_milliseconds(new, system) for system in (SERVICE.name, BARE_FLASK.name))
    return (
        name,
        f"{len(payload(name)) / 1000:,.0f}",
        f"{MOST_P50[name]:.1f}",
        f"{AIM_P50[name]:.2f}",
        f"**{_ratio(new, _P50)}**",
        _ratio(kept, _P50),
        _ratio(new, _P50, of=RAW_FLOOR.name),
        _ratio(new, _CPU),
        milliseconds,
    )


def _throughput(results: Results) -> str:
    head = ("load, new connections", "answers a second", "bare Flask", "ratio", "p50", "p99")
    return table(head, _throughput_rows(results))


def _throughput_rows(results: Results) -> Iterator[Sequence[str]]:
    for trial, turns in results.turns.items():
        if trial.kept or trial.payload not in ("typical", "heavy"):
            continue
        rates = [middle(turns, _PER_SECOND, of=name) or 0.0 for name in (SERVICE.name, BARE_FLASK.name)]
        name = f"{trial.payload}, {trial.connections} at a time"
        ratios = (_ratio(turns, _PER_SECOND), _ratio(turns, _P50), _ratio(turns, _P99))
        yield (name, f"{rates[0]:,.0f}", f"{rates[1]:,.0f}", *ratios)


def _trees(results: Results) -> str:
    head = ("two workers", "memory after the heavy load, MiB (PSS)", "seconds to the first answer")
    rows = (
        (_NAMES[name], f"{results.memory_mib[name]:.0f}", f"{results.seconds_to_start[name]:.2f}")
        for name in results.memory_mib
    )
    return table(head, rows)


def _in_process(results: Results) -> str:
    rows = [(f"CPU over `json.loads`, {name}", f"{x:.2f}") for name, x in results.cpu_over_json.items()]
    rows.append(("calls per resource, typical", f"{results.calls_per_resource:.0f}"))
    return table(("in one process, without HTTP", ""), rows)


def _ratio(turns: Turns, value: Value, *, of: str = SERVICE.name) -> str:
    found = ratio(turns, value, of=of, to=BARE_FLASK.name)
    return "" if found is None else f"{found:.2f}"


def _milliseconds(turns: Turns, name: str) -> str:
    return f"{(middle(turns, _P50, of=name) or 0.0) * 1000:.2f}"
