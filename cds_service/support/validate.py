"""Strict R4B validity of a single resource, for people who look into a request; no decision rests on it."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from cds_service.cds_hooks.raw_json import Bytes, decoded, text_in

_KINDS: Final = {
    "extra_forbidden": "is no element of R4B",
    "list_type": "must be an array",
    "model_type": "must be an object",
    "model_field_validation.missing": "is missing",
    "missing": "is missing",
    "string_pattern_mismatch": "has characters that are not allowed",
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "too_short": "must not be empty",
}
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_MOST_READINGS: Final = 6
# By kind of error: a required element of a complex type, and one of a simple type.
_STAND_INS: Final[dict[str, Any]] = {"missing": {}, "model_field_validation.missing": "x"}


@dataclass(frozen=True, slots=True, order=True)
class Invalidity:
    """One way in which a resource breaks R4B: the place and the kind, and never a value."""

    place: str
    kind: str

    def __str__(self) -> str:
        return f"{self.place} {self.kind}"


def is_resource_type(name: str) -> bool:
    """True for the name of a resource type of R4B."""
    return _model(name) is not None


def invalidities_in(raw: Bytes) -> tuple[Invalidity, ...]:
    """Every place where a resource breaks R4B.

    The model looks for missing elements only where all others are well formed. So the broken ones are
    taken out, stand-ins put in for what is missing, and the rest is read again.
    """
    resource = decoded(raw, dict[str, Any])
    if resource is None:
        return (Invalidity("resource", "must be a JSON object"),)
    if (model := _model(text_in(resource.get("resourceType")))) is None:
        return (Invalidity("resourceType", "is no resource type of R4B"),)
    found: dict[str, list[Invalidity]] = {}
    for _ in range(_MOST_READINGS):
        latest = _errors(model, resource)
        for root, errors in latest.items():
            found.setdefault(root, [_invalidity(error) for error in errors])
            resource.pop(root, None)
            if errors[0]["type"] in _STAND_INS:
                resource[root] = _STAND_INS[errors[0]["type"]]
        if not latest:
            break
    return tuple(sorted(fault for faults in found.values() for fault in faults))


def _errors(model: Any, resource: dict[str, Any]) -> dict[str, list[Any]]:
    """What one reading finds, by the element of the resource."""
    by_root: dict[str, list[Any]] = {}
    try:
        model.model_validate(resource)
    except ValidationError as error:
        for detail in error.errors(include_input=False, include_url=False, include_context=False):
            by_root.setdefault(str((*detail["loc"], "")[0]), []).append(detail)
    return by_root


def _invalidity(error: Any) -> Invalidity:
    if not error["loc"]:
        return Invalidity("resource", "has elements that exclude each other")
    return Invalidity(_place(error["loc"]), _KINDS.get(error["type"], "has a value that is not allowed"))


def _place(location: tuple[int | str, ...]) -> str:
    """`reasonCode[0].coding`; CAUTION: a member's name is the client's, and may be anything."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{_name(step)}" for step in location)
    return "".join(steps).removeprefix(".")


def _name(step: str) -> str:
    known = "resourceType" if step == "resource_type" else step
    return known if _NAME.fullmatch(known) else "(member)"


@cache
def _model(name: str) -> Any:
    """The model of a resource type; CAUTION: the library also has models of data types."""
    try:
        model = get_fhir_model_class(name)
    except ValueError:
        return None
    return model if "Resource" in {base.__name__ for base in model.__mro__} else None
