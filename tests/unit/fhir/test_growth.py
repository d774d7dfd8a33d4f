"""Ten times as many resources, drafts or references cost ten times as much, and no more."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

import pytest

from cds_service.app import advisor_from
from cds_service.cds_hooks.request import HookRequest
from cds_service.evaluate import evaluate, orders_to_judge
from cds_service.fhir.chart.facts import hemoptysis_facts
from cds_service.fhir.chart.gather import gather
from cds_service.fhir.codes import Meanings
from cds_service.fhir.orders.orders import orders_read, with_resolved_reasons
from cds_service.outbound.client import NO_READER
from cds_service.settings import settings_from
from tests.unit.fhir.builders import (
    BRONCHIAL,
    CTA,
    EGFR,
    HEMOPTYSIS,
    LOINC,
    NOW,
    SPO2,
    TODAY,
    UNNAMED,
    UNREADABLE,
    Json,
    allergy,
    bundle,
    concept,
    condition,
    knowledge,
    observation,
    order,
    quantity,
    request,
)

FEW: Final = 20
DRAFTS: Final = 100
REFERENCES: Final = 200
MOST_GROWTH: Final = 11
ONCE: Final = 2_000
"""Calls that are made once, however much there is."""


class Count:
    calls = 0


@contextmanager
def counted() -> Iterator[Count]:
    """How many functions are called, in Python and in C."""
    count = Count()

    def profile(_: Any, event: str, __: Any) -> None:
        count.calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield count
    finally:
        sys.setprofile(before)


def calls_for(asked: HookRequest) -> int:
    """The work of reading a request: its orders, its chart, and the references from one to the other."""
    known = replace(knowledge(), terminology=replace(knowledge().terminology))  # nothing is remembered
    said = Meanings(known)
    with counted() as count:
        read = orders_read(asked.drafts, patient_id=asked.patient_id, meanings=said)
        orders_to_judge(asked, [one.order for one in read])
        found = gather(asked, reader=NO_READER, meanings=Meanings(known))
        with_resolved_reasons(read, asked.drafts, found.target, said, asked.patient_id)
        hemoptysis_facts(found, asked.encounter_id, now=NOW, meanings=said)
    return count.calls


def assert_linear(asked: Callable[[int], HookRequest], few_things: int = FEW) -> None:
    """For ten times as many things it takes little more than ten times as many calls."""
    few, many = calls_for(asked(few_things)), calls_for(asked(10 * few_things))

    assert many <= MOST_GROWTH * few + ONCE


def chart_of(resources: list[Json]) -> HookRequest:
    return request(prefetch={"all": bundle(*resources)}, encounterId="e1")


BLOOD = {"valueString": "about 150 mL bright red blood"}
REPORT: Json = {
    "resourceType": "DiagnosticReport",
    "status": "final",
    "code": CTA,
    "effectiveDateTime": TODAY,
}
PROCEDURE: Json = {"resourceType": "Procedure", "status": "completed", "code": UNNAMED}
DRUG: Json = {"resourceType": "MedicationRequest", "medicationReference": {"reference": "Medication/m1"}}
WARFARIN: Json = {
    "resourceType": "MedicationRequest",
    "status": "active",
    "medicationCodeableConcept": {"text": "warfarin"},
}
RESOURCES: Final[dict[str, Callable[[int], Json]]] = {
    "coded conditions": lambda i: condition(f"c{i}"),
    "worded conditions": lambda i: condition(f"c{i}", code={"text": f"massive hemoptysis {i}"}),
    "conditions of another shape": lambda i: condition(f"c{i}", code="hemoptysis", clinicalStatus="active"),
    "conditions without an id": lambda i: condition("", onsetDateTime=f"{1900 + i}"),
    "versions of one condition": lambda i: condition("c1", onsetDateTime=f"{1900 + i}"),
    "blood": lambda i: observation(HEMOPTYSIS, f"b{i}", **BLOOD),
    "vital signs": lambda i: observation(SPO2, f"v{i}", valueQuantity=quantity(97, "%")),
    "kidney function": lambda i: observation(EGFR, f"k{i}", valueQuantity=quantity(60, "mL/min/1.73m2")),
    "pregnancy": lambda i: observation(concept(LOINC, "82810-3"), f"p{i}", valueString="Not pregnant"),
    "other observations": lambda i: observation(concept(LOINC, "718-7"), f"o{i}"),
    "embolizations": lambda i: {"resourceType": "Procedure", "id": f"p{i}", "code": BRONCHIAL},
    "allergies": lambda i: allergy(id=f"a{i}"),
    "drugs": lambda i: DRUG | {"id": f"m{i}"},
    "reports": lambda i: REPORT | {"id": f"r{i}"},
    "encounters": lambda i: {"resourceType": "Encounter", "id": f"e{i}", "status": "in-progress"},
    "types that are not read": lambda i: {"resourceType": "Goal", "id": f"g{i}"},
    "types that are not known": lambda i: {"resourceType": "X", "id": f"x{i}"},
    "resources of others": lambda i: condition(f"c{i}", subject={"reference": f"Patient/{i}"}),
    "resources that cannot be read": lambda i: condition(f"c{i}", code=UNREADABLE),
}


@pytest.mark.parametrize("name", RESOURCES)
def test_the_work_grows_with_the_resources(name: str) -> None:
    assert_linear(lambda n: chart_of([RESOURCES[name](i) for i in range(n)]))


def test_the_work_grows_with_the_prefetched_values() -> None:
    assert_linear(lambda n: request(prefetch={f"key{i}": bundle(condition(f"c{i}")) for i in range(n)}))


def test_the_work_grows_with_the_draft_orders() -> None:
    assert_linear(lambda n: request(drafts=bundle(*(order(id=f"o{i}") for i in range(n)))), DRAFTS)


def test_the_work_grows_with_the_draft_orders_of_drugs() -> None:
    drug = {"resourceType": "MedicationRequest"}

    assert_linear(lambda n: request(drafts=bundle(*(drug | {"id": f"o{i}"} for i in range(n)))), DRAFTS)


def test_the_work_grows_with_the_selections_of_orders() -> None:
    assert_linear(
        lambda n: request(
            drafts=bundle(*(order(id=f"o{i}") for i in range(n))),
            selections=[f"ServiceRequest/o{i}" for i in range(n)],
        ),
        DRAFTS,
    )


def references(n: int, to: str = "Condition/c") -> list[Json]:
    return [{"reference": f"{to}{i}"} for i in range(n)]


def conditions(n: int) -> list[Json]:
    return [condition(f"c{i}") for i in range(n)]


def test_the_work_grows_with_the_references_of_one_order_into_the_chart() -> None:
    assert_linear(
        lambda n: request(
            drafts=bundle(order(reasonReference=references(n))), prefetch={"all": bundle(*conditions(n))}
        ),
        REFERENCES,
    )


def test_the_work_grows_with_the_references_of_one_order_that_lead_nowhere() -> None:
    assert_linear(lambda n: request(drafts=bundle(order(reasonReference=references(n)))), REFERENCES)


def test_the_work_grows_with_the_references_of_one_order_into_itself() -> None:
    assert_linear(
        lambda n: request(drafts=bundle(order(reasonReference=references(n, "#c"), contained=conditions(n))))
    )


def test_the_work_grows_with_the_references_among_the_drafts() -> None:
    def asked(n: int) -> HookRequest:
        orders = [order(id=f"o{i}", reasonReference=[{"reference": f"Condition/c{i}"}]) for i in range(n)]
        return request(drafts=bundle(*orders, *conditions(n)))

    assert_linear(asked)


def test_the_work_grows_with_the_references_among_the_drafts_that_lead_nowhere() -> None:
    def asked(n: int) -> HookRequest:
        nowhere = [{"reference": "Condition/none"}]
        return request(drafts=bundle(*(order(id=f"o{i}", reasonReference=nowhere) for i in range(n))))

    assert_linear(asked, DRAFTS)


def test_the_work_grows_with_the_diagnoses_of_the_encounter() -> None:
    def asked(n: int) -> HookRequest:
        diagnoses = [{"condition": reference} for reference in references(n)]
        visit = {"resourceType": "Encounter", "id": "e1", "status": "in-progress", "diagnosis": diagnoses}
        return chart_of([visit, *conditions(n)])

    assert_linear(asked, REFERENCES)


def test_the_work_grows_with_the_references_of_the_encounter() -> None:
    def asked(n: int) -> HookRequest:
        visit = {"resourceType": "Encounter", "id": "e1", "status": "in-progress"}
        return chart_of([visit | {"reasonReference": references(n)}, *conditions(n)])

    assert_linear(asked, REFERENCES)


def test_the_work_grows_with_the_references_of_procedures() -> None:
    def asked(n: int) -> HookRequest:
        done = [
            PROCEDURE | {"id": f"p{i}", "reasonReference": [reference]}
            for i, reference in enumerate(references(n))
        ]
        return chart_of([*done, *conditions(n)])

    assert_linear(asked, REFERENCES)


def test_the_work_grows_with_drugs_that_refer_to_one_medication_and_with_its_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cds_service.fhir.chart.gather.MOST_READ_AGAIN", 1_000)

    def asked(n: int) -> HookRequest:
        names = {"coding": [{"display": f"warfarin {i}"} for i in range(n)]}
        return chart_of([{"resourceType": "Medication", "id": "m1", "code": names}, *drugs(n)])

    def drugs(n: int) -> list[Json]:
        return [DRUG | {"id": f"d{i}", "status": "active"} for i in range(n)]

    assert_linear(asked)


def test_the_work_grows_with_the_resources_of_one_id() -> None:
    def asked(n: int) -> HookRequest:
        return chart_of([*(observation(SPO2, "c1") for _ in range(n)), *conditions(n)])

    assert_linear(asked)


def test_the_work_grows_with_the_parts_of_one_resource() -> None:
    components = {"code": SPO2, "valueQuantity": quantity(97, "%")}

    assert_linear(lambda n: chart_of([observation(SPO2, component=[components] * n)]))


def test_the_work_grows_with_the_codings_of_one_code() -> None:
    def asked(n: int) -> HookRequest:
        codings = [{"system": LOINC, "code": f"{i}", "display": f"cough {i}"} for i in range(n)]
        code = {"coding": codings}
        return request(drafts=bundle(order(code=code)), prefetch={"all": bundle(condition(code=code))})

    assert_linear(asked)


def calls_of_the_answer(asked: HookRequest) -> int:
    advisor = advisor_from(settings_from({}))
    with counted() as count:
        evaluate(asked, advisor)
    return count.calls


@pytest.mark.parametrize(
    "resource",
    [
        lambda i: WARFARIN | {"id": f"m{i}"},
        lambda i: condition(f"c{i}", code={"text": f"tuberculosis {i}"}),
        lambda i: observation(HEMOPTYSIS, f"b{i}", **BLOOD),
    ],
)
def test_the_answer_costs_in_proportion_to_what_it_tells(resource: Callable[[int], Json]) -> None:
    few, many = (
        request(
            drafts=bundle(order(reasonCode=[HEMOPTYSIS])),
            prefetch={"all": bundle(*(resource(i) for i in range(n)))},
        )
        for n in (FEW, 10 * FEW)
    )
    calls_of_the_answer(few)

    assert calls_of_the_answer(many) <= MOST_GROWTH * calls_of_the_answer(few) + ONCE
