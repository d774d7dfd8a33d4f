"""How many orders were judged, and how: by category, study and variant, in all and over time."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import Connection, case, func, select

from cds_service.knowledge.model import Category
from cds_service.records.report.intervals import Share, share
from cds_service.records.report.scope import BucketUnit, Scope, last_judged

_QUARTER: Final = 900_000
"""Milliseconds; every zone in use is whole quarters of an hour away from UTC."""

_MOST_DAYS: Final = 35
_MOST_WEEKS: Final = 30
NOTHING: Final = "none"
"""The study of an order that was not recognized."""

VARIANTS: Final = ("massive", "nonmassive", "recurrent", "undetermined")
CATEGORIES: Final = tuple(category.value for category in Category)


@dataclass(frozen=True, slots=True)
class Series:
    """Counts in buckets of time that follow each other; `starts` are their first days in the site's zone."""

    by: BucketUnit
    starts: tuple[date, ...]
    counts: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class OrderCounts:
    """The orders of a period, each counted once, as it was judged last."""

    total: int
    categories: tuple[Share, ...]
    procedures: tuple[Share, ...]
    variants: tuple[Share, ...]
    category_series: Series
    procedure_series: Series
    variant_series: Series


class _Group(NamedTuple):
    instant: int
    category: str
    procedure: str
    topic: str
    count: int


def order_counts(connection: Connection, scope: Scope, unit: BucketUnit | None = None) -> OrderCounts:
    """The figures of orders; without a unit the buckets are as long as keeps them few."""
    groups = _groups(connection, scope)
    by, zone = unit or unit_for(scope), scope.since.tzinfo
    starts = bucket_starts(scope, by)
    days = [bucket_of(datetime.fromtimestamp(g.instant / 1000, UTC).astimezone(zone).date(), by) for g in groups]
    named = {
        "category": [g.category for g in groups],
        "procedure": [g.procedure for g in groups],
        "topic": [g.topic for g in groups],
    }
    first = {"category": CATEGORIES, "procedure": (), "topic": VARIANTS}
    counts = [g.count for g in groups]
    tallies = {of: _tally(zip(named[of], counts, strict=True), first[of]) for of in named}
    series = {
        of: _series(by, starts, list(zip(days, named[of], counts, strict=True)), list(tallies[of])) for of in named
    }
    total = sum(counts)
    found = {of: tuple(share(name, n, total) for name, n in tallies[of].items()) for of in named}
    return OrderCounts(
        total,
        *(found[of] for of in ("category", "procedure", "topic")),
        *(series[of] for of in ("category", "procedure", "topic")),
    )


def _groups(connection: Connection, scope: Scope) -> list[_Group]:
    """CAUTION: by quarters of an hour, as no function of days and zones is the same in two databases."""
    c = last_judged(scope).c
    quarter = c.at // _QUARTER
    category = case((c.category == "", c.outcome), else_=c.category)
    procedure = case((c.procedure == "", NOTHING), else_=c.procedure)
    topic = case((c.topic == "", VARIANTS[-1]), else_=c.topic)
    columns = [quarter.label("quarter"), category.label("category"), procedure.label("procedure")]
    grouped = select(*columns, topic.label("topic"), func.count().label("orders")).group_by("quarter", "category", "procedure", "topic")
    return [_Group(row[0] * _QUARTER, *row[1:]) for row in connection.execute(grouped)]


def _tally(named: Iterable[tuple[str, int]], first: Sequence[str]) -> dict[str, int]:
    """The sums by name: those of `first` in their order, none left out, then the others by size."""
    counts: Counter[str] = Counter()
    for name, count in named:
        counts[name] += count
    others = sorted((name for name in counts if name not in first), key=lambda name: (-counts[name], name))
    return {name: counts[name] for name in (*first, *others)}


def _series(
    by: BucketUnit, starts: tuple[date, ...], found: list[tuple[date, str, int]], names: list[str]
) -> Series:
    place = {start: index for index, start in enumerate(starts)}
    counts = {name: [0] * len(starts) for name in names}
    for day, name, count in found:
        counts[name][place[day]] += count
    return Series(by, starts, {name: tuple(of_one) for name, of_one in counts.items()})


def unit_for(scope: Scope) -> BucketUnit:
    """Days for about a month, weeks for about half a year, then months."""
    length = scope.until - scope.since
    if length <= timedelta(days=_MOST_DAYS):
        return "day"
    return "week" if length <= timedelta(weeks=_MOST_WEEKS) else "month"


def bucket_of(day: date, by: BucketUnit) -> date:
    """The first day of the bucket that a day is in; a week begins on Monday."""
    if by == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if by == "week" else day


def bucket_starts(scope: Scope, by: BucketUnit) -> tuple[date, ...]:
    """Every bucket of the period, those without an order too."""
    last = (scope.until - timedelta(milliseconds=1)).date()
    starts, day = [], bucket_of(scope.since.date(), by)
    while day <= last:
        starts.append(day)
        longest = {"day": 1, "week": 7, "month": 31}[by]
        day = bucket_of(day + timedelta(days=longest), by)
    return tuple(starts)
