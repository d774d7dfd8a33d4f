"""Resources of R4 from the structs that they are read into: every element, in the shape that R4 gives it."""

from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

import msgspec
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from cds_service.fhir.elements import Element
from cds_service.fhir.resources import READ, ServiceRequest
from tests.unit.fhir.builders import CPT, ICD, LOINC, SNOMED, TODAY, UCUM, Json

TYPES: Final[tuple[type[Element], ...]] = (*READ, ServiceRequest)
DEEPEST: Final = 3

TEXTS: Final = (
    "hemoptysis", "active", "final", "completed", "yes", "no", "mL", "%", ">", "<=", "150 mL", "Patient/p1",
    "Condition/c1", "Condition/c2", "warfarin", "CT chest", "Bronchial artery", "massive", "#c", "mm[Hg]",
    "/min", "next", "error", "incomplete", "female", SNOMED, LOINC, CPT, ICD, UCUM,
)  # fmt: skip
CODES: Final = (
    "66857006", "59408-5", "85354-9", "8480-6", "98979-8", "82810-3", "71250", "71275", "37244", "R04.2",
    "active", "resolved", "refuted", "entered-in-error", "final", "masked", "completed", "in-progress",
)  # fmt: skip

texts = st.one_of(st.sampled_from(TEXTS), st.text(min_size=1, max_size=8))
codes = st.one_of(st.sampled_from(CODES), texts)
dates = st.sampled_from(["2026-11-24", "2026-11", "2025", TODAY, "2026-11-24T09:30:00.5+01:00", "2199-12-31"])
numbers = st.one_of(
    st.integers(-5, 10**20), st.decimals(-5, 10**6, places=3, allow_nan=False), st.just(0), st.just(97)
)
some_text = st.fixed_dictionaries({"text": texts})
values: SearchStrategy[Any] = st.one_of(
    numbers, st.booleans(), texts, some_text, st.lists(texts, min_size=1, max_size=2)
)
PRIMITIVES: Final[dict[Any, SearchStrategy[Any]]] = {
    **{"code": codes, "date": dates, "text": texts},
    **{str: texts, bool: st.booleans()},
}


@cache
def elements(as_type: type[Element], depth: int = 0) -> SearchStrategy[Json]:
    """An element or a resource as JSON, with any of its elements."""
    hints = get_type_hints(as_type, include_extras=True)
    fields = msgspec.structs.fields(as_type)
    named = {f.encode_name: _values(hints[f.name], f.encode_name, depth) for f in fields}
    given = {name: strategy for name, strategy in named.items() if strategy is not None}
    tag = as_type.__struct_config__.tag
    return _some_of(given, {"resourceType": tag} if tag else {}, most=3 if depth else 8)


@st.composite
def _some_of(draw: DrawFn, given: dict[str, SearchStrategy[Any]], tag: Json, most: int) -> Json:
    """At least one of the elements, and not too many."""
    names = draw(st.lists(st.sampled_from(sorted(given)), min_size=1, max_size=most, unique=True))
    return tag | {name: draw(given[name]) for name in names}


def _values(hint: Any, name: str, depth: int) -> Any:
    """The strategy for an element of a type; None for one that R4 does not have."""
    if get_origin(hint) is Annotated:
        return PRIMITIVES[str(hint.__metadata__[0].extra["is"])]
    if get_origin(hint) in (Union, UnionType):
        (hint,) = (arg for arg in get_args(hint) if arg is not NoneType)
        return _values(hint, name, depth)
    if get_origin(hint) is tuple:
        item = _values(get_args(hint)[0], name, depth)
        return None if item is None else st.lists(item, min_size=1, max_size=2)
    if hint is NoneType or (depth >= DEEPEST and issubclass(hint, Element)):
        return None
    if hint is msgspec.Raw:
        return RAW.get(name, values)
    return PRIMITIVES[hint] if hint in PRIMITIVES else st.deferred(lambda: elements(hint, depth + 1))


RAW: Final[dict[str, SearchStrategy[Any]]] = {
    "meta": st.fixed_dictionaries({"lastUpdated": dates}),
    "value": numbers,
    "contained": st.builds(lambda code: {"resourceType": "Condition", "id": "c", "code": code}, some_text),
}


@st.composite
def resources(draw: DrawFn) -> Json:
    """A resource of any type that is read."""
    as_type = draw(st.sampled_from(TYPES))
    return draw(elements(as_type))


def written(value: Any) -> bytes:
    """The value as JSON, each number with its digits."""
    return _ENCODER.encode(value)


_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
