"""What installs, builds and starts the service, checked as files; `tests/deploy` builds and runs it."""

import json
import os
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
import responses

from cds_service.web.access import ROUTES, Access
from deploy.load_fixtures import LoadError, load

REPOSITORY = Path(__file__).parents[2]
BASE_URL = "http://localhost:8080/fhir"


def lines_of(name: str) -> list[str]:
    lines = (REPOSITORY / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


# --- Dockerfile ------------------------------------------------------------------------------------


def test_what_the_image_copies_exists_and_is_not_ignored() -> None:
    rules = lines_of(".dockerignore")
    kept = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    copies = [line.split()[1:-1] for line in lines_of("Dockerfile") if line.startswith("COPY ")]
    sources = {source for copy in copies if not copy[0].startswith("--from") for source in copy}

    assert rules[0] == "*"
    assert all((REPOSITORY / source).exists() for source in sources)
    assert sources == kept


def test_the_image_runs_as_a_user_of_its_own_that_is_known_by_its_number() -> None:
    last_stage = "\n".join(lines_of("Dockerfile")).rpartition("FROM ")[2]

    (user, group) = re.findall(r"^USER ([0-9]+):([0-9]+)$", last_stage, re.MULTILINE)[0]
    assert user == group != "0"
    assert f"echo 'cds-service:x:{group}:' >> /etc/group" in last_stage
    assert (
        f"echo 'cds-service:x:{user}:{group}::/srv/cds-service:/usr/sbin/nologin' >> /etc/passwd"
        in last_stage
    )
    assert last_stage.count("USER ") == 1


def test_the_image_asks_the_service_itself_whether_it_is_well() -> None:
    program, _, code = health_check()

    assert program == "python"
    compile(code, "HEALTHCHECK", "exec")
    assert "/health/live', timeout" in code
    assert ROUTES["/health/live"] is Access.OPEN


def health_check() -> list[str]:
    (command,) = re.findall(r"HEALTHCHECK .*\\\n\s+CMD (\[.*\])", (REPOSITORY / "Dockerfile").read_text())
    words: list[str] = json.loads(command)
    return words


def test_the_health_check_asks_no_proxy_that_the_engine_hands_on() -> None:
    _, *arguments = health_check()
    with served() as port:
        environ = {
            "CDS_PORT": str(port),
            "http_proxy": "http://127.0.0.1:9",
            "HTTP_PROXY": "http://127.0.0.1:9",
        }

        done = subprocess.run([sys.executable, *arguments], env=environ, capture_output=True, check=False)

    assert done.returncode == 0, done.stderr


@contextmanager
def served() -> Iterator[int]:
    """The port of something that says it lives."""

    class Lives(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Lives) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        try:
            yield int(running.server_address[1])
        finally:
            running.shutdown()


def test_the_image_is_in_production_unless_it_is_told_otherwise() -> None:
    last_stage = "\n".join(lines_of("Dockerfile")).rpartition("FROM ")[2]

    assert "CDS_PROFILE=production" in last_stage


def test_the_image_has_the_version_of_python_that_the_lock_was_made_with() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    images = [line.removeprefix("ARG PYTHON_IMAGE=") for line in lines_of("Dockerfile") if "ARG" in line]

    minor = project["project"]["requires-python"].removeprefix(">=")
    assert images == [f"docker.io/library/python:{minor}-slim"]


def test_every_stage_is_built_on_the_image_that_the_site_pins_by_its_digest() -> None:
    lines = lines_of("Dockerfile")
    page = (REPOSITORY / "docs/how-to/deploy.md").read_text()

    assert lines[0].startswith("ARG PYTHON_IMAGE=")
    assert {line.split()[1] for line in lines if line.startswith("FROM ")} == {"${PYTHON_IMAGE}"}
    assert "PYTHON_IMAGE=docker.io/library/python:3.11-slim@sha256:DIGEST make image" in page


# --- lock files and Makefile -----------------------------------------------------------------------


PIN = re.compile(r"([A-Za-z0-9._-]+)==(\S+) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)")


def pins_of(lock: str) -> dict[str, str]:
    pins = PIN.findall((REPOSITORY / lock).read_text())
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version, _ in pins}


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "requirements-build.lock"])
def test_a_lock_holds_exact_versions_with_their_hashes_and_nothing_else(lock: str) -> None:
    text = (REPOSITORY / lock).read_text()

    assert PIN.sub("", text) == ""
    assert pins_of(lock)


def test_nothing_is_installed_from_a_lock_without_its_hashes() -> None:
    makefile, image = ((REPOSITORY / name).read_text() for name in ("Makefile", "Dockerfile"))
    installs = re.findall(r"(?:pip|\(PIP\)) install [^\n]*--requirement [^\n]*", makefile + image)

    assert len(installs) > 1
    assert all("--require-hashes" in install for install in installs)


def test_tools_and_service_are_locked_to_the_same_versions() -> None:
    assert pins_of("requirements.lock").items() <= pins_of("requirements-dev.lock").items()


def test_every_dependency_of_the_project_is_locked() -> None:
    read = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    at_runtime = [*read["project"]["dependencies"], *read["project"]["optional-dependencies"]["postgresql"]]
    for_tools = read["dependency-groups"]["dev"]

    assert names_of(at_runtime) <= pins_of("requirements.lock").keys()
    assert names_of(for_tools) <= pins_of("requirements-dev.lock").keys()


def test_what_builds_the_wheel_is_locked_to_the_version_that_the_project_names() -> None:
    read = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())

    assert read["dependency-groups"]["build"] == read["build-system"]["requires"]
    assert read["build-system"]["requires"] == [
        f"hatchling=={pins_of('requirements-build.lock')['hatchling']}"
    ]


def names_of(requirements: list[str]) -> set[str]:
    matches = [re.match(r"[A-Za-z0-9._-]+", requirement) for requirement in requirements]
    return {re.sub(r"[-_.]+", "-", match[0]).lower() for match in matches if match}


def test_make_help_lists_every_target() -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    (targets,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)

    listed = subprocess.run(["make", "help"], cwd=REPOSITORY, capture_output=True, text=True, check=True)

    assert re.findall(r"^  make (\S+) ", listed.stdout, re.MULTILINE) == targets.split()


def test_the_script_of_ci_can_be_run_and_read_by_a_shell() -> None:
    script = REPOSITORY / ".ci" / "run"

    subprocess.run(["bash", "-n", str(script)], check=True)

    assert os.access(script, os.X_OK)


@pytest.mark.parametrize(
    ("program", "said", "message"),
    [
        ("python3", "Python 3.9.2", "Python 3.11 or later is needed as python3, this is Python 3.9.2"),
        ("javac", "javac 11.0.2", "a JDK of 17 or later is needed, javac says: 11.0.2"),
        ("javac", "javac 1.8.0_392", "a JDK of 17 or later is needed, javac says: 1.8.0_392"),
    ],
)
def test_the_script_of_ci_says_which_version_is_too_old_before_it_does_anything(
    tmp_path: Path, program: str, said: str, message: str
) -> None:
    old = tmp_path / program
    old.write_text(f"#!/bin/sh\necho '{said}'\n[ $# -eq 1 ]\n")  # `python3 -c PROGRAM` fails
    old.chmod(0o755)
    environ = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}

    done = subprocess.run(
        [REPOSITORY / ".ci" / "run"], env=environ, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (1, f".ci/run: {message}\n")
    assert "==" not in done.stdout


def test_git_ignores_what_the_tools_and_the_service_write() -> None:
    rules = [rule.strip("/") for rule in lines_of(".gitignore")]

    for written in [
        ".venv",
        "var",
        ".coverage",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        "__pycache__",
    ]:
        assert any(fnmatch(written, rule) for rule in rules), written


# --- loading the fixture patients ------------------------------------------------------------------


@pytest.fixture
def patients(tmp_path: Path) -> Path:
    for name in ["b", "a"]:
        bundle = {"resourceType": "Bundle", "type": "transaction", "id": name}
        (tmp_path / f"{name}.json").write_text(json.dumps(bundle))
    return tmp_path


def do_not_wait(_seconds: float) -> None:
    """In place of time.sleep."""


@responses.activate
def test_each_patient_is_posted_to_the_server_as_fhir_json(patients: Path) -> None:
    responses.get(f"{BASE_URL}/metadata", json={})
    responses.post(BASE_URL, json={"resourceType": "Bundle"})

    names = load(BASE_URL, patients)

    posted = [call.request for call in responses.calls if call.request.method == "POST"]
    assert names == ["a.json", "b.json"]
    assert [json.loads(request.body or "")["id"] for request in posted] == ["a", "b"]
    assert {request.headers["Content-Type"] for request in posted} == {"application/fhir+json"}


@responses.activate
def test_a_server_that_is_still_starting_is_waited_for(patients: Path) -> None:
    responses.get(f"{BASE_URL}/metadata", body=requests.ConnectionError("connection refused"))
    responses.get(f"{BASE_URL}/metadata", status=503)
    responses.get(f"{BASE_URL}/metadata", json={})
    responses.post(BASE_URL, json={"resourceType": "Bundle"})

    assert load(BASE_URL, patients, pause=do_not_wait) == ["a.json", "b.json"]


@responses.activate
def test_a_server_that_never_answers_is_given_up(patients: Path) -> None:
    responses.get(f"{BASE_URL}/metadata", status=503)

    with pytest.raises(LoadError, match="none answered"):
        load(BASE_URL, patients, pause=do_not_wait)


@responses.activate
def test_a_patient_that_the_server_refuses_is_named(patients: Path) -> None:
    responses.get(f"{BASE_URL}/metadata", json={})
    responses.post(BASE_URL, status=422, body="HAPI-0533: invalid")

    with pytest.raises(LoadError, match=r"a\.json: the server answered 422: HAPI-0533: invalid"):
        load(BASE_URL, patients)


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="found none"):
        load(BASE_URL, tmp_path)
