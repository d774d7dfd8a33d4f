"""What the record answers, in a terminal: figures as tables, a consultation line by line."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from cds_service.records.report.cells import Sheet, rows_shown
from cds_service.records.report.report import Report
from cds_service.records.upkeep.export import FREE_TEXT
from cds_service.records.upkeep.lookup import FoundConsultation
from cds_service.support.captures import printable


def print_as_json(found: Any) -> None:
    """Print data classes as JSON, indented."""
    click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))


def print_report(found: Report, every: tuple[Sheet, ...], screen: Console) -> None:
    """Each figure as a table, as wide as the terminal."""
    scope = found.figures.scope
    click.echo(f"{scope.since:%Y-%m-%d %H:%M} to {scope.until:%Y-%m-%d %H:%M}, ", nl=False)
    click.echo(f"{found.figures.consultations:,} consultations, {found.figures.orders.total:,} orders")
    for sheet in every:
        if sheet.rows:
            print_sheet(sheet, screen)


def print_sheet(sheet: Sheet, screen: Console) -> None:
    """One figure; a share stands with its interval, and empty figures are not printed."""
    heads, rows = joined(sheet)
    screen.print()
    screen.print(Text(sheet.title, style="bold"))
    screen.print(Text(sheet.says, style="dim"))
    is_of_days = sheet.chart == "columns"
    first = Column(heads[0], overflow="fold", no_wrap=is_of_days)
    columns = (first, *(Column(name, overflow="fold", justify="right") for name in heads[1:]))
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    screen.print(table)


def joined(sheet: Sheet) -> tuple[list[str], Iterator[list[str]]]:
    """The columns of a table with each interval beside its share; of comparisons without the counts."""
    is_compared = sheet.chart == "differences"
    kept = [
        place
        for place, column in enumerate(sheet.columns)
        if not column.format.endswith("-range") and not (is_compared and column.format == "count")
    ]

    def cell(row: tuple[str, ...], place: int) -> str:
        following = sheet.columns[place + 1].format if place + 1 < len(sheet.columns) else ""
        return f"{row[place]} ({row[place + 1]})" if following.endswith("-range") else row[place]

    rows = ([cell(row, place) for place in kept] for row in rows_shown(sheet))
    return [sheet.columns[place].name for place in kept], rows


def without_comments(found: FoundConsultation) -> FoundConsultation:
    """The same with the length of free text instead of it."""
    hidden = (
        {n: f"({len(v)} characters)" if n in FREE_TEXT and v else v for n, v in item.items()}
        for item in found.feedback
    )
    return replace(found, feedback=tuple(hidden))


def lines_of(found: FoundConsultation, zone: tzinfo | None) -> Iterator[str]:
    """A consultation, its cards and the feedback on them, line by line; what is empty is left out."""
    yield f"Consultation {found.consultation['id']}"
    yield from _fields(found.consultation, zone, indent=2, without=("id",))
    for card in found.cards:
        yield f"  Card {card['uuid']}"
        yield from _fields(card, zone, indent=4, without=("uuid", "consultation_id", "suggestions", "at"))
        for uuid, study, _, is_recommended in card["suggestions"]:
            yield f"    suggestion: {uuid} {study}{' (recommended)' if is_recommended else ''}"
        for item in found.feedback:
            if item["card"] == card["uuid"]:
                yield "    Feedback"
                yield from _fields(item, zone, indent=6, without=("id", "card", "service_id"))


def _fields(
    row: Mapping[str, Any], zone: tzinfo | None, *, indent: int, without: tuple[str, ...]
) -> Iterator[str]:
    for name, value in row.items():
        if name in without or value in ("", [], None):
            continue
        said = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        if name == "at":
            said = datetime.fromtimestamp(value / 1000, UTC).astimezone(zone).isoformat()
        yield f"{' ' * indent}{name.replace('_', ' ')}: {printable(said)}"
