"""The references inside resources."""

from typing import Any

from cds_service.cds_hooks.request import NOWHERE, Reference, reference_from
from cds_service.fhir.before.json_values import first_object, objects_in


def reference_in(value: Any) -> Reference:
    """The target of a Reference (or of one in the `reference` of an R5 CodeableReference)."""
    if isinstance(value, str):
        return reference_from(value)
    target = first_object(value).get("reference")
    return reference_in(target) if isinstance(target, dict) else reference_from(target)


def references_in(value: Any) -> tuple[Reference, ...]:
    """The targets of an array of References, or of the one that stands in its place."""
    found = (reference_in(item) for item in objects_in(value))
    return tuple(reference for reference in found if reference != NOWHERE)


def is_of_another_patient(subject: Any, patient_id: str) -> bool:
    """True when a resource names a subject that is not this patient.

    One without a subject, or whose subject is described but not referred to, belongs to the patient.
    """
    if isinstance(first_object(subject).get("reference"), str) or isinstance(subject, str):
        return not reference_in(subject).is_to("Patient", patient_id)
    return False
