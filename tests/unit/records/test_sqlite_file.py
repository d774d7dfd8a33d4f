"""The file of a SQLite database: its owner's alone, and what is wrong with it told."""

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import SQLAlchemyError

from cds_service.records.seen_tokens import SeenTokens
from cds_service.records.sql.engine import engine_from
from cds_service.records.sql.faults import DatabaseFault, WrongSchema, fault_of
from cds_service.records.sql.schema import migrate, require_current
from tests.unit.records.keeping import FeedbackKeeper
from tests.unit.records.test_feedback_in_sqlite import NOON, OVERRIDDEN, SERVICE


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "record.db"


@pytest.fixture(params=[0o000, 0o022, 0o277])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def modes_in(folder: Path) -> dict[str, int]:
    return {each.name: stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()}


@pytest.mark.usefixtures("umask")
def test_every_file_is_its_owners_alone_whatever_folder_and_umask(file: Path) -> None:
    file.parent.chmod(0o777)
    url = f"sqlite:///{file}"
    store, tokens = FeedbackKeeper(url), SeenTokens(url)

    store.keep(SERVICE, [OVERRIDDEN], received_at=NOON)
    tokens.add(b"1" * 32, 10**10)
    reader = sqlite3.connect(file)
    reader.execute("SELECT * FROM feedback").fetchall()
    modes = modes_in(file.parent)
    reader.close()
    tokens.close()

    assert {"record.db", "record.db-wal", "record.db-shm", "record-tokens.db-wal"} <= modes.keys()
    assert set(modes.values()) == {0o600}


def test_a_file_that_was_open_to_others_is_narrowed_and_said(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"sqlite:///{file}"
    tokens = file.with_name("record-tokens.db")
    migrate(engine_from(url))
    other = sqlite3.connect(file)
    other.execute("INSERT INTO alembic_version VALUES ('x')")
    other.rollback()
    for each in (file, file.with_name("record.db-wal"), file.with_name("record.db-shm"), tokens):
        each.touch()
        each.chmod(0o664)

    require_current(engine_from(url))
    SeenTokens(url).add(b"1" * 32, 10**10)
    other.close()

    assert set(modes_in(file.parent).values()) == {0o600}
    said = [record.getMessage() for record in caplog.records]
    assert f"record: {file} was open to others (664), now to its owner alone (600)" in said
    assert len(said) == 4


def test_what_is_asked_of_a_file_that_is_there_takes_no_lock_away(file: Path) -> None:
    """Closing a file ends every lock that the process has on it; so it is never opened beside SQLite."""
    url = f"sqlite:///{file}"
    migrate(engine_from(url))
    script = (
        "import sqlite3, sys\n"
        "other = sqlite3.connect(sys.argv[1], timeout=0)\n"
        "other.execute('PRAGMA locking_mode=EXCLUSIVE')\n"
        "try: other.execute('BEGIN EXCLUSIVE'); print('free')\n"
        "except sqlite3.OperationalError as error: print(error)\n"
    )
    holder = engine_from(url).connect()
    holder.exec_driver_sql("BEGIN IMMEDIATE")

    with pytest.raises(SQLAlchemyError):
        migrate(engine_from(url), seconds=0)
    seen = subprocess.run(
        [sys.executable, "-c", script, str(file)], capture_output=True, text=True, check=True
    )
    holder.close()

    assert seen.stdout == "database is locked\n"


# --- what is wrong with a file -------------------------------------------------------------------------


def is_a_folder(file: Path) -> None:
    file.mkdir()


def is_in_no_folder(file: Path) -> None:
    file.parent.rmdir()


def is_below_a_file(file: Path) -> None:
    file.parent.rmdir()
    file.parent.write_text("a file where the folder should be")


def is_missing(file: Path) -> None:
    assert not file.exists()


def is_empty(file: Path) -> None:
    file.touch()


def is_text(file: Path) -> None:
    file.write_text("what clinicians did with the cards " * 100)


def is_damaged(file: Path) -> None:
    migrate(engine_from(f"sqlite:///{file}"))
    whole = file.read_bytes()
    file.write_bytes(whole[:200] + b"\xff" * (len(whole) - 200))


@pytest.mark.parametrize(
    ("how", "fault"),
    [
        (is_a_folder, DatabaseFault.NOT_A_DATABASE),
        (is_in_no_folder, DatabaseFault.NO_SUCH_DATABASE),
        (is_below_a_file, DatabaseFault.NO_SUCH_DATABASE),
        (is_missing, DatabaseFault.NO_SUCH_DATABASE),
        (is_empty, DatabaseFault.NO_TABLES),
        (is_text, DatabaseFault.NOT_A_DATABASE),
        (is_damaged, DatabaseFault.NOT_A_DATABASE),
    ],
)
def test_what_is_wrong_with_a_file_has_its_kind(
    tmp_path: Path, how: Callable[[Path], None], fault: DatabaseFault
) -> None:
    file = tmp_path / "folder" / "record.db"
    file.parent.mkdir()
    how(file)

    assert fault_in(file) == fault


def fault_in(file: Path) -> DatabaseFault:
    with pytest.raises((SQLAlchemyError, OSError, WrongSchema)) as found:
        require_current(engine_from(f"sqlite:///{file}"))
    return fault_of(found.value)


def test_a_file_that_another_holds_is_locked(file: Path) -> None:
    migrate(engine_from(f"sqlite:///{file}"))
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    assert fault_in(file) == DatabaseFault.LOCKED
    other.close()


def test_a_disk_without_space_is_full(file: Path) -> None:
    migrate(engine_from(f"sqlite:///{file}"))
    engine = engine_from(f"sqlite:///{file}")

    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
        with pytest.raises(SQLAlchemyError) as found:
            connection.exec_driver_sql("CREATE TABLE large AS SELECT randomblob(100000)")

    assert fault_of(found.value) == DatabaseFault.DISK_FULL


@pytest.mark.parametrize(
    ("mode_of_file", "mode_of_folder", "fault"),
    [
        (0o400, 0o700, "read-only"),
        (0o000, 0o700, "permission"),
        (0o600, 0o500, "read-only"),
        (0o600, 0o000, "permission"),
    ],
)
def test_rights_that_are_missing_have_their_kind(
    tmp_path: Path, mode_of_file: int, mode_of_folder: int, fault: str
) -> None:
    file = tmp_path / "folder" / "record.db"
    migrate(engine_from(f"sqlite:///{file}"))
    file.chmod(mode_of_file)
    file.parent.chmod(mode_of_folder)

    found = fault_as_no_administrator(file)
    file.parent.chmod(0o700)

    assert found == fault


def fault_as_no_administrator(file: Path) -> str:
    """CAUTION: no right is missing to an administrator: a process of its own gives that up first."""
    script = (
        "import ctypes, sys\n"
        "from cds_service.records.sql.engine import engine_from\n"
        "from cds_service.records.sql.faults import fault_of\n"
        "from cds_service.records.sql.schema import require_current\n"
        "version_3_of_this_process = (0x20080522).to_bytes(4, sys.byteorder) + bytes(4)\n"
        "ctypes.CDLL(None).capset(version_3_of_this_process, bytes(24))\n"
        "engine = engine_from('sqlite:///' + sys.argv[1])\n"
        "try: require_current(engine); print('none')\n"
        "except Exception as error: print(fault_of(error))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(file)], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
