"""How a fault of the program itself is told: where in the code, and nothing of what it was working on."""

import logging
from types import TracebackType
from typing import Final, TypeAlias

from cds_service.errors import trail_of
from cds_service.settings import LogLevel

_ExcInfo: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


_FORMAT: Final = "%(asctime)s %(levelname)s %(message)s"


class OwnLines(logging.Formatter):
    """The service's own messages; of an error its type and the places it passed, not its text."""

    def __init__(self) -> None:
        super().__init__(_FORMAT)

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 - the name is logging's
        """The error in one line."""
        error = ei[1]
        return "" if error is None else trail_of(error)


class WithheldLines(OwnLines):
    """Messages of libraries: who wrote one and how grave it is; the words may quote a request."""

    def format(self, record: logging.LogRecord) -> str:
        """The same record without its words."""
        named = f"message of {record.name} withheld"
        bare = logging.LogRecord(record.name, record.levelno, "", 0, named, None, record.exc_info)
        bare.created, bare.msecs = record.created, record.msecs
        return super().format(bare)


def log_from(level: LogLevel) -> None:
    """Write the service's own messages from a level on, and what libraries warn of without its words."""
    own = logging.getLogger("cds_service")
    own.addHandler(_to_standard_error(OwnLines()))
    own.setLevel(level.value.upper())
    own.propagate = False
    logging.getLogger().addHandler(_to_standard_error(WithheldLines()))
    logging.captureWarnings(True)


def withhold_words_of(name: str) -> None:
    """From now on a logger's handlers leave out the words of its messages."""
    for handler in logging.getLogger(name).handlers:
        handler.setFormatter(WithheldLines())


def _to_standard_error(formatter: logging.Formatter) -> logging.Handler:
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    return handler
