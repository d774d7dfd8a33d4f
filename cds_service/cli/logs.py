"""The log: how a message and a fault become a line, without the words that could quote a request."""

import logging
import time
from functools import lru_cache
from types import TracebackType
from typing import Final, TypeAlias

from cds_service.errors import trail_of
from cds_service.settings import LogLevel

_ExcInfo: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)
_FORMAT: Final = "%(asctime)s %(levelname)s %(message)s"


class Lines(logging.Formatter):
    """Messages of the service; of an error its type and the places it passed, not its text.

    `withheld`: only who wrote a message and how grave it is; what libraries say may quote a request.
    """

    def __init__(self, *, withheld: bool = False) -> None:
        super().__init__(_FORMAT)
        self._withheld = withheld

    def format(self, record: logging.LogRecord) -> str:
        """The record in one line."""
        return super().format(_without_words(record) if self._withheld else record)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        """The local time, to the millisecond."""
        return f"{_second(int(record.created))},{int(record.msecs):03d}"

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 - the name is logging's
        """The error in one line."""
        error = ei[1]
        return "" if error is None else trail_of(error)


def log_from(level: LogLevel) -> None:
    """Write the service's own messages from a level on, and what libraries warn of without its words."""
    own = logging.getLogger("cds_service")
    own.addHandler(_to_standard_error(Lines()))
    own.setLevel(level.upper())
    own.propagate = False
    logging.getLogger().addHandler(_to_standard_error(Lines(withheld=True)))
    logging.captureWarnings(True)
    # Nothing of this stands in a line, and finding it out takes a quarter of the time that a line takes.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def _without_words(record: logging.LogRecord) -> logging.LogRecord:
    named = f"message of {record.name} withheld"
    bare = logging.LogRecord(record.name, record.levelno, "", 0, named, None, record.exc_info)
    bare.created, bare.msecs = record.created, record.msecs
    return bare


def withhold_words_of(name: str) -> None:
    """From now on a logger's handlers leave out the words of its messages."""
    for handler in logging.getLogger(name).handlers:
        handler.setFormatter(Lines(withheld=True))


@lru_cache(maxsize=1)
def _second(created: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(created))


def _to_standard_error(formatter: logging.Formatter) -> logging.Handler:
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    return handler
