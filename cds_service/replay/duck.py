"""A replay on one machine: DuckDB parts and sorts, processes take what is next, and a killed run goes on."""

import gc
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any, Final

import duckdb
import msgspec
import pyarrow as pa
from pyarrow import parquet

from cds_service.errors import Unavailable
from cds_service.replay.export import FileRange, FileTally
from cds_service.replay.judging import Judge
from cds_service.replay.steps import (
    LINES,
    ROWS,
    ReplayJob,
    ReplayStep,
    has_orders,
    in_batches,
    judged_batches,
    scanned,
)
from cds_service.replay.summary import WORK, held_for, summary_of, write_summary

MEMORY: Final = "256MB"
"""What DuckDB may hold in one process, beside what Python holds; more goes to the disk."""

_FLUSHED_AFTER: Final = 20_000
_KILLED: Final = (
    "A process of the replay was killed, most likely for want of memory. Start it again as before and it "
    "goes on; with fewer --workers it needs less."
)

_FULL: Final = (
    "{out} cannot be written to, most likely as its disk is full ({fault}). Make room and start it again as "
    "before: it goes on."
)

Progress = Callable[[str], None]
"""Is told, line by line, how far a replay has come."""


@dataclass(frozen=True)
class _Work:
    """The folder of a run: lines by step and task, and what is done."""

    job: ReplayJob
    out: Path

    @property
    def folder(self) -> Path:
        return self.out / WORK

    def scan(self, step: ReplayStep, number: int, judge: Judge) -> FileTally:
        """Keep the lines of a range, parted by patient; done before, only its tally is read."""
        done = self.folder / step / f"{number:06}"
        if not done.exists():
            part = self.job.ranges(step)[number]
            fresh = done.with_suffix(".new")
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir(parents=True)
            tally = self._written(part, step, judge, fresh)
            (fresh / "tally.json").write_bytes(msgspec.json.encode(tally))
            fresh.rename(done)
        return msgspec.json.decode((done / "tally.json").read_bytes(), type=FileTally)

    def _written(self, part: FileRange, step: ReplayStep, judge: Judge, folder: Path) -> FileTally:
        tally = FileTally(part.file.name)
        batches = in_batches(scanned(part, step, self.job, judge, tally), self.job.parts)
        wanted = _quoted(self.folder / "wanted.parquet")
        among = f"SEMI JOIN {wanted} USING (patient)" if step == "chart" else ""
        with self._connection() as connection:
            connection.register("found", pa.RecordBatchReader.from_batches(LINES, batches))
            connection.execute(
                f"COPY (SELECT * FROM found {among}) TO {_quoted(folder / 'lines')} "
                "(FORMAT parquet, PARTITION_BY (part), OVERWRITE true)"
            )
        return tally

    def note_patients(self) -> None:
        """Write down whose charts are wanted."""
        with self._connection() as connection:
            kept = self._lines("orders", "studies")
            connection.execute(
                f"COPY (SELECT DISTINCT patient FROM {kept} WHERE role = 'order') "
                f"TO {_quoted(self.folder / 'wanted.parquet')} (FORMAT parquet)"
            )

    def judge(self, number: int, judge: Judge) -> int:
        """Judge the orders of a part; how many rows that gave."""
        done = self.folder / "judged" / f"{number:06}"
        if not done.exists():
            rows = self._judged(number, judge)
            done.parent.mkdir(exist_ok=True)
            done.with_suffix(".new").write_text(str(rows))
            done.with_suffix(".new").rename(done)
        return int(done.read_text())

    def _judged(self, number: int, judge: Judge) -> int:
        count = 0
        names = [edition.name for edition in self.job.setup.editions]
        with self._connection() as connection, _writers(self.out, names, number) as writers:
            lines = self._lines("orders", "studies", "chart", part=number)
            if lines == _NOTHING:
                return 0
            found = connection.sql(f"SELECT patient, role, line FROM {lines} ORDER BY patient")
            for batch in judged_batches(found.to_arrow_reader(1000), judge):
                count += batch.num_rows
                table = pa.Table.from_batches([batch])
                for name in names:
                    writers[name].write_table(table.filter(pa.compute.equal(table["edition"], name)))
        return count

    def _lines(self, *steps: ReplayStep, part: int | None = None) -> str:
        """The files of lines, as DuckDB reads them."""
        within = "*" if part is None else str(part)
        patterns = [f"{step}/{'[0-9]' * 6}/lines/part={within}/*.parquet" for step in steps]
        found = sorted(file for pattern in patterns for file in self.folder.glob(pattern))
        if not found:
            return _NOTHING
        return f"read_parquet([{', '.join(map(_quoted, found))}], hive_partitioning = false)"

    @contextmanager
    def _connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        limits: dict[str, str | bool | int | float | list[str]] = {
            "threads": 1,
            "memory_limit": MEMORY,
            "temp_directory": str(self.folder / "spilled"),
        }
        with duckdb.connect(":memory:", config=limits) as connection:
            connection.execute("SET enable_progress_bar = false")
            connection.execute(f"SET partitioned_write_flush_threshold = {_FLUSHED_AFTER}")
            yield connection


_NOTHING: Final = "(SELECT '' AS patient, '' AS role, ''::BLOB AS line WHERE false)"


@contextmanager
def _writers(out: Path, editions: Sequence[str], number: int) -> Iterator[dict[str, parquet.ParquetWriter]]:
    """A file of each edition for a part; under their names only when all are whole."""
    files = {name: out / f"edition={name}" / f"part-{number:05}.parquet" for name in editions}
    writers = {}
    for name, file in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        writers[name] = parquet.ParquetWriter(file.with_suffix(".new"), ROWS)
    try:
        yield writers
    finally:
        for writer in writers.values():
            writer.close()
    for file in files.values():
        file.with_suffix(".new").rename(file)


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def replay_on_one_machine(job: ReplayJob, out: Path, *, workers: int, tell: Progress) -> FileTally:
    """Judge the orders of an export into a folder; what was read and found.

    A run that was killed goes on where it was. Raises BadValue for a folder that holds something else.
    """
    with held_for(out, job.fingerprint()):
        total = _replayed(_Work(job, out), workers, tell)
        write_summary(out, summary_of(job, total))
    return total


def _replayed(work: _Work, workers: int, tell: Progress) -> FileTally:
    with _crew(work, workers) as crew:
        total = _scanned(work, "orders", crew, tell)
        if not has_orders(total):
            tell("No order could be chest imaging: studies stand for orders.")
            total.add(_scanned(work, "studies", crew, tell))
        work.note_patients()
        total.add(_scanned(work, "chart", crew, tell))
    held = replace(work.job, setup=work.job.setup.after(total))
    with _crew(replace(work, job=held), workers) as crew:
        _judge_all(held.parts, crew, tell)
    return total


Crew = Callable[[str, Sequence[Any]], Iterator[Any]]
"""Does a task of one name for each of the arguments; the results as they come."""


@contextmanager
def _crew(work: _Work, workers: int) -> Iterator[Crew]:
    """Who does the tasks: this process where it is alone, else as many others."""
    if workers == 1:
        _hold(work)
        yield lambda name, every: (_do(name, one) for one in every)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _hold_in_child, (work,)) as pool:

        def share(name: str, every: Sequence[Any]) -> Iterator[Any]:
            try:
                waiting = [pool.submit(_do, name, one) for one in every]
                yield from (one.result() for one in as_completed(waiting))
            except BrokenProcessPool:
                raise Unavailable(_KILLED) from None

        yield share


_HELD: Final[list[tuple[_Work, Judge]]] = []
"""What this process works with."""


def _hold(work: _Work) -> None:
    """CAUTION: not frozen, the knowledge would be walked at each collection of garbage."""
    _HELD[:] = [(work, Judge(work.job.setup))]
    gc.freeze()


def _hold_in_child(work: _Work) -> None:
    """CAUTION: by themselves they outlive a parent that is killed, and would write beside the next run."""
    Thread(target=_end_with_parent, daemon=True).start()
    _hold(work)


def _end_with_parent() -> None:
    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)


def _do(name: str, number: int) -> Any:
    work, judge = _HELD[0]
    try:
        return work.judge(number, judge) if name == "judge" else work.scan(name, number, judge)  # type: ignore[arg-type]
    except (duckdb.IOException, OSError) as error:
        raise Unavailable(_FULL.format(out=work.out, fault=type(error).__name__)) from None


def _scanned(work: _Work, step: ReplayStep, crew: Crew, tell: Progress) -> FileTally:
    """Read the files of a step; what was read of all of them."""
    ranges, total, began = work.job.ranges(step), FileTally(""), monotonic()
    for done, tally in enumerate(crew(step, range(len(ranges))), start=1):
        total.add(tally)
        rate = total.bytes / 1e6 / max(monotonic() - began, 1e-3)
        tell(f"{step}: {done} of {len(ranges)} ranges, {total.lines:,} lines, {rate:,.0f} MB/s")
    return total


def _judge_all(parts: int, crew: Crew, tell: Progress) -> None:
    judged, began = 0, monotonic()
    for done, rows in enumerate(crew("judge", range(parts)), start=1):
        judged += rows
        spent = monotonic() - began
        rate, left = judged / max(spent, 1e-3), spent / done * (parts - done)
        tell(f"judged: {done} of {parts} parts, {judged:,} rows, {rate:,.0f} a second, {left:,.0f} s left")
