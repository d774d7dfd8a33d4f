"""What the processes of a service count together, while some of them are killed and callers mean no good."""

import os
import signal
import socket
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests.attack.calling import call
from tests.attack.processes import workers_of
from tests.attack.served import free_port, served
from tests.unit.telemetry.reading import samples

CARDS = 'cds_requests_total{outcome="cards",service="hemoptysis-imaging-order-select"}'
SECONDS = 60
KILLED = 3
IN_A_ROUND = 8


class Management:
    """The management of a service that is to be started, as Prometheus asks it."""

    def __init__(self) -> None:
        self.port = free_port()
        self.setting = {"CDS_MANAGEMENT_BIND": f"127.0.0.1:{self.port}"}

    def metrics(self) -> dict[str, float]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=SECONDS) as answer:
            return samples(answer.read().decode())

    def when(self, is_so: Callable[[dict[str, float]], Any]) -> dict[str, float]:
        until = time.monotonic() + SECONDS
        while not is_so(found := self.metrics()):
            assert time.monotonic() < until, found
            time.sleep(0.1)
        return found


def has(name: str, value: float, found: dict[str, float]) -> bool:
    return found[name] == value


def is_counter(name: str) -> bool:
    return name.partition("{")[0].endswith(("_total", "_count", "_sum", "_bucket"))


def test_no_counter_goes_back_and_none_is_lost_when_processes_are_killed(tmp_path: Path) -> None:
    management, folder = Management(), tmp_path / "metrics"
    with served(tmp_path, CDS_METRICS_DIR="metrics", **management.setting) as (port, process):
        before, files = management.when(lambda found: found["cds_processes"] == 2), []
        for _ in range(KILLED):
            assert [call(port).status for _ in range(IN_A_ROUND)] == [200] * IN_A_ROUND
            gone = workers_of(process.pid)[0]
            os.kill(gone, signal.SIGKILL)
            starts = before["cds_process_starts_total"] + 1
            now = management.when(partial(has, "cds_process_starts_total", starts))
            assert {name for name in before if is_counter(name) and now[name] < before[name]} == set()
            assert now[CARDS] == before[CARDS] + IN_A_ROUND
            assert now["cds_processes"] == 2
            before = now
            files.append(sorted(path.name for path in folder.glob("*.db")))

    assert files == [files[0]] * KILLED


def test_who_sends_nothing_or_no_http_is_counted(tmp_path: Path) -> None:
    management = Management()
    with served(tmp_path, **management.setting) as (port, _):
        silent = socket.create_connection(("127.0.0.1", port))
        half = socket.create_connection(("127.0.0.1", port))
        half.sendall(b"POST / HTTP/1.1\r\n")
        with socket.create_connection(("127.0.0.1", port)) as other:
            other.sendall(b"no HTTP\r\n\r\n")
            other.recv(1)
        found = management.when(
            lambda found: (
                found['cds_refusals_total{reason="silent"}'] and found['cds_refusals_total{reason="slow"}']
            )
        )
        silent.close()
        half.close()

    reasons = {name: value for name, value in found.items() if name.startswith("cds_refusals") and value}
    assert reasons == {
        f'cds_refusals_total{{reason="{reason}"}}': 1 for reason in ("framing", "silent", "slow")
    }
    assert found['cds_responses_total{route="none",status="400"}'] == 1
    assert found['cds_responses_total{route="none",status="408"}'] == 1


def test_nothing_is_left_behind_of_what_was_shared(tmp_path: Path) -> None:
    places = tmp_path / "places"
    places.mkdir()
    with served(tmp_path, TMPDIR=str(places)):
        assert [*places.glob("cds-service-metrics-*/counter_*.db")]

    assert [*places.glob("cds-service-metrics-*")] == []
