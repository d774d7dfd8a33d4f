"""What the service could not know: codes that no list holds, and data that did not come or were not read."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Text, cast, func, or_, select

from cds_service.records.report.intervals import Share, shares
from cds_service.records.report.scope import Scope, about, called, last_judged
from cds_service.records.sql.tables import CONSULTATIONS

_EMPTY: Final = "[]"


@dataclass(frozen=True, slots=True)
class Gaps:
    """Codes with their systems, the most frequent first, and kinds of data by how many calls lacked them.

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
    listed = (c.missing, c.unread, c.unreadable)
    of_calls = _lists_of_calls(connection, scope, listed)
    missing, unread, unreadable = (
        shares(Counter(item for lists in of_calls.values() for item in lists[place]), count)
        for place in range(len(listed))
    )
    any_missing = sum(bool(lists[0]) for lists in of_calls.values())
    unmapped, orders = _unmapped(connection, scope)
    return Gaps(count, shares(unmapped, orders), unread, missing, unreadable, any_missing)


def _lists_of_calls(
    connection: Connection, scope: Scope, columns: Sequence[Column[Any]]
) -> dict[str, tuple[set[str], ...]]:
    """The items of some lists by call, of all its orders together; without calls whose lists are empty."""
    texts = [as_text(column) for column in columns]
    found = select(CONSULTATIONS.c.call_id, *texts).where(
        *called(scope), *about(scope), or_(*(text != _EMPTY for text in texts))
    )
    of_calls: dict[str, tuple[set[str], ...]] = {}
    for call, *lists in connection.execute(found):
        items = of_calls.setdefault(call, tuple(set() for _ in columns))
        for known, text in zip(items, lists, strict=True):
            known.update(items_of(text))
    return of_calls


def _unmapped(connection: Connection, scope: Scope) -> tuple[Counter[str], int]:
    """By how many orders each code was sent that no list holds, and how many orders there are."""
    listed = as_text(last_judged(scope).c.unmapped)
    counts: Counter[str] = Counter()
    orders = 0
    for text, count in connection.execute(select(listed, func.count()).group_by(listed)):
        orders += count
        counts.update(dict.fromkeys(items_of(text), count))
    return counts, orders


def as_text(column: ColumnElement[Any]) -> ColumnElement[str]:
    """A list as it is written: what both databases can compare and group by."""
    return cast(column, Text)


def items_of(text: str) -> Iterator[str]:
    """The items of a list that was written as JSON, each once."""
    yield from dict.fromkeys(json.loads(text))
