"""Which allergies are reactions to iodinated contrast (CLINICAL-2 A)."""

from typing import Any

import pytest

from cds_service.clinical.facts import Availability
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.terminology.concepts import Concept
from tests.unit.fhir.builders import SNOMED, Json, allergy, concept, facts_of

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"
IOHEXOL, GADOLINIUM = concept(RXNORM, "5956"), concept(SNOMED, "58281002")
CONTRAST, DYE = concept(SNOMED, "385420005"), concept(SNOMED, "61789006")
WORDED = {"text": "Iodinated contrast media"}


def safety(*resources: Any) -> set[Concept]:
    return {finding.concept for finding in facts_of(*resources).safety}


def reacted_to(*substances: Json) -> list[Json]:
    return [{"substance": substance} for substance in substances]


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"code": IOHEXOL},
        {"code": concept(ATC, "V08AB02")},
        {"code": CONTRAST},
        {"code": WORDED},
        {"code": {**DYE, "text": "contrast dye"}},
        {"code": {"text": "see reaction"}, "reaction": reacted_to(WORDED)},
        {"code": GADOLINIUM, "reaction": reacted_to(IOHEXOL)},
        {"code": CONTRAST, "reaction": reacted_to(GADOLINIUM, IOHEXOL)},
        {"code": IOHEXOL, "verificationStatus": concept("x", "unconfirmed")},
        {"code": IOHEXOL, "extension": [{"url": "https://e.example/at", "valueDateTime": "2020-01-01"}]},
    ],
)
def test_a_reaction_to_iodinated_contrast_or_to_contrast_of_no_stated_kind_is_found(members: Json) -> None:
    assert safety(allergy(**members)) == {Concept.CONTRAST_REACTION}


@pytest.mark.parametrize(
    "members",
    [
        {"code": GADOLINIUM},
        {"code": concept(ATC, "V08CA02")},
        {"code": {**GADOLINIUM, "text": "contrast media (gadolinium)"}},
        {"code": CONTRAST, "reaction": reacted_to(GADOLINIUM)},
        {"code": concept(SNOMED, "735029006", text="Shellfish")},
        {"code": concept(RXNORM, "8611", text="povidone-iodine")},
        {"code": concept(SNOMED, "300913006", text="Penicillin")},
        {"code": {"text": "Penicillin"}},
    ],
)
def test_what_is_no_iodinated_contrast_is_none(members: Json) -> None:
    read = facts_of(allergy(**members))

    assert (read.safety, read.unreadable) == ((), {})


@pytest.mark.parametrize(
    "text",
    [
        "IV contrast",
        "IVP dye",
        "contrast",
        "Contrast (X-Ray Dye)",
        "CONTRAST MEDIA, OTHER",
        "Omnipaque 350",
        "Iodine containing contrast",
        "Iodinated contrast - NOT gadolinium",
        "hx of contrast reaction",
        "produit de contraste iodé",
        "Produits de contraste",
        "jodhaltiges Kontrastmittel",
        "medio de contraste yodado",
        "Kontrastmittelallergie",
        "mdc iodato",
        "CT dye",
        "IV contrast (gadolinium tolerated)",
        "Contraste, gadolinium toléré",
    ],
)
def test_the_words_that_charts_use_for_iodinated_contrast_are_read(text: str) -> None:
    assert safety(allergy(code={"text": text})) == {Concept.CONTRAST_REACTION}


@pytest.mark.parametrize(
    "text",
    [
        "Gadolinium-based contrast media",
        "contrast media (gadolinium)",
        "MRI contrast",
        "Gadavist",
        "ultrasound contrast agent",
        "barium sulfate",
        "Betadine",
        "shellfish",
        "iodine",
        "Hair dye",
        "No contrast allergy",
        "No known allergies",
    ],
)
def test_what_charts_call_otherwise_is_none(text: str) -> None:
    read = facts_of(allergy(code={"text": text}))

    assert (read.safety, read.unreadable) == ((), {})


@pytest.mark.parametrize(
    "members",
    [
        {"code": None},
        {"code": {}},
        {"code": concept("https://e.example/allergens", "0815")},
        {"code": DYE},
        {"code": {"text": "***"}},
        {"code": {"text": "-"}},
        {"code": {"coding": [*IOHEXOL["coding"], *GADOLINIUM["coding"]]}},
        {"code": IOHEXOL, "extension": [{"url": "https://e.example/answer", "valueCode": "absent"}]},
        {"code": IOHEXOL, "modifierExtension": [{"url": "https://e.example/not", "valueBoolean": True}]},
    ],
)
def test_an_allergy_that_cannot_be_understood_is_not_assessed(members: Json) -> None:
    read = facts_of(allergy(**members))

    assert read.safety == ()
    assert read.unreadable == {Kind.ALLERGIES: 1}
    assert read.availability[Kind.ALLERGIES] is Availability.INCOMPLETE


def test_an_extension_of_another_allergy_changes_nothing() -> None:
    other = allergy(code={"text": "Penicillin"}, extension=[{"url": "https://e.example/x", "valueCode": "y"}])

    assert facts_of(other).unreadable == {}


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"verificationStatus": concept("x", "refuted")}, "refuted"),
        ({"verificationStatus": "entered-in-error"}, "entered-in-error"),
        ({"clinicalStatus": concept("x", "resolved")}, "not-current"),
        ({"clinicalStatus": "inactive"}, "not-current"),
    ],
)
def test_an_allergy_that_is_not_held_is_dropped(members: Json, reason: str) -> None:
    read = facts_of(allergy(**members))

    assert (read.safety, read.dropped) == ((), {reason: 1})


def test_the_caution_names_the_agent_and_whether_only_its_name_is_known() -> None:
    (by_code,) = facts_of(allergy(code={**IOHEXOL, "text": "Omnipaque"})).safety
    (by_name,) = facts_of(allergy(code={"text": "x"}, reaction=reacted_to(WORDED))).safety

    assert (by_code.label, by_code.by_text) == ("Omnipaque", "")
    assert by_name.label == "Iodinated contrast media"
    assert by_name.by_text.startswith("iodinated contrast")
