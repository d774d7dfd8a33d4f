"""The files of a bulk export and their lines: found, read in ranges, and what is amiss counted and named."""

import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from sys import maxsize
from typing import Any, Final

import msgspec
from pyarrow import fs

from cds_service.errors import BadValue
from cds_service.fhir.resources import UNREAD_TYPES
from cds_service.knowledge.kinds import KINDS

ORDERS: Final = ("ServiceRequest", "ProcedureRequest")
STAND_INS: Final = ("ImagingStudy", "DiagnosticReport", "Procedure")
"""What stands for an order where an export has none, the nearest to the order first."""

DIRECTORY: Final = ("PractitionerRole", "Organization")
CHART: Final = tuple(dict.fromkeys(name for row in KINDS.values() for name in row.resource_types))
"""The types that a prefetch template can find."""

MOST_BYTES_OF_A_LINE: Final = 64 << 20
BYTES_OF_A_RANGE: Final = 256 << 20
NOT_OPENED: Final = "file cannot be opened"
ENDS_EARLY: Final = "compressed stream ends early"
TOO_LONG: Final = "line too long"
_BLOCK: Final = 1 << 20
_NAMED: Final = 3
_FILE: Final = re.compile(r"\.(nd-?json|jsonl)(\.(gz|bz2|zst))?$", re.IGNORECASE)
_OF_A_NAME: Final = re.compile(r"[a-f]{1,8}|part|chunk|page|file")
"""The words of a file's name beside a type; with any other only its lines tell what it holds."""

_PACKED: Final = (".gz", ".bz2", ".zst")
_EVERY_TYPE: Final = frozenset(
    name.lower() for name in (*UNREAD_TYPES, *CHART, *ORDERS, *DIRECTORY, "Medication")
)


class ExportFile(msgspec.Struct, frozen=True):
    """A file of an export, by its place in it; `types` are those that it is named after.

    It has none where only its lines tell.
    """

    path: str
    name: str
    size: int
    types: tuple[str, ...]


class FileRange(msgspec.Struct, frozen=True):
    """The lines of a file that begin within a range of bytes; `end` is 0 for all of a compressed file."""

    root: str
    file: ExportFile
    start: int = 0
    end: int = 0


class FileTally(msgspec.Struct):
    """What was read of a file, or of all: lines, and those that could not be used, by why.

    `places` name the first of them, by the byte at which they begin. `types` counts the resources of each
    type; `cut_off` are the types of files that end within a line or a compressed stream. `is_open`: the last
    line has no end.
    """

    name: str
    bytes: int = 0
    lines: int = 0
    amiss: dict[str, int] = msgspec.field(default_factory=dict)
    places: list[str] = msgspec.field(default_factory=list)
    types: dict[str, int] = msgspec.field(default_factory=dict)
    cut_off: list[str] = msgspec.field(default_factory=list)
    is_open: bool = False

    def note(self, why: str, place: int | None = None) -> None:
        """Count something that could not be used; the first ones are named."""
        self.amiss[why] = self.amiss.get(why, 0) + 1
        if place is not None and len(self.places) < _NAMED:
            self.places.append(f"{self.name}, byte {place}: {why}")

    def add(self, other: "FileTally") -> None:
        """Take in what was counted of another file, or of another range."""
        self.bytes += other.bytes
        self.lines += other.lines
        for mine, theirs in ((self.amiss, other.amiss), (self.types, other.types)):
            for name, count in theirs.items():
                mine[name] = mine.get(name, 0) + count
        self.places += other.places
        self.cut_off = sorted({*self.cut_off, *other.cut_off})


def export_files(source: str) -> tuple[ExportFile, ...]:
    """The NDJSON files of a folder, local or in an object store, by name.

    Raises BadValue for what is no such folder.
    """
    if not source.strip():
        raise BadValue("The folder of the export has no name.")
    system, root = _system_of(source)
    try:
        found = system.get_file_info(fs.FileSelector(root, recursive=True))
    except (OSError, ValueError) as error:
        raise BadValue(f"{source} cannot be read as a folder ({type(error).__name__}).") from None
    files = [_file(info, root) for info in found if info.is_file and _is_read(info.base_name)]
    if not files:
        raise BadValue(
            f"{source} holds no NDJSON file; expected are files such as Patient.ndjson or "
            "Condition.000.ndjson.gz, as a FHIR bulk export writes them."
        )
    return tuple(sorted(files, key=lambda file: file.path))


def _system_of(source: str) -> tuple[Any, str]:
    """The file system of a folder, and its path there."""
    if "://" not in source:
        return fs.LocalFileSystem(), str(Path(source).resolve())
    try:
        system, path = fs.FileSystem.from_uri(source)
    except (OSError, ValueError) as error:
        raise BadValue(f"{source} names no folder that can be read ({type(error).__name__}).") from None
    return system, path


def _is_read(name: str) -> bool:
    """CAUTION: macOS writes a file of its own beside each, named `._Patient.ndjson`."""
    return _FILE.search(name) is not None and not name.startswith("._")


def _file(info: Any, root: str) -> ExportFile:
    name = info.path.removeprefix(root).lstrip("/")
    words = {word.lower() for word in re.findall(r"[A-Za-z]+", _FILE.sub("", info.base_name))}
    named = words & _EVERY_TYPE
    if not all(map(_OF_A_NAME.fullmatch, words - named)):
        return ExportFile(info.path, name, info.size, ())
    ours = (name for name in dict.fromkeys((*CHART, *ORDERS, *DIRECTORY)) if name.lower() in named)
    return ExportFile(info.path, name, info.size, tuple(ours) or ("",) * bool(named))


def files_with(files: Iterable[ExportFile], types: Sequence[str]) -> Iterator[ExportFile]:
    """The files that may hold resources of the types."""
    return (file for file in files if not file.types or not set(types).isdisjoint(file.types))


def ranges_of(source: str, files: Iterable[ExportFile], size: int = BYTES_OF_A_RANGE) -> Iterator[FileRange]:
    """The files in ranges of about so many bytes; what is compressed cannot be parted."""
    for file in files:
        if file.path.lower().endswith(_PACKED):
            yield FileRange(source, file)
            continue
        for start in range(0, file.size, size):
            yield FileRange(source, file, start, min(start + size, file.size))


def lines_in(part: FileRange, tally: FileTally) -> Iterator[tuple[int, bytes]]:
    """Each line that begins in the range, with its place; blank ones aside."""
    system, _ = _system_of(part.root)
    try:
        if not part.end:
            stream = system.open_input_stream(part.file.path, buffer_size=_BLOCK)
        else:
            stream = system.open_input_file(part.file.path)
            stream.seek(max(part.start - 1, 0))
    except OSError:
        tally.note(NOT_OPENED, part.start)
        return
    with stream:
        for place, line in _whole_lines(stream, part, tally):
            if line := line.removeprefix(BOM_UTF8 if not place else b"").strip():
                tally.lines += 1
                yield place, line


def _whole_lines(stream: Any, part: FileRange, tally: FileTally) -> Iterator[tuple[int, bytes]]:
    """CAUTION: a range is read from one byte before it, else a line that begins with it would be skipped."""
    place, rest, is_skipping = max(part.start - 1, 0), b"", part.start > 0
    end = part.end or maxsize
    while place < end and (block := _block(stream, tally)):
        tally.bytes += len(block)
        pieces = (rest + block).split(b"\n")
        rest = pieces.pop()
        for piece in pieces:
            if place >= end:
                return
            if not is_skipping:
                yield place, piece
            is_skipping = False
            place += len(piece) + 1
        if len(rest) > MOST_BYTES_OF_A_LINE:
            tally.note(TOO_LONG, place)
            is_skipping = True
        if is_skipping:  # CAUTION: kept, what is skipped would be copied again with each block
            place, rest = place + len(rest), b""
    if rest and not is_skipping and place < end:
        tally.is_open = True
        yield place, rest


def _block(stream: Any, tally: FileTally) -> bytes:
    """The next bytes; none where a stream ends before its end, which is noted."""
    try:
        block: bytes = stream.read(_BLOCK)
    except OSError:
        tally.note(ENDS_EARLY)
        return b""
    return block
