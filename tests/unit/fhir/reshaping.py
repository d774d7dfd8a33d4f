"""The same resources as other clients and other versions of FHIR write them."""

from collections.abc import Callable
from random import Random
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

import msgspec

from cds_service.fhir.elements import CodeableConcept, Element, FhirReference, Quantity
from cds_service.fhir.resources import READ, ServiceRequest
from tests.unit.fhir.builders import Json

CLASSES: Final[dict[str, type[Element]]] = {
    str(as_type.__struct_config__.tag): as_type for as_type in (*READ, ServiceRequest)
}
ANOTHER_SHAPE: Final = 0.3
"""How often an element gets another shape."""


def reshaped(resource: Json, seed: int) -> Json:
    """The resource as another client would write it, always in the same way for one seed."""
    as_type = CLASSES.get(resource["resourceType"])
    if as_type is None:
        return resource
    random = Random(f"{seed} {resource['resourceType']}/{resource.get('id')}")
    version = random.choice(VERSIONS.get(resource["resourceType"], [_as_it_is]))
    return _members(version(resource), as_type, random)


def reshaped_value(value: Json | None, seed: int) -> Json | None:
    """A Bundle, or a lone resource, with every resource reshaped; the value itself too."""
    if value is None or value.get("resourceType") != "Bundle":
        return reshaped(value, seed) if value else value
    entries = [entry | {"resource": reshaped(entry["resource"], seed)} for entry in value.get("entry", [])]
    bundle = value | {"entry": entries[0] if len(entries) == 1 else entries}
    kinds = [bundle, {"response": {"status": "200 OK"}, "resource": bundle}]
    without_type = {name: member for name, member in bundle.items() if name != "resourceType"}
    return Random(seed).choice([*kinds, without_type])


# --- shapes -----------------------------------------------------------------------------------------


def _members(members: Json, as_type: type[Element], random: Random) -> Json:
    hints = get_type_hints(as_type, include_extras=True)
    fields = {f.encode_name: hints[f.name] for f in msgspec.structs.fields(as_type)}
    fields.pop("id", None)  # that of a draft order is the client's own word for it
    return {
        name: _shaped(value, fields[name], random) if name in fields else value
        for name, value in members.items()
    }


def _shaped(value: Any, hint: Any, random: Random) -> Any:
    """The value of an element of this type in another shape."""
    if get_origin(hint) in (Union, UnionType):
        (hint,) = (arg for arg in get_args(hint) if arg is not NoneType)
        return _shaped(value, hint, random)
    is_changed = random.random() < ANOTHER_SHAPE
    if get_origin(hint) is Annotated:
        return _other_text(value, hint.__metadata__[0].extra["is"], random) if is_changed else value
    if get_origin(hint) is tuple:
        items = [_shaped(item, get_args(hint)[0], random) for item in value]
        is_lone = is_changed and len(items) == 1 and not isinstance(items[0], list)
        return items[0] if is_lone else items
    if not (isinstance(hint, type) and issubclass(hint, Element) and isinstance(value, dict)):
        return value  # of another version already
    members = _members(value, hint, random)
    return _other_object(members, hint, random) if is_changed else members


def _other_text(text: str, kind: str, random: Random) -> Any:
    if kind != "code":
        return text
    as_number = [int(text)] if text.isdecimal() and text.isascii() and str(int(text)) == text else []
    return random.choice([{"code": text}, {"coding": [{"code": text}]}, *as_number])


def _other_object(members: Json, as_type: type[Element], random: Random) -> Any:
    """An array of one, and what else stands for such an object."""
    others: list[Any] = [[members], [None, members]]
    if issubclass(as_type, CodeableConcept):
        others.append({"concept": members})
        if members.keys() == {"text"}:
            others.append(members["text"])
        if members.keys() == {"coding"} and _is_bare(members["coding"]):
            others.append(members["coding"][0])
    if as_type is Quantity and members.get("value", -1) >= 0:
        others.append(members | {"value": f" {members['value']}"})
    if as_type is FhirReference:
        others.append({"reference": members})
        if members.keys() == {"reference"}:
            others.append(members["reference"])
    return random.choice(others)


def _is_bare(codings: Any) -> bool:
    """True for one Coding that is told by its code."""
    return isinstance(codings, list) and len(codings) == 1 and "code" in codings[0]


# --- versions ---------------------------------------------------------------------------------------


def _as_it_is(resource: Json) -> Json:
    return resource


def _renamed(**names: str) -> Callable[[Json], Json]:
    return lambda resource: {names.get(name, name): value for name, value in resource.items()}


def _with_reason(resource: Json) -> Json:
    """R5: CodeableReferences in place of reasonCode and reasonReference."""
    concepts = [{"concept": concept} for concept in resource.get("reasonCode", [])]
    references = [{"reference": reference} for reference in resource.get("reasonReference", [])]
    return _without(resource, "reasonCode", "reasonReference") | {"reason": [*concepts, *references]}


def _with_reasons_of_values(resource: Json) -> Json:
    """R5, of an Encounter: each reason has its CodeableReferences in `value`."""
    whole = _with_reason(resource)
    return whole | {"reason": [{"value": [reason]} for reason in whole["reason"]]}


def _with_plain_reason(resource: Json) -> Json:
    """STU3, of an Encounter: `reason` has the CodeableConcepts."""
    if "reasonCode" not in resource or "reasonReference" in resource:
        return resource
    return _renamed(reasonCode="reason")(resource)


def _with_one_reason(resource: Json) -> Json:
    """DSTU2: one reason, under the name of its type."""
    reasons = resource.get("reasonCode", [])
    if len(reasons) != 1:
        return resource
    return _without(resource, "reasonCode") | {"reasonCodeableConcept": reasons[0]}


def _with_conditions(resource: Json) -> Json:
    """R5: a diagnosis of an Encounter has an array of CodeableReferences."""
    diagnoses = resource.get("diagnosis", [])
    each = [d | {"condition": [{"reference": d["condition"]}]} for d in diagnoses if "condition" in d]
    return resource | {"diagnosis": each}


def _with_parameters(resource: Json) -> Json:
    """R5: instructions are parameters."""
    details = resource.get("orderDetail", [])
    if not details or any(detail.keys() != {"text"} for detail in details):
        return resource
    return resource | {"orderDetail": [{"parameter": [{"valueString": d["text"]}]} for d in details]}


def _with_medication(resource: Json) -> Json:
    """R5: one CodeableReference in place of medicationCodeableConcept or medicationReference."""
    concept, reference = resource.get("medicationCodeableConcept"), resource.get("medicationReference")
    if concept and reference:
        return resource
    given = {"concept": concept} if concept else {"reference": reference}
    rest = _without(resource, "medicationCodeableConcept", "medicationReference")
    return rest | {"medication": given} if concept or reference else rest


def _with_items(resource: Json) -> Json:
    """R5: the item of an ingredient is a CodeableReference."""
    if "ingredient" not in resource:
        return resource
    concept = "itemCodeableConcept"
    return resource | {
        "ingredient": [
            _without(one, concept) | {"item": {"concept": one[concept]}} if concept in one else one
            for one in resource["ingredient"]
        ]
    }


def _with_procedures(resource: Json) -> Json:
    """R5: what was done are CodeableReferences."""
    procedures = [{"concept": concept} for concept in resource.get("procedureCode", [])]
    return _without(resource, "procedureCode") | {"procedure": procedures}


def _without(members: Json, *names: str) -> Json:
    return {name: value for name, value in members.items() if name not in names}


_asserted: Final = _renamed(recordedDate="assertedDate", encounter="context")
_occurred: Final = _renamed(performedDateTime="occurrenceDateTime", performedPeriod="occurrencePeriod")
VERSIONS: Final[dict[str, list[Callable[[Json], Json]]]] = {
    "Condition": [_as_it_is, _asserted],
    "AllergyIntolerance": [_as_it_is, _renamed(recordedDate="assertedDate")],
    "Observation": [_as_it_is, _renamed(subject="patient")],
    "Procedure": [_as_it_is, _with_reason, _occurred, lambda resource: _with_reason(_occurred(resource))],
    "ServiceRequest": [_as_it_is, _with_reason, _with_one_reason, _with_parameters],
    "Encounter": [_as_it_is, _with_reason, _with_reasons_of_values, _with_plain_reason, _with_conditions],
    "MedicationRequest": [_as_it_is, _with_medication],
    "MedicationStatement": [_as_it_is, _with_medication],
    "Medication": [_as_it_is, _with_items],
    "ImagingStudy": [_as_it_is, _with_procedures],
}
"""How other versions of FHIR write a resource."""
