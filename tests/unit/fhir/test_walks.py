"""However a value is walked, at once or entry by entry, it holds the same."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from cds_service.cds_hooks.request import FhirAccess, Prefetch
from cds_service.fhir.bundles import Contents, contents_by_key, contents_of
from cds_service.fhir.chart.gather import gather
from cds_service.fhir.codes import Meanings
from cds_service.outbound.client import Answer, FhirReader
from tests.scenarios.any_json import anything, spoil, written
from tests.scenarios.catalog import FIXTURES
from tests.unit.fhir.builders import Json, bundle, condition, knowledge, outcome, request

FILES: Final = sorted((FIXTURES / "requests" / "order-sign").glob("*.json"))
PREFETCHES: Final[list[Json]] = [json.loads(file.read_text(encoding="utf-8"))["prefetch"] for file in FILES]
VALUES: Final = [json.dumps(value) for prefetch in PREFETCHES for value in prefetch.values() if value]
SOME: Final = condition("c2")
EVERY_EXAMPLE: Final = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@st.composite
def spoilt_values(draw: DrawFn) -> bytes:
    """A Bundle or a resource of the fixtures, with parts of it spoilt."""
    value = json.loads(draw(st.sampled_from(VALUES)))
    spoil(draw, value)
    return written(value)


@st.composite
def spoilt_prefetches(draw: DrawFn) -> bytes:
    prefetch = json.loads(json.dumps(draw(st.sampled_from(PREFETCHES))))
    spoil(draw, prefetch)
    return written(prefetch)


def all_of(found: Contents) -> Any:
    """Everything but the entries, which only one way notes."""
    return (
        *(found.shape, found.resources, found.unread, found.unreadable),
        *(sorted(found.gaps), found.self_link, found.named),
    )


@pytest.mark.parametrize(
    "value",
    [
        None,
        [condition()],
        condition(),
        outcome("error"),
        bundle(condition(), outcome("error")),
        bundle(outcome("error")),
        bundle(outcome("information")),
        bundle(condition(), {"resourceType": "Basic"}, {"resourceType": "X"}, 5, None, {}),
        bundle(condition(), total=5),
        bundle(condition(), total=5.0),
        bundle(condition(), total=True),
        bundle(condition(), link=[{"relation": "self", "url": "x"}, {"relation": "self", "url": None}]),
        bundle(condition(), link=[{"relation": "next"}, {"url": "x"}, {}]),
        bundle(condition(), link=[{"relation": " next "}]),
        bundle(bundle(condition())),
        {"resourceType": "Bundle", "entry": [{"fullUrl": "urn:uuid:1", "resource": condition()}]},
        {"resourceType": "Bundle", "entry": [{"fullUrl": "http://x/Condition/c1", "resource": condition()}]},
        {"entry": [{"fullUrl": " urn:uuid:1 ", "resource": condition()}, {"fullUrl": 5, "resource": SOME}]},
        {"resourceType": "Bundle", "entry": [{"response": {"status": "404"}}, {"fullUrl": "x"}]},
        {"resourceType": "Bundle", "entry": None},
        {"resourceType": " Condition ", "id": "c1"},
        {"resource": condition(), "response": {"status": "200"}},
    ],
    ids=str,
)
def test_both_walks_find_the_same(value: Any) -> None:
    raw = json.dumps(value).encode()

    assert all_of(contents_of(raw)) == all_of(contents_of(raw, with_entries=True))


@EVERY_EXAMPLE
@given(st.one_of(spoilt_values(), spoilt_values(), anything.map(written)))
def test_both_walks_find_the_same_in_anything(raw: bytes) -> None:
    assert all_of(contents_of(raw)) == all_of(contents_of(raw, with_entries=True))


@EVERY_EXAMPLE
@given(spoilt_prefetches())
def test_all_values_at_once_hold_what_each_holds(raw: bytes) -> None:
    prefetch = Prefetch(raw)

    at_once = {key: all_of(found) for key, found in contents_by_key(prefetch)}

    assert at_once == {key: all_of(contents_of(value)) for key, value in prefetch.items()}


@dataclass(frozen=True)
class OnePage(FhirReader):
    """Answers every query with the same page."""

    page: bytes

    def read(self, server: str, token: str, queries: Mapping[str, str]) -> Mapping[str, Answer]:
        return dict.fromkeys(queries, Answer((self.page,)))


@EVERY_EXAMPLE
@given(spoilt_prefetches(), spoilt_values())
def test_what_is_gathered_is_the_same_whether_or_not_each_entry_is_told(raw: bytes, page: bytes) -> None:
    asked = replace(request(), prefetch=Prefetch(raw), access=FhirAccess("https://e.example/fhir"))

    plain = gather(asked, reader=OnePage(page), meanings=Meanings(knowledge()))
    told = gather(asked, reader=OnePage(page), meanings=Meanings(knowledge()), entries=[])

    for name in ("resources", "availability", "unreadable", "dropped", "notes", "set_aside", "by_full_url"):
        assert getattr(plain, name) == getattr(told, name)
