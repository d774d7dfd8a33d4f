"""The spool: a file per process to which each consultation is appended before its answer leaves."""

import fcntl
import os
import uuid
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final
from zlib import crc32

ENDING: Final = ".spool"
ASIDE: Final = "refused.jsonl"
BYTES_OF_A_FILE: Final = 4 << 20
"""A file this long is not appended to any more; it is removed when all of it is committed."""

MOST_FILES: Final = 256
"""Of one process, 1 GiB in all: a million consultations. What comes beyond is lost, counted and said."""

_HEAD: Final = 8 + 1 + 8 + 1
"""CRC-32 and length of what follows, in hexadecimal, each with a blank behind it."""


@dataclass(frozen=True, slots=True)
class Read:
    """Some lines of a spool, where the next one begins, and how many between were torn."""

    lines: tuple[bytes, ...]
    end: int
    torn: int


class SpoolFile:
    """One file: appended to by the process that holds its lock, read by that one, or by any once it is free.

    A line is one write, so that a process that is killed has written it or not; what another fault tears is
    known by its length and checksum, and passed over.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._size = os.fstat(descriptor).st_size
        self._is_torn = False

    @classmethod
    def made_in(cls, folder: Path) -> "SpoolFile":
        """A new file, locked by this process; only its owner may read it. Raises OSError."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            path = folder / f"{os.getpid()}-{uuid.uuid4().hex}{ENDING}"
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_APPEND | os.O_CLOEXEC, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.fstat(descriptor).st_nlink:
                return cls(path, descriptor)
            os.close(descriptor)  # another process took it for one left behind, before it was locked

    @classmethod
    def left_at(cls, path: Path) -> "SpoolFile | None":
        """The file of a process that is gone, locked by this one until it is removed or closed.

        None where another one has it. Raises OSError where it cannot be opened.
        """
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_there = os.fstat(descriptor).st_nlink > 0  # CAUTION: who had it may just have removed it
        except BlockingIOError:
            is_there = False
        if not is_there:
            os.close(descriptor)
            return None
        return cls(path, descriptor)

    @property
    def size(self) -> int:
        """How many bytes stand in it."""
        return self._size

    @property
    def is_full(self) -> bool:
        """Whether the next line belongs in another file.

        CAUTION: not after a torn line, which the next one ends; else all that waits would wait behind it.
        """
        return self._size >= BYTES_OF_A_FILE and not self._is_torn

    def append(self, payload: bytes) -> None:
        """Write one line. Raises OSError where it could not be written whole: it is not kept then."""
        line = b"%08x %08x %b\n" % (crc32(payload), len(payload), payload)
        if self._is_torn:
            line = b"\n" + line
        written = os.write(self._descriptor, line)
        self._size += written
        self._is_torn = written < len(line)
        if self._is_torn:
            raise OSError("the spool's disk is full")

    def read(self, start: int, length: int) -> Read:
        """The whole lines from a place on, in at most so many bytes (one line may be longer)."""
        while True:
            found = os.pread(self._descriptor, length, start)
            end = found.rfind(b"\n") + 1
            if end or len(found) < length:
                break
            length *= 2
        whole = [line for line in found[:end].split(b"\n") if line]
        lines = tuple(payload for line in whole if (payload := _payload_of(line)) is not None)
        return Read(lines, start + end, len(whole) - len(lines))

    def empty(self) -> None:
        """Drop everything in it."""
        os.ftruncate(self._descriptor, 0)
        self._size, self._is_torn = 0, False

    def remove(self) -> None:
        """Take it away for good. Raises OSError, and has let go of it then."""
        try:
            self.path.unlink(missing_ok=True)
        finally:
            self.close()

    def close(self) -> None:
        """Let go of it; what stands in it stays, for any process to take over."""
        os.close(self._descriptor)


def _payload_of(line: bytes) -> bytes | None:
    """What a line holds; None for one that was torn."""
    payload = line[_HEAD:]
    head = b"%08x %08x " % (crc32(payload), len(payload))
    return payload if line[:_HEAD] == head else None


class Spool:
    """The spool of one process, in a folder that all of a machine share; safe to use from several threads.

    `append` may be called by any thread; `pending` and `committed` are of the one that writes the record.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = Lock()
        self._files: deque[SpoolFile] = deque()
        self._done = 0

    def append(self, payload: bytes) -> None:
        """Keep one payload, which holds no line break, whatever becomes of this process. Raises OSError."""
        with self._lock:
            if not self._files or self._files[-1].is_full:
                self._begin_another()
            self._files[-1].append(payload)

    def try_out(self) -> None:
        """Write a line to a file of its own, and take it away. Raises OSError where `append` would."""
        with self._lock:
            if len(self._files) >= MOST_FILES and self._files[-1].is_full:
                raise OSError("the spool is full")
        file = SpoolFile.made_in(self.folder)
        try:
            file.append(b"")
        finally:
            file.remove()

    def is_writable(self) -> bool:
        """Whether `try_out` says nothing."""
        try:
            self.try_out()
        except OSError:
            return False
        return True

    def pending(self, length: int) -> Read:
        """The next lines that are not committed, the oldest first, as `SpoolFile.read` does."""
        with self._lock:
            file = self._files[0] if self._files else None
        return file.read(self._done, length) if file else Read((), 0, 0)

    def committed(self, read: Read) -> None:
        """What was read is in the record, and need not stay here."""
        with self._lock:
            self._done = read.end
            if self._files and self._files[0].size <= self._done:
                if len(self._files) == 1:
                    self._files[0].empty()
                    self._done = 0
                else:
                    self._done = 0  # CAUTION: before removing, which may fail: the next file begins there
                    self._files.popleft().remove()

    @property
    def depth(self) -> int:
        """How many bytes wait to be committed."""
        with self._lock:
            return sum(file.size for file in self._files) - self._done

    def close(self) -> None:
        """Let go of the files: removed where nothing waits, left for another process where something does."""
        with self._lock:
            for file in self._files:
                if file.size > self._done:
                    file.close()
                else:
                    file.remove()
                self._done = 0
            self._files.clear()

    def others(self) -> list[Path]:
        """The files of other processes, of which some may be gone: `SpoolFile.left_at` tells."""
        with self._lock:
            own = {file.path for file in self._files}
        try:
            return [path for path in sorted(self.folder.glob(f"*{ENDING}")) if path not in own]
        except OSError:
            return []

    def set_aside(self, payload: bytes) -> None:
        """Keep what the record refuses in a file of its own, for a person to look at. Raises OSError."""
        flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
        descriptor = os.open(self.folder / ASIDE, flags, 0o600)
        try:
            os.write(descriptor, payload + b"\n")
        finally:
            os.close(descriptor)

    def _begin_another(self) -> None:
        if len(self._files) >= MOST_FILES:
            raise OSError("the spool is full")
        self._files.append(SpoolFile.made_in(self.folder))
