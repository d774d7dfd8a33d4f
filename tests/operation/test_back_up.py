"""The commands of the page on backups, as they stand there, on a service under load; and then all is gone."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.attack.recorded import stored, wait_until_drained
from tests.house.tree import ROOT
from tests.operation.instances import Instance
from tests.operation.load import Figures, Load
from tests.unit.records.postgresql import server_started

PAGE: Final = (ROOT / "docs" / "how-to" / "back-up.md").read_text(encoding="utf-8")
SQLITE, POSTGRESQL = "sqlite", "postgresql"


def commands(heading: str, *, naming: str) -> str:
    """The one block of commands under a heading that has this word in it."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    blocks = [found for found in re.findall(r"```text\n(.*?)```", section, re.DOTALL) if naming in found]
    (block,) = blocks
    return re.sub(r"(?m)^ +", "", block)


def run(text: str, folder: Path, url: str) -> str:
    """As an operator types them, in the folder of the service; raises where one of them fails."""
    program = folder / "cds-service"
    program.write_text(
        f'#!/bin/sh\nexec {sys.executable} -c "from cds_service.cli.main import main; main()" "$@"\n'
    )
    program.chmod(0o755)
    environ = {
        "PATH": f"{folder}:/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "CDS_DATABASE_URL": url,
    }
    done = subprocess.run(
        ["sh", "-e", "-c", text], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(params=[SQLITE, pytest.param(POSTGRESQL, marks=pytest.mark.integration)])
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    needed = ("sqlite3",) if name == SQLITE else ("pg_dump", "pg_restore")
    if missing := [program for program in needed if shutil.which(program) is None]:
        pytest.skip(f"needs {', '.join(missing)}")
    return name


@pytest.fixture
def urls(kind: str) -> Iterator[tuple[str, str]]:
    """The database that is copied, and the one into which it comes back."""
    if kind == SQLITE:
        yield ("sqlite:///var/cds-service.db",) * 2
        return
    with server_started() as server, server.database("record") as old, server.database("anew") as new:
        yield old, new


def instance_in(folder: Path, url: str) -> Instance:
    return Instance(folder, CDS_DATABASE_URL=url, CDS_SPOOL_DIR="var/spool")


def answered_so_far(figures: Figures) -> tuple[set[str], set[str]]:
    return {*figures.instances}, {*figures.feedback_kept}


def test_what_was_answered_before_a_backup_began_is_there_after_the_restore(
    tmp_path: Path, kind: str, urls: tuple[str, str]
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    naming = "sqlite3" if kind == SQLITE else "pg_dump"
    running = instance_in(one, urls[0])
    running.start()
    try:
        with Load(running.port, with_feedback=True) as load:
            load.wait_for(60)
            consultations, feedback = answered_so_far(load.figures)
            run(commands("Copy", naming=naming), one, urls[0])
            load.wait_for(20)
    finally:
        running.end()

    other.mkdir()
    (one / "backup").rename(other / "backup")
    shutil.rmtree(one)
    naming = "cp backup/cds-service.db" if kind == SQLITE else "pg_restore"
    run(commands("Restore", naming=naming), other, urls[1])
    verified = run(commands("Restore", naming="records verify"), other, urls[1])
    restored = instance_in(other, urls[1])
    restored.start()
    try:
        wait_until_drained(other / "var" / "spool")
    finally:
        restored.end()
    there = stored([urls[1] if kind == POSTGRESQL else f"sqlite:///{other}/var/cds-service.db"])

    print(f"\n{kind}: {len(consultations)} consultations and {len(feedback)} feedback before the backup")
    assert "FAULT" not in verified
    assert consultations
    assert consultations <= {*there.instances}
    assert feedback <= {*there.feedback}
    assert [key for counts in there for key, count in counts.items() if count > 1] == []


def test_what_waits_in_the_spool_is_in_the_backup(tmp_path: Path) -> None:
    """The database is away for all the time of the load: everything stands in the spool alone."""
    one, other = tmp_path / "one", tmp_path / "other"
    running = Instance(one, CDS_DATABASE_URL="sqlite:///var/cds-service.db", CDS_SPOOL_DIR="var/spool")
    running.start()
    try:
        shutil.rmtree(one / "var" / "cds-service.db", ignore_errors=True)
        for file in (one / "var").glob("cds-service.db*"):
            file.unlink()
        (one / "var" / "cds-service.db").mkdir()
        with Load(running.port) as load:
            load.wait_for(20)
        run(commands("Copy", naming="sqlite3").splitlines()[0], one, "")
        run(commands("Copy", naming="sqlite3").splitlines()[1], one, "")
    finally:
        running.end()

    (other / "var").mkdir(parents=True)
    (one / "backup" / "spool").rename(other / "var" / "spool")
    restored = instance_in(other, "sqlite:///var/cds-service.db")
    restored.start()
    try:
        wait_until_drained(other / "var" / "spool")
    finally:
        restored.end()

    assert load.figures.instances == {*stored([f"sqlite:///{other}/var/cds-service.db"]).instances}
