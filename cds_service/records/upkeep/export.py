"""The record as files for other programs: Parquet or CSV, a file for each table."""

import csv
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from sqlalchemy import JSON, BigInteger, Boolean, Column, Connection, DateTime, Float, Integer, Table, select

from cds_service.errors import BadValue
from cds_service.records.feedback import in_utc
from cds_service.records.report.cells import harmless
from cds_service.records.report.reading import reading
from cds_service.records.sql.tables import CARDS, CONSULTATIONS, FEEDBACK

ExportFormat: TypeAlias = Literal["csv", "parquet"]
"""What the files of an export are."""

Rows: TypeAlias = Sequence[Mapping[str, Any]]
Writer: TypeAlias = Callable[[Rows], None]

FREE_TEXT: Final = ("user_comment", "override_display")
"""Columns in which a person may have written anything; left out unless they are asked for."""

_TABLES: Final = (CONSULTATIONS, CARDS, FEEDBACK)
_ROWS_AT_ONCE: Final = 5000
_INSTANT: Final = "at"


def export(database_url: str, folder: Path, form: ExportFormat, *, with_comments: bool) -> dict[str, int]:
    """Write every table to a new file of the folder; how many rows each file has. All of them or none.

    Raises BadValue where a file is there already or Parquet cannot be written, and as `reading` does.
    """
    if form == "parquet" and find_spec("pyarrow") is None:
        raise BadValue(
            "--parquet needs pyarrow, which is not installed; install cds-service[parquet], or use --csv"
        )
    files = {table: folder / f"{table.name}.{form}" for table in _TABLES}
    for file in files.values():
        if file.exists():
            raise BadValue(f"{file} is there already; name another folder")
    write = _csv_writer if form == "csv" else _parquet_writer
    folder.mkdir(parents=True, exist_ok=True)
    counts: dict[str, int] = {}
    with reading(database_url) as connection, _all_or_none(files.values()):
        for table, file in files.items():
            counts[file.name] = _exported(connection, _columns(table, with_comments), write, file)
    return counts


@contextmanager
def _all_or_none(files: Iterable[Path]) -> Iterator[None]:
    """Take away what was written of the files if not all of it could be; none was there before."""
    try:
        yield
    except BaseException:
        for file in files:
            file.unlink(missing_ok=True)
        raise


def _columns(table: Table, with_comments: bool) -> list[Column[Any]]:
    return [column for column in table.columns if with_comments or column.name not in FREE_TEXT]


def _exported(
    connection: Connection,
    columns: list[Column[Any]],
    writer: Callable[[Path, list[Column[Any]]], AbstractContextManager[Writer]],
    file: Path,
) -> int:
    key = next(column for column in columns if column.primary_key)
    found = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(select(*columns).order_by(key))
    count = 0
    with writer(file, columns) as write:
        for rows in found.mappings().partitions():
            write([_plain(row) for row in rows])
            count += len(rows)
    return count


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Instants as instants; `at` counts milliseconds."""
    return {name: _instant(value) if name == _INSTANT else _in_utc(value) for name, value in row.items()}


def _instant(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _in_utc(value: Any) -> Any:
    return in_utc(value) if isinstance(value, datetime) else value


@contextmanager
def _csv_writer(file: Path, columns: list[Column[Any]]) -> Iterator[Writer]:
    names = [column.name for column in columns]
    with open(_private(file), "w", encoding="utf-8", newline="") as text:
        lines = csv.writer(text)
        lines.writerow(names)

        def write(rows: Rows) -> None:
            lines.writerows([_csv_cell(row[name]) for name in names] for row in rows)

        yield write


def _csv_cell(value: Any) -> object:
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return value.isoformat() if isinstance(value, datetime) else harmless(value)


@contextmanager
def _parquet_writer(file: Path, columns: list[Column[Any]]) -> Iterator[Writer]:
    """CAUTION: pyarrow is loaded here, as it is large and most sites have none."""
    import pyarrow
    from pyarrow import parquet

    schema = pyarrow.schema([(column.name, _arrow_type(column, pyarrow)) for column in columns])
    with open(_private(file), "wb") as out, parquet.ParquetWriter(out, schema) as table:

        def write(rows: Rows) -> None:
            table.write_table(pyarrow.Table.from_pylist([_parquet_row(row) for row in rows], schema=schema))

        yield write


def _arrow_type(column: Column[Any], pyarrow: Any) -> Any:
    if column.name == _INSTANT or isinstance(column.type, DateTime):
        return pyarrow.timestamp("us", tz="UTC")
    if column.name == "suggestions":
        return pyarrow.string()
    types = {
        JSON: pyarrow.list_(pyarrow.string()),
        Boolean: pyarrow.bool_(),
        Float: pyarrow.float64(),
        BigInteger: pyarrow.int64(),
        Integer: pyarrow.int64(),
    }
    return next((found for kind, found in types.items() if isinstance(column.type, kind)), pyarrow.string())


def _parquet_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Suggestions are lists of unlike things: as JSON, which every reader of Parquet can open."""
    return {name: json.dumps(value) if name == "suggestions" else value for name, value in row.items()}


def _private(file: Path) -> int:
    """A new file that only its owner reads."""
    return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
