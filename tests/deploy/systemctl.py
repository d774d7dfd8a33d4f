#!/usr/bin/python3
"""A stand-in for systemctl where no systemd runs: checks the unit, and runs its command as systemd would, but unshielded.

It knows `cds-service` and `nginx`; what is asked of another unit it passes over.
"""

import os
import pwd
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


def told_by(unit):
    """Every directive with its values, the last one last."""
    told = {}
    for line in unit.read_text().replace("\\\n", " ").splitlines():
        name, is_directive, value = line.partition("=")
        if is_directive and not line.startswith(("#", ";")):
            told.setdefault(name.strip(), []).append(value.strip())
    return told


def environ_of(told):
    own = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    for line in told.get("Environment", []):
        own.update(pair.split("=", 1) for pair in shlex.split(line))
    for name in told.get("EnvironmentFile", []):
        if name.startswith("-") and not Path(name[1:]).exists():
            continue
        lines = Path(name.removeprefix("-")).read_text().splitlines()
        own.update(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return own


def user_of(told):
    if told.get("DynamicUser") or "User" not in told:
        return SOMEBODY
    return pwd.getpwnam(told["User"][-1]).pw_uid


def start():
    told = told_by(UNIT)
    uid, own = user_of(told), environ_of(told)
    for kind, place in (
        ("StateDirectory", "/var/lib"),
        ("RuntimeDirectory", "/run"),
        ("CacheDirectory", "/var/cache"),
    ):
        for name in " ".join(told.get(kind, [])).split():
            folder = Path(place, name)
            folder.mkdir(parents=True, exist_ok=True)
            os.chown(folder, uid, uid)
            own[f"{kind.removesuffix('Directory').upper()}_DIRECTORY"] = str(folder)
    as_user = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--no-new-privs"]
    where = told.get("WorkingDirectory", ["/"])[-1].removeprefix("-").replace("%S", "/var/lib")
    with LOG.open("ab") as log:
        for command in [*told.get("ExecStartPre", [])]:
            subprocess.run([*as_user, *shlex.split(command.lstrip("-+!:"))], env=own, cwd=where, check=True)
        command = shlex.split(told["ExecStart"][-1].lstrip("-+!:"))
        process = subprocess.Popen(
            [*as_user, *command], env=own, cwd=where, stdout=log, stderr=log, start_new_session=True
        )
    PID_FILE.write_text(str(process.pid))


def stop():
    pid = int(PID_FILE.read_text())
    os.kill(pid, signal.SIGTERM)
    for _ in range(SECONDS_TO_STOP * 10):
        if not Path(f"/proc/{pid}").exists() or ") Z " in Path(f"/proc/{pid}/stat").read_text():
            PID_FILE.unlink()
            return
        time.sleep(0.1)
    sys.exit(f"{UNIT.name} does not end by SIGTERM")


def main(words):
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
