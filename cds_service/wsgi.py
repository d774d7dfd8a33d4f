"""The service for another WSGI server: `cds_service.wsgi:app`, settings from the environment."""

import atexit
import os
import sys

from cds_service.app import RECORDING, loaded_from
from cds_service.cli.logs import log_from
from cds_service.cli.reload import warn_of_silence
from cds_service.errors import SettingsError
from cds_service.settings import settings_from


def _refuse_without_threads() -> None:
    """Raise SettingsError under a uWSGI without threads: the record's thread would never run."""
    uwsgi = sys.modules.get("uwsgi")
    options = getattr(uwsgi, "opt", {})
    if uwsgi is not None and not {"enable-threads", "threads"} & options.keys():
        raise SettingsError(["uWSGI: expected threads; start it with --enable-threads or --threads"])


_refuse_without_threads()
_settings = settings_from(os.environ)
log_from(_settings.log_level, _settings.log_format)
_loaded = loaded_from(_settings)
warn_of_silence(_loaded)
app, management = (_loaded.applications * 2)[:2]
"""The service; and what is answered at the management's address, the same where it has none of its own."""

# CAUTION: not begun here, before a fork: a thread would be of the first process alone.
app.before_request(app.extensions[RECORDING].begin)
atexit.register(app.extensions[RECORDING].close)
