"""The addresses of the workbench: where they are, what they refuse, and that nothing is kept."""

import json
import logging
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from flask.testing import FlaskClient

from cds_service import examples
from cds_service.app import create_app
from cds_service.cds_hooks.request import HookRequest
from cds_service.evaluate import Advisor, Evaluation, evaluate
from cds_service.settings import Settings, settings_from
from cds_service.web.workbench import variation
from tests.contract.validator import outcome_faults, response_faults
from tests.unit.web.workbench.conftest import Asked

EVALUATE, FEEDBACK = "/workbench/evaluate", "/workbench/feedback"
SECRET = "Xanthippe"
ITEM = {
    "card": "11111111-1111-4111-8111-111111111111",
    "outcome": "accepted",
    "acceptedSuggestions": [{"id": "22222222-2222-4222-8222-222222222222"}],
    "outcomeTimestamp": "2026-03-12T14:30:00Z",
}


def request_with(name: str = examples.FIRST, **members: Any) -> str:
    body = json.loads(examples.text(name))
    body["prefetch"]["patient"]["name"][0]["family"] = SECRET
    return json.dumps(body | members)


# --- where it is ---------------------------------------------------------------------------------------


def test_in_development_the_workbench_is_the_first_page(client: FlaskClient) -> None:
    page = client.get("/").get_data(as_text=True)

    assert "<h1>Workbench</h1>" in page


def test_it_is_off_in_production_unless_the_site_turns_it_on() -> None:
    production = {
        "CDS_PROFILE": "production",
        "CDS_PUBLIC_URL": "https://cds.example",
        "CDS_TRUSTED_CLIENTS": "gateway",
        "CDS_FHIR_SERVERS": "none",
    }

    assert not settings_from(production).workbench
    assert settings_from({**production, "CDS_WORKBENCH": "on"}).workbench
    assert settings_from({}).workbench


def test_where_it_is_off_the_first_page_is_plain_and_its_addresses_are_not_there(settings: Settings) -> None:
    client = create_app(replace(settings, workbench=False)).test_client()

    page = client.get("/").get_data(as_text=True)
    refused = [client.post(address, json={}) for address in (EVALUATE, FEEDBACK)]

    assert "Is this chest imaging order appropriate" in page
    assert "<script" not in page
    assert "Workbench" not in page
    for answer in refused:
        assert answer.status_code == 404
        assert outcome_faults(answer.get_json(), status=404) == []


def test_without_javascript_the_page_says_what_is_needed(client: FlaskClient) -> None:
    page = client.get("/").get_data(as_text=True)

    says = page.partition('id="needs-script"')[2].partition('id="bench"')[0]
    assert "needs JavaScript" in says
    assert "cds-service ask" in says


def test_every_example_study_reason_and_slider_can_be_chosen(client: FlaskClient) -> None:
    page = client.get("/").get_data(as_text=True)

    for name in examples.names():
        assert f'<option value="{name}"' in page
    for id in ("ct-chest-with-contrast", "mri-chest", "cough", "none", "order-sign", "patient-view"):
        assert f'value="{id}"' in page
    for control in ("amount", "hours", "oxygen-saturation", "systolic-pressure", "oxygen", "recurrence"):
        assert f'data-control="{control}"' in page


# --- what it answers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", examples.names())
def test_the_answer_to_an_example_is_the_services_own(asked: Asked, client: FlaskClient, name: str) -> None:
    answer = asked(example=name)

    assert answer["request"] == json.loads(examples.text(name))
    assert response_faults(answer["answer"], answer["request"]) == []
    served = client.post(f"/cds-services/{answer['service']}", json=answer["request"]).get_json()
    assert without_uuids(answer["answer"]) == without_uuids(served)


def without_uuids(content: Any) -> str:
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "uuid", json.dumps(content, sort_keys=True))


def test_a_pasted_request_is_judged_as_it_came_and_explained(asked: Asked) -> None:
    answer = asked(text=request_with())

    assert answer["request"] == json.loads(request_with())
    explained = answer["explain"]
    assert explained["judgedAt"].startswith("2026-03-12")
    assert explained["classification"]["plausible"] == ["recurrent"]
    assert {evidence["rule"] for evidence in explained["evidence"]} >= {"earlier-episode"}
    assert explained["orders"][0]["study"] == "ct-chest-without-contrast"
    assert any(not entry["isUsed"] and entry["why"] for entry in explained["entries"])


@pytest.mark.parametrize("hook", ["order-select", "order-sign", "patient-view"])
def test_the_hook_can_be_chosen(asked: Asked, hook: str) -> None:
    answer = asked(hook=hook)

    assert answer["request"]["hook"] == hook
    assert answer["service"].endswith(hook)
    assert ("draftOrders" in answer["request"]["context"]) is (hook != "patient-view")


def test_every_study_that_can_be_ordered_is_recognized(asked: Asked, client: FlaskClient) -> None:
    page = client.get("/").get_data(as_text=True)
    studies = page.partition('id="order"')[2].partition("</select>")[0].split('value="')[2:]

    for study in (part.partition('"')[0] for part in studies):
        answer = asked(order=study, example="nonmassive-cta")

        assert [order["study"] for order in answer["explain"]["orders"]] == [study]


@pytest.mark.parametrize(("reason", "kind"), [("cough", "cause-or-symptom"), ("none", "none")])
def test_the_reason_can_be_chosen(asked: Asked, reason: str, kind: str) -> None:
    assert asked(reason=reason)["explain"]["orders"][0]["reason"] == kind


# --- what it refuses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"{", ""),
        (b"[]", ""),
        (b'{"changes": {"amount": []}}', ""),
        (json.dumps({"hook": SECRET}).encode(), ""),
        (json.dumps({"order": SECRET}).encode(), "order"),
        (json.dumps({"reason": SECRET}).encode(), "reason"),
        (json.dumps({"vary": SECRET}).encode(), "vary"),
        (json.dumps({"changes": {SECRET: 1}}).encode(), "changes"),
        (json.dumps({"changes": {"amount": 301}}).encode(), "changes"),
        (json.dumps({"changes": {"amount": "much"}}).encode(), "changes"),
        (json.dumps({"changes": {"oxygen": SECRET}}).encode(), "changes"),
        (json.dumps({"drafts": [{}] * 21}).encode(), "drafts"),
        (json.dumps({"text": f"{SECRET}"}).encode(), ""),
        (json.dumps({"text": request_with(hook="order-dispatch")}).encode(), "hook"),
        (json.dumps({"text": request_with(context={})}).encode(), "context.draftOrders"),
    ],
)
def test_a_bad_body_is_refused_with_an_outcome_that_quotes_nothing(
    client: FlaskClient, body: bytes, where: str
) -> None:
    answer = client.post(EVALUATE, data=body, content_type="application/json")

    assert answer.status_code == 400
    assert outcome_faults(answer.get_json(), status=400) == []
    assert answer.get_json()["issue"][0].get("expression", [""]) == [where]
    assert SECRET not in answer.get_data(as_text=True)


def test_an_unknown_example_is_not_found(client: FlaskClient) -> None:
    answer = client.post(EVALUATE, json={"example": "../settings"})

    assert answer.status_code == 404
    assert outcome_faults(answer.get_json(), status=404) == []


def test_a_request_without_what_is_needed_is_refused_as_the_service_refuses_it(client: FlaskClient) -> None:
    answer = client.post(
        EVALUATE, json={"text": request_with(hook="patient-view", prefetch={}, context={"patientId": "p"})}
    )

    assert answer.status_code == 412
    assert outcome_faults(answer.get_json(), status=412) == []


LABORATORY = {
    "resourceType": "ServiceRequest",
    "id": "count",
    "status": "draft",
    "intent": "order",
    "code": {"coding": [{"system": "http://loinc.org", "code": "58410-2"}], "text": "Complete blood count"},
    "subject": {"reference": f"Patient/{examples.FIRST}"},
}


@pytest.mark.parametrize("moved", [{}, {"amount": 250}])
def test_an_order_that_ends_the_evaluation_is_answered_as_the_service_answers_it(
    asked: Asked, client: FlaskClient, moved: dict[str, int]
) -> None:
    body = json.loads(request_with(hook="order-sign", prefetch={}))
    bundle = {"resourceType": "Bundle", "entry": [{"resource": LABORATORY}]}
    body["context"] = {name: body["context"][name] for name in ("userId", "patientId")}
    body["context"]["draftOrders"] = bundle
    served = client.post("/cds-services/hemoptysis-imaging-order-sign", json=body)

    answer = asked(text=json.dumps(body), changes=moved)

    assert (served.status_code, served.get_json()) == (200, {"cards": []})
    assert answer["answer"] == served.get_json()
    assert answer["request"] == body
    assert answer["chart"] is None
    assert answer["multiple"] is None
    assert "was not read" in answer["panels"]["multiple"]
    assert "was not read" in answer["panels"]["why"]


def test_a_body_that_is_too_large_is_refused(settings: Settings) -> None:
    client = create_app(replace(settings, max_body_bytes=2048)).test_client()

    answer = client.post(EVALUATE, json={"text": request_with()})

    assert answer.status_code == 413


def test_no_server_is_asked_for_what_a_pasted_request_does_not_hold(asked: Asked) -> None:
    server: dict[str, Any] = {
        "fhirServer": "http://127.0.0.1:1/fhir",
        "fhirAuthorization": {"access_token": "t"},
    }

    answer = asked(text=request_with(prefetch={}, **server))

    kinds = answer["explain"]["data"]["kinds"]
    assert set(kinds.values()) == {"unavailable"}


def test_one_question_is_judged_at_most_forty_times(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[str] = []

    def counted(request: HookRequest, advisor: Advisor) -> Evaluation:
        judged.append(request.hook)
        return evaluate(request, advisor)

    monkeypatch.setattr("cds_service.web.workbench.variation.evaluate", counted)

    for control in ("amount", "hours", "systolic-pressure", "heart-rate"):
        judged.clear()
        asked(vary=control, example="recurrent-after-embolization")

        assert 2 < len(judged) <= variation.MOST_COLUMNS <= 40, control


def test_a_large_request_is_judged_once_and_the_page_says_so(asked: Asked) -> None:
    large = request_with(padding="x" * variation.MOST_BYTES)

    answer = asked(text=large)

    assert answer["answer"]["cards"]
    assert answer["multiple"] is None
    assert "too large" in answer["panels"]["multiple"]


# --- what it keeps -------------------------------------------------------------------------------------


def test_feedback_is_checked_as_the_service_checks_it(client: FlaskClient) -> None:
    right = client.post(FEEDBACK, json={"feedback": [ITEM]})
    wrong = client.post(FEEDBACK, json={"feedback": [ITEM | {"outcome": "ignored"}]})

    assert (right.status_code, right.get_json()) == (200, {})
    assert wrong.status_code == 400
    assert outcome_faults(wrong.get_json(), status=400) == []


def test_nothing_is_recorded_or_logged_of_what_comes(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = create_app(settings).test_client()
    before = {path for path in tmp_path.rglob("*") if path.name != "cds-service.db"}
    comment = {"overrideReason": {"userComment": SECRET}, "outcome": "overridden"}

    with caplog.at_level(logging.DEBUG):
        client.post(EVALUATE, json={"text": request_with(), "changes": {"amount": 250}})
        client.post(EVALUATE, json={"text": SECRET})
        client.post(FEEDBACK, json={"feedback": [ITEM | comment]})

    assert rows_of(settings.database_url) == 0
    assert {path for path in tmp_path.rglob("*") if path.name != "cds-service.db"} == before
    assert SECRET not in caplog.text
    assert "recurrent-ct-without-contrast" not in caplog.text


def rows_of(database_url: str) -> int:
    engine = sqlalchemy.create_engine(database_url)
    with engine.connect() as connection:
        tables = sqlalchemy.inspect(connection).get_table_names()
        counts = [
            connection.execute(sqlalchemy.text(f"select count(*) from {table}")).scalar()
            for table in tables
            if table != "alembic_version"
        ]
    engine.dispose()
    return sum(count or 0 for count in counts)


def test_an_answer_is_not_to_be_stored_by_anyone_on_the_way(client: FlaskClient) -> None:
    asked = [
        client.post(EVALUATE, json={}),
        client.post(EVALUATE, json={"text": SECRET}),
        client.post(FEEDBACK, json={"feedback": [ITEM]}),
        client.post(FEEDBACK, json={"feedback": [ITEM | {"outcome": SECRET}]}),
    ]

    assert [answer.status_code for answer in asked] == [200, 400, 200, 400]
    assert {answer.headers.get("Cache-Control") for answer in asked} == {"no-store"}


def test_what_the_chart_says_is_no_markup_in_the_panels(asked: Asked) -> None:
    body = json.loads(request_with())
    body["prefetch"]["conditions"]["entry"][0]["resource"]["id"] = "<img src=x onerror=alert(1)>"
    body["prefetch"]["vitals"]["entry"][0]["resource"]["id"] = "<script>alert(1)</script>"
    body["prefetch"]["vitals"]["entry"][0]["resource"]["subject"]["reference"] = "Patient/another"

    answer = asked(text=json.dumps(body))

    assert "<script" not in answer["panels"]["why"]
    assert "<img" not in answer["panels"]["why"]
    assert "&lt;script" in answer["panels"]["why"]


FIRST = examples.text(examples.FIRST)


@pytest.mark.parametrize(
    "text",
    [
        *(f"\ufeff{FIRST}", f"\n {FIRST}\n"),
        *(
            FIRST.replace('"hook"', f'"x": {value}, "hook"', 1)
            for value in (
                r'"\ud83d"',
                "1e999999999999999999999",
                "1e400",
                "9" * 400,
                "-0.0",
                "[" * 400 + "]" * 400,
            )
        ),
        FIRST.replace('"hook"', '"x": 1e, "hook"', 1),
    ],
)
@pytest.mark.parametrize("changes", [{}, {"hours": 20}, {"oxygen-saturation": 80}])
@pytest.mark.parametrize("drafts", [None, [], [{"resourceType": "ServiceRequest", "id": "a"}]])
def test_a_pasted_body_is_read_as_the_service_reads_it(
    client: FlaskClient, text: str, changes: dict[str, int], drafts: list[dict[str, str]] | None
) -> None:
    service = client.post(
        "/cds-services/hemoptysis-imaging-order-select", data=text.encode(), content_type="application/json"
    )

    asked = {"text": text, "changes": changes} | ({} if drafts is None else {"drafts": drafts})

    assert client.post(EVALUATE, json=asked).status_code == service.status_code
