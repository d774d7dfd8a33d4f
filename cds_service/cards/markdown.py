"""Charted text and dates made safe for Markdown, and for members that are plain text."""

import re
import unicodedata
from datetime import date, datetime
from typing import Final

from cds_service.cards import texts
from cds_service.clinical.time import Moment

LABEL_LIMIT: Final = 80
"""Most characters of one charted text in a card."""

FINDING_LIMIT: Final = 200
"""Most characters of a finding in our words, which may hold charted text."""

# Word joiner: invisible, and what stands on both sides of it is no longer an address.
# CAUTION: escaping by backslash is not enough, GFM readers look for addresses in the finished text
# (https://github.github.com/gfm/#autolinks-extension-).
_JOINER = "\u2060"
_ADDRESS_PARTS = re.compile(r"(?=//)|(?<=@)|(?=@)|(?<=\w)(?=\.[^\W\d])|(?<=\w\.)(?=[^\W\d])")
# Zero-width space: where a word that is too wide for a panel of 300 px may be broken.
_BREAK = "\u200b"
_LONG_WORD = re.compile(r"\S{28}(?=\S)")
_MARKDOWN = re.compile(r"([\\`*_\[\]~|$])")
_LINE_START = re.compile(r"^(?=[-+#=]|\d{1,9}[.)](?!\S))")
# Plain at a glance: ASCII words with one blank between, none too wide, none that begins a list, an address or
# markup. CAUTION: whatever passes here must read the same through every step below.
_HARMLESS_WORD = r"(?!\S{29})(?:[A-Za-z0-9,;:()%'=+-]++|\.(?![A-Za-z_])|/(?!/))++"
_HARMLESS = re.compile(rf"(?![-+#=]|\d{{1,9}}[.)](?!\S)){_HARMLESS_WORD}(?: {_HARMLESS_WORD})*+")
_OF_A_NUMBER = re.compile(r"[.,]?\d")
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_ANGLES = str.maketrans({"<": "\u2039", ">": "\u203a"})


def one_line(text: str, limit: int = LABEL_LIMIT) -> str:
    """The text on one line without control, format or unassigned characters, cut to `limit` with `…`.

    Format characters hold the overrides that turn the direction of reading; none is kept.
    """
    if not text or (len(text) <= limit and _HARMLESS.fullmatch(text)):
        return text
    composed = unicodedata.normalize("NFC", text[: limit * 20])
    visible = "".join(" " if c.isspace() else c for c in composed if c.isspace() or _is_visible(c))
    line = " ".join(visible.split())
    return line if len(line) <= limit else f"{_cut(line, limit - 1)}…"


def _cut(line: str, limit: int) -> str:
    """The beginning of a line; a number in which it would end is left out, for half of it is another one."""
    kept = line[:limit]
    if kept[-1:].isdigit() and _OF_A_NUMBER.match(line[limit:]):
        kept = kept.rpartition(" ")[0] or kept
    return kept.rstrip()


def _is_visible(character: str) -> bool:
    return not unicodedata.category(character).startswith("C")


def plain(text: str, limit: int = LABEL_LIMIT) -> str:
    """Charted text for a summary, a label or a description, which are not Markdown.

    Angle brackets become look-alikes, in case a client shows these members as HTML.
    """
    return one_line(text, limit).translate(_ANGLES)


def markdown(text: str, limit: int = LABEL_LIMIT) -> str:
    """Charted text for the detail: reads the same, and holds no markup, link, tag or table cell."""
    if not text or (len(text) <= limit and _HARMLESS.fullmatch(text)):
        return text
    unlinked = _LINE_START.sub(_JOINER, _ADDRESS_PARTS.sub(_JOINER, one_line(text, limit)))
    breakable = _LONG_WORD.sub(rf"\g<0>{_BREAK}", unlinked)
    return _MARKDOWN.sub(r"\\\1", breakable.translate(_HTML))


_DAY = re.compile(r"\d{4}(?:-\d\d){0,2}", re.ASCII)
_DAYS_BY_NAME = (texts.TODAY, texts.YESTERDAY)


def shown(moment: Moment, now: datetime) -> str:
    """As a ward says it, in the zone of `now`: `today 07:30`, `yesterday 22:10`, `2026-03-09`, `undated`."""
    if not moment.is_dated:
        return texts.UNDATED
    if moment.earliest == moment.latest:
        return _instant_shown(moment.earliest, now)
    if written := _DAY.fullmatch(moment.written.strip()):
        return _day_shown(moment.earliest.date(), now) if len(written[0]) == len("2026-03-09") else written[0]
    return texts.FROM_TO.format(_instant_shown(moment.earliest, now), _instant_shown(moment.latest, now))


def _instant_shown(instant: datetime, now: datetime) -> str:
    """The time of day of today, yesterday and what lies ahead; else the day alone."""
    local = instant.astimezone(now.tzinfo)
    named = _day_shown(local.date(), now)
    if named in _DAYS_BY_NAME or instant > now:
        return texts.DAY_AND_TIME.format(named, f"{local:%H:%M}")
    return named


def _day_shown(day: date, now: datetime) -> str:
    days_ago = (now.date() - day).days
    return _DAYS_BY_NAME[days_ago] if 0 <= days_ago < len(_DAYS_BY_NAME) else day.isoformat()


def day(moment: Moment) -> str:
    """The day of a charted moment as written, `2026-11-24` or `2026-11`; empty when it is undated."""
    if not moment.is_dated:
        return ""
    match = _DAY.match(moment.written.strip())
    return match[0] if match else moment.earliest.date().isoformat()
