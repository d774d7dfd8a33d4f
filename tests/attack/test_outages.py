"""The database goes away while callers ask: advice comes, feedback is refused, and all is there afterwards.

For a few seconds each; for longer by `OUTAGE_SECONDS=60 pytest -s tests/attack/test_outages.py`.
"""

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.attack.recorded import SECONDS, Callers, Figures, wait_until_drained
from tests.attack.served import free_port, served
from tests.unit.records.postgresql import server_started

PRODUCTION: Final = {
    "CDS_PROFILE": "production",
    "CDS_PUBLIC_URL": "https://cds.example.org",
    "CDS_TRUSTED_CLIENTS": "gateway",
    "CDS_TRUSTED_PROXIES": "127.0.0.0/8",
    "CDS_SITE_KEY": "5c" * 32,
    "CDS_FHIR_SERVERS": "none",
}
KIB: Final = 1 << 10


def through_an_outage(figures: Figures, port: int, spool: Path, *urls: str, lasts: float = SECONDS) -> None:
    """In the midst of an outage: as long as it lasts, and what waits at its end."""
    refused = figures.feedback[503]
    time.sleep(lasts)
    figures.note_spooled(spool, *urls)
    assert figures.spooled, port
    assert figures.feedback[503] > refused, figures.feedback


def test_a_server_of_postgresql_that_is_stopped_loses_nothing(tmp_path: Path) -> None:
    figures, spool = Figures(), tmp_path / "spool"
    with server_started() as server, server.database("record") as url:
        with served(tmp_path, CDS_DATABASE_URL=url, CDS_SPOOL_DIR=str(spool)) as (port, _):
            with Callers(port, figures):
                time.sleep(2)
                server.stop()
                through_an_outage(figures, port, spool)
                server.start()
                time.sleep(4)
            wait_until_drained(spool)
        figures.require_all_there(f"PostgreSQL stopped for {SECONDS:.0f} s", url)


def test_a_database_that_another_program_locks_loses_nothing(tmp_path: Path) -> None:
    figures, spool = Figures(), tmp_path / "spool"
    file = tmp_path / "record.db"
    url = f"sqlite:///{file}"
    with served(tmp_path) as (port, _):
        with Callers(port, figures):
            time.sleep(2)
            with locked(file):
                through_an_outage(figures, port, spool, url, lasts=max(SECONDS, 4))
            time.sleep(4)
        wait_until_drained(spool)

    figures.require_all_there(f"SQLite locked for {SECONDS:.0f} s", url)


def test_a_disk_that_is_full_loses_nothing(tmp_path: Path) -> None:
    figures, spool, disk = Figures(), tmp_path / "spool", tmp_path / "disk"
    url = f"sqlite:///{disk}/record.db"
    with small_disk(disk), served(tmp_path, CDS_DATABASE_URL=url, CDS_SPOOL_DIR=str(spool)) as (port, _):
        with Callers(port, figures):
            time.sleep(2)
            filler = disk / "filler"
            filled(filler)
            through_an_outage(figures, port, spool, url, lasts=max(SECONDS, 4))
            filler.unlink()
            time.sleep(4)
        wait_until_drained(spool)
        figures.require_all_there(f"the database's disk full for {SECONDS:.0f} s", url)


def test_a_file_that_is_replaced_loses_nothing(tmp_path: Path) -> None:
    """Its three files are moved away, as who keeps a copy does; development makes a new one at once."""
    figures, spool, away = Figures(), tmp_path / "spool", tmp_path / "away"
    away.mkdir()
    with served(tmp_path) as (port, _):
        with Callers(port, figures):
            time.sleep(2)
            move_all(tmp_path, away)
            time.sleep(SECONDS)
        wait_until_drained(spool)

    urls = [f"sqlite:///{folder}/record.db" for folder in (tmp_path, away)]
    figures.require_all_there("the file replaced by a new one", *urls)


def test_a_file_that_is_taken_away_and_put_back_loses_nothing(tmp_path: Path) -> None:
    """In production nobody makes another one meanwhile."""
    figures, spool, away = Figures(), tmp_path / "spool", tmp_path / "away"
    away.mkdir()
    with served(tmp_path, **PRODUCTION, CDS_MANAGEMENT_BIND=f"127.0.0.1:{free_port()}") as (port, _):
        with Callers(port, figures):
            time.sleep(2)
            move_all(tmp_path, away)
            through_an_outage(figures, port, spool, f"sqlite:///{away}/record.db")
            move_all(away, tmp_path)
            time.sleep(4)
        wait_until_drained(spool)

    url = f"sqlite:///{tmp_path}/record.db"
    figures.require_all_there(f"the file taken away for {SECONDS:.0f} s and put back", url)


def test_a_spool_whose_disk_is_full_costs_records_and_no_advice(tmp_path: Path) -> None:
    figures, disk = Figures(), tmp_path / "disk"
    spool = str(disk / "spool")
    with small_disk(disk), served(tmp_path, CDS_SPOOL_DIR=spool) as (port, _), Callers(port, figures):
        time.sleep(1)
        filled(disk / "filler")
        before = len(figures.instances)
        time.sleep(SECONDS)
        assert len(figures.instances) > before

    assert not figures.refused
    print(f"\nthe spool's disk full for {SECONDS:.0f} s: {len(figures.instances)} answered of {figures.sent}")
    assert "rows lost" in (tmp_path / "log.txt").read_text()


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Another program holds the lock to write."""
    connection = sqlite3.connect(file, isolation_level=None, timeout=30)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A disk in memory, of 24 MiB; skips where this user may mount none."""
    folder.mkdir()
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("needs the right to mount a disk in memory")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)], check=False)
    if mounted.returncode:
        pytest.skip("needs the right to mount a disk in memory")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def filled(filler: Path) -> None:
    """Take all the space that is left."""
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4 * KIB))
        except OSError:
            return


def move_all(source: Path, target: Path) -> None:
    """The database and what lies beside it."""
    for name in ("record.db", "record.db-wal", "record.db-shm"):
        if (source / name).exists():
            (source / name).rename(target / name)
