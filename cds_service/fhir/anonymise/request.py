"""A copy of a captured request without what identifies a person, which is answered as the original is.

Only what is listed here is kept: the elements that a decision reads, and of each only what its kind may
hold. Everything else is left out, whatever it is called.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from cds_service.cds_hooks.decoding import decoded
from cds_service.cds_hooks.request import JUDGE_AT_KEY, Hook
from cds_service.clinical.facts import Kind
from cds_service.errors import BadRequest
from cds_service.fhir.anonymise.datatypes import REFERENCE
from cds_service.fhir.anonymise.resources import holder
from cds_service.fhir.anonymise.rules import Copy, of_object, presence, reference_rule
from cds_service.fhir.anonymise.times import REMOVED, TimeShift
from cds_service.fhir.anonymise.words import word_filter_from
from cds_service.knowledge.model import Knowledge

HOOK_INSTANCE: Final = "00000000-0000-4000-8000-000000000000"


def anonymised(body: bytes, *, knowledge: Knowledge, shift: TimeShift) -> bytes:
    """The copy, indented, to be judged at the moved instant, which its extension holds.

    Ids become stand-ins, the same everywhere; all dates move by the same number of days; of free text
    only listed words stay; tokens and the address of the FHIR server are left out.
    Raises BadRequest if the body is not a JSON object.
    """
    request = decoded(body.removeprefix(b"\xef\xbb\xbf").strip(), dict[str, Any])
    if request is None:
        raise BadRequest("Nothing was written: only a body that is a JSON object can be anonymised.")
    copy = Copy(word_filter_from(knowledge), shift)
    try:
        written = msgspec.json.Encoder(decimal_format="number").encode(_request(copy, request))
    except RecursionError:
        raise BadRequest("Nothing was written: the body is nested too deeply.") from None
    return msgspec.json.format(written, indent=2) + b"\n"


def _request(copy: Copy, request: Mapping[str, Any]) -> dict[str, Any]:
    rules = {"hook": _hook, "hookInstance": _instance, "context": _CONTEXT, "prefetch": _prefetch}
    kept = {name: rule(copy, request[name]) for name, rule in rules.items() if name in request}
    return {**kept, "extension": {JUDGE_AT_KEY: _judge_at(copy, request.get("extension"))}}


def _judge_at(copy: Copy, extension: Any) -> str:
    """CAUTION: an instant that is refused stays one, so that the copy is refused as well."""
    written = extension.get(JUDGE_AT_KEY) if isinstance(extension, dict) else None
    is_usable = written is None or copy.shift.is_instant(written)
    return copy.shift.new_judged_at.isoformat() if is_usable else REMOVED


def _hook(copy: Copy, value: Any) -> Any:
    is_known = isinstance(value, str) and value.strip().lower() in list(Hook)
    return value if is_known else presence(copy, value)


def _instance(copy: Copy, value: Any) -> Any:
    return HOOK_INSTANCE if isinstance(value, str) and value.strip() else presence(copy, value)


def _prefetch(copy: Copy, value: Any) -> Any:
    """Keys of discovery stay; a key of the site's own is numbered."""
    if not isinstance(value, dict):
        return [] if isinstance(value, list) else presence(copy, value)
    own = [kind.value for kind in Kind]
    foreign = [key for key in value if key not in own]
    names = {key: f"key-{number}" for number, key in enumerate(foreign, start=1)}
    return {names.get(key, key): holder(copy, inner) for key, inner in value.items()}


_CONTEXT: Final = of_object(
    {
        "patientId": reference_rule,
        "userId": reference_rule,
        "encounterId": reference_rule,
        "selections": REFERENCE,
        "draftOrders": holder,
    }
)
