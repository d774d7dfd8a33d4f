"""What the tests of the record share: one server of PostgreSQL, and an empty database of each kind."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.unit.records.keeping import Record
from tests.unit.records.postgresql import Server, server_started


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with server_started() as server:
        yield server


def encoded(server: Server, encoding: str) -> AbstractContextManager[str]:
    options = f"ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    return server.database("record", options)


@pytest.fixture(params=["UTF8", "SQL_ASCII"])
def postgresql_url(server: Server, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database of each encoding."""
    with encoded(server, request.param) as url:
        yield url


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("UTF8", marks=pytest.mark.integration),
        pytest.param("SQL_ASCII", marks=pytest.mark.integration),
    ]
)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of every kind that a site may use."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/var/record.db"
        return
    with encoded(request.getfixturevalue("server"), request.param) as url:
        yield url


@pytest.fixture
def record(database_url: str, tmp_path: Path) -> Iterator[Record]:
    record = Record(database_url, tmp_path / "spool")
    record.database.open()
    yield record
    record.recorder.close()
    record.database.close()
