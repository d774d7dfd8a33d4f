"""Keys of an endpoint over time: fresh, stale, gone, and how often it is asked."""

import threading
import time
from collections.abc import Callable

import pytest

from cds_service.errors import Unavailable
from cds_service.outbound.answers import CallFailed, Failure
from cds_service.trust.key_sets import MOST_WAITING, SECONDS_KEPT, FetchedKeys, KeySets
from tests.attack.signing import jwk, jwks

URL = "https://ehr.north.example/jwks"


class Endpoint:
    """Counts how often it is asked; gives `body`, or fails where that is empty."""

    def __init__(self) -> None:
        self.body, self.asked = jwks(), 0
        self.may_answer = threading.Event()
        self.may_answer.set()

    def read(self, url: str) -> bytes:
        assert url == URL
        self.asked += 1
        self.may_answer.wait(10)
        if not self.body:
            raise CallFailed(Failure.UNREACHABLE)
        return self.body.encode()


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(endpoint: Endpoint, clock: Clock) -> FetchedKeys:
    return KeySets(endpoint.read, clock=clock).at(URL)


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_fetching() -> bool:
    return any(thread.name == "key-set" for thread in threading.enumerate())


def test_keys_are_fetched_at_the_first_use_and_kept(keys: FetchedKeys, endpoint: Endpoint) -> None:
    found = [keys.verifier("key-1", "ES384") for _ in range(5)]

    assert None not in found
    assert endpoint.asked == 1


def test_an_unknown_kid_asks_at_most_once_in_10_seconds(
    keys: FetchedKeys, endpoint: Endpoint, clock: Clock
) -> None:
    asked = []
    for second in range(31):
        clock.now = 1000.0 + second
        assert keys.verifier("new", "ES384") is None
        asked.append(endpoint.asked)

    assert asked == [1] * 10 + [2] * 10 + [3] * 10 + [4]


def test_a_new_key_is_found_and_an_old_one_gone_after_a_rotation(
    keys: FetchedKeys, endpoint: Endpoint, clock: Clock
) -> None:
    assert keys.verifier("key-1", "ES384") is not None
    endpoint.body = jwks(jwk(kid="new"))
    clock.now += 10

    assert keys.verifier("new", "ES384") is not None
    assert keys.verifier("key-1", "ES384") is None


def test_old_keys_are_used_while_new_ones_are_fetched_in_the_background(
    keys: FetchedKeys, endpoint: Endpoint, clock: Clock
) -> None:
    keys.verifier("key-1", "ES384")
    endpoint.may_answer.clear()
    endpoint.body = jwks(jwk(kid="new"))
    clock.now += 301

    during = [keys.verifier("key-1", "ES384") for _ in range(3)]
    endpoint.may_answer.set()
    wait_until(lambda: keys.verifier("key-1", "ES384") is None)

    assert None not in during
    assert endpoint.asked == 2


@pytest.mark.parametrize("body", ["", "no JSON", '{"keys": []}', '{"keys": [{"kty": "oct", "k": "x"}]}'])
def test_while_the_endpoint_fails_keys_are_good_for_a_day_and_no_longer(
    keys: FetchedKeys, endpoint: Endpoint, clock: Clock, body: str
) -> None:
    keys.verifier("key-1", "ES384")
    endpoint.body = body

    clock.now += SECONDS_KEPT
    assert keys.verifier("key-1", "ES384") is not None
    wait_until(lambda: endpoint.asked == 2 and not is_fetching())
    clock.now += 20
    with pytest.raises(Unavailable):
        keys.verifier("key-1", "ES384")

    endpoint.body = jwks()
    clock.now += 20
    assert keys.verifier("key-1", "ES384") is not None


def test_many_at_once_make_one_fetch_and_only_some_of_them_wait(
    keys: FetchedKeys, endpoint: Endpoint
) -> None:
    endpoint.may_answer.clear()
    outcomes: list[str] = []

    def use() -> None:
        try:
            outcomes.append("found" if keys.verifier("key-1", "ES384") else "unknown")
        except Unavailable:
            outcomes.append("later")

    threads = [threading.Thread(target=use) for _ in range(12)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(outcomes) == 12 - MOST_WAITING)
    endpoint.may_answer.set()
    for thread in threads:
        thread.join()

    assert endpoint.asked == 1
    assert outcomes == ["later"] * (12 - MOST_WAITING) + ["found"] * MOST_WAITING


def test_a_fetch_that_hangs_is_not_waited_for_twice(
    keys: FetchedKeys, endpoint: Endpoint, clock: Clock
) -> None:
    endpoint.may_answer.clear()
    with pytest.raises(Unavailable):
        keys.verifier("key-1", "ES384")
    clock.now += 3
    started = time.monotonic()

    for _ in range(5):
        with pytest.raises(Unavailable):
            keys.verifier("key-1", "ES384")

    assert time.monotonic() - started < 1
    assert endpoint.asked == 1
    endpoint.may_answer.set()


def test_a_fault_in_reading_ends_the_flight(clock: Clock) -> None:
    bodies = [b"\xff", jwks().encode()]
    keys = KeySets(lambda url: bodies.pop(0), clock=clock).at(URL)

    with pytest.raises(Unavailable):
        keys.verifier("key-1", "ES384")
    clock.now += 10

    assert keys.verifier("key-1", "ES384") is not None


def test_clients_with_one_endpoint_share_its_keys(endpoint: Endpoint) -> None:
    sets = KeySets(endpoint.read)

    assert sets.at(URL) is sets.at(URL)
