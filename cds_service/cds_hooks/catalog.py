"""The services of this server: their hooks, what they prefetch, and how discovery describes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from cds_service.cds_hooks.request import Hook
from cds_service.knowledge.model import Edition, Knowledge
from cds_service.knowledge.terminology.concepts import Concept
from cds_service.knowledge.terminology.terminology import Terminology

SPECIFICATION: Final = "2.0.1"


HOOK_VERSION: Final = "1.0"


PATIENT_TOKEN: Final = "{{context.patientId}}"


@dataclass(frozen=True, slots=True)
class Service:
    """One service as discovery lists it."""

    id: str
    hook: Hook
    title: str
    purpose: str


SERVICES: Final = (
    Service(
        "hemoptysis-imaging-order-select",
        Hook.ORDER_SELECT,
        "Hemoptysis imaging appropriateness (order selected)",
        "Rates a chest imaging order for a patient with hemoptysis as it is selected and offers "
        "the appropriate study",
    ),
    Service(
        "hemoptysis-imaging-order-sign",
        Hook.ORDER_SIGN,
        "Hemoptysis imaging appropriateness (order signed)",
        "Rates every chest imaging order for a patient with hemoptysis before it is signed and offers "
        "the appropriate study",
    ),
    Service(
        "hemoptysis-imaging-patient-view",
        Hook.PATIENT_VIEW,
        "Hemoptysis imaging advice",
        "Says which imaging is appropriate for a patient whose chart holds hemoptysis",
    ),
)


def service_with(service_id: str) -> Service | None:
    """The service of this id, if there is one."""
    return next((service for service in SERVICES if service.id == service_id), None)


def prefetch_templates(knowledge: Knowledge) -> Mapping[str, str]:
    """Every query that the service can ask, by prefetch key: the one list there is.

    Newest first with a bounded page, so that a page limit does not cut off what matters; no date
    expressions and no FHIRPath, which clients resolve differently.
    """
    terms = knowledge.terminology
    return {
        "patient": f"Patient/{PATIENT_TOKEN}",
        "conditions": _search("Condition", "_sort=-recorded-date", "_count=200"),
        "bleeding": _observations(terms, 100, Concept.EXPECTORATED_BLOOD),
        "vitals": _observations(terms, 200, *_VITALS),
        "labs": _observations(terms, 20, Concept.EGFR),
        "pregnancy": _observations(terms, 20, Concept.PREGNANCY_STATUS, Concept.PREGNANCY_TEST),
        "procedures": _search("Procedure", "_sort=-date", "_count=100"),
        "allergies": _search("AllergyIntolerance", "_sort=-date", "_count=100"),
        "medications": _search("MedicationRequest", "status=active", "_sort=-authoredon", "_count=100"),
        "imaging": _search("DiagnosticReport", "_sort=-date", "_count=100"),
        "encounter": _search("Encounter", "_sort=-date", "_count=20"),
    }


def queries_for(patient_id: str, knowledge: Knowledge) -> Mapping[str, str]:
    """The templates with the patient's id filled in, percent-encoded, as relative FHIR URLs."""
    encoded = quote(patient_id.encode("utf-8", "surrogatepass"), safe="")
    templates = prefetch_templates(knowledge)
    return {key: template.replace(PATIENT_TOKEN, encoded) for key, template in templates.items()}


def discovery(knowledge: Knowledge) -> dict[str, Any]:
    """The discovery document (CDS Hooks 2.0.1 with `version` and `hookVersion` of 3.0)."""
    templates = dict(prefetch_templates(knowledge))
    return {"services": [_described(service, knowledge.edition, templates) for service in SERVICES]}


_VITALS: Final = (
    Concept.OXYGEN_SATURATION,
    Concept.SYSTOLIC_PRESSURE,
    Concept.BLOOD_PRESSURE_PANEL,
    Concept.RESPIRATORY_RATE,
    Concept.INHALED_OXYGEN_CONCENTRATION,
    Concept.INHALED_OXYGEN_FLOW,
)


def _search(resource_type: str, *parameters: str) -> str:
    return "&".join((f"{resource_type}?patient={PATIENT_TOKEN}", *parameters))


def _observations(terms: Terminology, count: int, *concepts: Concept) -> str:
    codings = (coding for concept in concepts for coding in terms.codes_of(concept))
    codes = ",".join(dict.fromkeys(f"{coding.system}|{coding.code}" for coding in codings))
    return _search("Observation", f"code={codes}", "_sort=-date", f"_count={count}")


def _described(service: Service, edition: Edition, templates: dict[str, str]) -> dict[str, Any]:
    criteria = _criteria(edition)
    return {
        "hook": service.hook.value,
        "id": service.id,
        "title": service.title,
        "description": f"{service.purpose}. Criteria: {criteria}.",
        "usageRequirements": (
            "For health professionals; decision support, not a medical device. Works from the prefetch; "
            f"what is missing is read from the FHIR server where that is allowed. Criteria: {criteria}."
        ),
        "version": SPECIFICATION,
        "hookVersion": HOOK_VERSION,
        "prefetch": templates,
    }


def _criteria(edition: Edition) -> str:
    name = edition.topic if "ACR" in edition.topic else f"ACR Appropriateness Criteria, {edition.topic}"
    year = "" if edition.year in edition.label else f", {edition.year}"
    return f"{name}, {edition.label}{year}"
