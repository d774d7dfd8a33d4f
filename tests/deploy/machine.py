"""A Debian machine for a test to change: this one, seen by processes whose changes are thrown away.

They have mounts, processes and a loopback of their own: what they write to /etc, /opt, /usr and /var lies in
a folder of the test, what they start ends with them, and every port is free.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

REPOSITORY: Final = Path(__file__).parents[2]
CHANGED: Final = ("etc", "opt", "usr", "var")
PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NEEDED: Final = ("unshare", "nsenter", "ip", "apt-get", "git")
NAME: Final = "cds.hospital.example"
SECONDS_TO_START: Final = 30
SECONDS_FOR_A_STEP: Final = 600

_SET_UP: Final = f"""set -e
ip link set lo up
for name in {" ".join(CHANGED)}; do
  mkdir -p "$0/$name/upper" "$0/$name/work"
  mount -t overlay overlay -o "lowerdir=/$name,upperdir=$0/$name/upper,workdir=$0/$name/work" "/$name"
done
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /dev/shm
install -d -m 0755 /run/lock "$0/home"
echo "127.0.0.1 {NAME}" >> /etc/hosts
install -m 0755 "$1" /usr/local/sbin/systemctl
# What is there stays as it is.
echo 'APT::Get::Upgrade "false"; Acquire::Languages "none";' > "$0/apt.conf"
touch "$0/ready"
exec sleep infinity
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """What the commands of a step see; `clone` is where they are typed."""

    pid: int
    clone: Path
    environ: Mapping[str, str]

    def run(self, step: str, *, is_online: bool = False) -> str:
        """What a step prints; with the network of the test where it fetches packages."""
        loopback = () if is_online else ("--net",)
        namespaces = ("nsenter", f"--target={self.pid}", "--mount", "--pid", *loopback)
        done = subprocess.run(
            [*namespaces, f"--wd={self.clone}", "--", "bash", "-euo", "pipefail", "-c", step],
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS_FOR_A_STEP,
            check=False,
        )
        if done.returncode != 0:
            raise AssertionError(f"ended with {done.returncode}:\n{step}\n{done.stdout[-6000:]}")
        return done.stdout


def _environ(folder: Path, own: Mapping[str, str]) -> dict[str, str]:
    """How this machine reaches the registries of packages, and what is the test's own."""
    registries = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("PIP_") or name.lower().endswith("_proxy")
    }
    at_home = {"HOME": str(folder / "home"), "APT_CONFIG": str(folder / "apt.conf")}
    return {"PATH": PATH, "LANG": "C.UTF-8", **registries, **at_home, **own}


@contextmanager
def machine(**environ: str) -> Iterator[Machine]:
    """Skips where a program is missing, or where the user may not make one."""
    if missing := [program for program in NEEDED if shutil.which(program) is None]:
        pytest.skip(f"needs {', '.join(missing)}, as Debian has them (util-linux, iproute2, apt, git)")
    if os.geteuid() != 0:
        pytest.skip("needs root, who alone may mount")
    folder = Path(tempfile.mkdtemp(prefix="cds-service-machine-"))
    folder.chmod(0o755)
    own = ("--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation=private")
    systemctl = Path(__file__).with_name("systemctl.py")
    process = subprocess.Popen(["unshare", *own, "bash", "-c", _SET_UP, str(folder), str(systemctl)])
    try:
        first = _first_of(process, folder)
        yield Machine(first, _clone(folder / "cds-service"), _environ(folder, environ))
    finally:
        process.kill()  # and with it every process of the machine
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _first_of(process: subprocess.Popen[bytes], folder: Path) -> int:
    deadline = time.monotonic() + SECONDS_TO_START
    while not (folder / "ready").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the machine was not set up; what it said stands above")
        time.sleep(0.05)
    (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(child)


def _clone(folder: Path) -> Path:
    """The files of this clone as they are now, those that are not committed yet too."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (REPOSITORY / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, folder / name)
    return folder


if __name__ == "__main__":
    with machine() as here:
        print(here.run(" ".join(sys.argv[1:])))
