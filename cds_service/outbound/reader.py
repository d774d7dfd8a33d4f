"""What reading a client's FHIR server gives: the pages of each query, or why there are none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from cds_service.outbound.client import FhirClient


class Access(Protocol):
    """Where and with which token a FHIR server may be read."""

    @property
    def server(self) -> str:
        """The base URL."""

    @property
    def token(self) -> str:
        """The bearer token, empty when none was given."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one query: its pages in order, as they came, and what went wrong, if anything did.

    With `failure`, pages that came before it are still there; the failure names no address or token.
    """

    pages: tuple[bytes, ...] = field(default=(), repr=False)
    failure: str = ""


class FhirReader(Protocol):
    """Reads a FHIR server within one deadline for all queries."""

    def read(self, access: Access, queries: Mapping[str, str]) -> Mapping[str, Answer]:
        """The answers to relative queries (`Condition?patient=1`), each under the key of its query.

        Raises nothing: what cannot be read is an Answer with a failure. A key left out was not asked.
        """


class NoReader:
    """Reads nothing."""

    def read(self, access: Access, queries: Mapping[str, str]) -> Mapping[str, Answer]:
        """No answer to any query."""
        return {}


NO_READER = NoReader()


class ServerReader:
    """Reads the client's FHIR server where the site allows it."""

    def __init__(self, client: FhirClient) -> None:
        self._client = client

    def read(self, access: Access, queries: Mapping[str, str]) -> Mapping[str, Answer]:
        """The answer to every query, or why there is none."""
        fetched = self._client.fetch(access.server, access.token, queries)
        return {key: Answer(one.pages, one.failure or "") for key, one in fetched.items()}
