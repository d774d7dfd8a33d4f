"""The file of a SQLite database, which is its owner's alone whatever its folder and the umask."""

import logging
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

OWNER_ALONE: Final = 0o600
_FOLDER_OF_OWNER: Final = 0o700
_OTHERS: Final = 0o077
_BESIDE: Final = ("-wal", "-shm", "-journal")
_LOG = logging.getLogger(__name__)
_said: Final[set[Path]] = set()


def make_private(file: Path) -> None:
    """Make the file, and the folder it lies in, where they are missing; raises OSError.

    SQLite gives the files that it makes beside a database the rights of the database itself.
    CAUTION: a file that is there is not opened. Closing it would end the locks that this process has on it:
    https://sqlite.org/howtocorrupt.html, 2.2.
    """
    file.parent.mkdir(mode=_FOLDER_OF_OWNER, parents=True, exist_ok=True)
    try:
        file.touch(mode=OWNER_ALONE, exist_ok=False)
    except FileExistsError:
        return
    file.chmod(OWNER_ALONE)  # where the umask takes rights from the owner too


def narrow(file: Path) -> None:
    """Take the rights of others from a database and what lies beside it, saying so; raises OSError.

    A database that is missing is a FileNotFoundError and a folder an IsADirectoryError, where SQLite says
    of both only that it cannot open them.
    """
    if stat.S_ISDIR(file.stat().st_mode):
        raise IsADirectoryError(21, "a folder, not a file")
    for each in _files_of(file):
        _narrow_one(each)


def identity(file: Path) -> tuple[int, int]:
    """Which file is at the path now; none is there: like no other."""
    try:
        found = file.stat()
    except OSError:
        return (0, 0)
    return found.st_dev, found.st_ino


def _files_of(file: Path) -> Iterator[Path]:
    yield file
    yield from (file.with_name(file.name + suffix) for suffix in _BESIDE)


def _narrow_one(file: Path) -> None:
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
        if not mode & _OTHERS:
            return
        file.chmod(mode & ~_OTHERS)
    except FileNotFoundError:
        return  # nothing lies beside, or no longer
    except PermissionError:
        if file not in _said:
            _said.add(file)
            _LOG.warning("record: others may use %s, and this user cannot take that from them", file)
        return
    _LOG.warning(
        "record: %s was open to others (%03o), now to its owner alone (%03o)", file, mode, mode & ~_OTHERS
    )
