"""Who may use which route: open ones anyone, the others a trusted client; and how often."""

import time
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, cast

from flask import Flask, g, request

from cds_service.errors import NotAuthenticated
from cds_service.settings import Settings
from cds_service.trust.authenticate import Authenticator
from cds_service.trust.clients import ANYONE, TrustedClient
from cds_service.trust.limits import RateLimit, address_to_limit
from cds_service.web.request_log import note


class Access(StrEnum):
    """Who may use a route."""

    OPEN = "open"
    TOKEN = "token"
    MANAGEMENT = "management"


ROUTES: Final[Mapping[str, Access]] = {
    "/": Access.OPEN,
    "/CodeSystem/<code_system_id>": Access.OPEN,
    "/ConceptMap/<concept_map_id>": Access.OPEN,
    "/criteria": Access.OPEN,
    "/criteria/<variant>": Access.OPEN,
    "/rules": Access.OPEN,
    "/health/live": Access.OPEN,
    "/health/ready": Access.OPEN,
    "/openapi.json": Access.OPEN,
    "/patient": Access.OPEN,
    "/patient/<language>": Access.OPEN,
    "/static/<digest>/<path:name>": Access.OPEN,
    "/workbench/evaluate": Access.OPEN,
    "/workbench/feedback": Access.OPEN,
    "/status": Access.MANAGEMENT,
    "/metrics": Access.MANAGEMENT,
    "/insights": Access.MANAGEMENT,
    "/insights/style.css": Access.MANAGEMENT,
    "/insights/<sheet_id>.csv": Access.MANAGEMENT,
    "/cds-services": Access.TOKEN,
    "/cds-services/<service_id>": Access.TOKEN,
    "/cds-services/<service_id>/feedback": Access.TOKEN,
}
"""Every route there is. One that is not listed needs a token; a test asks for its line here."""


def guard(app: Flask, settings: Settings, authenticator: Authenticator | None) -> None:
    """Let no request reach a route that it may not use, or too often.

    OPTIONS is open: a browser asks by it without a token. An address that is no route has nothing to protect.
    `authenticator` None: the site names no client, or a gateway checks them, and anyone is let in.
    """
    limit = RateLimit(settings.rate_limit, clock=time.monotonic)
    proxies = settings.trusted_proxies

    @app.before_request
    def admit() -> None:
        rule = request.url_rule
        access = ROUTES.get(rule.rule, Access.TOKEN) if rule is not None else Access.OPEN
        if rule is None or request.method == "OPTIONS":
            return
        address = address_to_limit(request.remote_addr or "", proxies)
        if access is not Access.TOKEN or authenticator is None:
            _spend(limit, address)
            return
        g.client = _client(authenticator, settings.public_url, lambda: _spend(limit, address))
        note(client=g.client.name)
        limit.spend(g.client.name)
        if request.view_args and "service_id" in request.view_args:
            g.client.require_service(request.view_args["service_id"])


def caller() -> TrustedClient:
    """The client that sends the request at hand."""
    return cast(TrustedClient, g.get("client", ANYONE))


def _client(authenticator: Authenticator, public_url: str, on_refusal: Callable[[], None]) -> TrustedClient:
    """The client that sends the request at hand; refused ones are counted by their address."""
    url = public_url + request.path.rstrip("/")
    try:
        return authenticator.client_of(request.headers.get("Authorization"), url=url)
    except NotAuthenticated:
        on_refusal()
        raise


def _spend(limit: RateLimit, address: str) -> None:
    """CAUTION: a client may be named like an address, but no name holds a blank."""
    if address:
        limit.spend(f"address {address}")
