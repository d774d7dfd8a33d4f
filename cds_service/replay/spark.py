"""A replay on a cluster: plain PySpark carries the same three steps, from the files to the rows."""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import pyarrow as pa
from pyspark import SparkConf, StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from cds_service.replay.export import FileRange, FileTally
from cds_service.replay.judging import Judge, JudgeSetup
from cds_service.replay.lines import FOUND, KeptLine, LineRole
from cds_service.replay.steps import (
    ROWS,
    ReplayJob,
    ReplayStep,
    has_orders,
    in_batches,
    judged_batches,
    scanned,
)
from cds_service.replay.summary import held_for, summary_of, write_summary

_TALLY: Final[LineRole] = "tally"
_ORDER: Final[LineRole] = "order"
_LINES: Final = "part int, patient string, role string, line binary"
_SETTINGS: Final = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "1000",
}
"""What the rows depend on, and how many lines a worker is sent at once; all else is the cluster's."""

_DDL: Final = {pa.string(): "string", pa.int32(): "int", pa.timestamp("us", tz="UTC"): "timestamp"}
Batches = Iterator[pa.RecordBatch]


def replay_on_spark(job: ReplayJob, out: Path, *, workers: int, tell: Callable[[str], None]) -> FileTally:
    """Judge the orders of an export into a folder that all nodes share; what was read and found.

    A master that spark-submit names is used, else this machine with so many cores. Raises BadValue for a
    folder that holds something else.
    """
    with held_for(out), _session(workers) as session:
        total = _Cluster(session, job, tell).replayed(out)
        write_summary(out, summary_of(job, total))
    return total


def _session(workers: int) -> SparkSession:
    builder = SparkSession.builder.appName("cds-service replay")
    if not SparkConf().contains("spark.master"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = builder.master(f"local[{workers}]")
    for name, value in _SETTINGS.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


class _Cluster:
    """A replay as Spark carries it out."""

    def __init__(self, session: SparkSession, job: ReplayJob, tell: Callable[[str], None]) -> None:
        self._session = session
        self._job = job
        self._tell = tell
        self._key = job.fingerprint()

    def replayed(self, out: Path) -> FileTally:
        """Read, judge and write; what was read and found."""
        orders, total = self._kept("orders", None)
        if not has_orders(total):
            self._tell("No order could be chest imaging: studies stand for orders.")
            orders, studies = self._kept("studies", None)
            total.add(studies)
        self._tell(f"{total.amiss.get(FOUND, 0):,} orders found; the charts are read")
        chart, read = self._kept("chart", orders.where(f.col("role") == _ORDER).select("patient").distinct())
        total.add(read)
        setup = self._job.setup.after(total)
        self._tell(f"{total.lines:,} lines read; the orders are judged")
        sorted_lines = (
            orders.union(chart).repartition(self._job.parts, "patient").sortWithinPartitions("patient")
        )
        rows = sorted_lines.mapInArrow(partial(_judged, setup, f"{self._key}/judge"), _rows_ddl())
        rows.write.partitionBy("edition").mode("append").parquet(f"file://{out.resolve()}")
        return total

    def _kept(self, step: ReplayStep, wanted: DataFrame | None) -> tuple[DataFrame, FileTally]:
        """The lines that a step keeps of the patients that are wanted, and what was read."""
        ranges = [(msgspec.json.encode(part).decode(),) for part in self._job.ranges(step)]
        files = self._session.createDataFrame(ranges, "range string").repartition(max(len(ranges), 1))
        job = replace(self._job, files=())
        found = files.mapInArrow(partial(_scanned, job, step, f"{self._key}/scan"), _LINES)
        if wanted is not None:
            nobody = self._session.createDataFrame([("",)], "patient string")  # whose the tallies are
            found = found.join(wanted.union(nobody), "patient", "left_semi").select(
                "part", "patient", "role", "line"
            )
        found = found.persist(StorageLevel.DISK_ONLY)
        total = FileTally("")
        for row in found.where(f.col("role") == _TALLY).collect():
            total.add(msgspec.json.decode(bytes(row["line"]), type=FileTally))
        return found.where(f.col("role") != _TALLY), total


def _rows_ddl() -> str:
    return ", ".join(f"`{field.name}` {_DDL.get(field.type, 'array<string>')}" for field in ROWS)


_JUDGES: Final[dict[str, Judge]] = {}
"""The judge of a Python worker, which lives for many partitions."""


def _judge_of(setup: JudgeSetup, key: str) -> Judge:
    if key not in _JUDGES:
        _JUDGES.clear()
        _JUDGES[key] = Judge(setup)
    return _JUDGES[key]


def _scanned(job: ReplayJob, step: ReplayStep, key: str, ranges: Batches) -> Batches:
    """The kept lines of ranges, and behind those of each its tally."""
    judge = _judge_of(job.setup, key)
    for batch in ranges:
        for written in batch.column("range").to_pylist():
            part = msgspec.json.decode(written, type=FileRange)
            tally = FileTally(part.file.name)
            yield from in_batches(scanned(part, step, job, judge, tally), job.parts)
            yield from in_batches([KeptLine("", _TALLY, msgspec.json.encode(tally))], job.parts)


def _judged(setup: JudgeSetup, key: str, lines: Batches) -> Batches:
    """The rows of the orders in lines sorted by patient."""
    return judged_batches(lines, _judge_of(setup, key))
