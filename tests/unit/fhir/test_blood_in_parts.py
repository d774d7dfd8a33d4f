"""Parts of an Observation of blood that tell of more than its own value, or are hidden (BEHAVIOUR 4)."""

from typing import Any

import pytest

from cds_service.clinical.facts import Availability
from cds_service.knowledge.kinds import Kind
from tests.unit.fhir.builders import HEMOPTYSIS, SNOMED, Json, concept, facts_of, observation, quantity

FIVE = {"valueQuantity": quantity(5, "mL")}
BLOOD = concept(SNOMED, "66857006")
MASKED = concept("http://terminology.hl7.org/CodeSystem/data-absent-reason", "masked")


def part(name: str, **value: Any) -> Json:
    return {"code": {"text": name}, **value}


def ml(amount: int) -> Json:
    return {"valueQuantity": quantity(amount, "mL")}


def finding(*components: Json, **members: Any) -> str:
    (read,) = facts_of(observation(HEMOPTYSIS, component=list(components), **members)).bleeds
    return read.finding


@pytest.mark.parametrize(
    ("own", "components"),
    [
        (FIVE, [part("24 h total", **ml(600))]),
        (FIVE, [{"code": {}, **ml(600)}]),
        (FIVE, [part("Clots", valueString="massive")]),
        ({"valueString": "scant"}, [{"code": {}, **ml(600)}]),
        ({}, [{"code": BLOOD, **FIVE}, part("24 h total", **ml(600))]),
        ({}, [part("Volume", **FIVE), part("Total blood loss since yesterday", **ml(600))]),
        ({}, [part("Volume", **FIVE), part("Cumulative since admission", **ml(600))]),
        ({}, [part("Volume", **FIVE), part("Clots", valueString="massive")]),
    ],
)
def test_a_larger_amount_in_a_further_part_is_not_thrown_away(own: Json, components: list[Json]) -> None:
    assert finding(*components, **own) in ("unreadable", "large")
    assert finding(*reversed(components), **own) in ("unreadable", "large")


@pytest.mark.parametrize(
    "component",
    [
        part("Sputum volume", **ml(30)),
        part("Saline instilled", **ml(100)),
        part("Urine output", **ml(900)),
        part("Color", valueString="bright red"),
        part("Amount of the last cough", **ml(2)),
        {"code": concept("http://loinc.org", "8480-6"), "valueQuantity": quantity(120, "mm[Hg]")},
    ],
)
def test_a_part_that_names_another_fluid_or_tells_no_more_changes_nothing(component: Json) -> None:
    assert finding(component, **FIVE) == "amount"


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"component": [{"code": BLOOD, **FIVE}, part("Total", dataAbsentReason=MASKED)]}, "masked"),
        ({**FIVE, "hasMember": [{"reference": "Observation/not-sent"}]}, "part-not-sent"),
    ],
)
def test_a_part_that_is_hidden_or_was_not_sent_leaves_the_blood_incomplete(members: Json, why: str) -> None:
    read = facts_of(observation(HEMOPTYSIS, **members))

    assert [bleed.finding for bleed in read.bleeds] == ["amount"]
    assert read.availability[Kind.BLEEDING] is Availability.INCOMPLETE
    assert [(kind, reason) for kind, _, reason in read.not_understood] == [(Kind.BLEEDING, why)]
