"""Cards in a terminal, as a person would see them."""

from typing import TYPE_CHECKING, ClassVar

import click
import msgspec
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.markdown import Markdown, MarkdownElement, TableElement
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from cds_service.cds_hooks.response import Card, ServiceResponse, Suggestion, rating_of

if TYPE_CHECKING:
    from rich.console import Console


_WIDEST = 110


"""Lines longer than this are hard to read."""


_COLOURS = {"info": "cyan", "warning": "yellow", "critical": "red"}


def print_raw(response: ServiceResponse) -> None:
    """The answer as JSON, indented; what stands in the client's own resources is not changed."""
    click.echo(msgspec.json.format(msgspec.json.encode(response), indent=2))


def print_answer(response: ServiceResponse, console: Console) -> None:
    """Each card in a frame of its colour, then the ratings put on the orders."""
    if not response.cards:
        console.print("No card.")
    for card in response.cards:
        console.print(_panel(card))
    for action in response.system_actions or ():
        console.print(Text(f"Rating on the order: {rating_of(action)} ({action.description})"))


class _WholeTable(TableElement):
    """A table that breaks long words; CAUTION: cut off, `usually not appropriate` could lose its point."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The table with every word in full."""
        for part in super().__rich_console__(console, options):
            for column in part.columns if isinstance(part, Table) else ():
                column.overflow = "fold"
            yield part


class _Detail(Markdown):
    """The Markdown of a card."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {**Markdown.elements, "table_open": _WholeTable}


def _panel(card: Card) -> Panel:
    colour = _COLOURS[card.indicator]
    parts: list[RenderableType] = [Text(card.summary, style="bold")]
    if card.detail:
        parts += [Text(), _Detail(card.detail)]
    if card.suggestions:
        parts += [Text(), *(_button(suggestion) for suggestion in card.suggestions)]
    if card.override_reasons:
        reasons = "; ".join(reason.display for reason in card.override_reasons)
        parts += [Text(), Text(f"To go on, give a reason: {reasons}", style="dim")]
    parts += [Text(), *(Text(f"{link.label}: {link.url}", style="dim") for link in card.links)]
    title = Text(card.indicator.upper(), style=f"bold {colour}")
    return Panel(Group(*parts), title=title, subtitle=Text(card.source.label), border_style=colour)


def _button(suggestion: Suggestion) -> Text:
    mark = " (recommended)" if suggestion.is_recommended else ""
    return Text(f"[ {suggestion.label} ]{mark}", style="bold green")
