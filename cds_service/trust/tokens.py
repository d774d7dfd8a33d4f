"""A client's token taken apart without trusting it: strict JSON, typed claims, and when it is valid."""

import binascii
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Any, Final, TypeVar

import msgspec

SECONDS_OF_SKEW: Final = 60
"""How far the clocks of a client and of this service may be apart."""

MOST_SECONDS_OF_LIFE: Final = 900
MOST_CHARACTERS: Final = 16_384
"""Of a token; one with a certificate in its header has about 6,000."""

MOST_CHARACTERS_OF_AN_ID: Final = 256
_BEARER: Final = re.compile(
    r"bearer +([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)", re.ASCII | re.IGNORECASE
)
_CHANGES_THE_MEANING: Final = frozenset({"crit", "b64", "enc", "zip"})
"""Header parameters that make of a token something else than a signed one as RFC 7519 has it."""

_BOUNDS: Final = msgspec.Meta(ge=0, lt=253_402_300_800)
NumericDate = Annotated[int, _BOUNDS] | Annotated[float, _BOUNDS]
"""Seconds since 1970 (RFC 7519), before the year 10000."""

_T = TypeVar("_T")


class TokenFault(StrEnum):
    """Why a token is refused, as the log says it; the client is told none of this."""

    ABSENT = "no-authorization-header"
    NOT_BEARER = "not-one-bearer-token"
    TOO_LONG = "too-long"
    NOT_A_TOKEN = "not-a-signed-token"
    HEADER = "header-member-missing-or-of-another-type"
    CLAIMS = "claim-missing-or-of-another-type"
    CRITICAL = "header-parameter-not-understood"
    TYPE = "typ-is-not-jwt"
    ALGORITHM = "algorithm-not-allowed"
    ISSUER = "issuer-or-tenant-not-trusted"
    JKU = "jku-not-listed"
    AUDIENCE = "audience-is-another"
    EXPIRED = "expired"
    NOT_YET = "not-valid-yet"
    LIFETIME = "lifetime-too-long"
    KEY = "no-such-key"
    SIGNATURE = "signature-does-not-verify"
    REPLAYED = "seen-before"


class TokenRefused(Exception):
    """A token proves nothing; carries the reason only, since what lies beneath it may quote the token."""

    def __init__(self, fault: TokenFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class TokenHeader(msgspec.Struct, frozen=True):
    """What the header of a token must tell; keys and certificates that stand in it are not looked at."""

    alg: str
    kid: str
    typ: str
    jku: str = ""


class Claims(msgspec.Struct, frozen=True):
    """What a token claims, of which nothing is shown or logged."""

    iss: str
    aud: str | tuple[str, ...]
    exp: NumericDate
    iat: NumericDate
    jti: str
    nbf: NumericDate = 0
    tenant: str = ""

    @property
    def audiences(self) -> tuple[str, ...]:
        """Whom it is for."""
        return (self.aud,) if isinstance(self.aud, str) else self.aud

    @property
    def seen_id(self) -> bytes:
        """What is kept of a token that was seen: a digest of its issuer and id, of which neither is told."""
        return sha256(f"{len(self.iss)} {self.iss} {self.jti}".encode()).digest()

    @property
    def seen_until(self) -> int:
        """The second, since 1970, from which on it is refused for its age alone."""
        return int(self.exp) + SECONDS_OF_SKEW + 1


class Token(msgspec.Struct, frozen=True):
    """A token as it came: nothing of it is proven before its signature is."""

    header: TokenHeader
    claims: Claims
    signed: bytes
    signature: bytes


def token_from(authorization: str | None) -> Token:
    """The token in an Authorization header; raises TokenRefused unless it is exactly one, in full."""
    if not authorization:
        raise TokenRefused(TokenFault.ABSENT)
    if len(authorization) > MOST_CHARACTERS:
        raise TokenRefused(TokenFault.TOO_LONG)
    match = _BEARER.fullmatch(authorization)
    if match is None:
        raise TokenRefused(TokenFault.NOT_BEARER)
    header, claims, signature = match.groups()
    return Token(
        _header_from(_members(header)),
        _claims_from(_members(claims)),
        f"{header}.{claims}".encode("ascii"),
        _decoded(signature),
    )


def require_current(claims: Claims, *, now: float, most_seconds: int = MOST_SECONDS_OF_LIFE) -> None:
    """Raise TokenRefused unless a token is valid now, the clocks up to SECONDS_OF_SKEW apart.

    `most_seconds`: the longest time from its issue to its end that is accepted.
    """
    if claims.exp <= now - SECONDS_OF_SKEW:
        raise TokenRefused(TokenFault.EXPIRED)
    if max(claims.iat, claims.nbf) > now + SECONDS_OF_SKEW:
        raise TokenRefused(TokenFault.NOT_YET)
    if not 0 < claims.exp - claims.iat <= most_seconds:
        raise TokenRefused(TokenFault.LIFETIME)


def _header_from(members: dict[str, Any]) -> TokenHeader:
    if not _CHANGES_THE_MEANING.isdisjoint(members):
        raise TokenRefused(TokenFault.CRITICAL)
    header = _typed(members, TokenHeader, TokenFault.HEADER)
    if header.typ.upper() != "JWT":
        raise TokenRefused(TokenFault.TYPE)
    if not 0 < len(header.kid) <= MOST_CHARACTERS_OF_AN_ID:
        raise TokenRefused(TokenFault.HEADER)
    return header


def _claims_from(members: dict[str, Any]) -> Claims:
    claims = _typed(members, Claims, TokenFault.CLAIMS)
    if not (claims.iss and 0 < len(claims.jti) <= MOST_CHARACTERS_OF_AN_ID):
        raise TokenRefused(TokenFault.CLAIMS)
    return claims


def _typed(members: dict[str, Any], kind: type[_T], fault: TokenFault) -> _T:
    try:
        return msgspec.convert(members, kind)
    except msgspec.ValidationError:
        raise TokenRefused(fault) from None


def _members(segment: str) -> dict[str, Any]:
    """The members of a JSON object.

    CAUTION: by a reader that sees a member that stands twice, of which two readers could take one each.
    """
    try:
        text = _decoded(segment).decode("utf-8")
        members = json.loads(text, object_pairs_hook=_each_once, parse_constant=_no_number)
        _require_whole_characters(text, members)
    except (ValueError, RecursionError):
        raise TokenRefused(TokenFault.NOT_A_TOKEN) from None
    if not isinstance(members, dict):
        raise TokenRefused(TokenFault.NOT_A_TOKEN)
    return members


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member stands twice")
    return members


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _require_whole_characters(text: str, members: object) -> None:
    """Raise ValueError for half of a surrogate pair, which stands for nothing that can be written."""
    if "\\u" in text:
        json.dumps(members, ensure_ascii=False).encode("utf-8")


def _decoded(segment: str) -> bytes:
    """The bytes of a segment; raises TokenRefused where it is not the one text of its bytes (RFC 7515, 2)."""
    try:
        decoded = urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except (binascii.Error, ValueError):
        raise TokenRefused(TokenFault.NOT_A_TOKEN) from None
    if urlsafe_b64encode(decoded).rstrip(b"=") != segment.encode("ascii"):
        raise TokenRefused(TokenFault.NOT_A_TOKEN)
    return decoded
