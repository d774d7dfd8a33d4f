"""What a site switched off, as a client, the record and `/status` see it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from cds_service.app import create_app
from cds_service.settings import Settings
from tests.unit.web.test_recording import INAPPROPRIATE, SELECT, SIGN, asked, post, rows_of

MASSIVE = "massive-by-volume"
Silencing = Callable[..., Flask]


@pytest.fixture
def silencing(settings: Settings, tmp_path: Path) -> Silencing:
    def made(**names: str) -> Flask:
        file = tmp_path / "silence.toml"
        file.write_text(
            "\n".join(
                f'[[silence]]\n{kind} = "{name}"\nreason = "a test"\nsince = 2026-11-30'
                for kind, name in names.items()
            )
        )
        return create_app(replace(settings, silence_file=file))

    return made


def test_of_a_service_that_is_silenced_nothing_leaves_and_all_is_recorded(silencing: Silencing) -> None:
    app = silencing(service=SELECT)

    assert post(app, asked(INAPPROPRIATE)) == {"cards": []}

    [row] = rows_of(app)
    assert (row.mode, row.outcome) == ("silent", "rated")
    assert f"{SELECT}:silenced" in row.evidence


def test_another_service_answers_as_ever(silencing: Silencing) -> None:
    app = silencing(service=SIGN)

    assert post(app, asked(INAPPROPRIATE))["cards"]

    [row] = rows_of(app)
    assert row.mode == "live"
    assert not [entry for entry in row.evidence if entry.endswith(":silenced")]


def test_of_a_service_that_is_silenced_the_critical_alert_leaves_all_the_same(silencing: Silencing) -> None:
    app = silencing(service=SELECT)

    answer = post(app, asked(MASSIVE))

    assert [card["indicator"] for card in answer["cards"]] == ["critical"]
    assert answer.keys() == {"cards"}
    [row, *_] = rows_of(app)
    assert row.mode == "live"
    assert f"{SELECT}:silenced" in row.evidence


def test_only_its_own_name_silences_it(silencing: Silencing) -> None:
    app = silencing(service=SELECT, alert="massive")

    assert post(app, asked(MASSIVE)) == {"cards": []}

    [row, *_] = rows_of(app)
    assert {"alert-massive:silenced", f"{SELECT}:silenced"} <= {*row.evidence}


def test_without_its_alert_a_massive_bleed_is_still_rated(silencing: Silencing) -> None:
    app = silencing(alert="massive")

    answer = post(app, asked(MASSIVE))

    assert "critical" not in {card["indicator"] for card in answer["cards"]}
    assert answer["systemActions"]


def test_the_status_names_what_is_silenced_with_reason_and_day(silencing: Silencing) -> None:
    status = silencing(rule="heart-rate", alert="sign").test_client().get("/status").get_json()

    assert status["silenced"] == [
        {"rule": "heart-rate", "reason": "a test", "since": "2026-11-30"},
        {"alert": "sign", "reason": "a test", "since": "2026-11-30"},
    ]
