"""The lines of an export that a replay needs: chest imaging orders, and what templates find of a chart."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import parse_qsl

import msgspec

from cds_service.cds_hooks.catalog import prefetch_templates
from cds_service.cds_hooks.parse import plain_json
from cds_service.cds_hooks.raw_json import NOTHING, decoded, text_in
from cds_service.cds_hooks.request import DraftOrder
from cds_service.fhir.codes import Meanings
from cds_service.fhir.elements import Element
from cds_service.fhir.orders.orders import OrderRead, orders_read
from cds_service.fhir.versions import objects_in
from cds_service.knowledge.kinds import KIND_BY_KEY, KINDS
from cds_service.knowledge.model import Knowledge
from cds_service.replay.export import CHART, ENDS_EARLY, NOT_OPENED, TOO_LONG, FileRange, FileTally, lines_in
from cds_service.replay.orders import (
    RETRACTED,
    PastOrder,
    order_from,
    patient_named,
    retraction_of,
    without_patient,
)

LineRole: TypeAlias = Literal["order", "retracted", "chart", "broken", "tally"]
"""What a kept line is: an order, one that was entered in error, a resource of the chart, or the type alone of
one that cannot be read.

A tally is no line of the export: it tells what was read of a range.
"""

FOUND: Final = "orders found"
"""Under what a tally counts the orders that are judged."""

NOT_JSON: Final = "line is not JSON"
NOT_UTF8: Final = "line is not in UTF-8"
OUTSIDE: Final = "order of another time"
_STUDIES: Final = ("by-code", "by-name", "unrecognized-imaging")
_MOST_REMEMBERED: Final = 100_000
_WHOSE: Final = re.compile(rb'"(?:subject|patient)"\s*:\s*\{[^{}]*"reference"\s*:\s*"([^"\\]{1,200})"')
_TYPE: Final = re.compile(rb'"resourceType"\s*:\s*"([A-Za-z]{1,40})"')


class KeptLine(msgspec.Struct, frozen=True):
    """A line that is needed, and the patient whose it is."""

    patient: str
    role: LineRole
    line: bytes


class Template(msgspec.Struct, frozen=True):
    """A prefetch template: its key, the types it may come as, and what it asks for; empty asks for all."""

    key: str
    types: tuple[str, ...]
    codes: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()


class _LineHead(Element, frozen=True):
    resource_type: Any = None
    id: Any = None
    subject: Any = None
    patient: Any = None
    code: msgspec.Raw = NOTHING
    category: msgspec.Raw = NOTHING


@lru_cache(maxsize=8)
def templates_of(knowledge: Knowledge) -> tuple[Template, ...]:
    """The prefetch templates of discovery, parted into what they ask for."""
    return tuple(_template(key, query) for key, query in prefetch_templates(knowledge).items())


def _template(key: str, query: str) -> Template:
    asked = dict(parse_qsl(query.partition("?")[2]))
    named = {
        name: frozenset(filter(None, asked.get(name, "").split(",")))
        for name in ("code", "category", "status")
    }
    types = KINDS[KIND_BY_KEY[key]].resource_types
    return Template(key, types, named["code"], named["category"], named["status"])


Codes: TypeAlias = tuple[bytes, bytes]
"""The code and the category of a resource, as they are written."""


class Finder:
    """Which templates find a resource, whatever its status; remembered for each distinct code."""

    def __init__(self, templates: Sequence[Template]) -> None:
        self.templates = templates
        types = dict.fromkeys(name for template in templates for name in template.types)
        self._by_type = {name: tuple(t for t in templates if name in t.types) for name in types}
        self._narrow = {name for name in types if any(t.codes or t.categories for t in self._by_type[name])}
        self._known: dict[tuple[str, bytes, bytes], tuple[Template, ...]] = {}

    def finding(self, resource_type: str, codes: Codes) -> tuple[Template, ...]:
        """The templates that find a resource of the type with this code and category."""
        if resource_type not in self._narrow:
            return self._by_type.get(resource_type, ())
        key = (resource_type, *codes)
        if (found := self._known.get(key)) is None:
            code, category = (frozenset(_tokens(raw)) for raw in codes)
            of_type = self._by_type[resource_type]
            found = tuple(t for t in of_type if _finds(t.codes, code) and _finds(t.categories, category))
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = found
        return found


def _finds(asked: frozenset[str], there: frozenset[str]) -> bool:
    return not asked or not asked.isdisjoint(there)


def _tokens(raw: bytes) -> Iterator[str]:
    """The codes of CodeableConcepts as a search knows them: with their system, and alone."""
    for concept in objects_in(decoded(raw, Any)):
        for coding in objects_in(concept.get("coding")):
            if code := text_in(coding.get("code")):
                yield from (f"{text_in(coding.get('system'))}|{code}", code)


class OrderFilter:
    """Keeps the orders of a range that may be chest imaging, of the time that is asked for.

    `types` are those that are orders, or stand for them. What is left out of them is counted by why. What was
    entered in error is kept to take back its earlier versions, which an export put together of others has.
    """

    def __init__(
        self, types: Sequence[str], knowledges: Sequence[Knowledge], zone: tzinfo, asked: "Asked"
    ) -> None:
        self._types = frozenset(types)
        self._meanings = tuple(map(Meanings, knowledges))
        self._zone = zone
        self._asked = asked

    def role_of(self, resource_type: str, line: bytes, tally: FileTally, place: int) -> LineRole | None:
        """As what a line is kept; None for one that is no order to judge."""
        if resource_type not in self._types:
            return None
        order = order_from(line, self._zone)
        if not isinstance(order, PastOrder):
            if order:
                tally.note(order)
            return "retracted" if order in RETRACTED else None
        if not self._is_study(order):
            return None
        if not order.patient:
            tally.note("order of no patient", place)
            return None
        is_asked = self._asked.holds(order.at)
        tally.note(FOUND if is_asked else OUTSIDE)
        return "order" if is_asked else None

    def _is_study(self, order: PastOrder) -> bool:
        return any(
            read.order.recognition in _STUDIES or (read.is_open and read.may_be_imaging)
            for read in (order_read(order, meanings) for meanings in self._meanings)
        )


def order_read(order: PastOrder, meanings: Meanings) -> OrderRead:
    """The order as the service reads it, whosever it is."""
    raw = order.draft if order.patient else without_patient(order.draft)
    draft = DraftOrder(0, "ServiceRequest", order.id, msgspec.Raw(raw))
    return orders_read((draft,), patient_id=order.patient, meanings=meanings)[0]


class Asked(msgspec.Struct, frozen=True):
    """The time whose orders are judged: from `since` until before `until`, where they are given."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether an order of this instant is asked for."""
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)


def orders_in(part: FileRange, keep: OrderFilter, tally: FileTally) -> Iterator[KeptLine]:
    """The lines of a range that are orders to judge, and those that take one back."""
    for place, line, head, name in _heads(part, tally):
        if (
            head is not None
            and (role := keep.role_of(name, line, tally, place))
            and (patient := _patient_of(head, name))
        ):
            yield KeptLine(patient, role, line if role == "order" else retraction_of(line))


def chart_in(part: FileRange, finder: Finder, tally: FileTally) -> Iterator[KeptLine]:
    """The lines of a range that a prefetch template finds, and the types of those that cannot be read."""
    for place, line, head, name in _heads(part, tally):
        if head is None:
            whose, named = _WHOSE.search(line), _TYPE.search(line)
            if whose and named and named[1].decode() in CHART:
                patient = patient_named(whose[1].decode("utf-8", "replace"))
                yield KeptLine(patient, "broken", named[1])
            continue
        if name not in CHART or not finder.finding(name, (bytes(head.code), bytes(head.category))):
            continue
        if patient := _patient_of(head, name):
            yield KeptLine(patient, "chart", line)
        else:
            tally.note("resource of no patient", place)


def _heads(part: FileRange, tally: FileTally) -> Iterator[tuple[int, bytes, _LineHead | None, str]]:
    """Each line with its head and type; of one that cannot be read neither, which is noted.

    Where not all of a file could be read its types are cut off; also where no line could, and it is not known
    of which patients they are.
    """
    is_broken, is_lost, seen = False, False, tally.types
    for place, written in lines_in(part, tally):
        head, line = _head_of(written)
        name = text_in(head.resource_type) if head is not None else ""
        if name:
            seen[name] = seen.get(name, 0) + 1
        if is_broken := head is None:
            tally.note(NOT_JSON if is_utf8(line) else NOT_UTF8, place)
            is_lost = is_lost or _WHOSE.search(line) is None
        yield place, line, head, name
    is_cut = not tally.amiss.keys().isdisjoint((ENDS_EARLY, NOT_OPENED, TOO_LONG))
    if is_cut or (is_broken and tally.is_open) or (is_lost and not seen):
        tally.cut_off = sorted({*part.file.types, *seen} - {""})


def _head_of(line: bytes) -> tuple[_LineHead | None, bytes]:
    """What a line is, and the line as the service would read it; None for one that it would refuse."""
    if not is_utf8(line):
        return None, line
    if (head := decoded(line, _LineHead)) is None and rb"\u" in line:
        line = plain_json(line)
        head = decoded(line, _LineHead)
    return head, line


def is_utf8(line: bytes) -> bool:
    """Whether a line is text as FHIR asks for."""
    if line.isascii():
        return True
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _patient_of(head: _LineHead, resource_type: str) -> str:
    if resource_type == "Patient":
        return text_in(head.id)
    return patient_named(head.subject if head.subject is not None else head.patient)
