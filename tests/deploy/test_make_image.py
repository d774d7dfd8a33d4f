"""What `make image` would do on a machine with these programs: stand-ins that note how they were called."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.deploy.containers import REPOSITORY

SCRIPT: Final = REPOSITORY / "deploy" / "image" / "build.sh"
ALWAYS_THERE: Final = ("bash", "cat", "dirname", "env", "mktemp", "rm", "sed")
STAND_IN: Final = """#!/bin/sh
echo "$(basename "$0") $*" >> '{calls}'
case "$(basename "$0") $*" in {refused}) exit 1;; esac
for word in "$@"; do case "$word" in --secret=*src=*pip.conf) cat "${{word##*src=}}" >> '{calls}';; esac; done
"""
NO_REGISTRY: Final = "'buildah pull'*|'buildah inspect'*"


class Desk:
    """A machine with a few programs."""

    def __init__(self, folder: Path) -> None:
        self._programs = folder / "bin"
        self._programs.mkdir()
        self._calls = folder / "calls"
        self._calls.touch()
        for name in (*ALWAYS_THERE, "basename"):
            (self._programs / name).symlink_to(str(shutil.which(name)))

    def has(self, *names: str, refused: str = "nothing") -> None:
        """These programs, which fail where they are called as the shell pattern says."""
        for name in names:
            (self._programs / name).write_text(STAND_IN.format(calls=self._calls, refused=refused))
            (self._programs / name).chmod(0o755)

    def make(self, **environ: str) -> subprocess.CompletedProcess[str]:
        own = {"PATH": str(self._programs), "TMPDIR": os.environ.get("TMPDIR", "/tmp"), **environ}
        command = [str(self._programs / "bash"), str(SCRIPT)]
        return subprocess.run(command, env=own, capture_output=True, text=True, check=False)

    def calls(self) -> list[str]:
        return self._calls.read_text().splitlines()

    def built(self) -> str:
        """How the image was built."""
        (build,) = [call for call in self.calls() if " build " in call]
        return build


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_without_any_builder_it_says_what_to_install(desk: Desk) -> None:
    done = desk.make()

    assert done.returncode == 1
    assert done.stderr.startswith("make image: needs buildah, podman or docker with its engine")


def test_a_docker_whose_engine_does_not_answer_is_said_to_be_there(desk: Desk) -> None:
    desk.has("docker", refused="'docker info'*")

    done = desk.make()

    assert (done.returncode, desk.calls()) == (1, ["docker info"])
    assert "docker is there, but no engine answers it" in done.stderr


@pytest.mark.parametrize(
    ("programs", "beginning"),
    [
        (("docker",), "docker build --tag cds-service"),
        (("docker", "podman"), "podman build --format docker --tag cds-service"),
        (("docker", "podman", "buildah"), "buildah build --isolation chroot --format docker "),
    ],
)
def test_the_first_builder_that_is_found_builds(
    desk: Desk, programs: tuple[str, ...], beginning: str
) -> None:
    desk.has(*programs)

    done = desk.make()

    assert done.returncode == 0, done.stderr
    assert desk.built().startswith(beginning)


def test_the_base_that_a_release_names_is_taken_and_no_other(desk: Desk) -> None:
    desk.has("buildah")

    desk.make(PYTHON_IMAGE="registry.example/python@sha256:0", IMAGE="cds-service:1.0")

    assert "--tag cds-service:1.0 --build-arg PYTHON_IMAGE=registry.example/python@sha256:0" in desk.built()
    assert len(desk.calls()) == 1


def test_where_no_registry_answers_a_base_is_made_of_debian(desk: Desk) -> None:
    desk.has("buildah", "mmdebstrap", refused=NO_REGISTRY)

    done = desk.make(DEBIAN_MIRROR="http://debian.example/debian")

    (made,) = [call for call in desk.calls() if call.startswith("mmdebstrap ")]
    assert made.endswith(" http://debian.example/debian")
    assert "--build-arg PYTHON_IMAGE=localhost/cds-service-base:bookworm" in desk.built()
    assert "No registry gave docker.io/library/python:3.11-slim" in done.stderr


def test_where_neither_registry_nor_mmdebstrap_is_there_it_says_so(desk: Desk) -> None:
    desk.has("buildah", refused=NO_REGISTRY)

    done = desk.make()

    assert done.returncode == 1
    assert "set PYTHON_IMAGE, or install mmdebstrap" in done.stderr
    assert not [call for call in desk.calls() if " build " in call]


def test_an_index_and_an_authority_of_the_site_are_secrets_of_the_build(desk: Desk) -> None:
    desk.has("docker")

    desk.make(PIP_INDEX_URL="https://index.example/simple", PIP_CERT="/site/authorities.pem")

    assert "--secret=id=authorities.pem,src=/site/authorities.pem" in desk.built()
    assert {"index-url = https://index.example/simple", "cert = /etc/authorities.pem"} <= {*desk.calls()}
    assert "index.example" not in desk.built()
