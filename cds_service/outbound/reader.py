"""What reading a client's FHIR server gives: the pages of each query, or why there are none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


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
