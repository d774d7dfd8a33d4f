"""The service as `cds-service serve` runs it, for clients that mean no good."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.attack.processes import workers_of

SECONDS_TO_START = 30
COMMAND = (sys.executable, "-c", "from cds_service.cli.main import main; main()")


@contextmanager
def served(folder: Path, **settings: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The port of a service with two processes unless set otherwise, and the process that started them."""
    port = free_port()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CDS_")}
    own = {"CDS_PORT": str(port), "CDS_DATABASE_URL": "sqlite:///record.db", "CDS_WORKERS": "2", **settings}
    if settings.get("CDS_PROFILE") == "production":
        own.setdefault("CDS_MANAGEMENT_BIND", f"127.0.0.1:{free_port()}")  # several run at once
        subprocess.run([*COMMAND, "records", "migrate"], cwd=folder, env={**environ, **own}, check=True)
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [*COMMAND, "serve"],
            cwd=folder,
            env={**environ, **own},
            stdout=log,
            stderr=log,
        )
        try:
            wait_for(port)
            _wait_for_all(process.pid, int(own["CDS_WORKERS"]))
            yield port, process
        finally:
            process.terminate()
            process.wait(timeout=SECONDS_TO_START)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for_all(first: int, count: int) -> None:
    """Until all processes have begun; one that listens may be the only one yet."""
    deadline = time.monotonic() + SECONDS_TO_START
    while len(workers_of(first)) < count:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def wait_for(port: int) -> None:
    """Until the service listens; raises OSError when it does not in time."""
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
