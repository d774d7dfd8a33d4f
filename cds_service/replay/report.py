"""The report on a replay: what would have been said to past orders, and what another edition changes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from cds_service.errors import BadValue
from cds_service.knowledge.model import Knowledge
from cds_service.records.report.cells import Sheet
from cds_service.records.report.sheets import ReportWords
from cds_service.replay.figures import JudgedRows
from cds_service.replay.summary import ReplaySummary, read_summary

_MEMORY: Final = "512MB"


@dataclass(frozen=True)
class ReplayReport:
    """The figures of one set, and what each other set would have said otherwise.

    `orders` counts all chest imaging orders, `judged` those for hemoptysis, `cards` what would be shown,
    `days` the days from the first to the last order.
    """

    summary: ReplaySummary
    edition: str
    orders: int
    judged: int
    cards: int
    days: int
    first: str
    last: str
    groups: tuple[tuple[str, tuple[Sheet, ...]], ...]

    @property
    def every_sheet(self) -> tuple[Sheet, ...]:
        """The sheets of all groups, in order."""
        return tuple(sheet for _, sheets in self.groups for sheet in sheets)

    def key_figures(self) -> list[tuple[str, str]]:
        """What is seen first."""
        a_day = f"{self.cards / self.days:.2f}" if self.days else "0"
        return [
            ("Chest imaging orders", f"{self.orders:,}"),
            ("For hemoptysis", f"{self.judged:,}"),
            ("Cards", f"{self.cards:,}"),
            ("Cards a day", a_day),
        ]


def replay_report(
    folder: Path, knowledge: Knowledge, edition: str = "", *, zone: str = "UTC"
) -> ReplayReport:
    """The report on a replay that is done; of the first set, unless another is named.

    Days and years are those of the zone, whatever the machine's own is.

    Raises BadValue for a folder without one, and for a set that it does not hold.
    """
    summary = read_summary(folder)
    chosen = edition or summary.editions[0]
    if chosen not in summary.editions:
        raise BadValue(f"{folder} holds no set {chosen!r}; there are {', '.join(summary.editions)}.")
    limits: dict[str, str | bool | int | float | list[str]] = {"threads": 1, "memory_limit": _MEMORY}
    with duckdb.connect(":memory:", config=limits) as connection:
        connection.execute("SET TimeZone = ?", [zone])
        rows = JudgedRows(connection, folder, chosen, ReportWords(knowledge))
        orders, judged, cards, first, last = rows.totals()
        return ReplayReport(
            *(summary, chosen, orders, judged, cards),
            days=(last - first).days + 1 if first else 0,
            first=str(first or ""),
            last=str(last or ""),
            groups=tuple(rows.groups(summary.editions, chosen)),
        )
