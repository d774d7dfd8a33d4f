"""CSV and TOML files as rows that know where they stand: the knowledge's own, and a site's."""

import csv
import io
import tomllib
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

Fault = tuple[int, str]
"""In which line something is wrong, and what; line 0 is the file as a whole."""

_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})
_OTHER_SEPARATORS: Final = {";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a CSV file (without blanks around its cells) or one section of a TOML file, as text.

    `path` is the file with the line or the section, as a fault names it.
    """

    path: str
    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]


def unseen_in(text: str) -> str:
    """The first character that is not seen or turns the direction of writing, as `U+202E`; else empty."""
    return next((f"U+{ord(sign):04X}" for sign in text if unicodedata.category(sign) in _UNSEEN), "")


_BLANKS: Final = "\t\r\n \u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u202f\u205f\u3000"
"""Blanks that may stand around a cell; others (a vertical tab, the end of a paragraph) are not seen."""


def path_of(name: str, line: int) -> str:
    """How a fault names a line of a file, or the file as a whole."""
    return f"{name} line {line}" if line else name


def read_csv(file: Path, name: str, columns: Collection[str]) -> tuple[list[Row], list[Fault]]:
    """The lines of a CSV file below its header, empty ones passed over, and what is wrong with its form.

    The columns may stand in any order and case. Where the file or its header is at fault there is no row.
    """
    text = _text_of(file)
    if isinstance(text, tuple):
        return [], [text]
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        if faults := [(1, fault) for fault in _header_faults(header, columns, text)]:
            return [], faults
        read = [(reader.line_num, [cell.strip(_BLANKS) for cell in cells]) for cells in reader]
    except csv.Error as error:
        return [], [(reader.line_num, f"not readable as CSV ({error})")]
    return _shaped(name, header, [(line, cells) for line, cells in read if any(cells)])


def read_toml(file: Path, name: str) -> tuple[dict[str, object], list[str]]:
    """What a TOML file holds, and what is wrong with it as a whole."""
    text = _text_of(file)
    if isinstance(text, tuple):
        line, fault = text
        return {}, [f"{path_of(name, line)}: {fault}"]
    try:
        return tomllib.loads(text), []
    except tomllib.TOMLDecodeError as error:
        return {}, [f"{name}: not readable as TOML ({error})"]


def sections_of(
    name: str, read: tuple[Mapping[str, object], Sequence[str]], section: str = ""
) -> tuple[list[Row], list[str]]:
    """The sections of what was read (or of one section of it), with their names as `id`, and the faults."""
    sections, (*faults,) = read
    inner = sections.get(section) if section else sections
    if not isinstance(inner, Mapping):
        return [], faults or [f"{name}: section [{section}] is missing"]
    prefix = f"{section}." if section else ""
    rows = [_section(f"{name} [{prefix}{key}]", value, faults, id=key) for key, value in inner.items()]
    return rows, faults


def keys_of(name: str, read: tuple[Mapping[str, object], Sequence[str]]) -> tuple[list[Row], list[str]]:
    """What was read of a file without sections, as one row, and the faults."""
    keys, (*faults,) = read
    return ([] if faults else [_section(name, keys, faults)]), faults


def _text_of(file: Path) -> str | Fault:
    """The text of a file (a byte order mark of UTF-8 is no fault), or what is wrong with it as a whole."""
    kind = "CSV UTF-8" if file.suffix == ".csv" else "UTF-8"
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return 0, "the file is missing"
    except OSError as error:
        return 0, f"cannot be read ({error.strerror})"
    if content.startswith(_UTF_16):
        return 0, f"encoded in UTF-16: save the file as {kind}"
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return line, f"not encoded in UTF-8: save the file as {kind}"


def _header_faults(header: Sequence[str], columns: Collection[str], text: str) -> Iterator[str]:
    if len(header) < 2 and (separator := _other_separator(text.partition("\n")[0])):
        yield f"separated by {separator}: save the file with commas"
        return
    expected = ", ".join(columns)
    for name in columns:
        if name not in header:
            yield f"column {name!r} is missing: {expected} are expected"
        elif header.count(name) > 1:
            yield f"column {name!r} stands twice"
    for name in header:
        if name not in columns:
            yield f"unknown column {name!r}: only {expected} are read"


def _other_separator(first_line: str) -> str:
    return next((name for sign, name in _OTHER_SEPARATORS.items() if sign in first_line), "")


def _shaped(
    name: str, header: Sequence[str], read: Sequence[tuple[int, Sequence[str]]]
) -> tuple[list[Row], list[Fault]]:
    width = len(header)
    expected = f"{width} are expected: a comma in a name needs quotes around the whole name"
    return (
        [
            Row(path_of(name, line), line, dict(zip(header, cells, strict=True)))
            for line, cells in read
            if len(cells) == width
        ],
        [(line, f"{len(cells)} cells, {expected}") for line, cells in read if len(cells) != width],
    )


def _section(path: str, section: object, faults: list[str], **cells: str) -> Row:
    """A section as a row, lists joined by blanks; what is neither text nor list is added to the faults."""
    if not isinstance(section, Mapping):
        faults.append(f"{path}: a section is expected")
        return Row(path, 0, cells)
    for key, value in section.items():
        is_list = isinstance(value, list) and all(isinstance(item, str) for item in value)
        cells[key] = " ".join(value) if is_list else str(value)
        if not is_list and not isinstance(value, str):
            faults.append(f"{path}: {key}: text expected")
    return Row(path, 0, cells)
