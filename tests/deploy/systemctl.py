#!/usr/bin/python3
"""A stand-in for systemctl where no systemd runs: checks the unit, and runs its command, but unshielded.

It knows `cds-service` and `nginx`; what is asked of another unit it passes over. It is a program by itself,
run by the machine's own Python.
"""

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

UNIT = Path("/etc/systemd/system/cds-service.service")
PID_FILE = Path("/run/cds-service.pid")
LOG = Path("/var/log/cds-service.log")
SOMEBODY = 64321  # what DynamicUser would choose
SECONDS_TO_STOP = 30


def told_by(unit: Path) -> dict[str, list[str]]:
    """Every directive with its values, the last one last."""
    told: dict[str, list[str]] = {}
    for line in unit.read_text().replace("\\\n", " ").splitlines():
        name, is_directive, value = line.partition("=")
        if is_directive and not line.startswith(("#", ";")):
            told.setdefault(name.strip(), []).append(value.strip().replace("%S", "/var/lib"))
    return told


def environ_of(told: dict[str, list[str]]) -> dict[str, str]:
    own = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    pairs = [pair for line in told.get("Environment", []) for pair in shlex.split(line)]
    for name in told.get("EnvironmentFile", []):
        lines = Path(name).read_text().splitlines()
        pairs += [line for line in lines if line and not line.startswith("#")]
    for pair in pairs:
        variable, _, value = pair.partition("=")
        own[variable] = value
    return own


def start() -> None:
    """The command of the unit with its settings, as the user that DynamicUser would choose."""
    told = told_by(UNIT)
    state = Path("/var/lib", told["StateDirectory"][-1])
    state.mkdir(parents=True, exist_ok=True)
    os.chown(state, SOMEBODY, SOMEBODY)
    as_somebody = [
        "setpriv",
        f"--reuid={SOMEBODY}",
        f"--regid={SOMEBODY}",
        "--clear-groups",
        "--no-new-privs",
    ]
    with LOG.open("ab") as log:
        process = subprocess.Popen(
            [*as_somebody, *shlex.split(told["ExecStart"][-1])],
            env=environ_of(told),
            cwd=told["WorkingDirectory"][-1],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    PID_FILE.write_text(str(process.pid))


def stop() -> None:
    pid = int(PID_FILE.read_text())
    os.kill(pid, signal.SIGTERM)
    for _ in range(SECONDS_TO_STOP * 10):
        if not Path(f"/proc/{pid}").exists() or ") Z " in Path(f"/proc/{pid}/stat").read_text():
            PID_FILE.unlink()
            return
        time.sleep(0.1)
    sys.exit(f"{UNIT.name} does not end by SIGTERM")


def main(words: list[str]) -> None:
    verb, *units = [word for word in words if not word.startswith("-")]
    if verb == "daemon-reload" and UNIT.exists():
        subprocess.run(["systemd-analyze", "verify", str(UNIT)], check=True)
    elif units == ["nginx"] and verb in ("reload", "restart"):
        subprocess.run(["nginx"], check=True)
    elif units == ["cds-service"]:
        if verb in ("stop", "restart"):
            stop()
        if verb in ("start", "restart", "enable"):
            start()


if __name__ == "__main__":
    main(sys.argv[1:])
