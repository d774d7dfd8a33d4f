"""The tables of the record: which revision a database has, and how it comes to another one."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeAlias

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from cds_service.errors import SettingsError
from cds_service.records.sql.engine import engine_from, migrating_engine_from
from cds_service.records.sql.faults import DatabaseFault, WrongSchema, explained, fault_of, is_of_the_database

REVISIONS: Final = ("0001", "0002", "0003")
"""Every revision, the oldest first: those of `migrations/versions`, known without loading Alembic."""

BEFORE_REVISIONS: Final = "base"
"""The tables as 0.1.0 made them, without a revision."""

SECONDS_FOR_ANOTHER: Final = 60
"""How long one instance waits for another that changes the tables."""

_VERSIONS: Final = "alembic_version"
_FEEDBACK_OF_0_1_0: Final = frozenset(
    {"id", "service_id", "card", "outcome", "accepted_suggestions", "override_code", "override_system"}
    | {"override_display", "user_comment", "outcome_timestamp", "received_at"}
)
_LOCK: Final = 0x0CD5_5E41
"""The advisory lock of PostgreSQL that who changes these tables holds; any number, always the same."""

_RIGHTS: Final[Mapping[str, tuple[str, ...]]] = {
    "feedback": ("SELECT", "INSERT", "UPDATE"),
    "consultations": ("SELECT", "INSERT"),
    "cards": ("SELECT", "INSERT"),
    "quiet": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "seen_tokens": ("SELECT", "INSERT", "DELETE"),
}
"""What a user of PostgreSQL must be granted to answer requests; who migrates owns the tables."""

_RIGHTS_ASKED: Final = (
    *(f"SELECT has_table_privilege('{table}', '{may}')" for table in _RIGHTS for may in _RIGHTS[table]),
    "SELECT has_sequence_privilege(pg_get_serial_sequence('feedback', 'id'), 'USAGE')",
)
_LOG = logging.getLogger(__name__)

Preparation: TypeAlias = Callable[[Engine, int], None]
"""What is done with a database before its first use, waiting so many seconds for another that does the same.

Raises WrongSchema where the database cannot be used.
"""


def revision_of(connection: Connection) -> str | None:
    """The revision that a database has; `base` where 0.1.0 made it and None where it is empty.

    Raises WrongSchema where tables of the same names are not this service's.
    """
    there = inspect(connection)
    if there.has_table(_VERSIONS):
        versions = list(connection.execute(text(f"SELECT version_num FROM {_VERSIONS}")).scalars())
        if versions:
            return versions[0] if len(versions) == 1 else "+".join(versions)
    if not there.has_table("feedback"):
        return None
    if {column["name"] for column in there.get_columns("feedback")} != _FEEDBACK_OF_0_1_0:
        raise WrongSchema(DatabaseFault.SCHEMA_FOREIGN)
    return BEFORE_REVISIONS


def require_current(engine: Engine, _seconds: int = 0) -> None:
    """Change nothing; raises WrongSchema unless the tables are those of this version and can be written."""
    with engine.begin() as connection:
        revision = revision_of(connection)
        if revision is None:
            raise WrongSchema(DatabaseFault.NO_TABLES)
        if revision != REVISIONS[-1]:
            is_known = revision in (BEFORE_REVISIONS, *REVISIONS)
            raise WrongSchema(DatabaseFault.SCHEMA_OLD if is_known else DatabaseFault.SCHEMA_NEW)
        _require_writable(connection)


def prepare_in_development(engine: Engine, seconds: int = SECONDS_FOR_ANOTHER) -> None:
    """Bring a SQLite file up to this version, and make the tables of an empty database of PostgreSQL.

    Tables of PostgreSQL that others may share are changed by `records migrate` alone. Raises as
    `require_current` does.
    """
    try:
        require_current(engine)
    except (WrongSchema, FileNotFoundError) as error:
        fault = error.fault if isinstance(error, WrongSchema) else DatabaseFault.NO_TABLES
        is_old_file = engine.dialect.name == "sqlite" and fault == DatabaseFault.SCHEMA_OLD
        if fault != DatabaseFault.NO_TABLES and not is_old_file:
            raise
        migrate(engine, seconds=seconds)


def migrate_database(database_url: str, *, to: str) -> str | None:
    """As `migrate`, for a person: raises SettingsError, with the cause and what to do about it."""
    engine = engine_from(database_url)
    try:
        return migrate(engine, to=to)
    except (SQLAlchemyError, OSError, WrongSchema) as error:
        if not is_of_the_database(error):
            raise
        raise SettingsError([f"CDS_DATABASE_URL: {explained(database_url, fault_of(error))}"]) from None


def migrate(engine: Engine, *, to: str = REVISIONS[-1], seconds: int = SECONDS_FOR_ANOTHER) -> str | None:
    """Bring the tables to a revision, up or down, in one transaction; the revision that they had before.

    Of two that do so at the same moment one waits, and then has nothing to do. Raises WrongSchema where the
    tables are another program's, or of a version that this one does not know; what the driver raises
    otherwise, a lock that does not come in `seconds` among it.
    """
    import alembic.command  # noqa: F401 - now, and not while others wait for the lock

    patient = migrating_engine_from(engine.url, seconds=seconds)
    try:
        with patient.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            before = revision_of(connection)
            if before not in (None, BEFORE_REVISIONS, *REVISIONS):
                raise WrongSchema(DatabaseFault.SCHEMA_NEW)
            if before != to:
                _move(connection, before, to)
    finally:
        patient.dispose()
    return before


def _move(connection: Connection, before: str | None, to: str) -> None:
    """CAUTION: Alembic is loaded here, as only who changes tables should pay for it."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    order = (None, BEFORE_REVISIONS, *REVISIONS)
    step = command.upgrade if order.index(before) < order.index(to) else command.downgrade
    step(config, to)
    if before is not None:
        _LOG.info("record: tables brought from revision %s to %s", before, to)


def _require_writable(connection: Connection) -> None:
    """Raises what the driver does, or WrongSchema, where this user could not keep anything."""
    if connection.dialect.name == "sqlite":
        # CAUTION: where a file can only be read, BEGIN IMMEDIATE succeeds; what would write does not.
        connection.exec_driver_sql("DELETE FROM feedback WHERE 0")
        return
    if connection.exec_driver_sql("SHOW transaction_read_only").scalar_one() == "on":
        raise WrongSchema(DatabaseFault.READ_ONLY)
    for may in _RIGHTS_ASKED:
        if not connection.execute(text(may)).scalar_one():
            raise WrongSchema(DatabaseFault.PERMISSION)
