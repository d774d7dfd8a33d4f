"""A figure as a table: its columns, its cells as a person reads them, and as a spreadsheet does."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

CellFormat: TypeAlias = Literal["text", "count", "percent", "percent-range", "points", "points-range", "ms"]
"""What a column holds: text, whole numbers, shares of 1, differences of two shares, or milliseconds."""

ChartKind: TypeAlias = Literal["bars", "columns", "differences", "times", "none"]
"""How a table is drawn: shares as bars, counts over time, differences around zero, or times."""

Palette: TypeAlias = Literal["categories", "neutral"]
"""Whether the colors of a chart mean good and bad, or nothing."""

Cell: TypeAlias = str | int | float | tuple[float, float] | None
"""One value of a table; a range has two ends, and None is what nothing is known of."""

NOT_KNOWN: Final = "–"
_RUN_AS_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""https://owasp.org/www-community/attacks/CSV_Injection."""


@dataclass(frozen=True, slots=True)
class ReportColumn:
    """One column of a table."""

    name: str
    format: CellFormat = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One figure of the report: what a page, the terminal and a CSV file show of it.

    `says` is what is counted, in a sentence or two. `id` stands in addresses and in names of files.
    """

    id: str
    title: str
    says: str
    columns: tuple[ReportColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    chart: ChartKind = "none"
    palette: Palette = "neutral"


def shown(cell: Cell, form: CellFormat) -> str:
    """A cell as a person reads it."""
    match cell:
        case None:
            return NOT_KNOWN
        case str():
            return cell
        case (low, high):
            return f"{_number(low, form)} to {_number(high, form)}{' %' if form == 'percent-range' else ''}"
        case _:
            return _number(cell, form) + (" %" if form == "percent" else "")


def _number(value: float, form: CellFormat) -> str:
    if form == "count":
        return f"{value:,}"
    if form == "ms":
        return f"{value:.1f}"
    return f"{value * 100:+.1f}".replace("-", "−") if form.startswith("points") else f"{value * 100:.1f}"


def rows_shown(sheet: Sheet) -> Iterator[tuple[str, ...]]:
    """The rows of a table as a person reads them."""
    for row in sheet.rows:
        yield tuple(shown(cell, column.format) for cell, column in zip(row, sheet.columns, strict=True))


def sheet_as_csv(sheet: Sheet) -> str:
    """A table for a spreadsheet: bare numbers, shares of 1, both ends of a range in cells of their own."""
    head = [name for column in sheet.columns for name in _heads(column)]
    body = [
        [value for cell, column in zip(row, sheet.columns, strict=True) for value in _values(cell, column)]
        for row in sheet.rows
    ]
    return as_csv(head, body)


def _heads(column: ReportColumn) -> Sequence[str]:
    is_range = column.format.endswith("-range")
    return (f"{column.name} low", f"{column.name} high") if is_range else (column.name,)


def _values(cell: Cell, column: ReportColumn) -> Sequence[str | int | float | None]:
    if isinstance(cell, tuple):
        return tuple(round(end, 6) for end in cell)
    if column.format.endswith("-range"):
        return (None, None)
    return (round(cell, 6) if isinstance(cell, float) else cell,)


def as_csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """CSV as RFC 4180 has it; what a spreadsheet would run as a formula is made text."""
    text = io.StringIO(newline="")
    write = csv.writer(text)
    write.writerow(map(harmless, head))
    write.writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue()


def harmless(cell: object) -> object:
    """A cell that no spreadsheet runs; a number is one."""
    if isinstance(cell, str) and cell.startswith(_RUN_AS_FORMULA) | cell.lstrip().startswith(_RUN_AS_FORMULA):
        return f"'{cell}"
    return cell
