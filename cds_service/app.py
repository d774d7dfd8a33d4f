"""The composition root: the one place where the parts are wired together."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Final

from flask import Flask

from cds_service import __version__
from cds_service.cards.site import Site
from cds_service.cds_hooks.catalog import SERVICES
from cds_service.errors import SettingsError
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
from cds_service.random_uuids import new_uuid
from cds_service.records.quiet import QuietOrders
from cds_service.records.seen_tokens import SeenTokens
from cds_service.records.start import recorder_from, site_key_from
from cds_service.setting_values import GATEWAY
from cds_service.settings import Settings
from cds_service.silencing import silenced_from
from cds_service.telemetry.counted import standing_of_the_files, standing_of_the_record, standing_of_trust
from cds_service.telemetry.meter import Meter, Standing
from cds_service.telemetry.metrics import BUILD_INFO, LOOKUPS_SKIPPED
from cds_service.telemetry.tracing import NO_TRACING, NoTracing, tracing_from
from cds_service.trust.authenticate import Authenticator
from cds_service.trust.client_file import trusted_clients_from
from cds_service.trust.clients import TrustedClient
from cds_service.trust.key_sets import KeySets
from cds_service.trust.replays import Replays
from cds_service.web.access import guard
from cds_service.web.bodies import register_problems
from cds_service.web.criteria import criteria
from cds_service.web.frame import answer_under, frame
from cds_service.web.health import health
from cds_service.web.insights import insights
from cds_service.web.management import Reloads, management
from cds_service.web.openapi.routes import openapi
from cds_service.web.pages import pages
from cds_service.web.patient import patient
from cds_service.web.recording import EVERY_SERVICE, Recording
from cds_service.web.request_log import NotedReader, log_requests
from cds_service.web.routes import allow_browsers, services
from cds_service.web.workbench.routes import workbench

METER: Final = "cds_service.meter"
"""The extension of the application by which all is counted."""

RECORDING: Final = "cds_service.recording"
"""The extension of the application that a process closes when it ends."""


def create_app(settings: Settings) -> Flask:
    """The service as a WSGI application; raises as `applications` does."""
    return applications(settings)[0]


def applications(settings: Settings) -> tuple[Flask, ...]:
    """What is served at each of the addresses: the service, and the management where the site gave it one.

    Raises a StartupError when it cannot work as it is set up.
    """
    return loaded_from(settings).applications


@dataclass(frozen=True, slots=True)
class Loaded:
    """What answers, made of the site's files as they stood at one moment; a reload makes another one."""

    applications: tuple[Flask, ...]
    advisor: Advisor
    recording: Recording
    authenticator: Authenticator | None
    reloads: Reloads
    tracing: NoTracing


def loaded_from(settings: Settings, former: Loaded | None = None) -> Loaded:
    """All that answers, from the settings and the files that they name.

    What a `former` one has learned goes on in it: the record and its spool, feedback allowed, keys fetched,
    tokens seen, connections to FHIR servers. Raises a StartupError where it cannot work, and changes nothing.
    """
    seconds = (settings.request_deadline_ms + settings.fhir_deadline_ms) / 1000
    tracing = former.tracing if former else tracing_from(os.environ)
    advisor = replace(advisor_from(settings, tracing), seconds=seconds)
    if former is None:
        authenticator = authenticator_from(settings)
        meter = meter_from(settings, advisor.knowledge, authenticator)
        recording, reloads = recording_from(settings, advisor.site, meter), Reloads(advisor.now())
    else:
        advisor = replace(advisor, reader=former.advisor.reader)
        authenticator = former.authenticator and former.authenticator.trusting(clients_from(settings))
        recording, reloads = replace(former.recording, site=advisor.site), former.reloads
        recording.meter.name(names_measured(settings, advisor.knowledge, authenticator))
    made = Loaded((), advisor, recording, authenticator, reloads, tracing)
    made = replace(made, applications=_applications(settings, made))
    recording.meter.standing = partial(standing, made)
    return made


def _applications(settings: Settings, made: Loaded) -> tuple[Flask, ...]:
    advisor, recording, authenticator = made.advisor, made.recording, made.authenticator
    app = _bare_app(settings, recording.meter, made.tracing)
    guard(app, settings, authenticator)
    app.extensions[METER] = recording.meter
    app.extensions[RECORDING] = recording
    app.register_blueprint(services(replace(advisor, held_back=recording.held_back), recording))
    app.register_blueprint(pages(advisor.site, __version__))
    app.register_blueprint(criteria(advisor.site))
    app.register_blueprint(patient())
    app.register_blueprint(health(recording.recorder.state))
    if settings.workbench:
        app.register_blueprint(workbench(advisor))
    frame(app, advisor.knowledge, __version__, home="Workbench" if settings.workbench else "Home")
    allow_browsers(app, settings.cors_origins, is_development=settings.profile == "development")
    managed = _bare_app(settings, recording.meter, made.tracing) if settings.management_bind else app
    managed.register_blueprint(management(recording, authenticator, __version__, made.reloads))
    reading = insights(settings.database_url, advisor.knowledge, __version__, now=advisor.now)
    managed.register_blueprint(reading)
    both = (app,) if managed is app else (app, managed)
    app.register_blueprint(openapi(both, settings, __version__))
    answer_under(app, settings.public_url)
    return both


def recording_from(settings: Settings, site: Site, meter: Meter) -> Recording:
    """The record as the routes use it; raises SettingsError as `database_from` does.

    CAUTION: a service that is silenced by a wrong name would not be silent; so that stops the start too.
    """
    known = [EVERY_SERVICE, *(service.id for service in SERVICES)]
    if unknown := [name for name in settings.silent if name not in known]:
        raise SettingsError([f"CDS_SILENT: no service {', '.join(unknown)}; known are {', '.join(known)}"])
    quiet = QuietOrders(settings.database_url) if settings.no_nagging_hours else None
    return Recording(site, site_key_from(settings), recorder_from(settings), quiet, meter)


def meter_from(settings: Settings, knowledge: Knowledge, authenticator: Authenticator | None) -> Meter:
    """What counts and times; raises SettingsError where its folder cannot be used."""
    try:
        return Meter(names_measured(settings, knowledge, authenticator), settings.metrics_dir)
    except OSError as error:
        expected = f"expected a folder that can be written, came {settings.metrics_dir}"
        raise SettingsError([f"CDS_METRICS_DIR: {expected} ({error.strerror}); use another"]) from None


def names_measured(
    settings: Settings, knowledge: Knowledge, authenticator: Authenticator | None
) -> dict[str, list[str]]:
    """The values of labels that the site's files give; after a reload there may be more (`Meter.name`)."""
    return {
        "client": [client.name for client in authenticator.clients] if authenticator else [],
        "edition": [knowledge.edition.label],
        "profile": [settings.profile],
        "version": [__version__],
    }


def standing(made: Loaded) -> Iterator[Standing]:
    """How a process stands, for the metrics."""
    recording, authenticator, site = made.recording, made.authenticator, made.advisor.site
    yield BUILD_INFO, (__version__, site.knowledge.edition.label, site.settings.profile), 1
    yield from standing_of_the_files(site.silenced, is_reload_refused=made.reloads.is_refused)
    yield from standing_of_the_record(recording.recorder.state())
    if recording.quiet is not None:
        yield LOOKUPS_SKIPPED, (), recording.quiet.skipped
    if authenticator is not None:
        yield from standing_of_trust(authenticator)


def _bare_app(settings: Settings, meter: Meter, tracing: NoTracing) -> Flask:
    """An application without a route: how it logs, and what it answers when it cannot answer.

    CAUTION: with merged slashes `//` would be answered by a redirect to the host that the caller names.
    """
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.url_map.merge_slashes = False
    log_requests(app, meter, tracing)
    register_problems(app)
    return app


def advisor_from(settings: Settings, tracing: NoTracing = NO_TRACING) -> Advisor:
    """What an evaluation works with, by the settings."""
    return Advisor(
        site=Site(knowledge_in_force(settings), settings, silenced_from(settings.silence_file)),
        reader=NotedReader(FhirClient(settings, watched=tracing.query)),
        stage=tracing.stage,
        now=_local_now,
        new_uuid=new_uuid,
        honors_judge_at=settings.profile == "development",
    )


def authenticator_from(settings: Settings) -> Authenticator | None:
    """What tells trusted clients by their tokens; None where none are named, or a gateway checks them."""
    if settings.trusted_clients is None or settings.trusted_clients == GATEWAY:
        return None
    store = SeenTokens(settings.database_url)
    replays = Replays(store.add, when_down=settings.replay_store_down, now=time.time)
    return Authenticator(
        clients_from(settings),
        key_sets=KeySets(partial(key_set_at, settings)),
        replays=replays,
        now=time.time,
    )


def clients_from(settings: Settings) -> tuple[TrustedClient, ...]:
    """The clients in the site's file; none where it names none, or a gateway checks them."""
    if settings.trusted_clients is None or settings.trusted_clients == GATEWAY:
        return ()
    return trusted_clients_from(settings.trusted_clients, http_allowed=settings.loopback_allowed)


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
