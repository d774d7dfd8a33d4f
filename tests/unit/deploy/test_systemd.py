"""The systemd unit: systemd takes it, it is closed as far as it can be, and it fits the service."""

import re
import shutil
import socket
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import pytest

from cds_service.cli.connections import MOST_CONNECTIONS
from cds_service.cli.process import MOST_CONNECTIONS_OF_THE_MANAGEMENT
from cds_service.cli.serve import SECONDS_TO_STOP
from cds_service.settings import settings_from
from tests.attack.served import served

REPOSITORY = Path(__file__).parents[3]
UNIT = REPOSITORY / "deploy" / "systemd" / "cds-service.service"
PAGE = REPOSITORY / "docs" / "how-to" / "systemd.md"
PROGRAM = "/opt/cds-service/bin/cds-service"
MOST_EXPOSED = 1.5


class Unit(RawConfigParser):
    """A unit file; of a name that stands more than once all values."""

    def __init__(self, text: str) -> None:
        super().__init__(strict=False, interpolation=None, delimiters=("=",))
        self.optionxform = str  # type: ignore[assignment,method-assign]
        self.text = text
        self.read_string(text)

    def every(self, name: str) -> list[str]:
        return re.findall(rf"^{name}=(.*)$", self.text, re.MULTILINE)

    def one(self, name: str) -> str:
        (value,) = self.every(name)
        return value


@pytest.fixture
def unit() -> Unit:
    return Unit(UNIT.read_text())


@pytest.fixture
def placed(tmp_path: Path) -> Path:
    """The unit with a program that is there on this machine."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze, which is not installed (Debian: apt-get install systemd)")
    file = tmp_path / "cds-service.service"
    file.write_text(UNIT.read_text().replace(PROGRAM, "/bin/true"))
    return file


def analyzed(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


def test_systemd_takes_every_line(placed: Path) -> None:
    done = analyzed("verify", str(placed))

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_systemd_notices_a_misspelled_line(placed: Path) -> None:
    placed.write_text(placed.read_text().replace("ProtectHome=", "ProtectHomes="))

    assert "ProtectHomes" in analyzed("verify", str(placed)).stderr


def test_it_is_closed_as_far_as_the_page_says(placed: Path) -> None:
    done = analyzed("security", "--offline=true", "--no-pager", str(placed))
    exposed = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)

    assert exposed
    assert float(exposed[1]) <= MOST_EXPOSED, done.stdout


def test_it_has_no_user_of_its_own_and_writes_its_state_alone(unit: Unit) -> None:
    assert unit.one("DynamicUser") == "yes"
    assert unit.one("ProtectSystem") == "strict"
    assert unit.one("StateDirectory") == "cds-service"
    assert unit.one("WorkingDirectory") == "%S/cds-service"
    assert "ReadWritePaths" not in unit.text


def test_it_is_given_the_time_and_the_files_that_the_service_takes(unit: Unit) -> None:
    assert int(unit.one("TimeoutStopSec")) >= SECONDS_TO_STOP + 5
    assert int(unit.one("LimitNOFILE")) >= 2 * (MOST_CONNECTIONS + MOST_CONNECTIONS_OF_THE_MANAGEMENT)
    assert unit.one("ExecReload") == "/bin/kill -HUP $MAINPID"
    assert unit.one("KillMode") == "mixed"


def test_secrets_stand_in_a_file_that_the_service_does_not_open(unit: Unit) -> None:
    assert unit.every("EnvironmentFile") == [
        "/etc/cds-service/settings.env",
        "/etc/cds-service/secrets.env",
    ]
    assert "CDS_SITE_KEY" not in unit.text
    assert "CDS_DATABASE_URL" not in unit.text


def file_on_page(name: str) -> dict[str, str]:
    """What the page says is to stand in a file."""
    found = re.search(rf"<!-- {re.escape(name)} -->\n```text\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found
    return dict(line.split("=", 1) for line in found[1].splitlines())


def test_the_service_would_start_with_the_files_of_the_page(unit: Unit, tmp_path: Path) -> None:
    clients = tmp_path / "clients.toml"
    clients.touch()
    own = dict(word.split("=", 1) for word in unit.one("Environment").split() if word.startswith("CDS_"))
    environ = {**own, **file_on_page("settings.env"), **file_on_page("secrets.env")}

    settings = settings_from({**environ, "CDS_TRUSTED_CLIENTS": str(clients)})

    assert settings.profile == "production"


def test_a_command_that_reads_the_files_alone_finds_the_spool_of_the_unit(unit: Unit) -> None:
    (own,) = re.findall(r"CDS_SPOOL_DIR=(\S+)", unit.one("Environment"))

    assert file_on_page("settings.env")["CDS_SPOOL_DIR"] == own.replace("%S", "/var/lib")


def test_the_server_tells_systemd_when_it_is_ready(
    unit: Unit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert unit.one("Type") == "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))

        with served(tmp_path, CDS_WORKERS="1"):
            told = listening.recv(1024)

    assert b"READY=1" in told.splitlines()


def test_the_program_is_where_the_page_installs_it(unit: Unit) -> None:
    text = PAGE.read_text()

    assert unit.one("ExecStart") == f"{PROGRAM} serve"
    assert f"{Path(PROGRAM).parent}/python -m pip install" in text
