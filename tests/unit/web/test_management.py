"""What the management may see: how the service is set up, and nothing that is secret."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cds_service import __version__
from cds_service.app import applications, create_app
from cds_service.cds_hooks.catalog import SERVICES
from cds_service.settings import Settings
from tests.attack.signing import ISSUER, jwks, trusted


def status_of(settings: Settings, tmp_path: Path, *modes: str) -> dict[str, object]:
    file = tmp_path / "clients.toml"
    names = ("north", "south")[: len(modes)]
    file.write_text(
        trusted(
            *(
                {"name": name, "issuer": f"{ISSUER}/{name}", "jwks": jwks(), "mode": mode}
                for name, mode in zip(names, modes, strict=True)
            )
        )
    )
    listed = replace(settings, trusted_clients=file if modes else None, management_bind="127.0.0.1:8001")
    answer = applications(listed)[1].test_client().get("/status")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    read: dict[str, object] = answer.get_json()
    return read


def test_the_status_says_which_version_and_edition_run_and_how(settings: Settings, tmp_path: Path) -> None:
    status = status_of(settings, tmp_path)

    loaded_at = datetime.fromisoformat(str(status.pop("loadedAt")))
    assert abs((datetime.now(UTC) - loaded_at).total_seconds()) < 600
    assert status == {
        "service": "cds-service",
        "version": __version__,
        "knowledge": {"topic": "Hemoptysis", "edition": "2019 (New)"},
        "profile": "development",
        "mode": "live",
        "silentClients": [],
        "silentServices": [],
        "silenced": [],
        "reload": {"outcome": "none", "at": None, "faults": []},
        "record": {
            "failing": False,
            "losing": False,
            "spooledBytes": 0,
            "strandedFiles": 0,
            **dict.fromkeys(("written", "feedback", "taken_over", "lost", "torn", "refused"), 0),
        },
        "tokensRememberedAlone": 0,
    }


@pytest.mark.parametrize(
    ("modes", "mode", "silent"),
    [
        (("live",), "live", []),
        (("live", "silent"), "live", ["south"]),
        (("silent", "silent"), "silent", ["north", "south"]),
    ],
)
def test_the_mode_is_silent_where_no_client_gets_advice(
    settings: Settings, tmp_path: Path, modes: tuple[str, ...], mode: str, silent: list[str]
) -> None:
    status = status_of(settings, tmp_path, *modes)

    assert (status["mode"], status["silentClients"]) == (mode, silent)


@pytest.mark.parametrize(("left_out", "mode"), [(0, "silent"), (1, "live")])
def test_the_mode_is_silent_where_each_service_is_named(
    settings: Settings, tmp_path: Path, left_out: int, mode: str
) -> None:
    named = tuple(service.id for service in SERVICES[left_out:])
    status = status_of(replace(settings, silent=named), tmp_path)

    assert (status["mode"], status["silentServices"]) == (mode, [*named])


def test_the_status_holds_no_secret(settings: Settings, tmp_path: Path) -> None:
    secret = replace(
        settings, public_url="https://cds.example.org", fhir_servers=("https://fhir.example.org",)
    )

    answer = str(status_of(secret, tmp_path, "live"))

    assert settings.database_url not in answer
    assert "example.org" not in answer
    assert "keys" not in answer


def test_without_an_address_of_its_own_the_management_is_at_the_services(settings: Settings) -> None:
    assert len(applications(settings)) == 1
    assert create_app(settings).test_client().get("/status").status_code == 200
