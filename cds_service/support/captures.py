"""Having a captured request judged without HTTP, and reading as much as can be of one that is refused."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, BinaryIO, Final

import msgspec

from cds_service.cds_hooks.parse import hook_request_from
from cds_service.cds_hooks.raw_json import decoded
from cds_service.cds_hooks.request import JUDGE_AT_KEY, HookRequest
from cds_service.errors import BadRequest
from cds_service.evaluate import Consultation, Evaluation, evaluate
from cds_service.fhir.before.json_values import first_object, objects_in, texts_in
from cds_service.fhir.before.references import reference_in

_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")


_BOM: Final = b"\xef\xbb\xbf"


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
    text = body.removeprefix(_BOM).strip()
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


NOBODY: Final = "unknown"


"""The id of a patient whom nothing names: then all data are another patient's."""


_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


Members = dict[str, Any]


def asked(body: bytes, at: datetime | None, consultation: Consultation) -> Evaluation:
    """The evaluation of a captured request, at `at` if given, else at the instant it carries, else now."""
    request = hook_request_from(body)
    if at is not None:
        request = replace(request, judge_at=at)
    return evaluate(request, replace(consultation, honours_judge_at=True))


@dataclass(frozen=True, slots=True)
class Read:
    """A request as far as it can be read: None if not at all, and everything for which it is refused."""

    request: HookRequest | None
    refusals: tuple[BadRequest, ...]


def read_as_far_as_possible(body: bytes) -> Read:
    """The request; where it is refused, what it would be with each refused member put right."""
    refusals: list[BadRequest] = []
    members = decoded(body.strip(), Members)
    for _ in range(len(_REPAIRS) + 1):
        try:
            return Read(hook_request_from(body), tuple(refusals))
        except BadRequest as refusal:
            if not any(_follows(refusal, known) for known in refusals):
                refusals.append(refusal)
            repair = _REPAIRS.get(refusal.expression)
            if members is None or repair is None:
                break
            repair(members)
            body = _ENCODER.encode(members)
    return Read(None, tuple(refusals))


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
            yield from texts_in(value.get("id"))


def _subjects_in(drafts: Any) -> Iterator[str]:
    for entry in objects_in(first_object(drafts).get("entry")):
        subject = reference_in(first_object(entry.get("resource")).get("subject"))
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
    return "".join(" " if unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp") else sign for sign in text)
