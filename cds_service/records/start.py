"""The record as a service starts with it: its database is tried once, and what is wrong is said."""

import logging

from cds_service.errors import SettingsError, Unavailable
from cds_service.records.faults import explained, fault_of
from cds_service.records.feedback import FeedbackStore
from cds_service.records.schema import prepare_in_development, require_current
from cds_service.settings import Settings

_LOG = logging.getLogger(__name__)


def record_from(settings: Settings) -> FeedbackStore:
    """The record at the database of the settings.

    Production changes no tables, and raises SettingsError where the database cannot be used; development
    says so and goes on, since advice needs none.
    """
    is_production = settings.profile == "production"
    prepare = require_current if is_production else prepare_in_development
    feedback = FeedbackStore(settings.database_url, prepare)
    try:
        feedback.open()
    except Unavailable as error:
        fault = f"CDS_DATABASE_URL: {explained(settings.database_url, fault_of(error.__cause__ or error))}"
        if is_production:
            raise SettingsError([f"{fault} (CDS_PROFILE is production)"]) from None
        _LOG.warning("%s; feedback is refused until then", fault)
    finally:
        feedback.close()
    return feedback
