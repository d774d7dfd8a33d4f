"""The settings, from the environment to what the service works with."""

from dataclasses import fields
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cds_service.errors import SettingsError
from cds_service.setting_table import SETTINGS
from cds_service.setting_values import SHIPPED_KNOWLEDGE
from cds_service.settings import (
    Settings,
    settings_from,
    values_shown,
)

PRODUCTION = {
    "CDS_PROFILE": "production",
    "CDS_PUBLIC_URL": "https://cds.example.org",
    "CDS_TRUSTED_CLIENTS": "gateway",
    "CDS_FHIR_SERVERS": "https://fhir.example.org",
    "CDS_SITE_KEY": "0123456789abcdef0123456789abcdef",
}


def faults_of(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as raised:
        settings_from(environ)
    return raised.value.faults


def test_an_empty_environment_gives_the_documented_defaults() -> None:
    assert settings_from({}) == Settings(
        profile="development",
        host="127.0.0.1",
        port=8000,
        workers=2,
        public_url="http://localhost:8000",
        canonical_url="http://localhost:8000",
        database_url="sqlite:///var/cds-service.db",
        spool_dir=None,
        site_key=(),
        silent=(),
        silence_file=None,
        no_nagging_hours=24,
        knowledge_dir=SHIPPED_KNOWLEDGE,
        order_codes=None,
        observation_codes=None,
        time_zone=None,
        confirm_appropriate=True,
        alternatives=2,
        suggest_complement=True,
        card_detail="short",
        may_be_appropriate="appropriate",
        extension_system_actions=True,
        qcdsm="none",
        fhir_servers=(),
        fhir_deadline_ms=400,
        ca_file=None,
        https_proxy="",
        trusted_clients=None,
        trusted_proxies=(),
        management_bind="",
        metrics_dir=None,
        rate_limit=None,
        connections_per_address=100,
        replay_store_down="remember",
        cors_origins=("*",),
        max_body_bytes=4 * 1024 * 1024,
        request_deadline_ms=5_000,
        workbench=True,
        log_level="info",
        log_format="text",
    )


def test_each_setting_has_a_field_of_its_name_and_each_field_a_setting() -> None:
    assert [setting.field for setting in SETTINGS] == [field.name for field in fields(Settings)]


def test_variables_of_other_programs_are_left_alone() -> None:
    assert settings_from({"PATH": "/usr/bin", "cds_port": "1"}) == settings_from({})


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("CDS_PROFILE", "development", "development"),
        ("CDS_HOST", "::1", "::1"),
        ("CDS_PORT", "1", 1),
        ("CDS_PORT", " 65535 ", 65535),
        ("CDS_WORKERS", "8", 8),
        ("CDS_PUBLIC_URL", "https://example.org/cds", "https://example.org/cds"),
        ("CDS_CANONICAL_URL", "http://example.org", "http://example.org"),
        ("CDS_DATABASE_URL", "sqlite:////var/lib/cds/my record.db", "sqlite:////var/lib/cds/my record.db"),
        ("CDS_DATABASE_URL", "postgresql://u:p@db:5432/cds", "postgresql://u:p@db:5432/cds"),
        ("CDS_DATABASE_URL", "postgresql+psycopg://db/cds", "postgresql+psycopg://db/cds"),
        ("CDS_TIME_ZONE", "", None),
        ("CDS_TIME_ZONE", "Europe/Paris", ZoneInfo("Europe/Paris")),
        ("CDS_CONFIRM_APPROPRIATE", "off", False),
        ("CDS_ALTERNATIVES", "0", 0),
        ("CDS_ALTERNATIVES", "5", 5),
        ("CDS_SUGGEST_COMPLEMENT", "off", False),
        ("CDS_MAY_BE_APPROPRIATE", "no-criteria-apply", "no-criteria-apply"),
        ("CDS_EXTENSION_SYSTEM_ACTIONS", "off", False),
        ("CDS_CARD_DETAIL", "full", "full"),
        ("CDS_QCDSM", "Example CDSM G1001", "Example CDSM G1001"),
        ("CDS_FHIR_SERVERS", "", ()),
        (
            "CDS_FHIR_SERVERS",
            "https://a.org/fhir/, http://[::1]:8080/fhir",
            ("https://a.org/fhir", "http://[::1]:8080/fhir"),
        ),
        ("CDS_FHIR_DEADLINE_MS", "1000", 1000),
        ("CDS_FHIR_SERVERS", "none", ()),
        ("CDS_CA_FILE", "", None),
        ("CDS_HTTPS_PROXY", "http://proxy.example.org:3128/", "http://proxy.example.org:3128"),
        ("CDS_TRUSTED_CLIENTS", "", None),
        ("CDS_TRUSTED_CLIENTS", "gateway", "gateway"),
        ("CDS_TRUSTED_PROXIES", "10.0.0.1, 192.0.2.0/24, ::1", ("10.0.0.1/32", "192.0.2.0/24", "::1/128")),
        ("CDS_RATE_LIMIT", "off", None),
        ("CDS_RATE_LIMIT", "600", 600),
        ("CDS_CONNECTIONS_PER_ADDRESS", "off", None),
        ("CDS_CONNECTIONS_PER_ADDRESS", "1000", 1000),
        ("CDS_REPLAY_STORE_DOWN", "refuse", "refuse"),
        ("CDS_CORS_ORIGINS", "", ()),
        (
            "CDS_CORS_ORIGINS",
            "https://a.org,http://localhost:3000",
            ("https://a.org", "http://localhost:3000"),
        ),
        ("CDS_MAX_BODY_BYTES", "1024", 1024),
        ("CDS_LOG_LEVEL", "warning", "warning"),
    ],
)
def test_a_setting_is_read(name: str, text: str, value: object) -> None:
    settings = settings_from({name: text})

    assert getattr(settings, name.removeprefix("CDS_").lower()) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("CDS_PROFILE", "prod"),
        ("CDS_PROFILE", "Production"),
        ("CDS_HOST", ""),
        ("CDS_HOST", "http://0.0.0.0"),
        ("CDS_PORT", "0"),
        ("CDS_PORT", "65536"),
        ("CDS_PORT", "8e3"),
        ("CDS_PORT", "٨٠٠٠"),
        ("CDS_PORT", "9" * 10_000),
        ("CDS_WORKERS", "0"),
        ("CDS_PUBLIC_URL", "https://example.org/"),
        ("CDS_PUBLIC_URL", "example.org"),
        ("CDS_PUBLIC_URL", "https://"),
        ("CDS_PUBLIC_URL", "https://example.org:port"),
        ("CDS_PUBLIC_URL", "https://[::1"),
        ("CDS_PUBLIC_URL", "https://example.org?a=b"),
        ("CDS_CANONICAL_URL", "urn:uuid:0e1f"),
        ("CDS_DATABASE_URL", ""),
        ("CDS_DATABASE_URL", "mysql://db/cds"),
        ("CDS_DATABASE_URL", "sqlite://cds.db"),
        ("CDS_DATABASE_URL", "sqlite:///:memory:"),
        ("CDS_DATABASE_URL", "sqlite:///cds.db?mode=memory"),
        ("CDS_TIME_ZONE", "Europe"),
        ("CDS_TIME_ZONE", "CET+1"),
        ("CDS_TIME_ZONE", "../../etc/passwd"),
        ("CDS_CONFIRM_APPROPRIATE", "true"),
        ("CDS_CONFIRM_APPROPRIATE", ""),
        ("CDS_ALTERNATIVES", "6"),
        ("CDS_ALTERNATIVES", "-1"),
        ("CDS_MAY_BE_APPROPRIATE", "may-be-appropriate"),
        ("CDS_QCDSM", ""),
        ("CDS_FHIR_SERVERS", "http://fhir.example.org"),
        ("CDS_FHIR_SERVERS", "https://a.org/fhir?x=y"),
        ("CDS_FHIR_SERVERS", "ftp://localhost"),
        ("CDS_FHIR_DEADLINE_MS", "0"),
        ("CDS_FHIR_SERVERS", "none,https://a.org"),
        ("CDS_CA_FILE", "/does/not/exist.pem"),
        ("CDS_CA_FILE", "tests"),
        ("CDS_CA_FILE", "pyproject.toml"),
        ("CDS_HTTPS_PROXY", "proxy.example.org:3128"),
        ("CDS_HTTPS_PROXY", "https://proxy.example.org"),
        ("CDS_HTTPS_PROXY", "socks5://proxy.example.org"),
        ("CDS_HTTPS_PROXY", "http://proxy.example.org/path"),
        ("CDS_HTTPS_PROXY", "http://user:hunter2@proxy.example.org"),
        ("CDS_TRUSTED_CLIENTS", "/does/not/exist.toml"),
        ("CDS_TRUSTED_CLIENTS", "Gateway"),
        ("CDS_TRUSTED_PROXIES", "gateway.example.org"),
        ("CDS_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("CDS_RATE_LIMIT", "0"),
        ("CDS_RATE_LIMIT", ""),
        ("CDS_CONNECTIONS_PER_ADDRESS", "0"),
        ("CDS_CONNECTIONS_PER_ADDRESS", "1001"),
        ("CDS_REPLAY_STORE_DOWN", "accept"),
        ("CDS_CORS_ORIGINS", "https://a.org/"),
        ("CDS_CORS_ORIGINS", "a.org"),
        ("CDS_CORS_ORIGINS", "*,https://a.org"),
        ("CDS_MAX_BODY_BYTES", "20MiB"),
        ("CDS_LOG_LEVEL", "verbose"),
        ("CDS_KNOWLEDGE_DIR", "/does/not/exist"),
        ("CDS_ORDER_CODES", "/does/not/exist.csv"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_one_fault_that_names_it(name: str, text: str) -> None:
    (fault,) = faults_of({name: text})

    assert fault.startswith(f"{name}: expected ")
    assert "came" in fault


def test_a_fault_says_what_was_expected_what_came_and_what_to_do() -> None:
    assert faults_of({"CDS_PORT": "http"}) == (
        'CDS_PORT: expected a whole number from 1 to 65535, came "http"; '
        "correct it, or remove it to use the default",
    )


def test_all_faults_are_reported_at_once() -> None:
    faults = faults_of({"CDS_PORT": "x", "CDS_ALTERNATIVES": "9", "CDS_NEW": "1", "CDS_LOG_LEVEL": "info"})

    assert [fault.partition(":")[0] for fault in faults] == ["CDS_PORT", "CDS_ALTERNATIVES", "CDS_NEW"]


def test_a_misspelled_setting_is_a_fault_that_lists_the_known_ones() -> None:
    (fault,) = faults_of({"CDS_PORTS": "80"})

    assert fault.startswith("CDS_PORTS: unknown setting")
    assert all(setting.name in fault for setting in SETTINGS)


@pytest.mark.parametrize(
    "environ",
    [
        {"CDS_DATABASE_URL": "mysql://clinic:hunter2@db/cds"},
        {"CDS_DATABASE_URL": "postgresql://clinic:hun/hunter2@db:port/cds"},
        {"CDS_DATABASE_URL": "hunter2"},
        {"CDS_FHIR_SERVERS": "https://clinic:hunter2@fhir.example.org"},
        {"CDS_PUBLIC_URL": "https://clinic:hunter2@example.org"},
        {"CDS_PUBLIC_URL": "https://example.org?token=hunter2"},
        {"CDS_HTTPS_PROXY": "http://clinic:hunter2@proxy.example.org"},
        {"CDS_TOKEN": "hunter2"},
    ],
)
def test_a_fault_never_shows_a_secret(environ: dict[str, str]) -> None:
    assert "hunter2" not in "".join(faults_of(environ))


def test_the_public_url_follows_the_port_and_the_canonical_url_the_public_one() -> None:
    by_port = settings_from({"CDS_PORT": "9000"})
    by_url = settings_from({"CDS_PORT": "9000", "CDS_PUBLIC_URL": "https://cds.example.org"})

    assert (by_port.public_url, by_port.canonical_url) == ("http://localhost:9000", "http://localhost:9000")
    assert by_url.canonical_url == "https://cds.example.org"


def test_a_sites_own_criteria_and_codes_are_found(tmp_path: Path) -> None:
    codes = tmp_path / "codes.csv"
    codes.touch()

    own = {"CDS_KNOWLEDGE_DIR": tmp_path, "CDS_ORDER_CODES": codes, "CDS_OBSERVATION_CODES": codes}
    settings = settings_from({name: str(path) for name, path in own.items()})

    found = (settings.knowledge_dir, settings.order_codes, settings.observation_codes)
    assert found == (tmp_path, codes, codes)


def test_production_starts_with_a_public_https_url_and_lets_no_browser_or_server_in_by_default() -> None:
    settings = settings_from(PRODUCTION)

    assert settings.cors_origins == ()
    assert not settings.loopback_allowed


def test_development_lets_every_browser_in_and_calls_servers_on_this_machine() -> None:
    settings = settings_from({})

    assert settings.cors_origins == ("*",)
    assert settings.loopback_allowed


@pytest.mark.parametrize(
    "unsafe",
    [
        {"CDS_PUBLIC_URL": "http://cds.example.org"},
        {"CDS_CORS_ORIGINS": "*"},
        {"CDS_CORS_ORIGINS": "https://ehr.example.org,http://ehr.example.org"},
        {"CDS_FHIR_SERVERS": "https://fhir.example.org,https://localhost/fhir"},
        {"CDS_FHIR_SERVERS": "https://127.0.0.2"},
        {"CDS_FHIR_SERVERS": "https://[::ffff:127.0.0.1]"},
        {"CDS_FHIR_SERVERS": "https://0.0.0.0"},
        {"CDS_FHIR_SERVERS": "https://fhir.LOCALHOST."},
        {"CDS_MANAGEMENT_BIND": ""},
    ],
)
def test_production_refuses_what_is_unsafe_and_says_so(unsafe: dict[str, str]) -> None:
    (name,) = unsafe

    (fault,) = faults_of(PRODUCTION | unsafe)

    assert fault.startswith(f"{name}: expected ")
    assert "production" in fault


def test_system_actions_are_copied_for_the_sandbox_in_development_alone_unless_a_site_says_so() -> None:
    assert settings_from({}).extension_system_actions
    assert not settings_from(PRODUCTION).extension_system_actions
    assert settings_from({**PRODUCTION, "CDS_EXTENSION_SYSTEM_ACTIONS": "on"}).extension_system_actions


@pytest.mark.parametrize(
    ("name", "what_to_put"),
    [
        ("CDS_PUBLIC_URL", "set the URL at which clients reach the service"),
        ("CDS_TRUSTED_CLIENTS", "set a TOML file of trusted clients, or `gateway`"),
        ("CDS_FHIR_SERVERS", "list those of your site, or set `none`"),
    ],
)
def test_production_refuses_to_start_without_what_protects_it(name: str, what_to_put: str) -> None:
    (fault,) = faults_of({given: value for given, value in PRODUCTION.items() if given != name})

    assert fault.startswith(f"{name}: expected ")
    assert what_to_put in fault


def test_production_may_say_that_it_calls_no_fhir_server_and_who_may_call(tmp_path: Path) -> None:
    clients = tmp_path / "clients.toml"
    clients.touch()

    settings = settings_from(PRODUCTION | {"CDS_FHIR_SERVERS": "none", "CDS_TRUSTED_CLIENTS": str(clients)})

    assert (settings.fhir_servers, settings.trusted_clients) == ((), clients)
    assert settings.rate_limit == 6000


def test_a_production_service_without_any_setting_names_each_that_it_lacks() -> None:
    faults = faults_of({"CDS_PROFILE": "production"})

    named = [fault.partition(":")[0] for fault in faults]
    assert named == ["CDS_TRUSTED_CLIENTS", "CDS_SITE_KEY", "CDS_PUBLIC_URL", "CDS_FHIR_SERVERS"]


def test_a_public_url_that_cannot_be_read_is_reported_once_in_production_too() -> None:
    (fault,) = faults_of(PRODUCTION | {"CDS_PUBLIC_URL": "https://cds.example.org/"})

    assert "slash at the end" in fault


def test_what_is_in_force_is_shown_as_a_person_would_type_it() -> None:
    settings = settings_from(
        {"CDS_CONFIRM_APPROPRIATE": "off", "CDS_CORS_ORIGINS": "https://a.org,https://b.org"}
    )

    rows = values_shown(settings)

    assert list(rows) == [setting.name for setting in SETTINGS]
    assert rows["CDS_CONFIRM_APPROPRIATE"] == "off"
    assert rows["CDS_CORS_ORIGINS"] == "https://a.org,https://b.org"
    assert rows["CDS_ORDER_CODES"] == ""


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://clinic:hunter2@db/cds", "postgresql://***@db/cds"),
        ("postgresql://clinic:hunter2@hunter2@db/cds", "postgresql://***@db/cds"),
        ("postgresql://db/cds?password=hunter2", "postgresql://db/cds?***"),
        ("sqlite:///var/cds-service.db", "sqlite:///var/cds-service.db"),
    ],
)
def test_what_is_in_force_never_shows_a_secret(url: str, shown: str) -> None:
    rows = values_shown(settings_from({"CDS_DATABASE_URL": url}))

    assert rows["CDS_DATABASE_URL"] == shown


def test_every_setting_tells_what_it_is_for() -> None:
    assert all(setting.meaning for setting in SETTINGS)
