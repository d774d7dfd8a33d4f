"""FHIR dates and times, read as moments and periods."""

import re
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

from cds_service.cds_hooks.raw_json import NOTHING, decoded, members_of
from cds_service.clinical.time import UNDATED, Moment, Period, at
from cds_service.fhir.elements import FhirPeriod, Timing

_WRITTEN: Final = re.compile(
    r"(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d)"
    r"([T ](?P<hour>\d\d):(?P<minute>\d\d)(:(?P<second>\d\d)([.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<offset>Z|[+-]\d\d:?\d\d)?)?)?)?",
    re.IGNORECASE | re.ASCII,
)
_COMMON: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
# Years outside stand for "unknown" or "never" (1753-01-01, 9999-12-31) and would overflow on conversion.
_YEARS: Final = range(1850, 2200)
_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The instant of judging; dates and times without an offset are read in its own."""

    now: datetime
    _moments: dict[str, Moment] = field(default_factory=dict, repr=False, compare=False)

    @property
    def zone(self) -> tzinfo:
        """The offset of now."""
        return self.now.tzinfo or UTC

    def moment(self, written: str | None) -> Moment:
        """A FHIR date, dateTime or instant; UNDATED for anything else.

        A date spans its day, a month its month, a year its year. A leap second is the second before.
        """
        if not written:
            return UNDATED
        if written not in self._moments:
            self._moments[written] = self._read(written)
        return self._moments[written]

    def first(self, *written: str | None) -> Moment:
        """The first that is dated."""
        for text in written:
            if text and (moment := self.moment(text)).is_dated:
                return moment
        return UNDATED

    def period(self, written: FhirPeriod | None) -> Period:
        """A FHIR Period; one with an end that cannot be read, or that lies before its start, is undated."""
        if written is None:
            return Period(UNDATED, UNDATED)
        start, end = self.moment(written.start), self.moment(written.end)
        is_misread = not end.is_dated and not _is_open(written.end)
        if is_misread or end.is_certainly_before(start):
            return Period(UNDATED, UNDATED)
        return Period(start, end)

    def span(self, written: FhirPeriod | None) -> Moment:
        """A moment somewhere in a Period; UNDATED unless both ends are dated."""
        period = self.period(written)
        if not (period.start.is_dated and period.end.is_dated):
            return UNDATED
        text = f"{period.start.written} – {period.end.written}"
        return Moment(period.start.earliest, period.end.latest, text)

    def last_event(self, timing: Timing) -> Period:
        """The last event of a Timing, else its bounds."""
        events = [self.moment(event) for event in timing.event if event.strip()]
        dated = [event for event in events if event.is_dated]
        if dated and len(dated) == len(events):
            return at(max(dated, key=lambda moment: moment.latest))
        bounds = decoded((members_of(timing.repeat) or {}).get("boundsPeriod", NOTHING), FhirPeriod)
        return self.period(bounds) if bounds is not None and not events else at(UNDATED)

    def _read(self, written: str) -> Moment:
        if _COMMON.fullmatch(written):
            try:
                instant = datetime.fromisoformat(written)
            except ValueError:
                pass  # a leap second, or 24:00, or no such time: read below
            else:
                return Moment(instant, instant, written) if instant.year in _YEARS else UNDATED
        match = _WRITTEN.fullmatch(written.strip())
        if match is None or int(match["year"]) not in _YEARS:
            return UNDATED
        try:
            earliest, latest = self._instant(match) if match["hour"] else self._day(match)
        except (ValueError, OverflowError):
            return UNDATED
        return Moment(earliest, latest, match[0])

    def _instant(self, match: re.Match[str]) -> tuple[datetime, datetime]:
        hour, second = int(match["hour"]), int(match["second"] or 0)
        midnight = datetime(
            int(match["year"]), int(match["month"]), int(match["day"]), tzinfo=self._zone(match["offset"])
        )
        if hour > 24 or int(match["minute"]) > 59 or second > 60:
            raise ValueError("no such time of day")
        fraction = (match["fraction"] or "").ljust(6, "0")[:6]
        instant = midnight + timedelta(
            hours=hour, minutes=int(match["minute"]), seconds=min(second, 59), microseconds=int(fraction)
        )
        return instant, instant

    def _day(self, match: re.Match[str]) -> tuple[datetime, datetime]:
        year = int(match["year"])
        first_month, last_month = (int(match["month"]),) * 2 if match["month"] else (1, 12)
        first_day = int(match["day"] or 1)
        last_day = int(match["day"] or monthrange(year, last_month)[1])
        start = datetime(year, first_month, first_day, tzinfo=self.zone)
        last = datetime(year, last_month, last_day, tzinfo=self.zone)
        return start, last + timedelta(days=1) - _TICK

    def _zone(self, offset: str | None) -> tzinfo:
        if offset is None:
            return self.zone
        if offset in "Zz":
            return UTC
        hours, minutes = int(offset[1:3]), int(offset[-2:])
        shift = timedelta(hours=hours, minutes=minutes)
        return timezone(-shift if offset[0] == "-" else shift)


def _is_open(end: str | None) -> bool:
    """True for a Period without an end, and for the far future that some systems write instead."""
    return not end or (end[:4].isdecimal() and int(end[:4]) > 2199)
