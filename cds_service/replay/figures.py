"""The figures of a replay as sheets, asked of its rows in SQL."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb

from cds_service.records.report.cells import ReportColumn, Sheet
from cds_service.records.report.intervals import share
from cds_service.records.report.sheets import INTERVAL, ReportWords

FEWEST_OF_A_GROUP: Final = 10
"""Departments with fewer orders are put together: so few could point to a person."""

_EXAMPLES: Final = 3
_MOST_ROWS: Final = 50
_JUDGED: Final = (
    "outcome IN ('rated', 'differs-between-variants', 'contrast-unspecified', 'ct-or-cta', 'not-in-topic', "
    "'not-recognized')"
)
"""The orders for hemoptysis that get a card of their own."""

_ANSWER: Final = "CASE WHEN category <> '' THEN category ELSE outcome END"
_NOT_APPROPRIATE: Final = "category = 'usually-not-appropriate'"
_NAMES: Final = {
    "amount-over-24h": "Amount of blood over 24 h",
    "vital-signs": "Vital signs",
    "earlier-episodes": "Earlier episodes",
    "dates": "Dates",
    "other-indication": "Not for hemoptysis",
    "needs-conditions": "No conditions to go by",
    "not-chest-imaging": "No chest imaging",
    "no-study-yet": "No study named",
    "failed": "Could not be judged",
    "": "None",
}
_EXACTNESS: Final = (
    ("time_known = 'day'", "The time of the order is known by its day alone"),
    ("source <> 'ServiceRequest'", "A study stands for the order"),
    ("undated > 0", "Uses data without a date"),
    ("same_day > 0", "Uses data of the day of the order without a time"),
    ("updated_since > 0", "Uses data that were changed after the order"),
    ("not_restored > 0", "Uses data whose status then is not known"),
    ("duplicates > 0", "The export has data of the patient more than once"),
)


class JudgedRows:
    """The rows of one set of a replay, as they are asked."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, folder: Path, edition: str, words: ReportWords
    ) -> None:
        self._connection = connection
        self._words = words
        files = str(folder / "edition=*" / "*.parquet").replace("'", "''")
        connection.execute(
            f"CREATE VIEW every AS SELECT * FROM read_parquet('{files}', hive_partitioning = true, "
            "hive_types_autocast = false, union_by_name = true)"
        )
        chosen = f"WHERE edition = {_text(edition)}"
        connection.execute(f'CREATE VIEW shown AS SELECT *, "at" AS ordered FROM every {chosen}')

    def totals(self) -> tuple[Any, ...]:
        """The orders, those judged, the cards, and the first and the last day."""
        return self._all(
            f"SELECT count(*), count(*) FILTER (WHERE {_JUDGED}), coalesce(sum(cards), 0)::BIGINT, "
            "min(ordered)::DATE, max(ordered)::DATE FROM shown"
        )[0]

    def groups(self, editions: Sequence[str], edition: str) -> Iterator[tuple[str, tuple[Sheet, ...]]]:
        """All sheets of one set, and of the others beside it."""
        orders, judged, *_ = self.totals()
        yield "What would have been said", tuple(self._said(judged))
        yield "Where", tuple(self._where())
        yield "How often somebody would have seen a card", (self._cards(),)
        yield "What to map and to chart before going live", tuple(self._gaps(judged))
        if len(editions) > 1:
            yield "What another edition would have said", tuple(self._changes(editions, edition))
        yield "How exact this is", (self._exactness(orders),)

    def _all(self, query: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(query).fetchall()

    def _said(self, judged: int) -> Iterator[Sheet]:
        says = "Chest imaging orders for hemoptysis, each once, as of the moment it was written."
        yield self._counted(
            "answers",
            "Orders by answer",
            says,
            f"SELECT {_ANSWER}, count(*) FROM shown WHERE {_JUDGED}",
            judged,
        )
        yield self._over_years()
        yield self._counted(
            "variants",
            "Orders by variant",
            says,
            f"SELECT topic, count(*) FROM shown WHERE {_JUDGED}",
            judged,
        )
        cautions = f"SELECT unnest(cautions), count(*) FROM shown WHERE {_JUDGED}"
        yield self._counted(
            "cautions", "Cautions in the chart", "By orders for hemoptysis.", cautions, judged
        )
        others = f"SELECT outcome, count(*) FROM shown WHERE NOT {_JUDGED}"
        says = "Chest imaging orders that would have got no card of their own."
        count = self._all(f"SELECT count(*) FROM shown WHERE NOT {_JUDGED}")[0][0]
        yield self._counted("others", "Orders without a judgment", says, others, count)

    def _over_years(self) -> Sheet:
        names = [
            name
            for name, _ in self._all(
                f"SELECT {_ANSWER} a, count(*) FROM shown WHERE {_JUDGED} GROUP BY a ORDER BY 2 DESC, 1"
            )
        ]
        counts = "".join(f", count(*) FILTER (WHERE {_ANSWER} = {_text(name)})" for name in names)
        found = self._all(
            f"SELECT year(ordered)::VARCHAR y{counts} FROM shown WHERE {_JUDGED} GROUP BY y ORDER BY y"
        )
        columns = (ReportColumn("Year"), *(ReportColumn(self._name(name), "count") for name in names))
        says = "Chest imaging orders for hemoptysis by the year in which they were written."
        return _sheet("years", "Answers by year", says, columns, found, chart="columns")

    def _where(self) -> Iterator[Sheet]:
        yield self._shares(
            "departments",
            "Usually not appropriate, by department",
            "Department",
            (
                f"SELECT CASE WHEN count(*) OVER (PARTITION BY department) < {FEWEST_OF_A_GROUP} "
                f"THEN 'fewer than {FEWEST_OF_A_GROUP} orders each' ELSE department END AS what, "
                f"{_NOT_APPROPRIATE} AS hit FROM shown WHERE {_JUDGED}"
            ),
        )
        yield self._shares(
            "studies",
            "Usually not appropriate, by study",
            "Study",
            f"SELECT procedure AS what, {_NOT_APPROPRIATE} AS hit FROM shown WHERE {_JUDGED}",
        )
        yield self._shares(
            "study-variants",
            "Usually not appropriate, by variant",
            "Variant",
            f"SELECT topic AS what, {_NOT_APPROPRIATE} AS hit FROM shown WHERE {_JUDGED}",
        )

    def _cards(self) -> Sheet:
        """Over the days of the replay, and for each clinician who would have seen any."""
        per_clinician = (
            "SELECT sum(cards) n FROM shown WHERE requester_key <> '' GROUP BY requester_key HAVING n > 0"
        )
        total, days, busiest = self._all(
            "SELECT coalesce(sum(cards), 0)::BIGINT, "
            "date_diff('day', min(ordered)::DATE, max(ordered)::DATE) + 1, "
            "(SELECT max(n) FROM (SELECT sum(cards) n FROM shown GROUP BY ordered::DATE)) FROM shown"
        )[0]
        clinicians, median, most = self._all(
            f"SELECT count(*), quantile_disc(n, 0.5), max(n) FROM ({per_clinician})"
        )[0]
        days = days or 1
        rows = [
            ("Cards in all", f"{total:,}"),
            ("Cards a day, mean", f"{total / days:.2f}"),
            ("Cards on the busiest day", f"{busiest or 0:,}"),
            ("Clinicians who would have seen any", f"{clinicians:,}"),
            ("Cards of one clinician in 30 days, median", f"{float(median or 0) / days * 30:.2f}"),
            ("Cards of one clinician in 30 days, most", f"{float(most or 0) / days * 30:.2f}"),
        ]
        says = "With the settings in force, and as if nobody had answered any: no card is held back."
        return _sheet("cards", "Cards expected", says, (ReportColumn("What"), ReportColumn("How many")), rows)

    def _gaps(self, judged: int) -> Iterator[Sheet]:
        open_ones = f"{_JUDGED} AND outcome = 'differs-between-variants'"
        count = self._all(f"SELECT count(*) FROM shown WHERE {open_ones}")[0][0]
        says = "Of the orders without a rating because the variant was open: what would have settled it."
        yield self._counted(
            "to-record",
            "What was not charted",
            says,
            f"SELECT unnest(to_record), count(*) FROM shown WHERE {open_ones}",
            count,
        )
        for sheet_id, title, column, says in (
            (
                "unmapped",
                "Order codes to map",
                "unmapped",
                "Of orders that look like imaging: for CDS_ORDER_CODES.",
            ),
            (
                "unread",
                "Observation codes to map",
                "unread",
                "Of observations not understood: for CDS_OBSERVATION_CODES.",
            ),
            (
                "missing",
                "Data without a file",
                "missing",
                "Kinds of data of which the export has no file, by orders.",
            ),
            (
                "unreadable",
                "Data not understood",
                "unreadable",
                "Kinds of data that were read in part, by orders.",
            ),
        ):
            query = f"SELECT unnest({column}), count(*) FROM shown WHERE {_JUDGED}"
            yield self._counted(sheet_id, title, says, query, judged)

    def _changes(self, editions: Sequence[str], edition: str) -> Iterator[Sheet]:
        for place, other in enumerate(name for name in editions if name != edition):
            answer = f"{_ANSWER} || CASE WHEN alert <> 'none' THEN ' + ' || alert ELSE '' END"
            found = self._all(
                f"WITH one AS (SELECT order_key, {answer} a FROM shown), "
                f"two AS (SELECT order_key, {answer} a FROM every WHERE edition = {_text(other)}) "
                "SELECT one.a, two.a, count(*), list_slice(list_sort(list(order_key)), 1, "
                f"{_EXAMPLES}), (SELECT count(*) FROM shown) FROM one JOIN two USING (order_key) "
                "WHERE one.a <> two.a GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"
            )
            rows = [
                (f"{self._answer(before)} → {self._answer(after)}", *_cells(count, of), " ".join(keys))
                for before, after, count, keys, of in found
            ]
            columns = (*_share_columns("Answer", "Orders"), ReportColumn("Examples by key"))
            says = f"Orders that {other} answers otherwise than {edition}, of all chest imaging orders."
            yield _sheet(
                f"changes-{place}", f"{edition} → {other}", says, columns, rows[:_MOST_ROWS], chart="bars"
            )

    def _exactness(self, orders: int) -> Sheet:
        counts = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition, _ in _EXACTNESS)
        found = self._all(f"SELECT {counts} FROM shown")[0]
        rows = [(said, *_cells(count, orders)) for (_, said), count in zip(_EXACTNESS, found, strict=True)]
        says = "What a judgment rests on beside what was certainly known, by chest imaging orders."
        return _sheet(
            "exactness", "What is less than exact", says, _share_columns("What", "Orders"), rows, chart="bars"
        )

    def _counted(self, sheet_id: str, title: str, says: str, query: str, of: int) -> Sheet:
        """A share for each name that a query counts."""
        found = self._all(f"SELECT * FROM ({query} GROUP BY 1) ORDER BY 2 DESC, 1")
        rows = [(self._name(name), *_cells(count, of)) for name, count in found[:_MOST_ROWS]]
        return _sheet(sheet_id, title, says, _share_columns("What", "Orders"), rows, chart="bars")

    def _shares(self, sheet_id: str, title: str, what: str, query: str) -> Sheet:
        """Of each group the share that was hit."""
        found = self._all(
            f"SELECT what, count(*) FILTER (WHERE hit), count(*) FROM ({query}) GROUP BY 1 ORDER BY 3 DESC, 1"
        )
        rows = [(self._name(name), *_cells(count, of)) for name, count, of in found[:_MOST_ROWS]]
        says = "Of the chest imaging orders for hemoptysis; the largest groups first."
        return _sheet(sheet_id, title, says, _share_columns(what, "Usually not"), rows, chart="bars")

    def _name(self, code: str) -> str:
        return _NAMES.get(code) or self._words.of(code)

    def _answer(self, code: str) -> str:
        answer, _, alert = code.partition(" + ")
        return f"{self._name(answer)}, alert ({alert})" if alert else self._name(answer)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _cells(count: int, of: int) -> tuple[int, int, float | None, tuple[float, float] | None]:
    one = share("", count, of)
    interval = None if one.low is None or one.high is None else (one.low, one.high)
    return count, of, one.share, interval


def _share_columns(name: str, counted: str) -> tuple[ReportColumn, ...]:
    ends = (ReportColumn("Share", "percent"), ReportColumn(INTERVAL, "percent-range"))
    return (ReportColumn(name), ReportColumn(counted, "count"), ReportColumn("Of", "count"), *ends)


def _sheet(
    sheet_id: str,
    title: str,
    says: str,
    columns: Sequence[ReportColumn],
    rows: Iterable[tuple[Any, ...]],
    **drawn: Any,
) -> Sheet:
    return Sheet(id=sheet_id, title=title, says=says, columns=tuple(columns), rows=tuple(rows), **drawn)
