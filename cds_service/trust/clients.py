"""Who may call: the clients that a site trusts, and what each of them may use."""

import logging
from dataclasses import dataclass, field
from typing import Final, Literal, NoReturn, TypeAlias

from cds_service.errors import Forbidden
from cds_service.outbound.addresses import Base, base_from
from cds_service.trust.keys import KeySet

ClientMode: TypeAlias = Literal["live", "silent"]
"""Whether a client gets the advice; in `silent` everything is judged and no card or action leaves."""

_LOG = logging.getLogger(__name__)
DEFAULT_ALGORITHMS: Final = ("RS384", "ES384")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedClient:
    """One client as the site's file lists it; its tokens are verified by `keys`, or by those at `jwks_url`.

    An empty `services`, `fhir_servers` or `tenant` restricts nothing.
    """

    name: str
    issuer: str
    tenant: str = ""
    jwks_url: str = ""
    keys: KeySet | None = field(default=None, repr=False)
    algorithms: tuple[str, ...] = DEFAULT_ALGORITHMS
    audiences: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    fhir_servers: tuple[Base, ...] = ()
    mode: ClientMode = "live"

    @property
    def is_silent(self) -> bool:
        """Whether no card or action may leave."""
        return self.mode == "silent"

    def require_service(self, service_id: str) -> None:
        """Raise Forbidden where the client may not use this service."""
        if self.services and service_id not in self.services:
            self._refuse("service-not-listed", "This client may not use this service.")

    def require_fhir_server(self, server: str) -> None:
        """Raise Forbidden where the client may not have this FHIR server read."""
        base = base_from(server)
        if self.fhir_servers and not any(base and base.is_within(listed) for listed in self.fhir_servers):
            self._refuse("fhir-server-not-listed", "This client may not name this FHIR server.")

    def _refuse(self, reason: str, message: str) -> NoReturn:
        _LOG.warning("request refused client=%s reason=%s", self.name, reason)
        raise Forbidden(message)


ANYONE: Final = TrustedClient(name="", issuer="")
"""Whoever calls where the site names no client, or leaves it to a gateway."""
