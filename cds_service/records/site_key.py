"""Keyed hashes of the ids that the record must not hold: of patients, users and orders."""

import hmac
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

BYTES_KEPT: Final = 16
"""Half of SHA-256: no two ids of a hospital meet by chance, and an index stays small."""


class SiteKey:
    """The secret keys of a site, the one in force first; earlier ones find what was recorded under them.

    HMAC with SHA-256 (RFC 2104), so that who has the record alone cannot try ids until one fits.
    """

    __slots__ = ("_keys",)

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise ValueError("expected at least one key")
        self._keys = tuple(hmac.new(key, digestmod="sha256") for key in keys)

    def __repr__(self) -> str:
        return f"<SiteKey, {len(self._keys)} keys>"

    def of(self, kind: str, *parts: str) -> str:
        """The hash of what the parts name together, in hexadecimal; empty where the last part is."""
        return _hashed(self._keys[0], kind, parts) if parts[-1] else ""

    def every(self, kind: str, *parts: str) -> tuple[str, ...]:
        """As `of`, under each key: the one in force first."""
        return tuple(_hashed(key, kind, parts) for key in self._keys) if parts[-1] else ()


def derived(keyed: str, kind: str, *parts: str) -> str:
    """The hash of a keyed hash and what else is named beside it: as hard to guess, in a third of the time."""
    return sha256(_message(keyed, kind, *parts)).hexdigest()[: BYTES_KEPT * 2]


def _hashed(key: hmac.HMAC, kind: str, parts: Sequence[str]) -> str:
    made = key.copy()
    made.update(_message(kind, *parts))
    return made.hexdigest()[: BYTES_KEPT * 2]


def _message(*parts: str) -> bytes:
    """CAUTION: the lengths stand before the parts, else `a`, `bc` would be `ab`, `c`."""
    return "".join([f"{len(part)}:{part}" for part in parts]).encode("utf-8", "surrogatepass")
