"""Spark gives the same rows as DuckDB; and a process that was killed outright is gone on with."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cds_service.replay.example import write_example
from tests.unit.replay.exports import a_job, replayed, rows_in

COMMAND = "from cds_service.cli.main import main; main()"
KILLED = """
import multiprocessing, os, signal
from pathlib import Path
from tests.unit.replay.exports import a_job
from cds_service.replay.duck import replay_on_one_machine

def told(line):
    if line.startswith("judged: 2 "):
        print(*(child.pid for child in multiprocessing.active_children()), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    replay_on_one_machine(a_job(Path({source!r})), Path({out!r}), workers={workers}, tell=told)
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


def is_running(process: str) -> bool:
    """Whether a process is there and is no zombie."""
    status = Path("/proc", process, "stat")
    return status.exists() and status.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_replay_whose_process_was_killed_goes_on(example: Path, tmp_path: Path, workers: int) -> None:
    script = tmp_path / "killed.py"
    code = KILLED.format(source=str(example), out=str(tmp_path / "killed"), workers=workers)
    script.write_text(code, encoding="utf-8")
    killed = run(f"import runpy; runpy.run_path({str(script)!r}, run_name='__main__')")
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]
    children, until = killed.stdout.split(), time.monotonic() + 10
    assert len(children) == workers * (workers > 1)
    while any(map(is_running, children)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(is_running, children))

    rows = replayed(example, tmp_path / "killed")

    assert rows == replayed(example, tmp_path / "whole")
    assert a_job(example).fingerprint() == a_job(example).fingerprint()
