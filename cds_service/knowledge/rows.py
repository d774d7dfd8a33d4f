"""Reads the CSV and TOML files of the knowledge as rows of text, each knowing its place."""

import csv
import io
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

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
