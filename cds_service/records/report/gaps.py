"""What the service could not know: codes that no list holds, and data that did not come or were not read."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Column, ColumnElement, Connection, Text, cast, func, select

from cds_service.records.report.intervals import Share, shares
from cds_service.records.report.scope import Scope, about, called, last_judged
from cds_service.records.tables import CONSULTATIONS

_EMPTY = "[]"


@dataclass(frozen=True, slots=True)
class Gaps:
    """Codes as `system|code`, the most frequent first; kinds of data by how many calls lacked them.

    `unmapped` counts orders, all others calls: what was missing was so for every order of the call.
    """

    calls: int
    unmapped: tuple[Share, ...]
    unread: tuple[Share, ...]
    missing: tuple[Share, ...]
    unreadable: tuple[Share, ...]
    any_missing: int


def gaps(connection: Connection, scope: Scope) -> Gaps:
    """What is to be mapped and sent, so that more can be judged."""
    c = CONSULTATIONS.c
    calls = select(func.count(c.call_id.distinct())).where(*called(scope), *about(scope))
    count = connection.execute(calls).scalar_one()
    missing, any_missing = _by_calls(connection, scope, c.missing)
    unread, _ = _by_calls(connection, scope, c.unread)
    unreadable, _ = _by_calls(connection, scope, c.unreadable)
    unmapped, orders = _unmapped(connection, scope)
    return Gaps(
        count,
        shares(unmapped, orders),
        shares(unread, count),
        shares(missing, count),
        shares(unreadable, count),
        any_missing,
    )


def _by_calls(connection: Connection, scope: Scope, column: Column[object]) -> tuple[Counter[str], int]:
    """In how many calls each item of a list stands, and in how many any does."""
    c, listed = CONSULTATIONS.c, as_text(column)
    found = (
        select(c.call_id, listed)
        .where(*called(scope), *about(scope), listed != _EMPTY)
        .distinct()
        .order_by(c.call_id)
    )
    counts: Counter[str] = Counter()
    calls = 0
    for _, rows in groupby(connection.execute(found), key=lambda row: str(row[0])):
        calls += 1
        counts.update({item for row in rows for item in items_of(row[1])})
    return counts, calls


def _unmapped(connection: Connection, scope: Scope) -> tuple[Counter[str], int]:
    """By how many orders each code was sent that no list holds, and how many orders there are."""
    last = last_judged(scope)
    listed = as_text(last.c.unmapped)
    orders = connection.execute(select(func.count()).select_from(last)).scalar_one()
    counts: Counter[str] = Counter()
    for text, count in connection.execute(
        select(listed, func.count()).where(listed != _EMPTY).group_by(listed)
    ):
        counts.update(dict.fromkeys(items_of(text), count))
    return counts, orders


def as_text(column: ColumnElement[object]) -> ColumnElement[str]:
    """A list as it is written: what both databases can compare and group by."""
    return cast(column, Text)


def items_of(text: str) -> Iterator[str]:
    """The items of a list that was written as JSON, each once."""
    yield from dict.fromkeys(json.loads(text))
