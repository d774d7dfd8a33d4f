"""Jobs side by side, for whose end is waited only until a deadline.

Threads live as long as their job: there is none to lose in a fork or to stop at the end of the process.
"""

from collections.abc import Callable, Iterable, Iterator
from threading import BoundedSemaphore, Thread

from cds_service.outbound.allowance import Deadline

Job = Callable[[], None]


def run_until(deadline: Deadline, jobs: Iterable[Job], *, slots: BoundedSemaphore) -> None:
    """Run every job for which a slot is free in time; returns when all ended, or at the deadline.

    A job must raise nothing and end soon after the deadline by itself; until then it holds its slot.
    """
    for thread in list(_started(deadline, jobs, slots)):
        thread.join(deadline.seconds_left)


def _started(deadline: Deadline, jobs: Iterable[Job], slots: BoundedSemaphore) -> Iterator[Thread]:
    for job in jobs:
        if not slots.acquire(timeout=deadline.seconds_left):
            return
        # CAUTION: daemons, so that a server which hangs cannot hold up the end of the process.
        thread = Thread(target=_run, args=(job, slots), name="outbound", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the machine gives no more threads
            slots.release()
            return
        yield thread


def _run(job: Job, slots: BoundedSemaphore) -> None:
    try:
        job()
    finally:
        slots.release()
