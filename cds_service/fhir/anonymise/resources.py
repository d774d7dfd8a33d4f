"""The rules for resources: of each type the elements that a decision reads; and for Bundles of them."""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from cds_service.fhir.anonymise.datatypes import (
    PERIOD,
    QUANTITY,
    RANGE,
    RATIO,
    REFERENCE,
    STATUS,
    TIMING,
    coded,
    rating_extension,
)
from cds_service.fhir.anonymise.rules import (
    Copy,
    Rule,
    birth_date_rule,
    date_rule,
    flag_rule,
    id_rule,
    of_object,
    of_text,
    presence,
    status_word_rule,
    type_rule,
    words_rule,
)
from cds_service.fhir.json_values import objects_in, text_in
from cds_service.fhir.resources import Resource

_STATUS_CODE: Final = re.compile(r"\d{3}")


def _contained(copy: Copy, value: Any) -> Any:
    return [_resource(copy, resource) for resource in objects_in(value)]


def _components(copy: Copy, value: Any) -> Any:
    return [of_object(ELEMENTS)(copy, component) for component in objects_in(value)]


_BY_RULE: Final[tuple[tuple[Rule, str], ...]] = (
    (type_rule, "resourceType"),
    (id_rule, "id"),
    (REFERENCE, "subject patient encounter context"),
    (of_object({"lastUpdated": date_rule}), "meta"),
    (birth_date_rule, "birthDate"),
    (STATUS, "status intent gender clinicalStatus verificationStatus dataAbsentReason taken"),
    (
        coded,
        "code category severity bodySite reasonCode reasonCodeableConcept reasonReference reason orderDetail "
        "valueCodeableConcept medicationCodeableConcept medicationReference medication ingredient reaction "
        "procedureCode procedure diagnosis",
    ),
    (words_rule, "valueString description"),
    (
        date_rule,
        "onsetDateTime onsetString abatementDateTime abatementString recordedDate assertedDate "
        "effectiveDateTime effectiveInstant valueDateTime performedDateTime performedString "
        "occurrenceDateTime authoredOn dateAsserted started",
    ),
    (PERIOD, "onsetPeriod abatementPeriod effectivePeriod performedPeriod occurrencePeriod valuePeriod"),
    (TIMING, "effectiveTiming"),
    (QUANTITY, "valueQuantity"),
    (RANGE, "valueRange"),
    (RATIO, "valueRatio"),
    (flag_rule, "abatementBoolean valueBoolean doNotPerform notDone notTaken"),
    (
        presence,
        "abatementAge abatementRange valueInteger valueDecimal valueSampledData valueTime valueAttachment "
        "valueReference",
    ),
    (_components, "component"),
    (_contained, "contained"),
    (rating_extension, "extension"),
    (of_object({"severity": STATUS, "code": STATUS}), "issue"),
)
ELEMENTS: Final = {name: rule for rule, names in _BY_RULE for name in names.split()}


def _rules_by_type() -> dict[str, Mapping[str, Rule]]:
    """For each type of resource the elements that a decision reads."""
    rules: dict[str, Mapping[str, Rule]] = {}
    for kind in Resource.__subclasses__():
        rules |= {resource_type: _rules_for(kind) for resource_type in kind.types}
    return rules


def _rules_for(kind: type[Resource]) -> Mapping[str, Rule]:
    """The elements of a type, and the intent without which an order is not valid; none without a rule."""
    names = ("intent", *(element.encode_name for element in msgspec.structs.fields(kind)))
    return {name: ELEMENTS[name] for name in names if name in ELEMENTS}


_RULES: Final = _rules_by_type()
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
        "resource": holder,
        "response": of_object({"status": _http_status}, text=_http_status),
        "search": of_object({"mode": status_word_rule}),
    }
)
