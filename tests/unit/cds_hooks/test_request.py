"""The envelope of a hook request: what is answered, what is refused, and how the refusal reads."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.cds_hooks.parse import hook_request_from
from cds_service.cds_hooks.request import JUDGE_AT_KEY, Hook, HookRequest, Reference
from cds_service.errors import BadRequest, BadValue, RequiredMissing, TooLarge
from tests.unit.fhir.builders import body, bundle, order, request


def read(written: Any) -> HookRequest:
    return hook_request_from(json.dumps(written).encode())


def changed(**members: Any) -> bytes:
    return json.dumps(body() | members).encode()


def test_the_usual_request_is_read_without_notes_on_what_is_there() -> None:
    asked = read(
        body(userId="Practitioner/1", selections=["ServiceRequest/o1"], encounterId="e1", prefetch={})
        | {"hookInstance": "h1"}
    )

    assert (asked.hook, asked.patient_id, asked.encounter_id) == (Hook.ORDER_SELECT, "p1", "e1")
    assert [draft.id for draft in asked.drafts] == ["o1"]
    assert asked.notes == ()


def test_missing_hook_instance_user_and_selections_are_noted_and_answered() -> None:
    notes = request().notes

    assert [note.partition(" ")[0] for note in notes] == [
        "hookInstance",
        "context.userId",
        "context.selections",
        "prefetch",
    ]


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"   ",
        b"not json",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b'{"hook": "order-select", "context": {"patientId": NaN}}',
        b'{"hook": "patient-view", "context": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"hook": "patient-view", "context": {"patientId": "\xff"}}',
        b'{"hook": "patient-view", "context": {"patientId": ' + b"1" * 5_000 + b"}}",
        '{"hook": "patient-view"}'.encode("utf-16"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(written: bytes) -> None:
    with pytest.raises(BadRequest):
        hook_request_from(written)


def test_a_byte_order_mark_is_tolerated() -> None:
    assert hook_request_from(b"\xef\xbb\xbf" + json.dumps(body()).encode()).patient_id == "p1"


def test_a_text_cut_off_within_an_emoji_costs_one_character_only() -> None:
    written = json.dumps(body(drafts=bundle(order(note=[{"text": "CUT \\ OFF \U0001f600"}])))).encode()

    asked = hook_request_from(written.replace(rb"\ude00", b""))

    assert json.loads(bytes(asked.drafts[0].raw))["note"] == [{"text": "CUT \\ OFF \ufffd"}]


def test_repeated_members_are_tolerated() -> None:
    asked = hook_request_from(b'{"hook": 1, "hook": "patient-view", "context": {"patientId": "p1"}}')

    assert asked.hook is Hook.PATIENT_VIEW


@pytest.mark.parametrize(
    ("written", "member", "error"),
    [
        (changed(hook=None), "hook", RequiredMissing),
        (changed(hook="Order-Select"), "hook", BadValue),
        (changed(hook=["order-select"]), "hook", BadValue),
        (changed(hook="encounter-start"), "hook", BadValue),
        (changed(context=None), "context", RequiredMissing),
        (changed(context=[]), "context", BadValue),
        (changed(context="x"), "context", BadValue),
        (changed(prefetch=[]), "prefetch", BadValue),
        (json.dumps(body(patientId=None)).encode(), "context.patientId", RequiredMissing),
        (json.dumps(body(patientId=" ")).encode(), "context.patientId", RequiredMissing),
        (json.dumps(body(patientId=12)).encode(), "context.patientId", BadValue),
        (json.dumps(body(patientId="Practitioner/12")).encode(), "context.patientId", BadValue),
        (json.dumps(body(draftOrders=None)).encode(), "context.draftOrders", RequiredMissing),
        (json.dumps(body(draftOrders=[])).encode(), "context.draftOrders", BadValue),
        (json.dumps(body(draftOrders="x")).encode(), "context.draftOrders", BadValue),
        (json.dumps(body(draftOrders={"entry": 5})).encode(), "context.draftOrders.entry", BadValue),
        (json.dumps(body(selections={"a": 1})).encode(), "context.selections", BadValue),
        (changed(extension={JUDGE_AT_KEY: "soon"}), f"extension.{JUDGE_AT_KEY}", BadValue),
        (changed(extension={JUDGE_AT_KEY: "2026-11-24T10:00:00"}), f"extension.{JUDGE_AT_KEY}", BadValue),
        (changed(extension={JUDGE_AT_KEY: 12}), f"extension.{JUDGE_AT_KEY}", BadValue),
    ],
)
def test_a_refusal_names_the_member_and_quotes_no_value(
    written: bytes, member: str, error: type[BadRequest]
) -> None:
    with pytest.raises(error) as refused:
        hook_request_from(written)

    assert refused.value.expression == member
    assert member in refused.value.message
    assert not any(value in refused.value.message for value in ("Order-", "encounter-", "12", "soon"))


@pytest.mark.parametrize(
    "written",
    ["p1", " p1 ", "Patient/p1", "https://ehr.example/fhir/Patient/p1", "Patient/p1/_history/2"],
)
def test_a_patient_id_in_any_form_is_read_as_the_bare_id(written: str) -> None:
    assert request(patientId=written).patient_id == "p1"


def test_an_encounter_id_may_be_null_absent_or_a_reference() -> None:
    assert request(encounterId=None).encounter_id == ""
    assert request().encounter_id == ""
    assert request(encounterId="Encounter/e1").encounter_id == "e1"


@pytest.mark.parametrize(
    ("hook", "has_drafts", "expected"),
    [
        ("order-select", True, Hook.ORDER_SELECT),
        ("order-sign", True, Hook.ORDER_SIGN),
        ("patient-view", True, Hook.ORDER_SELECT),
        ("patient-view", False, Hook.PATIENT_VIEW),
    ],
)
def test_the_context_decides_which_hook_it_is(hook: str, has_drafts: bool, expected: Hook) -> None:
    drafts = bundle(order()) if has_drafts else None

    assert request(hook=hook, draftOrders=drafts).hook is expected


def test_selections_are_read_in_any_form_and_what_is_none_is_noted() -> None:
    asked = request(selections=["ServiceRequest/a", "https://e.example/fhir/ServiceRequest/b", "c", 5, None])

    assert asked.selections == (
        Reference("ServiceRequest", "a"),
        Reference("ServiceRequest", "b"),
        Reference("", "c"),
    )
    assert "context.selections: 2 are not ids" in asked.notes


def test_selections_given_as_references_are_read_like_their_strings() -> None:
    one = {"reference": "ServiceRequest/a"}

    asked = request(selections=[one, {"reference": "c", "type": "ServiceRequest"}, {"display": "d"}, {}])

    assert asked.selections == (Reference("ServiceRequest", "a"), Reference("", "c"))
    assert "context.selections: 2 are not ids" in asked.notes
    assert request(selections=one).selections == (Reference("ServiceRequest", "a"),)


def test_a_typed_selection_does_not_mean_a_resource_of_another_type_with_the_same_id() -> None:
    drafts = bundle(order(id="1"), {"resourceType": "MedicationRequest", "id": "1"})

    asked = request(drafts=drafts, selections=["MedicationRequest/1"])

    assert asked.selected() == asked.drafts[1:]


def test_a_bare_selection_means_every_resource_of_that_id() -> None:
    asked = request(selections=["o1"])

    assert asked.selected() == asked.drafts


def test_without_selections_and_on_order_sign_every_order_is_meant() -> None:
    for asked in (request(), request(hook="order-sign", selections=[])):
        assert asked.selected() == asked.drafts


def test_empty_selections_mean_no_order() -> None:
    asked = request(selections=[])

    assert asked.selected() == ()


def test_more_drafts_than_anyone_writes_are_refused() -> None:
    drafts = bundle(*(order(id=f"o{n}") for n in range(1001)))

    with pytest.raises(TooLarge, match="more than 1000"):
        request(drafts=drafts)


@pytest.mark.parametrize(
    "drafts",
    [
        {"entry": [{"resource": order()}]},
        {"resourceType": "Bundle", "entry": {"resource": order()}},
        {"resourceType": "Bundle", "entry": [order()]},
        order(),
    ],
    ids=["no type", "entry as an object", "bare resource", "no Bundle at all"],
)
def test_draft_orders_are_read_whatever_holds_them(drafts: Any) -> None:
    assert [draft.id for draft in request(drafts=drafts).drafts] == ["o1"]


def test_an_entry_that_cannot_be_read_is_counted_and_the_others_keep_their_places() -> None:
    drafts = {"resourceType": "Bundle", "entry": [5, {"resource": None}, {"resource": order()}, {}]}

    asked = request(drafts=drafts)

    assert [draft.index for draft in asked.drafts] == [2]
    assert "context.draftOrders: 3 of 4 entries could not be read" in asked.notes


def test_an_order_that_is_sent_twice_counts_once() -> None:
    nameless = order(id=None)

    asked = request(drafts=bundle(order(), order(), nameless, nameless))

    assert [draft.index for draft in asked.drafts] == [0, 2, 3]
    assert "context.draftOrders: 1 of 4 entries repeat an order" in asked.notes


def test_an_empty_bundle_of_draft_orders_is_an_order_hook_without_orders() -> None:
    assert request(drafts={"resourceType": "Bundle"}).drafts == ()


def test_a_draft_order_keeps_its_bytes() -> None:
    written = b'{"resourceType":"ServiceRequest" ,"id":"o1", "x": 1.50, "y": 1E5}'
    whole = b'{"hook":"order-sign","context":{"patientId":"p1","draftOrders":{"entry":[{"resource":%b}]}}}'

    asked = hook_request_from(whole % written)

    assert bytes(asked.drafts[0].raw) == written


def test_the_fhir_server_is_read_with_its_token_which_is_never_shown() -> None:
    members = {"fhirServer": "https://e.example/fhir", "fhirAuthorization": {"access_token": "s3cret"}}

    asked = hook_request_from(changed(**members))

    assert asked.access is not None
    assert (asked.access.server, asked.access.token) == ("https://e.example/fhir", "s3cret")
    assert "s3cret" not in repr(asked)


@pytest.mark.parametrize("server", [None, 5, "", "file:///etc/passwd", "e.example/fhir", "http://["])
def test_a_server_that_is_no_web_address_is_left_alone(server: Any) -> None:
    assert hook_request_from(changed(fhirServer=server)).access is None


def test_a_token_that_would_write_a_header_is_not_used() -> None:
    members = {"fhirServer": "https://e.example", "fhirAuthorization": {"access_token": "a\r\nX-B: c"}}

    asked = hook_request_from(changed(**members))

    assert asked.access is not None
    assert asked.access.token == ""
    assert "fhirAuthorization holds no usable token" in asked.notes


def test_the_instant_to_judge_at_is_read_from_the_extension() -> None:
    asked = hook_request_from(changed(extension={JUDGE_AT_KEY: "2026-11-24T10:00:00Z"}))

    assert asked.judge_at == datetime(2026, 11, 24, 10, tzinfo=UTC)


@pytest.mark.parametrize("extension", [None, [], [{"url": "x"}], "x", 5, {}])
def test_other_extensions_are_ignored(extension: Any) -> None:
    assert hook_request_from(changed(extension=extension)).judge_at is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
NAMES = ("hook", "hookInstance", "context", "prefetch", "fhirServer", "fhirAuthorization", "extension")
CONTEXT = ("patientId", "userId", "encounterId", "selections", "draftOrders")


@given(
    st.dictionaries(st.sampled_from(NAMES), JSON),
    st.dictionaries(st.sampled_from(CONTEXT), JSON),
    st.booleans(),
)
def test_any_json_is_read_or_refused(envelope: Any, context: Any, has_context: bool) -> None:
    whole = body() | envelope
    if has_context:
        whole["context"] = body()["context"] | context

    with suppress(BadRequest):
        assert read(whole).patient_id


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_as_a_bad_request(written: bytes) -> None:
    with pytest.raises(BadRequest):
        hook_request_from(written)
