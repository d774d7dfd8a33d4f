"""Elements of DSTU2, STU3 and R5, brought to the names and shapes of R4."""

from collections.abc import Callable, Mapping
from typing import Final

from cds_service.fhir.elements import CodeableConcept, Element, FhirReference
from cds_service.fhir.resources import (
    AllergyIntolerance,
    BackboneElement,
    Condition,
    Encounter,
    MedicationUse,
    Observation,
    PastImaging,
    PastProcedure,
    ServiceRequest,
)

Json = dict[str, object]


def objects_in(value: object) -> list[Json]:
    """The objects of an array, or the one object that stands where an array is due."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def to_r4(as_type: type[Element], members: Json) -> Json:
    """The members of an element or a resource, none of them null, under the names and in the shapes of R4."""
    return next((_TO_R4[base](members) for base in as_type.__mro__ if base in _TO_R4), members)


def _renamed(**names: str) -> Callable[[Json], Json]:
    """R4's name for each element of another version, unless R4's own element is there too."""

    def rename(members: Json) -> Json:
        own = {new: members[old] for old, new in names.items() if old in members}
        return own | members

    return rename


def _with_reasons(members: Json, *names: str) -> Json:
    """CodeableConcepts and CodeableReferences under other names, as reasonCode and reasonReference."""
    values = [members[name] for name in names if name in members]
    if not values:
        return members
    concepts, references = _parts(values)
    return members | {
        "reasonCode": [*_listed(members.get("reasonCode")), *concepts],
        "reasonReference": [*_listed(members.get("reasonReference")), *references],
    }


def _parts(value: object) -> tuple[list[object], list[object]]:
    """The concepts and the references of CodeableReferences, however they are wrapped."""
    concepts: list[object] = [value] if isinstance(value, str) else []
    references: list[object] = []
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, list) or (isinstance(item, dict) and "value" in item):
            inner = _parts(item["value"] if isinstance(item, dict) else item)
            concepts += inner[0]
            references += inner[1]
        elif isinstance(item, dict) and ("concept" in item or "reference" in item):
            concepts += _listed(item.get("concept"))
            references += [item] if "reference" in item else []
        elif isinstance(item, dict) or (isinstance(item, str) and isinstance(value, list)):
            concepts.append(item)
    return concepts, references


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _listed(value: object) -> list[object]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _concept_to_r4(members: Json) -> Json:
    """The concept of an R5 CodeableReference, a bare Coding, and the R5 details of an order."""
    if "parameter" in members:
        return _detail_to_r4(members)
    if "concept" in members and "coding" not in members:
        concept = members["concept"]
        inner: Json = {"text": concept} if isinstance(concept, str) else {}
        inner = next(iter(objects_in(concept)), inner)
        return {} if "concept" in inner else _concept_to_r4(inner)
    if "code" in members and "coding" not in members:
        return {"text": members.get("text"), "coding": [members]}
    return members


def _detail_to_r4(members: Json) -> Json:
    """R5 puts an instruction into a parameter; all of them together are read as one."""
    parameters = objects_in(members.get("parameter"))
    texts = [text for p in parameters if (text := _text(p.get("valueString")))]
    concepts = [_concept_to_r4(c) for p in parameters for c in objects_in(p.get("valueCodeableConcept"))]
    codings = [coding for concept in concepts for coding in objects_in(concept.get("coding"))]
    named = [*texts, *(text for concept in concepts if (text := _text(concept.get("text"))))]
    own = _concept_to_r4({name: value for name, value in members.items() if name != "parameter"})
    displays = [{"display": text} for text in named]
    return own | {"coding": [*objects_in(own.get("coding")), *codings, *displays]}


def _reference_to_r4(members: Json) -> Json:
    """The reference of an R5 CodeableReference."""
    target = members.get("reference")
    return _reference_to_r4(target) if isinstance(target, dict) else members


def _medication_to_r4(members: Json) -> Json:
    concepts, references = _parts(members.get("medication"))
    given: Json = {}
    if concepts:
        given["medicationCodeableConcept"] = concepts[0]
    if references:
        given["medicationReference"] = references[0]
    return given | _renamed(occurenceDateTime="effectiveDateTime", occurencePeriod="effectivePeriod")(members)


def _ingredient_to_r4(members: Json) -> Json:
    concepts, _ = _parts(members.get("item"))
    return {"itemCodeableConcept": concepts[0]} | members if concepts else members


def _imaging_to_r4(members: Json) -> Json:
    concepts, _ = _parts(members.get("procedure"))
    return members | {"procedureCode": [*_listed(members.get("procedureCode")), *concepts]}


def _encounter_to_r4(members: Json) -> Json:
    """R5 gives several Conditions to one diagnosis."""
    diagnoses = objects_in(members.get("diagnosis"))
    each = [d | {"condition": c} for d in diagnoses for c in _listed(d.get("condition")) or [None]]
    return _with_reasons(members, "reason") | {"diagnosis": each}


_TO_R4: Final[Mapping[type[Element], Callable[[Json], Json]]] = {
    CodeableConcept: _concept_to_r4,
    FhirReference: _reference_to_r4,
    Condition: _renamed(context="encounter", assertedDate="recordedDate"),
    AllergyIntolerance: _renamed(assertedDate="recordedDate"),
    Observation: _renamed(patient="subject"),
    PastProcedure: lambda members: _with_reasons(
        _renamed(occurrenceDateTime="performedDateTime", occurrencePeriod="performedPeriod")(members),
        "reason",
    ),
    ServiceRequest: lambda members: _with_reasons(members, "reasonCodeableConcept", "reason"),
    MedicationUse: _medication_to_r4,
    BackboneElement: _ingredient_to_r4,
    PastImaging: _imaging_to_r4,
    Encounter: _encounter_to_r4,
}
