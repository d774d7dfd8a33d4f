"""`example` and `settings`: what a newcomer tries first, and what a script reads."""

import json
import os
import subprocess
import sys

import pytest

from cds_service.examples import FIRST, about, names, text
from cds_service.setting_table import SETTINGS
from cds_service.settings import settings_from, values_shown
from tests.unit.cli.command import Command

LONG = ",".join(f"https://fhir-{n}.hospital.example/{'path' * 12}" for n in range(3))


def run(*arguments: str, given: bytes = b"", **environ: str) -> subprocess.CompletedProcess[bytes]:
    """`cds-service` as a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", "from cds_service.cli.main import main; main()", *arguments],
        input=given,
        capture_output=True,
        check=False,
        env={**os.environ, **environ},
    )


# --- example -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", names())
def test_example_prints_the_request_of_that_name_as_it_is_shipped(cds_service: Command, name: str) -> None:
    result = cds_service("example", name)

    assert (result.code, result.err) == (0, "")
    assert result.out == text(name)


def test_example_without_a_name_prints_the_first(cds_service: Command) -> None:
    assert cds_service("example").out == text(FIRST)


def test_example_list_names_each_with_what_it_shows(cds_service: Command) -> None:
    lines = cds_service("example", "--list").out.splitlines()

    assert [line.split(maxsplit=1) for line in lines] == [[name, about(name)] for name in names()]


def test_a_name_that_is_no_example_is_refused_with_those_that_are(cds_service: Command) -> None:
    result = cds_service("example", "../settings")

    assert (result.code, result.out) == (2, "")
    assert result.err == f"cds-service: There is no such example; there are {', '.join(names())}.\n"


def test_an_example_is_piped_into_ask_whatever_the_terminal_can_show() -> None:
    printed = run("example", PYTHONIOENCODING="ascii")
    answer = run("ask", "--json", "-", given=printed.stdout)

    assert printed.stdout.decode() == text(FIRST)
    assert json.loads(answer.stdout)["cards"][0]["indicator"] == "warning"


# --- settings ------------------------------------------------------------------------------------------


def test_settings_prints_what_is_in_force_and_no_secret(
    cds_service: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDS_PORT", "9000")
    monkeypatch.setenv("CDS_DATABASE_URL", "postgresql://me:hush@db/cds")

    result = cds_service("settings")

    assert result.code == 0
    assert "http://localhost:9000" in result.out
    assert "hush" not in result.out


@pytest.mark.parametrize("columns", [20, 60, 80, 300])
def test_a_value_stands_whole_on_the_line_of_its_setting(
    cds_service: Command, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("CDS_FHIR_SERVERS", LONG)

    lines = cds_service("settings").out.splitlines()

    shown = values_shown(settings_from({"CDS_FHIR_SERVERS": LONG}))
    first = {line.split(" ")[0]: line for line in lines if line.startswith("CDS_")}
    assert shown["CDS_FHIR_SERVERS"] == LONG
    assert [name for name, value in shown.items() if value not in first[name]] == []
    assert not any("…" in line for line in lines)


@pytest.mark.parametrize("columns", [20, 80, 300])
def test_every_meaning_is_said(cds_service: Command, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))

    words = " ".join(cds_service("settings").out.split())

    assert [setting.name for setting in SETTINGS if setting.meaning not in words] == []


def test_settings_as_json_are_the_values_as_a_person_would_type_them(
    cds_service: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"CDS_FHIR_SERVERS": LONG, "CDS_DATABASE_URL": "postgresql://me:hush@db/cds", "CDS_QCDSM": "é"}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    result = cds_service("settings", "--json")

    assert json.loads(result.out) == values_shown(settings_from(environ))
    assert result.out.isascii()
    assert "hush" not in result.out
