"""A real PostgreSQL server, started for these tests alone, with a database for each need."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
import pytest

GUARDED: Final = "guarded"
"""A user that must give a password, which is `right`, and who owns nothing."""

_ADMITTED: Final = f"""
host all {GUARDED} 127.0.0.1/32 scram-sha-256
host all uninvited 127.0.0.1/32 reject
host all all 127.0.0.1/32 trust
"""


class Server:
    """A PostgreSQL server in a folder of its own."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self.port = free_port()
        self.url = self.url_of("postgres")

    def url_of(self, database: str, user: str = "postgres") -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    @property
    def pid(self) -> int:
        """Of the process that started all others of the server."""
        return int((self._folder / "data" / "postmaster.pid").read_text().split()[0])

    def create(self) -> None:
        self._folder.mkdir()
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(self._folder, "postgres")
        self._run("initdb", "--auth=trust", "--username=postgres", "--no-sync")
        (self._folder / "data" / "pg_hba.conf").write_text(_ADMITTED)

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        self._run("pg_ctl", "start", "--wait", f"--options={options}", f"--log={self._folder}/log")

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "--mode=immediate")

    def run(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """What a superuser's statement answers, outside of a transaction."""
        with psycopg.connect(self.url_of(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def database(self, name: str, options: str = "") -> Iterator[str]:
        """The URL of an empty database, which is taken away at the end."""
        self.run(f"CREATE DATABASE {name} {options}")
        try:
            yield self.url_of(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), f"--pgdata={self._folder}/data", *arguments]
        user = "postgres" if os.geteuid() == 0 else None
        subprocess.run(command, check=True, user=user, cwd="/", stdout=subprocess.DEVNULL, timeout=60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server_started() -> Iterator[Server]:
    """Skips where no server is installed."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        pytest.skip("needs a PostgreSQL server, none is installed")
    # Not in pytest's own folder, whose parents only the user who runs the tests may enter.
    folder = Path(f"/tmp/cds-service-postgresql-{os.getpid()}-{free_port()}")
    server = Server(programs[-1].parent, folder)
    server.create()
    server.start()
    try:
        server.run(f"CREATE ROLE {GUARDED} LOGIN PASSWORD 'right'")
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)
