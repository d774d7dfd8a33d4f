"""The only tolerant code: a resource of another shape or FHIR version, brought to the R4 that is read."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from cds_service.cds_hooks.raw_json import (
    NULL,
    Bytes,
    decoded,
    first_byte,
    items_of,
    members_of,
    says_something,
    text_in,
)
from cds_service.fhir.elements import (
    CodeableConcept,
    Element,
    FhirPeriod,
    FhirRange,
    FhirReference,
    Quantity,
    Ratio,
)
from cds_service.fhir.resources import CLASSES, BackboneElement, ChartResource
from cds_service.fhir.versions import objects_in, to_r4

E = TypeVar("E", bound=Element)
Json = dict[str, Any]
Repair = Callable[[Any], Any]
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_NO_DATE: Final = "?"
_NO_TEXT: Final = " "
_SAYING_SOMETHING: Final[Json] = {"extension": [{}]}
_STAND_INS: Final[Mapping[type[Element], Json]] = {
    Quantity: _SAYING_SOMETHING,
    CodeableConcept: _SAYING_SOMETHING,
    FhirRange: {"low": _SAYING_SOMETHING},
    Ratio: {"numerator": _SAYING_SOMETHING},
    FhirPeriod: {"end": _NO_DATE},
}
"""What an element that says something becomes when nothing of it can be read: its presence counts."""


def resource_from(raw: Bytes, resource_type: str) -> ChartResource | None:
    """A resource of a type that is read; None for any other, and where it cannot be read."""
    as_type = CLASSES.get(resource_type)
    if as_type is None:
        return None
    return decoded(raw, as_type) or repaired(raw, as_type)


def contained_of(contained: Iterable[Bytes], resource_type: str) -> Iterator[ChartResource]:
    """The contained resources of one type that is read."""
    for raw in contained:
        written = decoded((members_of(raw) or {}).get("resourceType", b""), str)
        resource = resource_from(raw, resource_type) if text_in(written) == resource_type else None
        if resource is not None:
            yield resource


def repaired(raw: Bytes, as_type: type[E]) -> E | None:
    """The resource as R4, whatever shape its elements came in; None when it is no JSON object.

    An array stands for its first item and an object for an array of one; a text is the text of a
    CodeableConcept or the target of a Reference; a code may be a number, a Coding or a CodeableConcept;
    DSTU2, STU3 and R5 elements become R4's. What is none of that is left out, but a value still says
    that it is there. R4 stays as it is.
    """
    value = decoded(raw, dict[str, Any])
    if value is None:
        return None
    try:
        return decoded(_ENCODER.encode(_object(as_type)(value)), as_type)
    except (RecursionError, ValueError, OverflowError):
        return None


def each_of(raw: Bytes, as_type: type[E]) -> Iterator[E]:
    """The elements of an array that was kept as it is, or the one that stands where an array is due."""
    for item in (items_of(raw) or ()) if first_byte(raw) == b"[" else (raw,):
        element = decoded(item, as_type) or repaired(item, as_type)
        if element is not None:
            yield element


def noted(raw: Bytes) -> Iterator[str]:
    """The texts of the notes of a resource."""
    return (note.text or "" for note in each_of(raw, BackboneElement)) if raw is not NULL else iter(())


def content_of(resource: ChartResource) -> bytes:
    """What is read of a resource, however its JSON was laid out."""
    written = msgspec.json.encode(resource)
    value = decoded(written, dict[str, Any])
    return written if value is None else msgspec.json.encode(value)


def is_same(first: ChartResource, second: ChartResource) -> bool:
    """Whether the same is read of both; 1 and 1.0 are the same number."""
    if first == second:
        return True
    contents = [decoded(msgspec.json.encode(resource), dict[str, Any]) for resource in (first, second)]
    return contents[0] is not None and contents[0] == contents[1]


def _without_nulls(members: Json) -> Json:
    """CAUTION: an element that is null is absent, and must not stand before that of another version."""
    return {name: value for name, value in members.items() if value is not None}


@cache
def _object(as_type: type[Element]) -> Repair:
    """The repair of an object; every element by its own type."""
    hints = get_type_hints(as_type, include_extras=True)
    elements = {f.encode_name: _element(hints[f.name]) for f in msgspec.structs.fields(as_type)}
    tag = as_type.__struct_config__.tag
    named = {"resourceType": tag} if tag else {}

    def repair(value: Any) -> Any:
        members = next((to_r4(as_type, _without_nulls(item)) for item in objects_in(value)), None)
        if members is None:
            return None
        found = ((name, fixed(members[name])) for name, fixed in elements.items() if name in members)
        return named | {name: item for name, item in found if item is not None}

    return repair


def _element(hint: Any) -> Repair:
    """The repair of an element by its type."""
    if get_origin(hint) is Annotated:
        return _WRITTEN[hint.__metadata__[0].extra["is"]]
    if get_origin(hint) in (Union, UnionType):
        (hint,) = (arg for arg in get_args(hint) if arg is not NoneType)
        return _element(hint)
    if get_origin(hint) is tuple:
        return _array(_element(get_args(hint)[0]))
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    if issubclass(hint, CodeableConcept):
        return _worded(_present(hint))
    if issubclass(hint, FhirReference):
        return _target(_later(hint))
    return _present(hint) if hint in _STAND_INS else _later(hint)


def _later(hint: type[Element]) -> Repair:
    """CAUTION: looked up when it is used, since an Extension holds Extensions."""
    return lambda value: _object(hint)(value)


def _array(repair: Repair) -> Repair:
    def every(value: Any) -> Any:
        items = value if isinstance(value, list) else [value]
        return [fixed for item in items if (fixed := repair(item)) is not None]

    return every


def _worded(repair: Repair) -> Repair:
    """A text, also the first one of an array, is the text of a CodeableConcept."""
    return lambda value: {"text": text} if isinstance(text := _first(value), str) else repair(value)


def _target(repair: Repair) -> Repair:
    """A text is the target of a Reference."""
    return lambda value: {"reference": value} if isinstance(value, str) else repair(value)


def _present(hint: type[Element]) -> Repair:
    """An object that says something, though nothing of it can be read, keeps saying so."""
    names = [f.encode_name for f in msgspec.structs.fields(hint)]
    stand_in = next(_STAND_INS[base] for base in hint.__mro__ if base in _STAND_INS)

    def repair(value: Any) -> Any:
        fixed = _object(hint)(value)
        said = [value.get(name) for name in names] if isinstance(value, dict) else value
        return stand_in if says_something(said) and not says_something(fixed) else fixed

    return repair


def _first(value: Any) -> Any:
    """An array stands for its first item."""
    return next((item for item in value if item is not None), None) if isinstance(value, list) else value


def _code(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    for concept in objects_in(value):
        codes = [_code(coding.get("code")) for coding in objects_in(concept.get("coding", concept))]
        return next((code for code in (*codes, _text(concept.get("text"))) if code), None)
    return _text(value)


def _date(value: Any) -> Any:
    return _text(value) or (_NO_DATE if says_something(value) else None)


def _written(value: Any) -> Any:
    return _text(value) or (_NO_TEXT if says_something(value) else None)


def _text(value: Any) -> Any:
    return value if isinstance(value, str) else None


def _flag(value: Any) -> Any:
    return value if isinstance(value, bool) else None


def _absent(value: Any) -> None:
    """What has become another element already."""


def _as_it_is(value: Any) -> Any:
    """CAUTION: a number that no computer can hold stays something that is there and is no number."""
    return _NO_DATE if isinstance(value, Decimal) and not value.is_finite() else value


_WRITTEN: Final[Mapping[str, Repair]] = {"code": _code, "date": _date, "text": _written}
_SIMPLE: Final[Mapping[Any, Repair]] = {
    str: _text,
    bool: _flag,
    msgspec.Raw: _as_it_is,
    NoneType: _absent,
}
