"""Tokens that were made, changed or borrowed to pass for a trusted client's: all get the same 401.

The service has two processes; the key of the client is in its file, so nothing is fetched.
"""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.attack.calling import FEEDBACK, PATH, bearer, call, require_refused
from tests.attack.forgeries import CLIENTS, FORGERIES, JKU, OTHER_ISSUER, now
from tests.attack.served import served
from tests.attack.signing import (
    AUDIENCE,
    PUBLIC_URL,
    claims,
    header,
    private_key,
    signed,
    token,
)


class Served(NamedTuple):
    port: int
    log: Path


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    (folder / "clients.toml").write_text(CLIENTS)
    with served(folder, CDS_TRUSTED_CLIENTS="clients.toml", CDS_PUBLIC_URL=PUBLIC_URL) as (port, _):
        yield Served(port, folder / "log.txt")


def reasons(log: Path) -> list[str]:
    return re.findall(r"token refused client=\S+ reason=(\S+)", log.read_text())


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_token_is_refused_in_general_words_and_the_log_has_the_reason(
    service: Served, name: str
) -> None:
    made, reason = FORGERIES[name]
    told_before = len(reasons(service.log))
    forged = made()

    answer = bearer(service.port, forged)

    require_refused(answer)
    (told,) = reasons(service.log)[told_before:]
    assert re.fullmatch(reason, told)
    assert forged not in service.log.read_text()


@pytest.mark.parametrize(
    "authorizations",
    [
        (),
        ("",),
        ("Bearer",),
        ("Bearer ",),
        ("Basic dXNlcjpwYXNzd29yZA==",),
        ("Bearer null",),
        ("Bearer {token} {token}",),
        ("Bearer {token},Bearer {token}",),
        ("Bearer {token}", "Bearer {token}"),
        ("Bearer {token}", "Basic dXNlcjpwYXNzd29yZA=="),
        ("Bearer\t{token}",),
        ("{token}",),
        ("Token {token}",),
        ('Bearer "{token}"',),
        ("DPoP {token}",),
    ],
)
def test_a_request_without_exactly_one_bearer_token_is_refused(
    service: Served, authorizations: tuple[str, ...]
) -> None:
    good = token()

    answer = call(service.port, *(value.format(token=good) for value in authorizations))

    require_refused(answer)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/cds-services", b""),
        ("HEAD", "/cds-services", b""),
        ("POST", PATH, b"not JSON"),
        ("POST", f"{PATH}/", b"{}"),
        ("POST", f"{PATH}/feedback", FEEDBACK),
        ("POST", "/cds-services/no-such-service", b"{}"),
        ("POST", f"{PATH}?token=x", b"{}"),
    ],
)
def test_every_route_of_the_specification_asks_for_a_token_before_anything_else(
    service: Served, method: str, path: str, body: bytes
) -> None:
    answer = call(service.port, method=method, path=path, body=body, media_type="text/plain")

    assert answer.status == 401


GOOD: dict[str, Callable[[], str]] = {
    "ES384": token,
    "RS384": lambda: token(algorithm="RS384", kid="key-2"),
    "aud as a list of one": lambda: token(aud=[AUDIENCE]),
    "aud that the site lists": lambda: token(aud="urn:cds:north"),
    "both": lambda: token(aud=["urn:cds:north", AUDIENCE]),
    "jku that the site lists": lambda: token(jku=JKU),
    "a clock that is a minute behind": lambda: token(iat=now() - 355, exp=now() - 55),
    "a clock that is a minute ahead": lambda: token(iat=now() + 55, nbf=now() + 55, exp=now() + 355),
    "a life of 15 minutes": lambda: token(iat=now(), exp=now() + 900),
    "half a second": lambda: token(iat=now() - 0.5, exp=now() + 60.5),
    "claims that nobody asked for": lambda: token(sub="x", more={"a": [1]}),
    "a certificate beside a good signature": lambda: signed(header(x5c=["MIIB"], x5t="x"), claims()),
    "text outside ASCII": lambda: token(jti="entrée-" + str(time.time())),
    "a tenant where none is listed": lambda: token(tenant="any"),
    "tenant": lambda: signed(
        header(), claims(iss=OTHER_ISSUER, tenant="s1"), key=private_key("ES384", "south")
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_token_as_the_specification_has_it_is_answered(service: Served, name: str) -> None:
    answer = bearer(service.port, GOOD[name]())

    assert answer.status == 200, answer
    assert answer.body["cards"]


@pytest.mark.parametrize("scheme", ["bearer ", "BEARER ", "Bearer  ", " Bearer "])
def test_the_scheme_is_read_in_any_letters(service: Served, scheme: str) -> None:
    assert call(service.port, f"{scheme}{token()}").status == 200


def test_each_route_takes_a_token_for_itself_alone(service: Served) -> None:
    routes = {"/cds-services": ("GET", b""), PATH: ("POST", b""), f"{PATH}/feedback": ("POST", FEEDBACK)}

    for aud in routes:
        for path, (method, body) in routes.items():
            more = {"body": body} if body else {}
            answer = bearer(service.port, token(aud=PUBLIC_URL + aud), method=method, path=path, **more)

            assert answer.status == (200 if path == aud else 401), (aud, path)


def test_what_is_open_asks_for_no_token_and_takes_any(service: Served) -> None:
    code_system = call(service.port, method="GET", path="/CodeSystem/override-reason")
    with_token = bearer(service.port, "x.y.z", method="GET", path="/CodeSystem/override-reason")

    assert (code_system.status, with_token.status) == (200, 200)
    assert call(service.port, method="OPTIONS").status == 200
