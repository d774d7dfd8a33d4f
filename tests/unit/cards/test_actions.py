"""What the actions carry: the client's own order, its rating, the code and the reason of a new study."""

import json
from typing import Any
from uuid import UUID

import msgspec
import pytest
from fhir.resources.R4B.servicerequest import ServiceRequest

from cds_service.cards.suggestions import code_systems_of, orderable_code
from cds_service.cds_hooks.request import DraftOrder, Hook
from cds_service.cds_hooks.response import Action
from cds_service.clinical.decision import Alternative, Decision
from cds_service.knowledge.model import Variant
from tests.unit.cards.builders import (
    CPT,
    CTA,
    RADIOGRAPH,
    RECURRENT,
    a_decision,
    a_draft,
    a_request,
    an_order,
    answer_to,
    judged,
    knowledge,
    not_rated,
    resource_of,
    settings,
)

PAMA = "http://fhir.org/argonaut/Extension/pama-rating"
LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"


def a_warned_decision() -> Decision:
    return a_decision(judged(an_order(), RECURRENT, alternatives=(CTA,)), plausible=RECURRENT)


def the_rating_action(decision: Decision, **changes: Any) -> Action:
    actions = answer_to(decision, **changes).system_actions
    assert not isinstance(actions, msgspec.UnsetType)
    (action,) = actions
    return action


def the_replacement(decision: Decision, **members: Any) -> dict[str, Any]:
    request = a_request(decision, drafts=tuple(a_draft(j.order, **members) for j in decision.judgments))
    card = answer_to(decision, request=request).cards[-1]
    return resource_of(card.suggestions[0].actions[0].resource)


def extensions_of(resource: dict[str, Any]) -> dict[str, Any]:
    return {extension["url"].removeprefix(PAMA): extension for extension in resource["extension"]}


def test_a_rating_returns_the_whole_draft_with_the_extensions() -> None:
    decision = a_warned_decision()
    (draft,) = a_request(decision).drafts

    action = the_rating_action(decision)

    rated = resource_of(action.resource)
    extensions = extensions_of(rated)
    assert action.type == "update"
    assert action.description == "Rate CT chest without IV contrast: usually not appropriate"
    assert {k: v for k, v in rated.items() if k != "extension"} == resource_of(draft.raw)
    assert extensions["-auc-applied"]["valueUri"] == knowledge().edition.topic_url
    assert extensions["-qcdsm-consulted"]["valueString"] == "none"
    assert extensions["-consult-id"]["valueUri"].startswith("urn:uuid:")


def test_no_criteria_apply_names_no_criteria() -> None:
    action = the_rating_action(a_decision(not_rated(an_order("mri-chest"), "not-in-topic")))

    extensions = extensions_of(resource_of(action.resource))
    assert [c["code"] for c in extensions[""]["valueCodeableConcept"]["coding"]] == ["no-criteria-apply"]
    assert set(extensions) == {"", "-consult-id", "-qcdsm-consulted"}


def test_a_site_decides_on_the_code_of_may_be_appropriate_and_on_its_mechanism() -> None:
    changed = settings(may_be_appropriate="not-appropriate", qcdsm="G1011", canonical_url="https://x.example")

    action = the_rating_action(a_decision(judged(an_order())), settings=changed)

    extensions = extensions_of(resource_of(action.resource))
    first, second = extensions[""]["valueCodeableConcept"]["coding"]
    assert (first["code"], second["code"]) == ("not-appropriate", "may-be-appropriate")
    assert second["system"] == "https://x.example/CodeSystem/acr-appropriateness-category"
    assert extensions["-qcdsm-consulted"]["valueString"] == "G1011"


def test_a_replacement_is_the_same_order_with_another_code_and_rating() -> None:
    replaced = the_replacement(a_warned_decision(), note=[{"text": "bring old films"}])

    assert replaced["id"] == "order-1"
    assert replaced["note"] == [{"text": "bring old films"}]
    assert replaced["code"]["coding"][0]["code"] == "71275"
    assert replaced["code"]["coding"][0]["display"]
    assert replaced["reasonCode"] == [{"text": "Hemoptysis"}]
    coding = extensions_of(replaced)[""]["valueCodeableConcept"]["coding"]
    assert [c["code"] for c in coding] == ["appropriate", "usually-appropriate"]


def test_the_description_of_a_replacement_can_be_read_whatever_the_names() -> None:
    order = an_order("ct-chest-contrast-unspecified")
    decision = a_decision(not_rated(order, "contrast-unspecified", alternatives=(CTA, RADIOGRAPH)))

    (card,) = answer_to(decision).cards

    assert [s.actions[0].description for s in card.suggestions] == [
        "Order CTA chest with IV contrast instead of CT chest, contrast not specified",
        "Order chest radiograph instead of CT chest, contrast not specified",
    ]


def test_a_replacement_keeps_the_consult_id_of_the_judgment() -> None:
    answer = answer_to(a_warned_decision())

    assert not isinstance(answer.system_actions, msgspec.UnsetType)
    rated = extensions_of(resource_of(answer.system_actions[0].resource))
    replaced = extensions_of(resource_of(answer.cards[0].suggestions[0].actions[0].resource))
    assert rated["-consult-id"] == replaced["-consult-id"]


def test_each_judged_order_has_a_consult_id_of_its_own() -> None:
    orders = (an_order(), an_order("cta-chest-with-contrast", index=1, id="order-2"))

    actions = answer_to(a_decision(*(judged(order) for order in orders))).system_actions

    assert not isinstance(actions, msgspec.UnsetType)
    ids = {extensions_of(resource_of(a.resource))["-consult-id"]["valueUri"] for a in actions}
    assert len(ids) == 2


@pytest.mark.parametrize("reason", [[], [{"coding": [{}]}], None])
def test_a_replacement_fills_an_empty_reason_with_hemoptysis(reason: object) -> None:
    replaced = the_replacement(a_warned_decision(), reasonCode=reason)

    (coding,) = replaced["reasonCode"][0]["coding"]
    assert coding == {"system": SNOMED, "code": "66857006", "display": "Hemoptysis"}


@pytest.mark.parametrize(
    ("systems", "system", "code"),
    [
        ((), CPT, "71275"),
        ((CPT,), CPT, "71275"),
        (("urn:oid:2.16.840.1.113883.6.12",), CPT, "71275"),
        ((LOINC,), LOINC, "36266-5"),
        (("https://ehr.example/orderables", LOINC), LOINC, "36266-5"),
        (("urn:oid:2.16.840.1.113883.6.96",), SNOMED, "411251000119104"),
        (("https://ehr.example/orderables",), CPT, "71275"),
    ],
)
def test_the_code_is_of_the_system_of_the_order_else_cpt(
    systems: tuple[str, ...], system: str, code: str
) -> None:
    cta = knowledge().procedures["cta-chest-with-contrast"]

    chosen = orderable_code(cta, systems, knowledge())

    assert (chosen.system, chosen.code) == (system, code)


def test_a_study_without_a_code_in_the_system_of_the_order_gets_cpt() -> None:
    native_and_contrast = knowledge().procedures["ct-chest-without-and-with-contrast"]

    assert orderable_code(native_and_contrast, (SNOMED,), knowledge()).system == CPT


@pytest.mark.parametrize(
    ("code", "systems"),
    [
        ({"coding": [{"system": LOINC, "code": "1"}, {"system": CPT}]}, (LOINC, CPT)),
        ({"concept": {"coding": [{"system": LOINC}]}}, (LOINC,)),
        ({"coding": {"system": LOINC}}, (LOINC,)),
        ({"coding": [None, {}, {"system": 5}, "x"]}, ()),
        ({"text": "CT"}, ()),
        ([], ()),
        (None, ()),
    ],
)
def test_code_systems_are_read_from_any_shape(code: object, systems: tuple[str, ...]) -> None:
    raw = msgspec.Raw(json.dumps({"resourceType": "ServiceRequest", "code": code}).encode())

    assert code_systems_of(DraftOrder(0, "ServiceRequest", "o1", raw)) == systems


def test_the_complement_is_a_new_rated_order_for_the_patient() -> None:
    decision = a_decision(judged(an_order("cta-chest-with-contrast")), complement_for=0)
    request = a_request(decision, encounter_id="e1")

    (suggestion,) = answer_to(decision, request=request).cards[0].suggestions

    (action,) = suggestion.actions
    created = resource_of(action.resource)
    assert action.type == "create"
    assert str(UUID(created["id"])) == created["id"]
    assert created["code"]["coding"][0]["code"] == "71046"
    assert created["subject"] == {"reference": "Patient/p1"}
    assert created["encounter"] == {"reference": "Encounter/e1"}
    assert created["reasonCode"][0]["coding"][0]["code"] == "66857006"


@pytest.mark.parametrize(
    ("system", "code"),
    [(LOINC, "36643-5"), (SNOMED, "399208008"), ("https://ehr.example/orderables", "71046")],
)
def test_the_complement_is_coded_in_the_system_of_the_order_that_it_belongs_to(
    system: str, code: str
) -> None:
    decision = a_decision(judged(an_order("cta-chest-with-contrast")), complement_for=0)
    (draft,) = (a_draft(j.order, code={"coding": [{"system": system}]}) for j in decision.judgments)

    (card,) = answer_to(decision, request=a_request(decision, drafts=(draft,))).cards

    (coding,) = resource_of(card.suggestions[0].actions[0].resource)["code"]["coding"]
    assert coding["code"] == code


def test_new_orders_of_patient_view_have_ids_and_consult_ids_of_their_own() -> None:
    studies = (Alternative("cta-chest-with-contrast"), Alternative("radiography-chest"))
    decision = a_decision(initial_studies=studies)

    (card,) = answer_to(decision, request=a_request(decision, Hook.PATIENT_VIEW)).cards

    created = [resource_of(s.actions[0].resource) for s in card.suggestions]
    consults = {extensions_of(order)["-consult-id"]["valueUri"] for order in created}
    assert len({order["id"] for order in created}) == 2
    assert len(consults) == 2


def test_the_draft_is_found_by_its_place_not_by_its_id() -> None:
    decision = a_decision(judged(an_order(index=1)))
    other = DraftOrder(0, "ServiceRequest", "order-1", msgspec.Raw(b'{"resourceType":"ServiceRequest"}'))
    drafts = (other, a_draft(an_order(index=1)))

    action = the_rating_action(decision, request=a_request(decision, drafts=drafts))

    assert resource_of(action.resource)["status"] == "draft"


@pytest.mark.parametrize("plausible", [RECURRENT, (Variant.MASSIVE, Variant.NONMASSIVE)])
def test_every_resource_that_is_sent_is_valid(plausible: tuple[Variant, ...]) -> None:
    rated = judged(an_order("cta-chest-with-contrast"), plausible)
    other = judged(an_order(index=1, id="order-2"), plausible, alternatives=(CTA,))
    answer = answer_to(a_decision(rated, other, plausible=plausible, complement_for=0))
    assert not isinstance(answer.system_actions, msgspec.UnsetType)

    suggested = [a for card in answer.cards for s in card.suggestions for a in s.actions]
    sent = [resource_of(action.resource) for action in (*answer.system_actions, *suggested)]

    assert len(sent) >= 4 or plausible != RECURRENT
    assert all(ServiceRequest.model_validate(resource) for resource in sent)
