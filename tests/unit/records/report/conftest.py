"""A made record in SQLite, filled once for all tests that only read it."""

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from cds_service.knowledge.load import load_knowledge
from cds_service.knowledge.model import Knowledge
from cds_service.records.report.reading import reading
from cds_service.records.report.scope import Scope
from tests.unit.records.report.generator import END, fill

COUNT = int(os.environ.get("CONSULTATIONS_MADE", "3000"))
"""How many consultations are made; 50000 for a look at a large record."""

SCOPE = Scope(since=END - timedelta(days=60), until=END, now=END)


@dataclass(frozen=True)
class Made:
    """A made record: by SQLAlchemy for the code, by plain SQL for who checks it."""

    url: str
    file: sqlite3.Connection

    def ask(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.file.execute(sql, values).fetchall()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    path = tmp_path_factory.mktemp("made") / "record.db"
    fill(f"sqlite:///{path}", COUNT).dispose()
    file = sqlite3.connect(path)
    yield Made(f"sqlite:///{path}", file)
    file.close()


@pytest.fixture
def connection(made: Made) -> Iterator[Connection]:
    with reading(made.url) as connection:
        yield connection


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return load_knowledge()


def ms(scope: Scope) -> tuple[int, int]:
    """The ends of a period as the record has them."""
    return round(scope.since.timestamp() * 1000), round(scope.until.timestamp() * 1000)
