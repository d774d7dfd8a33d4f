"""Each resource once, however often and in however many versions it was sent."""

import json

import pytest

from cds_service.cds_hooks.parse import hook_request_from
from cds_service.clinical.facts import Availability
from cds_service.fhir.chart.gather import gather
from cds_service.fhir.codes import Meanings
from cds_service.knowledge.kinds import Kind
from cds_service.outbound.client import NO_READER
from tests.unit.fhir.builders import (
    body,
    bundle,
    concept,
    condition,
    encoded,
    entries_of,
    gathered,
    knowledge,
    resources_in,
)

AVAILABLE, INCOMPLETE = Availability.AVAILABLE, Availability.INCOMPLETE


def test_a_resource_counts_once_however_often_it_is_sent() -> None:
    prefetch = {"a": bundle(condition(), condition()), "conditions": bundle(condition())}

    assert len(resources_in(gathered(prefetch))) == 1
    assert [entry.why for entry in entries_of(prefetch)] == ["", "came before", "came before"]


def test_resources_without_an_id_count_once_if_they_say_the_same() -> None:
    nameless = condition() | {"id": None}

    found = gathered({"conditions": bundle(nameless, nameless, nameless | {"onsetDateTime": "2026"})})

    assert len(resources_in(found)) == 2


def test_of_two_versions_the_last_updated_is_read() -> None:
    old = condition(meta={"lastUpdated": "2026-01-01T00:00:00Z"}, clinicalStatus=concept("x", "resolved"))
    new = condition(meta={"lastUpdated": "2026-02-01T00:00:00Z"}, clinicalStatus=concept("x", "active"))

    for versions in ((old, new), (new, old)):
        (read,) = resources_in(gathered({"conditions": bundle(*versions)}))
        assert json.loads(bytes(read.meta)) == new["meta"]
    assert gathered({"conditions": bundle(old, new)}).availability[Kind.CONDITIONS] is AVAILABLE


@pytest.mark.parametrize("resource_id", ["c1", None])
def test_one_resource_laid_out_in_two_ways_is_one(resource_id: str | None) -> None:
    one = condition(meta={"versionId": "1", "profile": []}) | {"id": resource_id}
    turned = one | {"meta": dict(reversed(one["meta"].items()))} if resource_id else one
    sent = encoded(body(prefetch={"conditions": bundle(one), "others": "LAID OUT"}))
    other = json.dumps(bundle(turned), indent=4).encode()

    asked = hook_request_from(sent.replace(b'"LAID OUT"', other))
    found = gather(asked, reader=NO_READER, meanings=Meanings(knowledge()))

    assert len(resources_in(found)) == 1
    assert found.availability[Kind.CONDITIONS] is AVAILABLE


def test_versions_that_contradict_each_other_leave_their_kind_in_doubt_in_any_order() -> None:
    one, two = condition(onsetDateTime="2026"), condition(onsetDateTime="2025")

    first, second = (gathered({"conditions": bundle(*pair)}) for pair in ((one, two), (two, one)))

    assert first.resources == second.resources
    assert first.availability[Kind.CONDITIONS] is INCOMPLETE
