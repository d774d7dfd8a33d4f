"""A captured request as a file, and what to say of one that is something else."""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from cds_service.cds_hooks.decoding import decoded
from cds_service.errors import BadRequest

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
