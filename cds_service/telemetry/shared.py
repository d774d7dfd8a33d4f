"""The folder in which the processes of an instance share what they count, and the number of each there."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, Final

import prometheus_client.values
from prometheus_client.values import MultiProcessValue, MutexValue

from cds_service.errors import SettingsError

PREFIX: Final = "cds-service-metrics-"
FOLDER_OF_PROMETHEUS: Final = "PROMETHEUS_MULTIPROC_DIR"
KINDS_OF_FILES: Final = ("counter", "histogram", "gauge_livesum", "gauge_livemax")
"""As the library names them."""

_BYTES_OF_A_FILE: Final = 1 << 17
_IN_USE: Final = "in-use"


class ProcessNumber:
    """The number of each process that counts in a folder: the lowest that no living one has.

    A process holds a lock for it, which the system releases whatever ends the process; so the next one goes
    on counting in the files of one that is gone, and files do not pile up.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._mine = (0, -1)
        self._folder_lock = _emptied_unless_in_use(folder)

    def __call__(self) -> int:
        """That of this process."""
        process, number = self._mine
        if process != os.getpid():
            number = self._taken()
            self._mine = (os.getpid(), number)
        return number

    def _taken(self) -> int:
        """CAUTION: a mapped file that finds no space later ends the process, so all is taken now.

        Raises OSError where there is none.
        """
        for number in count():
            lock = _locked(self._lock_of(number))
            if lock is not None:  # kept open until the process ends
                try:
                    self._take_space(number)
                except OSError:
                    os.close(lock)
                    raise
                return number
        raise AssertionError

    def _take_space(self, number: int) -> None:
        for kind in KINDS_OF_FILES:
            file = self.folder / f"{kind}_{number}.db"
            if not file.exists():
                try:
                    file.write_bytes(bytes(_BYTES_OF_A_FILE))
                except OSError:
                    file.unlink(missing_ok=True)
                    raise

    def files(self) -> Iterator[str]:
        """What all have counted, and the gauges of those that live."""
        for path in self.folder.glob("*.db"):
            if not path.name.startswith("gauge") or self._lives(int(path.stem.rpartition("_")[2])):
                yield str(path)

    def _lives(self, number: int) -> bool:
        lock = None if number == self() else _locked(self._lock_of(number))
        if lock is not None:
            os.close(lock)
        return lock is None

    def _lock_of(self, number: int) -> Path:
        return self.folder / f"{number}.number"


@cache
def numbers_in(folder: Path) -> ProcessNumber:
    """The one of this process for a folder, whoever asks."""
    return ProcessNumber(folder)


@cache
def _values_in(folder: Path) -> Any:
    """CAUTION: the library looks the folder up in the environment, whenever a process opens its files."""
    os.environ[FOLDER_OF_PROMETHEUS] = str(folder)
    return MultiProcessValue(numbers_in(folder))  # type: ignore[no-untyped-call] # it has no types


@contextmanager
def values_kept_in(folder: Path | None) -> Iterator[None]:
    """Metrics made meanwhile are shared in a folder; None: each process has its own, in memory.

    CAUTION: the library knows one kind of values, and each metric is of the kind at the time it is made.
    """
    before = prometheus_client.values.ValueClass
    prometheus_client.values.ValueClass = _values_in(folder) if folder else MutexValue
    try:
        yield
    finally:
        prometheus_client.values.ValueClass = before


def folder_of_its_own() -> Path:
    """A new folder in the system's place for temporary ones; those that instances left are removed.

    Raises SettingsError where there is no such place.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            if left.stat().st_uid == os.getuid() and (left / _IN_USE).exists():
                lock = _locked(left / _IN_USE)
                if lock is not None:
                    shutil.rmtree(left, ignore_errors=True)
                    os.close(lock)
    try:
        return Path(tempfile.mkdtemp(prefix=PREFIX))
    except OSError as error:
        found = f"no place for temporary files can be written ({error.strerror})"
        raise SettingsError([f"CDS_METRICS_DIR: {found}; set a folder that can"]) from None


def remove_if_its_own(folder: Path | None) -> None:
    """Remove a folder that `folder_of_its_own` made."""
    if folder is not None and folder.parent == Path(tempfile.gettempdir()) and folder.name.startswith(PREFIX):
        shutil.rmtree(folder, ignore_errors=True)


def _emptied_unless_in_use(folder: Path) -> int:
    """The lock by which an instance says that it uses a folder; who comes first begins from nothing.

    Raises OSError where the folder cannot be used.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    first = _locked(folder / _IN_USE)
    if first is not None:
        for path in [*folder.glob("*.db"), *folder.glob("[0-9]*.number")]:
            path.unlink(missing_ok=True)
    lock = first if first is not None else _opened(folder / _IN_USE)
    fcntl.flock(lock, fcntl.LOCK_SH)
    return lock


def _locked(path: Path) -> int | None:
    """The descriptor of a file that is locked by it, for as long as it is open; None where another has it."""
    descriptor = _opened(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _opened(path: Path) -> int:
    return os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
