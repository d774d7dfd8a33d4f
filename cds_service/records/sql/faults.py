"""What is wrong with a database: one table from what the drivers report to kinds that a person can act on."""

import errno
import logging
import math
import re
import sqlite3
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionInTime

from cds_service import urls
from cds_service.errors import Unavailable

SECONDS_BETWEEN_WARNINGS: Final = 60
_LOG = logging.getLogger(__name__)
_due: Final[dict[tuple[str, "DatabaseFault"], "OnceAMinute"]] = {}


class DatabaseFault(StrEnum):
    """Why a database cannot be used, in the words of logs and metrics."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    AUTHENTICATION = "authentication"
    NO_SUCH_DATABASE = "no such database"
    NOT_READY = "not ready"
    PERMISSION = "permission"
    READ_ONLY = "read-only"
    LOCKED = "locked"
    DISK_FULL = "disk full"
    DISK_ERROR = "disk error"
    NOT_A_DATABASE = "not a database"
    NO_TABLES = "no tables"
    SCHEMA_OLD = "old schema"
    SCHEMA_NEW = "new schema"
    SCHEMA_FOREIGN = "foreign schema"
    UNKNOWN = "unknown"


class WrongSchema(Unavailable):
    """The database answers, and its tables are not those that this version works with."""

    def __init__(self, fault: DatabaseFault) -> None:
        super().__init__(f"The record's database cannot be used: {fault}")
        self.fault = fault


_MIGRATE: Final = "run `cds-service records migrate`"

WHAT_TO_DO: Final[dict[DatabaseFault, str]] = {
    DatabaseFault.UNREACHABLE: "nothing answers at that address in time; correct host and port, or open the "
    "way to it",
    DatabaseFault.REFUSED: "the machine answers and no database listens there; start it, or correct the port",
    DatabaseFault.AUTHENTICATION: "the server does not admit this user from here; correct user and password, "
    "or the server's pg_hba.conf",
    DatabaseFault.NO_SUCH_DATABASE: f"it is not there; correct its name, or make it and {_MIGRATE}",
    DatabaseFault.NOT_READY: "the server starts, stops or has no connection left; wait, or raise its limit",
    DatabaseFault.PERMISSION: "this user may not use it; grant the rights, or change the owner of the file",
    DatabaseFault.READ_ONLY: "it can be read and not written; name the primary server, or make the file and "
    "its folder writable",
    DatabaseFault.LOCKED: "another program holds it, or it is too slow; end what holds it",
    DatabaseFault.DISK_FULL: "no space is left; free some, or raise the quota",
    DatabaseFault.DISK_ERROR: "the disk does not read or write; look at the system's log",
    DatabaseFault.NOT_A_DATABASE: "what is there is no SQLite database, or a damaged one; name another file, "
    "or restore it",
    DatabaseFault.NO_TABLES: f"it is empty; correct its name, or {_MIGRATE}",
    DatabaseFault.SCHEMA_OLD: f"its tables are of an earlier version; {_MIGRATE}",
    DatabaseFault.SCHEMA_NEW: "its tables are of a later version; run that version, or with it "
    "`cds-service records migrate --to` the revision of this one",
    DatabaseFault.SCHEMA_FOREIGN: "tables of the same names belong to another program; name another database",
    DatabaseFault.UNKNOWN: "its own log says more",
}

_BY_ERRNO: Final[dict[int, DatabaseFault]] = {
    errno.ENOENT: DatabaseFault.NO_SUCH_DATABASE,
    errno.ENOTDIR: DatabaseFault.NO_SUCH_DATABASE,
    errno.EEXIST: DatabaseFault.NO_SUCH_DATABASE,  # a file where its folder should be made
    errno.EISDIR: DatabaseFault.NOT_A_DATABASE,
    errno.EACCES: DatabaseFault.PERMISSION,
    errno.EPERM: DatabaseFault.PERMISSION,
    errno.EROFS: DatabaseFault.READ_ONLY,
    errno.ENOSPC: DatabaseFault.DISK_FULL,
    errno.EDQUOT: DatabaseFault.DISK_FULL,
    errno.EIO: DatabaseFault.DISK_ERROR,
}

_BY_SQLITE_CODE: Final[dict[int, DatabaseFault]] = {
    sqlite3.SQLITE_PERM: DatabaseFault.PERMISSION,
    sqlite3.SQLITE_BUSY: DatabaseFault.LOCKED,
    sqlite3.SQLITE_LOCKED: DatabaseFault.LOCKED,
    sqlite3.SQLITE_READONLY: DatabaseFault.READ_ONLY,
    sqlite3.SQLITE_IOERR: DatabaseFault.DISK_ERROR,
    sqlite3.SQLITE_CORRUPT: DatabaseFault.NOT_A_DATABASE,
    sqlite3.SQLITE_FULL: DatabaseFault.DISK_FULL,
    sqlite3.SQLITE_CANTOPEN: DatabaseFault.PERMISSION,  # that it is there was seen before it was opened
    sqlite3.SQLITE_PROTOCOL: DatabaseFault.LOCKED,
    sqlite3.SQLITE_AUTH: DatabaseFault.PERMISSION,
    sqlite3.SQLITE_NOTADB: DatabaseFault.NOT_A_DATABASE,
}
"""By the primary code: https://sqlite.org/rescode.html."""

_BY_SQLSTATE: Final[dict[str, DatabaseFault]] = {
    "08": DatabaseFault.UNREACHABLE,
    "25006": DatabaseFault.READ_ONLY,
    "28": DatabaseFault.AUTHENTICATION,
    "3D": DatabaseFault.NO_SUCH_DATABASE,
    "3F": DatabaseFault.NO_TABLES,
    "40": DatabaseFault.LOCKED,
    "42501": DatabaseFault.PERMISSION,
    "42703": DatabaseFault.SCHEMA_OLD,
    "42P01": DatabaseFault.NO_TABLES,
    "53100": DatabaseFault.DISK_FULL,
    "53": DatabaseFault.NOT_READY,
    "55P03": DatabaseFault.LOCKED,
    "57014": DatabaseFault.LOCKED,
    "57P": DatabaseFault.NOT_READY,
    "58": DatabaseFault.DISK_ERROR,
    "XX001": DatabaseFault.NOT_A_DATABASE,
}
"""By the longest beginning: https://www.postgresql.org/docs/current/errcodes-appendix.html."""

_BY_WORDS: Final[tuple[tuple[str, DatabaseFault], ...]] = (
    (r"no such (table|column)", DatabaseFault.NO_TABLES),
    (r"password|pg_hba|role .* does not exist|authentication|certificate", DatabaseFault.AUTHENTICATION),
    (r"permission denied for database", DatabaseFault.PERMISSION),
    (r"database .* does not exist", DatabaseFault.NO_SUCH_DATABASE),
    (r"too many|connection slots|starting up|shutting down|recovery", DatabaseFault.NOT_READY),
    (r"connection refused", DatabaseFault.REFUSED),
    (
        r"time(d )?out|resolve|translate host|not known|unreachable|no route|closed|terminat|reset"
        r"|no such file",
        DatabaseFault.UNREACHABLE,
    ),
)
"""What has no code: libpq passes on no SQLSTATE of a connection that was not made."""


def fault_of(error: BaseException) -> DatabaseFault:
    """The kind of what a driver, the system or this room raised."""
    cause = (error.orig or error) if isinstance(error, DBAPIError) else error
    if isinstance(cause, WrongSchema):
        return cause.fault
    if isinstance(cause, TimeoutError):  # of ours, where the driver has no limit as short
        return DatabaseFault.LOCKED
    if isinstance(cause, OSError):
        return _BY_ERRNO.get(cause.errno or 0, DatabaseFault.UNKNOWN)
    if isinstance(cause, NoConnectionInTime):  # all connections of this process are in use
        return DatabaseFault.LOCKED
    sqlite_code, sqlstate = getattr(cause, "sqlite_errorcode", None), getattr(cause, "sqlstate", None)
    if sqlite_code not in (None, sqlite3.SQLITE_ERROR):
        return _BY_SQLITE_CODE.get(sqlite_code & 0xFF, DatabaseFault.UNKNOWN)
    if sqlstate:
        return _fault_by_state(sqlstate)
    is_of_a_driver = hasattr(cause, "sqlstate") or isinstance(cause, sqlite3.Error)
    return _fault_by_words(str(cause)) if is_of_a_driver else DatabaseFault.UNKNOWN


def _fault_by_state(sqlstate: str) -> DatabaseFault:
    beginnings = (sqlstate[:length] for length in (5, 3, 2))
    found = (_BY_SQLSTATE[start] for start in beginnings if start in _BY_SQLSTATE)
    return next(found, DatabaseFault.UNKNOWN)


def _fault_by_words(text: str) -> DatabaseFault:
    found = (fault for pattern, fault in _BY_WORDS if re.search(pattern, text, re.IGNORECASE))
    return next(found, DatabaseFault.UNKNOWN)


def is_of_the_database(error: BaseException) -> bool:
    """Whether the database failed, rather than this service in what it asked of it.

    CAUTION: psycopg counts what is too large for an index or a statement (54) among the server's failures.
    """
    if str(getattr(getattr(error, "orig", None), "sqlstate", None) or "").startswith("54"):
        return False
    is_by_itself = isinstance(error, OperationalError | InterfaceError)
    return is_by_itself or fault_of(error) != DatabaseFault.UNKNOWN


def explained(database_url: str, fault: DatabaseFault) -> str:
    """Which database, what is wrong and what to do; CAUTION: no driver's words, which quote URLs and rows."""
    return f"{urls.without_password(database_url)} cannot be used ({fault}): {WHAT_TO_DO[fault]}"


class OnceAMinute:
    """Whether something is to be said again; for many threads, of which at worst two say it at once."""

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        self._clock = clock or time.monotonic
        self._said_at = -math.inf

    def is_due(self) -> bool:
        """True at most once a minute."""
        now = self._clock()
        if now - self._said_at < SECONDS_BETWEEN_WARNINGS:
            return False
        self._said_at = now
        return True


def warn_of(store: str, error: BaseException) -> None:
    """One line a minute, for each store and kind of fault, in the log."""
    fault = fault_of(error)
    if _due.setdefault((store, fault), OnceAMinute()).is_due():
        _LOG.warning("%s failed: %s", store, fault)
