"""What is counted of requests, of what they were judged, of feedback, of the record and of trust."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cds_service.app import RECORDING, applications, create_app
from cds_service.cds_hooks.feedback import MOST_ITEMS
from cds_service.cli.reload import Answering
from cds_service.deadline import OUT_OF_TIME, OutOfTime
from cds_service.errors import SettingsError, Unavailable
from cds_service.settings import Settings
from cds_service.telemetry.metrics import RefusalReason, RequestOutcome
from cds_service.trust.key_sets import KeyFetch
from cds_service.web.recording import FEEDBACK_A_MINUTE
from tests.attack.signing import ISSUER, SERVICE, jwks, token, trusted
from tests.unit.telemetry.reading import counted
from tests.unit.web.recording.waiting import wait_for
from tests.unit.web.test_feedback_limit import batch

PATH = f"/cds-services/{SERVICE}"
REQUESTS = Path("fixtures/requests")
Post = Callable[..., Any]


def fixture(name: str) -> Any:
    return json.loads((REQUESTS / f"{name}.json").read_bytes())


WITHOUT_CONDITIONS = "clients/patient-view-without-conditions"
RATED = "order-select/recurrent-ct-without-contrast"
BODY = fixture(RATED)


@pytest.fixture
def app(settings: Settings) -> Flask:
    return create_app(settings)


def calls(outcome: str, service: str = SERVICE) -> str:
    return f'cds_requests_total{{outcome="{outcome}",service="{service}"}}'


def refusals(reason: str) -> str:
    return f'cds_refusals_total{{reason="{reason}"}}'


def responses(status: int, route: str = "service") -> str:
    return f'cds_responses_total{{route="{route}",status="{status}"}}'


def test_of_a_request_its_outcome_what_was_judged_and_the_cards_are_counted(app: Flask) -> None:
    app.test_client().post(PATH, json=BODY)
    wait_for(app.extensions[RECORDING])

    assert counted(app) == {
        "cds_processes": 1,
        "cds_process_starts_total": 1,
        'cds_build_info{edition="2019 (New)",profile="development",version="0.1.0"}': 1,
        calls("cards"): 1,
        responses(200): 1,
        'cds_orders_total{outcome="rated"}': 1,
        'cds_categories_total{category="usually-not-appropriate"}': 1,
        'cds_cards_total{indicator="warning",mode="live"}': 1,
        "cds_records_stored_total": 1,
    }


def test_times_of_request_and_decision_are_counted_once(app: Flask) -> None:
    answer = app.test_client()
    answer.post(PATH, json=BODY)

    text = answer.get("/metrics").text

    assert f'cds_request_seconds_count{{service="{SERVICE}"}} 1.0\n' in text
    assert "cds_decision_seconds_count 1.0\n" in text
    assert "cds_fetch_seconds_count 0.0\n" in text


def failing(error: Exception) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("sent", "series"),
    [
        ({"json": fixture("clients/patient-view-empty-chart")}, [calls("no-cards"), responses(200)]),
        ({"json": {}}, [calls("refused"), responses(400)]),
        (
            {"json": fixture("clients/patient-view-without-conditions")},
            [calls("insufficient"), responses(412)],
        ),
        ({"data": "x"}, [calls("refused"), responses(415), refusals("media-type")]),
        (
            {"data": b" " * 5_000_000, "content_type": "application/json"},
            [calls("refused"), responses(413), refusals("size")],
        ),
    ],
)
def test_what_a_request_was_answered_with_is_counted(
    app: Flask, sent: dict[str, Any], series: list[str]
) -> None:
    app.test_client().post(PATH, **sent)

    found = counted(app)

    about = ("cds_requests_total", "cds_responses_total", "cds_refusals_total")
    assert {name for name in found if name.startswith(about)} == set(series)


@pytest.mark.parametrize(
    ("error", "series"),
    [
        (RuntimeError("Jane Doe"), [calls("failed"), responses(500)]),
        (Unavailable("later"), [calls("unavailable"), responses(503)]),
        (OutOfTime(OUT_OF_TIME), [calls("unavailable"), responses(503), refusals("deadline")]),
    ],
)
def test_what_a_request_failed_of_is_counted(
    app: Flask, monkeypatch: pytest.MonkeyPatch, error: Exception, series: list[str]
) -> None:
    monkeypatch.setattr("cds_service.web.routes.evaluate", failing(error))

    app.test_client().post(PATH, json=BODY)

    assert {name for name in counted(app) if "_requests_" in name or "_responses_" in name} == set(series[:2])
    assert [name for name in counted(app) if name.startswith("cds_refusals")] == series[2:]


def test_a_service_that_is_none_counts_as_an_answer_alone(app: Flask) -> None:
    app.test_client().post("/cds-services/jane-doe", json=BODY)
    app.test_client().post("/jane-doe")

    found = counted(app)

    assert found[responses(404)] == found[responses(404, "none")] == 1
    assert not any(name.startswith("cds_requests_total") for name in found)
    assert "jane" not in str(found)


def test_an_answer_that_its_reader_has_already_is_counted(app: Flask) -> None:
    client = app.test_client()
    known = client.get("/openapi.json").headers["ETag"]

    client.get("/openapi.json", headers={"If-None-Match": known})

    assert counted(app)[responses(304, "other")] == 1


def test_what_a_silent_service_judged_is_counted_as_not_shown(settings: Settings) -> None:
    app = create_app(replace(settings, silent=("all",)))

    app.test_client().post(PATH, json=BODY)

    found = counted(app)
    assert found[calls("silent")] == 1
    assert found['cds_cards_total{indicator="warning",mode="silent"}'] == 1
    assert found['cds_categories_total{category="usually-not-appropriate"}'] == 1


def test_what_is_missing_unread_and_unmapped_is_counted_by_kind(app: Flask) -> None:
    bare = {**BODY, "prefetch": {"patient": BODY["prefetch"]["patient"]}}
    app.test_client().post(PATH, json=bare)
    app.test_client().post(PATH, json=fixture("clients/category-as-object-study-unknown"))
    app.test_client().post(PATH, json=fixture("charts/pregnancy-status-loinc-11449-6"))

    found = counted(app)

    kinds = {name for name in found if name.startswith("cds_missing_total")}
    assert {f'cds_missing_total{{kind="{kind}"}}' for kind in ("conditions", "vitals", "labs")} <= kinds
    assert found['cds_unmapped_total{kind="order"}'] >= 1
    assert found['cds_unread_total{kind="pregnancy"}'] == 1


def test_a_card_that_is_held_back_is_counted(app: Flask) -> None:
    client = app.test_client()
    card = json.loads(client.post(PATH, json=BODY).data)["cards"][0]
    item = {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": "2026-11-24T12:00:00Z"}
    wait_for(app.extensions[RECORDING])
    client.post(f"{PATH}/feedback", json={"feedback": [item, {}]})

    client.post(PATH, json=BODY)

    found = counted(app)
    assert found["cds_cards_held_back_total"] == 1
    assert found[calls("no-cards")] == 1
    assert found['cds_feedback_total{outcome="overridden"}'] == 1
    assert found['cds_feedback_total{outcome="refused"}'] == 1
    assert found["cds_feedback_stored_total"] == 1
    assert found[responses(400, "feedback")] == 1


def test_a_flood_of_feedback_is_counted_by_a_name_of_its_own(app: Flask) -> None:
    app.extensions[RECORDING].limit.spend("", 60 * FEEDBACK_A_MINUTE)

    app.test_client().post(f"{PATH}/feedback", json=batch(MOST_ITEMS))

    found = counted(app)
    assert found[refusals("feedback")] == found[responses(429, "feedback")] == 1


def test_a_caller_over_its_limit_is_counted(settings: Settings) -> None:
    app = create_app(replace(settings, rate_limit=6))
    for _ in range(2):
        app.test_client().post(PATH, json=BODY)

    app.extensions["cds_service.meter"].publish()
    text = app.extensions["cds_service.meter"].text().decode()

    assert f"{refusals('rate-limit')} 1.0\n" in text
    assert f"{calls('refused')} 1.0\n" in text


def test_a_folder_that_cannot_be_used_is_told_by_the_name_of_its_setting(
    settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "a file"
    file.touch()

    with pytest.raises(SettingsError, match=r"CDS_METRICS_DIR: expected a folder .* \(Not a directory\)"):
        create_app(replace(settings, metrics_dir=file / "metrics"))


def test_counts_in_a_folder_are_told_like_those_in_memory(settings: Settings, tmp_path: Path) -> None:
    apart, shared = create_app(settings), create_app(replace(settings, metrics_dir=tmp_path / "metrics"))
    for app in (apart, shared):
        app.test_client().post(PATH, json=BODY)
        wait_for(app.extensions[RECORDING])
        app.test_client().post(PATH, json={})

    assert counted(shared) == counted(apart)
    kinds = [
        {line for line in app.test_client().get("/metrics").text.splitlines() if line.startswith("# ")}
        for app in (apart, shared)
    ]
    assert kinds[1] == kinds[0]


def test_the_page_explains_every_outcome_and_reason() -> None:
    page = Path("docs/reference/metrics.md").read_text().partition("\n## Values")[2]

    explained = set(re.findall(r"`([a-z-]+)`", page))

    assert {*get_args(RequestOutcome), *get_args(RefusalReason), *get_args(KeyFetch)} <= explained


# --- the site's files ----------------------------------------------------------------------------------


def silenced(kind: str, name: str) -> str:
    return f'[[silence]]\n{kind} = "{name}"\nreason = "a test"\nsince = 2026-11-30\n'


def test_what_is_switched_off_is_counted_by_kind_a_critical_alert_by_one_of_its_own(
    settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "silence.toml"
    off = [("rule", "heart-rate"), ("rule", "metformin"), ("alert", "sign"), ("service", SERVICE)]
    critical = [("alert", "massive"), ("alert", "unstable"), ("alert", "unstable-and-small")]
    file.write_text("".join(silenced(*each) for each in off + critical))

    found = counted(create_app(replace(settings, silence_file=file)))

    assert {name: found[name] for name in found if name.startswith("cds_silenced")} == {
        'cds_silenced{kind="rule"}': 2,
        'cds_silenced{kind="alert"}': 1,
        'cds_silenced{kind="service"}': 1,
        'cds_silenced{kind="critical-alert"}': 3,
    }


def test_a_reload_that_is_refused_is_told_until_one_succeeds(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "silence.toml"
    file.write_text(silenced("alert", "massive"))
    answering = Answering(replace(settings, silence_file=file))
    told = []

    for text in (silenced("alert", "masive"), ""):
        file.write_text(text)
        answering.load_anew()
        found = counted(answering.loaded.applications[0])
        told.append((found.get("cds_reload_refused"), found.get('cds_silenced{kind="critical-alert"}')))
    answering.loaded.recording.close()

    assert told == [(1, 1), (None, None)]


# --- trust ---------------------------------------------------------------------------------------------


@pytest.fixture
def both(settings: Settings, tmp_path: Path) -> tuple[Flask, ...]:
    file = tmp_path / "clients.toml"
    here = {"name": "north", "issuer": ISSUER, "jwks": jwks(), "services": [SERVICE]}
    away = {"name": "south", "issuer": f"{ISSUER}/south", "jwks_url": "http://127.0.0.1:9/jwks"}
    file.write_text(trusted(here, away))
    return applications(replace(settings, trusted_clients=file, management_bind="127.0.0.1:8001"))


def asked(client: FlaskClient, path: str = PATH, **claims: Any) -> int:
    made = token(aud=f"http://localhost:8000{path}", **claims)
    return client.post(path, json=BODY, headers={"Authorization": f"Bearer {made}"}).status_code


def test_requests_are_counted_by_the_clients_of_the_file_and_refusals_by_reason(
    both: tuple[Flask, ...],
) -> None:
    client, other = both[0].test_client(), "/cds-services/hemoptysis-imaging-order-sign"

    statuses = [asked(client), asked(client, other), asked(client, iss="https://jane.example")]

    assert statuses == [200, 403, 401]
    found = counted(both[1])
    assert found['cds_client_requests_total{client="north",outcome="cards"}'] == 1
    assert found['cds_client_requests_total{client="north",outcome="refused"}'] == 1
    assert found[refusals("authorization")] == found[refusals("authentication")] == 1
    assert found[calls("refused")] == 1
    assert "jane" not in str(found)


def test_fetches_of_keys_that_fail_are_counted_by_client(both: tuple[Flask, ...]) -> None:
    assert asked(both[0].test_client(), iss=f"{ISSUER}/south") == 503

    assert counted(both[1])['cds_key_fetches_total{client="south",outcome="failed"}'] == 1


def test_tokens_that_the_store_did_not_see_are_counted(
    both: tuple[Flask, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cds_service.records.seen_tokens.SeenTokens._added", failing(Unavailable("later")))

    assert asked(both[0].test_client()) == 200

    assert counted(both[1])["cds_tokens_remembered_total"] == 1


def test_the_service_itself_tells_none_of_it_where_the_management_has_an_address(
    both: tuple[Flask, ...],
) -> None:
    assert both[0].test_client().get("/metrics").status_code == 404
    answer = both[1].test_client().get("/metrics")
    assert answer.mimetype == "text/plain"
    assert answer.headers["Cache-Control"] == "no-store"
