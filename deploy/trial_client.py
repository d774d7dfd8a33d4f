"""A client to try a deployment with: its key, its entry in the file of trusted clients, its tokens.

trial_client.py key > trial.key            a fresh private key
trial_client.py client < trial.key         the entry, for clients.toml
trial_client.py token URL < trial.key      a token for one request to this URL
"""

import json
import sys
import time
import uuid
from typing import Final

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

ALGORITHM: Final = "ES384"
ISSUER: Final = "https://trial.invalid"
KEY_ID: Final = "trial"
SECONDS: Final = 300


def new_key() -> str:
    """A private key as PEM."""
    return (
        ec.generate_private_key(ec.SECP384R1())
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        .decode()
    )


def client_with(key: str) -> str:
    """The client whose tokens this key signs, as TOML."""
    used = jwt.get_algorithm_by_name(ALGORITHM)
    public = used.to_jwk(serialization.load_pem_private_key(key.encode(), password=None).public_key())
    jwk = {**json.loads(public), "kid": KEY_ID, "use": "sig"}
    return f'[[client]]\nname = "trial"\nissuer = "{ISSUER}"\njwks = \'{json.dumps({"keys": [jwk]})}\''


def token_for(url: str, key: str) -> str:
    """A token that is good once, at this URL."""
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": url, "iat": now, "exp": now + SECONDS, "jti": str(uuid.uuid4())}
    return jwt.encode(claims, key, ALGORITHM, headers={"kid": KEY_ID})


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["key"]:
            print(new_key(), end="")
        case ["client"]:
            print(client_with(sys.stdin.read()))
        case ["token", url]:
            print(token_for(url, sys.stdin.read()))
        case _:
            sys.exit(__doc__)
