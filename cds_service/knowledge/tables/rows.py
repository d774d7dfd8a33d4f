"""Reads a site's CSV file of order codes as lines of cells, and says what is wrong with the file."""

import csv
import io
import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CellCheck = Callable[[str], str]


_TOO_MANY = "cells beyond the last column"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a CSV file or one section of a TOML file, as text."""

    place: str
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]


@dataclass(frozen=True, slots=True)
class Rows:
    """The valid rows of a file, and what is wrong with the others."""

    valid: tuple[Row, ...]
    faults: tuple[str, ...]


def read_csv(folder: Path, name: str, schema: Mapping[str, CellCheck]) -> Rows:
    """The rows of a CSV file; faults name the file and line."""
    text, fault = _text_of(folder, name)
    if fault:
        return Rows((), (fault,))
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, restkey=_TOO_MANY)
    try:
        header = reader.fieldnames or ()
        if faults := tuple(_header_faults(name, header, schema)):
            return Rows((), faults)
        read = [(f"{name} line {reader.line_num}", cells) for cells in reader]
    except csv.Error as error:
        return Rows((), (f"{name} line {reader.line_num}: not readable as CSV ({error})",))
    return _checked(read, schema)


def read_toml(folder: Path, name: str, schema: Mapping[str, CellCheck]) -> Rows:
    """The sections of a TOML file as rows, with the name of the section as `id`."""
    sections, fault = _toml_of(folder, name)
    if fault:
        return Rows((), (fault,))
    read = [(f"{name} [{key}]", {"id": key, **_cells(section)}) for key, section in sections.items()]
    return _checked(read, {"id": _any_text, **schema})


def read_toml_section(folder: Path, name: str, schema: Mapping[str, CellCheck], *, section: str) -> Rows:
    """The sub-sections of one section of a TOML file; the whole file as one row if section is empty."""
    sections, fault = _toml_of(folder, name)
    if fault:
        return Rows((), (fault,))
    if not section:
        return _checked([(name, _cells(sections))], schema)
    inner = sections.get(section)
    if not isinstance(inner, dict):
        return Rows((), (f"{name}: section [{section}] is missing",))
    read = [(f"{name} [{section}.{key}]", {"id": key, **_cells(value)}) for key, value in inner.items()]
    return _checked(read, {"id": _any_text, **schema})


def _text_of(folder: Path, name: str) -> tuple[str, str]:
    try:
        return (folder / name).read_text(encoding="utf-8-sig"), ""
    except FileNotFoundError:
        return "", f"{name}: the file is missing"
    except (OSError, UnicodeDecodeError) as error:
        return "", f"{name}: not readable as UTF-8 text ({type(error).__name__})"


def _toml_of(folder: Path, name: str) -> tuple[dict[str, object], str]:
    text, fault = _text_of(folder, name)
    if fault:
        return {}, fault
    try:
        return tomllib.loads(text), ""
    except tomllib.TOMLDecodeError as error:
        return {}, f"{name}: not readable as TOML ({error})"


def _cells(section: object) -> dict[str, str | None]:
    """The values of a section as text, lists joined by spaces; None marks what is neither."""
    if not isinstance(section, dict):
        return {"(value)": None}
    return {key: _cell(value) for key, value in section.items()}


def _cell(value: object) -> str | None:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return " ".join(value)
    return value if isinstance(value, str) else None


def _header_faults(name: str, header: object, schema: Mapping[str, CellCheck]) -> Iterator[str]:
    columns = list(header) if isinstance(header, (list, tuple)) else []
    yield from (f"{name} line 1: unknown column {c!r}" for c in columns if c not in schema)
    yield from (f"{name} line 1: column {c!r} is missing" for c in schema if c not in columns)
    yield from (f"{name} line 1: column {c!r} stands twice" for c in set(columns) if columns.count(c) > 1)


def _checked(read: list[tuple[str, dict[str, str | None]]], schema: Mapping[str, CellCheck]) -> Rows:
    valid: list[Row] = []
    faults: list[str] = []
    for place, cells in read:
        if found := [f"{place}: {fault}" for fault in _row_faults(cells, schema)]:
            faults += found
        else:
            valid.append(Row(place, {key: value or "" for key, value in cells.items()}))
    return Rows(tuple(valid), tuple(faults))


def _row_faults(cells: Mapping[str, str | None], schema: Mapping[str, CellCheck]) -> Iterator[str]:
    for key, value in cells.items():
        if key not in schema:
            yield f"unknown key {key!r}"
        elif not isinstance(value, str):
            yield f"{key}: text expected"
        elif fault := schema[key](value):
            yield f"{key}: {fault}"
    yield from (f"{key}: missing" for key in schema if key not in cells)


def _any_text(value: str) -> str:
    return ""


COLUMNS: Final = ("system", "code", "procedure", "display", "orderable")


_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")


_UNSEEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})


_OTHER_SEPARATORS: Final = {";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True, slots=True)
class LineFault:
    """What is wrong, and in which line; 0 where it is the file as a whole."""

    line: int
    what: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}" if self.line else self.what


@dataclass(frozen=True, slots=True)
class Line:
    """One line with all its columns, without blanks around the cells."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a file that have the right shape, and the faults of the others or of the whole."""

    well_formed: tuple[Line, ...] = ()
    faults: tuple[LineFault, ...] = ()


def unseen_in(text: str) -> str:
    """The first character that is not seen or turns the direction of writing, as `U+202E`; else empty."""
    return next((f"U+{ord(sign):04X}" for sign in text if unicodedata.category(sign) in _UNSEEN), "")


_LAST_BLANK: Final = 0x3000


_BLANKS: Final = "\t\r\n" + "".join(
    sign for sign in map(chr, range(_LAST_BLANK + 1)) if sign.isspace() and not unseen_in(sign)
)


def lines_in(path: Path) -> Lines:
    """The lines below the header; empty ones are passed over."""
    text = _text_at(path)
    if isinstance(text, LineFault):
        return Lines(faults=(text,))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        if faults := tuple(_line_header_faults(header, text)):
            return Lines(faults=faults)
        read = [(reader.line_num, [cell.strip(_BLANKS) for cell in cells]) for cells in reader]
    except csv.Error as error:
        return Lines(faults=(LineFault(reader.line_num, f"not readable as CSV ({error})"),))
    return _shaped(header, [(number, cells) for number, cells in read if any(cells)])


def _shaped(header: Sequence[str], read: Sequence[tuple[int, Sequence[str]]]) -> Lines:
    width = len(header)
    expected = f"{width} are expected: a comma in a name needs quotes around the whole name"
    return Lines(
        tuple(Line(n, dict(zip(header, cells, strict=True))) for n, cells in read if len(cells) == width),
        tuple(LineFault(n, f"{len(cells)} cells, {expected}") for n, cells in read if len(cells) != width),
    )


def _text_at(path: Path) -> str | LineFault:
    """The text of the file (a UTF-8 byte order mark is no fault), or what is wrong with it as a whole."""
    try:
        content = path.read_bytes()
    except OSError as error:
        return LineFault(0, f"cannot be read ({error.strerror})")
    if content.startswith(_UTF_16):
        return LineFault(0, "encoded in UTF-16: save the file as CSV UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return LineFault(line, "not encoded in UTF-8: save the file as CSV UTF-8")


def _line_header_faults(header: Sequence[str], text: str) -> Iterator[LineFault]:
    if len(header) < 2 and (separator := _other_separator(text.partition("\n")[0])):
        yield LineFault(1, f"separated by {separator}: save the file with commas")
        return
    expected = ", ".join(COLUMNS)
    for name in COLUMNS:
        if name not in header:
            yield LineFault(1, f"column {name!r} is missing: {expected} are expected")
        elif header.count(name) > 1:
            yield LineFault(1, f"column {name!r} stands twice")
    for name in header:
        if name not in COLUMNS:
            yield LineFault(1, f"unknown column {name!r}: only {expected} are read")


def _other_separator(first_line: str) -> str:
    return next((name for sign, name in _OTHER_SEPARATORS.items() if sign in first_line), "")
