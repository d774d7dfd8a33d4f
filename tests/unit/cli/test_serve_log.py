"""What `cds-service serve` writes to the log of errors and of libraries: never their words."""

import logging
from typing import Any

from cds_service.cli.logs import Lines


def raised() -> Any:
    try:
        raise RuntimeError("Jane Doe, born 1970-01-01")
    except RuntimeError as error:
        return (RuntimeError, error, error.__traceback__)


def record(words: str, *args: object, exc_info: Any = None) -> logging.LogRecord:
    return logging.LogRecord("some.library", logging.ERROR, __file__, 1, words, args, exc_info)


def test_an_error_is_logged_by_its_type_and_place_without_its_text() -> None:
    written = Lines().format(record("storing failed", exc_info=raised()))

    first, second = written.splitlines()
    assert first.endswith(" ERROR storing failed")
    assert second.startswith("RuntimeError at raised:")
    assert "Jane" not in written


def test_an_error_without_a_traceback_is_logged_as_it_is() -> None:
    assert Lines().format(record("failed", exc_info=(None, None, None))).splitlines()[0].endswith("failed")


def test_the_words_of_a_library_are_withheld() -> None:
    written = Lines(withheld=True).format(record("Jane %s", "Doe", exc_info=raised()))

    assert "ERROR message of some.library withheld" in written
    assert "RuntimeError at raised:" in written
    assert "Jane" not in written
    assert "Doe" not in written
