"""Whether a process lives and is ready: without a token, and whatever the database does."""

from dataclasses import replace
from pathlib import Path

from flask import Flask

from cds_service.app import create_app
from cds_service.settings import Settings
from tests.attack.signing import ISSUER, jwks, trusted
from tests.unit.web.test_recording import INAPPROPRIATE, asked, post


def test_a_process_that_answers_lives_and_is_ready_without_a_token(
    settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "clients.toml"
    file.write_text(trusted({"name": "north", "issuer": ISSUER, "jwks": jwks()}))
    client = create_app(replace(settings, trusted_clients=file)).test_client()

    for address, answer in (
        ("/health/live", {"status": "live"}),
        ("/health/ready", {"status": "ready", "record": "database"}),
    ):
        response = client.get(address)
        assert (response.status_code, response.get_json()) == (200, answer)
        assert response.headers["Cache-Control"] == "no-store"
    assert client.get("/cds-services").status_code == 401


def test_it_is_not_ready_while_neither_database_nor_spool_takes_what_is_judged(
    settings: Settings, tmp_path: Path
) -> None:
    spool = tmp_path / "spool"
    spool.write_text("a file where the folder should be")
    app: Flask = create_app(replace(settings, spool_dir=spool))
    client = app.test_client()
    assert post(app, asked(INAPPROPRIATE))["cards"]

    refused = client.get("/health/ready")
    assert (refused.status_code, refused.get_json()["resourceType"]) == (503, "OperationOutcome")
    assert client.get("/health/live").status_code == 200

    spool.unlink()
    post(app, asked(INAPPROPRIATE))
    assert client.get("/health/ready").status_code == 200
