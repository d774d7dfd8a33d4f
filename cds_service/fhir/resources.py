"""FHIR R4 resources as typed structs: only the elements that a decision reads (see `elements`)."""

from typing import Final, TypeAlias, Union, cast

import msgspec

from cds_service.cds_hooks.raw_json import NULL
from cds_service.fhir.elements import (
    Code,
    CodeableConcept,
    Date,
    Element,
    Extension,
    FhirPeriod,
    FhirRange,
    FhirReference,
    Quantity,
    Ratio,
    Text,
    Timing,
)


class ObservationComponent(Element, frozen=True):
    """What is observed, and its value; of the types of value that are not read, whether there is one.

    An element beside a value (`_valueString`) tells why there is none.
    """

    code: CodeableConcept | None = None
    value_quantity: Quantity | None = None
    value_range: FhirRange | None = None
    value_ratio: Ratio | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_string: Text | None = None
    value_boolean: msgspec.Raw = NULL
    value_integer: msgspec.Raw = NULL
    value_decimal: msgspec.Raw = NULL  # not FHIR, but sent
    value_sampled_data: msgspec.Raw = NULL
    value_time: msgspec.Raw = NULL
    value_date_time: msgspec.Raw = NULL
    value_period: msgspec.Raw = NULL
    value_attachment: msgspec.Raw = NULL  # R5
    value_reference: msgspec.Raw = NULL  # R5
    value_string_element: msgspec.Raw = msgspec.field(default=NULL, name="_valueString")
    value_integer_element: msgspec.Raw = msgspec.field(default=NULL, name="_valueInteger")
    value_boolean_element: msgspec.Raw = msgspec.field(default=NULL, name="_valueBoolean")
    data_absent_reason: CodeableConcept | None = None
    modifier_extension: msgspec.Raw = NULL


class Observation(ObservationComponent, frozen=True, tag_field="resourceType", tag=True):
    """Measurements and findings."""

    id: str | None = None
    meta: msgspec.Raw = NULL
    subject: FhirReference | None = None
    patient: None = None
    status: Code | None = None
    effective_date_time: Date | None = None
    effective_instant: Date | None = None
    effective_period: FhirPeriod | None = None
    effective_timing: Timing | None = None
    category: msgspec.Raw = NULL
    method: msgspec.Raw = NULL
    note: msgspec.Raw = NULL
    component: tuple[ObservationComponent, ...] = ()
    has_member: tuple[FhirReference, ...] = ()
    contained: tuple[msgspec.Raw, ...] = ()


class Resource(Element, frozen=True, tag_field="resourceType", tag=True):
    """What every other resource has, and all that is read of a type that no decision needs."""

    id: str | None = None
    meta: msgspec.Raw = NULL
    subject: FhirReference | None = None
    patient: FhirReference | None = None
    modifier_extension: msgspec.Raw = NULL


class BackboneElement(Element, frozen=True):
    """What a reaction was to, a drug holds, how it is given, what an Encounter is for, what a server says.

    Of a rate only its presence is read: what has one is infused.
    """

    substance: CodeableConcept | None = None
    item_codeable_concept: CodeableConcept | None = None
    item: None = None  # R5
    condition: FhirReference | None = None
    severity: Code | None = None
    code: Code | None = None
    text: str | None = None
    route: CodeableConcept | None = None
    method: CodeableConcept | None = None
    site: CodeableConcept | None = None
    rate_quantity: msgspec.Raw = NULL
    rate_range: msgspec.Raw = NULL
    rate_ratio: msgspec.Raw = NULL
    dose_and_rate: tuple["BackboneElement", ...] = ()


class Patient(Resource, frozen=True, tag=True):
    """Age and sex."""

    birth_date: Date | None = None
    gender: str | None = None


class Condition(Resource, frozen=True, tag=True):
    """Diagnoses, their status and their dates; an extension may say that one does not hold."""

    extension: msgspec.Raw = NULL
    clinical_status: CodeableConcept | None = None
    verification_status: CodeableConcept | None = None
    severity: CodeableConcept | None = None
    code: CodeableConcept | None = None
    encounter: FhirReference | None = None
    context: None = None  # STU3
    onset_date_time: Date | None = None
    onset_period: FhirPeriod | None = None
    onset_string: Date | None = None
    abatement_date_time: Date | None = None
    abatement_period: FhirPeriod | None = None
    abatement_string: Date | None = None
    abatement_age: msgspec.Raw = NULL
    abatement_range: msgspec.Raw = NULL
    abatement_boolean: bool | None = None  # STU3, without a counterpart in R4
    recorded_date: Date | None = None
    asserted_date: None = None  # STU3


class PastProcedure(Resource, frozen=True, tag="Procedure"):
    """What was done."""

    status: Code | None = None
    code: CodeableConcept | None = None
    body_site: tuple[CodeableConcept, ...] = ()
    reason_code: tuple[CodeableConcept, ...] = ()
    reason_reference: tuple[FhirReference, ...] = ()
    reason: None = None  # R5
    performed_date_time: Date | None = None
    performed_period: FhirPeriod | None = None
    performed_string: Date | None = None
    occurrence_date_time: None = None  # R5
    occurrence_period: None = None  # R5
    not_done: bool | None = None  # STU3


class AllergyIntolerance(Resource, frozen=True, tag=True):
    """Allergies and intolerances; an extension may say that one does not hold."""

    extension: msgspec.Raw = NULL
    clinical_status: CodeableConcept | None = None
    verification_status: CodeableConcept | None = None
    code: CodeableConcept | None = None
    reaction: tuple[BackboneElement, ...] = ()
    onset_date_time: Date | None = None
    recorded_date: Date | None = None
    asserted_date: None = None  # STU3


class MedicationUse(Resource, frozen=True, tag="MedicationRequest"):
    """Drugs that are ordered, taken or being given; how, stands in one dosage or in several."""

    status: Code | None = None
    do_not_perform: bool | None = None
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: FhirReference | None = None
    medication: None = None  # R5
    contained: tuple[msgspec.Raw, ...] = ()
    authored_on: Date | None = None
    effective_date_time: Date | None = None
    effective_period: FhirPeriod | None = None
    occurence_date_time: None = None  # R5, spelled so
    occurence_period: None = None  # R5
    date_asserted: Date | None = None
    dosage: msgspec.Raw = NULL
    dosage_instruction: msgspec.Raw = NULL
    not_taken: bool | None = None  # STU3
    taken: Code | None = None  # STU3


class Medication(Resource, frozen=True, tag=True):
    """A drug that a MedicationRequest refers to."""

    code: CodeableConcept | None = None
    ingredient: tuple[BackboneElement, ...] = ()


class PastImaging(Resource, frozen=True, tag="DiagnosticReport"):
    """Imaging that was done."""

    status: Code | None = None
    code: CodeableConcept | None = None
    procedure_code: tuple[CodeableConcept, ...] = ()
    procedure: None = None  # R5
    description: str | None = None
    started: Date | None = None
    effective_date_time: Date | None = None
    effective_period: FhirPeriod | None = None


class Encounter(Resource, frozen=True, tag=True):
    """The visit or stay, since when, and why."""

    status: Code | None = None
    period: FhirPeriod | None = None
    reason_code: tuple[CodeableConcept, ...] = ()
    reason_reference: tuple[FhirReference, ...] = ()
    reason: None = None  # STU3 and R5
    diagnosis: tuple[BackboneElement, ...] = ()


class OperationOutcome(Resource, frozen=True, tag=True):
    """What a server says about its own answer."""

    issue: tuple[BackboneElement, ...] = ()


class ServiceRequest(Resource, frozen=True, tag=True):
    """An order that may name an imaging study."""

    status: Code | None = None
    do_not_perform: bool | None = None
    category: tuple[CodeableConcept, ...] = ()
    code: CodeableConcept | None = None
    order_detail: tuple[CodeableConcept, ...] = ()
    body_site: tuple[CodeableConcept, ...] = ()
    reason_code: tuple[CodeableConcept, ...] = ()
    reason_codeable_concept: None = None  # DSTU2
    reason_reference: tuple[FhirReference, ...] = ()
    reason: None = None  # R5
    contained: tuple[msgspec.Raw, ...] = ()
    extension: tuple[Extension, ...] = ()


_OTHER_NAMES: Final = (
    ("MedicationStatement", MedicationUse),
    ("MedicationUsage", MedicationUse),  # R5
    ("MedicationAdministration", MedicationUse),
    ("ImagingStudy", PastImaging),
)
_ALSO_READ: Final[tuple[type["ChartResource"], ...]] = tuple(
    cast(type[Resource], msgspec.defstruct(name, [], bases=(base,), tag=name, frozen=True))
    for name, base in _OTHER_NAMES
)
READ: Final[tuple[type["ChartResource"], ...]] = (
    *(Patient, Condition, Observation, PastProcedure, AllergyIntolerance, Encounter, OperationOutcome),
    *(MedicationUse, Medication, PastImaging, *_ALSO_READ),
)
"""The resources of a chart that a decision reads."""

UNREAD_TYPES: Final = tuple(
    """
    Account ActivityDefinition AdverseEvent Appointment AppointmentResponse AuditEvent Basic Binary
    BiologicallyDerivedProduct BodyStructure CapabilityStatement CarePlan CareTeam CatalogEntry ChargeItem
    ChargeItemDefinition Claim ClaimResponse ClinicalImpression CodeSystem Communication
    CommunicationRequest CompartmentDefinition Composition ConceptMap Consent Contract Coverage
    CoverageEligibilityRequest CoverageEligibilityResponse DetectedIssue Device DeviceDefinition
    DeviceMetric DeviceRequest DeviceUseStatement DocumentManifest DocumentReference
    EffectEvidenceSynthesis Endpoint EnrollmentRequest EnrollmentResponse EpisodeOfCare EventDefinition
    Evidence EvidenceVariable ExampleScenario ExplanationOfBenefit FamilyMemberHistory Flag Goal
    GraphDefinition Group GuidanceResponse HealthcareService Immunization ImmunizationEvaluation
    ImmunizationRecommendation ImplementationGuide InsurancePlan Invoice Library Linkage List Location
    Measure MeasureReport Media MedicationDispense MedicationKnowledge MedicinalProduct MessageDefinition
    MessageHeader MolecularSequence NamingSystem NutritionOrder ObservationDefinition OperationDefinition
    Organization OrganizationAffiliation Parameters PaymentNotice PaymentReconciliation Person
    PlanDefinition Practitioner PractitionerRole Provenance Questionnaire QuestionnaireResponse
    RelatedPerson RequestGroup ResearchDefinition ResearchElementDefinition ResearchStudy ResearchSubject
    RiskAssessment RiskEvidenceSynthesis Schedule SearchParameter ServiceRequest Slot Specimen
    SpecimenDefinition StructureDefinition StructureMap Subscription Substance SupplyDelivery
    SupplyRequest Task TerminologyCapabilities TestReport TestScript ValueSet VerificationResult
    VisionPrescription
    """.split()  # noqa: SIM905 - a list of a hundred quoted names is no easier to read
)
"""The other types of R4: each decodes to a struct without elements, which costs as good as nothing."""
_UNREAD: Final = tuple(
    msgspec.defstruct(name, [], tag_field="resourceType", tag=name, gc=False) for name in UNREAD_TYPES
)
ChartResource: TypeAlias = Resource | Observation
AnyResource: TypeAlias = Union[(*READ, *_UNREAD)]  # type: ignore[valid-type]
TYPES: Final[dict[type[ChartResource], str]] = {r: str(r.__struct_config__.tag) for r in READ}
CLASSES: Final[dict[str, type[ChartResource]]] = {name: resource for resource, name in TYPES.items()}


def type_of(resource: ChartResource) -> str:
    """The type of a resource that is read, as it was sent."""
    return TYPES[type(resource)]


def id_of(resource: ChartResource) -> str:
    """The id of a resource, empty when there is none."""
    return (resource.id or "").strip()


def reference_to(resource: ChartResource) -> str:
    """`Condition/1`, or the type alone for a resource without an id."""
    return f"{TYPES[type(resource)]}/{name}" if (name := id_of(resource)) else type_of(resource)
