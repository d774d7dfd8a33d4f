"""Which keys of a JWK Set are used, for which algorithms, and what is said of the others."""

import json

import pytest

from cds_service.trust.keys import ALGORITHMS, MOST_KEYS, keys_from
from tests.attack.signing import JSON, jwk, private_key


def read_alone(key: JSON) -> tuple[int, tuple[str, ...]]:
    read = keys_from(json.dumps({"keys": [key]}))
    return read.keys.size, read.faults


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_serves_the_algorithms_of_its_kind_and_verifies_what_it_signed(algorithm: str) -> None:
    import jwt

    kind = "RS256" if algorithm[0] in "RP" else algorithm
    keys = keys_from(json.dumps({"keys": [jwk(kind, "k")]})).keys
    used = jwt.get_algorithm_by_name(algorithm)
    signature = used.sign(b"signed", used.prepare_key(private_key(kind)))

    verifier = keys.verifier("k", algorithm)

    assert verifier is not None
    assert verifier.is_signature(signature, b"signed")
    assert not verifier.is_signature(signature, b"changed")
    assert not verifier.is_signature(b"", b"signed")
    others = [other for other in ALGORITHMS if ALGORITHMS[other] != ALGORITHMS[algorithm]]
    assert all(keys.verifier("k", other) is None for other in (*others, "none", "HS256", ""))


def test_a_key_that_names_its_algorithm_serves_no_other() -> None:
    keys = keys_from(json.dumps({"keys": [jwk("RS384", "k", alg="RS384")]})).keys

    assert keys.verifier("k", "RS384") is not None
    assert keys.verifier("k", "PS384") is None
    assert keys.verifier("K", "RS384") is None


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"kid": None}, "key 1 has no kid"),
        ({"kid": ""}, "key 1 has no kid"),
        ({"kid": 7}, "key 1 has no kid"),
        ({"kty": "oct", "k": "c2VjcmV0"}, "key 1 is no RSA, EC or OKP key"),
        ({"kty": ["EC"]}, "key 1 is no RSA, EC or OKP key"),
        ({"crv": None}, "key 1 is no RSA, EC or OKP key"),
        ({"d": "AQAB"}, "key 1 holds its private half"),
        ({"use": "enc"}, "key 1 is not for signatures"),
        ({"key_ops": ["encrypt"]}, "key 1 is not for signatures"),
        ({"key_ops": "verify"}, "key 1 is not for signatures"),
        ({"alg": "HS384"}, "key 1 has an alg"),
        ({"alg": "ES256"}, "key 1 has an alg"),
        ({"alg": ["ES384"]}, "key 1 has an alg"),
        ({"crv": "secp256k1"}, "key 1 has a curve that is not known"),
        ({"crv": "P-256"}, "key 1 has numbers that are no key"),
        ({"x": "AAAA"}, "key 1 has numbers that are no key"),
        ({"y": None}, "key 1 has numbers that are no key"),
    ],
)
def test_a_key_that_cannot_be_trusted_is_not_used(changed: JSON, fault: str) -> None:
    key = {name: value for name, value in {**jwk(), **changed}.items() if value is not None}

    size, faults = read_alone(key)

    assert size == 0
    assert len(faults) == 1
    assert faults[0].startswith(fault)
    assert not any(
        isinstance(value, str) and len(value) > 20 and value in faults[0] for value in key.values()
    )


def test_a_short_rsa_key_is_not_used() -> None:
    size, faults = read_alone(jwk("RS384", which="short"))

    assert (size, faults) == (0, ("key 1 has 1024 bits; expected 2048 to 8192",))


def test_a_good_key_is_used_beside_bad_ones() -> None:
    read = keys_from(json.dumps({"keys": [jwk(kid=""), jwk("RS384", "k", which="short"), jwk(kid="good")]}))

    assert read.keys.size == 1
    assert read.keys.verifier("good", "ES384") is not None
    assert len(read.faults) == 2


def test_of_two_keys_of_one_name_and_kind_neither_is_used_and_of_two_kinds_both() -> None:
    same = keys_from(json.dumps({"keys": [jwk(), jwk(which="other")]}))
    kinds = keys_from(json.dumps({"keys": [jwk(), jwk("RS384")]}))

    assert (same.keys.size, len(same.faults)) == (0, 1)
    assert kinds.keys.verifier("key-1", "ES384") is not None
    assert kinds.keys.verifier("key-1", "RS384") is not None


@pytest.mark.parametrize(
    "jwks",
    ["", "[]", "{}", '{"keys": {}}', '{"keys": [1]}', '{"keys": []}', b"\xff", "[" * 5000, '{"keys": "x"}'],
)
def test_what_is_no_set_of_keys_gives_none_and_says_so(jwks: str | bytes) -> None:
    read = keys_from(jwks)

    assert read.keys.size == 0
    assert len(read.faults) == 1


def test_a_set_of_very_many_keys_is_not_read() -> None:
    read = keys_from(json.dumps({"keys": [jwk(kid=str(n)) for n in range(MOST_KEYS + 1)]}))

    assert read.keys.size == 0
