"""`docs/how-to/deploy.md`, typed step by step: its blocks run in their order, each in a shell of its own."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.deploy.containers import IMAGE, REPOSITORY, Engine
from tests.deploy.machine import Machine, machine

PAGE: Final = REPOSITORY / "docs" / "how-to" / "deploy.md"
STEP: Final = re.compile(r"^<!-- step: (\w+) -->\n```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
BUILD: Final = re.compile(r"^make image IMAGE=(\S+)$", re.MULTILINE)
FETCHES: Final = re.compile(r"apt-get|pip install")
READS_SETTINGS: Final = re.compile(r"^export \$\(.*\)$", re.MULTILINE)
OF_ONE_FILE: Final = re.compile(r"--volume /etc/cds-service/\S+")
TELLS_THE_REVISION: Final = re.compile(r"are at revision (\w+)")
ANSWER: Final = '{"cards":'
HOOK: Final = "/cds-services/hemoptysis-imaging-order-sign\n"


def steps(part: str) -> list[str]:
    return [found[2] for found in STEP.finditer(PAGE.read_text()) if found[1] == part]


def typed(here: Machine, part: str, after: Callable[[str], None] = lambda _: None) -> list[tuple[str, str]]:
    """Every step of a part with what it printed; `after` is called with each step that is done."""
    printed: list[tuple[str, str]] = []
    revision = ""
    for step in steps(part):
        # The image that the page builds was built by this very command before (`Engine`).
        command = BUILD.sub(rf"podman tag {IMAGE} \1", step).replace("REVISION", revision)
        output = here.run(command, is_online=bool(FETCHES.search(step)))
        revision = (TELLS_THE_REVISION.findall(output) or [revision])[-1]
        printed.append((step, output))
        after(step)
    return printed


def with_settings() -> str:
    """How the page has a command get the settings of the service."""
    (command, *_) = READS_SETTINGS.findall(PAGE.read_text())
    return str(command)


def answers_to_hooks(printed: list[tuple[str, str]]) -> list[list[object]]:
    """The cards of each hook that a step asked, which ends the step."""
    asked = [output for step, output in printed if step.endswith(HOOK)]
    return [json.loads(output[output.index(ANSWER) :])["cards"] for output in asked]


def test_every_block_to_type_is_a_step_of_one_of_the_two_parts() -> None:
    blocks = re.findall(r"^```sh$", PAGE.read_text(), re.MULTILINE)

    assert len(blocks) == len(steps("container")) + len(steps("machine"))
    assert min(len(steps("container")), len(steps("machine"))) > 5


def test_a_command_gets_the_settings_as_systemd_would_give_them(tmp_path: Path) -> None:
    secret = "postgresql://u:p%40$HOME@db/x?sslmode=verify-full&sslrootcert=/etc/ca.pem"
    (tmp_path / "settings.env").write_text("# as in PROFILE=development\nCDS_PROFILE=production\n")
    (tmp_path / "secrets.env").write_text(f"CDS_DATABASE_URL={secret}\n")
    commands = READS_SETTINGS.findall(PAGE.read_text())

    told = [
        subprocess.run(
            ["bash", "-euc", f"{command}; env"],
            env={},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        for command in (command.replace("/etc/cds-service", str(tmp_path)) for command in commands)
    ]

    assert len(told) == 3
    for lines in told:
        assert {f"CDS_DATABASE_URL={secret}", "CDS_PROFILE=production"} <= {*lines}
        assert not any(line.startswith("sslrootcert") for line in lines)


def test_a_container_sees_a_file_that_was_put_in_the_place_of_another() -> None:
    """A mount of one file goes on showing the one that was there, and a reload would read that."""
    assert OF_ONE_FILE.findall(PAGE.read_text()) == []


@pytest.mark.parametrize("part", ["container", "machine"])
def test_the_service_is_told_of_its_gateway_before_it_is_started(part: str) -> None:
    """Otherwise all callers behind it share the limits of one address."""
    commands = [line for step in steps(part) for line in step.splitlines()]
    told = [
        n for n, line in enumerate(commands) if re.match(r"echo .CDS_TRUSTED_PROXIES=.*>> \S+/settings", line)
    ]
    started = [n for n, line in enumerate(commands) if "--detach" in line or "enable --now" in line]

    assert len(told) == 1
    assert told[0] < min(started)


@pytest.mark.integration
def test_the_page_leads_to_an_answer_of_a_container_and_back_from_the_next_version(engine: Engine) -> None:
    with machine(**engine.environ) as here:
        try:
            printed = typed(here, "container")
            runs = here.run("podman inspect --format '{{.ImageName}} {{.State.Running}}' cds-service")
        finally:
            engine.podman("rm", "--all", "--force", "--time", "0", check=False)
            engine.podman("volume", "rm", "--all", "--force", check=False)

    (cards,) = answers_to_hooks(printed)
    assert cards
    assert runs.split()[-2:] == ["localhost/cds-service:VERSION", "true"]


@pytest.mark.integration
def test_the_page_leads_to_an_answer_of_a_bare_machine_and_back_from_the_next_version() -> None:
    with machine() as here:

        def start_postgresql(step: str) -> None:
            """What Debian does when it installs it, where systemd runs."""
            if "apt-get install" in step:
                newest = "$(ls /usr/lib/postgresql | sort --numeric-sort | tail -n 1)"
                here.run(f"pg_createcluster --port 5432 --start {newest} ours")

        printed = typed(here, "machine", start_postgresql)
        runs = here.run("readlink /opt/cds-service; ls -l /etc/cds-service/secrets.env")
        looked_at = here.run(f"{with_settings()}\n/opt/cds-service/bin/cds-service doctor || true")
        spool = here.run("ls -d /var/lib/cds-service/spool")
        rows = here.run("runuser -u postgres -- psql -tA cds_service -c 'SELECT count(*) FROM seen_tokens'")

    (cards,) = answers_to_hooks(printed)
    assert cards
    assert runs.splitlines()[-2] == "/opt/cds-service-VERSION"
    assert runs.splitlines()[-1].startswith("-rw-------")
    assert rows.split()[-1] == "1"
    assert f"ok    spool           {spool.strip()}, " in looked_at
