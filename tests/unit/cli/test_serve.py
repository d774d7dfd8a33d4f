"""`cds-service serve`, really started: what it prints, answers, and how it stops."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from cds_service.cli.serve import program_called, serve_forever
from cds_service.errors import SettingsError
from cds_service.settings import Settings, settings_from

SECONDS = 30


def free_port(host: str = "127.0.0.1") -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def started(folder: Path, port: int, host: str) -> subprocess.Popen[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CDS_")}
    return subprocess.Popen(
        [sys.executable, "-c", "from cds_service.cli.main import main; main()", "serve", "--workers", "1"],
        cwd=folder,
        env={**environ, "CDS_HOST": host, "CDS_PORT": str(port), "CDS_DATABASE_URL": "sqlite:///record.db"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def fetched(url: str) -> str:
    """The answer, as soon as the workers listen."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            with urlopen(url, timeout=SECONDS) as answer:
                text: str = answer.read().decode()
                return text
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def has_ipv6() -> bool:
    try:
        return bool(free_port("::1"))
    except OSError:
        return False


@pytest.mark.parametrize("host", ["127.0.0.1", *(["::1"] if has_ipv6() else [])])
def test_it_says_where_it_listens_answers_and_stops_when_it_is_told_to(tmp_path: Path, host: str) -> None:
    port = free_port(host)
    service = started(tmp_path, port, host)
    try:
        assert service.stdout is not None
        lines = [service.stdout.readline() for _ in range(4)]
        base = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        discovery = fetched(f"{base}/cds-services")

        service.send_signal(signal.SIGTERM)
        out, err = service.communicate(timeout=SECONDS)
    finally:
        service.kill()

    assert lines == [
        "Profile:   development; anyone may call\n",
        f"Open:      {base}/\n",
        f"Discovery: {base}/cds-services\n",
        "Try:       cds-service example | cds-service ask -\n",
    ]
    assert "hemoptysis-imaging-order-sign" in discovery
    assert (service.returncode, out) == (0, "")
    assert re.fullmatch(r".* INFO request id=\S+ method=GET route=/cds-services status=200 ms=\S+\n", err)


def test_a_port_in_use_is_told_at_once(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        service = started(tmp_path, port, "127.0.0.1")
        out, err = service.communicate(timeout=SECONDS)

    assert service.returncode == 2
    assert out == ""
    assert err == (
        "cds-service: Settings: 1 fault\n"
        f"- CDS_PORT: port {port} at 127.0.0.1 is in use, perhaps by a service that was started before; "
        "use another, as in --port 8080\n"
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_management_address_in_use_is_told_by_the_name_of_its_setting(host: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        own = {"CDS_PORT": str(free_port()), "CDS_MANAGEMENT_BIND": f"{host}:{port}"}

        with pytest.raises(SettingsError) as refused:
            serve_forever(settings_from(own))

    assert refused.value.faults == (
        f"CDS_MANAGEMENT_BIND: port {port} at {host} is in use, perhaps by a service that was started "
        "before; use another, such as 127.0.0.1:8002",
    )


@pytest.mark.parametrize("bind", ["203.0.113.7:8001", "no-such-host.invalid:8001"])
def test_a_management_address_that_is_not_this_machine_is_told(bind: str) -> None:
    with pytest.raises(SettingsError) as refused:
        serve_forever(settings_from({"CDS_PORT": str(free_port()), "CDS_MANAGEMENT_BIND": bind}))

    (fault,) = refused.value.faults
    assert fault.startswith(
        f"CDS_MANAGEMENT_BIND: {bind.partition(':')[0]} is no address of this machine; use "
    )


@pytest.mark.parametrize("host", ["203.0.113.7", "no-such-host.invalid"])
def test_a_host_that_is_not_this_machine_is_told(host: str) -> None:
    settings: Settings = settings_from({"CDS_HOST": host})

    with pytest.raises(SettingsError, match=r"CDS_HOST: .* is no address of this machine"):
        serve_forever(settings)


def test_the_program_is_named_so_that_it_can_be_called_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, other = tmp_path / "with a space" / "cds-service", tmp_path / "other" / "cds-service"
    for program in (here, other):
        program.parent.mkdir()
        program.touch(mode=0o755)

    monkeypatch.setenv("PATH", str(here.parent))

    assert program_called(str(here)) == "cds-service"
    assert program_called(str(other)) == str(other)
    assert program_called("-c") == "cds-service"

    monkeypatch.setenv("PATH", str(tmp_path))

    assert program_called(str(here)) == f"'{here}'"
