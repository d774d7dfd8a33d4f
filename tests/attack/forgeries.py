"""A catalog of tokens that must prove nothing, each with the reason that the log gives for it."""

import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.attack.signing import (
    AUDIENCE,
    ISSUER,
    PUBLIC_URL,
    claims,
    encoded,
    header,
    jwk,
    jwks,
    private_key,
    signed,
    token,
    trusted,
)

OF_HEADER: Final = "header-member-missing-or-of-another-type"
OF_CLAIM: Final = "claim-missing-or-of-another-type"
JKU = f"{ISSUER}/jwks"
OTHER_ISSUER = "https://ehr.south.example"
SECRET = b"a secret that two share, of a length that any HMAC takes"
MALLORY = private_key("ES384", "mallory")
CLIENTS = trusted(
    {
        "name": "north",
        "issuer": ISSUER,
        "jwks": jwks(jwk(), jwk("RS384", "key-2"), jwk("ES256", "key-3"), jwk("PS384", "key-4")),
        "jwks_url": JKU,
        "audiences": ["urn:cds:north"],
    },
    {"name": "south", "issuer": OTHER_ISSUER, "tenant": "s1", "jwks": jwks(jwk(which="south"))},
)


def hmac_signed(algorithm: str, secret: bytes) -> str:
    signing_input = f"{encoded(header(alg=algorithm, kid='key-2'))}.{encoded(claims())}"
    digest = hmac.digest(secret, signing_input.encode(), algorithm.replace("HS", "sha"))
    return f"{signing_input}.{encoded(digest)}"


def pem() -> bytes:
    found: bytes = (
        private_key("RS384").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    return found


def der_signature() -> str:
    signing_input = f"{encoded(header())}.{encoded(claims())}"
    return f"{signing_input}.{encoded(private_key().sign(signing_input.encode(), ec.ECDSA(hashes.SHA384())))}"


def respelled() -> str:
    """A good token whose last letter says the same bits and another one beside them, which nobody reads."""
    good = signed(header(alg="RS384", kid="key-2"), claims(), algorithm="RS384")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return good[:-1] + letters[letters.index(good[-1]) ^ 1]


def changed(good: str) -> str:
    """A good token with another patient's organization written into its claims afterwards."""
    head, body, signature = good.split(".")
    members = json.loads(base64.urlsafe_b64decode(body + "=="))
    return f"{head}.{encoded({**members, 'tenant': 'another'})}.{signature}"


def of_mallory(**members: object) -> str:
    return signed(header(**members), claims(), key=MALLORY)


def twice(member: str, good: str) -> str:
    """Claims in which a member stands twice, the second time as it should be."""
    text = json.dumps(claims())
    return signed(header(), text[:-1] + f', "{member}": {good}' + "}")


def now() -> int:
    return int(time.time())


FORGERIES: dict[str, tuple[Callable[[], str], str]] = {
    "key of another": (lambda: of_mallory(), "signature-does-not-verify"),
    "claims changed after signing": (lambda: changed(token()), "signature-does-not-verify"),
    "header changed after signing": (
        lambda: ".".join([encoded(header(x="y")), *token().split(".")[1:]]),
        "signature-does-not-verify",
    ),
    "signature cut off": (lambda: token()[:-8], "signature-does-not-verify"),
    "signature empty": (lambda: token().rpartition(".")[0] + ".", "not-one-bearer-token"),
    "signature of zeros": (
        lambda: f"{token().rpartition('.')[0]}.{encoded(bytes(96))}",
        "signature-does-not-verify",
    ),
    "signature in DER": (der_signature, "signature-does-not-verify"),
    "signature in another spelling": (
        respelled,
        "not-a-signed-token",
    ),
    "alg none": (lambda: f"{encoded(header(alg='none'))}.{encoded(claims())}.", "not-one-bearer-token"),
    "alg none with a signature": (
        lambda: f"{encoded(header(alg='none'))}.{encoded(claims())}.{token().rpartition('.')[2]}",
        "algorithm-not-allowed",
    ),
    "alg nOnE": (lambda: signed(header(alg="nOnE"), claims()), "algorithm-not-allowed"),
    "alg empty": (lambda: signed(header(alg=""), claims()), "algorithm-not-allowed"),
    "alg missing": (lambda: signed(header(alg=None), claims()), OF_HEADER),
    "alg a list": (
        lambda: signed(header(alg=["ES384"]), claims()),
        OF_HEADER,
    ),
    "alg in small letters": (lambda: signed(header(alg="es384"), claims()), "algorithm-not-allowed"),
    "HS256 with the public key as PEM": (lambda: hmac_signed("HS256", pem()), "algorithm-not-allowed"),
    "HS384 with the public key as JWK": (
        lambda: hmac_signed("HS384", json.dumps(jwk("RS384", "key-2")).encode()),
        "algorithm-not-allowed",
    ),
    "HS512 with a guessed secret": (lambda: hmac_signed("HS512", SECRET), "algorithm-not-allowed"),
    "algorithm that the client does not list": (
        lambda: token(algorithm="ES256", kid="key-3"),
        "algorithm-not-allowed",
    ),
    "PSS where PKCS1 is listed": (lambda: token(algorithm="PS384", kid="key-4"), "algorithm-not-allowed"),
    "RS384 said of an elliptic key": (
        lambda: signed(header(alg="RS384"), claims(), algorithm="RS384"),
        "no-such-key",
    ),
    "ES384 said of an RSA key": (lambda: signed(header(kid="key-2"), claims()), "no-such-key"),
    "key in the header": (
        lambda: of_mallory(jwk=jwk(which="mallory")),
        "signature-does-not-verify",
    ),
    "key in the header under a kid of its own": (
        lambda: of_mallory(kid="mine", jwk=jwk(kid="mine", which="mallory")),
        "no-such-key",
    ),
    "certificate in the header": (lambda: of_mallory(x5c=["MIIB"]), "signature-does-not-verify"),
    "address of a certificate": (
        lambda: of_mallory(x5u="http://127.0.0.1:1/cert"),
        "signature-does-not-verify",
    ),
    "kid missing": (lambda: signed(header(kid=None), claims()), OF_HEADER),
    "kid empty": (lambda: signed(header(kid=""), claims()), OF_HEADER),
    "kid a path": (lambda: of_mallory(kid="../../../../dev/null"), "no-such-key"),
    "kid SQL": (lambda: of_mallory(kid="x' UNION SELECT 'y"), "no-such-key"),
    "kid with a line end": (lambda: of_mallory(kid="key-1\nforged line"), "no-such-key"),
    "kid in other letters": (lambda: signed(header(kid="KEY-1"), claims()), "no-such-key"),
    "kid with a blank after it": (lambda: signed(header(kid="key-1 "), claims()), "no-such-key"),
    "kid a number": (lambda: signed(header(kid=1), claims()), OF_HEADER),
    "kid a list": (
        lambda: signed(header(kid=["key-1"]), claims()),
        OF_HEADER,
    ),
    "kid very long": (
        lambda: signed(header(kid="k" * 300), claims()),
        OF_HEADER,
    ),
    "critical parameter": (lambda: signed(header(crit=["exp"]), claims()), "header-parameter-not-understood"),
    "payload that is not encoded": (
        lambda: signed(header(b64=False, crit=["b64"]), claims()),
        "header-parameter-not-understood",
    ),
    "compressed": (lambda: signed(header(zip="DEF"), claims()), "header-parameter-not-understood"),
    "another kind of token": (lambda: signed(header(typ="at+jwt"), claims()), "typ-is-not-jwt"),
    "no kind of token": (
        lambda: signed(header(typ=None), claims()),
        OF_HEADER,
    ),
    "key of another client": (
        lambda: signed(header(), claims(), key=private_key("ES384", "south")),
        "signature-does-not-verify",
    ),
    "issuer unknown": (lambda: token(iss="https://ehr.east.example"), "issuer-or-tenant-not-trusted"),
    "issuer with a slash": (lambda: token(iss=f"{ISSUER}/"), "issuer-or-tenant-not-trusted"),
    "issuer in other letters": (lambda: token(iss=ISSUER.upper()), "issuer-or-tenant-not-trusted"),
    "issuer a list": (lambda: token(iss=[ISSUER]), OF_CLAIM),
    "tenant of nobody": (lambda: token(iss=OTHER_ISSUER, tenant="s2"), "issuer-or-tenant-not-trusted"),
    "no tenant where one is listed": (lambda: token(iss=OTHER_ISSUER), "issuer-or-tenant-not-trusted"),
    "jku not listed": (lambda: token(jku="https://evil.example/jwks"), "jku-not-listed"),
    "jku with a user": (
        lambda: token(jku="https://ehr.north.example@evil.example/jwks"),
        "jku-not-listed",
    ),
    "jku with the listed one in front": (lambda: token(jku=f"{JKU}.evil.example"), "jku-not-listed"),
    "jku with a query": (lambda: token(jku=f"{JKU}?x=1"), "jku-not-listed"),
    "jku with a fragment": (lambda: token(jku=f"{JKU}#"), "jku-not-listed"),
    "jku with dots": (lambda: token(jku=f"{ISSUER}/x/../jwks"), "jku-not-listed"),
    "jku over http": (lambda: token(jku=JKU.replace("https", "http")), "jku-not-listed"),
    "jku of a file": (lambda: token(jku="file:///etc/passwd"), "jku-not-listed"),
    "jku of this machine": (lambda: token(jku="http://127.0.0.1:1/jwks"), "jku-not-listed"),
    "jku of the metadata service": (lambda: token(jku="http://169.254.169.254/latest"), "jku-not-listed"),
    "aud of another service": (
        lambda: token(aud=AUDIENCE.replace("select", "sign")),
        "audience-is-another",
    ),
    "aud of discovery": (lambda: token(aud=f"{PUBLIC_URL}/cds-services"), "audience-is-another"),
    "aud of feedback": (lambda: token(aud=f"{AUDIENCE}/feedback"), "audience-is-another"),
    "aud the beginning of ours": (lambda: token(aud=AUDIENCE[:-1]), "audience-is-another"),
    "aud ours and more": (lambda: token(aud=f"{AUDIENCE}/"), "audience-is-another"),
    "aud of the base": (lambda: token(aud=PUBLIC_URL), "audience-is-another"),
    "aud over http": (lambda: token(aud=AUDIENCE.replace("https", "http")), "audience-is-another"),
    "aud in other letters": (lambda: token(aud=AUDIENCE.upper()), "audience-is-another"),
    "aud with others": (lambda: token(aud=[AUDIENCE, "https://evil.example"]), "audience-is-another"),
    "aud of nobody": (lambda: token(aud=[]), "audience-is-another"),
    "aud within a list": (lambda: token(aud=[[AUDIENCE]]), OF_CLAIM),
    "aud an object": (lambda: token(aud={"0": AUDIENCE}), OF_CLAIM),
    "aud missing": (lambda: token(aud=None), OF_CLAIM),
    "expired": (lambda: token(iat=now() - 400, exp=now() - 62), "expired"),
    "exp missing": (lambda: token(exp=None), OF_CLAIM),
    "exp a text": (lambda: token(exp=str(now() + 300)), OF_CLAIM),
    "exp true": (lambda: token(exp=True), OF_CLAIM),
    "exp beyond every number": (
        lambda: signed(header(), json.dumps(claims()).replace(f"{now() // 1000}", "9" * 400, 1)),
        OF_CLAIM,
    ),
    "exp infinite": (
        lambda: signed(header(), json.dumps(claims(exp=float("inf")))),
        "not-a-signed-token",
    ),
    "exp before iat": (lambda: token(exp=now() - 10, iat=now()), "lifetime-too-long"),
    "lifetime of an hour": (lambda: token(exp=now() + 3600), "lifetime-too-long"),
    "lifetime of 15 minutes and a second": (lambda: token(iat=now(), exp=now() + 901), "lifetime-too-long"),
    "old and long-lived": (lambda: token(iat=now() - 86_400), "lifetime-too-long"),
    "iat missing": (lambda: token(iat=None), OF_CLAIM),
    "iat negative": (lambda: token(iat=-1), OF_CLAIM),
    "issued later": (lambda: token(iat=now() + 90, exp=now() + 200), "not-valid-yet"),
    "not valid yet": (lambda: token(nbf=now() + 90), "not-valid-yet"),
    "jti missing": (lambda: token(jti=None), OF_CLAIM),
    "jti empty": (lambda: token(jti=""), OF_CLAIM),
    "jti a number": (lambda: token(jti=7), OF_CLAIM),
    "jti very long": (lambda: token(jti="j" * 300), OF_CLAIM),
    "issuer twice": (lambda: twice("iss", f'"{ISSUER}"'), "not-a-signed-token"),
    "aud twice": (lambda: twice("aud", f'"{AUDIENCE}"'), "not-a-signed-token"),
    "exp twice": (lambda: twice("exp", str(now() + 300)), "not-a-signed-token"),
    "alg twice": (
        lambda: signed('{"alg": "none", "typ": "JWT", "kid": "key-1", "alg": "ES384"}', claims()),
        "not-a-signed-token",
    ),
    "jti of half a character": (
        lambda: signed(header(), json.dumps(claims(jti="x")).replace('"x"', r'"\ud800"')),
        "not-a-signed-token",
    ),
    "claims that are no object": (lambda: signed(header(), "[]"), "not-a-signed-token"),
    "claims that are no JSON": (lambda: signed(header(), "{iss: 1}"), "not-a-signed-token"),
    "claims in UTF-16": (
        lambda: f"{encoded(header())}.{encoded(json.dumps(claims()).encode('utf-16'))}.{encoded(bytes(96))}",
        "not-a-signed-token",
    ),
    "claims a thousand arrays deep": (
        lambda: signed(header(), '{"iss": ' + "[" * 3000 + "]" * 3000 + "}"),
        "not-a-signed-token",
    ),
    "five parts": (lambda: token() + ".e30.e30", "not-one-bearer-token"),
    "two parts": (lambda: token().rpartition(".")[0], "not-one-bearer-token"),
    "a huge token": (lambda: token(more="x" * 20_000), "too-long"),
    "padding": (lambda: token() + "=", "not-one-bearer-token"),
    "letters that are not ASCII": (lambda: token() + "é", "not-one-bearer-token"),
    "a letter that looks like another": (lambda: token().replace("e", "е", 1), "not-one-bearer-token"),
}
