"""Dates of an anonymised copy: all moved by the same number of days, birth dates reduced to the age."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from cds_service.fhir.datetimes import Calendar

REMOVED: Final = "(removed)"
FOREVER: Final = "9999-12-31"
OLDEST_SHOWN: Final = 90
"""Ages from here on are all shown as this one."""

_LAST_YEAR: Final = 2199
_WRITTEN: Final = re.compile(
    r"(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d)"
    r"(?P<time>[T ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?\s*(Z|[+-]\d\d:?\d\d)?)?)?)?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class TimeShift:
    """How many days all dates move, and the instant at which the request is judged before that.

    Times of day stay, so that what lay within 24 h still does. A month or a year without a day goes to
    where its middle falls, which can tell at its ends: the answers of both are to be compared.
    """

    days: int
    judged_at: datetime

    @property
    def new_judged_at(self) -> datetime:
        """The instant at which the copy is judged."""
        return self.judged_at + timedelta(days=self.days)

    def moved(self, written: str) -> str:
        """The date, moved; what is no date is removed, what stands for no date (9999-12-31) is kept."""
        match = _WRITTEN.fullmatch(written.strip())
        if match is None:
            return REMOVED if written.strip() else ""
        if not self._calendar.moment(written).is_dated:
            return FOREVER if int(match["year"]) > _LAST_YEAR else REMOVED
        month, day = match["month"], match["day"]
        middle = date(int(match["year"]), int(month or 7), int(day or (15 if month else 1)))
        moved = (middle + timedelta(days=self.days)).isoformat()
        return moved[: 10 if day else 7 if month else 4] + (match["time"] or "")

    def is_instant(self, written: object) -> bool:
        """True for an instant with an offset."""
        try:
            return isinstance(written, str) and datetime.fromisoformat(written).tzinfo is not None
        except ValueError:
            return False

    def birth_date(self, written: str) -> str:
        """The 1st of January of the year that gives the same age in years at the instant of judging.

        A year alone if the date leaves two ages open; removed if it is none, or in the future.
        """
        birth = self._calendar.moment(written)
        if not birth.is_dated or birth.earliest > self.judged_at:
            return REMOVED
        oldest, youngest = (self._age(born) for born in (birth.earliest, birth.latest))
        year = self.new_judged_at.year - min(oldest, OLDEST_SHOWN)
        return f"{year}-01-01" if oldest == youngest or oldest > OLDEST_SHOWN else str(year)

    @property
    def _calendar(self) -> Calendar:
        return Calendar(self.judged_at)

    def _age(self, born: datetime) -> int:
        today = self.judged_at.astimezone(born.tzinfo)
        return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
