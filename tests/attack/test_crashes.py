"""Processes are killed while callers ask: what was answered is in the record, and there once.

For rounds of a few seconds; for longer ones by `OUTAGE_SECONDS=60 pytest -s tests/attack/test_crashes.py`.
"""

import os
import signal
import time
from pathlib import Path
from typing import Final

from tests.attack.processes import workers_of
from tests.attack.recorded import SECONDS, Callers, Figures, wait_until_drained
from tests.attack.served import served

ROUNDS: Final = 3


def test_nothing_is_lost_or_doubled_when_a_process_is_killed(tmp_path: Path) -> None:
    figures, spool = Figures(), tmp_path / "spool"
    url = f"sqlite:///{tmp_path}/record.db"
    with served(tmp_path) as (port, process):
        with Callers(port, figures):
            for _ in range(ROUNDS):
                time.sleep(SECONDS)
                os.kill(workers_of(process.pid)[0], signal.SIGKILL)
                figures.note_spooled(spool, url)
            time.sleep(SECONDS)
        wait_until_drained(spool)

    figures.require_all_there(f"a process killed {ROUNDS} times, {SECONDS:.0f} s each", url)


def test_nothing_is_lost_or_doubled_when_all_processes_are_killed(tmp_path: Path) -> None:
    figures, spool = Figures(), tmp_path / "spool"
    url = f"sqlite:///{tmp_path}/record.db"
    for _ in range(ROUNDS):
        with served(tmp_path) as (port, process), Callers(port, figures):
            time.sleep(SECONDS)
            for pid in (process.pid, *workers_of(process.pid)):
                os.kill(pid, signal.SIGKILL)
            process.wait()
            figures.note_spooled(spool, url)
    with served(tmp_path):
        wait_until_drained(spool)

    figures.require_all_there(f"all processes killed {ROUNDS} times, {SECONDS:.0f} s each", url)


def test_two_instances_keep_one_record_and_one_takes_over_what_the_other_left(tmp_path: Path) -> None:
    figures, spool = Figures(), tmp_path / "spool"
    url = f"sqlite:///{tmp_path}/record.db"
    folders = [tmp_path / name for name in ("one", "other")]
    for folder in folders:
        folder.mkdir()
    with served(folders[0], CDS_DATABASE_URL=url) as (one, _), Callers(one, figures):
        with served(folders[1], CDS_DATABASE_URL=url) as (other, process), Callers(other, figures):
            time.sleep(SECONDS)
            for pid in (process.pid, *workers_of(process.pid)):
                os.kill(pid, signal.SIGKILL)
            process.wait()
            figures.note_spooled(spool, url)
        time.sleep(SECONDS)
        wait_until_left_is_gone(spool)
    figures.require_all_there("two instances, one killed", url)


def wait_until_left_is_gone(spool: Path) -> None:
    """Only the two files of the processes that live may be there."""
    until = time.monotonic() + 60
    while len([*spool.glob("*.spool")]) > 2:
        assert time.monotonic() < until
        time.sleep(0.1)
