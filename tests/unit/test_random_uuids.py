"""UUIDs are random, of version 4, and never the same in two processes of one origin."""

import os
from threading import Thread
from uuid import RFC_4122, UUID

import pytest

from bench.in_process import calls_of
from cds_service import random_uuids
from cds_service.random_uuids import new_uuid, uuids_of

MANY = 600


def test_each_is_a_uuid_of_version_4_and_none_comes_twice() -> None:
    made = [new_uuid() for _ in range(MANY)]
    read = [UUID(text) for text in made]

    assert len({*made}) == MANY
    assert [str(one) for one in read] == made
    assert {one.version for one in read} == {4}
    assert {one.variant for one in read} == {RFC_4122}


def test_every_bit_that_is_free_is_random() -> None:
    free = int("ffffffff-ffff-0fff-3fff-ffffffffffff".replace("-", ""), 16)
    one_somewhere, zero_somewhere = 0, 0
    for _ in range(MANY):
        bits = UUID(new_uuid()).int
        one_somewhere, zero_somewhere = one_somewhere | bits, zero_somewhere | ~bits

    assert one_somewhere & free == free
    assert zero_somewhere & free == free


@pytest.mark.parametrize("digits", ["0" * 32, "f" * 32, "0123456789abcdef" * 2])
def test_digits_are_kept_but_for_version_and_variant(digits: str) -> None:
    assert uuids_of(digits) == [str(UUID(hex=digits, version=4))]


def test_threads_share_none() -> None:
    made: list[str] = []
    threads = [Thread(target=lambda: made.extend(new_uuid() for _ in range(MANY))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({*made}) == 4 * MANY


def test_a_process_shares_none_with_the_one_that_it_was_forked_from() -> None:
    new_uuid()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, new_uuid().encode())
        os._exit(0)
    os.waitpid(child, 0)
    of_child = os.read(reading, 36).decode()
    os.close(reading)
    os.close(writing)

    assert UUID(of_child).version == 4
    assert of_child not in {new_uuid() for _ in range(MANY)}


def test_no_answer_pays_for_those_of_others_in_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random_uuids, "_ready", [])

    assert calls_of(new_uuid) < 10
