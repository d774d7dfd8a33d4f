"""Having a captured request judged without HTTP, and reading as much as can be of one that is refused."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import msgspec

from cds_service.cds_hooks.decoding import decoded
from cds_service.cds_hooks.envelope import hook_request_from
from cds_service.cds_hooks.request import JUDGE_AT_KEY, HookRequest
from cds_service.errors import BadRequest
from cds_service.evaluate import Consultation, Evaluation, evaluate
from cds_service.fhir.json_values import first_object, objects_in, texts_in
from cds_service.fhir.references import reference_in

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
