"""Draft orders that were taken from a card stand in for those of the request."""

import pytest

from tests.unit.web.workbench.conftest import Asked


def test_draft_orders_replace_those_of_the_request_and_all_are_selected(asked: Asked) -> None:
    first = asked()
    taken = first["answer"]["cards"][0]["suggestions"][0]["actions"][0]["resource"]

    second = asked(drafts=[taken])

    entries = second["request"]["context"]["draftOrders"]["entry"]
    assert [entry["resource"] for entry in entries] == [taken]
    assert second["request"]["context"]["selections"] == [f"ServiceRequest/{taken['id']}"]
    assert second["explain"]["orders"][0]["study"] == "cta-chest-with-contrast"


@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
def test_draft_orders_stay_whatever_the_hook_and_get_the_reason_that_is_asked_for(
    asked: Asked, hook: str
) -> None:
    taken = asked()["answer"]["cards"][0]["suggestions"][0]["actions"][0]["resource"]

    same = asked(drafts=[taken], hook=hook)["request"]
    coughing = asked(drafts=[taken], hook=hook, order="radiography-chest", reason="cough")["request"]

    assert same["hook"] == coughing["hook"] == hook
    assert [entry["resource"] for entry in same["context"]["draftOrders"]["entry"]] == [taken]
    (other,) = (entry["resource"] for entry in coughing["context"]["draftOrders"]["entry"])
    assert {**other, "reasonCode": taken["reasonCode"]} == taken
    assert other["reasonCode"] != taken["reasonCode"]


def test_where_the_chart_is_opened_no_draft_order_is_sent(asked: Asked) -> None:
    taken = asked()["answer"]["cards"][0]["suggestions"][0]["actions"][0]["resource"]

    opened = asked(drafts=[taken], hook="patient-view")["request"]

    assert opened == asked(hook="patient-view")["request"]
