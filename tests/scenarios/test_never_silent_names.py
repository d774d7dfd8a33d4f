"""Tests that no word beside a listed term takes back in silence what the term says of an unstable patient."""

import csv
from collections.abc import Callable
from typing import Final

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from cds_service.knowledge.load import SHIPPED_DATA
from tests.scenarios.chart import Json
from tests.scenarios.test_never_milder import (
    EVERY_EXAMPLE,
    TAKEN,
    answer_to,
    body_with,
    coded,
    of_patient,
    speaks,
)


def rows(name: str) -> list[dict[str, str]]:
    with (SHIPPED_DATA / "codelists" / name).open(encoding="utf-8") as file:
        return [*csv.DictReader(file)]


def terms_of(*concepts: str) -> list[str]:
    said = [r for r in rows("terms.csv") if r["concept"] in concepts and r["certainty"] == "definite"]
    return sorted({row["words"] for row in said if len(row["words"]) > 3})


def words_beside(*concepts: str) -> list[str]:
    """The words that make these another thing or leave them in doubt, and every negation."""
    told = [
        r["words"]
        for r in rows("terms.csv")
        if r["certainty"] in ("other", "not") and r["concept"] in concepts
    ]
    denying = [
        r["words"] for r in rows("negations.csv") if r["kind"] in ("pre", "pre-list", "pre-next", "post")
    ]
    return sorted({*told, *denying})


def procedure(name: str) -> tuple[str, Json]:
    return "procedures", of_patient(
        "Procedure", status="completed", code={"text": name}, performedDateTime=TAKEN
    )


def condition(name: str) -> tuple[str, Json]:
    active = coded("http://terminology.hl7.org/CodeSystem/condition-clinical", "active")
    return "conditions", of_patient(
        "Condition", code={"text": name}, clinicalStatus=active, onsetDateTime=TAKEN, recordedDate=TAKEN
    )


def administration(name: str) -> tuple[str, Json]:
    return "administrations", of_patient(
        "MedicationAdministration",
        status="in-progress",
        medicationCodeableConcept={"text": name},
        effectivePeriod={"start": TAKEN},
    )


def drug(name: str) -> tuple[str, Json]:
    return "medications", of_patient(
        "MedicationRequest", status="active", intent="order", medicationCodeableConcept={"text": name}
    )


def vital_named(unit: str, value: float) -> Callable[[str], tuple[str, Json]]:
    def made(name: str) -> tuple[str, Json]:
        quantity = {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
        return "vitals", of_patient(
            "Observation",
            status="final",
            code={"text": name},
            effectiveDateTime=TAKEN,
            valueQuantity=quantity,
        )

    return made


PROVING: Final[dict[str, tuple[Callable[[str], tuple[str, Json]], tuple[str, ...]]]] = {
    "ventilation": (procedure, ("ventilation", "ecmo", "arrest")),
    "shock": (condition, ("shock", "arrest", "acute-respiratory-failure", "acute-respiratory-distress")),
    "vasopressor": (administration, ("vasopressor",)),
    "anticoagulant": (drug, ("anticoagulant",)),
    "thrombolytic": (administration, ("thrombolytic",)),
    "saturation": (vital_named("%", 82), ("oxygen-saturation",)),
    "pressure": (vital_named("mm[Hg]", 70), ("systolic-pressure",)),
}
FORMS: Final = (
    "{term}, {word} hereby Tuesday",
    "{term} ({word} Tuesday)",
    "{term} hereby Tuesday {word} ward",
    "Tuesday {word} hereby: {term}",
    "{word} hereby Tuesday {term}",
    "{term}. {word}",
)
"""Where a word can stand, but right beside the term; `hereby` and the like say nothing in any list."""


@st.composite
def names_with_words(draw: st.DrawFn) -> tuple[str, Json]:
    made, concepts = PROVING[draw(st.sampled_from(sorted(PROVING)))]
    term = draw(st.sampled_from(terms_of(*concepts)))
    word = draw(st.sampled_from(words_beside(*concepts)))
    return made(draw(st.sampled_from(FORMS)).format(term=term, word=word))


@given(added=names_with_words())
@EVERY_EXAMPLE
def test_no_word_of_a_name_takes_its_term_back_in_silence(
    client: FlaskClient, added: tuple[str, Json]
) -> None:
    assert speaks(answer_to(client, body_with(added)))


@pytest.mark.parametrize("kind", ["ventilation", "vasopressor", "saturation", "pressure"])
def test_a_word_of_doubt_beside_a_term_leaves_a_sign(client: FlaskClient, kind: str) -> None:
    made, concepts = PROVING[kind]
    doubts = [
        row["words"] for row in rows("terms.csv") if row["certainty"] == "not" and row["concept"] in concepts
    ]

    for word in doubts:
        answer = answer_to(client, body_with(made(f"{terms_of(*concepts)[0]} {word}")))

        assert speaks(answer), word
