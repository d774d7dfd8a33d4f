"""Each token once, with the store or without it; and how many requests one caller may send."""

import logging
import os
from hashlib import sha256
from pathlib import Path

import pytest

from cds_service.errors import TooManyRequests, Unavailable
from cds_service.records.seen_tokens import SeenTokens
from cds_service.setting_values import WhenStoreIsDown
from cds_service.trust import remembered
from cds_service.trust.limits import MOST_CALLERS, RateLimit, address_to_limit
from cds_service.trust.replays import Replays

FIRST, SECOND, THIRD = (digit * 32 for digit in (b"1", b"2", b"3"))


class Store:
    """A store that other processes use too, and that may go away."""

    def __init__(self) -> None:
        self.kept: dict[bytes, int] = {}
        self.is_down, self.asked = False, 0

    def add(self, token_id: bytes, seen_until: int) -> bool:
        self.asked += 1
        if self.is_down:
            raise Unavailable("down")
        return self.kept.setdefault(token_id, seen_until) is seen_until


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def used_by(store: Store, clock: Clock, when_down: WhenStoreIsDown = "remember") -> Replays:
    return Replays(store.add, when_down=when_down, now=clock)


def test_a_token_is_good_once_in_one_process_and_over_several(store: Store, clock: Clock) -> None:
    one, other = used_by(store, clock), used_by(store, clock)

    assert one.is_first_use(FIRST, 1900)
    assert not one.is_first_use(FIRST, 1900)
    assert not other.is_first_use(FIRST, int("1900"))
    assert other.is_first_use(SECOND, 1900)


def test_what_this_process_has_seen_is_not_asked_of_the_store_again(store: Store, clock: Clock) -> None:
    seen = used_by(store, clock)

    uses = [seen.is_first_use(FIRST, 1900) for _ in range(5)]

    assert uses == [True, False, False, False, False]
    assert store.asked == 1


def test_without_the_store_ids_are_remembered_those_from_before_too(
    store: Store, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    seen = used_by(store, clock)
    seen.is_first_use(FIRST, 1900)
    store.is_down = True

    with caplog.at_level(logging.WARNING):
        uses = [seen.is_first_use(one, 1900) for one in (FIRST, SECOND, SECOND, THIRD)]

    assert uses == [False, True, False, True]
    assert seen.remembered_alone == 2
    assert [record.getMessage() for record in caplog.records] == [
        "store of seen tokens is down: tokens are remembered by this instance alone (1)"
    ]


def test_the_warning_comes_once_a_minute(
    store: Store, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    seen = used_by(store, clock)
    store.is_down = True

    for second in range(121):
        clock.now = 1000.0 + second
        seen.is_first_use(sha256(str(second).encode()).digest(), 1900)

    assert len(caplog.records) == 3


def test_a_site_may_prefer_to_refuse_and_the_same_token_is_good_afterwards(
    store: Store, clock: Clock
) -> None:
    seen = used_by(store, clock, "refuse")
    store.is_down = True
    with pytest.raises(Unavailable):
        seen.is_first_use(FIRST, 1900)
    store.is_down = False

    assert seen.is_first_use(FIRST, 1900)
    assert seen.remembered_alone == 0


def test_ids_are_forgotten_when_their_token_would_be_refused_for_its_age(store: Store, clock: Clock) -> None:
    seen = used_by(store, clock)
    store.is_down = True
    seen.is_first_use(FIRST, 1900)
    clock.now = 1899
    assert not seen.is_first_use(FIRST, 1900)
    clock.now = 1960

    assert seen.is_first_use(FIRST, 1900)


def test_a_memory_that_is_full_lets_nobody_in_unseen(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "BUCKETS", 1)
    monkeypatch.setattr(remembered, "_BYTES_OF_A_BUCKET", 32)
    seen = used_by(store, clock)
    assert seen.is_first_use(FIRST, 1900)
    assert seen.is_first_use(SECOND, 1900)
    store.is_down = True

    with pytest.raises(Unavailable):
        seen.is_first_use(THIRD, 1900)
    clock.now = 1900
    assert seen.is_first_use(THIRD, 2800)


def test_the_memory_is_shared_by_processes_and_holds_many(store: Store, clock: Clock) -> None:
    seen = used_by(store, clock)
    store.is_down = True
    ids = [sha256(str(number).encode()).digest() for number in range(20_000)]

    child = os.fork()
    if child == 0:
        os._exit(not all(seen.is_first_use(one, 1900) for one in ids))
    _, ended = os.waitpid(child, 0)

    assert ended == 0
    assert not any(seen.is_first_use(one, 1900) for one in ids)


def test_a_process_that_died_with_the_lock_holds_up_nobody(store: Store, clock: Clock) -> None:
    seen = used_by(store, clock)
    seen._memory._lock.acquire()

    assert [seen.is_first_use(FIRST, 1900) for _ in range(2)] == [True, False]


def test_the_store_in_sqlite_keeps_an_id_once_and_forgets_it_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cds_service.records.seen_tokens.SECONDS_BETWEEN_SWEEPS", 0)
    url = f"sqlite:///{tmp_path}/new/record.db"
    one, other = SeenTokens(url), SeenTokens(url)

    uses = [one.add(FIRST, 1), other.add(FIRST, 1), one.add(FIRST, 10**10), one.add(FIRST, 10**10)]
    one.close()
    other.close()

    assert uses == [True, True, True, False]
    assert (tmp_path / "new/record-tokens.db").is_file()
    assert not (tmp_path / "new/record.db").exists()


def test_a_store_that_fails_is_tried_again_only_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "record-tokens.db").mkdir()
    store = SeenTokens(f"sqlite:///{tmp_path}/record.db")
    for _ in range(5):
        with pytest.raises(Unavailable):
            store.add(FIRST, 10**10)
    assert len(caplog.records) == 1
    (tmp_path / "record-tokens.db").rmdir()
    with pytest.raises(Unavailable):
        store.add(FIRST, 10**10)
    monkeypatch.setattr("cds_service.records.seen_tokens.SECONDS_BETWEEN_TRIES", 0)

    assert store.add(FIRST, 10**10)
    store.close()


# --- limits --------------------------------------------------------------------------------------------


def test_a_caller_may_send_ten_seconds_worth_at_once_and_then_evenly(clock: Clock) -> None:
    limit = RateLimit(60, clock=clock)
    for _ in range(10):
        limit.spend("north")

    with pytest.raises(TooManyRequests) as refused:
        limit.spend("north")

    assert refused.value.seconds == 1
    limit.spend("south")
    clock.now += 1
    limit.spend("north")
    with pytest.raises(TooManyRequests):
        limit.spend("north")


def test_the_wait_is_told_in_whole_seconds(clock: Clock) -> None:
    limit = RateLimit(2, clock=clock)
    limit.spend("north")
    clock.now += 0.5

    with pytest.raises(TooManyRequests) as refused:
        limit.spend("north")

    assert refused.value.seconds == 30


def test_what_is_counted_by_rows_is_spent_whole_or_not_at_all(clock: Clock) -> None:
    limit = RateLimit(60, clock=clock, saved=3600)
    limit.spend("north", 3000)

    with pytest.raises(TooManyRequests) as refused:
        limit.spend("north", 700)

    assert refused.value.seconds == 100
    limit.spend("north", 600)


def test_no_limit_holds_nobody_back(clock: Clock) -> None:
    limit = RateLimit(None, clock=clock)

    for _ in range(1000):
        limit.spend("north")


def test_a_crowd_of_callers_takes_no_more_memory_than_is_allowed(clock: Clock) -> None:
    limit = RateLimit(60, clock=clock)

    for number in range(2 * MOST_CALLERS + 1):
        limit.spend(str(number))

    assert len(limit._left) <= MOST_CALLERS


@pytest.mark.parametrize(
    ("address", "limited"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("10.1.2.3", ""),
        ("::ffff:10.1.2.3", ""),
        ("2001:db8:ffff::1", ""),
        ("", "-"),
    ],
)
def test_an_address_is_limited_by_its_site_and_a_gateway_is_not(address: str, limited: str) -> None:
    assert address_to_limit(address, ("10.0.0.0/8", "2001:db8:ffff::/48")) == limited
