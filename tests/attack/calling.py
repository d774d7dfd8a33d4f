"""Requests to a served process over a socket of their own, with the headers exactly as given."""

import json
import re
import socket
from pathlib import Path
from typing import Any, NamedTuple

from tests.attack.signing import SERVICE
from tests.contract.validator import outcome_faults

BODY = Path("fixtures/requests/order-select/recurrent-ct-without-contrast.json").read_bytes()
PATH = f"/cds-services/{SERVICE}"
FEEDBACK = (
    b'{"feedback": [{"card": "4e0a3a1e-3180-4578-ad75-32d7b8d8d4a1", "outcome": "accepted", '
    b'"acceptedSuggestions": [{"id": "0c9b5c1e-3180-4578-ad75-32d7b8d8d4a1"}], '
    b'"outcomeTimestamp": "2026-11-24T10:05:31Z"}]}'
)


class Answer(NamedTuple):
    """What came back."""

    status: int
    head: str
    body: Any


def call(
    port: int,
    *authorizations: str,
    path: str = PATH,
    body: bytes = BODY,
    method: str = "POST",
    media_type: str = "application/json",
) -> Answer:
    """The answer to one request with these Authorization headers."""
    lines = [f"{method} {path} HTTP/1.1", "Host: cds", "Connection: close"]
    lines += [f"Authorization: {value}" for value in authorizations]
    if method == "POST":
        lines += [f"Content-Length: {len(body)}", *([f"Content-Type: {media_type}"] if media_type else [])]
    request = "\r\n".join([*lines, "", ""]).encode("utf-8") + (body if method == "POST" else b"")
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    head, _, content = received.partition(b"\r\n\r\n")
    text = head.decode("latin-1")
    return Answer(int(text.split(" ")[1]), text, json.loads(content) if content else None)


def bearer(port: int, token: str, **more: Any) -> Answer:
    """The answer to one request with this token."""
    return call(port, f"Bearer {token}", **more)


def require_refused(answer: Answer) -> None:
    """The answer is a 401 in general words that quotes nothing and tells no reason."""
    assert answer.status == 401, answer
    assert re.search(r"^WWW-Authenticate: Bearer\r?$", answer.head, re.MULTILINE | re.IGNORECASE)
    assert outcome_faults(answer.body, status=401) == []
    (issue,) = answer.body["issue"]
    assert issue == {
        "severity": "error",
        "code": "login",
        "diagnostics": "Send a valid token of a trusted client: Authorization: Bearer TOKEN.",
    }
