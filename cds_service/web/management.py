"""What those who run the service may ask: only at the management address (`CDS_MANAGEMENT_BIND`)."""

from collections.abc import Sequence

from flask import Blueprint, Response

from cds_service.cards.site import Site
from cds_service.trust.clients import TrustedClient
from cds_service.web.bodies import json_response


def management(site: Site, clients: Sequence[TrustedClient], version: str) -> Blueprint:
    """The routes of the management; none shows a secret or anything of a patient."""
    routes = Blueprint("management", __name__)
    answer = _status(site, clients, version)

    @routes.get("/status", strict_slashes=False)
    def status() -> Response:
        """Which version runs, by which edition, and how it is set up."""
        return json_response(answer)

    @routes.after_request
    def never_kept(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    return routes


def _status(site: Site, clients: Sequence[TrustedClient], version: str) -> dict[str, object]:
    """`mode` is silent where every client is, so that no advice leaves at all."""
    edition = site.knowledge.edition
    silent = [client.name for client in clients if client.is_silent]
    return {
        "service": "cds-service",
        "version": version,
        "knowledge": {"topic": edition.topic, "edition": edition.label},
        "profile": site.settings.profile,
        "mode": "silent" if clients and len(silent) == len(clients) else "live",
        "silentClients": silent,
    }
