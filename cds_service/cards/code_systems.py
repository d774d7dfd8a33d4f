"""The code systems of this service as FHIR CodeSystem resources, served at their canonical URLs."""

from collections.abc import Mapping
from typing import Any, Final

from cds_service.cards.phrases import capital
from cds_service.cards.sources import (
    CATEGORY_SYSTEM,
    OVERRIDE_REASONS,
    OVERRIDE_SYSTEM,
    TOPICS,
    VARIANT_SYSTEM,
    code_system_url,
)
from cds_service.cards.wording import CATEGORY
from cds_service.knowledge.model import Category

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
