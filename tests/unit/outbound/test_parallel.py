"""Jobs run side by side, each in a slot, and nobody waits for them beyond the deadline."""

import threading
import time
from threading import BoundedSemaphore

import pytest

from cds_service.outbound.client import run_until
from cds_service.outbound.connections import Allowance


def test_jobs_run_side_by_side() -> None:
    meeting, met = threading.Barrier(3), list[int]()

    run_until(time.monotonic() + 10, [lambda: met.append(meeting.wait(10))] * 3, slots=BoundedSemaphore(3))

    assert sorted(met) == [0, 1, 2]


def test_more_jobs_than_slots_run_one_after_the_other() -> None:
    done: list[int] = []

    run_until(time.monotonic() + 10, [lambda: done.append(1)] * 20, slots=BoundedSemaphore(2))

    assert len(done) == 20


def test_a_job_that_does_not_end_keeps_its_slot_and_nobody_waits() -> None:
    release, slots, done = threading.Event(), BoundedSemaphore(1), list[bool]()

    start = time.monotonic()
    run_until(time.monotonic() + 0.1, [lambda: done.append(release.wait(10))] * 2, slots=slots)
    elapsed = time.monotonic() - start
    was_free = slots.acquire(blocking=False)
    release.set()

    assert elapsed < 1
    assert not was_free
    assert slots.acquire(timeout=10)
    assert done == [True]


def test_a_machine_without_threads_left_runs_what_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    slots, done = BoundedSemaphore(1), list[int]()

    run_until(time.monotonic() + 10, [lambda: done.append(1)], slots=slots)

    assert done == []
    assert slots.acquire(blocking=False)


def test_an_allowance_ends_with_its_bytes() -> None:
    allowance = Allowance(time.monotonic() + 10, 3)

    allowance.spend(3)

    with pytest.raises(OSError, match="bytes"):
        allowance.spend(1)


def test_an_allowance_ends_with_its_time() -> None:
    allowance = Allowance(time.monotonic() + 0, 3)

    with pytest.raises(TimeoutError):
        allowance.seconds_to_wait()
