"""The hook request that a client would have sent as an order was signed, written from a patient's lines."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

import msgspec

from cds_service.cds_hooks.raw_json import decoded, text_in
from cds_service.fhir.dates import Calendar
from cds_service.fhir.versions import objects_in
from cds_service.replay.as_of import ChartLine, chart_line
from cds_service.replay.lines import Finder, KeptLine
from cds_service.replay.orders import PastOrder, once_each, order_from, retraction_in

_CUT_OFF: Final = b',"link":[{"relation":"next","url":"cut-off"}]'
_NOBODY: Final = "Practitioner/unknown"


class PatientLines:
    """The lines of one patient: orders, resources by the zone in which they are read, and what is broken."""

    def __init__(self, lines: Iterable[KeptLine], zone: tzinfo | None) -> None:
        found = sorted((line.role, line.line) for line in lines)
        read = [order_from(line, zone or UTC) for role, line in found if role == "order"]
        retracted = (retraction_in(line) for role, line in found if role == "retracted")
        self.orders, again = once_each((one for one in read if isinstance(one, PastOrder)), retracted)
        self.broken = frozenset(line.decode() for role, line in found if role == "broken")
        self._raw = [line for role, line in found if role == "chart"]
        self._zone = zone
        self._read: dict[Any, list[ChartLine]] = {}
        self.duplicates = again
        self._has_versions = False

    def known_at(self, at: datetime) -> list[ChartLine]:
        """The lines as they are read at an instant, of each resource the version of that time."""
        read = self._in_zone(at)
        return list(_versions(read, at)) if self._has_versions else read

    def _in_zone(self, at: datetime) -> list[ChartLine]:
        """The lines with their dates in the zone of the site, else in that of the instant."""
        calendar = Calendar(at)
        known = self._zone or at.utcoffset()
        if known not in self._read:
            read = [line for raw in self._raw if (line := chart_line(raw, calendar))]
            if not self._read:
                again = len(read) - len({(line.type, line.id or line.raw) for line in read})
                self._has_versions = again > 0
                self.duplicates += again
            self._read[known] = read
        return self._read[known]

    def service_of(self, encounter: str) -> str:
        """What service a stay was of, as the export names it; empty where it does not."""
        read = next(iter(self._read.values()), [])
        raw = next((line.raw for line in read if line.type == "Encounter" and line.id == encounter), b"")
        stay = decoded(raw, _Stay) if encounter and raw else None
        if stay is None:
            return ""
        service = next(iter(objects_in(stay.service_type)), {})
        codings = objects_in(service.get("coding"))
        names = (
            service.get("text"),
            *(one.get("display") for one in codings),
            *(one.get("code") for one in codings),
        )
        provider = stay.service_provider if isinstance(stay.service_provider, dict) else {}
        return next(filter(None, map(text_in, (*names, provider.get("display")))), "")


def _versions(lines: Iterable[ChartLine], at: datetime) -> Iterator[ChartLine]:
    """Of each resource the last version that was written by an instant, else what comes nearest to it.

    That is every version of which it is not known when it was written, else the first that was written later.
    """
    resources: dict[tuple[str, str | bytes], list[ChartLine]] = {}
    for line in lines:
        resources.setdefault((line.type, line.id or line.raw), []).append(line)
    for versions in resources.values():
        dated = sorted((line for line in versions if line.updated.is_dated), key=_written)
        written = [line for line in dated if line.updated.latest <= at]
        undated = {line.raw: line for line in versions if not line.updated.is_dated}
        yield from written[-1:] or undated.values() or dated[:1]


def _written(line: ChartLine) -> datetime:
    return line.updated.latest


class _Stay(msgspec.Struct, rename="camel"):
    service_type: Any = None
    service_provider: Any = None


def request_body(patient: str, orders: Sequence[PastOrder], prefetch: bytes) -> bytes:
    """The request of the client that signs the orders."""
    first = orders[0]
    context = {
        "patientId": patient,
        "userId": first.requester or _NOBODY,
        "encounterId": first.encounter,
        "draftOrders": {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"resource": msgspec.Raw(order.draft)} for order in orders],
        },
    }
    written = {
        "hook": "order-sign",
        "hookInstance": "",
        "context": context,
        "prefetch": msgspec.Raw(prefetch),
    }
    return msgspec.json.encode(written)


class SentKind(msgspec.Struct, frozen=True):
    """As which type of resource a template is answered, and whether the answer is cut off."""

    type: str
    is_cut: bool


def prefetch_of(finder: Finder, lines: Sequence[ChartLine], sent: Mapping[str, SentKind]) -> bytes:
    """What the templates find in the lines, each under its key."""
    found: dict[str, list[bytes]] = {key: [] for key in sent}
    for line in lines:
        for template in finder.finding(line.type, line.codes):
            kind = sent.get(template.key)
            is_asked = not template.statuses or line.status in template.statuses
            if kind is not None and is_asked and kind.type == line.type:
                found[template.key].append(line.raw)
    members = (
        b'"%b":%b' % (key.encode(), _value(key, raws, is_cut=sent[key].is_cut))
        for key, raws in found.items()
        if raws or key != "patient"
    )
    return b"{%b}" % b",".join(members)


def _value(key: str, raws: Sequence[bytes], *, is_cut: bool) -> bytes:
    """The Patient as it is, of all others the Bundle of the search."""
    if key == "patient":
        return raws[0]
    entries = b",".join(b'{"resource":%b}' % raw for raw in raws)
    link = _CUT_OFF if is_cut else b""
    return b'{"resourceType":"Bundle","type":"searchset","entry":[%b]%b}' % (entries, link)
