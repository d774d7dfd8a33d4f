"""What those who run the service may ask: only at the management address (`CDS_MANAGEMENT_BIND`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from flask import Blueprint, Response

from cds_service.cards.site import Site
from cds_service.cds_hooks.catalog import SERVICES
from cds_service.records.state import RecordState
from cds_service.telemetry.meter import MEDIA_TYPE
from cds_service.trust.authenticate import Authenticator
from cds_service.trust.clients import TrustedClient
from cds_service.web.bodies import json_response
from cds_service.web.recording import EVERY_SERVICE, Recording


@dataclass(slots=True)
class Reloads:
    """When this process loaded what it answers by, and what came of the last attempt to load anew.

    `tried_at` None: nobody asked for one. `faults` of the last attempt: while there are any, what was loaded
    before stays in force.
    """

    loaded_at: datetime
    tried_at: datetime | None = None
    faults: tuple[str, ...] = ()

    def succeeded(self, at: datetime) -> None:
        """Note that what answers from now on was loaded now."""
        self.loaded_at, self.tried_at, self.faults = at, at, ()

    def failed(self, at: datetime, faults: Sequence[str]) -> None:
        """Note that what answered before still does, and why."""
        self.tried_at, self.faults = at, tuple(faults)

    @property
    def is_refused(self) -> bool:
        """Whether the last attempt changed nothing."""
        return bool(self.faults)

    def told(self) -> dict[str, object]:
        """As `/status` tells it."""
        outcome = "none" if self.tried_at is None else "refused" if self.is_refused else "done"
        tried = self.tried_at.isoformat(timespec="seconds") if self.tried_at else None
        return {"outcome": outcome, "at": tried, "faults": self.faults}


def management(
    recording: Recording, authenticator: Authenticator | None, version: str, reloads: Reloads
) -> Blueprint:
    """The routes of the management; none shows a secret or anything of a patient."""
    routes = Blueprint("management", __name__)
    setup = _setup(recording.site, authenticator.clients if authenticator else (), version)

    @routes.get("/status", strict_slashes=False)
    def status() -> Response:
        """Which version runs, by which edition, how it is set up, and how its stores stand."""
        alone = authenticator.remembered_alone if authenticator else 0
        record = _record(recording.recorder.state())
        loaded = {"loadedAt": reloads.loaded_at.isoformat(timespec="seconds"), "reload": reloads.told()}
        return json_response({**setup, **loaded, "record": record, "tokensRememberedAlone": alone})

    @routes.get("/metrics", strict_slashes=False)
    def metrics() -> Response:
        """What all processes have counted, for Prometheus."""
        return Response(recording.meter.text(), content_type=MEDIA_TYPE)

    @routes.after_request
    def never_kept(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    return routes


def _setup(site: Site, clients: Sequence[TrustedClient], version: str) -> dict[str, object]:
    """`mode` is silent where every client or every service is, so that no advice leaves at all."""
    edition = site.knowledge.edition
    silent = [client.name for client in clients if client.is_silent]
    services = site.settings.silent
    is_silent = (
        (clients and len(silent) == len(clients))
        or EVERY_SERVICE in services
        or all(service.id in services for service in SERVICES)
    )
    return {
        "service": "cds-service",
        "version": version,
        "knowledge": {"topic": edition.topic, "edition": edition.label},
        "profile": site.settings.profile,
        "mode": "silent" if is_silent else "live",
        "silentClients": silent,
        "silentServices": list(services),
        "silenced": [
            {entry.kind: entry.name, "reason": entry.reason, "since": entry.since.isoformat()}
            for entry in site.silenced.entries
        ],
    }


def _record(state: RecordState) -> dict[str, object]:
    """Of the process that answers; the counts are of rows since it started."""
    return {
        "failing": state.is_failing,
        "losing": state.is_losing,
        "spooledBytes": state.spooled_bytes,
        "strandedFiles": state.stranded_files,
        **msgspec.to_builtins(state.counts, str_keys=True),
    }
