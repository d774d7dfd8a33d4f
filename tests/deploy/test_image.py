"""The image, built by `make image` and run: what is in it, as whom it runs, what it writes, how it ends."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import requests

from cds_service import __version__
from tests.deploy.containers import HARDENED, IMAGE, REPOSITORY, Engine, wait_until_live
from tests.deploy.image_page import PACKAGES, PAGE
from tests.unit.records.postgresql import free_port, server_started

pytestmark = pytest.mark.integration

URL: Final = "https://cds.hospital.example"
ROUTE: Final = "/cds-services/hemoptysis-imaging-order-sign"
REQUEST: Final = (REPOSITORY / "fixtures/requests/order-sign/massive-by-volume.json").read_text()
TOOLS: Final = ("pip", "pip3", "gcc", "cc", "make", "apt", "apt-get", "git", "wheel")
WHERE_THE_ENGINE_MOUNTS: Final = re.compile(r"[AC] /(etc|run|tmp|srv|proc|sys|dev)\b")
TRIAL: Final = REPOSITORY / "deploy" / "trial_client.py"


def as_of_now(request: str) -> str:
    """The request with every date moved to where it would stand now: production judges at no other time."""
    then = re.search(r'judgeAt": "([^"]+)"', request)
    assert then
    late = (datetime.now(UTC) - datetime.fromisoformat(then[1])).days

    def moved(found: re.Match[str]) -> str:
        return (date.fromisoformat(found[0]) + timedelta(days=late)).isoformat()

    return re.sub(r"\b\d{4}-\d\d-\d\d(?=[T\"])", moved, request)


def normalized(pin: str) -> str:
    name, _, version = pin.partition("==")
    return f"{re.sub(r'[-_.]+', '-', name).lower()}=={version}"


def trial(*arguments: str, key: str = "") -> str:
    """What deploy/trial_client.py prints."""
    done = subprocess.run(
        [sys.executable, str(TRIAL), *arguments], input=key, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def configured(engine: Engine) -> dict[str, Any]:
    (found,) = json.loads(engine.podman("image", "inspect", IMAGE).stdout)
    config: dict[str, Any] = found["Config"]
    return {**config, "Healthcheck": found["Healthcheck"]}


@pytest.fixture(scope="module")
def key() -> str:
    return trial("key")


@pytest.fixture
def volume(engine: Engine, request: pytest.FixtureRequest) -> Iterator[str]:
    name = re.sub(r"\W+", "-", request.node.name)
    engine.podman("volume", "create", name)
    yield name
    engine.podman("volume", "rm", "--force", name)


class Site:
    """The settings of a site, and its trusted client, as files for a container."""

    def __init__(self, folder: Path, key: str, **settings: str) -> None:
        self.key = key
        self.port = free_port()
        folder.chmod(0o755)
        for parent in folder.parents[:2]:
            parent.chmod(0o755)
        (folder / "clients.toml").write_text(trial("client", key=key))
        own = {
            "CDS_PORT": str(self.port),
            "CDS_MANAGEMENT_BIND": f"127.0.0.1:{free_port()}",
            "CDS_PUBLIC_URL": URL,
            "CDS_FHIR_SERVERS": "none",
            "CDS_TRUSTED_CLIENTS": "/etc/cds-service/clients.toml",
            "CDS_SITE_KEY": "0123456789abcdef" * 4,
            **settings,
        }
        (folder / "site.env").write_text("".join(f"{name}={value}\n" for name, value in own.items()))
        self.options = (
            *("--env-file", str(folder / "site.env")),
            *("--volume", f"{folder}/clients.toml:/etc/cds-service/clients.toml:ro"),
        )

    def ask(self) -> requests.Response:
        """The answer to one hook request of the trusted client."""
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {trial('token', URL + ROUTE, key=self.key)}",
        }
        return requests.post(
            f"http://127.0.0.1:{self.port}{ROUTE}", as_of_now(REQUEST), headers=headers, timeout=30
        )


@pytest.fixture
def site(tmp_path: Path, key: str) -> Site:
    return Site(tmp_path, key)


# --- what is in it ---------------------------------------------------------------------------------


def test_the_image_says_as_whom_how_and_how_well_it_runs(configured: dict[str, Any]) -> None:
    assert configured["User"] == "10001:10001"
    assert configured["Entrypoint"] == ["cds-service"]
    assert configured["Cmd"] == ["serve", "--host", "0.0.0.0"]
    assert "CDS_PROFILE=production" in configured["Env"]
    assert configured["Healthcheck"]["Test"][:2] == ["CMD", "python"]


def test_nothing_in_the_image_installs_or_builds_or_gains_rights(engine: Engine) -> None:
    looked = f"command -v {' '.join(TOOLS)}; find / -xdev -type f -perm /6000; python -c 'import pip'"

    found = engine.podman(
        "run", "--rm", "--user", "0", "--entrypoint", "sh", IMAGE, "-c", looked, check=False
    )

    assert found.stdout == ""
    assert "No module named 'pip'" in found.stderr


def test_the_image_holds_the_locked_packages_and_the_service_and_no_others(engine: Engine) -> None:
    asked = "import importlib.metadata as m; print(*(f'{d.name}=={d.version}' for d in m.distributions()))"
    lock = (REPOSITORY / "requirements.lock").read_text()

    installed = engine.podman("run", "--rm", "--entrypoint", "python", IMAGE, "-Ic", asked).stdout.split()

    locked = {normalized(pin) for pin in re.findall(r"^\S+==\S+", lock, re.MULTILINE)}
    assert {normalized(pin) for pin in installed} == {*locked, f"cds-service=={__version__}"}


def test_the_packages_of_debian_are_those_on_the_page(engine: Engine) -> None:
    shown = re.findall(r"^\| ([a-z0-9][a-z0-9.+-]+) \| \S+ \| \d+ \|$", PAGE.read_text(), re.MULTILINE)
    program, *arguments = PACKAGES

    said = engine.podman("run", "--rm", "--entrypoint", program, IMAGE, *arguments).stdout

    assert [line.split()[0] for line in said.splitlines()] == shown, "make image-page writes it anew"


def test_the_image_knows_the_time_zones(engine: Engine) -> None:
    asked = "import zoneinfo; print(zoneinfo.ZoneInfo('Europe/Paris'))"

    assert (
        engine.podman("run", "--rm", "--entrypoint", "python", IMAGE, "-c", asked).stdout == "Europe/Paris\n"
    )


# --- run -------------------------------------------------------------------------------------------


def test_without_settings_it_does_not_start_and_says_what_is_missing(engine: Engine) -> None:
    done = engine.podman("run", "--rm", *HARDENED, IMAGE, check=False)

    assert done.returncode == 2
    assert {"CDS_TRUSTED_CLIENTS", "CDS_FHIR_SERVERS", "CDS_SITE_KEY", "CDS_PUBLIC_URL"} <= set(
        re.findall(r"CDS_\w+", done.stderr)
    )


def test_with_a_volume_alone_it_answers_as_itself_and_keeps_the_record(
    engine: Engine, site: Site, volume: str
) -> None:
    kept = ("--volume", f"{volume}:/srv/cds-service", *site.options)
    engine.podman("run", "--rm", *HARDENED, *kept, IMAGE, "records", "migrate")

    with engine.started("alone", *kept) as name:
        wait_until_live(site.port)
        stranger = requests.post(f"http://127.0.0.1:{site.port}{ROUTE}", json={}, timeout=30)
        answer = site.ask()
        status = engine.podman("exec", name, "cat", "/proc/1/status").stdout
        is_well = engine.podman("healthcheck", "run", name, check=False).returncode == 0
        changed = engine.podman("diff", name).stdout
        engine.podman("stop", "--time", "30", name)
        (ended,) = json.loads(engine.podman("inspect", name).stdout)
        printed = engine.podman("logs", name)

    again = engine.podman("run", "--rm", *HARDENED, *kept, IMAGE, "report", "--json")
    assert stranger.status_code == 401
    assert (answer.status_code, answer.json()["cards"][0]["indicator"]) == (200, "critical")
    assert "Uid:\t10001\t10001" in status
    assert "CapEff:\t0000000000000000" in status
    assert is_well
    assert [line for line in changed.splitlines() if not WHERE_THE_ENGINE_MOUNTS.match(line)] == []
    assert (ended["State"]["ExitCode"], ended["State"]["OOMKilled"]) == (0, False), printed.stderr
    assert json.loads(again.stdout)


def test_it_keeps_the_record_in_postgresql(engine: Engine, tmp_path: Path, key: str, volume: str) -> None:
    with server_started() as server, server.database("in_a_container") as url:
        site = Site(tmp_path, key, CDS_DATABASE_URL=url)
        spool = ("--volume", f"{volume}:/srv/cds-service")
        engine.podman("run", "--rm", *HARDENED, *site.options, IMAGE, "records", "migrate")

        with engine.started("postgresql", *site.options, *spool) as name:
            wait_until_live(site.port)
            answer = site.ask()
            engine.podman("stop", "--time", "30", name)

        assert answer.status_code == 200
        assert server.run("SELECT count(*) > 0 FROM consultations", "in_a_container") == [(True,)]


def test_the_health_check_notices_a_service_that_does_not_answer(
    engine: Engine, configured: dict[str, Any]
) -> None:
    _, program, *arguments = configured["Healthcheck"]["Test"]
    nobody = ("--env", f"CDS_PORT={free_port()}")

    done = engine.podman("run", "--rm", *nobody, "--entrypoint", program, IMAGE, *arguments, check=False)

    assert done.returncode == 1


def test_the_certificate_of_the_trial_is_for_this_machine_alone(engine: Engine, volume: str) -> None:
    script = REPOSITORY / "deploy" / "compose" / "make_certificate.py"
    mounted = ("--volume", f"{volume}:/certificate", "--volume", f"{script}:/make_certificate.py:ro")
    as_root = ("--user", "0:0", "--entrypoint", "python")
    read = "import ssl; print(ssl._ssl._test_decode_cert('/certificate/cds-service.pem')['subjectAltName'])"

    for _ in range(2):  # the second leaves it as it is
        engine.podman("run", "--rm", *as_root, *mounted, IMAGE, "/make_certificate.py", "/certificate")
    found = engine.podman("run", "--rm", *as_root, *mounted, IMAGE, "-c", read).stdout

    assert found == "(('DNS', 'localhost'), ('IP Address', '127.0.0.1'))\n"
