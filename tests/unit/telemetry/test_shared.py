"""Several processes count in one folder, whoever started them, and some of them are killed."""

import errno
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from cds_service.errors import SettingsError
from cds_service.telemetry.meter import Meter
from cds_service.telemetry.metrics import FETCH_SECONDS, HELD_BACK
from cds_service.telemetry.shared import (
    KINDS_OF_FILES,
    PREFIX,
    ProcessNumber,
    folder_of_its_own,
    numbers_in,
    remove_if_its_own,
)
from tests.unit.telemetry.reading import samples

PROGRAM = """
import sys
from pathlib import Path
from cds_service.telemetry.meter import Meter
from cds_service.telemetry.metrics import HELD_BACK, REQUEST_SECONDS, SPOOL_BYTES
meter, spooled = Meter({}, Path(sys.argv[1])), 0
meter.standing = lambda: [(SPOOL_BYTES, (), spooled)]
print("begun", flush=True)
for line in sys.stdin:
    number = int(line)
    meter.count(HELD_BACK, by=number)
    meter.observe(REQUEST_SECONDS, "hemoptysis-imaging-order-sign", seconds=number)
    spooled += number
    print(meter.text().decode() + "# EOF", flush=True)
"""


class Counting:
    """A process that counts what it is told to, and then tells what all have counted."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "begun\n"

    def count(self, number: int) -> dict[str, float]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{number}\n")
        self._process.stdin.flush()
        lines = []
        while (line := self._process.stdout.readline()) != "# EOF\n":
            assert line
            lines.append(line)
        return samples("".join(lines))

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.communicate()


@pytest.fixture
def started(tmp_path: Path) -> Iterator["Started"]:
    with ExitStack() as stack:
        yield Started(tmp_path / "metrics", stack)


class Started:
    """Starts processes that count in one folder, and ends them."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self._stack = folder, stack

    def __call__(self) -> Counting:
        process = Counting(self.folder)
        self._stack.callback(process.kill)
        return process

    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


def test_each_process_tells_what_all_have_counted(started: Started) -> None:
    one, other = started(), started()

    one.count(1)
    found = other.count(2)

    assert found["cds_cards_held_back_total"] == 3
    assert found["cds_spool_bytes"] == 3
    assert found["cds_processes"] == 2
    assert found["cds_process_starts_total"] == 2
    sum_of = 'cds_request_seconds_sum{service="hemoptysis-imaging-order-sign"}'
    assert found[sum_of] == 3


def test_counters_go_on_and_files_do_not_pile_up_when_processes_are_killed(started: Started) -> None:
    stays = started()
    totals, files = [stays.count(1)["cds_cards_held_back_total"]], []
    for _ in range(4):
        killed = started()
        killed.count(10)
        killed.kill()
        totals.append(stays.count(1)["cds_cards_held_back_total"])
        files.append(started.files())

    assert totals == [1, 12, 23, 34, 45]
    assert files == [files[0]] * 4


def test_the_state_of_a_process_that_is_gone_is_told_no_more(started: Started) -> None:
    stays, killed = started(), started()
    killed.count(1000)
    assert stays.count(1)["cds_spool_bytes"] == 1001

    killed.kill()
    found = stays.count(1)

    assert (found["cds_spool_bytes"], found["cds_processes"]) == (2, 1)
    assert started().count(5)["cds_spool_bytes"] == 7


def test_who_comes_first_begins_from_nothing(started: Started) -> None:
    one = started()
    one.count(1)
    one.kill()

    assert started().count(2)["cds_cards_held_back_total"] == 2


def test_a_folder_in_a_place_for_temporary_files_is_removed_also_when_it_was_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left, in_use, of_another = (tmp_path / f"{PREFIX}{name}" for name in ("left", "in-use", "other"))
    for folder in (left, of_another):
        folder.mkdir()
    (left / "in-use").touch()
    process = Counting(in_use)
    try:
        own = folder_of_its_own()
    finally:
        process.kill()

    assert set(tmp_path.iterdir()) == {in_use, of_another, own}
    remove_if_its_own(own)
    remove_if_its_own(None)
    remove_if_its_own(tmp_path)
    assert not own.exists()
    assert tmp_path.exists()


def test_without_a_place_for_temporary_files_the_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object, **__: object) -> str:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(tempfile, "mkdtemp", none)

    with pytest.raises(SettingsError, match=r"CDS_METRICS_DIR: .* \(Read-only file system\)"):
        folder_of_its_own()


def test_a_process_keeps_its_number(tmp_path: Path) -> None:
    number = numbers_in(tmp_path)

    assert {number() for _ in range(3)} == {0}
    assert numbers_in(tmp_path) is number
    assert (tmp_path / "0.number").stat().st_mode & 0o777 == 0o600


def test_a_process_that_finds_no_space_goes_on_without_counting_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    meter = Meter({}, tmp_path / "metrics")
    meter.count(HELD_BACK)

    with monkeypatch.context() as full:
        full.setattr(ProcessNumber, "__call__", no_space)
        for _ in range(3):
            meter.count(HELD_BACK)
            meter.observe(FETCH_SECONDS, seconds=1)
            meter.publish_if_due()

    assert [record.getMessage() for record in caplog.records] == [
        "metrics: not counted (No space left on device); CDS_METRICS_DIR"
    ]
    meter.count(HELD_BACK)
    assert samples(meter.text().decode())["cds_cards_held_back_total"] == 2


def no_space(*_: object) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_number_without_space_is_free_again_and_leaves_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = numbers_in(tmp_path)
    with monkeypatch.context() as full:
        full.setattr(Path, "write_bytes", no_space)
        for _ in range(3):
            with pytest.raises(OSError, match="No space"):
                number()

    assert (number(), sorted(path.name for path in tmp_path.glob("*_*"))) == (
        0,
        [f"{kind}_0.db" for kind in sorted(KINDS_OF_FILES)],
    )


def test_the_files_whose_space_is_taken_are_those_that_the_library_uses(tmp_path: Path) -> None:
    text = Meter({}, tmp_path / "metrics").text()

    assert text
    assert {path.name for path in (tmp_path / "metrics").glob("*.db")} == {
        f"{kind}_0.db" for kind in KINDS_OF_FILES
    }
