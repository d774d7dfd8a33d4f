"""Several instances of the service before one PostgreSQL, stopped, started and killed one by one."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.attack.processes import workers_of
from tests.attack.served import COMMAND, SECONDS_TO_START, free_port, wait_for
from tests.operation.load import connection_to

SHARED: Final = {"CDS_TRUSTED_PROXIES": "127.0.0.0/8", "CDS_SITE_KEY": "5c" * 32, "CDS_LOG_LEVEL": "warning"}


class Instance:
    """One instance in a folder of its own, always at the same port."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.port, self.folder = free_port(), folder
        folder.mkdir(exist_ok=True)
        environ = {name: value for name, value in os.environ.items() if not name.startswith("CDS_")}
        own = {"CDS_PORT": str(self.port), "CDS_SPOOL_DIR": str(self.spool), "CDS_WORKERS": "1"}
        self._environ = {**environ, **SHARED, **own, **settings}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def spool(self) -> Path:
        return self.folder / "spool"

    @property
    def pid(self) -> int:
        """Of its first process, which started the others."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        with (self.folder / "log.txt").open("ab") as log:
            self._process = subprocess.Popen(
                [*COMMAND, "serve"], cwd=self.folder, env=self._environ, stdout=log, stderr=log
            )
        wait_for(self.port)
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + SECONDS_TO_START
        while True:
            connection = connection_to(self.port)
            try:
                connection.request("GET", "/health/ready")
                if json.loads(connection.getresponse().read())["status"] == "ready":
                    return
            except OSError:
                assert time.monotonic() < until
            finally:
                connection.close()
            time.sleep(0.05)

    def stop(self) -> float:
        """Tell it to stop, and wait; how many seconds that took."""
        assert self._process is not None
        began = time.monotonic()
        self._process.terminate()
        assert self._process.wait(timeout=SECONDS_TO_START) == 0
        return time.monotonic() - began

    def kill(self) -> None:
        """Kill all its processes at once, as a machine that fails does."""
        assert self._process is not None
        for pid in (self._process.pid, *workers_of(self._process.pid)):
            os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=SECONDS_TO_START)


@contextmanager
def instances(folder: Path, count: int, **settings: str) -> Iterator[list[Instance]]:
    """So many instances with the same settings, all ready."""
    made = [Instance(folder / f"instance-{number}", **settings) for number in range(count)]
    try:
        for one in made:
            one.start()
        yield made
    finally:
        for one in made:
            one.end()
