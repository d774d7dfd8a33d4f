"""How much work a resource and a text cost: counted, so that it shows on a busy computer too."""

import sys
from collections.abc import Callable
from typing import Any, Final

import pytest

from bench.in_process import calls_per_resource
from cds_service.clinical.facts import HemoptysisFacts
from cds_service.fhir.chart.facts import hemoptysis_facts
from cds_service.fhir.chart.gather import gather
from cds_service.fhir.codes import Meanings
from cds_service.outbound.client import NO_READER
from tests.unit.fhir.builders import NOW, Json, bundle, condition, knowledge, request

MOST_CALLS: Final = 75
"""The gate of `bench.gates`."""

MOST_CALLS_A_WORD: Final = 90
"""Of the worst text that was found: nothing in it settles anything."""

LONG: Final = 20_000


def test_the_calls_per_resource_of_a_typical_request_do_not_rise() -> None:
    assert calls_per_resource() <= MOST_CALLS


def allergy(text: str, number: int) -> Json:
    return {"resourceType": "AllergyIntolerance", "id": f"a{number}", "code": {"text": text}}


def drug(text: str, number: int) -> Json:
    named = {"medicationCodeableConcept": {"text": text}}
    return {"resourceType": "MedicationRequest", "id": f"m{number}", "status": "active", **named}


def procedure(text: str, number: int) -> Json:
    return {"resourceType": "Procedure", "id": f"p{number}", "status": "completed", "code": {"text": text}}


def diagnosis(text: str, number: int) -> Json:
    return condition(f"c{number}", code={"text": text})


PHRASES: Final = (
    "reviewed with the patient at the bedside no change to the plan of care ",
    "iodinated contrast reaction hives, ",
    "NO IV CONTRAST ",
    "Allergic to contrast media. Iodine tolerated. ",
    "contrast not tolerated iohexol tolerated, ",
    "hemoptysis no hemoptysis or ",
    "contrast media (gadolinium) ",
    "heparin flush of line, warfarin 5 mg daily, ",
)


def read(resource: Json) -> HemoptysisFacts:
    meanings = Meanings(knowledge())
    found = gather(request(prefetch={"all": bundle(resource)}), reader=NO_READER, meanings=meanings)
    return hemoptysis_facts(found, "", now=NOW, meanings=meanings)


def calls_of(work: Callable[[], object]) -> int:
    count = 0

    def counted(_: Any, event: str, __: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("phrase", PHRASES)
@pytest.mark.parametrize("resource", [allergy, drug, procedure, diagnosis])
def test_a_long_text_costs_little_for_each_of_its_words(
    resource: Callable[[str, int], Json], phrase: str
) -> None:
    text = (phrase * (LONG // len(phrase) + 1))[:LONG]
    read(resource(phrase, 0))

    calls = calls_of(lambda: read(resource(text, 1)))

    assert calls <= MOST_CALLS_A_WORD * len(text.split())
