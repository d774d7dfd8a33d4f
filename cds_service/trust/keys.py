"""Public keys as JSON Web Keys: which of a set may verify a token that names a key and an algorithm."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import jwt
import msgspec
from jwt.exceptions import PyJWTError

MOST_KEYS: Final = 100
LEAST_BITS_OF_RSA: Final = 2048
MOST_BITS_OF_RSA: Final = 8192
_RSA: Final = frozenset({"RSA"})
ALGORITHMS: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), _RSA),
    "ES256": frozenset({"P-256"}),
    "ES384": frozenset({"P-384"}),
    "ES512": frozenset({"P-521"}),
    "EdDSA": frozenset({"Ed25519", "Ed448"}),
}
"""What a site may allow, all asymmetric, each with the curves of its keys, or RSA (RFC 7518 and 8037)."""

_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_TOLD_BY: Final = {"RSA": "n", "EC": "crv", "OKP": "crv"}
Jwk = Mapping[str, Any]


class Verifier:
    """Verifies signatures of one algorithm by one key."""

    __slots__ = ("_algorithm", "_key")

    def __init__(self, jwk: Jwk, algorithm: str) -> None:
        """Raises PyJWTError, ValueError, TypeError or KeyError for what is no key of its kind."""
        key = jwt.PyJWK(dict(jwk), algorithm=algorithm)
        self._algorithm, self._key = key.Algorithm, key.key

    @property
    def bits(self) -> int:
        """The size of the key, 0 where its curve tells it."""
        return int(getattr(self._key, "key_size", 0))

    def is_signature(self, signature: bytes, signed: bytes) -> bool:
        """Whether the holder of the private key signed these bytes."""
        try:
            return bool(self._algorithm.verify(signed, self._key, signature))
        except (PyJWTError, ValueError, TypeError):
            return False


class KeySet:
    """The usable keys of a JWK Set, each made ready for every algorithm that it serves."""

    __slots__ = ("_verifiers", "size")

    def __init__(self, jwks: Sequence[Jwk] = ()) -> None:
        self.size = len(jwks)
        self._verifiers = {
            (jwk["kid"], algorithm): Verifier(jwk, algorithm)
            for jwk in jwks
            for algorithm, families in ALGORITHMS.items()
            if _family(jwk) in families and jwk.get("alg") in (None, algorithm)
        }

    def verifier(self, kid: str, algorithm: str) -> Verifier | None:
        """What verifies signatures by this algorithm and the key with exactly this id."""
        return self._verifiers.get((kid, algorithm))


class KeysRead(msgspec.Struct, frozen=True):
    """What a JWK Set gave: its usable keys, and what is wrong with the others by their place."""

    keys: KeySet
    faults: tuple[str, ...]


def keys_from(jwks: bytes | str) -> KeysRead:
    """The keys of a JWK Set (RFC 7517); raises nothing: what cannot be used is a fault, and quotes no key."""
    try:
        members = msgspec.json.decode(jwks, type=dict[str, msgspec.Raw])
        found = msgspec.json.decode(members.get("keys", b""), type=list[dict[str, Any]])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return KeysRead(KeySet(), ('expected a JWK Set such as {"keys": [...]}',))
    if not 0 < len(found) <= MOST_KEYS:
        return KeysRead(KeySet(), (f"expected from 1 to {MOST_KEYS} keys, came {len(found)}",))
    faults = {place: fault for place, jwk in enumerate(found, start=1) if (fault := _fault_of(jwk))}
    usable = [jwk for place, jwk in enumerate(found, start=1) if place not in faults]
    names = Counter((jwk["kid"], _family(jwk)) for jwk in usable)
    said = [f"key {place} {fault}" for place, fault in faults.items()]
    if max(names.values(), default=1) > 1:
        said.append("two keys of one kind have the same kid; neither is used")
    return KeysRead(KeySet([jwk for jwk in usable if names[jwk["kid"], _family(jwk)] == 1]), tuple(said))


def _family(jwk: Jwk) -> str:
    """RSA, or the name of the curve."""
    return "RSA" if jwk["kty"] == "RSA" else str(jwk["crv"])


def _fault_of(jwk: Jwk) -> str:
    """Why a key is not used; empty for one that is."""
    kid, kind = jwk.get("kid"), jwk.get("kty")
    if not isinstance(kid, str) or not kid:
        return "has no kid, by which tokens name it"
    if not isinstance(kind, str) or not isinstance(jwk.get(_TOLD_BY.get(kind, "")), str):
        return "is no RSA, EC or OKP key; a secret that two share does not prove who signed"
    if not _PRIVATE.isdisjoint(jwk):
        return "holds its private half, which is no secret any more; make a new pair"
    if jwk.get("use", "sig") != "sig" or "verify" not in _operations(jwk):
        return "is not for signatures (use, key_ops)"
    return _fault_of_algorithm(jwk)


def _operations(jwk: Jwk) -> Sequence[object]:
    operations = jwk.get("key_ops", ["verify"])
    return operations if isinstance(operations, list) else []


def _fault_of_algorithm(jwk: Jwk) -> str:
    served = [algorithm for algorithm, families in ALGORITHMS.items() if _family(jwk) in families]
    if jwk.get("alg") not in (None, *served):
        return "has an alg that is not known, or that its kind of key does not serve"
    if not served:
        return "has a curve that is not known"
    try:
        bits = Verifier(jwk, served[0]).bits
    except (PyJWTError, ValueError, TypeError, KeyError):
        return "has numbers that are no key"
    if jwk["kty"] == "RSA" and not LEAST_BITS_OF_RSA <= bits <= MOST_BITS_OF_RSA:
        return f"has {bits} bits; expected {LEAST_BITS_OF_RSA} to {MOST_BITS_OF_RSA}"
    return ""
