"""`cds_service.wsgi:app` under other servers, started by the very commands of the page."""

import http.client
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cds_service.app import create_app
from cds_service.settings import Settings
from tests.attack.served import free_port, wait_for

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs" / "how-to" / "use-another-wsgi-server.md"
REQUESTS = REPOSITORY / "fixtures" / "requests"
SERVICE = "/cds-services/hemoptysis-imaging-order-select"
FEEDBACK = {
    "feedback": [
        {
            "card": "4e0a3a1e-3180-4578-ad75-32d7b8d8d4a1",
            "outcome": "overridden",
            "outcomeTimestamp": "2026-11-24T10:05:31Z",
        }
    ]
}
JSON_BODY = {"Content-Type": "application/json"}
UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
pytestmark = pytest.mark.integration


class Asked(NamedTuple):
    """One request."""

    method: str
    address: str
    body: bytes | None = None
    media_type: str = "application/json"


TOO_LARGE = Asked("POST", SERVICE, b" " * (4 << 20 | 1))
ENDS_A_CONNECTION_UNREAD = {"granian", "uwsgi"}
ASKED = [
    *(
        Asked("POST", f"/cds-services/hemoptysis-imaging-{hook}", (REQUESTS / hook / name).read_bytes())
        for hook, name in (
            ("order-select", "recurrent-ct-without-contrast.json"),
            ("order-sign", "massive-by-volume.json"),
            ("patient-view", "patient-view-massive.json"),
        )
    ),
    *(Asked("POST", SERVICE, file.read_bytes()) for file in sorted((REQUESTS / "invalid").glob("*.json"))),
    TOO_LARGE,
    Asked("POST", SERVICE, b"{}", "text/plain"),
    Asked("POST", f"{SERVICE}/feedback", json.dumps(FEEDBACK).encode()),
    *(Asked("GET", path) for path in ("/cds-services", "/cds-services/", "/criteria/massive", "/rules")),
    *(Asked("GET", path) for path in ("/", "/openapi.json", "/nowhere", "/health/ready")),
    *(Asked("GET", path) for path in ("/CodeSystem/override-reason", "/patient/fr", "/cds%2dservices")),
    Asked("DELETE", SERVICE),
    Asked("OPTIONS", SERVICE),
    Asked("HEAD", "/criteria"),
]


def commands() -> dict[str, str]:
    """The commands of the page by the name of their server."""
    found = re.search(r"<!-- servers -->\n```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found
    return {line.split()[0]: line for line in found[1].splitlines()}


@contextmanager
def started(command: str, folder: Path, **settings: str) -> Iterator[int]:
    """The port of a server that was started by a command of the page."""
    program, *arguments = shlex.split(command)
    found = shutil.which(program, path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if found is None:
        pytest.skip(f"needs {program}, which is not installed; on this machine it could not be built")
    port = free_port()
    own = {name: value for name, value in os.environ.items() if not name.startswith("CDS_")}
    environ = {**own, "CDS_DATABASE_URL": "sqlite:///record.db", "PYTHONPATH": str(REPOSITORY), **settings}
    placed = [argument.replace("8000", str(port)) for argument in arguments]
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen([found, *placed], cwd=folder, env=environ, stdout=log, stderr=log)
        try:
            wait_for(port)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=90)


def answer_of(port: int, asked: Asked) -> tuple[int, str | None, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        headers = {} if asked.body is None else {"Content-Type": asked.media_type}
        with suppress(BrokenPipeError):  # where a server answers before all of a body has come
            connection.request(asked.method, asked.address, asked.body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Content-Type"), comparable(answer.read())


def comparable(body: bytes) -> bytes:
    """The body with each UUID as the number of its first place, since they are made anew."""
    seen: dict[bytes, bytes] = {}
    return UUID.sub(lambda found: seen.setdefault(found[0], b"uuid-%d" % len(seen)), body)


def recorded(folder: Path) -> tuple[int, int]:
    """Consultations in the database or still in the spool, and feedback in the database."""
    with closing(sqlite3.connect(folder / "record.db")) as database:
        rows = database.execute("SELECT count(*) FROM consultations").fetchone()[0]
        feedback = database.execute("SELECT count(*) FROM feedback").fetchone()[0]
    spooled: list[Any] = [
        row
        for file in (folder / "spool").glob("*.spool")
        for line in file.read_bytes().splitlines()
        for row in json.loads(line.split(b" ", 2)[2])
    ]
    return rows + len(spooled), feedback


@pytest.mark.parametrize("server", sorted(commands()))
def test_another_server_gives_the_same_answers_and_loses_nothing_of_the_record(
    server: str, settings: Settings, tmp_path: Path
) -> None:
    ours = create_app(settings).test_client()
    differing = []

    with started(commands()[server], tmp_path) as port:
        for asked in ASKED:
            content_type = asked.media_type if asked.body is not None else None
            expected = ours.open(
                asked.address, method=asked.method, data=asked.body, content_type=content_type
            )

            try:
                answer = answer_of(port, asked)
            except ConnectionResetError:
                assert asked is TOO_LARGE
                assert server in ENDS_A_CONNECTION_UNREAD
                continue

            if answer != (expected.status_code, expected.content_type, comparable(expected.data)):
                differing.append((asked.method, asked.address, answer[:2], expected.status_code))

    assert differing == []
    assert recorded(tmp_path) == (3, 1)


@pytest.mark.parametrize("server", sorted(commands()))
def test_the_log_of_another_server_is_written_as_that_server_writes_it(server: str, tmp_path: Path) -> None:
    with started(commands()[server], tmp_path) as port:
        answer_of(port, Asked("GET", "/health/live"))

    told = (tmp_path / "log.txt").read_text()

    assert "Logging error" not in told
    if server == "gunicorn":
        assert re.search(r"\[\d+\] \[INFO\] Booting worker with pid: \d+", told)


def test_what_is_switched_off_is_told_at_the_start_of_another_server(tmp_path: Path) -> None:
    file = tmp_path / "silence.toml"
    file.write_text('[[silence]]\nalert = "massive"\nreason = "a test"\nsince = 2026-11-30\n')

    with started(commands()["waitress-serve"], tmp_path, CDS_SILENCE_FILE=str(file)):
        pass

    assert "CRITICAL ALERT SILENCED" in (tmp_path / "log.txt").read_text()


def test_every_server_that_the_page_names_is_started_here() -> None:
    assert set(commands()) == {"gunicorn", "waitress-serve", "granian", "uwsgi"}


@pytest.mark.parametrize(
    ("server", "status"), [("gunicorn", 200), ("waitress-serve", 200), ("granian", 200), ("uwsgi", 400)]
)
def test_a_body_without_its_length_is_taken_where_the_page_says(
    server: str, status: int, tmp_path: Path
) -> None:
    with (
        started(commands()[server], tmp_path) as port,
        closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection,
    ):
        body = iter([ASKED[0].body or b""])
        connection.request("POST", SERVICE, body, JSON_BODY, encode_chunked=True)

        assert connection.getresponse().status == status


def test_the_management_is_another_application_where_it_has_an_address_of_its_own(tmp_path: Path) -> None:
    (command,) = re.findall(r"^gunicorn .*:management$", PAGE.read_text(), re.MULTILINE)
    apart = {"CDS_MANAGEMENT_BIND": "127.0.0.1:8001"}
    (tmp_path / "service").mkdir()
    (tmp_path / "management").mkdir()

    with (
        started(commands()["gunicorn"], tmp_path / "service", **apart) as service,
        started(command.replace("8001", "8000"), tmp_path / "management", **apart) as management,
    ):
        statuses = [
            [answer_of(port, Asked("GET", path))[0] for path in ("/status", "/cds-services")]
            for port in (service, management)
        ]

    assert statuses == [[404, 200], [200, 404]]


def test_a_uwsgi_without_threads_is_refused_with_what_to_do(tmp_path: Path) -> None:
    command = shlex.split(commands()["uwsgi"].replace(" --threads 8", ""))
    found = shutil.which("uwsgi", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if found is None:
        pytest.skip("needs uwsgi, which is not installed; on this machine it could not be built")
    environ = {**os.environ, "CDS_DATABASE_URL": "sqlite:///record.db", "PYTHONPATH": str(REPOSITORY)}
    placed = [word.replace("8000", str(free_port())) for word in command[1:]]

    done = subprocess.run(
        [found, *placed], cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=90, check=False
    )

    assert done.returncode != 0
    assert "uWSGI: expected threads; start it with --enable-threads or --threads" in done.stdout + done.stderr


def test_a_faulty_setting_stops_the_start_with_its_name(tmp_path: Path) -> None:
    environ = {**os.environ, "CDS_ALTERNATIVES": "many", "PYTHONPATH": str(REPOSITORY)}

    done = subprocess.run(
        [sys.executable, "-c", "import cds_service.wsgi"],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert "CDS_ALTERNATIVES: expected" in done.stderr
