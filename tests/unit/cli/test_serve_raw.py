"""`cds-service serve` under requests that are not whole: what raw sockets get, and what the log holds."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.attack.served import wait_for
from tests.contract.validator import outcome_faults

SECONDS = 30
SERVICE = "/cds-services/hemoptysis-imaging-order-select"
ROUTES = (SERVICE, f"{SERVICE}/feedback")
SECRET = "LEAKDoe"
WHOLE = b'1a\r\n{"hook":"order-select","a"\r\n'
DISCOVERY = b"GET /cds-services HTTP/1.1\r\nHost: h\r\n\r\n"

_MAIN = "from cds_service.cli.main import main; main()"


@dataclass
class Service:
    port: int
    log: Path

    def sent(self, *parts: bytes, half_close: bool = False) -> bytes:
        """Everything that comes until the service closes the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS) as connection:
            for part in parts:
                connection.sendall(part)
                time.sleep(0.05)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            return _until_closed(connection)

    def logged(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")


def _until_closed(connection: socket.socket) -> bytes:
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Service]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CDS_")}
    service = Service(port, folder / "log.txt")
    with service.log.open("wb") as log:
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from cds_service.cli.main import main; main()",
                "serve",
                "--workers",
                "1",
            ],
            cwd=folder,
            env={
                **environ,
                "CDS_PORT": str(port),
                "CDS_DATABASE_URL": "sqlite:///record.db",
                "CDS_LOG_LEVEL": "debug",
                **settings,
            },
            stdout=log,
            stderr=log,
        )
        try:
            wait_for(port)
            yield service
        finally:
            process.terminate()
            process.wait(timeout=SECONDS)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("serve")) as started:
        yield started


def posted(address: str, *headers: str) -> bytes:
    lines = (f"POST {address} HTTP/1.1", "Host: h", "Content-Type: application/json", *headers)
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def answered(received: bytes) -> tuple[int, dict[str, str], Any]:
    """Status, headers and document of the one answer in what was received."""
    head, _, body = received.partition(b"\r\n\r\n")
    assert body.count(b"HTTP/1.1 ") == 0, "one answer only"
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    assert int(headers["content-length"]) == len(body)
    return int(first.split()[1]), headers, json.loads(body)


def is_refusal(received: bytes, status: int, code: str, *, origin: str | None = "*") -> bool:
    came, headers, document = answered(received)
    assert came == status
    assert headers["content-type"] == "application/json"
    assert headers["connection"] == "close"
    assert headers.get("access-control-allow-origin") == origin
    assert outcome_faults(document, status=413 if code == "too-long" else status) == []
    assert document["issue"][0]["code"] == code
    assert b"LEAK" not in received
    return True


REFUSED = {
    "request line": (b"LEAKDoe\r\n\r\n", 400, "structure"),
    "lower case method": (b"leak /LEAKDoe HTTP/1.1\r\n\r\n", 400, "structure"),
    "version": (b"GET /LEAKDoe HTTP/9.9\r\n\r\n", 400, "structure"),
    "header without a colon": (DISCOVERY[:-2] + b"Authorization Bearer LEAKtoken\r\n\r\n", 400, "structure"),
    "header name": (DISCOVERY[:-2] + b"LEAK Doe: x\r\n\r\n", 400, "structure"),
    "header value": (DISCOVERY[:-2] + b"A: LEAK\x00Doe\r\n\r\n", 400, "structure"),
    "folded header": (DISCOVERY[:-2] + b"A: x\r\n LEAKDoe\r\n\r\n", 400, "structure"),
    "two lengths": (posted(SERVICE, "Content-Length: 5", "Content-Length: 6"), 400, "structure"),
    "length and chunks": (
        posted(SERVICE, "Content-Length: 5", "Transfer-Encoding: chunked"),
        400,
        "structure",
    ),
    "transfer coding": (posted(SERVICE, "Transfer-Encoding: LEAKDoe"), 400, "structure"),
    "expectation": (posted(SERVICE, "Expect: LEAKDoe"), 400, "structure"),
    "no host": (b"GET /LEAKDoe HTTP/1.1\r\n\r\n", 400, "structure"),
    "two hosts": (DISCOVERY[:-2] + b"Host: LEAKDoe\r\n\r\n", 400, "structure"),
    "no version": (b"GET /LEAKDoe\r\n\r\n", 400, "structure"),
    "chunks in HTTP/1.0": (
        b"POST /LEAKDoe HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
        "structure",
    ),
    "long address": (b"GET /LEAKDoe" + b"x" * 66_000 + b" HTTP/1.1\r\n\r\n", 431, "too-long"),
    "long header": (DISCOVERY[:-2] + b"A: LEAKDoe" + b"x" * 66_000 + b"\r\n\r\n", 431, "too-long"),
    "many headers": (DISCOVERY[:-2] + b"A: LEAKDoe\r\n" * 6000 + b"\r\n", 431, "too-long"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_server_refuses_itself_is_answered_as_an_outcome_without_quoting(
    service: Service, name: str
) -> None:
    request, status, code = REFUSED[name]

    received = service.sent(request)

    assert is_refusal(received, status, code)
    assert "LEAK" not in service.logged().upper()


def test_what_follows_a_body_that_was_announced_too_short_is_neither_quoted_nor_logged(
    service: Service,
) -> None:
    body = b'{"a":1}"family":"LEAKDoe","birthDate":"1970-01-01"}\r\n\r\n'

    received = service.sent(posted(SERVICE, "Content-Length: 7") + body)

    first, second = received.split(b"HTTP/1.1 ")[1:]
    assert first.startswith(b"400 ")
    assert is_refusal(b"HTTP/1.1 " + second, 400, "structure")
    assert "LEAK" not in service.logged()


BROKEN = {
    "chunk size": b"LEAKDoe\r\n{}\r\n0\r\n\r\n",
    "empty chunk size": b"\r\n{}\r\n0\r\n\r\n",
    "chunk extension": b"2;LEAK Doe\r\n{}\r\n0\r\n\r\n",
    "chunk terminator": b"2\r\n{}LEAKDoe\r\n0\r\n\r\n",
    "second chunk": WHOLE + b"LEAKDoe\r\n",
    "endless trailer": b"2\r\n{}\r\n0\r\n" + b"A: LEAKDoe\r\n" * 30_000,
    "chunks of one byte": b"1\r\n{\r\n" * 60_000,
}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("name", BROKEN)
def test_broken_chunks_are_a_body_that_did_not_arrive_whole_and_end_the_connection(
    service: Service, route: str, name: str
) -> None:
    received = service.sent(posted(route, "Transfer-Encoding: chunked") + BROKEN[name] + DISCOVERY)

    assert is_refusal(received, 400, "structure")
    assert b"did not arrive whole" in received
    assert "LEAK" not in service.logged()


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("Transfer-Encoding: chunked", WHOLE),
        ("Transfer-Encoding: chunked", b"ff\r\n{"),
        ("Transfer-Encoding: chunked", b"2\r\n{}\r\n"),
        ("Transfer-Encoding: chunked", b"2\r\n{}\r\n0\r\n"),
        ("Content-Length: 9", b"{}"),
        ("Content-Length: 9", b""),
    ],
)
def test_a_client_that_stops_sending_is_told_that_the_body_did_not_arrive_whole(
    service: Service, route: str, header: str, part: bytes
) -> None:
    received = service.sent(posted(route, header) + part, half_close=True)

    assert is_refusal(received, 400, "structure")
    assert b"did not arrive whole" in received


def test_a_client_that_is_gone_is_no_fault_of_the_service(service: Service) -> None:
    with socket.create_connection(("127.0.0.1", service.port), timeout=SECONDS) as connection:
        connection.sendall(posted(SERVICE, "Transfer-Encoding: chunked") + WHOLE)
        time.sleep(0.1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    time.sleep(0.3)

    assert service.sent(DISCOVERY[:-2] + b"Connection: close\r\n\r\n").startswith(b"HTTP/1.1 200 ")
    assert " ERROR " not in service.logged()


def test_broken_chunks_that_no_route_reads_get_one_answer_and_end_the_connection(service: Service) -> None:
    broken = BROKEN["chunk size"]

    received = service.sent(posted("/nowhere", "Transfer-Encoding: chunked") + broken + DISCOVERY)

    assert is_refusal(received, 400, "structure")
    assert "LEAK" not in service.logged()


@pytest.mark.parametrize("trailer", [b"", b"LEAKDoe\r\n", b"Authorization: LEAKDoe\r\n"])
def test_whole_chunks_are_read_without_trailers_and_the_connection_goes_on(
    service: Service, trailer: bytes
) -> None:
    chunks = b"1\r\n{\r\n1\r\n}\r\n0\r\n" + trailer + b"\r\n"
    last = DISCOVERY[:-2] + b"Connection: close\r\n\r\n"

    received = service.sent(posted(SERVICE, "Transfer-Encoding: chunked") + chunks + last)

    statuses = [part[:3] for part in received.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"400", b"200"]
    assert b"did not arrive whole" not in received
    assert b"LEAK" not in received


def test_nothing_is_logged_by_the_server_but_fixed_lines(service: Service) -> None:
    service.sent(REFUSED["header without a colon"][0])

    assert " status=400 code=structure\n" in service.logged()
    assert "Traceback" not in service.logged()
    assert "Invalid" not in service.logged()


@pytest.mark.parametrize(
    ("origins", "allowed"),
    [("https://ehr.example", "https://ehr.example"), ("https://a.example https://b.example", None)],
)
def test_a_refusal_allows_the_one_configured_origin_and_of_several_none(
    tmp_path: Path, origins: str, allowed: str | None
) -> None:
    with running(tmp_path, CDS_CORS_ORIGINS=origins.replace(" ", ",")) as service:
        received = service.sent(REFUSED["long address"][0])

    assert is_refusal(received, 431, "too-long", origin=allowed)
