"""Calls to other servers: the one place from which the service reads anything over the network."""

from cds_service.outbound.client import FhirClient
from cds_service.outbound.fetched import Failure, Fetched
from cds_service.outbound.policy import ServerPolicy

__all__ = ["Failure", "Fetched", "FhirClient", "ServerPolicy"]
