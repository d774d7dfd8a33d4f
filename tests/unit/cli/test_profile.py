"""What the start says of protection, and what it refuses; and the check of a file of trusted clients."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from cds_service.app import create_app
from cds_service.cli.main import cli
from cds_service.cli.profile import profile_line, warnings_of
from cds_service.errors import CdsServiceError
from cds_service.settings import Settings, settings_from
from cds_service.trust.client_file import TrustedClientsError
from tests.attack.signing import ISSUER, jwks, trusted

PRODUCTION = {
    "CDS_PROFILE": "production",
    "CDS_PUBLIC_URL": "https://cds.example.org",
    "CDS_TRUSTED_CLIENTS": "gateway",
    "CDS_FHIR_SERVERS": "none",
    "CDS_SITE_KEY": "a key of this test that is long enough",
    "CDS_TRUSTED_PROXIES": "127.0.0.1",
}
CLIENT = {"name": "north", "issuer": ISSUER, "jwks": jwks()}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    clients = tmp_path / "clients.toml"
    clients.write_text(trusted(CLIENT))
    return clients


def test_the_profile_and_who_may_call_are_said(settings: Settings, file: Path) -> None:
    assert profile_line(settings) == "Profile:   development; anyone may call"
    assert profile_line(replace(settings, trusted_clients=file)).endswith(f"clients in {file} may call")
    assert profile_line(settings_from(PRODUCTION)) == (
        "Profile:   production; a gateway is trusted to check every caller"
    )


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "::0", "0:0:0:0:0:0:0:0", "10.0.0.5", "cds.example.org", "192.168.1.1"]
)
def test_a_development_service_that_other_machines_may_reach_is_warned_of(host: str) -> None:
    (warning,) = warnings_of(settings_from({"CDS_HOST": host}))

    assert host in warning
    assert "CDS_PROFILE=production" in warning


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_one_on_loopback_is_not(host: str) -> None:
    assert list(warnings_of(settings_from({"CDS_HOST": host}))) == []


@pytest.mark.parametrize(
    ("bind", "count"), [("0.0.0.0:8001", 1), ("[::]:8001", 1), ("[::0]:8001", 1), ("[::1]:8001", 0)]
)
def test_a_management_address_that_other_machines_may_reach_is_warned_of(bind: str, count: int) -> None:
    warnings = list(warnings_of(settings_from({"CDS_MANAGEMENT_BIND": bind})))

    assert len(warnings) == count
    assert all(f"CDS_MANAGEMENT_BIND is {bind}" in warning for warning in warnings)


def test_the_workbench_is_warned_of_in_production_since_it_asks_for_no_token(file: Path) -> None:
    own = {"CDS_TRUSTED_CLIENTS": str(file)}

    (warning,) = warnings_of(settings_from(PRODUCTION | own | {"CDS_WORKBENCH": "on"}))

    assert warning.startswith("CDS_WORKBENCH is on")
    assert "CDS_WORKBENCH=off" in warning
    assert not [*warnings_of(settings_from(PRODUCTION | own))]


@pytest.mark.parametrize(
    ("host", "proxies", "count"),
    [
        ("127.0.0.1", "", 1),
        ("localhost", "10.0.0.4", 1),
        ("::1", "127.0.0.1", 1),
        ("127.0.0.1", "127.0.0.0/8", 0),
        ("0.0.0.0", "", 0),
        ("10.0.0.5", "", 0),
    ],
)
def test_a_gateway_on_this_machine_that_would_be_taken_for_one_caller_is_warned_of(
    file: Path, host: str, proxies: str, count: int
) -> None:
    own = {"CDS_TRUSTED_CLIENTS": str(file), "CDS_HOST": host, "CDS_TRUSTED_PROXIES": proxies}

    warnings = [*warnings_of(settings_from(PRODUCTION | own))]

    assert len(warnings) == count
    assert all("CDS_TRUSTED_PROXIES=127.0.0.1" in warning for warning in warnings)


def test_a_gateway_is_said_loudly() -> None:
    (warning,) = warnings_of(settings_from(PRODUCTION | {"CDS_HOST": "0.0.0.0"}))

    assert "THIS SERVICE CHECKS NO CALLER" in warning


def test_a_service_does_not_start_with_a_file_of_clients_that_is_at_fault(
    settings: Settings, file: Path
) -> None:
    file.write_text(trusted(CLIENT | {"mode": "off"}))

    with pytest.raises(TrustedClientsError, match="line 5: mode: expected one of live, silent"):
        create_app(replace(settings, trusted_clients=file))


def test_keys_over_plain_http_are_for_development_alone(tmp_path: Path, file: Path) -> None:
    file.write_text(trusted({"name": "north", "issuer": ISSUER, "jwks_url": "http://127.0.0.1:8080/jwks"}))
    own = {"CDS_TRUSTED_CLIENTS": str(file), "CDS_DATABASE_URL": f"sqlite:///{tmp_path}/record.db"}

    create_app(settings_from(own))
    with pytest.raises(TrustedClientsError, match="line 4: jwks_url: expected an https URL"):
        create_app(settings_from(PRODUCTION | own))


def test_check_trusted_clients_says_what_each_may_use(file: Path) -> None:
    result = CliRunner().invoke(cli, ["check-trusted-clients", str(file)])

    assert result.exit_code == 0
    assert result.output.splitlines()[0] == "1 trusted client"
    assert "- north (live): https://ehr.north.example; 2 keys in the file; every service" in result.output


@pytest.mark.parametrize("environ", [PRODUCTION, {"CDS_PROFILE": "production"}], ids=["all set", "not yet"])
def test_check_trusted_clients_checks_for_production_whatever_else_is_set(
    environ: dict[str, str], file: Path
) -> None:
    result = CliRunner().invoke(cli, ["check-trusted-clients", str(file)], env=environ)

    assert result.exit_code == 0
    assert result.output.splitlines()[0] == "1 trusted client"


def test_check_trusted_clients_refuses_in_production_keys_over_plain_http(file: Path) -> None:
    file.write_text(trusted({"name": "north", "issuer": ISSUER, "jwks_url": "http://127.0.0.1:8080/jwks"}))

    result = CliRunner().invoke(cli, ["check-trusted-clients", str(file)], env=PRODUCTION)

    assert isinstance(result.exception, TrustedClientsError)
    assert "line 4: jwks_url: expected an https URL" in result.exception.message


def test_check_trusted_clients_tells_every_fault_by_its_line(file: Path) -> None:
    file.write_text(trusted(CLIENT | {"algorithms": ["HS256"], "mode": "off"}))

    result = CliRunner().invoke(cli, ["check-trusted-clients", str(file)])

    assert isinstance(result.exception, CdsServiceError)
    assert [line[:12] for line in result.exception.message.splitlines()[1:]] == [
        "- line 5: al",
        "- line 6: mo",
    ]
