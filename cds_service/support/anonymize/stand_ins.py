"""Stand-ins in an anonymized copy: moved dates, and ids, references and addresses, each always the same."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from cds_service.cds_hooks.request import NOWHERE, reference_from
from cds_service.fhir.dates import Calendar
from cds_service.fhir.orders.orders import ORDER_TYPES
from cds_service.fhir.resources import READ
from cds_service.support.validate import is_resource_type

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


SERVER: Final = "https://ehr.example/fhir"
_READ_TYPES: Final = ORDER_TYPES | {str(resource.__struct_config__.tag) for resource in READ}
_OTHER_TYPE: Final = "Basic"
_LEADING_NOWHERE: Final = "-/"
_NAMED_VALUES: Final = frozenset({"code", "category", "status", "clinical-status", "_sort", "_count"})
_OF_PATIENT: Final = frozenset({"patient", "subject"})
_RESULT_PARAMETERS: Final = frozenset(
    {"_id", "_lastUpdated", "_maxresults", "_tag", "_security", "_profile", "_text", "_content", "_filter",
     "_query", "_list", "_elements", "_summary", "_has", "_type", "_source", "_include", "_revinclude",
     "_format", "_total"}
)  # fmt: skip
_TOKENS: Final = re.compile(r"[A-Za-z0-9|:/._,-]*")
_MODIFIERS: Final = frozenset({"Patient", "identifier", "not", "in", "text", "missing", "exact"})


def type_shown(resource_type: str) -> str:
    """The type of a resource if FHIR knows it."""
    is_known = resource_type in _READ_TYPES or is_resource_type(resource_type)
    return resource_type if is_known else _OTHER_TYPE


@dataclass(slots=True)
class Pseudonyms:
    """A stand-in for each id, numbered in the order in which they are met."""

    known: dict[str, str] = field(default_factory=dict)

    def of(self, written: str) -> str:
        """The stand-in of an id; an empty one stays empty."""
        plain = written.strip()
        return self.known.setdefault(plain, f"id-{len(self.known) + 1}") if plain else ""

    def of_reference(self, written: str) -> str:
        """A reference in the form in which it came: contained, typed, absolute, versioned or bare."""
        reference = reference_from(written)
        if not written.strip():
            return ""
        if reference == NOWHERE or not reference.id:
            return f"{_LEADING_NOWHERE}{self.of(written)}"
        if written.strip().startswith("#"):
            return f"#{self.of(reference.id.removeprefix('#'))}"
        if not reference.type:
            scheme = next((s for s in ("urn:uuid:", "urn:oid:") if written.strip().startswith(s)), "")
            return f"{scheme}{self.of(reference.id)}"
        path = f"{type_shown(reference.type)}/{self.of(reference.id)}"
        version = "/_history/1" if "/_history/" in written else ""
        return f"{SERVER}/{path}{version}" if "://" in written else f"{path}{version}"

    def of_search(self, url: str) -> str:
        """The address of a search, with no values but those that tell how narrow it is."""
        try:
            parts = urlsplit(url)
            pairs = parse_qsl(parts.query)
        except ValueError:
            return SERVER
        path, _, resource_type = parts.path.removesuffix("/_search").rpartition("/")
        whose = reference_from(unquote(path))
        compartment = f"/Patient/{self.of(whose.id)}" if whose.type == "Patient" else ""
        query = urlencode([self._parameter(name, value) for name, value in pairs], safe="|:/,")
        return f"{SERVER}{compartment}/{type_shown(resource_type)}{'?' if query else ''}{query}"

    def _parameter(self, written: str, value: str) -> tuple[str, str]:
        name, _, modifier = written.partition(":")
        plain = name.partition(".")[0]
        suffix = f":{modifier if modifier in _MODIFIERS else 'x'}" if modifier else ""
        if plain in _OF_PATIENT and plain != name:
            return f"{plain}:identifier", self.of(value)
        if plain in _OF_PATIENT:
            return plain + suffix, ",".join(self.of_reference(item) for item in value.split(","))
        if plain in _NAMED_VALUES and _TOKENS.fullmatch(value):
            return plain + suffix, value
        is_known = plain in _RESULT_PARAMETERS or plain in _NAMED_VALUES
        return (plain if is_known else ("_other" if plain.startswith("_") else "other")) + suffix, "x"
