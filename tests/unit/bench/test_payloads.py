"""The payloads of the benchmark: the same for the same seed, of the sizes they are meant to have."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bench.payloads import LAB_SHARE, PAYLOADS, payload, resource_count
from cds_service.app import create_app
from cds_service.settings import Settings

SERVICE = "/cds-services/hemoptysis-imaging-order-select"
SMALL = ("tiny", "typical", "heavy", "unconcerned")


def resources(body: bytes) -> Iterator[dict[str, Any]]:
    request = json.loads(body)
    for bundle in (request["context"]["draftOrders"], *request["prefetch"].values()):
        yield from (entry["resource"] for entry in bundle.get("entry", []))


@pytest.mark.parametrize("name", SMALL)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_patient(name: str) -> None:
    again, other = payload(name, seed=7), payload(name, seed=8)

    assert payload(name, seed=7) == again
    assert json.loads(other)["context"]["patientId"] != json.loads(again)["context"]["patientId"]


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_payload_has_the_size_and_the_resources_it_is_meant_to_have(name: str) -> None:
    body = payload(name)

    assert abs(len(body) / PAYLOADS[name].size - 1) < 0.1
    assert sum(1 for _ in resources(body)) == resource_count(name)
    assert len({resource["id"] for resource in resources(body)}) == resource_count(name)


def test_most_observations_are_laboratory_values_and_concepts_have_several_codings() -> None:
    observations = [r for r in resources(payload("typical")) if r["resourceType"] == "Observation"]

    labs = [r for r in observations if "specimen" in r]
    assert len(labs) / len(observations) == LAB_SHARE
    assert all(len(r["code"]["coding"]) > 1 and r["note"] for r in observations)
    assert any("component" in r for r in observations)
    assert all("referenceRange" in r for r in labs)


@pytest.mark.parametrize("name", SMALL)
def test_the_service_reads_all_of_it_and_judges_the_order_that_concerns_it(
    settings: Settings, name: str
) -> None:
    answer = (
        create_app(settings).test_client().post(SERVICE, data=payload(name), content_type="application/json")
    )

    assert answer.status_code == 200
    topics = [card["source"]["topic"]["code"] for card in answer.get_json()["cards"]]
    expected = {"tiny": ["undetermined"], "unconcerned": []}
    assert topics == expected.get(name, ["nonmassive"])
