"""The body of a hook call, read into a HookRequest or refused with the member that is wrong."""

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from cds_service.cds_hooks.drafts import MARKS, drafts_from
from cds_service.cds_hooks.raw_json import (
    NOTHING,
    TOO_DEEP,
    decoded,
    fault_place,
    first_byte,
    is_null,
    text_in,
)
from cds_service.cds_hooks.request import (
    JUDGE_AT_KEY,
    NOWHERE,
    DraftOrder,
    FhirAccess,
    Hook,
    HookRequest,
    Prefetch,
    Reference,
    reference_from,
    reference_given,
)
from cds_service.errors import BadRequest, BadValue, RequiredMissing

# CAUTION: a token with a line break would write headers of its own.
_TOKEN: Final = re.compile(r"[\x21-\x7e]+")


def access_from(server: Any, authorization: Any) -> FhirAccess | None:
    """The server and the token of a request; None without a web address."""
    address = text_in(server)
    return FhirAccess(address, _token(authorization)) if _is_web_address(address) else None


def is_odd_server(server: Any) -> bool:
    """True when a server is named that is no web address."""
    return server is not None and not _is_web_address(text_in(server))


def is_odd_token(authorization: Any) -> bool:
    """True when there is an authorization without a token that can be used."""
    return authorization is not None and not _token(authorization)


def _token(authorization: Any) -> str:
    token = text_in(authorization.get("access_token")) if isinstance(authorization, dict) else ""
    return token if _TOKEN.fullmatch(token) else ""


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


_PAIR: Final = rb"u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_HALF: Final = re.compile(
    rb"(?:[^\\]++|\\(?:[^u]|u(?![dD][89a-fA-F])|" + _PAIR + rb"))*+(\\u[dD][89a-fA-F][0-9a-fA-F]{2})?",
    re.DOTALL,
)
"""A half of a surrogate pair as an escape, and all that stands before it: whole pairs and other escapes too.

CAUTION: a match for every escape would take fifty times the memory of the body.
"""


class _Envelope(msgspec.Struct, rename="camel"):
    hook: Any = None
    hook_instance: Any = None
    context: msgspec.Raw = NOTHING
    prefetch: msgspec.Raw = NOTHING
    fhir_server: Any = None
    fhir_authorization: Any = None
    extension: Any = None


class _Context(msgspec.Struct, rename="camel"):
    patient_id: Any = None
    user_id: Any = None
    encounter_id: Any = None
    selections: Any = None
    draft_orders: msgspec.Raw = NOTHING


def hook_request_from(body: bytes) -> HookRequest:
    """The request in a body (BEHAVIOUR 1.1).

    Raises RequiredMissing, BadValue or BadRequest, each naming the member and quoting no value.
    """
    envelope, text = _envelope_in(body)
    context = _context_in(envelope.context)
    hook = _hook_by_context(_hook_named(envelope.hook), has_drafts=not is_null(context.draft_orders))
    drafts, notes = ((), ()) if hook is Hook.PATIENT_VIEW else drafts_from(context.draft_orders)
    if text is not None:
        drafts = tuple(_with_halves(drafts, text))
    return HookRequest(
        hook=hook,
        hook_instance=text_in(envelope.hook_instance),
        patient_id=_patient_id(context.patient_id),
        user_id=text_in(context.user_id),
        encounter_id=reference_from(context.encounter_id).id,
        drafts=drafts,
        selections=_selections(context.selections),
        prefetch=_prefetch(envelope.prefetch),
        access=access_from(envelope.fhir_server, envelope.fhir_authorization),
        judge_at=_judge_at(envelope.extension),
        notes=(*_notes_on(envelope, context, hook), *notes),
    )


def _envelope_in(body: bytes) -> tuple[_Envelope, bytes | None]:
    """The envelope, and the text of the body where it holds halves of surrogate pairs."""
    text = body.removeprefix(codecs.BOM_UTF8).strip()
    if not text:
        raise BadRequest("The body is empty: a JSON object is expected.")
    whole = decoded(text, _Envelope)
    envelope = whole or decoded(_without_half_characters(text, {}), _Envelope)
    _refuse_broken_text(body)
    if envelope is None:
        what = _why_no_object(body, text)
        raise BadRequest(f"The body {what}: a JSON object with hook and context is expected.")
    return envelope, None if whole else text


def _why_no_object(body: bytes, text: bytes) -> str:
    place = fault_place(body)
    if place:
        return f"is not valid JSON at {place}"
    return TOO_DEEP if text.startswith(b"{") else "is not a JSON object"


def plain_json(body: bytes) -> bytes:
    """The JSON of a body as any reader takes it: no mark or blanks around it, no halves of characters."""
    return _without_half_characters(body.removeprefix(codecs.BOM_UTF8).strip(), {})


def _without_half_characters(text: bytes, marks: Mapping[bytes, bytes]) -> bytes:
    """Half of a surrogate pair, left by a text cut off within an emoji, is replaced: all else is read."""
    mended, end = bytearray(), 0
    for found in _HALF.finditer(text):
        if half := found[1]:
            mended += text[end : found.start(1)]
            mended += marks.get(half, rb"\ufffd")
            end = found.end(1)
    mended += text[end:]
    return bytes(mended)


def _with_halves(drafts: Iterable[DraftOrder], text: bytes) -> Iterator[DraftOrder]:
    """The drafts with what it takes to write them back as they came."""
    used = {mark[0].lower() for mark in MARKS.finditer(text)}
    free = (chr(n) for n in range(0xE000, 0xF000) if not {*_written(chr(n))} & used)
    halves = dict.fromkeys(found[1] for found in _HALF.finditer(text) if found[1])
    marks = dict(zip(halves, free, strict=False))
    mended = _without_half_characters(text, {half: _written(mark)[0] for half, mark in marks.items()})
    envelope = decoded(mended, _Envelope) or _Envelope()
    context = decoded(envelope.context, _Context) or _Context()
    marked = {draft.index: draft.raw for draft in drafts_from(context.draft_orders)[0]}
    meant = {written: half for half, mark in marks.items() for written in _written(mark)}
    for draft in drafts:
        yield replace(draft, marked=marked.get(draft.index, draft.raw), marks=meant)


def _written(mark: str) -> tuple[bytes, bytes]:
    """A character of private use as an escape and as itself."""
    return f"\\u{ord(mark):04x}".encode(), mark.encode()


def _refuse_broken_text(body: bytes) -> None:
    try:
        body.decode()
    except UnicodeDecodeError:
        raise BadRequest(f"The body is not encoded in UTF-8 at {fault_place(body)}.") from None


def _context_in(raw: msgspec.Raw) -> _Context:
    if is_null(raw):
        raise RequiredMissing("context is missing: an object is expected.", expression="context")
    context = decoded(raw, _Context)
    if context is None:
        raise BadValue("context must be an object.", expression="context")
    return context


def _hook_named(hook: Any) -> Hook:
    names = ", ".join(Hook)
    if hook is None:
        raise RequiredMissing(f"hook is missing: one of {names} is expected.", expression="hook")
    try:
        return Hook(hook)
    except ValueError:
        raise BadValue(f"hook must be one of {names}, as written here.", expression="hook") from None


def _hook_by_context(named: Hook, *, has_drafts: bool) -> Hook:
    """With draft orders it is an order hook, whatever its name; without, only patient-view fits."""
    if has_drafts:
        return Hook.ORDER_SELECT if named is Hook.PATIENT_VIEW else named
    if named is not Hook.PATIENT_VIEW:
        raise RequiredMissing(
            f"context.draftOrders is missing: {named} needs a Bundle.", expression="context.draftOrders"
        )
    return named


def _patient_id(written: Any) -> str:
    where = "context.patientId"
    if written is None or (isinstance(written, str) and not written.strip()):
        raise RequiredMissing(f"{where} is missing: the id of a Patient is expected.", expression=where)
    patient = reference_from(written)
    if not patient.is_to("Patient", patient.id) or patient == NOWHERE:
        raise BadValue(f"{where} must be the id of a Patient, as text.", expression=where)
    return patient.id


def _selections(written: Any) -> tuple[Reference, ...] | None:
    if written is None:
        return None
    chosen = written if isinstance(written, list) else [written]
    references = tuple(reference_given(selection) for selection in chosen)
    if not isinstance(written, list | str) and references == (NOWHERE,):
        raise BadValue("context.selections must be an array of ids.", expression="context.selections")
    return tuple(reference for reference in references if reference != NOWHERE)


def _prefetch(raw: msgspec.Raw) -> Prefetch:
    if is_null(raw):
        return Prefetch()
    if first_byte(raw) != b"{":
        raise BadValue("prefetch must be an object.", expression="prefetch")
    return Prefetch(raw)


def _judge_at(extension: Any) -> datetime | None:
    written = extension.get(JUDGE_AT_KEY) if isinstance(extension, dict) else None
    if written is None:
        return None
    where = f"extension.{JUDGE_AT_KEY}"
    try:
        at = datetime.fromisoformat(written)
    except (TypeError, ValueError):
        at = None
    if at is None or at.tzinfo is None or not 1900 < at.year < 2200:
        raise BadValue(f"{where} must be an instant with an offset.", expression=where)
    return at


def _notes_on(envelope: _Envelope, context: _Context, hook: Hook) -> tuple[str, ...]:
    selections = context.selections if isinstance(context.selections, list) else []
    unusable = sum(reference_given(s) == NOWHERE for s in selections)
    lacks_selections = hook is Hook.ORDER_SELECT and context.selections is None
    findings = {
        "hook differs from what the context holds": envelope.hook != hook,
        "hookInstance is missing or not text": not text_in(envelope.hook_instance),
        "context.userId is missing or not text": not text_in(context.user_id),
        "context.selections is missing": lacks_selections,
        f"context.selections: {unusable} are not ids": unusable > 0,
        "fhirServer is not a web address": is_odd_server(envelope.fhir_server),
        "fhirAuthorization holds no usable token": is_odd_token(envelope.fhir_authorization),
        "extension is not an object": not isinstance(envelope.extension, dict | None),
        "prefetch is missing": first_byte(envelope.prefetch) == b"",
    }
    return tuple(note for note, holds in findings.items() if holds)
