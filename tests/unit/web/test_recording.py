"""What the record holds of calls and feedback, and what it changes of the next answer."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from cds_service import examples
from cds_service.app import RECORDING, create_app
from cds_service.errors import SettingsError
from cds_service.records.sql.database import Database
from cds_service.records.sql.tables import CARDS, CONSULTATIONS
from cds_service.settings import Settings
from cds_service.web import recording as recording_module
from cds_service.web.recording import Recording

SELECT, SIGN, VIEW = (f"hemoptysis-imaging-{hook}" for hook in ("order-select", "order-sign", "patient-view"))
INAPPROPRIATE = "recurrent-ct-without-contrast"


def asked(name: str, **changes: Any) -> dict[str, Any]:
    """An example request, with other members of its context or of its first draft order."""
    request: dict[str, Any] = json.loads(examples.text(name))
    order = request["context"]["draftOrders"]["entry"][0]["resource"]
    for member, value in changes.items():
        (request["context"] if member in ("userId", "patientId") else order)[member] = value
    return request


def post(app: Flask, body: dict[str, Any], service: str = SELECT) -> dict[str, Any]:
    answer = app.test_client().post(f"/cds-services/{service}", json=body)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = json.loads(answer.data)
    return result


def feedback(app: Flask, card: dict[str, Any], **item: Any) -> None:
    given = {
        "card": card["uuid"],
        "outcome": "overridden",
        "outcomeTimestamp": "2026-11-24T12:00:00Z",
        **item,
    }
    answer = app.test_client().post(f"/cds-services/{SELECT}/feedback", json={"feedback": [given]})
    assert answer.status_code == 200


def rows_of(app: Flask) -> list[Any]:
    """The consultations, once everything is written."""
    recording: Recording = app.extensions[RECORDING]
    deadline = time.monotonic() + 30
    while recording.recorder.state().spooled_bytes and time.monotonic() < deadline:
        time.sleep(0.01)
    recording.recorder.close()
    database = Database(recording.site.settings.database_url)
    with database.transaction() as connection:
        return list(connection.execute(select(CONSULTATIONS).order_by(CONSULTATIONS.c.at)).all())


def shown(app: Flask, body: dict[str, Any], *, until: Callable[[list[str]], bool]) -> list[str]:
    """The indicators of the cards, asked again until they are so: the lookup gives way on a busy machine."""
    deadline = time.monotonic() + 30
    while True:
        recording: Recording = app.extensions[RECORDING]
        assert recording.quiet is not None
        recording.quiet._failed_at = float("-inf")
        cards = [card["indicator"] for card in post(app, body)["cards"]]
        if until(cards) or time.monotonic() > deadline:
            return cards


def test_a_judged_order_is_one_row_that_knows_its_cards(app: Flask) -> None:
    body = asked(INAPPROPRIATE)
    answer = post(app, body)
    [row] = rows_of(app)

    assert (row.service_id, row.hook, row.mode, row.client) == (SELECT, "order-select", "live", "")
    assert (row.outcome, row.category, row.topic) == ("rated", "usually-not-appropriate", "recurrent")
    assert all((row.procedure, row.evidence))
    assert row.variants == ["recurrent"]
    assert (row.order_index, row.is_held_back) == (0, False)
    ratings = json.dumps(answer["systemActions"])
    assert f"urn:uuid:{row.consult_id}" in ratings
    with Database(app.extensions[RECORDING].site.settings.database_url).transaction() as connection:
        [card] = connection.execute(select(CARDS)).all()
    [sent] = answer["cards"]
    assert (card.uuid, card.kind, card.indicator) == (sent["uuid"], "order", sent["indicator"])
    assert [each[0] for each in card.suggestions] == [each["uuid"] for each in sent["suggestions"]]


def test_no_id_of_patient_user_or_order_is_in_a_row(app: Flask) -> None:
    body = asked(INAPPROPRIATE)
    post(app, body)
    [row] = rows_of(app)

    context = body["context"]
    order = context["draftOrders"]["entry"][0]["resource"]
    assert all(
        key and len(key) == 32 for key in (row.patient_key, row.user_key, row.order_key, row.state_key)
    )
    for written in (context["patientId"], context["userId"], order["id"], order["subject"]["reference"]):
        assert written not in str(tuple(row))


@pytest.mark.parametrize("name", examples.names())
def test_every_suggestion_is_recorded_with_the_study_that_it_orders(app: Flask, name: str) -> None:
    body = json.loads(examples.text(name))
    answer = post(app, body, service=VIEW if body["hook"] == "patient-view" else SELECT)
    rows_of(app)
    recording: Recording = app.extensions[RECORDING]
    with Database(recording.site.settings.database_url).transaction() as connection:
        cards = connection.execute(select(CARDS).order_by(CARDS.c.place)).all()

    procedures = recording.site.knowledge.procedures
    ordered = {
        suggestion["uuid"]: suggestion["actions"][0]["resource"]["code"]["coding"][0]["code"]
        for card in answer["cards"]
        for suggestion in card.get("suggestions", ())
    }
    recorded = {uuid: procedure for card in cards for uuid, procedure, *_ in card.suggestions}
    assert recorded.keys() == ordered.keys()
    for uuid, code in ordered.items():
        assert code in {coding.code for coding in procedures[recorded[uuid]].canonical_codes.values()}
    assert {card.uuid for card in cards} == {card["uuid"] for card in answer["cards"]}


def test_a_request_that_concerns_nobody_is_not_recorded(app: Flask) -> None:
    knee = {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "73721", "display": "MRI knee"}]}
    post(app, asked(INAPPROPRIATE, code=knee, reasonCode=[]))

    assert rows_of(app) == []


def test_an_order_that_is_not_recognized_is_recorded_with_its_codes_and_not_its_words(app: Flask) -> None:
    code = {
        "coding": [
            {
                "system": "https://hospital.example/orders",
                "code": "XR-77",
                "display": "Jane Doe chest imaging",
            },
            {"system": "https://hospital.example/orders", "code": "a sentence about Jane Doe"},
            {"system": "of Jane Doe", "code": "1"},
        ]
    }
    imaging = [{"coding": [{"system": "http://snomed.info/sct", "code": "363679005"}]}]
    post(app, asked(INAPPROPRIATE, code=code, category=imaging))
    [row] = rows_of(app)

    assert row.outcome == "not-recognized"
    assert row.unmapped == ["https://hospital.example/orders|XR-77"]
    assert "Jane" not in str(tuple(row))


# --- silent ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("silent", "is_silent"), [((SELECT,), True), (("all",), True), ((SIGN,), False)])
def test_a_silent_service_judges_and_records_and_shows_nothing(
    settings: Settings, silent: tuple[str, ...], is_silent: bool
) -> None:
    app = create_app(replace(settings, silent=silent))
    answer = post(app, asked(INAPPROPRIATE))
    [row] = rows_of(app)

    assert (answer == {"cards": []}) is is_silent
    assert row.mode == ("silent" if is_silent else "live")
    assert row.category == "usually-not-appropriate"


def test_a_service_that_is_silenced_by_a_wrong_name_stops_the_start(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="CDS_SILENT: no service hemoptysis-order-sign; known are all, "):
        create_app(replace(settings, silent=("hemoptysis-order-sign",)))


# --- no card twice ---------------------------------------------------------------------------------------


def test_a_card_that_was_turned_down_is_not_shown_again_and_the_rating_is(app: Flask) -> None:
    body = asked(INAPPROPRIATE)
    first = post(app, body)
    feedback(app, first["cards"][0])

    assert shown(app, body, until=lambda cards: not cards) == []
    again = post(app, body)
    assert [each["type"] for each in again["systemActions"]] == ["update"]


@pytest.mark.parametrize(
    "changed",
    ["userId", "patientId", "id", "reasonCode"],
)
def test_a_changed_order_and_another_user_get_the_card(app: Flask, changed: str) -> None:
    body = asked(INAPPROPRIATE)
    first = post(app, body)
    feedback(app, first["cards"][0])
    assert shown(app, body, until=lambda cards: not cards) == []

    other = asked(INAPPROPRIATE, reasonCode=[{"text": "Hemoptysis since yesterday, 250 mL"}])
    if changed != "reasonCode":  # wherever it stands in the request
        order = body["context"]["draftOrders"]["entry"][0]["resource"]
        was = order["id"] if changed == "id" else body["context"][changed]
        other = json.loads(json.dumps(body).replace(was, "Practitioner/b" if "/" in was else "b"))
    assert post(app, other)["cards"]


LOCAL = {"system": "https://hospital.example/orders", "code": "IMG-CT"}
HEMOPTYSIS = {"coding": [{"system": "http://snomed.info/sct", "code": "66857006", "display": "Hemoptysis"}]}


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (
            {"code": {"coding": [LOCAL], "text": "CT chest without contrast"}},
            {"code": {"coding": [LOCAL], "text": "CT chest without and with contrast"}},
        ),
        (
            {"code": {"coding": [LOCAL | {"display": "CT chest without contrast"}]}},
            {"code": {"coding": [LOCAL | {"display": "CT chest without and with contrast"}]}},
        ),
        (
            {"reasonCode": [HEMOPTYSIS | {"text": "Hemoptysis"}]},
            {"reasonCode": [HEMOPTYSIS | {"text": "Recurrent hemoptysis, second episode"}]},
        ),
        (
            {"orderDetail": [{"coding": [LOCAL], "text": "without contrast"}]},
            {"orderDetail": [{"coding": [LOCAL], "text": "without and with contrast"}]},
        ),
    ],
    ids=["text of the study", "display of the study", "text of the reason", "text of a detail"],
)
def test_an_order_that_was_changed_in_words_beside_its_code_gets_the_card(
    app: Flask, was: dict[str, Any], becomes: dict[str, Any]
) -> None:
    body = asked(INAPPROPRIATE, **was)
    feedback(app, post(app, body)["cards"][0])
    assert shown(app, body, until=lambda cards: not cards) == []

    assert post(app, asked(INAPPROPRIATE, **was | becomes))["cards"]


def test_displays_and_other_members_do_not_make_another_order(app: Flask) -> None:
    body = asked(INAPPROPRIATE)
    feedback(app, post(app, body)["cards"][0])

    order = body["context"]["draftOrders"]["entry"][0]["resource"]
    order["priority"] = "stat"
    order["code"]["coding"][0]["display"] = "CT THORAX W/O"
    assert shown(app, body, until=lambda cards: not cards) == []


SUGGESTING = [name for name in examples.names() if "patient-view" not in name]


@pytest.mark.parametrize("name", SUGGESTING)
def test_an_order_that_comes_back_as_it_was_suggested_gets_no_card_of_its_own(app: Flask, name: str) -> None:
    body = json.loads(examples.text(name))
    for card in post(app, body)["cards"]:
        for taken in card.get("suggestions", ()):
            feedback(app, card, outcome="accepted", acceptedSuggestions=[{"id": taken["uuid"]}])
            order = taken["actions"][0]["resource"]
            again = json.loads(json.dumps(body))
            again["context"]["draftOrders"]["entry"] = [{"resource": order}]
            again["context"]["selections"] = [f"ServiceRequest/{order['id']}"]

            assert set(shown(app, again, until=lambda cards: {*cards} <= {"critical"})) <= {"critical"}


def test_an_order_that_was_taken_and_then_given_another_reason_is_judged_anew(app: Flask) -> None:
    body = asked(INAPPROPRIATE)
    [card] = post(app, body)["cards"]
    taken = card["suggestions"][0]
    feedback(app, card, outcome="accepted", acceptedSuggestions=[{"id": taken["uuid"]}])
    order = body["context"]["draftOrders"]["entry"][0]["resource"] = taken["actions"][0]["resource"]
    assert shown(app, body, until=lambda cards: not cards) == []

    order["reasonCode"] = [{"text": "Hemoptysis since yesterday, 250 mL"}]
    assert post(app, body)["cards"]


def test_a_suggestion_for_an_order_without_a_reason_is_known_again_with_the_reason_it_wrote(
    app: Flask,
) -> None:
    body = asked(INAPPROPRIATE)
    del body["context"]["draftOrders"]["entry"][0]["resource"]["reasonCode"]
    [card] = post(app, body)["cards"]
    taken = card["suggestions"][0]
    feedback(app, card, outcome="accepted", acceptedSuggestions=[{"id": taken["uuid"]}])
    order = body["context"]["draftOrders"]["entry"][0]["resource"] = taken["actions"][0]["resource"]

    assert order["reasonCode"]
    assert shown(app, body, until=lambda cards: not cards) == []


def test_the_alert_always_comes(app: Flask) -> None:
    body = asked("massive-by-volume")
    first = post(app, body)
    for card in first["cards"]:
        feedback(app, card)

    cards = shown(app, body, until=lambda cards: len(cards) == 1)
    assert cards == ["critical"]


def test_where_a_site_wants_every_card_it_comes_again(settings: Settings) -> None:
    app = create_app(replace(settings, no_nagging_hours=0))
    body = asked(INAPPROPRIATE)
    feedback(app, post(app, body)["cards"][0])

    assert post(app, body)["cards"]


# --- what goes wrong -------------------------------------------------------------------------------------


def test_a_fault_of_the_record_costs_no_advice(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("Jane Doe")

    monkeypatch.setattr(recording_module, "consultations_of", broken)

    assert post(app, asked(INAPPROPRIATE))["cards"]
    assert "could not be described (ValueError)" in caplog.text
    assert "Jane" not in caplog.text


def test_what_the_workbench_judges_is_not_recorded_and_nothing_is_held_back_there(
    app: Flask, client: FlaskClient
) -> None:
    client.post("/workbench/evaluate", json={"text": examples.text(INAPPROPRIATE)})

    assert rows_of(app) == []
