"""FHIR resources narrowly: only the elements that a decision reads, each of whatever shape it came in."""

from typing import Any, ClassVar

import msgspec

from cds_service.cds_hooks.raw_json import decoded
from cds_service.fhir.before.json_values import text_in
from cds_service.fhir.before.references import is_of_another_patient


class Resource(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """What every resource has. The elements of the subclasses are named as in FHIR R4, unless noted."""

    types: ClassVar[frozenset[str]] = frozenset()

    resource_type: Any = None
    id: Any = None
    meta: Any = None
    subject: Any = None
    patient: Any = None

    @property
    def type(self) -> str:
        """The resource type, empty when there is none."""
        return text_in(self.resource_type)

    @property
    def logical_id(self) -> str:
        """The id, empty when there is none."""
        return text_in(self.id)

    @property
    def reference(self) -> str:
        """`Condition/1`, or the type alone for a resource without an id."""
        return f"{self.type}/{self.logical_id}" if self.logical_id else self.type

    def belongs_to(self, patient_id: str) -> bool:
        """False for a resource of another patient."""
        subject = self.patient if self.subject is None else self.subject
        return not is_of_another_patient(subject, patient_id)


class Patient(Resource, frozen=True, kw_only=True):
    """Age and sex."""

    types = frozenset({"Patient"})
    birth_date: Any = None
    gender: Any = None

    def belongs_to(self, patient_id: str) -> bool:
        """The Patient itself."""
        return self.logical_id in ("", patient_id)


class Condition(Resource, frozen=True, kw_only=True):
    """Diagnoses, their status and their dates."""

    types = frozenset({"Condition"})
    clinical_status: Any = None
    verification_status: Any = None
    severity: Any = None
    code: Any = None
    encounter: Any = None
    context: Any = None  # STU3
    onset_date_time: Any = None
    onset_period: Any = None
    onset_string: Any = None
    abatement_date_time: Any = None
    abatement_period: Any = None
    abatement_string: Any = None
    abatement_age: Any = None
    abatement_range: Any = None
    abatement_boolean: Any = None  # STU3
    recorded_date: Any = None
    asserted_date: Any = None  # STU3


class Observation(Resource, frozen=True, kw_only=True):
    """Measurements and findings; a component of one is read as an Observation of its own."""

    types = frozenset({"Observation"})
    status: Any = None
    code: Any = None
    effective_date_time: Any = None
    effective_instant: Any = None
    effective_period: Any = None
    effective_timing: Any = None
    value_quantity: Any = None
    value_range: Any = None
    value_ratio: Any = None
    value_codeable_concept: Any = None
    value_string: Any = None
    value_boolean: Any = None
    value_integer: Any = None
    value_decimal: Any = None  # not FHIR, but sent
    value_sampled_data: Any = None
    value_time: Any = None
    value_date_time: Any = None
    value_period: Any = None
    value_attachment: Any = None  # R5
    value_reference: Any = None  # R5
    data_absent_reason: Any = None
    component: Any = None


class Procedure(Resource, frozen=True, kw_only=True):
    """What was done."""

    types = frozenset({"Procedure"})
    status: Any = None
    code: Any = None
    body_site: Any = None
    reason_code: Any = None
    reason_reference: Any = None
    reason: Any = None  # R5
    performed_date_time: Any = None
    performed_period: Any = None
    performed_string: Any = None
    occurrence_date_time: Any = None  # R5
    occurrence_period: Any = None  # R5
    not_done: Any = None  # STU3


class AllergyIntolerance(Resource, frozen=True, kw_only=True):
    """Allergies and intolerances."""

    types = frozenset({"AllergyIntolerance"})
    clinical_status: Any = None
    verification_status: Any = None
    code: Any = None
    reaction: Any = None
    onset_date_time: Any = None
    recorded_date: Any = None
    asserted_date: Any = None  # STU3


class MedicationUse(Resource, frozen=True, kw_only=True):
    """Drugs that are ordered or taken."""

    types = frozenset({"MedicationRequest", "MedicationStatement", "MedicationUsage"})
    status: Any = None
    do_not_perform: Any = None
    medication_codeable_concept: Any = None
    medication_reference: Any = None
    medication: Any = None  # R5
    contained: Any = None
    authored_on: Any = None
    effective_date_time: Any = None
    effective_period: Any = None
    date_asserted: Any = None
    not_taken: Any = None  # STU3
    taken: Any = None  # STU3


class Medication(Resource, frozen=True, kw_only=True):
    """A drug that a MedicationRequest refers to."""

    types = frozenset({"Medication"})
    code: Any = None
    ingredient: Any = None


class PastImaging(Resource, frozen=True, kw_only=True):
    """Imaging that was done."""

    types = frozenset({"DiagnosticReport", "ImagingStudy"})
    status: Any = None
    code: Any = None
    procedure_code: Any = None
    procedure: Any = None  # R5
    description: Any = None
    started: Any = None
    effective_date_time: Any = None
    effective_period: Any = None


class Encounter(Resource, frozen=True, kw_only=True):
    """The visit or stay, and why."""

    types = frozenset({"Encounter"})
    status: Any = None
    reason_code: Any = None
    reason_reference: Any = None
    reason: Any = None  # STU3 CodeableConcepts, R5 components with `value`
    diagnosis: Any = None


class Order(Resource, frozen=True, kw_only=True):
    """An order that may name an imaging study."""

    types = frozenset({"ServiceRequest", "ProcedureRequest"})
    status: Any = None
    do_not_perform: Any = None
    category: Any = None
    code: Any = None
    order_detail: Any = None
    body_site: Any = None
    reason_code: Any = None
    reason_codeable_concept: Any = None  # DSTU2
    reason_reference: Any = None
    reason: Any = None  # R5
    contained: Any = None
    extension: Any = None


class Issues(Resource, frozen=True, kw_only=True):
    """What a server says about its own answer."""

    types = frozenset({"OperationOutcome"})
    issue: Any = None


class _Head(msgspec.Struct, rename="camel"):
    resource_type: Any = None


_CLASSES: dict[str, type[Resource]] = {
    resource_type: resource_class
    for resource_class in (
        Patient,
        Condition,
        Observation,
        Procedure,
        AllergyIntolerance,
        MedicationUse,
        Medication,
        PastImaging,
        Encounter,
        Issues,
    )
    for resource_type in resource_class.types
}


def type_of(raw: bytes | msgspec.Raw) -> str:
    """The resource type of a resource, empty when it has none or is no object."""
    head = decoded(raw, _Head)
    return text_in(head.resource_type) if head else ""


def resource_from(raw: bytes | msgspec.Raw, resource_type: str) -> Resource | None:
    """The resource; None when it cannot be read. A type that no decision reads has no elements of its own."""
    return decoded(raw, _CLASSES.get(resource_type, Resource))
