"""The composition root: the one place where the parts are wired together."""

import uuid
from datetime import UTC, datetime

from flask import Flask
from flask_cors import CORS

from cds_service import __version__
from cds_service.cards.case import CardOptions
from cds_service.evaluate import Consultation
from cds_service.knowledge.load import load_knowledge
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.site_codes import site_codes_from, with_site_codes
from cds_service.outbound.answers import ServerPolicy
from cds_service.outbound.client import FhirClient, ServerReader
from cds_service.records import FeedbackStore
from cds_service.settings import Profile, Settings
from cds_service.web.errors import register_problems
from cds_service.web.pages import Pages
from cds_service.web.routes import ServiceRoutes

MAX_PAGES = 20
"""The most pages of one query; conditions come 200 to a page, a server that gives 5 still gives 100."""


def create_app(settings: Settings) -> Flask:
    """The service as a WSGI application.

    Raises a StartupError when it cannot work as it is set up.
    """
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    consultation = consultation_from(settings)
    feedback = FeedbackStore(settings.database_url)
    register_problems(app)
    app.register_blueprint(ServiceRoutes(consultation, feedback, consultation.now).blueprint())
    app.register_blueprint(Pages(consultation.knowledge, consultation.options, __version__).blueprint())
    _allow_browsers(app, settings)
    return app


def consultation_from(settings: Settings) -> Consultation:
    """What an evaluation works with, by the settings."""
    return Consultation(
        knowledge=knowledge_in_force(settings),
        options=card_options_from(settings),
        reader=ServerReader(FhirClient(server_policy_from(settings))),
        now=_local_now,
        new_uuid=uuid.uuid4,
        honours_judge_at=settings.profile is Profile.DEVELOPMENT,
    )


def server_policy_from(settings: Settings) -> ServerPolicy:
    """Which FHIR servers may be called, and how much one query may cost."""
    return ServerPolicy(
        allowed=settings.fhir_servers,
        loopback_allowed=settings.loopback_allowed,
        deadline_seconds=settings.fhir_deadline_ms / 1000,
        max_pages=MAX_PAGES,
        max_bytes=settings.max_body_bytes,
    )


def knowledge_in_force(settings: Settings) -> Knowledge:
    """The criteria and codes in the site's folder or as shipped, with the site's own order codes."""
    knowledge = load_knowledge(settings.knowledge_dir)
    if settings.order_codes is None:
        return knowledge
    return with_site_codes(knowledge, site_codes_from(settings.order_codes, knowledge))


def card_options_from(settings: Settings) -> CardOptions:
    """What a site has chosen for its cards."""
    return CardOptions(
        confirm_appropriate=settings.confirm_appropriate,
        alternatives=settings.alternatives,
        suggest_complement=settings.suggest_complement,
        may_be_appropriate=settings.may_be_appropriate.value,
        extension_system_actions=settings.extension_system_actions,
        qcdsm=settings.qcdsm,
        canonical_url=settings.canonical_url,
        public_url=settings.public_url,
    )


def _local_now() -> datetime:
    """Now, in the zone of the site, in which dates without a time are read."""
    return datetime.now(UTC).astimezone()


def _allow_browsers(app: Flask, settings: Settings) -> None:
    CORS(
        app,
        origins=list(settings.cors_origins),
        methods=["GET", "POST", "OPTIONS"],
        allow_headers=["Authorization", "Content-Type"],
        max_age=600,
    )
