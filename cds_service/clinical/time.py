"""Moments and periods as charts know them: known to an instant, to a day, or not at all."""

from datetime import UTC, datetime, timedelta

import msgspec

_EVER = datetime.min.replace(tzinfo=UTC)
_NEVER = datetime.max.replace(tzinfo=UTC)


class Moment(msgspec.Struct, frozen=True):
    """A point in time known to lie between two instants (aware); `written` is the chart's own text.

    A full instant has both ends equal; a date spans its day; an unknown time spans everything.
    """

    earliest: datetime
    latest: datetime
    written: str = ""

    @property
    def is_dated(self) -> bool:
        """False when nothing is known about the time."""
        return self.earliest != _EVER and self.latest != _NEVER

    def is_certainly_before(self, other: "Moment") -> bool:
        """True only when every possible reading lies before every possible reading of the other."""
        return self.latest < other.earliest

    def may_lie_between(self, start: datetime, end: datetime) -> bool:
        """True when any moment of it lies in the closed window."""
        return self.earliest <= end and self.latest >= start


UNDATED = Moment(_EVER, _NEVER)


def instant(at: datetime) -> Moment:
    """The moment of an exact, aware instant."""
    return Moment(at, at, at.isoformat())


class Period(msgspec.Struct, frozen=True):
    """A stretch of time. `is_span` is False for a single point; an open one has an undated end."""

    start: Moment
    end: Moment
    is_span: bool = True

    def closed_at(self, now: datetime) -> "Period":
        """An open period ends now (BEHAVIOUR 4), and one that ends today has not lasted beyond now.

        CAUTION: one that starts in the future stays open, so that nothing takes it for current.
        """
        if not self.is_span:
            return self
        if not self.end.is_dated:
            has_begun = self.start.is_dated and self.start.earliest <= now
            return Period(self.start, instant(now)) if has_begun else self
        if self.end.earliest <= now < self.end.latest:
            return Period(self.start, Moment(self.end.earliest, now, self.end.written))
        return self

    def length(self) -> timedelta:
        """The length from the start of the first to the end of the last moment (FHIR Period).

        Zero for a point; only meaningful when both ends are dated.
        """
        return self.end.latest - self.start.earliest if self.is_span else timedelta(0)


def at(moment: Moment) -> Period:
    """A period of a single point."""
    return Period(moment, moment, is_span=False)
