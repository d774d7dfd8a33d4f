"""Calls to other servers: the one place from which the service reads anything over the network."""

from cds_service.outbound.client import FhirClient
from cds_service.outbound.fetched import Failure, Fetched
from cds_service.outbound.policy import ServerPolicy
from cds_service.outbound.queries import filled

__all__ = ["Failure", "Fetched", "FhirClient", "ServerPolicy", "filled"]
