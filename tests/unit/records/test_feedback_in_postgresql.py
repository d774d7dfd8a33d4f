"""The record of feedback in a real PostgreSQL server, started for these tests alone."""

import multiprocessing
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cds_service.cds_hooks.feedback import FeedbackItem
from cds_service.errors import Unavailable
from cds_service.records.feedback import FeedbackStore
from tests.unit.records.test_feedback_in_sqlite import (
    ACCEPTED,
    NOON,
    OVERRIDDEN,
    SERVICE,
    keep_once,
    seconds_until_each_is_refused,
)

pytestmark = pytest.mark.integration


class Server:
    """A PostgreSQL server in a folder of its own."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._port = _free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{self._port}/postgres"

    def create(self) -> None:
        self._folder.mkdir()
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(self._folder, "postgres")
        self._run("initdb", "--auth=trust", "--username=postgres", "--no-sync")

    def start(self) -> None:
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        self._run("pg_ctl", "start", "--wait", f"--options={options}", f"--log={self._folder}/log")

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "--mode=immediate")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), f"--pgdata={self._folder}/data", *arguments]
        user = "postgres" if os.geteuid() == 0 else None
        subprocess.run(command, check=True, user=user, cwd="/", stdout=subprocess.DEVNULL, timeout=60)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        pytest.skip("needs a PostgreSQL server, none is installed")
    # Not in pytest's own folder, whose parents only the user who runs the tests may enter.
    folder = Path(f"/tmp/cds-service-postgresql-{os.getpid()}")
    server = Server(programs[-1].parent, folder)
    server.create()
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture
def store(server: Server) -> Iterator[FeedbackStore]:
    store = FeedbackStore(server.url)
    yield store
    with store._engine.begin() as connection:
        connection.exec_driver_sql("drop table if exists feedback")
    store.close()


def test_processes_that_start_at_the_same_moment_all_keep_theirs(
    store: FeedbackStore, server: Server
) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=keep_once, args=(server.url,)) for _ in range(6)]

    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert [worker.exitcode for worker in workers] == [0] * 6
    assert len(store.all()) == 6


@pytest.mark.parametrize("item", [OVERRIDDEN, ACCEPTED])
def test_what_is_kept_is_read_again_as_it_was(store: FeedbackStore, item: FeedbackItem) -> None:
    store.keep(SERVICE, [item], received_at=NOON)

    (kept,) = store.all()

    assert (kept.item, kept.service_id, kept.received_at) == (item, SERVICE, NOON)


def test_what_was_kept_survives_a_crash_of_the_server_and_the_record_recovers(
    store: FeedbackStore, server: Server
) -> None:
    store.keep(SERVICE, [OVERRIDDEN], received_at=NOON)
    server.stop()

    with pytest.raises(Unavailable):
        store.keep(SERVICE, [ACCEPTED], received_at=NOON)
    server.start()

    assert [entry.item for entry in store.all()] == [OVERRIDDEN]


def test_no_caller_waits_long_for_a_table_that_is_locked(store: FeedbackStore) -> None:
    store.open()

    with store._engine.begin() as other:
        other.exec_driver_sql("lock table feedback in access exclusive mode")
        waits = seconds_until_each_is_refused(store)

    assert max(waits) < 3
    store.keep(SERVICE, [ACCEPTED], received_at=NOON)
