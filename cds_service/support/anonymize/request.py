"""A copy of a captured request without what identifies a person, which is answered as the original is."""

import codecs
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from cds_service.cds_hooks.raw_json import decoded, text_in
from cds_service.cds_hooks.request import JUDGE_AT_KEY, Hook
from cds_service.errors import BadRequest
from cds_service.fhir.elements import Element
from cds_service.fhir.resources import READ, Resource, ServiceRequest
from cds_service.fhir.versions import objects_in
from cds_service.knowledge.kinds import KIND_BY_KEY, kinds_named_by
from cds_service.knowledge.model import Knowledge
from cds_service.support.anonymize.rules import (
    PERIOD,
    QUANTITY,
    RANGE,
    RATIO,
    REFERENCE,
    STATUS,
    TIMING,
    Copy,
    Rule,
    birth_date_rule,
    coded,
    date_rule,
    flag_rule,
    id_rule,
    number_rule,
    of_object,
    of_text,
    presence,
    rating_extension,
    reference_rule,
    status_word_rule,
    type_rule,
    words_rule,
)
from cds_service.support.anonymize.stand_ins import REMOVED, TimeShift
from cds_service.support.anonymize.words import word_filter_from

_STATUS_CODE: Final = re.compile(r"\d{3}")


def _contained(copy: Copy, value: Any) -> Any:
    return [_resource(copy, resource) for resource in objects_in(value)]


def _components(copy: Copy, value: Any) -> Any:
    return [of_object(ELEMENTS)(copy, component) for component in objects_in(value)]


def _dosages(copy: Copy, value: Any) -> Any:
    """How a drug is given: by words, and whether there is a rate."""
    return [_DOSAGE(copy, dosage) for dosage in objects_in(value)]


_DOSAGE: Final = of_object(
    {
        "text": words_rule,
        **dict.fromkeys(["route", "method", "site"], coded),
        **dict.fromkeys(["rateQuantity", "rateRange", "rateRatio"], presence),
        "doseAndRate": _dosages,
    }
)


# Only what is listed here is kept: the elements that a decision reads, and of each only what its kind may
# hold. Everything else is left out, whatever it is called.
_BY_RULE: Final[tuple[tuple[Rule, str], ...]] = (
    (type_rule, "resourceType"),
    (id_rule, "id"),
    (REFERENCE, "subject patient encounter context hasMember"),
    (of_object({"lastUpdated": date_rule, "security": coded, "tag": coded}), "meta"),
    (birth_date_rule, "birthDate"),
    (STATUS, "status intent gender clinicalStatus verificationStatus dataAbsentReason taken"),
    (
        coded,
        "code category severity bodySite reasonCode reasonCodeableConcept reasonReference reason orderDetail "
        "valueCodeableConcept medicationCodeableConcept medicationReference medication ingredient reaction "
        "procedureCode procedure diagnosis method",
    ),
    (words_rule, "valueString description"),
    (
        date_rule,
        "onsetDateTime onsetString abatementDateTime abatementString recordedDate assertedDate "
        "effectiveDateTime effectiveInstant valueDateTime performedDateTime performedString "
        "occurrenceDateTime occurenceDateTime authoredOn dateAsserted started",
    ),
    (
        PERIOD,
        "onsetPeriod abatementPeriod effectivePeriod performedPeriod occurrencePeriod occurencePeriod "
        "valuePeriod period",
    ),
    (TIMING, "effectiveTiming"),
    (QUANTITY, "valueQuantity"),
    (number_rule, "valueInteger valueDecimal"),
    (RANGE, "valueRange"),
    (RATIO, "valueRatio"),
    (flag_rule, "abatementBoolean valueBoolean doNotPerform notDone notTaken"),
    (
        presence,
        "abatementAge abatementRange valueSampledData valueTime valueAttachment "
        "valueReference _valueString _valueInteger _valueBoolean modifierExtension",
    ),
    (_dosages, "dosage dosageInstruction"),
    (of_object({"text": words_rule}, text=words_rule), "note"),
    (_components, "component"),
    (_contained, "contained"),
    (rating_extension, "extension"),
    (of_object({"severity": STATUS, "code": STATUS}), "issue"),
)
ELEMENTS: Final = {name: rule for rule, names in _BY_RULE for name in names.split()}


def _rules_for(resource: type[Element]) -> Mapping[str, Rule]:
    """The elements of a type that a decision reads, and the intent without which an order is not valid."""
    names = ("resourceType", "intent", *(element.encode_name for element in msgspec.structs.fields(resource)))
    return {name: ELEMENTS[name] for name in names if name in ELEMENTS}


_RULES: Final = {
    **{str(resource.__struct_config__.tag): _rules_for(resource) for resource in (*READ, ServiceRequest)},
    "ProcedureRequest": _rules_for(ServiceRequest),
}
_ANY_RESOURCE: Final = _rules_for(Resource)


def _resource(copy: Copy, resource: Mapping[str, Any]) -> Any:
    return of_object(_RULES.get(text_in(resource.get("resourceType")), _ANY_RESOURCE))(copy, resource)


def holder(copy: Copy, value: Any) -> Any:
    """A resource, a Bundle, an array of resources, or a wrapper around one of these."""
    if isinstance(value, list):
        return [holder(copy, item) for item in value]
    if not isinstance(value, dict):
        return presence(copy, value)
    resource_type = text_in(value.get("resourceType"))
    if resource_type and resource_type != "Bundle":
        return _resource(copy, value)
    return _BUNDLE(copy, value)


def _total(copy: Copy, value: Any) -> Any:
    return value if isinstance(value, int) else presence(copy, value)


def _http_status(copy: Copy, value: Any) -> Any:
    match = _STATUS_CODE.match(str(value).strip()) if isinstance(value, str | int) else None
    return match[0] if match else presence(copy, value)


_BUNDLE: Final = of_object(
    {
        "resourceType": type_rule,
        "type": status_word_rule,
        "total": _total,
        "link": of_object(
            {"relation": status_word_rule, "url": of_text(lambda copy, text: copy.ids.of_search(text))}
        ),
        "entry": holder,
        "fullUrl": reference_rule,
        "resource": holder,
        "response": of_object({"status": _http_status}, text=_http_status),
        "search": of_object({"mode": status_word_rule}),
    }
)
HOOK_INSTANCE: Final = "00000000-0000-4000-8000-000000000000"


def anonymized(body: bytes, *, knowledge: Knowledge, shift: TimeShift) -> bytes:
    """The copy, indented, to be judged at the moved instant, which its extension holds.

    Ids become stand-ins, the same everywhere; all dates move by the same number of days; of free text
    only listed words stay; tokens and the address of the FHIR server are left out.
    Raises BadRequest if the body is not a JSON object.
    """
    request = decoded(body.removeprefix(codecs.BOM_UTF8).strip(), dict[str, Any])
    if request is None:
        raise BadRequest("Nothing was written: only a body that is a JSON object can be anonymized.")
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
    """Keys of discovery stay, and those that name a type of resource; a key of the site's own is numbered."""
    if not isinstance(value, dict):
        return [] if isinstance(value, list) else presence(copy, value)
    foreign = [key for key in value if key not in KIND_BY_KEY and not kinds_named_by(key)]
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
