"""Odd addresses, headers of proxies and the management address, over sockets, as production serves them."""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.attack.calling import BODY, FEEDBACK, PATH
from tests.attack.served import served, wait_for

CANARY = "LEAKDoe"
SERVICE_ID = PATH.rpartition("/")[2]
METHODS = ("GET", "HEAD", "POST", "OPTIONS", "DELETE")


class Production(NamedTuple):
    """A served production service: its two ports, and its log."""

    port: int
    management: int
    log: Path


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    folder = tmp_path_factory.mktemp("served")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        management = int(probe.getsockname()[1])
    with served(
        folder,
        CDS_PROFILE="production",
        CDS_PUBLIC_URL="https://cds.example.org",
        CDS_TRUSTED_CLIENTS="gateway",
        CDS_TRUSTED_PROXIES="127.0.0.0/8",
        CDS_FHIR_SERVERS="none",
        CDS_SITE_KEY="a key of this test that is long enough",
        CDS_MANAGEMENT_BIND=f"127.0.0.1:{management}",
        CDS_LOG_LEVEL="debug",
    ) as (port, _):
        wait_for(management)
        yield Production(port, management, folder / "log.txt")


def sent(port: int, request: bytes) -> bytes:
    """Everything that comes until the service closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received


def asked(port: int, line: str, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"{line} HTTP/1.1", "Host: evil.example", "Connection: close", *headers]
    if body:
        lines += [f"Content-Length: {len(body)}", "Content-Type: application/json"]
    return sent(port, "\r\n".join([*lines, "", ""]).encode("latin-1") + body)


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ")[1])


def headers_of(answer: bytes) -> set[str]:
    head = answer.partition(b"\r\n\r\n")[0].decode("latin-1")
    return {line.partition(":")[0].lower() for line in head.split("\r\n")[1:]}


POSTED = {
    PATH: 200,
    f"{PATH}/": 200,
    f"{PATH}?to=//evil.example/{CANARY}": 200,
    f"/%63ds-services/{SERVICE_ID}": 200,
    f"http://evil.example{PATH}": 200,
    f"/cds-services//{SERVICE_ID}": 404,
    f"//cds-services/{SERVICE_ID}": 200,
    f"///cds-services///{SERVICE_ID}": 404,
    f"//evil.example{PATH}": 404,
    f"//evil.example/..{PATH}": 404,
    f"/\\evil.example{PATH}": 404,
    f"/%2f%2fevil.example{PATH}": 404,
    f"{PATH}//": 404,
    f"{PATH}//feedback": 404,
    f"{PATH}/feedback//": 404,
    f"{PATH}%2f%2ffeedback": 404,
    f"/.{PATH}": 404,
    f"/x/..{PATH}": 404,
    f"{PATH}/.": 404,
    f"{PATH};{CANARY}": 404,
    f"{PATH}%00": 404,
    f"{PATH}%0d%0aX-{CANARY}:%20x": 404,
    f"{PATH}%ff%fe": 404,
    f"/CDS-SERVICES/{SERVICE_ID}": 404,
    f"/{CANARY}{PATH}": 404,
    "*": 404,
    "evil.example:443": 404,
}
FETCHED = {
    "/": 200,
    "/patient/": 200,
    "/patient/fr/": 200,
    "/criteria?next=//evil.example": 200,
    "//": 200,
    "//evil.example": 404,
    "//evil.example/%2f..": 404,
    "/patient//fr": 404,
    "//patient": 200,
    "/criteria//massive": 404,
    "/static//x//site.css": 404,
    "/static/x/%2e%2e/%2e%2e/app.py": 404,
    "/CodeSystem//override-reason": 404,
}


@pytest.mark.parametrize(
    ("line", "status"),
    [
        *((f"POST {path}", status) for path, status in POSTED.items()),
        *((f"GET {path}", status) for path, status in FETCHED.items()),
    ],
)
def test_an_odd_address_is_answered_directly_or_is_not_there(
    production: Production, line: str, status: int
) -> None:
    for accept in ("Accept: application/json", "Accept: text/html"):
        answer = asked(production.port, line, accept, body=BODY if line.startswith("POST") else b"")

        assert status_of(answer) == status, answer
        assert {"location", "server", "via", "x-powered-by"} & headers_of(answer) == set()
        assert "x-request-id" in headers_of(answer)
        assert b"evil" not in answer
        assert CANARY.encode() not in answer


PROXIED = (
    "Forwarded: for=192.0.2.1;host=evil.example;proto=http",
    "X-Forwarded-For: 192.0.2.1",
    "X-Forwarded-Host: evil.example",
    "X-Forwarded-Proto: http",
    "X-Forwarded-Port: 81",
    "X-Forwarded-By: evil.example",
    "X-Forwarded-Prefix: /evil",
    "X-Forwarded-Server: evil.example",
    "X-Script-Name: /evil",
    "X-Original-URL: /evil",
    "X-Rewrite-URL: /evil",
    "X-Real-IP: 192.0.2.1",
    "X-HTTP-Method-Override: DELETE",
    "SCRIPT_NAME: /evil",
    "SCRIPT-NAME: /evil",
    "Script_Name: /criteria",
    "PATH_INFO: /evil",
    "HTTP_HOST: evil.example",
    "SERVER_NAME: evil.example",
    "wsgi.url_scheme: evil",
    "REQUEST_METHOD: DELETE",
    "REMOTE_ADDR: 192.0.2.1",
)


def without_its_own(answer: bytes) -> bytes:
    """An answer but for what differs from one to the next: its date and its id."""
    return re.sub(rb"(?im)^(date|x-request-id):.*\r\n", b"", answer)


@pytest.mark.parametrize("header", PROXIED)
def test_what_a_proxy_could_say_changes_no_answer_though_the_proxy_is_listed(
    production: Production, header: str
) -> None:
    for line in ("GET /criteria/massive", "GET /cds-services", "GET /CodeSystem/override-reason"):
        plain, proxied = asked(production.port, line), asked(production.port, line, header)

        assert status_of(plain) == 200
        assert without_its_own(proxied) == without_its_own(plain)


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (b"GET /cds-services HTTP/1.1\r\nConnection: close\r\n", 400),
        (b"GET /cds-services HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n", 400),
        (b"GET /cds-services HTTP/1.1\r\nHost: a, b\r\nConnection: close\r\n", 400),
        (b"GET /cds-services HTTP/1.0\r\n", 200),
        (b'GET /cds-services HTTP/1.1\r\nHost: evil.example/"><x>\r\nConnection: close\r\n', 200),
        (b"GET http://evil.example/cds-services HTTP/1.1\r\nConnection: close\r\n", 400),
    ],
)
def test_a_request_names_one_host_which_is_never_used(
    production: Production, request_head: bytes, status: int
) -> None:
    answer = sent(production.port, request_head + b"\r\n")

    assert status_of(answer) == status
    assert b"evil" not in answer
    assert {"location", "server"} & headers_of(answer) == set()


def test_the_status_is_at_the_management_address_and_at_no_other(production: Production) -> None:
    for method in METHODS:
        there = asked(production.management, f"{method} /status")
        here = asked(production.port, f"{method} /status", "Accept: application/json")
        nowhere = asked(production.port, f"{method} /nowhere", "Accept: application/json")

        assert status_of(there) == (405 if method in ("POST", "DELETE") else 200)
        assert status_of(here) == 404
        assert without_its_own(here) == without_its_own(nowhere)
    assert json.loads(asked(production.management, "GET /status").partition(b"\r\n\r\n")[2])["mode"] == "live"


@pytest.mark.parametrize(
    "path", ["/", "/cds-services", PATH, f"{PATH}/feedback", "/patient", "/criteria", "/rules"]
)
def test_the_management_address_answers_nothing_else(production: Production, path: str) -> None:
    for method in METHODS:
        body = {f"{PATH}/feedback": FEEDBACK}.get(path, BODY) if method == "POST" else b""

        assert status_of(asked(production.management, f"{method} {path}", body=body)) == 404


def test_each_request_is_one_line_of_json_and_nothing_that_was_sent_is_in_one(production: Production) -> None:
    request_id = "1f0e5c1e-3180-4578-ad75-32d7b8d8d4a1"
    planted = json.loads(BODY) | {"hookInstance": CANARY, CANARY: CANARY}
    headers = [
        f"{name}: {CANARY}" for name in ("User-Agent", "Authorization", "Cookie", "Referer", "X-Request-ID")
    ]
    for port in (production.port, production.management):
        for line in (
            f"POST {PATH}?{CANARY}={CANARY}",
            f"POST {PATH}/feedback",
            f"GET /{CANARY}",
            f"{CANARY.upper()} /",
        ):
            asked(port, line, *headers, body=json.dumps(planted).encode())
    sent(production.port, f"GET /{CANARY}\r\n\r\n".encode())

    asked(production.port, f"POST {PATH}", f"X-Request-ID: {request_id}", body=BODY)
    asked(production.port, "GET /patient", f"X-Request-ID: {request_id}")

    log = production.log.read_text()
    started, lines = log.split("\n{", 1)
    assert started.splitlines()[0].startswith("Profile:   production; a gateway")
    read = [json.loads(line) for line in f"{{{lines}".splitlines() if line.startswith("{")]
    call, page = (line for line in read if line.get("id") == request_id)
    assert call["service"] == SERVICE_ID
    assert {"time", "level", "judged", "resources", "cards", "instance", "ms"} <= call.keys()
    assert (call["event"], call["status"], call["judged"], call["cards"]) == ("request", 200, 1, 1)
    assert (page["route"], page["status"]) == ("/patient", 200)
    assert "LEAK" not in log
    assert "Traceback" not in log
