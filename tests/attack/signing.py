"""A client's side of trust: keys, tokens made by hand, an endpoint of keys, and the file that trusts them."""

import base64
import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

SERVICE = "hemoptysis-imaging-order-select"
PUBLIC_URL = "https://cds.example.org"
AUDIENCE = f"{PUBLIC_URL}/cds-services/{SERVICE}"
ISSUER = "https://ehr.north.example"
JSON = dict[str, Any]


def private_key(algorithm: str = "ES384", which: str = "") -> Any:
    """A key for an algorithm, always the same for the same `which`."""
    return _made(algorithm, which)


@cache
def _made(algorithm: str, which: str) -> Any:
    if algorithm.startswith("ES"):
        return ec.generate_private_key(
            {"ES256": ec.SECP256R1(), "ES512": ec.SECP521R1()}.get(algorithm, ec.SECP384R1())
        )
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, 1024 if which == "short" else 2048)


def jwk(algorithm: str = "ES384", kid: str = "key-1", *, which: str = "", **members: Any) -> JSON:
    """The public half as a JSON Web Key."""
    public = jwt.get_algorithm_by_name(algorithm).to_jwk(private_key(algorithm, which).public_key())
    found: JSON = {**json.loads(public), "kid": kid, "use": "sig", **members}
    found.pop("key_ops", None)
    return found


def jwks(*keys: JSON) -> str:
    """A JWK Set; by default of the two kinds that the specification recommends."""
    return json.dumps({"keys": list(keys) or [jwk(), jwk("RS384", "key-2")]})


def encoded(part: bytes | JSON | str) -> str:
    """A part of a token in base64url."""
    text = json.dumps(part) if isinstance(part, dict) else part
    return base64.urlsafe_b64encode(text if isinstance(text, bytes) else text.encode()).rstrip(b"=").decode()


def header(**members: Any) -> JSON:
    """A header as the specification's client writes it; a member that is None is left out."""
    return _without_none({"alg": "ES384", "typ": "JWT", "kid": "key-1", **members})


def claims(**members: Any) -> JSON:
    """Claims that are good now; a member that is None is left out."""
    now = int(time.time())
    good = {"iss": ISSUER, "aud": AUDIENCE, "exp": now + 300, "iat": now, "jti": str(uuid.uuid4())}
    return _without_none({**good, **members})


def _without_none(members: JSON) -> JSON:
    return {name: value for name, value in members.items() if value is not None}


def signed(head: JSON | str, body: JSON | str, *, algorithm: str = "ES384", key: Any = None) -> str:
    """A token whose signature is good for its own algorithm and key, whatever its header says."""
    signing_input = f"{encoded(head)}.{encoded(body)}"
    used = jwt.get_algorithm_by_name(algorithm)
    signature = used.sign(signing_input.encode(), used.prepare_key(key or private_key(algorithm)))
    return f"{signing_input}.{encoded(signature)}"


def token(*, algorithm: str = "ES384", kid: str = "key-1", jku: str | None = None, **members: Any) -> str:
    """A good token but for the claims that are given."""
    return signed(header(alg=algorithm, kid=kid, jku=jku), claims(**members), algorithm=algorithm)


def trusted(*clients: JSON) -> str:
    """A file of trusted clients; strings are written so that TOML reads them as they are."""
    return "\n".join(
        "\n".join(["[[client]]", *(f"{name} = {_toml(value)}" for name, value in client.items())])
        for client in clients
    )


def _toml(value: Any) -> str:
    return f"'''{value}'''" if isinstance(value, str) else json.dumps(value)


@dataclass
class Endpoint:
    """An endpoint of keys, what it answers next, and how often it was asked."""

    url: str
    status: int = 200
    body: str = ""
    seconds: float = 0
    headers: dict[str, str] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)


@contextmanager
def key_endpoint(body: str) -> Iterator[Endpoint]:
    """An endpoint on this machine that answers with `body` until told otherwise."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told = endpoint
            told.paths.append(self.path)
            time.sleep(told.seconds)
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(told.body.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        endpoint = Endpoint(f"http://127.0.0.1:{server.server_address[1]}/jwks", body=body)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield endpoint
        finally:
            server.shutdown()
