"""What a person asks for, in an address or on the command line, as a question to the record."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, cast, get_args

from sqlalchemy import Column, Connection, select

from cds_service.errors import BadValue
from cds_service.knowledge.model import Knowledge
from cds_service.records.report.orders import VARIANTS, bucket_starts, unit_for
from cds_service.records.report.reading import reading
from cds_service.records.report.report import Question
from cds_service.records.report.scope import ANSWER_HOURS, BucketUnit, Scope
from cds_service.records.sql.tables import CONSULTATIONS

DAYS: Final = 30
"""How far back a report goes, unless said otherwise."""

MOST_BUCKETS: Final = 400
MOST_HOURS: Final = 24 * 30
YEARS: Final = range(1970, 3000)
"""That an instant may be of: so none that is counted from it is beyond what Python knows."""


@dataclass(frozen=True, slots=True)
class Choices:
    """The services and clients that the record knows: what a filter can name."""

    services: tuple[str, ...]
    clients: tuple[str, ...]


def choices_in(database_url: str) -> Choices:
    """The services and clients of all consultations; raises as `reading` does."""
    with reading(database_url) as connection:
        c = CONSULTATIONS.c
        return Choices(_distinct(connection, c.service_id), _distinct(connection, c.client))


def _distinct(connection: Connection, column: Column[Any]) -> tuple[str, ...]:
    found = connection.execute(select(column).distinct().order_by(column)).scalars()
    return tuple(value for value in found if value)


def question_from(asked: Mapping[str, str], knowledge: Knowledge, now: datetime) -> Question:
    """The question that some texts ask, each by its name; an empty one asks for nothing.

    A day begins at midnight in the zone of `now`; an end that is a day includes it. Raises BadValue, which
    names what cannot be meant.
    """
    until = _instant(asked, "until", now, is_end=True) or now
    since = _instant(asked, "since", now) or _midnight((until - timedelta(days=DAYS)).date(), now)
    scope = Scope(
        since=since,
        until=until,
        now=now,
        hours=_hours(asked),
        service=asked.get("service", ""),
        client=asked.get("client", ""),
        procedure=_one_of(asked, "procedure", knowledge.procedures),
        variant=_one_of(asked, "variant", VARIANTS),
    )
    _require_time(scope, "since", "until")
    by = cast(BucketUnit, _one_of(asked, "by", get_args(BucketUnit))) or unit_for(scope)
    if len(bucket_starts(scope, by)) > MOST_BUCKETS:
        raise BadValue(f"by: more than {MOST_BUCKETS} of a {by} each; choose a longer one, or a shorter time")
    return Question(scope, _earlier(asked, scope), by)


def _earlier(asked: Mapping[str, str], scope: Scope) -> Scope | None:
    """The period to compare with: as long as the other, unless both of its ends are said."""
    names = "compare-since", "compare-until"
    since, until = _instant(asked, names[0], scope.now), _instant(asked, names[1], scope.now, is_end=True)
    if since is None and until is None:
        return None
    length = scope.until - scope.since
    since = since or cast(datetime, until) - length
    earlier = Scope(
        since=since,
        until=until or since + length,
        now=scope.now,
        hours=scope.hours,
        service=scope.service,
        client=scope.client,
        procedure=scope.procedure,
        variant=scope.variant,
    )
    _require_time(earlier, *names)
    return earlier


def _require_time(scope: Scope, since: str, until: str) -> None:
    if scope.since >= scope.until:
        raise BadValue(f"{since}: expected a time before {until}")


def _instant(asked: Mapping[str, str], name: str, now: datetime, *, is_end: bool = False) -> datetime | None:
    text = asked.get(name, "").strip()
    if not text:
        return None
    try:
        instant = _read(text, now, is_end=is_end)
    except (ValueError, OverflowError):
        instant = None
    if instant is None or instant.year not in YEARS:
        raise BadValue(f"{name}: expected a day or an instant, such as 2026-11-30 or 2026-11-30T08:00Z")
    return instant


def _read(text: str, now: datetime, *, is_end: bool) -> datetime:
    if len(text) == len("2026-11-30"):
        day = date.fromisoformat(text)
        return _midnight(day + timedelta(days=1) if is_end else day, now)
    instant = datetime.fromisoformat(text)
    return instant.astimezone(now.tzinfo) if instant.tzinfo else instant.replace(tzinfo=now.tzinfo)


def _midnight(day: date, now: datetime) -> datetime:
    return datetime.combine(day, time(), now.tzinfo)


def _hours(asked: Mapping[str, str]) -> int:
    text = asked.get("hours", "").strip() or str(ANSWER_HOURS)
    if not text.isdecimal() or not 1 <= int(text) <= MOST_HOURS:
        raise BadValue(f"hours: expected a whole number from 1 to {MOST_HOURS}")
    return int(text)


def _one_of(asked: Mapping[str, str], name: str, known: Collection[str]) -> str:
    text = asked.get(name, "").strip()
    if text and text not in known:
        raise BadValue(f"{name}: expected one of {', '.join(known)}")
    return text
