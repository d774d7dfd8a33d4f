"""The rules for FHIR data types, in the shapes of DSTU2 to R5."""

from collections.abc import Mapping
from typing import Any, Final

from cds_service.cds_hooks.rating import PAMA_RATING, RATING_URLS
from cds_service.fhir.anonymise.ids import SERVER
from cds_service.fhir.anonymise.rules import (
    DROPPED,
    Copy,
    code_rule,
    comparator_rule,
    date_rule,
    number_rule,
    of_object,
    reference_rule,
    status_word_rule,
    system_rule,
    unit_rule,
    words_rule,
)
from cds_service.fhir.json_values import objects_in, text_in
from cds_service.knowledge.terminology import Coding


def coded(copy: Copy, value: Any) -> Any:
    """A CodeableConcept, Coding, Reference or CodeableReference, or what holds such, in any FHIR version."""
    return CODED(copy, value)


def _reference_within(copy: Copy, value: Any) -> Any:
    return coded(copy, value) if isinstance(value, dict) else reference_rule(copy, value)


def _code_extension(copy: Copy, value: Any) -> Any:
    """Extensions of a code: those with a coding, and a bare code of an order that is known."""
    return [kept for extension in objects_in(value) if (kept := _extension_of_code(copy, extension))]


def _extension_of_code(copy: Copy, extension: Mapping[str, Any]) -> dict[str, Any]:
    named = text_in(extension.get("url")).rpartition("/")[2]
    system = copy.terminology.canonical_system(named)
    kept: dict[str, Any] = {}
    for name in ("valueCoding", "valueCodeableConcept", "extension"):
        if name in extension:
            rule = _code_extension if name == "extension" else coded
            kept[name] = rule(copy, extension[name])
    for name in ("valueCode", "valueString"):
        code = text_in(extension.get(name))
        if copy.terminology.order_code(Coding(system, code)):
            kept[name] = code
    name = named if copy.terminology.is_known_system(named) else "extension"
    return {"url": f"{SERVER}/StructureDefinition/{name}", **kept} if kept else {}


def rating_extension(copy: Copy, value: Any) -> Any:
    """That an order brings an older rating, and which."""
    ratings = [extension for extension in objects_in(value) if text_in(extension.get("url")) in RATING_URLS]
    return [_rating(copy, extension) for extension in ratings] or DROPPED


def _rating(copy: Copy, extension: Mapping[str, Any]) -> dict[str, Any]:
    url = text_in(extension.get("url"))
    concept = extension.get("valueCodeableConcept")
    if url != PAMA_RATING or concept is None:
        return {"url": url}
    return {"url": url, "valueCodeableConcept": coded(copy, concept)}


CODED: Final = of_object(
    {
        "coding": coded,
        "concept": coded,
        "reference": _reference_within,
        "system": system_rule,
        "code": code_rule,
        "display": words_rule,
        "text": words_rule,
        "extension": _code_extension,
        "value": coded,
        "condition": coded,
        "item": coded,
        "itemCodeableConcept": coded,
        "substance": coded,
        "parameter": coded,
        "valueCodeableConcept": coded,
        "valueString": words_rule,
    },
    text=words_rule,
)
_STATUS_CODING: Final = of_object({"system": system_rule, "code": status_word_rule}, text=status_word_rule)
STATUS: Final = of_object({"coding": _STATUS_CODING, "text": status_word_rule}, text=status_word_rule)
REFERENCE: Final = of_object({"reference": reference_rule}, text=reference_rule)
PERIOD: Final = of_object({"start": date_rule, "end": date_rule})
TIMING: Final = of_object({"event": date_rule, "repeat": of_object({"boundsPeriod": PERIOD})})
QUANTITY: Final = of_object(
    {
        "value": number_rule,
        "comparator": comparator_rule,
        "unit": unit_rule,
        "code": unit_rule,
        "system": system_rule,
    }
)
RANGE: Final = of_object({"low": QUANTITY, "high": QUANTITY})
RATIO: Final = of_object({"numerator": QUANTITY, "denominator": QUANTITY})
