"""Builds the image as `make image` does, and runs it with podman, in a storage of the tests' own.

A developer who runs these tests often names a folder for it in `IMAGE_STORAGE`, which stays and is used
again. Remove the image in it, or the folder, after a change.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
import requests

REPOSITORY: Final = Path(__file__).parents[2]
NEEDED: Final = ("buildah", "mmdebstrap", "podman", "runc")
IMAGE: Final = "localhost/cds-service:test"
SECONDS_TO_BUILD: Final = 900
SECONDS_FOR_A_COMMAND: Final = 60
SECONDS_TO_START: Final = 30
HARDENED: Final = (
    *("--read-only", "--read-only-tmpfs=false", "--tmpfs", "/tmp"),
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
)

# runc does without a manager of cgroups; a container without a network of its own needs no bridge. Locks are
# files, since those in shared memory are shared with every other storage of the machine.
_ENGINE: Final = """[containers]
netns = "host"
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
lock_type = "file"
tmp_dir = "{0}/tmp"
"""
_STORAGE: Final = """[storage]
driver = "overlay"
graphroot = "{0}/images"
runroot = "{0}/run"
"""


@dataclass(frozen=True, slots=True)
class Engine:
    """buildah and podman with a storage of their own, in which the image is."""

    environ: dict[str, str]

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """What a command of the engine says."""
        return subprocess.run(
            command,
            env={**os.environ, **self.environ},
            cwd=REPOSITORY,
            check=check,
            capture_output=True,
            text=True,
            timeout=SECONDS_FOR_A_COMMAND,
        )

    def podman(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.run("podman", *arguments, check=check)

    @contextmanager
    def started(self, name: str, *options: str) -> Iterator[str]:
        """A container of the image that runs the service, by its name."""
        self.podman("run", "--detach", "--name", name, *HARDENED, *options, IMAGE)
        try:
            yield name
        finally:
            self.podman("rm", "--force", "--time", "0", name, check=False)


@contextmanager
def engine_with_the_image() -> Iterator[Engine]:
    """Skips where a program is missing, or where the user may not use it."""
    if missing := [program for program in NEEDED if shutil.which(program) is None]:
        pytest.skip(f"needs {', '.join(missing)} (Debian: apt-get install {' '.join(missing)})")
    if os.geteuid() != 0:
        pytest.skip("needs root, who alone may mount and change the root of a process")
    if kept := os.environ.get("IMAGE_STORAGE"):
        yield _built(Path(kept))
        return
    folder = Path(tempfile.mkdtemp(prefix="cds-service-image-"))
    try:
        yield _built(folder)
    finally:
        _unmount_below(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _built(folder: Path) -> Engine:
    """The base and the image, made anew where the folder does not hold them yet."""
    folder.mkdir(exist_ok=True)
    (folder / "storage.conf").write_text(_STORAGE.format(folder))
    (folder / "containers.conf").write_text(_ENGINE.format(folder))
    environ = {
        "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
        "CONTAINERS_CONF": str(folder / "containers.conf"),
    }
    engine = Engine(environ)
    if engine.podman("image", "exists", IMAGE, check=False).returncode == 0:
        return engine
    done = subprocess.run(
        ["make", "--no-print-directory", "image", f"IMAGE={IMAGE}"],
        cwd=REPOSITORY,
        env={**os.environ, **environ, "MAKEFLAGS": ""},
        capture_output=True,
        text=True,
        timeout=SECONDS_TO_BUILD,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"make image failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return engine


def _unmount_below(folder: Path) -> None:
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in reversed([mount for mount in mounts if mount.startswith(f"{folder}/")]):
        subprocess.run(["umount", "--lazy", mount], check=False)


def wait_until_live(port: int) -> None:
    """Until the service answers that it lives; raises TimeoutError when it does not in time."""
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        try:
            if requests.get(f"http://127.0.0.1:{port}/health/live", timeout=2).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.1)
    raise TimeoutError(f"nothing at port {port} says that it lives")
