"""The code systems of this service as FHIR CodeSystem resources, served at their canonical URLs."""

from collections.abc import Mapping
from typing import Any, Final

from cds_service.cards.case import Case
from cds_service.cards.texts import CATEGORY, capital
from cds_service.cds_hooks.response import Coding, Link, Source
from cds_service.knowledge.model import Category, Edition, Variant

TEACHING: Final = "teaching-page-205"


"""The id of the teaching page on management by severity in the knowledge's sources."""


VARIANT_SYSTEM: Final = "hemoptysis-variant"


OVERRIDE_SYSTEM: Final = "override-reason"


CATEGORY_SYSTEM: Final = "acr-appropriateness-category"


UNDETERMINED: Final = "undetermined"


TOPICS: Final[dict[str, str]] = {
    Variant.MASSIVE: "Massive hemoptysis",
    Variant.NONMASSIVE: "Nonmassive hemoptysis",
    Variant.RECURRENT: "Recurrent hemoptysis",
    UNDETERMINED: "Hemoptysis, variant undetermined",
}


OVERRIDE_REASONS: Final[dict[str, str]] = {
    "specialist-requested": "A specialist asked for this study",
    "special-circumstances": "Special circumstances of this patient",
    "prior-study-inadequate": "An earlier study did not answer the question",
    "patient-preference": "The patient prefers this study",
    "radiologist-advised": "A radiologist advised this study",
    "contrast-contraindicated": "Contrast is contraindicated",
    "not-hemoptysis": "This is not for hemoptysis",
    "already-done": "Already done",
    "other": "Other reason",
}


ALERT_REASONS: Final = (
    "not-hemoptysis",
    "already-done",
    "specialist-requested",
    "special-circumstances",
    "other",
)


"""The reasons that make sense on an alert, which is about the patient and not about a study."""


def code_system_url(canonical_url: str, name: str) -> str:
    """The canonical URL of one of this service's code systems."""
    return f"{canonical_url}/CodeSystem/{name}"


def edition_label(edition: Edition) -> str:
    """The criteria with their edition, as cards, discovery and pages show them."""
    return f"ACR Appropriateness Criteria: {edition.topic}, {edition.label}"


def criteria_source(case: Case) -> Source:
    """The ACR topic with its edition and the variant judged."""
    edition = case.knowledge.edition
    return Source(edition_label(edition), edition.topic_url, topic=topic(case))


def teaching_source(case: Case) -> Source:
    """The teaching page on management by severity, which the critical card rests on.

    It has no `url` where its address is not known.
    """
    page = case.knowledge.sources[TEACHING]
    return Source(f"Teaching page: {page.title}", page.url, topic=topic(case))


def topic(case: Case) -> Coding:
    """The variant judged; its codes are short and never change, acknowledgements hang on them."""
    code = case.decision.classification.topic
    return Coding(code, code_system_url(case.options.canonical_url, VARIANT_SYSTEM), TOPICS[code])


def links(case: Case) -> tuple[Link, ...]:
    """The ACR topic and the page for patients, with a warning where that misprints this patient's studies."""
    url = case.knowledge.edition.patient_url
    warning = _MISPRINT if _is_misprinted(case, url) else ""
    for_patients = (Link(f"Page for patients (RadiologyInfo{warning})", url),) if url else ()
    return (*topic_links(case), *for_patients)


_MISPRINT: Final = "; it misprints the contrast, see the ACR topic"


def _is_misprinted(case: Case, url: str) -> bool:
    """True when the page contradicts the criteria for a plausible variant, with which the ids begin."""
    knowledge = case.knowledge
    misprints = [m.id for m in knowledge.discrepancies if knowledge.sources[m.source].url == url]
    return any(misprint.startswith(f"{variant}-") for misprint in misprints for variant in case.plausible)


def topic_links(case: Case) -> tuple[Link, ...]:
    """The ACR topic alone, for an alert."""
    edition = case.knowledge.edition
    return (Link(f"ACR topic {edition.topic}", edition.topic_url),) if edition.topic_url else ()


def override_reasons(case: Case, codes: tuple[str, ...] = tuple(OVERRIDE_REASONS)) -> tuple[Coding, ...]:
    """The reasons a clinician may give, in the order of how often they are given."""
    system = code_system_url(case.options.canonical_url, OVERRIDE_SYSTEM)
    return tuple(Coding(code, system, OVERRIDE_REASONS[code]) for code in codes)


_SYSTEMS: Final[Mapping[str, tuple[str, str, Mapping[str, str]]]] = {
    VARIANT_SYSTEM: (
        "Variant of the ACR topic Hemoptysis",
        "The variant an order was judged under; undetermined when the data leave more than one plausible.",
        TOPICS,
    ),
    OVERRIDE_SYSTEM: (
        "Reason to override a card",
        "Why a clinician goes ahead with what a card advises against.",
        OVERRIDE_REASONS,
    ),
    CATEGORY_SYSTEM: (
        "ACR appropriateness category",
        "The categories of the ACR Appropriateness Criteria.",
        {category.value: capital(CATEGORY[category]) for category in Category},
    ),
}


def code_system_names() -> tuple[str, ...]:
    """The names under which the code systems are served, as in `CANONICAL/CodeSystem/NAME`."""
    return tuple(_SYSTEMS)


def code_system(name: str, *, canonical_url: str, version: str) -> dict[str, Any]:
    """The CodeSystem as FHIR R4 JSON; KeyError for a name that is not one of ours."""
    title, description, concepts = _SYSTEMS[name]
    return {
        "resourceType": "CodeSystem",
        "id": name,
        "url": code_system_url(canonical_url, name),
        "version": version,
        "name": "".join(word.capitalize() for word in name.split("-")),
        "title": title,
        "status": "active",
        "experimental": False,
        "description": description,
        "caseSensitive": True,
        "content": "complete",
        "count": len(concepts),
        "concept": [{"code": str(code), "display": display} for code, display in concepts.items()],
    }
