"""The record as a service starts with it: database and spool are tried once, and what is wrong is said."""

import logging
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import make_url

from cds_service.errors import SettingsError, Unavailable
from cds_service.records.site_key import SiteKey
from cds_service.records.spool import Spool
from cds_service.records.sql.database import Database
from cds_service.records.sql.faults import explained, fault_of
from cds_service.records.sql.schema import prepare_in_development, require_current
from cds_service.records.store import RecordStore
from cds_service.records.writer import Recorder
from cds_service.settings import Settings

FOLDER_WITHOUT_A_FILE: Final = Path("var")
_LOG = logging.getLogger(__name__)


def recorder_from(settings: Settings) -> Recorder:
    """What keeps the record, by the settings; database and spool are tried."""
    store = RecordStore(database_from(settings), hours_quiet=settings.no_nagging_hours)
    return Recorder(store, spool_from(settings))


def database_from(settings: Settings) -> Database:
    """The database of the settings.

    Production changes no tables, and raises SettingsError where the database cannot be used; development
    says so and goes on, since advice needs none.
    """
    is_production = settings.profile == "production"
    prepare = require_current if is_production else prepare_in_development
    database = Database(settings.database_url, prepare)
    try:
        database.open()
    except Unavailable as error:
        fault = f"CDS_DATABASE_URL: {explained(settings.database_url, fault_of(error.__cause__ or error))}"
        if is_production:
            raise SettingsError([f"{fault} (CDS_PROFILE is production)"]) from None
        _LOG.warning("%s; feedback is refused until then", fault)
    finally:
        database.close()
    return database


def spool_from(settings: Settings) -> Spool:
    """The spool of the settings.

    Production raises SettingsError where it cannot be written: every consultation would be lost. Development
    says so and goes on.
    """
    spool = Spool(spool_folder(settings))
    try:
        spool.try_out()
    except OSError as error:
        fault = (
            f"CDS_SPOOL_DIR: {spool.folder} cannot be written ({error.strerror or error}); "
            "name a folder that the service can write, on a disk that outlives the process"
        )
        if settings.profile == "production":
            raise SettingsError([f"{fault} (CDS_PROFILE is production)"]) from None
        _LOG.warning("%s; no consultation is recorded until then", fault)
    return spool


def database_fault(database_url: str) -> str:
    """Which database cannot keep a record, why and what to do; empty where it can. Changes nothing.

    Raises SettingsError for a URL that cannot be used.
    """
    database = Database(database_url, require_current)
    try:
        database.open()
    except Unavailable as error:
        return explained(database_url, fault_of(error.__cause__ or error))
    finally:
        database.close()
    return ""


def spool_folder(settings: Settings) -> Path:
    """Where the spool is: beside the SQLite file, unless the site says where."""
    return settings.spool_dir or _beside_the_database(settings) / "spool"


def site_key_from(settings: Settings) -> SiteKey:
    """The keys of the site; where it has none, as in development, one that is made and stored once."""
    return SiteKey([key.encode() for key in site_keys_from(settings)])


def site_keys_from(settings: Settings) -> tuple[str, ...]:
    """The same as texts, for processes that are sent them. CAUTION: they are secret."""
    return tuple(settings.site_key or _stored_key(settings))


def _stored_key(settings: Settings) -> Sequence[str]:
    """CAUTION: processes that start at once must agree: the file is put there whole, the first one stays."""
    file = _beside_the_database(settings) / "site-key"
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        own = file.with_name(f"site-key-{os.getpid()}-{secrets.token_hex(4)}")
        own.touch(mode=0o600)
        own.write_text(secrets.token_hex(32))
        try:
            os.link(own, file)
        except FileExistsError:
            pass
        finally:
            own.unlink()
    return [file.read_text().strip()]


def _beside_the_database(settings: Settings) -> Path:
    url = make_url(settings.database_url)
    is_file = url.get_backend_name() == "sqlite" and url.database
    return Path(str(url.database)).parent if is_file else FOLDER_WITHOUT_A_FILE
