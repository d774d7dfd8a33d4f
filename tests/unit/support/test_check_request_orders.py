"""What `check-request` says of the orders of a captured request."""

import re

import pytest

from tests.unit.support.builders import REQUESTS, SECRET, Json, order, report, request

EPIC = "urn:oid:1.2.840.114350.1.13.9999.2.7.2.696580"


def test_a_local_code_is_shown_unmapped_with_the_line_that_would_map_it() -> None:
    coding = {"system": EPIC, "code": "IMG3110", "display": "CT CHEST WO CONTRAST"}

    lines = report(request(order(code={"coding": [coding]})))

    assert 'study: ct-chest-without-contrast (by-name "CT CHEST WO CONTRAST")' in lines
    assert f'code: {EPIC} | IMG3110 "CT CHEST WO CONTRAST": not mapped' in lines
    assert f"{EPIC},IMG3110,ct-chest-without-contrast,CT CHEST WO CONTRAST,no" in lines


def test_the_line_for_an_order_that_is_not_recognized_leaves_the_procedure_to_the_site() -> None:
    coding = {"system": EPIC, "code": "IMG9", "display": "CHEST IMAGING, ODD PROTOCOL"}

    lines = report(request(order(code={"coding": [coding]})))

    assert "study: none (unrecognized-imaging)" in lines
    assert f'{EPIC},IMG9,PROCEDURE,"chest imaging, xx protocol",no' in lines


def test_a_drug_among_the_orders_is_no_study_and_is_not_to_be_mapped() -> None:
    drug = {"resourceType": "MedicationRequest", "id": "m1", "medicationCodeableConcept": {"text": "x"}}

    lines = report(request(order(), drug))

    assert "2. MedicationRequest, asked about" in lines
    assert "study: none (not-chest-imaging)" in lines
    assert "to map it, add to the file of CDS_ORDER_CODES:" not in lines


def test_the_reason_is_shown_as_it_was_understood() -> None:
    reason = [{"text": f"Rule out hemoptysis, {SECRET}"}]

    lines = report(request(order(reasonCode=reason)))

    assert 'reason: for-hemoptysis (hemoptysis possible by the words "hemoptysis")' in lines


def test_selections_are_matched_to_the_orders() -> None:
    lines = report(request(order(), order(id="o2"), selections=["ServiceRequest/o2", "ServiceRequest/o9"]))

    assert "1. ServiceRequest, not asked about" in lines
    assert "2. ServiceRequest, asked about" in lines
    assert [line for line in lines if line in ("1. draft order 2", "2. matches no draft order")] == [
        "1. draft order 2",
        "2. matches no draft order",
    ]


@pytest.mark.parametrize(
    ("selections", "line"),
    [(None, "none sent: every draft order is meant"), ([], "empty: no draft order is meant")],
)
def test_no_selections_and_empty_ones_are_told_apart(selections: object, line: str) -> None:
    assert line in report(request(order(), selections=selections))


PERSON = "Jane Doe MRN 123456"


@pytest.mark.parametrize(
    "code",
    [
        {"coding": [{"system": EPIC, "code": "IMG9", "display": PERSON}]},
        {"coding": [{"system": EPIC, "code": "IMG9"}], "text": f"CT CHEST {PERSON}"},
        {"coding": [{"system": EPIC, "code": "IMG9", "display": f"CT CHEST WO CONTRAST {PERSON}"}]},
        {"text": f"CT CHEST {PERSON}"},
    ],
)
def test_a_display_and_a_text_show_no_words_but_those_of_studies(code: Json) -> None:
    lines = report(request(order(code=code)))

    assert [line for line in lines for word in PERSON.split() if word.lower() in line.lower()] == []


@pytest.mark.parametrize("text", ["260 mL", "CT CHEST, coughed up 260 mL of blood"])
def test_no_amount_in_the_name_of_an_order_is_shown(text: str) -> None:
    coding = {"system": EPIC, "code": "IMG9", "display": text}

    lines = report(request(order(code={"coding": [coding]}), order(code={"text": text})))

    assert not any("260" in line for line in lines)


def test_the_line_to_copy_holds_the_words_of_the_study_alone() -> None:
    coding = {"system": EPIC, "code": "IMG3110", "display": f"CT CHEST WO CONTRAST {PERSON}"}

    lines = report(request(order(code={"coding": [coding]})))

    assert any(line.startswith(f"{EPIC},IMG3110,") and "ct chest wo contrast xx" in line for line in lines)


def test_a_type_that_is_none_of_fhir_is_not_shown() -> None:
    stranger = {"resourceType": PERSON, "id": "x"}

    lines = report(request(stranger, prefetch={"vitals": stranger}))

    assert not any(PERSON in line for line in lines)


def test_no_card_shows_an_amount_of_the_chart() -> None:
    amount = REQUESTS / "order-select" / "massive-by-volume.json"

    lines = report(amount.read_bytes())

    assert "card, critical: Massive hemoptysis" in lines
    assert not any(re.search(r"\d mL", line) for line in lines)
