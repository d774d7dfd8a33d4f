"""The store of seen tokens in a real PostgreSQL server: one insert, shared, and back after a crash."""

import multiprocessing
from collections.abc import Iterator

import pytest

from cds_service.errors import Unavailable
from cds_service.records import seen_tokens
from cds_service.records.seen_tokens import SeenTokens
from tests.unit.records.postgresql import Server

pytestmark = pytest.mark.integration
FIRST, SECOND = b"1" * 32, b"2" * 32
FAR = 10**10


@pytest.fixture
def store(server: Server) -> Iterator[SeenTokens]:
    store = SeenTokens(server.url)
    yield store
    store.close()


def add_once(url: str, results: "multiprocessing.Queue[bool]") -> None:
    store = SeenTokens(url)
    results.put(store.add(b"3" * 32, FAR))
    store.close()


def test_of_processes_that_add_the_same_id_at_the_same_moment_one_is_the_first(
    server: Server,
) -> None:
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    workers = [context.Process(target=add_once, args=(server.url, results)) for _ in range(6)]

    for worker in workers:
        worker.start()
    found = [results.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join()

    assert sorted(found) == [False] * 5 + [True]


def test_the_store_is_back_after_a_crash_of_the_server_with_the_connections_it_had(
    store: SeenTokens,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert store.add(FIRST, FAR)
    server.stop()
    with pytest.raises(Unavailable):
        store.add(SECOND, FAR)
    server.start()
    monkeypatch.setattr(seen_tokens, "SECONDS_BETWEEN_TRIES", 0)

    assert [store.add(one, FAR) for one in (FIRST, SECOND, SECOND)] == [False, True, False]


def test_a_connection_that_the_server_ended_costs_no_request(
    store: SeenTokens,
    server: Server,
) -> None:
    store.add(b"4" * 32, FAR)
    server.stop()
    server.start()

    assert store.add(b"5" * 32, FAR)
