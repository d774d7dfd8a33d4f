"""Not understood is never "none": whatever disturbs an entry, its caution stays or is not assessed."""

from typing import Any

import pytest

from cds_service.clinical.cautions import cautions_for, not_assessed
from cds_service.clinical.chart import chart_from
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.model import CautionId
from tests.unit.fhir.builders import (
    EGFR,
    ICD,
    LOINC,
    SNOMED,
    Json,
    allergy,
    concept,
    condition,
    facts,
    knowledge,
    observation,
    quantity,
)

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
UNKNOWN_CODE = concept("https://e.example/local", "0815")
URL = "https://e.example/x"


def drug(code: Json) -> Json:
    return {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "status": "active",
        "medicationCodeableConcept": code,
    }


ENTRIES: dict[str, tuple[Kind, str, Json]] = {
    "allergy": (Kind.ALLERGIES, "code", allergy(code=concept(RXNORM, "5956"))),
    "reaction": (Kind.CONDITIONS, "", condition(code=concept(SNOMED, "293637006"))),
    "drug": (Kind.MEDICATIONS, "medicationCodeableConcept", drug(concept(RXNORM, "1364430"))),
    "metformin": (Kind.MEDICATIONS, "medicationCodeableConcept", drug(concept(RXNORM, "6809"))),
    "anticoagulated": (Kind.CONDITIONS, "", condition(code=concept(ICD, "Z79.01"))),
    "pregnancy": (Kind.CONDITIONS, "", condition(code=concept(ICD, "Z33.1"))),
    "status": (
        Kind.PREGNANCY,
        "valueCodeableConcept",
        observation(concept(LOINC, "82810-3"), valueCodeableConcept=concept(LOINC, "LA15173-0")),
    ),
    "egfr": (Kind.LABS, "", observation(EGFR, valueQuantity=quantity(22, "mL/min/{1.73_m2}"))),
    "kidney": (Kind.CONDITIONS, "", condition(code=concept(ICD, "N18.5"))),
}
DISTURBED: dict[str, Json] = {
    "an extension with an answer": {"extension": [{"url": URL, "valueBoolean": False}]},
    "an extension with extensions": {
        "extension": [{"url": URL, "extension": [{"url": "a", "valueCode": "n"}]}]
    },
    "a modifier": {"modifierExtension": [{"url": URL, "valueBoolean": True}]},
    "nothing": {},
}


def read(kind: Kind, written: Any) -> tuple[list[CautionId], tuple[Kind, ...]]:
    whole = {k.value: {"resourceType": "Bundle", "entry": []} for k in Kind if k is not Kind.PATIENT}
    found = facts({**whole, kind.value: written})
    return [c.id for c in cautions_for(chart_from(found, knowledge()))], not_assessed(found)


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("disturbance", DISTURBED)
def test_a_disturbed_entry_gives_its_caution_or_is_not_assessed(entry: str, disturbance: str) -> None:
    kind, _, written = ENTRIES[entry]

    cautions, unread = read(kind, written | DISTURBED[disturbance])

    assert cautions or unread


@pytest.mark.parametrize("entry", [name for name, (_, element, _) in ENTRIES.items() if element])
def test_a_code_that_is_not_known_is_not_assessed(entry: str) -> None:
    kind, element, written = ENTRIES[entry]

    cautions, unread = read(kind, written | {element: UNKNOWN_CODE})

    assert cautions == [CautionId.PREGNANCY_UNKNOWN] or unread == (kind,)


@pytest.mark.parametrize(
    "value",
    [
        {"valueQuantity": quantity(22, "furlong")},
        {"valueString": "see report"},
        {"dataAbsentReason": concept("x", "masked")},
    ],
)
def test_a_kidney_value_that_cannot_be_read_is_not_assessed(value: Json) -> None:
    cautions, unread = read(Kind.LABS, observation(EGFR, **value))

    assert (cautions, unread) == ([], (Kind.LABS,))


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_that_is_whole_is_assessed(entry: str) -> None:
    kind, _, written = ENTRIES[entry]

    cautions, unread = read(kind, written)

    assert cautions
    assert unread == ()
