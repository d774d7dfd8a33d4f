"""How many orders were judged, and how: by category, study and variant, in all and over time."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

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

UNDETERMINED: Final = "undetermined"
VARIANTS: Final = ("massive", "nonmassive", "recurrent", UNDETERMINED)
"""The codes of the topics of cards."""

_FIRST: Final = {
    "category": tuple(category.value for category in Category),
    "procedure": (),
    "variant": VARIANTS,
}


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


@dataclass(frozen=True, slots=True)
class _Group:
    """So many orders of one quarter of an hour that were judged alike."""

    at: int
    category: str
    procedure: str
    variant: str
    orders: int


def order_counts(connection: Connection, scope: Scope, unit: BucketUnit | None = None) -> OrderCounts:
    """The figures of orders; without a unit the buckets are as long as keeps them few."""
    groups, by = _groups(connection, scope), unit or unit_for(scope)
    total = sum(group.orders for group in groups)
    categories, category_series = _counted(groups, scope, by, "category")
    procedures, procedure_series = _counted(groups, scope, by, "procedure")
    variants, variant_series = _counted(groups, scope, by, "variant")
    return OrderCounts(
        total, categories, procedures, variants, category_series, procedure_series, variant_series
    )


def _groups(connection: Connection, scope: Scope) -> list[_Group]:
    """CAUTION: by quarters of an hour, as no function of days and zones is the same in two databases."""
    c = last_judged(scope).c
    named = (
        (c.at // _QUARTER).label("quarter"),
        case((c.category == "", c.outcome), else_=c.category).label("judged"),
        case((c.procedure == "", NOTHING), else_=c.procedure).label("study"),
        case((c.topic == "", UNDETERMINED), else_=c.topic).label("variant"),
    )
    found = connection.execute(select(*named, func.count()).group_by("quarter", "judged", "study", "variant"))
    return [_Group(quarter * _QUARTER, *how) for quarter, *how in found.all()]


def _counted(
    groups: Sequence[_Group], scope: Scope, by: BucketUnit, what: Literal["category", "procedure", "variant"]
) -> tuple[tuple[Share, ...], Series]:
    """The shares of each category, study or variant of all orders, and its counts over time."""
    starts = bucket_starts(scope, by)
    place = {start: index for index, start in enumerate(starts)}
    names = _names([(getattr(group, what), group.orders) for group in groups], _FIRST[what])
    counts = {name: [0] * len(starts) for name in names}
    for group in groups:
        day = datetime.fromtimestamp(group.at / 1000, scope.since.tzinfo).date()
        counts[getattr(group, what)][place[bucket_of(day, by)]] += group.orders
    total = sum(group.orders for group in groups)
    found = tuple(share(name, sum(of_one), total) for name, of_one in counts.items())
    return found, Series(by, starts, {name: tuple(of_one) for name, of_one in counts.items()})


def _names(named: Iterable[tuple[str, int]], first: Sequence[str]) -> list[str]:
    """The names of `first` in their order, none left out, then the others by size."""
    counts: Counter[str] = Counter()
    for name, count in named:
        counts[name] += count
    return [*first, *sorted((n for n in counts if n not in first), key=lambda n: (-counts[n], n))]


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
