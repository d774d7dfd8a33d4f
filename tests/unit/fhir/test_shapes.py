"""What a decision reads does not depend on the shape in which it was sent, or on the version of FHIR."""

import json
from functools import cache
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cds_service.clinical.facts import HemoptysisFacts, ImagingOrder
from cds_service.fhir.resources import ServiceRequest
from tests.scenarios.catalog import FIXTURES
from tests.unit.fhir.builders import Json, facts, facts_of, orders_in
from tests.unit.fhir.r4 import elements, resources
from tests.unit.fhir.reshaping import reshaped, reshaped_value

REQUESTS: Final = sorted((FIXTURES / "requests" / "order-sign").glob("*.json"))
SEEDS = st.integers(0, 10**6)


@cache
def fixture(place: int) -> Json:
    found: Json = json.loads(REQUESTS[place].read_text(encoding="utf-8"))
    return found


def facts_in(prefetch: Json, context: Json) -> HemoptysisFacts:
    return facts(prefetch, patientId=context["patientId"], encounterId=context.get("encounterId", ""))


def drafts_in(context: Json) -> list[Json]:
    return [entry["resource"] for entry in context["draftOrders"]["entry"]]


@given(st.integers(0, len(REQUESTS) - 1), SEEDS)
def test_the_facts_of_a_chart_are_the_same_in_every_shape(place: int, seed: int) -> None:
    request = fixture(place)
    prefetch = {key: reshaped_value(value, seed) for key, value in request["prefetch"].items()}

    assert facts_in(prefetch, request["context"]) == facts_in(request["prefetch"], request["context"])


@given(st.integers(0, len(REQUESTS) - 1), SEEDS)
def test_the_orders_are_the_same_in_every_shape(place: int, seed: int) -> None:
    request = fixture(place)
    drafts = drafts_in(request["context"])
    other = [reshaped(draft, seed) for draft in drafts]
    prefetch = {key: value for key, value in request["prefetch"].items() if value}

    assert orders_in(*other, **prefetch) == orders_in(*drafts, **prefetch)


@given(st.lists(resources(), max_size=6), SEEDS)
def test_the_facts_of_any_resources_of_r4_are_the_same_in_every_shape(found: list[Any], seed: int) -> None:
    named = [resource | {"id": f"r{index}"} for index, resource in enumerate(found)]

    assert facts_of(*(reshaped(resource, seed) for resource in named)) == facts_of(*named)


@given(elements(ServiceRequest), SEEDS)
def test_any_order_of_r4_is_the_same_in_every_shape(order: Json, seed: int) -> None:
    assert orders_in(reshaped(order, seed)) == orders_in(order)


@given(elements(ServiceRequest))
def test_a_procedure_request_is_read_as_a_service_request_is(order: Json) -> None:
    (older,) = orders_in(order | {"resourceType": "ProcedureRequest"})

    assert older == without_actions(*orders_in(order))


def without_actions(order: ImagingOrder) -> ImagingOrder:
    return replace(order, can_carry_actions=False)
