"""A captured request without HTTP: judged, and examined as far as it can be read."""

import codecs
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, BinaryIO, Final

import msgspec

from cds_service.cds_hooks.parse import hook_request_from
from cds_service.cds_hooks.raw_json import decoded, text_in
from cds_service.cds_hooks.request import JUDGE_AT_KEY, HookRequest, reference_given
from cds_service.errors import BadRequest, CdsServiceError
from cds_service.evaluate import Advisor, Evaluation, Trace, evaluate, read_in_full
from cds_service.fhir.chart.screen import EntryRead
from cds_service.fhir.versions import objects_in
from cds_service.knowledge.tables.rows import unseen_in
from cds_service.outbound.client import NO_READER

Members = dict[str, Any]
NOBODY: Final = "unknown"
"""The id of a patient whom nothing names: then all data are another patient's."""

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_START_OF_HTTP: Final = re.compile(rb"(?:[A-Z]{3,7} \S+ HTTP/|HTTP/\d|[A-Za-z][A-Za-z-]{1,40}: )")
_WRAPPERS: Final = ("request", "body", "payload", "requestBody", "data", "content", "message")


def captured(file: BinaryIO) -> bytes:
    """The whole file.

    Raises BadRequest with what to do, when it plainly holds something other than one hook request.
    """
    body = file.read()
    if reason := next(_reasons_against(body), ""):
        raise BadRequest(reason)
    return body


def _reasons_against(body: bytes) -> Iterator[str]:
    text = body.removeprefix(codecs.BOM_UTF8).strip()
    if body.startswith(_UTF_16):
        yield "The file is encoded in UTF-16: save it as UTF-8."
    elif text.startswith(b"["):
        yield "The file holds a JSON array: save one request, from its { to its }, in a file of its own."
    elif text.startswith(b'"'):
        yield "The file holds the request as a JSON string, in quotes: save the object itself."
    elif text.startswith(b"curl "):
        yield "The file holds a curl command: save only the body of the request, from its { to its }."
    elif _START_OF_HTTP.match(text):
        yield "The file begins with HTTP headers: delete all that stands before the first {."
    elif members := decoded(text, dict[str, Any]):
        yield from _reasons_against_object(members)


def _reasons_against_object(members: dict[str, Any]) -> Iterator[str]:
    if "hook" in members or "context" in members:
        return
    if "cards" in members:
        yield "The file holds an answer (cards), not the request."
    if "resourceType" in members:
        yield "The file holds a FHIR resource, not a hook request."
    for name in _WRAPPERS:
        inner = members.get(name)
        if isinstance(inner, dict) and "hook" in inner:
            yield f"The request seems to be the member {name!r} of the object: save that alone."
        elif isinstance(inner, str) and inner.lstrip().startswith("{"):
            yield f"The request seems to be the text in the member {name!r}: save that text alone."


def asked(
    body: bytes, at: datetime | None, advisor: Advisor, entries: list[EntryRead] | None = None
) -> Evaluation:
    """The evaluation of a captured request, at `at` if given, else at the instant it carries, else now.

    `entries`, where it is given, is filled with every resource that was looked at.
    """
    request = at_instant(hook_request_from(body), at)
    return evaluate(request, replace(advisor, honors_judge_at=True), entries)


def at_instant(request: HookRequest, at: datetime | None) -> HookRequest:
    """The request, to be judged at `at` if given."""
    return request if at is None else replace(request, judge_at=at)


@dataclass(frozen=True, slots=True)
class Examination:
    """Why a request is refused, if it is; all that could be read of it; the answer, if there is one.

    `request` and `trace` are None when nothing could be read; `is_judged_now` when nothing says as of when.
    """

    refusals: tuple[CdsServiceError, ...]
    request: HookRequest | None = None
    trace: Trace | None = None
    evaluation: Evaluation | None = None
    is_judged_now: bool = False


def examined(body: bytes, at: datetime | None, advisor: Advisor) -> Examination:
    """The examination of a captured request, judged as `ask` judges it but for the FHIR server."""
    offline = replace(advisor, reader=NO_READER, honors_judge_at=True)
    request, refusals = read_as_far_as_possible(body)
    if request is None:
        return Examination(refusals)
    request = at_instant(request, at)
    read = Examination(
        refusals,
        request,
        read_in_full(request, offline, entries=[]),
        is_judged_now=request.judge_at is None,
    )
    if refusals:
        return read
    try:
        return replace(read, evaluation=evaluate(request, offline))
    except CdsServiceError as refusal:
        return replace(read, refusals=(refusal,))


def read_as_far_as_possible(body: bytes) -> tuple[HookRequest | None, tuple[BadRequest, ...]]:
    """The request, None if it cannot be read at all, and everything for which it is refused.

    A refused one is what it would be with each refused member put right.
    """
    refusals: list[BadRequest] = []
    members = decoded(body.strip(), Members)
    for _ in range(len(_REPAIRS) + 1):
        try:
            return hook_request_from(body), tuple(refusals)
        except BadRequest as refusal:
            if not any(_follows(refusal, known) for known in refusals):
                refusals.append(refusal)
            repair = _REPAIRS.get(refusal.expression)
            if members is None or repair is None:
                break
            repair(members)
            body = _ENCODER.encode(members)
    return None, tuple(refusals)


def _follows(refusal: BadRequest, known: BadRequest) -> bool:
    """True when a member is missing only because what should hold it was put right."""
    return refusal.expression.startswith(f"{known.expression}.") or refusal.expression == known.expression


def _name_hook(members: Members) -> None:
    members["hook"] = "patient-view"


def _make_context(members: Members) -> None:
    members["context"] = {}


def _name_patient(members: Members) -> None:
    context = members["context"]
    found = (*_patients_in(members.get("prefetch")), *_subjects_in(context.get("draftOrders")), NOBODY)
    context["patientId"] = found[0]


def _patients_in(prefetch: Any) -> Iterator[str]:
    for value in prefetch.values() if isinstance(prefetch, dict) else ():
        if isinstance(value, dict) and value.get("resourceType") == "Patient":
            yield from filter(None, [text_in(value.get("id"))])


def _subjects_in(drafts: Any) -> Iterator[str]:
    for bundle in objects_in(drafts):
        for entry in objects_in(bundle.get("entry")):
            for order in objects_in(entry.get("resource")):
                subject = reference_given(order.get("subject"))
                yield from [subject.id] if subject.is_to("Patient", subject.id) and subject.id else []


def _leave_out_drafts(members: Members) -> None:
    members["context"].pop("draftOrders", None)
    _name_hook(members)


def _empty_drafts(members: Members) -> None:
    members["context"]["draftOrders"]["entry"] = []


def _leave_out_selections(members: Members) -> None:
    del members["context"]["selections"]


def _leave_out_prefetch(members: Members) -> None:
    del members["prefetch"]


def _leave_out_instant(members: Members) -> None:
    del members["extension"][JUDGE_AT_KEY]


_REPAIRS: Final[Mapping[str, Callable[[Members], None]]] = {
    "hook": _name_hook,
    "context": _make_context,
    "context.patientId": _name_patient,
    "context.draftOrders": _leave_out_drafts,
    "context.draftOrders.entry": _empty_drafts,
    "context.selections": _leave_out_selections,
    "prefetch": _leave_out_prefetch,
    f"extension.{JUDGE_AT_KEY}": _leave_out_instant,
}


def printable(text: str) -> str:
    """The text in one line, without control characters, which could command a terminal."""
    return "".join(" " if unseen_in(sign) else sign for sign in text)
