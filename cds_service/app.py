"""The composition root: the one place where the parts are wired together."""

import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime

from flask import Flask

from cds_service import __version__
from cds_service.cards.site import Site
from cds_service.evaluate import Advisor
from cds_service.knowledge.load import load_knowledge
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.site_codes import (
    observation_codes_from,
    site_codes_from,
    with_observation_codes,
    with_site_codes,
)
from cds_service.outbound.client import FhirClient
from cds_service.outbound.key_sets import key_set_at
from cds_service.records.seen_tokens import SeenTokens
from cds_service.records.start import recorder_from
from cds_service.setting_values import GATEWAY
from cds_service.settings import Settings
from cds_service.trust.authenticate import Authenticator
from cds_service.trust.client_file import trusted_clients_from
from cds_service.trust.key_sets import KeySets
from cds_service.trust.replays import Replays
from cds_service.web.access import guard
from cds_service.web.bodies import register_problems
from cds_service.web.criteria import criteria
from cds_service.web.frame import frame
from cds_service.web.pages import pages
from cds_service.web.patient import patient
from cds_service.web.routes import allow_browsers, services
from cds_service.web.workbench.routes import workbench


def create_app(settings: Settings) -> Flask:
    """The service as a WSGI application.

    Raises a StartupError when it cannot work as it is set up.
    """
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    seconds = (settings.request_deadline_ms + settings.fhir_deadline_ms) / 1000
    advisor = replace(advisor_from(settings), seconds=seconds)
    recorder = recorder_from(settings)
    register_problems(app)
    guard(app, settings, authenticator_from(settings))
    app.register_blueprint(services(advisor, recorder))
    app.register_blueprint(pages(advisor.site, __version__))
    app.register_blueprint(criteria(advisor.site))
    app.register_blueprint(patient())
    if settings.workbench:
        app.register_blueprint(workbench(advisor))
    frame(app, advisor.knowledge, __version__, home="Workbench" if settings.workbench else "Home")
    allow_browsers(app, settings.cors_origins, is_development=settings.profile == "development")
    return app


def advisor_from(settings: Settings) -> Advisor:
    """What an evaluation works with, by the settings."""
    return Advisor(
        site=Site(knowledge_in_force(settings), settings),
        reader=FhirClient(settings),
        now=_local_now,
        new_uuid=uuid.uuid4,
        honors_judge_at=settings.profile == "development",
    )


def authenticator_from(settings: Settings) -> Authenticator | None:
    """What tells trusted clients by their tokens; None where none are named, or a gateway checks them."""
    if settings.trusted_clients is None or settings.trusted_clients == GATEWAY:
        return None
    clients = trusted_clients_from(settings.trusted_clients, http_allowed=settings.loopback_allowed)
    store = SeenTokens(settings.database_url)
    replays = Replays(store.add, when_down=settings.replay_store_down, now=time.time)
    return Authenticator(clients, key_sets=KeySets(key_set_at), replays=replays, now=time.time)


def knowledge_in_force(settings: Settings) -> Knowledge:
    """The criteria and codes in the site's folder or as shipped, with the site's own codes."""
    knowledge = load_knowledge(settings.knowledge_dir)
    if settings.order_codes is not None:
        knowledge = with_site_codes(knowledge, site_codes_from(settings.order_codes, knowledge))
    if settings.observation_codes is not None:
        codes = observation_codes_from(settings.observation_codes, knowledge)
        knowledge = with_observation_codes(knowledge, codes)
    return knowledge


def _local_now() -> datetime:
    """Now, in the zone of the site, in which dates without a time are read."""
    return datetime.now(UTC).astimezone()
