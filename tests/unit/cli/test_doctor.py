"""`cds-service doctor`: each part that is at fault is told with what to do, and nothing is changed."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cds_service.cli.doctor.checks import Finding, findings_of
from cds_service.outbound import visit as visit_module
from cds_service.records.sql.schema import REVISIONS, migrate_database
from cds_service.settings import Settings
from tests.attack.signing import ISSUER, jwks, key_endpoint, trusted
from tests.unit.cli.command import Command

CAPABILITY = b'{"resourceType": "CapabilityStatement"}'
SILENCED = '[[silence]]\nrule = "heart-rate"\nreason = "a test"\nsince = 2026-11-30\n'


@contextmanager
def server(body: bytes = CAPABILITY, *, status: int = 200, ahead: timedelta = timedelta()) -> Iterator[str]:
    """The base URL of a FHIR server that answers every address like this."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(status)
            self.send_header("Date", format_datetime(datetime.now(UTC) + ahead, usegmt=True))
            self.send_header("Content-Type", "application/fhir+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{running.server_address[1]}/fhir"
        finally:
            running.shutdown()


@pytest.fixture
def whole(settings: Settings) -> Settings:
    """Settings whose database has its tables."""
    migrate_database(settings.database_url, to=REVISIONS[-1])
    return settings


def found(settings: Settings, check: str) -> list[Finding]:
    return [finding for finding in findings_of(settings) if finding.check == check]


def fault_in(settings: Settings, check: str) -> Finding:
    (finding,) = found(settings, check)
    assert finding.outcome == "fault", finding
    assert finding.do, finding
    return finding


def test_where_all_is_well_nothing_is_at_fault(whole: Settings, tmp_path: Path) -> None:
    file = tmp_path / "clients.toml"
    with server() as url, key_endpoint(jwks()) as keys:
        file.write_text(trusted({"name": "north", "issuer": ISSUER, "jwks_url": keys.url}))
        findings = list(findings_of(replace(whole, fhir_servers=(url,), trusted_clients=file)))

    assert {finding.check for finding in findings} == {
        *("settings", "knowledge", "silence", "database", "spool", "fhir-server", "trusted-client", "clock")
    }
    assert [finding for finding in findings if finding.outcome == "fault"] == []
    assert f"north: {keys.url}, 2 keys" in {finding.says for finding in findings}


def test_a_database_without_tables_is_told_with_the_command_to_run(settings: Settings) -> None:
    finding = fault_in(replace(settings, database_url="sqlite:///nowhere/record.db"), "database")

    assert "cds-service records migrate" in finding.do


def test_a_password_of_the_database_is_never_shown(settings: Settings) -> None:
    url = "postgresql://cds:s3cret@127.0.0.1:9/record"

    finding = fault_in(replace(settings, database_url=url), "database")

    assert "s3cret" not in str(finding)
    assert "127.0.0.1:9" in finding.says


def test_a_fault_of_the_knowledge_is_told_by_its_place(settings: Settings, tmp_path: Path) -> None:
    findings = found(replace(settings, knowledge_dir=tmp_path / "nowhere"), "knowledge")

    assert {finding.outcome for finding in findings} == {"fault"}
    assert all(finding.do for finding in findings)


def test_what_is_switched_off_is_noted(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "silence.toml"
    file.write_text(SILENCED)

    (finding,) = found(replace(settings, silence_file=file), "silence")

    assert (finding.outcome, finding.says) == (
        "note",
        "rule heart-rate is silenced since 2026-11-30: a test",
    )


def test_which_file_switches_nothing_off_is_told(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "silence.toml"
    file.touch()

    (named,) = found(replace(settings, silence_file=file), "silence")
    (none,) = found(replace(settings, silence_file=None), "silence")

    assert str(file) in named.says
    assert "no file is named (CDS_SILENCE_FILE)" in none.says


def test_a_spool_that_cannot_be_written_is_told(settings: Settings, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        folder = Path("/proc/self/spool")  # where not even root may write
    else:
        (tmp_path / "closed").mkdir(mode=0o500)
        folder = tmp_path / "closed" / "spool"

    assert "CDS_SPOOL_DIR" in fault_in(replace(settings, spool_dir=folder), "spool").do


def test_a_spool_that_cannot_even_be_looked_for_is_told(settings: Settings) -> None:
    finding = fault_in(replace(settings, spool_dir=Path("/", 300 * "x", "spool")), "spool")

    assert "File name too long" in finding.do


@pytest.mark.parametrize("url", ["postgresql://cds:secret@127.0.0.1:9/record", "sqlite:///var/record.db"])
def test_a_spool_that_depends_on_where_a_program_is_started_is_noted_in_production(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.chdir(tmp_path)
    production = replace(settings, profile="production", database_url=url)

    (by_default,) = found(production, "spool")
    (named,) = found(replace(production, spool_dir=tmp_path / "spool"), "spool")

    assert (by_default.outcome, named.outcome) == ("note", "ok")
    assert by_default.says.startswith(f"{tmp_path}/var/spool, ")
    assert "CDS_SPOOL_DIR" in by_default.do


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (b"{}", 200, "no CapabilityStatement"),
        (CAPABILITY, 401, "asks for a token"),
        (CAPABILITY, 404, "no such address"),
        (CAPABILITY, 302, "names another address"),
        (CAPABILITY, 503, "fails or has too much to do"),
        (CAPABILITY, 418, "no usable answer"),
    ],
)
def test_a_fhir_server_that_does_not_answer_as_one_is_told(
    settings: Settings, body: bytes, status: int, told: str
) -> None:
    with server(body, status=status) as url:
        finding = fault_in(replace(settings, fhir_servers=(url,)), "fhir-server")

    assert finding.says == f"{url}/metadata"
    assert told in finding.do


def test_a_fhir_server_that_cannot_be_reached_is_told(settings: Settings) -> None:
    finding = fault_in(replace(settings, fhir_servers=("http://127.0.0.1:9/fhir",)), "fhir-server")

    assert "firewall" in finding.do


def test_a_fhir_server_that_hangs_is_not_waited_for(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visit_module, "SECONDS_TO_ANSWER", 0)

    with server() as url:
        finding = fault_in(replace(settings, fhir_servers=(url,)), "fhir-server")

    assert "no answer in time" in finding.do


@pytest.mark.parametrize("ahead", [timedelta(minutes=5), timedelta(minutes=-5)])
def test_a_clock_that_is_minutes_apart_is_told(settings: Settings, ahead: timedelta) -> None:
    with server(ahead=ahead) as url:
        finding = fault_in(replace(settings, fhir_servers=(url,)), "clock")

    assert ("behind" if ahead > timedelta() else "ahead of") in finding.says
    assert "NTP" in finding.do


def test_the_clock_of_a_server_that_refuses_is_read_all_the_same(settings: Settings) -> None:
    with server(status=401) as url:
        (finding,) = found(replace(settings, fhir_servers=(url,)), "clock")

    assert finding.outcome == "ok"


@pytest.mark.parametrize(("body", "status"), [("{}", 200), (jwks(), 404), ('{"keys": []}', 200)])
def test_a_client_whose_keys_do_not_come_is_told(
    settings: Settings, tmp_path: Path, body: str, status: int
) -> None:
    file = tmp_path / "clients.toml"
    with key_endpoint(body) as keys:
        keys.status = status
        file.write_text(trusted({"name": "north", "issuer": ISSUER, "jwks_url": keys.url}))
        findings = found(replace(settings, trusted_clients=file), "trusted-client")

    assert {finding.outcome for finding in findings} == {"fault"}
    assert all(finding.says == f"north: {keys.url}" and finding.do for finding in findings)


def test_a_fault_of_one_part_keeps_no_other_from_being_looked_at(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "clients.toml"
    file.write_text("[[client]]\n")

    checks = {finding.check for finding in findings_of(replace(settings, trusted_clients=file))}

    assert {"trusted-client", "clock", "spool", "knowledge"} <= checks


def test_the_command_says_it_for_a_person_and_as_json(cds_service: Command, tmp_path: Path) -> None:
    told = cds_service("doctor").out
    found = json.loads(cds_service("doctor", "--json").out)

    assert cds_service.code == 1
    assert "FAULT database" in told
    assert told.endswith("1 fault\n")
    assert cds_service.err == ""
    assert found["faults"] == 1
    assert {"check", "outcome", "says", "do"} == found["findings"][0].keys()
    assert list(tmp_path.iterdir()) == []


def test_settings_that_cannot_be_read_are_told_alone(
    cds_service: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDS_PORT", "none")

    told = cds_service("doctor")

    assert told.code == 1
    assert told.out.startswith("FAULT settings        CDS_PORT\n")
    assert told.out.endswith("1 fault\n")


def test_where_nothing_is_at_fault_the_exit_code_is_0(
    cds_service: Command, whole: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDS_DATABASE_URL", whole.database_url)

    assert cds_service("doctor").code == 0, cds_service.out
