"""A draft order that goes back: what it keeps, and what the service adds."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.cds_hooks.drafts import codeable_concept, new_order, order_with
from cds_service.cds_hooks.parse import hook_request_from
from cds_service.cds_hooks.request import DraftOrder
from cds_service.cds_hooks.response import (
    AUC_APPLIED,
    PAMA_RATING,
    consult_extension,
    criteria_extension,
    mechanism_extension,
    rating_extension,
)
from cds_service.knowledge.model import Category
from cds_service.knowledge.terminology.concepts import Coding
from tests.unit.fhir.builders import CHEST_PAIN, HEMOPTYSIS, order, raw, read_order, request

CONSULT_ID = "11111111-1111-4111-8111-111111111111"
TOPIC = "https://acsearch.acr.org/docs/69449/Narrative/"
CATEGORIES = "https://cds.example/CodeSystem/acr-appropriateness-category"
EXTENSIONS = (
    rating_extension("not-appropriate", Category.USUALLY_NOT_APPROPRIATE, category_system=CATEGORIES),
    consult_extension(CONSULT_ID),
    criteria_extension(TOPIC),
    mechanism_extension("none"),
)
RATED = [json.loads(bytes(extension)) for extension in EXTENSIONS]
CTA = codeable_concept(Coding("http://www.ama-assn.org/go/cpt", "71275", "CTA chest"))
REASON = codeable_concept(Coding("http://snomed.info/sct", "66857006", "Hemoptysis"))
OTHER = {"url": "https://ehr.example/x", "valueDecimal": 1}


def draft(written: str | dict[str, Any]) -> DraftOrder:
    return DraftOrder(0, "ServiceRequest", "o1", raw(written))


def edited(written: str | dict[str, Any], **changes: Any) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(bytes(order_with(draft(written), extensions=EXTENSIONS, **changes)))
    return result


def test_every_member_keeps_its_bytes_and_its_place() -> None:
    written = '{"resourceType" : "ServiceRequest","a":{"b" : 1.50},"c":1E5, "d":[ 0.10 ],"_e":null,"id":"o1"}'

    result = bytes(order_with(draft(written), extensions=EXTENSIONS)).decode()

    for kept in ('{"b" : 1.50}', "1E5", "[ 0.10 ]", '"_e":null'):
        assert kept in result
    assert list(json.loads(result)) == ["resourceType", "a", "c", "d", "_e", "id", "extension"]


def test_an_older_rating_is_replaced_and_other_extensions_stay_as_they_came() -> None:
    older = {"url": PAMA_RATING, "valueCodeableConcept": {"text": "old"}}

    result = edited(order(extension=[older, OTHER, {"url": AUC_APPLIED, "valueUri": "urn:x"}]))

    assert result["extension"] == [OTHER, *RATED]


@pytest.mark.parametrize(
    ("extension", "kept"),
    [
        (OTHER, [OTHER]),
        ([OTHER, 5, None, {"url": 7}], [OTHER, 5, None, {"url": 7}]),
        ([], []),
        ({"url": PAMA_RATING}, []),
        ("odd", ["odd"]),
    ],
)
def test_an_extension_of_any_shape_is_kept(extension: Any, kept: list[Any]) -> None:
    assert edited(order(extension=extension))["extension"] == [*kept, *RATED]


def test_without_a_new_rating_the_older_one_goes_and_leaves_no_empty_array() -> None:
    written = draft(order(extension=[{"url": PAMA_RATING}]))

    assert "extension" not in json.loads(bytes(order_with(written, extensions=())))


def test_a_replacement_changes_the_whole_code_and_keeps_the_reason() -> None:
    reasons = [CHEST_PAIN, HEMOPTYSIS]

    result = edited(order(reasonCode=reasons, note=[{"text": "x"}]), code=CTA, reason_code=REASON)

    assert result["code"] == json.loads(bytes(CTA))
    assert result["reasonCode"] == reasons
    assert result["note"] == [{"text": "x"}]


@pytest.mark.parametrize("empty", [None, [], [{}], {}, [{"coding": [{}]}], "", [{"text": ""}]])
def test_an_order_without_a_reason_gets_hemoptysis(empty: Any) -> None:
    written = order() | {"reasonCode": empty}

    assert edited(written, code=CTA, reason_code=REASON)["reasonCode"] == [json.loads(bytes(REASON))]


@pytest.mark.parametrize(
    "reason",
    [
        {"reasonCode": {"text": "coughs blood"}},
        {"reasonReference": [{"reference": "Condition/c1"}]},
        {"reason": [{"concept": HEMOPTYSIS}]},
    ],
)
def test_a_reason_of_any_shape_is_kept(reason: dict[str, Any]) -> None:
    result = edited(order(**reason), code=CTA, reason_code=REASON)

    assert {name: result.get(name) for name in ("reasonCode", "reasonReference", "reason")} == {
        name: reason.get(name) for name in ("reasonCode", "reasonReference", "reason")
    }


def test_an_order_in_the_shape_of_r5_gets_a_code_of_that_shape() -> None:
    result = edited(order(code={"concept": HEMOPTYSIS}), code=CTA)

    assert result["code"] == {"concept": json.loads(bytes(CTA))}


@pytest.mark.parametrize("code", [None, "71250", [HEMOPTYSIS], 5])
def test_a_code_of_another_shape_gets_that_of_r4(code: Any) -> None:
    assert edited(order() | {"code": code}, code=CTA)["code"] == json.loads(bytes(CTA))


def test_an_older_rating_is_seen() -> None:
    assert read_order(order(extension=[OTHER, {"url": PAMA_RATING}])).has_rating
    assert not read_order(order(extension=OTHER)).has_rating


def test_a_rating_holds_the_code_the_category_and_the_consultation() -> None:
    rating, consult, applied, consulted = RATED

    assert [c["code"] for c in rating["valueCodeableConcept"]["coding"]] == [
        "not-appropriate",
        "usually-not-appropriate",
    ]
    assert consult["valueUri"] == f"urn:uuid:{CONSULT_ID}"
    assert applied["valueUri"] == TOPIC
    assert consulted["valueString"] == "none"


@pytest.mark.parametrize("category", [None, Category.USUALLY_APPROPRIATE])
def test_where_no_criteria_apply_there_is_no_category(category: Category | None) -> None:
    extension = json.loads(bytes(rating_extension("no-criteria-apply", category, category_system=CATEGORIES)))

    assert [c["code"] for c in extension["valueCodeableConcept"]["coding"]] == ["no-criteria-apply"]


def test_a_consult_id_is_a_urn_however_it_is_given() -> None:
    assert json.loads(bytes(consult_extension("urn:uuid:2")))["valueUri"] == "urn:uuid:2"
    assert json.loads(bytes(consult_extension("2")))["valueUri"] == "urn:uuid:2"


def test_a_new_order_is_a_draft_for_the_patient_and_the_encounter() -> None:
    asked = request(encounterId="e1")

    created = json.loads(bytes(new_order(asked, order_id="n1", code=CTA, reason_code=REASON)))

    assert (created["status"], created["intent"], created["id"]) == ("draft", "order", "n1")
    assert created["subject"] == {"reference": "Patient/p1"}
    assert created["encounter"] == {"reference": "Encounter/e1"}
    assert "extension" not in created


def test_a_new_order_names_no_encounter_where_none_is_known() -> None:
    created = json.loads(bytes(new_order(request(), order_id="n1", code=CTA, reason_code=REASON)))

    assert "encounter" not in created


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["code", "reasonCode", "extension", "x", "reason"]), JSON))
def test_any_draft_order_comes_back_whole(written: dict[str, Any]) -> None:
    result = edited(written, code=CTA, reason_code=REASON)

    assert result.get("x") == written.get("x")
    assert result["extension"][-len(RATED) :] == RATED


@pytest.mark.parametrize("empty", ["{}", "{ }", "null", "[]"])
def test_an_empty_extension_is_left_out(empty: str) -> None:
    written = f'{{"resourceType":"ServiceRequest","id":"o1","extension":{empty}}}'

    assert edited(written)["extension"] == RATED
    assert "{}" not in bytes(order_with(draft(written), extensions=EXTENSIONS)).decode()


HALVES = (
    r'{"resourceType":"ServiceRequest","id":"o1","subject":{"reference":"Patient/p1"},'
    r'"note":[{"text":"a \ud83d b \\ud83d \uD83D \ud83d\ude00 \ue000"}],"k\udc00":1.50,'
    r'"code":{"text":"CT chest \ud83d"}}'
)


@pytest.mark.parametrize("beside", ["", r"\ue000\ue001 \ud800"])
def test_half_of_a_character_comes_back_as_it_came(beside: str) -> None:
    body = f'{{"hook":"order-sign","x":"{beside}","context":{{"patientId":"p1","draftOrders":{HALVES}}}}}'
    (read,) = hook_request_from(body.encode()).drafts

    result = bytes(order_with(read, extensions=())).decode()

    assert result == HALVES
    assert "\ufffd" in json.loads(bytes(read.raw))["code"]["text"]


def test_half_of_a_character_in_a_replaced_code_goes_with_it() -> None:
    body = f'{{"hook":"order-sign","context":{{"patientId":"p1","draftOrders":{HALVES}}}}}'
    (read,) = hook_request_from(body.encode()).drafts

    result = json.loads(bytes(order_with(read, extensions=EXTENSIONS, code=CTA)))

    assert result["code"] == json.loads(bytes(CTA))
    assert result["note"][0]["text"].startswith("a \ud83d b")
