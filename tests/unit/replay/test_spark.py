"""Spark gives the same rows as DuckDB; and a process that was killed outright is gone on with."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cds_service.replay.example import write_example
from tests.unit.replay.exports import a_job, replayed, rows_in

COMMAND = "from cds_service.cli.main import main; main()"
KILLED = """
import os, signal
from pathlib import Path
from tests.unit.replay.exports import a_job
from cds_service.replay.duck import replay_on_one_machine

def told(line):
    if line.startswith("judged: 2 "):
        os.kill(os.getpid(), signal.SIGKILL)

replay_on_one_machine(a_job(Path({source!r})), Path({out!r}), workers=1, tell=told)
"""
SMALL = (
    *("--driver-memory", "512m", "--conf", "spark.ui.enabled=false"),
    *("--conf", "spark.sql.shuffle.partitions=2", "--conf", "spark.log.level=ERROR", "pyspark-shell"),
)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "of-20"
    write_example(folder, patients=20, seed=6)
    return folder


def run(code: str, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    own = {**os.environ, "PYTHONPATH": str(Path.cwd()), **environ}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=own,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


@pytest.mark.skipif(shutil.which("java") is None, reason="needs Java")
def test_spark_and_duckdb_give_the_same_rows(example: Path, tmp_path: Path) -> None:
    own = {"CDS_DATABASE_URL": f"sqlite:///{tmp_path}/record.db", "PYSPARK_SUBMIT_ARGS": " ".join(SMALL)}
    options = ("--quiet", "--workers", "2", "--engine")

    found = [
        run(COMMAND, "replay", str(example), "--out", str(tmp_path / engine), *options, engine, **own)
        for engine in ("duckdb", "spark")
    ]

    assert [one.returncode for one in found] == [0, 0], found[-1].stderr[-2000:]
    assert found[0].stdout == found[1].stdout
    assert rows_in(tmp_path / "spark") == rows_in(tmp_path / "duckdb") != []


def test_a_replay_whose_process_was_killed_goes_on(example: Path, tmp_path: Path) -> None:
    killed = run(KILLED.format(source=str(example), out=str(tmp_path / "killed")))
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]

    rows = replayed(example, tmp_path / "killed")

    assert rows == replayed(example, tmp_path / "whole")
    assert a_job(example).fingerprint() == a_job(example).fingerprint()
