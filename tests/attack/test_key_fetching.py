"""The endpoint of a client's keys: asked seldom, trusted little, and not needed for a day."""

import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.attack.calling import bearer
from tests.attack.served import served
from tests.attack.signing import (
    ISSUER,
    PUBLIC_URL,
    Endpoint,
    claims,
    header,
    jwk,
    jwks,
    key_endpoint,
    private_key,
    signed,
    token,
    trusted,
)

PROCESSES = 2


@contextmanager
def fetching(folder: Path, *endpoints: Endpoint) -> Iterator[int]:
    """The port of a service whose clients have their keys at these endpoints; the issuers are `issuer_of`."""
    clients = [
        {"name": f"c{number}", "issuer": issuer_of(number), "jwks_url": endpoint.url}
        for number, endpoint in enumerate(endpoints)
    ]
    (folder / "clients.toml").write_text(trusted(*clients))
    with served(folder, CDS_TRUSTED_CLIENTS="clients.toml", CDS_PUBLIC_URL=PUBLIC_URL) as (port, _):
        yield port


def issuer_of(number: int) -> str:
    return f"{ISSUER}/{number}" if number else ISSUER


def of_new_key() -> str:
    return signed(header(kid="new"), claims(), key=private_key("ES384", "new"))


def statuses_at_once(port: int, make: Callable[[], str], count: int) -> Counter[int]:
    start, statuses = threading.Barrier(count), Counter[int]()

    def send() -> None:
        one = make()
        start.wait()
        statuses[bearer(port, one).status] += 1

    threads = [threading.Thread(target=send) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def test_keys_are_fetched_once_by_each_process_and_a_flood_of_unknown_kids_fetches_no_more(
    tmp_path: Path,
) -> None:
    with key_endpoint(jwks()) as endpoint, fetching(tmp_path, endpoint) as port:
        began = time.monotonic()
        good = {bearer(port, token()).status for _ in range(20)}
        flood = Counter(bearer(port, signed(header(kid=f"k{n}"), claims())).status for n in range(200))
        seconds = time.monotonic() - began
        fetched = len(endpoint.paths)

    assert good == {200}
    assert flood == Counter({401: 200})
    assert fetched <= PROCESSES * (1 + int(seconds / 10))


def test_many_at_once_make_one_fetch_in_each_process(tmp_path: Path) -> None:
    with key_endpoint(jwks()) as endpoint, fetching(tmp_path, endpoint) as port:
        endpoint.seconds = 0.5
        statuses = statuses_at_once(port, token, 8)

    assert len(endpoint.paths) <= PROCESSES
    assert set(statuses) <= {200, 503}  # of those that would wait, only half of a process's threads may
    assert statuses[200] >= 4


def test_a_slow_endpoint_does_not_hold_up_those_whose_keys_are_known(tmp_path: Path) -> None:
    with key_endpoint(jwks()) as endpoint, fetching(tmp_path, endpoint) as port:
        while len(endpoint.paths) < PROCESSES:
            assert bearer(port, token()).status == 200
        time.sleep(10)
        endpoint.seconds = 5
        flood = [
            threading.Thread(target=lambda: bearer(port, signed(header(kid="x"), claims())))
            for _ in range(32)
        ]
        for thread in flood:
            thread.start()
        time.sleep(0.2)
        waits = []
        for _ in range(10):
            started = time.monotonic()
            assert bearer(port, token()).status == 200
            waits.append(time.monotonic() - started)
        for thread in flood:
            thread.join()

    assert max(waits) < 2


def test_a_rotated_key_is_found_without_a_restart_and_the_old_one_goes(tmp_path: Path) -> None:
    with key_endpoint(jwks()) as endpoint, fetching(tmp_path, endpoint) as port:
        while len(endpoint.paths) < PROCESSES:
            assert bearer(port, token()).status == 200
        endpoint.body = jwks(jwk(kid="new", which="new"))
        time.sleep(10)
        statuses = [bearer(port, of_new_key()).status for _ in range(20)]
        while len(endpoint.paths) < 2 * PROCESSES:
            statuses.append(bearer(port, of_new_key()).status)
        old = {bearer(port, token()).status for _ in range(10)}

    assert set(statuses) == {200}
    assert old == {401}


def down(endpoint: Endpoint) -> None:
    endpoint.status = 500


def empty(endpoint: Endpoint) -> None:
    endpoint.body = '{"keys": []}'


def html(endpoint: Endpoint) -> None:
    endpoint.body = "<html>sign in</html>"


def huge(endpoint: Endpoint) -> None:
    endpoint.body = '{"keys": [' + " " * 1_000_000 + "]}"


def redirecting(endpoint: Endpoint) -> None:
    endpoint.status, endpoint.headers = 302, {"Location": endpoint.url.replace("/jwks", "/of-mallory")}
    endpoint.body = jwks(jwk(which="mallory"))


BROKEN = (down, empty, html, huge, redirecting)


def test_keys_that_were_fetched_stay_good_while_the_endpoint_fails_in_any_way(tmp_path: Path) -> None:
    with ExitStack() as stack:
        endpoints = [stack.enter_context(key_endpoint(jwks())) for _ in BROKEN]
        port = stack.enter_context(fetching(tmp_path, *endpoints))
        issuers = [issuer_of(number) for number in range(len(BROKEN))]
        while any(len(endpoint.paths) < PROCESSES for endpoint in endpoints):
            assert {bearer(port, token(iss=issuer)).status for issuer in issuers} == {200}
        for endpoint, broken in zip(endpoints, BROKEN, strict=True):
            broken(endpoint)
        time.sleep(10)
        unknown = [bearer(port, token(iss=issuer, kid="new")).status for issuer in issuers for _ in range(5)]
        known = [bearer(port, token(iss=issuer)).status for issuer in issuers for _ in range(5)]

    assert set(unknown) == {401}
    assert set(known) == {200}
    assert all(set(endpoint.paths) == {"/jwks"} for endpoint in endpoints)


def secret_keys(endpoint: Endpoint) -> None:
    endpoint.body = jwks({"kty": "oct", "kid": "key-1", "k": "c2VjcmV0c2VjcmV0c2VjcmV0"})


def private_halves(endpoint: Endpoint) -> None:
    endpoint.body = jwks(jwk(d="SeFXUXda8UomZ8GFUl7HH"))


def short_keys(endpoint: Endpoint) -> None:
    endpoint.body = jwks(jwk("RS384", "key-1", which="short"))


def encryption_keys(endpoint: Endpoint) -> None:
    endpoint.body = jwks({**jwk(), "use": "enc"})


def keys_of_one_name(endpoint: Endpoint) -> None:
    endpoint.body = jwks(jwk(), jwk(which="mallory"))


USELESS = (*BROKEN, secret_keys, private_halves, short_keys, encryption_keys, keys_of_one_name)


def test_without_a_usable_key_nobody_is_let_in_and_told_to_come_later(tmp_path: Path) -> None:
    with ExitStack() as stack:
        endpoints = [stack.enter_context(key_endpoint(jwks())) for _ in USELESS]
        for endpoint, useless in zip(endpoints, USELESS, strict=True):
            useless(endpoint)
        port = stack.enter_context(fetching(tmp_path, *endpoints))
        issuers = {useless.__name__: issuer_of(number) for number, useless in enumerate(USELESS)}
        statuses = {name: bearer(port, token(iss=issuer)).status for name, issuer in issuers.items()}
        by_rsa = claims(iss=issuers["short_keys"])
        short = signed(header(alg="RS384"), by_rsa, algorithm="RS384", key=private_key("RS384", "short"))
        statuses["short RSA"] = bearer(port, short).status

    assert set(statuses.values()) == {503}, statuses
    log = (tmp_path / "log.txt").read_text()
    assert all(re.search(rf"WARNING keys of {endpoint.url}\b", log) for endpoint in endpoints)


def test_an_endpoint_that_says_nothing_holds_up_nobody_for_long(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = Endpoint(f"http://127.0.0.1:{silent.getsockname()[1]}/jwks")
        with fetching(tmp_path, endpoint) as port:
            started = time.monotonic()
            statuses = statuses_at_once(port, token, 16)
            seconds = time.monotonic() - started

    assert statuses == Counter({503: 16})
    assert seconds < 6
