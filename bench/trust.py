"""What it costs to know who calls, in one process and without HTTP: `python -m bench.trust` writes the page.

The token of a request is read and verified, and its id is put into the store of seen tokens; each part is the
median of many, with a token of its own for each.
"""

import json
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from bench.report import report_costs
from cds_service.records.seen_tokens import SeenTokens
from cds_service.trust.authenticate import Authenticator
from cds_service.trust.clients import TrustedClient
from cds_service.trust.key_sets import KeySets
from cds_service.trust.keys import keys_from
from cds_service.trust.replays import Replays

ISSUER: Final = "https://ehr.north.example"
URL: Final = "https://cds.example.org/cds-services/hemoptysis-imaging-order-select"
ROUNDS: Final = 2000
MOST: Final = {
    "RS384, signature and claims": 0.15,
    "ES384, signature and claims": 1.0,
    "store of seen tokens": 1.0,
}
"""Milliseconds that the project allows."""


def milliseconds() -> dict[str, float]:
    """The median time of each part."""
    keys = {"RS384": rsa.generate_private_key(65537, 2048), "ES384": ec.generate_private_key(ec.SECP384R1())}
    found = {f"{name}, signature and claims": _verifying(name, key) for name, key in keys.items()}
    return {**found, "store of seen tokens": _storing()}


def _verifying(algorithm: str, key: Any) -> float:
    public = json.loads(jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key()))
    read = keys_from(json.dumps({"keys": [{**public, "kid": "key-1", "key_ops": ["verify"]}]}))
    client = TrustedClient(name="north", issuer=ISSUER, keys=read.keys)
    replays = Replays(lambda token_id, seen_until: True, when_down="refuse", now=time.time)
    authenticator = Authenticator([client], key_sets=KeySets(_nothing), replays=replays, now=time.time)
    headers = [f"Bearer {_token(algorithm, key)}" for _ in range(ROUNDS)]
    return _median(lambda number: authenticator.client_of(headers[number], url=URL))


def _storing() -> float:
    with tempfile.TemporaryDirectory() as folder:
        store = SeenTokens(f"sqlite:///{Path(folder) / 'record.db'}")
        ids = [uuid.uuid4().bytes * 2 for _ in range(ROUNDS)]
        store.add(bytes(32), int(time.time()) + 900)
        taken = _median(lambda number: store.add(ids[number], int(time.time()) + 900))
        store.close()
    return taken


def _token(algorithm: str, key: Any) -> str:
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": URL, "exp": now + 600, "iat": now, "jti": str(uuid.uuid4())}
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": "key-1"})


def _median(run: Callable[[int], object]) -> float:
    taken = []
    for number in range(ROUNDS):
        started = time.perf_counter()
        run(number)
        taken.append(time.perf_counter() - started)
    return median(taken) * 1000


def _nothing(url: str) -> bytes:
    return b""


def main() -> int:
    """Write the table; the exit code is 1 where a part takes longer than it may."""
    return report_costs(
        milliseconds(),
        MOST,
        head=["who calls, in one process", "at most, ms", "median, ms"],
        by="bench.trust",
    )


if __name__ == "__main__":
    sys.exit(main())
