"""Ten times as many of any resource or element that is read cost ten times as much: those added later too."""

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest

from cds_service.fhir.elements import CodeableConcept, Element, FhirCoding
from cds_service.fhir.resources import CLASSES, ServiceRequest
from tests.unit.fhir.builders import HEMOPTYSIS, TODAY, Json, bundle, order, request
from tests.unit.fhir.test_growth import FEW, assert_linear, chart_of

DEEPEST: Final = 3


def written(hint: Any, number: int, depth: int = 0) -> Any:
    """A value of a type, another one for each number; None where nothing is read."""
    if get_origin(hint) is Annotated:
        return TODAY if hint.__metadata__[0].extra["is"] == "date" else f"bleeding {number}"
    if get_origin(hint) in (Union, UnionType):
        (hint,) = (arg for arg in get_args(hint) if arg is not NoneType)
        return written(hint, number, depth)
    if get_origin(hint) is tuple:
        return [item for item in [written(get_args(hint)[0], number, depth)] if item is not None]
    if hint is msgspec.Raw:
        return [{"text": f"hemoptysis {number}"}]
    if hint is str:
        return f"cough {number}"
    return members(hint, number, depth + 1) if depth < DEEPEST and hint not in (bool, NoneType) else None


def elements_of(as_type: type[Element]) -> dict[str, Any]:
    hints = get_type_hints(as_type, include_extras=True)
    return {field.encode_name: hints[field.name] for field in msgspec.structs.fields(as_type)}


def members(as_type: type[Element], number: int, depth: int) -> Json:
    if issubclass(as_type, FhirCoding | CodeableConcept) and depth == DEEPEST:
        return {"display": f"cough {number}"}
    found = {name: written(hint, number, depth) for name, hint in elements_of(as_type).items()}
    return {name: value for name, value in found.items() if value is not None}


def resource(name: str, number: int) -> Json:
    """A resource with every element that is read of it, of the patient of the request."""
    whole = members(CLASSES.get(name, ServiceRequest), number, 0)
    about = {
        "subject": {"reference": "Patient/p1"},
        "patient": {"reference": "Patient/p1"},
        "status": "final",
    }
    return whole | about | {"resourceType": name, "id": f"r{number}"}


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_the_work_grows_with_resources_that_hold_all_that_is_read(name: str) -> None:
    assert_linear(lambda n: chart_of([resource(name, i) for i in range(n)]))


def lists() -> Iterator[tuple[str, str]]:
    for name in (*sorted(CLASSES), "ServiceRequest"):
        for element, hint in elements_of(CLASSES.get(name, ServiceRequest)).items():
            if get_origin(hint) is tuple or hint is msgspec.Raw:
                yield name, element


@pytest.mark.parametrize(("name", "element"), [*lists()])
def test_the_work_grows_with_the_items_of_one_element(name: str, element: str) -> None:
    hint = elements_of(CLASSES.get(name, ServiceRequest))[element]

    def holding(n: int) -> Json:
        items = [item for i in range(n) for item in written(hint, i) or ()]
        plain = {"resourceType": name, "id": "r1", "status": "final", "code": HEMOPTYSIS, element: items}
        return order(**plain) if name == "ServiceRequest" else plain

    assert_linear(
        lambda n: (
            request(drafts=bundle(holding(n)))
            if name == "ServiceRequest"
            else request(prefetch={"all": bundle(holding(n))}, encounterId="r1")
        ),
        FEW,
    )
