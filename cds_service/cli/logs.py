"""The log: how a message and a fault become a line, without the words that could quote a request."""

import logging
import sys
import threading
import time
from datetime import datetime
from functools import lru_cache
from types import TracebackType
from typing import Any, Final, TypeAlias

import msgspec

from cds_service.errors import trail_of
from cds_service.setting_values import LogFormat, LogLevel
from cds_service.web.request_log import RequestLine, id_of_request

_ExcInfo: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)
_FORMAT: Final = "%(asctime)s %(levelname)s %(message)s"
_LOG = logging.getLogger(__name__)


class Lines(logging.Formatter):
    """Messages of the service; of an error its type and the places it passed, not its text.

    `withheld`: only who wrote a message and how grave it is; what libraries say may quote a request.
    """

    def __init__(self, *, withheld: bool = False) -> None:
        super().__init__(_FORMAT)
        self._withheld = withheld

    def format(self, record: logging.LogRecord) -> str:
        """The record in one line, with the id of the request that it is of; of an error in a second one."""
        return super().format(self.without_words(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is logging's
        """The line, and the id of the request."""
        line, request_id = super().formatMessage(record), id_of_request()
        return f"{line} id={request_id}" if request_id and not isinstance(record.msg, RequestLine) else line

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        """The local time, to the millisecond."""
        return f"{_second(int(record.created))},{int(record.msecs):03d}"

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 - the name is logging's
        """The error in one line."""
        error = ei[1]
        return "" if error is None else trail_of(error)

    def without_words(self, record: logging.LogRecord) -> logging.LogRecord:
        """The record itself, or where words are withheld one that only says whose it was."""
        if not self._withheld:
            return record
        named = f"message of {record.name} withheld"
        bare = logging.LogRecord(record.name, record.levelno, "", 0, named, None, record.exc_info)
        bare.created, bare.msecs = record.created, record.msecs
        return bare


class JsonLines(Lines):
    """The same as one JSON object to a line; what is known of a request under names of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        record = self.without_words(record)
        instant = datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": instant, "level": record.levelname.lower()}
        if isinstance(record.msg, RequestLine):
            line |= {"event": "request", **record.msg.noted}
        else:
            line["message"] = record.getMessage()
            if request_id := id_of_request():
                line["id"] = request_id
        if record.exc_info and record.exc_info[1]:
            line["error"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


_FORMATTERS: Final[dict[LogFormat, type[Lines]]] = {"text": Lines, "json": JsonLines}


def log_from(level: LogLevel, log_format: LogFormat) -> None:
    """Write the service's own messages from a level on, and what libraries warn of without its words."""
    formatter = _FORMATTERS[log_format]
    own = logging.getLogger("cds_service")
    own.addHandler(_to_standard_error(formatter()))
    own.setLevel(level.upper())
    own.propagate = False
    logging.getLogger().addHandler(_to_standard_error(formatter(withheld=True)))
    logging.captureWarnings(True)
    # CAUTION: by itself Python writes the text of what nobody catches, in a thread or at its end.
    threading.excepthook = sys.unraisablehook = _log_uncaught


def spare_what_no_line_tells() -> None:
    """Have a record hold no thread and no process: to find them out takes a quarter of the time of a line.

    CAUTION: of the whole process, so only where every line is ours: the lines of another server tell them.
    """
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def log_as_ours(name: str, log_format: LogFormat, *, withheld: bool = False) -> None:
    """From now on a logger's handlers write as ours do."""
    for handler in logging.getLogger(name).handlers:
        handler.setFormatter(_FORMATTERS[log_format](withheld=withheld))


def _log_uncaught(uncaught: "threading.ExceptHookArgs | sys.UnraisableHookArgs") -> None:
    if uncaught.exc_value is not None:
        _LOG.error("fault %s", trail_of(uncaught.exc_value))


@lru_cache(maxsize=1)
def _second(created: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(created))


def _to_standard_error(formatter: logging.Formatter) -> logging.Handler:
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    return handler
