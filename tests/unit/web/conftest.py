"""A service, asked in this process, and its log."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.cli.logs import JsonLines, Lines
from cds_service.settings import Settings


@pytest.fixture
def app(settings: Settings) -> Flask:
    return create_app(settings)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


class Written(logging.Handler):
    """What the log of the service would hold, in both formats."""

    def __init__(self) -> None:
        super().__init__(level=0)
        self.text, self.lines = "", list[dict[str, Any]]()

    def emit(self, record: logging.LogRecord) -> None:
        line = JsonLines().format(record)
        assert "\n" not in line
        self.text += f"{line}\n{Lines().format(record)}\n"
        self.lines.append(json.loads(line))


@pytest.fixture
def log() -> Iterator[Written]:
    written, root = Written(), logging.getLogger()
    own = logging.getLogger("cds_service")
    levels = root.level, own.level
    root.addHandler(written)
    root.setLevel(0)
    own.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(written)
    root.setLevel(levels[0])
    own.setLevel(levels[1])
