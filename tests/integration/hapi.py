"""Builds and runs HAPI for integration tests: a FHIR R4 server, and a reader of CDS Hooks answers."""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

REPOSITORY = Path(__file__).resolve().parents[2]
POM = REPOSITORY / "tests" / "hapi" / "pom.xml"
SOURCES = tuple(sorted(POM.parent.glob("*.java")))
CACHE = REPOSITORY / ".cache" / "hapi"

TOOLS = {"java": "a Java 17 runtime", "javac": "a Java 17 compiler", "mvn": "Maven"}
JAVA_RELEASE = "17"
# The quick compiler and the simple collector halve the start on two cores (25 s to 11 s) and save 0.3 GB.
JAVA_OPTIONS = (
    "-Xmx1g",
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
)

DOWNLOAD_SECONDS = 300  # 250 jars, 390 MB, the first time
COMPILE_SECONDS = 120
START_SECONDS = 120
ANSWER_SECONDS = 60  # The first $validate loads the R4 definitions: 7 s on an idle machine.
POLL_SECONDS = 0.1
TAIL_LINES = 40

READY = re.compile(r"^HAPI FHIR ready at (?P<base_url>\S+)$", re.MULTILINE)
FHIR_JSON = {"Accept": "application/fhir+json", "Content-Type": "application/fhir+json"}


class HapiError(RuntimeError):
    """The test server could not be built or started, or gave an answer that a test cannot use."""


@dataclass(frozen=True, slots=True)
class HapiServer:
    """A running HAPI FHIR R4 server; `base_url` has no trailing slash."""

    base_url: str

    def load(self, bundle: Mapping[str, Any]) -> None:
        """Post a transaction Bundle of PUTs; all of it is stored, or none and `HapiError` is raised."""
        answer = requests.post(self.base_url, json=bundle, headers=FHIR_JSON, timeout=ANSWER_SECONDS)
        _successful(answer)

    def search(self, query: str) -> dict[str, Any]:
        """Return the first page that answers `query`, such as "Condition?patient=1"; no link is followed."""
        answer = requests.get(f"{self.base_url}/{query}", headers=FHIR_JSON, timeout=ANSWER_SECONDS)
        return _successful(answer)

    def validate(self, resource: Mapping[str, Any]) -> list[str]:
        """Return the issues of severity error or fatal that $validate finds against the base R4 profile.

        A code outside a required value set does not even parse: the only issue then is that of the parser.
        """
        url = f"{self.base_url}/{resource['resourceType']}/$validate"
        answer = requests.post(url, json=resource, headers=FHIR_JSON, timeout=ANSWER_SECONDS)
        # CAUTION: an invalid resource may be answered by 4xx; only the server's own failure is no verdict.
        outcome = _successful(answer) if answer.status_code >= 500 else answer.json()
        if outcome.get("resourceType") != "OperationOutcome":
            raise HapiError(f"expected an OperationOutcome from {url}, got {answer.text}")
        return [_issue_text(issue) for issue in outcome["issue"] if issue["severity"] in {"error", "fatal"}]


def _successful(answer: requests.Response) -> dict[str, Any]:
    if not answer.ok:
        raise HapiError(f"{answer.request.method} {answer.url} answered {answer.status_code}: {answer.text}")
    body: dict[str, Any] = answer.json()
    return body


def _issue_text(issue: Mapping[str, Any]) -> str:
    places = issue.get("expression") or issue.get("location") or ["(no location)"]
    return f"{places[0]}: {issue.get('diagnostics', issue['code'])}"


def why_not_available() -> str | None:
    """Name the programs that the server needs and this machine lacks; `None` when it can run."""
    missing = [
        f"{program} ({meaning})" for program, meaning in TOOLS.items() if shutil.which(program) is None
    ]
    return f"HAPI FHIR needs {', '.join(missing)} on the PATH" if missing else None


@pytest.fixture(scope="session")
def hapi_server() -> Iterator[HapiServer]:
    """One server for the run: give each case its own patient. No Java or Maven: skips, but fails in CI."""
    require_java()
    with running_hapi() as server:
        yield server


def require_java() -> None:
    """Skip, but fail in CI, where Java or Maven is missing."""
    reason = why_not_available()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


def read_by_model(lines: str) -> str:
    """What CdsHooksReader.java prints for each of these lines. Raises `HapiError`."""
    environment = {**os.environ, "CLASSPATH": _built_class_path()}
    command = ["java", *JAVA_OPTIONS, "CdsHooksReader"]
    done = subprocess.run(
        command, input=lines, capture_output=True, encoding="utf-8", env=environment, timeout=START_SECONDS
    )
    if done.returncode:
        raise HapiError(f"CdsHooksReader ended with status {done.returncode}:\n{done.stderr[-4000:]}")
    return done.stdout


@contextmanager
def running_hapi() -> Iterator[HapiServer]:
    """Build if needed, start on a free port of 127.0.0.1, yield when ready, stop at the end.

    Raises `HapiError`, with the end of the output, when the build or the start fails or takes too long.
    """
    class_path = _built_class_path()
    with tempfile.TemporaryDirectory(prefix="hapi-") as folder:
        log = Path(folder) / "server.log"
        with _started(class_path, log) as process:
            try:
                yield HapiServer(_awaited_base_url(process, log))
            finally:
                process.kill()  # The database is in memory: there is nothing to save.


def _started(class_path: str, log: Path) -> subprocess.Popen[bytes]:
    """Start Java on a free port; the server ends with our end of its standard input (see HapiServer.java)."""
    command = ["java", *JAVA_OPTIONS, "HapiServer", "0"]
    environment = {**os.environ, "CLASSPATH": class_path}
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
        )


def _awaited_base_url(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        ended = process.poll() is not None
        if ready := READY.search(_text(log)):
            return ready["base_url"]
        if ended:
            raise HapiError(
                f"HAPI FHIR ended with status {process.returncode} before it was ready:\n{_tail(log)}"
            )
        time.sleep(POLL_SECONDS)
    raise HapiError(f"HAPI FHIR was not ready after {START_SECONDS} s:\n{_tail(log)}")


def _text(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")


def _tail(log: Path) -> str:
    return "\n".join(_text(log).splitlines()[-TAIL_LINES:])


def _built_class_path() -> str:
    """Return the class path of the programs, built anew when the pom or a source changed or a jar is gone."""
    contents = b"".join(file.read_bytes() for file in (POM, *SOURCES))
    build = CACHE / hashlib.sha256(contents).hexdigest()[:16]
    if not _is_complete(build):
        _replace_build(build)
    return _class_path(build)


def _jars(build: Path) -> str:
    return (build / "jars.txt").read_text(encoding="utf-8").strip()


def _class_path(build: Path) -> str:
    return os.pathsep.join([str(build / "classes"), _jars(build)])


def _is_complete(build: Path) -> bool:
    """A build counts only while Maven's repository, which may be cleaned, still has every jar it names."""
    return build.is_dir() and all(Path(jar).is_file() for jar in _jars(build).split(os.pathsep))


def _replace_build(build: Path) -> None:
    """Build beside the final place and move it there whole, so that no test run ever sees half a build."""
    shutil.rmtree(build, ignore_errors=True)
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="building-", dir=CACHE) as folder:
        fresh = Path(folder) / build.name
        fresh.mkdir()
        _download_jars(fresh)
        _compile(fresh)
        if not build.exists():  # Another run at the same time may have been first.
            fresh.rename(build)


def _download_jars(build: Path) -> None:
    goal = ["dependency:build-classpath", f"-Dmdep.outputFile={build / 'jars.txt'}"]
    _run(["mvn", "-q", "-B", "-f", str(POM), *goal], DOWNLOAD_SECONDS)


def _compile(build: Path) -> None:
    target = ["--release", JAVA_RELEASE, "-d", str(build / "classes")]
    _run(["javac", *target, "-cp", _jars(build), *map(str, SOURCES)], COMPILE_SECONDS)


def _run(command: list[str], seconds: int) -> None:
    """Run a step of the build; `HapiError` shows the end of its output when it fails or exceeds `seconds`."""
    with tempfile.TemporaryDirectory(prefix="hapi-") as folder:
        log = Path(folder) / "build.log"
        try:
            with log.open("wb") as output:
                subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, timeout=seconds, check=True)
        except subprocess.SubprocessError as error:
            # CAUTION: not `str(error)`, which repeats the class path of 30 000 characters.
            raise HapiError(
                f"{command[0]}: {type(error).__name__} (at most {seconds} s):\n{_tail(log)}"
            ) from None
