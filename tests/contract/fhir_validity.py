"""FHIR R4B validity of a resource, and whether one version of it is less valid than another."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

Errors = Counter[str]


def errors_in(resource: Mapping[str, Any]) -> Errors:
    """Where and how the resource breaks R4B, as `element.element (kind)`, list positions left out."""
    try:
        get_fhir_model_class(str(resource.get("resourceType"))).model_validate(dict(resource))
    except ValidationError as error:
        return Counter(_place(detail["loc"], detail["type"]) for detail in error.errors())
    except (KeyError, LookupError, ValueError):
        return Counter(["resourceType (unknown)"])
    return Counter()


def known_errors_in(resource: Mapping[str, Any]) -> Errors:
    """All errors, also those that the model reports only once the first ones are mended.

    The model looks for missing required elements only in a resource whose elements are all well formed,
    so the broken elements are taken out and the rest is read again.
    """
    found, rest = errors_in(resource), dict(resource)
    latest = found
    while latest:
        broken = {place.split(" ")[0].split(".")[0] for place in latest} & rest.keys()
        rest = {name: value for name, value in rest.items() if name not in broken}
        latest = errors_in(rest) if broken else Counter()
        found |= latest
    return found


def new_errors(after: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    """Errors of the changed resource that the one it came from did not have."""
    found = errors_in(after)
    return sorted(found - known_errors_in(before)) if found else []


def _place(location: tuple[int | str, ...], kind: str) -> str:
    return f"{'.'.join(step for step in location if isinstance(step, str))} ({kind})"
