"""The token of the specification's own example, at its time and after; when a token is valid."""

import pytest

from cds_service.trust.authenticate import require_allowed
from cds_service.trust.clients import TrustedClient
from cds_service.trust.keys import keys_from
from cds_service.trust.tokens import Claims, Token, TokenFault, TokenRefused, require_current, token_from

EXAMPLE = (
    "Bearer eyJhbGciOiJFUzM4NCIsInR5cCI6IkpXVCIsImtpZCI6ImV4YW1wbGUta2lkIiwiamt1IjoiaHR0cHM6Ly9maGlyLWVoc"
    "i5leGFtcGxlLmNvbS9qd2tfdXJpIn0.eyJpc3MiOiJodHRwczovL2ZoaXItZWhyLmV4YW1wbGUuY29tLyIsImF1ZCI6Imh0dHBzO"
    "i8vY2RzLmV4YW1wbGUub3JnL2Nkcy1zZXJ2aWNlcy9zb21lLXNlcnZpY2UiLCJleHAiOjE0MjI1Njg4NjAsImlhdCI6MTMxMTI4M"
    "Dk3MCwianRpIjoiZWUyMmIwMjEtZTFiNy00NjExLWJhNWItOGVlYzZhMzNhYzFlIiwidGVuYW50IjoiMmRkZDZjM2EtOGU5YS00N"
    "GM2LWEzMDUtNTIxMTFhZDMwMmEyIn0.d1WfLjGRKlcWB94l9do4cM8REXeYJLL6SGUBO8VHZhfM8mwKYP70EMxJ67War4TQblEpa"
    "Qrp11wx5p7oPFm2ETYgCicS84vXWEIYTdjooZdooCSDf2L8-i4awdoUwiEb"
)
"""CDS Hooks 2.0.1, "Trusting CDS Clients"; valid from July 2011 to January 2015."""

ITS_KEYS = """{"keys": [{"kty": "EC", "use": "sig", "crv": "P-384", "kid": "example-kid", "alg": "ES384",
"x": "46SDH7Znh821wblCBglA61sNE9ZrHYKKt3qRtRTmSXyOI_FIGBLWrWa0GPUkDCEk",
"y": "XMcRuuoGW7CXjQdy-F5i3FeBE0x9hPLdeFdSoDd3ELmx404tLX0VRRcqzAsPhXcI"}]}"""
URL = "https://cds.example.org/cds-services/some-service"
CLIENT = TrustedClient(
    name="example",
    issuer="https://fhir-ehr.example.com/",
    tenant="2ddd6c3a-8e9a-44c6-a305-52111ad302a2",
    jwks_url="https://fhir-ehr.example.com/jwk_uri",
    keys=keys_from(ITS_KEYS).keys,
)
ISSUED, ENDS = 1_311_280_970, 1_422_568_860
DECADES = 10**9


def fault_of(claims: Claims, *, now: float, most_seconds: int = 900) -> TokenFault | None:
    try:
        require_current(claims, now=now, most_seconds=most_seconds)
    except TokenRefused as refused:
        return refused.fault
    return None


@pytest.fixture
def example() -> Token:
    return token_from(EXAMPLE)


def test_the_example_of_the_specification_verifies_at_its_time(example: Token) -> None:
    assert CLIENT.keys is not None
    verifier = CLIENT.keys.verifier(example.header.kid, example.header.alg)

    require_allowed(example, CLIENT, URL)
    assert verifier is not None
    assert verifier.is_signature(example.signature, example.signed)
    for now in (ISSUED - 59, ISSUED, ENDS, ENDS + 59):
        assert fault_of(example.claims, now=now, most_seconds=DECADES) is None


@pytest.mark.parametrize(
    ("now", "fault"),
    [
        (ISSUED - 61, TokenFault.NOT_YET),
        (ENDS + 60, TokenFault.EXPIRED),
        (1_764_500_000, TokenFault.EXPIRED),
    ],
)
def test_the_example_of_the_specification_is_refused_before_and_after(
    example: Token, now: int, fault: TokenFault
) -> None:
    assert fault_of(example.claims, now=now, most_seconds=DECADES) is fault


def test_the_service_itself_takes_no_token_that_lives_for_three_years(example: Token) -> None:
    assert fault_of(example.claims, now=ISSUED) is TokenFault.LIFETIME


@pytest.mark.parametrize(
    ("iat", "exp", "now", "fault"),
    [
        (1000, 1900, 940, None),
        (1000, 1900, 939, TokenFault.NOT_YET),
        (1000, 1900, 1959, None),
        (1000, 1900, 1960, TokenFault.EXPIRED),
        (1000, 1901, 1000, TokenFault.LIFETIME),
        (1000, 1900.5, 1000, TokenFault.LIFETIME),
        (1000, 1000, 1000, TokenFault.LIFETIME),
    ],
)
def test_clocks_may_be_a_minute_apart_and_a_token_lives_for_15_minutes_at_most(
    iat: int, exp: float, now: int, fault: TokenFault | None
) -> None:
    claims = Claims(iss="x", aud="x", exp=exp, iat=iat, jti="x")

    assert fault_of(claims, now=now) is fault


def test_what_is_kept_of_a_token_differs_with_its_issuer_and_id_and_outlives_it() -> None:
    def claims(iss: str, jti: str, exp: float = 1000) -> Claims:
        return Claims(iss=iss, aud="x", exp=exp, iat=900, jti=jti)

    kept = [claims("a", "b c").seen_id, claims("a b", "c").seen_id, claims("a", "b").seen_id]

    assert len(set(kept)) == len(kept)
    assert claims("a", "b", exp=2000).seen_id == kept[2]
    for exp in (1000, 1000.9):
        until = claims("a", "b", exp).seen_until
        assert fault_of(claims("a", "b", exp), now=until) is TokenFault.EXPIRED


def test_a_token_shows_none_of_its_claims_in_an_error() -> None:
    with pytest.raises(TokenRefused) as refused:
        token_from(EXAMPLE + ".e30")

    assert str(refused.value) == "not-one-bearer-token"
    assert refused.value.__context__ is None
