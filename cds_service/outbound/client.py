"""The client for FHIR servers: which may be called, and all queries of one request at once."""

import logging
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from threading import BoundedSemaphore
from typing import Final

from cds_service.errors import SettingsError
from cds_service.outbound.addresses import Base, base_from
from cds_service.outbound.allowance import Deadline
from cds_service.outbound.calls import Caller
from cds_service.outbound.fetched import Failure, Fetched
from cds_service.outbound.paging import NOTHING_YET, fetched_so_far
from cds_service.outbound.parallel import Job, run_until
from cds_service.outbound.policy import ServerPolicy
from cds_service.outbound.transport import Transport, trusted_tls
from cds_service.setting_readers import is_loopback

# Eight threads of a gunicorn worker with eleven queries each; the bound is for servers whose name hangs.
CONNECTIONS_PER_SERVER: Final = 96

_SENDABLE_TOKEN: Final = re.compile(r"[!-~]*")  # a line end in it would start a header of its own

_log = logging.getLogger(__name__)


class FhirClient:
    """Reads FHIR servers within a policy; may be used by many threads and made before a fork."""

    def __init__(self, policy: ServerPolicy) -> None:
        self._policy = policy
        self._allowed = _bases(policy.allowed)
        self._connections: dict[int, _Connections] = {}
        trusted_tls()  # slow, so not within the deadline of the first request

    def is_allowed(self, server: str) -> bool:
        """Whether the server with this base URL may be called; asks no name server."""
        return self._permitted(server) is not None

    def fetch(self, server: str, token: str, queries: Mapping[str, str]) -> Mapping[str, Fetched]:
        """The answers to relative queries (`Condition?patient=1`), each under the key of its query.

        Returns at the deadline at the latest, with what there is by then. `token` may be empty. Raises
        nothing: what cannot be read has a failure.
        """
        deadline = Deadline.after(self._policy.deadline_seconds)
        base = self._permitted(server)
        if base is None:
            return dict.fromkeys(queries, Fetched(failure=Failure.NOT_ALLOWED))
        if not _SENDABLE_TOKEN.fullmatch(token):
            return dict.fromkeys(queries, Fetched(failure=Failure.REFUSED))
        connections = self._connections_of_process()
        caller = Caller(connections.transport, base, deadline, token)
        return self._fetched(caller, queries, connections.slots_for(base))

    def _fetched(
        self, caller: Caller, queries: Mapping[str, str], slots: BoundedSemaphore
    ) -> Mapping[str, Fetched]:
        latest = dict.fromkeys(queries, NOTHING_YET)
        run_until(caller.deadline, self._jobs(caller, queries, latest), slots=slots)
        answers = dict(latest)  # threads that are late write to the other one, which nobody reads
        _log_outcome(answers)
        return answers

    def _jobs(self, caller: Caller, queries: Mapping[str, str], latest: dict[str, Fetched]) -> Iterator[Job]:
        for key, query in queries.items():
            states = fetched_so_far(query, caller=caller, policy=self._policy)
            yield partial(_keep_latest, key, states, latest)

    def _permitted(self, server: str) -> Base | None:
        """The base of a server that may be called, or None."""
        base = base_from(server)
        return base if base is not None and self._permits(base) else None

    def _permits(self, base: Base) -> bool:
        if is_loopback(base.host) and not self._policy.loopback_allowed:
            return False
        return base.is_this_machine or any(base.is_within(allowed) for allowed in self._allowed)

    def _connections_of_process(self) -> "_Connections":
        """CAUTION: made by the process that uses them; after a fork, two would share one connection."""
        process = os.getpid()
        return self._connections.get(process) or self._connections.setdefault(process, _Connections())


class _Connections:
    """The open connections of one process, and how many calls to each server may run in it."""

    def __init__(self) -> None:
        self.transport = Transport(connections=CONNECTIONS_PER_SERVER)
        self._slots: dict[str, BoundedSemaphore] = {}

    def slots_for(self, base: Base) -> BoundedSemaphore:
        """Slots of one server only, so that one which hangs takes none from another."""
        return self._slots.setdefault(base.origin, BoundedSemaphore(CONNECTIONS_PER_SERVER))


def _bases(urls: tuple[str, ...]) -> tuple[Base, ...]:
    """The listed bases; a listed URL that could never match is a fault of the settings."""
    bases = {url: base_from(url) for url in urls}
    faults = [re.sub("//.*@", "//***@", url) for url, base in bases.items() if base is None]
    if faults:
        expected = "expected base URLs of FHIR servers, in ASCII, without `..`, `;`, query or user"
        raise SettingsError([f"CDS_FHIR_SERVERS: {expected}, came {', '.join(faults)}; correct it"])
    return tuple(base for base in bases.values() if base is not None)


def _keep_latest(key: str, states: Iterator[Fetched], latest: dict[str, Fetched]) -> None:
    for state in states:
        latest[key] = state


def _log_outcome(answers: Mapping[str, Fetched]) -> None:
    failures = Counter(answer.failure.value for answer in answers.values() if answer.failure)
    _log.info("FHIR server: %d queries, failures: %s", len(answers), dict(failures) or "none")
