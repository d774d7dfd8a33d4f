"""The code systems of the cards as FHIR R4, and what their reasons are among those of HL7."""

from collections.abc import Mapping
from typing import Any, Final

from cds_service.cards import texts
from cds_service.cards.phrases import capital
from cds_service.knowledge.model import Category, Knowledge

VARIANT_SYSTEM: Final = "hemoptysis-variant"
OVERRIDE_SYSTEM: Final = "override-reason"
CATEGORY_SYSTEM: Final = "acr-appropriateness-category"
_SYSTEMS: Final[Mapping[str, tuple[str, str, Mapping[str, str]]]] = {
    VARIANT_SYSTEM: (texts.VARIANTS_TITLE, texts.VARIANTS_MEANING, texts.TOPIC),
    OVERRIDE_SYSTEM: (texts.OVERRIDES_TITLE, texts.OVERRIDES_MEANING, texts.OVERRIDE_REASON),
    CATEGORY_SYSTEM: (
        texts.CATEGORIES_TITLE,
        texts.CATEGORIES_MEANING,
        {category.value: capital(texts.CATEGORY[category]) for category in Category},
    ),
}
OVERRIDE_MAP: Final = "override-reason-to-non-adherence-reason"
NONADHERENCE_SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
_UNMATCHED: Final = {"equivalence": "unmatched"}


def code_system_url(canonical_url: str, name: str) -> str:
    """The canonical URL of one of this service's code systems."""
    return f"{canonical_url}/CodeSystem/{name}"


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
        "name": _name(name),
        "title": title,
        "status": "active",
        "experimental": False,
        "description": description,
        "caseSensitive": True,
        "content": "complete",
        "count": len(concepts),
        "concept": [{"code": str(code), "display": display} for code, display in concepts.items()],
    }


def override_map(knowledge: Knowledge, *, canonical_url: str, version: str) -> dict[str, Any]:
    """The ConceptMap of the reasons to override as FHIR R4 JSON."""
    source = code_system_url(canonical_url, OVERRIDE_SYSTEM)
    elements = [
        {"code": code, "display": display, "target": _targets(knowledge.nonadherence.get(code))}
        for code, display in texts.OVERRIDE_REASON.items()
    ]
    return {
        "resourceType": "ConceptMap",
        "id": OVERRIDE_MAP,
        "url": f"{canonical_url}/ConceptMap/{OVERRIDE_MAP}",
        "version": version,
        "name": _name(OVERRIDE_MAP),
        "title": texts.NONADHERENCE_TITLE,
        "status": "active",
        "experimental": False,
        "description": texts.NONADHERENCE_MEANING,
        "group": [{"source": source, "target": NONADHERENCE_SYSTEM, "element": elements}],
    }


def _targets(of_one: tuple[str, str] | None) -> list[dict[str, str]]:
    """The category, which is wider, and the nearest reason with the comment that FHIR asks for (cmd-1)."""
    if of_one is None:
        return [_UNMATCHED]
    category, reason = of_one
    return [
        {"code": category, "equivalence": "wider"},
        {"code": reason, "equivalence": "inexact", "comment": texts.NEAREST_REASON},
    ]


def _name(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("-"))
