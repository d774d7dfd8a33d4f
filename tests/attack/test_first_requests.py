"""The first requests of a process, all at once: none may end it, and all are answered alike."""

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from cds_service.app import create_app
from cds_service.settings import settings_from

PROCESSES = 20
THREADS = 8
SERVICE = "/cds-services/hemoptysis-imaging-order-select"
CALL = Path("fixtures/requests/order-select/recurrent-ct-without-contrast.json").read_bytes()
JSON: Final = {"content_type": "application/json"}
FEEDBACK = (
    b'{"feedback": [{"card": "4e0a3a1e-3180-4578-ad75-32d7b8d8d4a1", "outcome": "overridden", '
    b'"outcomeTimestamp": "2026-11-24T10:05:31Z"}]}'
)


def statuses_at_once(post: Callable[[], int]) -> set[int]:
    start, statuses = threading.Barrier(THREADS), set[int]()

    def one() -> None:
        start.wait()
        statuses.add(post())

    threads = [threading.Thread(target=one) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


@pytest.mark.parametrize(("address", "body"), [(SERVICE, CALL), (f"{SERVICE}/feedback", FEEDBACK)])
def test_threads_that_read_the_first_requests_of_a_process_do_not_end_it(
    tmp_path: Path, address: str, body: bytes
) -> None:
    app = create_app(settings_from({"CDS_DATABASE_URL": f"sqlite:///{tmp_path}/record.db"}))
    ends = []

    for _ in range(PROCESSES):
        process = os.fork()
        if process == 0:
            sys.setswitchinterval(0.0001)  # threads meet where they seldom do
            os._exit(
                statuses_at_once(lambda: app.test_client().post(address, data=body, **JSON).status_code)
                != {200}
            )
        ends.append(os.waitpid(process, 0)[1])

    assert ends == [0] * PROCESSES
