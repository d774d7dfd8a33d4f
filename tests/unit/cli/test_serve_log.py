"""What `cds-service serve` writes to the log of errors and of libraries: never their words."""

import json
import logging
import socket
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cds_service.cli.logs import OwnLines, WithheldLines
from cds_service.cli.worker import Worker
from cds_service.settings import Settings
from tests.contract.validator import outcome_faults


def raised() -> Any:
    try:
        raise RuntimeError("Jane Doe, born 1970-01-01")
    except RuntimeError as error:
        return (RuntimeError, error, error.__traceback__)


def record(words: str, *args: object, exc_info: Any = None) -> logging.LogRecord:
    return logging.LogRecord("some.library", logging.ERROR, __file__, 1, words, args, exc_info)


def test_an_error_is_logged_by_its_type_and_place_without_its_text() -> None:
    written = OwnLines().format(record("storing failed", exc_info=raised()))

    first, second = written.splitlines()
    assert first.endswith(" ERROR storing failed")
    assert second.startswith("RuntimeError at raised:")
    assert "Jane" not in written


def test_an_error_without_a_traceback_is_logged_as_it_is() -> None:
    assert OwnLines().format(record("failed", exc_info=(None, None, None))).splitlines()[0].endswith("failed")


def test_the_words_of_a_library_are_withheld() -> None:
    written = WithheldLines().format(record("Jane %s", "Doe", exc_info=raised()))

    assert "ERROR message of some.library withheld" in written
    assert "RuntimeError at raised:" in written
    assert "Jane" not in written
    assert "Doe" not in written


def test_a_fault_of_ours_before_the_routes_is_answered_blandly_and_its_text_is_not_logged(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    worker = Worker.__new__(Worker)
    worker.app = cast(Any, SimpleNamespace(settings=settings))
    ours, theirs = socket.socketpair()

    with ours, theirs, caplog.at_level("DEBUG"):
        worker.handle_error(None, ours, ("127.0.0.1", 1), raised()[1])
        head, _, body = theirs.recv(65536).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 500 ")
    assert outcome_faults(json.loads(body), status=500) == []
    assert b"Jane" not in body
    assert "fault RuntimeError at raised:" in caplog.text
    assert "Jane" not in caplog.text


def test_a_client_that_does_not_wait_for_the_refusal_is_no_fault(settings: Settings) -> None:
    worker = Worker.__new__(Worker)
    worker.app = cast(Any, SimpleNamespace(settings=settings))
    ours, theirs = socket.socketpair()
    theirs.close()

    with ours:
        worker.handle_error(None, ours, ("127.0.0.1", 1), raised()[1])

    assert ours.fileno() == -1
