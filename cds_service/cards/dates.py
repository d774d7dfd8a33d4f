"""How a charted moment is shown: as written, to the minute, with its zone."""

import re

from cds_service.cards.escape import markdown
from cds_service.clinical.time import Moment

UNDATED_TEXT = "undated"

_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
_DAY = re.compile(r"\d{4}(?:-\d\d){0,2}", re.ASCII)
_DATE_LIMIT = 40


def shown(moment: Moment) -> str:
    """`2026-11-24 08:10Z`, `2026-11-24`, `2026-11` or `undated`; safe in Markdown."""
    if not moment.is_dated:
        return UNDATED_TEXT
    written = moment.written or moment.earliest.isoformat()
    return _to_the_minute(written.strip())


def day(moment: Moment) -> str:
    """The day of a charted moment as written, `2026-11-24` or `2026-11`; empty when it is undated."""
    if not moment.is_dated:
        return ""
    match = _DAY.match(moment.written.strip())
    return match[0] if match else moment.earliest.date().isoformat()


def _to_the_minute(written: str) -> str:
    match = _INSTANT.fullmatch(written)
    if match is None:
        return markdown(written, _DATE_LIMIT)
    day, time, zone = match.groups(default="")
    return f"{day} {time}{zone}"
