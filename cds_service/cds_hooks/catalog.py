"""The services of this server: their hooks, what they prefetch, and how discovery describes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

from cds_service.cds_hooks.request import Hook
from cds_service.knowledge.kinds import KINDS, KindOfData
from cds_service.knowledge.model import Edition, Knowledge
from cds_service.knowledge.terminology.concepts import Coding
from cds_service.knowledge.terminology.terminology import Terminology

SPECIFICATION: Final = "2.0.1"
HOOK_VERSION: Final = "1.0"
PATIENT_TOKEN: Final = "{{context.patientId}}"
_OF_OBSERVATIONS: Final = frozenset({"http://loinc.org", "http://snomed.info/sct"})
ServiceEntry = dict[str, str | dict[str, str]]
"""A service as discovery lists it."""

_KNOWLEDGES: Final = 4
"""For how many Knowledge objects each cache keeps its result: a server has one, a run of the tests a few."""


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


@lru_cache(maxsize=_KNOWLEDGES)
def prefetch_templates(knowledge: Knowledge) -> Mapping[str, str]:
    """Every query that the service can ask, by prefetch key: the one list there is.

    No date expressions and no FHIRPath, which clients resolve differently.
    """
    templates: dict[str, str] = {}
    for kind, row in KINDS.items():
        templates[kind.value] = _template(row, knowledge.terminology)
        if row.category_key:
            templates[row.category_key] = _search(row, f"category={row.category}")
    return MappingProxyType(templates)


def queries_for(patient_id: str, knowledge: Knowledge) -> Mapping[str, str]:
    """The templates with the patient's id filled in, percent-encoded, as relative FHIR URLs."""
    encoded = quote(patient_id.encode("utf-8", "surrogatepass"), safe="")
    return {key: f"{before}{encoded}{behind}" for key, before, behind in _around_patient(knowledge)}


@lru_cache(maxsize=_KNOWLEDGES)
def _around_patient(knowledge: Knowledge) -> tuple[tuple[str, str, str], ...]:
    """The templates by their keys, parted where the patient's id stands."""
    parted = (
        (key, template.partition(PATIENT_TOKEN)) for key, template in prefetch_templates(knowledge).items()
    )
    return tuple((key, before, behind) for key, (before, _, behind) in parted)


@lru_cache(maxsize=_KNOWLEDGES)
def discovery(knowledge: Knowledge) -> dict[str, list[ServiceEntry]]:
    """The discovery document (CDS Hooks 2.0.1 with `version` and `hookVersion` of 3.0), made once."""
    templates = dict(prefetch_templates(knowledge))
    return {"services": [_described(service, knowledge.edition, templates) for service in SERVICES]}


def _template(row: KindOfData, terms: Terminology) -> str:
    resource_type, *_ = row.resource_types
    if not row.parameters:
        return f"{resource_type}/{PATIENT_TOKEN}"
    codings = (coding for concept in row.concepts for coding in terms.codes_of(concept))
    names = (f"{c.system}|{c.code}" for c in codings if _may_name_an_observation(c, terms))
    codes = ",".join(dict.fromkeys(names))
    return _search(row, *((f"code={codes}",) if codes else ()))


def _may_name_an_observation(coding: Coding, terms: Terminology) -> bool:
    """False for the codes of classifications of diagnoses, procedures and drugs; a site's own may be any."""
    return coding.system in _OF_OBSERVATIONS or not terms.is_known_system(coding.system)


def _search(row: KindOfData, *filters: str) -> str:
    return "&".join((f"{row.resource_types[0]}?patient={PATIENT_TOKEN}", *filters, *row.parameters))


def _described(service: Service, edition: Edition, templates: dict[str, str]) -> ServiceEntry:
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
